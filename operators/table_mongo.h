/* What the two ways of a table mongo share: read as a whole (table_mongo.c), or looked up on demand
 * (table_mongo_demand.c).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_OPERATORS_TABLE_MONGO_H
#define HR_OPERATORS_TABLE_MONGO_H
#include "hr_table.h"

typedef struct table_mongo_options {
    hr_text connection, database, collection;
    int load; /* 0 all, 1 on_demand */
    int64_t refresh_ms;
} table_mongo_options;

/* run() of a table on demand. */
int table_mongo_demand(hr_table *table, const hr_connection *connection,
                       const table_mongo_options *opt, hr_error *err);

#endif
