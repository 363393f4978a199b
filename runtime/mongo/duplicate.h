/* Which unique index an E11000 is about: the key's own, or another one of the collection.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_DUPLICATE_H
#define HR_MONGO_DUPLICATE_H
#include "record/span.h"

#include <bson/bson.h>

#define HR_MONGO_INDEX_NAME_MAX 128

typedef enum hr_mongo_duplicate {
    HR_MONGO_DUPLICATE_OF_KEY,
    HR_MONGO_DUPLICATE_OF_OTHER,
    HR_MONGO_DUPLICATE_OF_UNKNOWN, /* the server does not say */
} hr_mongo_duplicate;

/* error: an entry of writeErrors. key: the fields that the write goes by; index: the name of their
 * unique index, "" when not known. Servers from 4.2 on name the fields (keyPattern), others the
 * index in their text. A document that offends against several indexes is said to offend against
 * one of them. thread: any */
hr_mongo_duplicate hr_mongo_duplicate_of(const bson_t *error, const hr_span *key, size_t n_key,
                                         const char *index);

#endif
