/* Batch memory: one block per kind of array, allocated once and reused for every batch.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "record/batch.h"

#include <stdlib.h>
#include <xxhash.h>

#define BATCH_ARENA_BLOCK ((size_t)64 * 1024)

static size_t
batch_cell_size(hr_kind kind)
{
    return hr_kind_is_span(kind)    ? sizeof(hr_span)
           : kind == HR_KIND_BOOL   ? sizeof(uint8_t)
           : kind == HR_KIND_DOUBLE ? sizeof(double)
                                    : sizeof(int64_t);
}

static bool
batch_column_init(hr_column *column, hr_kind kind)
{
    column->kind = kind;
    column->lane = calloc(HR_BATCH_ROWS, 1);
    column->v.s = calloc(HR_BATCH_ROWS, batch_cell_size(kind));
    return column->lane != NULL && column->v.s != NULL;
}

static bool
batch_init(hr_batch *batch, size_t arena_bytes_max)
{
    size_t n = batch->layout->n;

    batch->records = calloc(HR_BATCH_ROWS, sizeof *batch->records);
    batch->source = calloc(HR_BATCH_ROWS, sizeof *batch->source);
    batch->key = calloc(HR_BATCH_ROWS, sizeof *batch->key);
    batch->timestamp_ms = calloc(HR_BATCH_ROWS, sizeof *batch->timestamp_ms);
    batch->columns = calloc(n != 0 ? n : 1, sizeof *batch->columns);
    batch->arena = hr_arena_create(BATCH_ARENA_BLOCK, arena_bytes_max);
    if (batch->records == NULL || batch->source == NULL || batch->key == NULL ||
        batch->timestamp_ms == NULL || batch->columns == NULL || batch->arena == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!batch_column_init(&batch->columns[i], batch->layout->slots[i])) {
            return false;
        }
    }
    return true;
}

hr_batch *
hr_batch_create(const hr_layout *layout, size_t arena_bytes_max)
{
    hr_batch *batch = calloc(1, sizeof *batch);

    if (batch == NULL) {
        return NULL;
    }
    batch->layout = layout;
    if (!batch_init(batch, arena_bytes_max)) {
        hr_batch_destroy(batch);
        return NULL;
    }
    return batch;
}

void
hr_batch_destroy(hr_batch *batch)
{
    if (batch == NULL) {
        return;
    }
    for (size_t i = 0; batch->columns != NULL && i < batch->layout->n; i++) {
        free(batch->columns[i].lane);
        free(batch->columns[i].v.s);
    }
    free(batch->columns);
    free(batch->records);
    free(batch->source);
    free(batch->key);
    free(batch->timestamp_ms);
    hr_arena_destroy(batch->arena);
    free(batch);
}

size_t
hr_batch_bytes(const hr_batch *batch)
{
    size_t row = sizeof *batch->records + sizeof *batch->source + sizeof *batch->key +
                 sizeof *batch->timestamp_ms;

    for (size_t i = 0; i < batch->layout->n; i++) {
        row += 1 + batch_cell_size(batch->layout->slots[i]);
    }
    return sizeof *batch + batch->layout->n * sizeof *batch->columns + HR_BATCH_ROWS * row +
           hr_arena_held(batch->arena);
}

void
hr_batch_reset(hr_batch *batch)
{
    batch->n_records = 0;
    batch->n_rows = 0;
    batch->decoded = NULL;
    hr_arena_reset(batch->arena);
}

uint64_t
hr_hash64(hr_span bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes.data, bytes.len, seed);
}
