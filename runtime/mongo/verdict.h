/* What became of each operation of a bulk write, read from the driver's reply.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_VERDICT_H
#define HR_MONGO_VERDICT_H
#include "mongo/bulk.h"

#include <mongoc/mongoc.h>

/* Who asks, and of what. */
typedef struct hr_mongo_judge {
    const hr_mongo_target *target;
    const char *index; /* name of the key's own index; "": not known */
    /* Looks whether a write that met a duplicate is stored all the same (stored.h). HR_OK, HR_EIO.
     */
    int (*find_stored)(void *ctx, const hr_mongo_op *op, bool *stored, hr_error *err);
    void *ctx;
} hr_mongo_judge;

/* Sets the outcome (and reason, in the arena) of ops[0..n), which were sent as one unordered
 * command. ok, reply, problem: what mongoc_bulk_operation_execute() gave. */
hr_mongo_next hr_mongo_verdict(const hr_mongo_judge *judge, bool ok, const bson_t *reply,
                               const bson_error_t *problem, hr_mongo_op *ops, size_t n,
                               hr_arena *arena, hr_error *err);

/* Fills *err with trouble: "db.collection: message (code N)", without secrets. Returns HR_EIO. */
int hr_mongo_trouble(const hr_mongo_target *target, const bson_error_t *problem, hr_error *err);

#endif
