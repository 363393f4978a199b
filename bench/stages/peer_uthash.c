/* The table stages by uthash: one look-up after the other, which is all that it offers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "record/batch.h"
#include "stage.h"
#include "table_keys.h"

#include <stdlib.h>
#include <uthash.h>

typedef struct peer_row {
    hr_span key;
    double value;
    UT_hash_handle hh;
} peer_row;

typedef struct peer_state {
    table_keys *keys;
    peer_row *rows, *head;
} peer_state;

static void *
peer_open(int size, size_t *items)
{
    peer_state *st = calloc(1, sizeof *st);

    if (st == NULL || (st->rows = calloc((size_t)size, sizeof *st->rows)) == NULL) {
        stage_die("out of memory");
    }
    st->keys = table_keys_open((size_t)size);
    for (size_t i = 0; i < st->keys->rows; i++) {
        peer_row *row = &st->rows[i];

        row->key = st->keys->key[i];
        row->value = (double)i;
        HASH_ADD_KEYPTR(hh, st->head, row->key.data, (unsigned)row->key.len, row);
    }
    *items = LOOKUPS;
    return st;
}

static uint64_t
peer_run(void *state)
{
    peer_state *st = state;
    uint64_t sum = 0;

    for (size_t i = 0; i < LOOKUPS; i++) {
        hr_span key = st->keys->asked[i];
        peer_row *row = NULL;

        HASH_FIND(hh, st->head, key.data, (unsigned)key.len, row);
        sum += (uint64_t)(row - st->rows);
    }
    return sum;
}

static void
peer_close(void *state)
{
    peer_state *st = state;

    HASH_CLEAR(hh, st->head);
    table_keys_close(st->keys);
    free(st->rows);
    free(st);
}

const stage uthash_stages[] = {
    {"table_5k", "uthash", "look-up", false, 5000, peer_open, peer_run, peer_close},
    {"table_100k", "uthash", "look-up", false, 100000, peer_open, peer_run, peer_close},
    {"table_1m", "uthash", "look-up", false, 1000000, peer_open, peer_run, peer_close},
    {0},
};
