/* What the files of this folder share and nobody else sees: the driver's own types.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_DRIVER_H
#define HR_MONGO_DRIVER_H
#include "mongo/client.h"

#include <mongoc/mongoc.h>

struct hr_mongo_client {
    mongoc_client_t *driver;
};

/* A view of BSON bytes that somebody else owns. false: they are no BSON document. */
static inline bool
hr_mongo_view(bson_t *view, hr_span bytes)
{
    return bson_init_static(view, bytes.data, bytes.len);
}

#endif
