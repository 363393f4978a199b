/* Which letters of a batch are sent: of several to one key only the last, for a bulk is unordered.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_BATCH_PLAN_H
#define HR_MONGO_BATCH_PLAN_H
#include "mongo/backend.h"
#include "mongo/mailbox.h"

typedef struct hr_mongo_entry {
    hr_token token;
    hr_kept *kept; /* goes with a refusal, and is freed with any other end; NULL: none */
    hr_span key;
    hr_mongo_op op;
    int32_t before;      /* an earlier letter to the same key, which this one replaces; -1: none */
    uint32_t duplicates; /* times that a unique index was in the way */
    bool told;           /* its end has been told */
} hr_mongo_entry;

/* A batch under way. */
typedef struct hr_mongo_batch {
    hr_mongo_entry entries[HR_MONGO_BATCH_MAX];
    size_t n;
    uint16_t active[HR_MONGO_BATCH_MAX]; /* entries that are to be sent, in their order */
    size_t n_active;
} hr_mongo_batch;

/* Fills the batch from taken letters: at most documents_max (<= HR_MONGO_BATCH_MAX) and, beyond the
 * first, bytes_max. *at moves on. False: there were no letters left. */
bool hr_mongo_batch_fill(hr_mongo_batch *batch, const hr_buf *letters, size_t *at,
                         size_t documents_max, size_t bytes_max);

/* Frees what the entries keep that have not been told of. */
void hr_mongo_batch_discard(hr_mongo_batch *batch);

/* Makes `active` anew from the entries that are OPEN and not replaced by a later one. An entry
 * whose successor was refused comes back into play: it has not been written. */
void hr_mongo_batch_refresh(hr_mongo_batch *batch);

#endif
