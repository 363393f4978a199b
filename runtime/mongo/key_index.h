/* The unique index on the key of an upsert: without it two writers may both insert.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_KEY_INDEX_H
#define HR_MONGO_KEY_INDEX_H
#include "mongo/bulk.h"
#include "mongo/driver.h"
#include "mongo/duplicate.h"

/* Looks for a unique index on exactly the key's fields, in any order, and creates it if it may. The
 * key `_id` has one by itself. `name` gets the index's name ("" when it does not fit). HR_OK;
 * HR_EIO with the reason. thread: the client's */
int hr_mongo_key_index(hr_mongo_client *client, const hr_mongo_target *target,
                       char name[HR_MONGO_INDEX_NAME_MAX], hr_error *err);

#endif
