/* The indexes that a topology declares for a collection: created when the sink starts, or required.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_INDEXES_H
#define HR_MONGO_INDEXES_H
#include "mongo/bulk.h"
#include "mongo/driver.h"

/* Looks for each of the target's indexes and creates those that are missing, if it may. HR_OK;
 * HR_EIO when one is missing that must be there, when one of the same fields has other options, or
 * when the server cannot be asked: the text says what to do. thread: the client's */
int hr_mongo_indexes(hr_mongo_client *client, const hr_mongo_target *target, hr_error *err);

/* Creates one, whatever is there. HR_OK, HR_EIO. thread: the client's */
int hr_mongo_index_create(mongoc_collection_t *collection, const hr_mongo_target *target,
                          const hr_mongo_index *index, hr_error *err);

/* What a document of listIndexes says, against what is wanted. thread: any */
typedef enum hr_mongo_index_match {
    HR_MONGO_INDEX_OTHER, /* of other fields */
    HR_MONGO_INDEX_SAME,
    HR_MONGO_INDEX_CLASHES, /* the same fields or the same name, and not the same index */
} hr_mongo_index_match;

/* why, of a clash: what is the matter ("it is not unique"). */
hr_mongo_index_match hr_mongo_index_compare(const bson_t *found, const hr_mongo_index *wanted,
                                            const char **why);

#endif
