/* What a writer thread needs of a database. The real one is in bulk.c; tests have one of their own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_BACKEND_H
#define HR_MONGO_BACKEND_H
#include "config/error.h"
#include "record/arena.h"

#define HR_MONGO_BATCH_MAX 1000 /* operations of one bulk */

typedef enum hr_mongo_outcome {
    HR_MONGO_OPEN,    /* not known to be stored: again */
    HR_MONGO_DONE,    /* acknowledged under the write concern */
    HR_MONGO_TAKEN,   /* another document has the key: E11000 of the key that the write goes by */
    HR_MONGO_CLASH,   /* another unique index is in the way; a race, or for good */
    HR_MONGO_REFUSED, /* never, with reason */
} hr_mongo_outcome;

/* One write of a bulk. */
typedef struct hr_mongo_op {
    hr_span filter, body; /* BSON; filter is empty for an insert */
    hr_mongo_outcome outcome;
    const char *reason; /* of REFUSED; static or in the arena given to write() */
} hr_mongo_op;

typedef enum hr_mongo_next {
    HR_MONGO_SETTLED, /* operations that are still OPEN may be sent again at once */
    HR_MONGO_ALONE,   /* send those that are OPEN one by one: their fault cannot be told apart */
    HR_MONGO_WAIT,    /* trouble, see the error: wait, then send those that are OPEN again */
} hr_mongo_next;

typedef struct hr_mongo_backend {
    /* The backend of one writer thread; `target` outlives it. NULL: out of memory. */
    void *(*create)(const void *target);
    /* Connects, and creates or checks the key's index. HR_OK; HR_EIO: try again later. */
    int (*prepare)(void *ctx, hr_error *err);
    /* Writes ops[0..n) unordered, as one command, and sets the outcome of each. */
    hr_mongo_next (*write)(void *ctx, hr_mongo_op *ops, size_t n, hr_arena *arena, hr_error *err);
    void (*destroy)(void *ctx);
} hr_mongo_backend;

#endif
