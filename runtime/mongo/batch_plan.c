/* SPDX-License-Identifier: Apache-2.0 */
#include "mongo/batch_plan.h"

#define SLOTS 2048 /* a power of two above twice HR_MONGO_BATCH_MAX */

/* Finds the last entry with this key and puts entry i in its place. -1: there is none. */
static int32_t
plan_last_of_key(uint16_t slots[SLOTS], const hr_mongo_batch *batch, size_t i)
{
    hr_span key = batch->entries[i].key;
    size_t at = (size_t)hr_hash64(key, 0) & (SLOTS - 1);
    int32_t before = -1;

    while (slots[at] != 0 && !hr_span_eq(batch->entries[slots[at] - 1].key, key)) {
        at = (at + 1) & (SLOTS - 1);
    }
    if (slots[at] != 0) {
        before = slots[at] - 1;
    }
    slots[at] = (uint16_t)(i + 1);
    return before;
}

static void
batch_add(hr_mongo_batch *batch, const hr_mongo_letter *letter)
{
    hr_mongo_entry *entry = &batch->entries[batch->n++];

    *entry = (hr_mongo_entry){
        .token = letter->token, .kept = letter->kept, .key = letter->key, .before = -1};
    entry->op.filter = letter->filter.len > 0 ? letter->filter : letter->key;
    entry->op.body = letter->body;
}

bool
hr_mongo_batch_fill(hr_mongo_batch *batch, const hr_buf *letters, size_t *at, size_t documents_max,
                    size_t bytes_max)
{
    uint16_t slots[SLOTS] = {0};
    hr_mongo_letter letter;
    size_t bytes = 0, next = *at;

    batch->n = 0;
    while (batch->n < documents_max && hr_mongo_mailbox_next(letters, &next, &letter)) {
        bytes += letter.body.len + letter.filter.len + letter.key.len;
        if (batch->n > 0 && bytes > bytes_max) {
            break;
        }
        batch_add(batch, &letter);
        *at = next;
    }
    for (size_t i = 0; i < batch->n; i++) {
        if (batch->entries[i].key.len > 0) {
            batch->entries[i].before = plan_last_of_key(slots, batch, i);
        }
    }
    hr_mongo_batch_refresh(batch);
    return batch->n > 0;
}

void
hr_mongo_batch_discard(hr_mongo_batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        hr_kept_free(batch->entries[i].kept);
        batch->entries[i].kept = NULL;
    }
}

void
hr_mongo_batch_refresh(hr_mongo_batch *batch)
{
    bool replaced[HR_MONGO_BATCH_MAX] = {false};

    for (size_t i = 0; i < batch->n; i++) {
        const hr_mongo_entry *entry = &batch->entries[i];

        if (entry->before >= 0) {
            replaced[entry->before] = entry->op.outcome != HR_MONGO_REFUSED;
        }
    }
    batch->n_active = 0;
    for (size_t i = 0; i < batch->n; i++) {
        if (!replaced[i] && batch->entries[i].op.outcome == HR_MONGO_OPEN) {
            batch->active[batch->n_active++] = (uint16_t)i;
        }
    }
}
