/* The option `match` of those that look into a table: {key field of the table: expression}.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_OPERATORS_MATCH_H
#define HR_OPERATORS_MATCH_H
#include "hr_node.h"

/* An expression over the node's fields for each field of the table's key, in the order of that key
 * (table->select); they live as long as the topology. The names must be exactly the key's and the
 * types the same: an int that is compared with a string never matches, and would look like missing
 * data. Every mistake is reported by hr_node_error(). HR_OK; HR_EREPORTED; HR_ENOMEM. Check time.
 */
int hr_match_compile(hr_node *node, const hr_node *table, const hr_opt_map *match, hr_expr ***keys,
                     hr_error *err);

#endif
