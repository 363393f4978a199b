/* Writing to a collection of a MongoDB deployment: the backend of writer threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_BULK_H
#define HR_MONGO_BULK_H
#include "config/runner.h"
#include "mongo/backend.h"
#include "mongo/index.h"

typedef struct hr_mongo_target {
    const hr_connection *connection;
    const char *database, *collection;
    bool insert;
    const hr_span *key; /* the fields that identify a document; _id for insert */
    size_t n_key;
    bool create_index; /* that of the key and those below; else they must be there */
    const hr_mongo_index *indexes;
    size_t n_indexes;
} hr_mongo_target;

extern const hr_mongo_backend hr_mongo_bulk; /* its target is a hr_mongo_target */

#endif
