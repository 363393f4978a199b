/* Looking up single documents by the values of a key, as JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_FIND_H
#define HR_MONGO_FIND_H
#include "codec/schema.h"
#include "mongo/client.h"
#include "record/buf.h"

#define HR_MONGO_FIND_KEYS_MAX 8

/* What is looked up; all of it outlives the finder. */
typedef struct hr_mongo_find {
    const char *database, *collection;
    const hr_schema *record; /* says which fields are read and how they are written */
    const char *keys[HR_MONGO_FIND_KEYS_MAX];
    size_t n_keys;
} hr_mongo_find;

/* Asks the server whether an index begins with a field of the key; the server is there when it
 * answers. HR_OK; HR_EIO. thread: the client's */
int hr_mongo_find_has_index(hr_mongo_client *client, const hr_mongo_find *find, bool *has,
                            hr_error *err);

/* Appends the document whose key has the values of `key` (hr_table_key_append(), in the order of
 * find->keys) to `out`; of several the one that was made last. HR_OK with *found; HR_EIO: the
 * server, within about timeout_ms; HR_ERECORD: a document that does not fit the schema; HR_ENOMEM.
 * thread: the client's */
int hr_mongo_find_one(hr_mongo_client *client, const hr_mongo_find *find, hr_span key,
                      int64_t timeout_ms, hr_buf *out, bool *found, hr_error *err);

#endif
