/* The join table: batches of 1,024 random look-ups of keys that are there.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"
#include "state/table_index.h"
#include "table_keys.h"

#include <stdlib.h>

typedef struct table_state {
    table_keys *keys;
    hr_table_index *table;
} table_state;

static void
code_of(size_t n, char *code)
{
    code[0] = (char)('A' + n / 676 % 26);
    code[1] = (char)('A' + n / 26 % 26);
    code[2] = (char)('A' + n % 26);
}

static void
key_append(hr_buf *bytes, size_t n)
{
    uint8_t lane = HR_LANE_OK;
    char code[3];
    hr_span text = {(const uint8_t *)code, sizeof code};
    hr_column column = {.kind = HR_KIND_STRING, .lane = &lane, .v.s = &text};

    code_of(n, code);
    if (hr_table_key_append(bytes, &column, 0) != HR_OK) {
        stage_die("out of memory");
    }
}

table_keys *
table_keys_open(size_t rows)
{
    table_keys *keys = calloc(1, sizeof *keys);
    uint64_t random = 11;
    size_t len;

    if (keys == NULL || (keys->key = calloc(rows, sizeof *keys->key)) == NULL) {
        stage_die("out of memory");
    }
    keys->rows = rows;
    for (size_t i = 0; i < rows; i++) {
        key_append(&keys->bytes, i / 1000);
        key_append(&keys->bytes, i % 1000);
    }
    len = keys->bytes.len / rows;
    for (size_t i = 0; i < rows; i++) {
        keys->key[i] = (hr_span){keys->bytes.data + i * len, len};
    }
    for (size_t i = 0; i < LOOKUPS; i++) {
        keys->asked[i] = keys->key[stage_random(&random) % rows];
    }
    return keys;
}

void
table_keys_close(table_keys *keys)
{
    hr_buf_finish(&keys->bytes);
    free(keys->key);
    free(keys);
}

static hr_table_index *
table_make(const table_keys *keys)
{
    static const hr_kind kinds[] = {HR_KIND_DOUBLE};
    static const int slots[] = {0};
    static const hr_layout layout = {kinds, 1};
    hr_table_builder *builder = hr_table_builder_create(kinds, 1, (size_t)1 << 30);
    hr_batch *batch = hr_batch_create(&layout, 1 << 20);
    hr_table_index *table;

    batch->columns[0].lane[0] = HR_LANE_OK;
    for (size_t i = 0; i < keys->rows; i++) {
        batch->columns[0].v.d[0] = (double)i;
        if (hr_table_builder_put(builder, keys->key[i], batch, slots, 0) != HR_OK) {
            stage_die("out of memory");
        }
    }
    table = hr_table_builder_snapshot(builder);
    hr_table_builder_destroy(builder);
    hr_batch_destroy(batch);
    return table;
}

static void *
table_open(int size, size_t *items)
{
    table_state *st = calloc(1, sizeof *st);

    if (st == NULL) {
        stage_die("out of memory");
    }
    st->keys = table_keys_open((size_t)size);
    st->table = table_make(st->keys);
    if (st->table == NULL) {
        stage_die("out of memory");
    }
    *items = LOOKUPS;
    return st;
}

static uint64_t
table_run(void *state)
{
    table_state *st = state;
    uint32_t rows[HR_BATCH_ROWS];
    uint64_t sum = 0;

    for (size_t i = 0; i < LOOKUPS; i += HR_BATCH_ROWS) {
        hr_table_find_batch(st->table, st->keys->asked + i, HR_BATCH_ROWS, rows);
        sum += rows[0];
    }
    return sum;
}

static void
table_close(void *state)
{
    table_state *st = state;

    hr_snapshot_unref((hr_snapshot *)st->table);
    table_keys_close(st->keys);
    free(st);
}

const stage table_stages[] = {
    {"table_5k", "headrace", "look-up", true, 5000, table_open, table_run, table_close},
    {"table_100k", "headrace", "look-up", true, 100000, table_open, table_run, table_close},
    {"table_1m", "headrace", "look-up", false, 1000000, table_open, table_run, table_close},
    {0},
};
