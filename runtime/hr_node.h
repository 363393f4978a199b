/* What compile() of a node may ask and declare. Check time only, main thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_NODE_H
#define HR_NODE_H
#include "config/topology.h"
#include "expr/expr.h"

/* The place of an option's value, or of the node's operator key when it was not given. */
hr_loc hr_node_loc(const hr_node *node, const char *option);

/* Reports one more error and marks the node broken; compile() may report several and then return
 * HR_EREPORTED. HR_EREPORTED errors are ignored. */
void hr_node_error(hr_node *node, const hr_error *err);

/* Reports something that deserves a look and does not stop the check. */
void hr_node_warn(hr_node *node, const hr_error *err);

/* Lives as long as the topology. */
hr_arena *hr_node_arena(const hr_node *node);

/* Compiles an expression over the node's fields as they are now (made ones included). */
int hr_node_expr(hr_node *node, const hr_text *text, hr_expr **out, hr_error *err);

/* The type and slot of a field by name (dots reach into nested records). HR_ECONFIG with the place
 * of `name` and a hint; HR_EREPORTED; HR_ENOMEM. */
int hr_node_read(hr_node *node, const hr_text *name, hr_type *type, int *slot, hr_error *err);

/* HR_OK for the name of a field: letters, digits and underscores, not a digit first (as Avro has
 * it); else HR_ECONFIG. */
int hr_node_check_name(const hr_text *name, hr_error *err);

/* Declares a field that the node makes, or overwrites; *slot is where process() writes it. */
int hr_node_make(hr_node *node, const hr_text *name, hr_type type, int *slot, hr_error *err);

/* Declares a field whose expression has an error, so that its readers stay silent. */
void hr_node_make_broken(hr_node *node, const char *name);

/* The table of that name, compiled already; HR_ECONFIG with a hint; HR_EREPORTED if it is broken.
 */
int hr_node_table(hr_node *node, const hr_text *name, hr_node **table, hr_error *err);

#endif
