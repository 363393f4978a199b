/* The unique index on the key of an upsert: without it two writers may both insert.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_KEY_INDEX_H
#define HR_MONGO_KEY_INDEX_H
#include "mongo/bulk.h"
#include "mongo/driver.h"

/* Looks for a unique index on exactly the key's fields, in any order, and creates it if it may. The
 * key `_id` needs none. HR_OK; HR_EIO with the reason. thread: the client's */
int hr_mongo_key_index(hr_mongo_client *client, const hr_mongo_target *target, hr_error *err);

#endif
