/* Whether a write that met a duplicate has been done already, by itself or by a newer record.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_STORED_H
#define HR_MONGO_STORED_H
#include "mongo/backend.h"

#include <bson/bson.h>

/* The query that finds the document which proves it, into an initialised `query`: the same _id
 * (inserts), or the same key from the same source at this offset or a later one (guarded writes).
 * False: there is no such proof (plain upserts). thread: any */
bool hr_mongo_stored_query(const hr_mongo_op *op, bool insert, bson_t *query);

#endif
