/* The JSON stages by yyjson: memory from a pool that is made once, a mutable copy for what is set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "json_fields.h"
#include "records.h"
#include "stage.h"

#include <stdlib.h>
#include <yyjson.h>

enum { POOL_BYTES = 1 << 16 };

typedef struct yyjson_state {
    records *records;
    char *pool, *mutable_pool;
} yyjson_state;

static void *
peer_open(int size, size_t *items)
{
    yyjson_state *st = calloc(1, sizeof *st);

    (void)size;
    if (st == NULL || (st->pool = malloc(POOL_BYTES)) == NULL ||
        (st->mutable_pool = malloc(POOL_BYTES)) == NULL) {
        stage_die("out of memory");
    }
    st->records = records_open_wide();
    *items = RECORDS;
    return st;
}

static void
peer_close(void *state)
{
    yyjson_state *st = state;

    records_close(st->records);
    free(st->pool);
    free(st->mutable_pool);
    free(st);
}

static yyjson_doc *
peer_parse(hr_span line, const yyjson_alc *alc, uint64_t *sum)
{
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)line.data, line.len, 0, alc, NULL);
    yyjson_val *root = yyjson_doc_get_root(doc);

    for (size_t k = 0; k < JSON_FIELDS; k++) {
        yyjson_val *value = yyjson_obj_get(root, json_field_names[k]);

        *sum +=
            yyjson_is_str(value) ? yyjson_get_len(value) : (uint64_t)(int64_t)yyjson_get_num(value);
    }
    return doc;
}

static uint64_t
peer_scan(void *state)
{
    yyjson_state *st = state;
    yyjson_alc alc;
    uint64_t sum = 0;

    yyjson_alc_pool_init(&alc, st->pool, POOL_BYTES);
    for (size_t i = 0; i < RECORDS; i++) {
        yyjson_doc_free(peer_parse(st->records->line[i], &alc, &sum));
    }
    return sum;
}

static uint64_t
peer_splice(void *state)
{
    yyjson_state *st = state;
    yyjson_alc alc, copy_alc;
    uint64_t sum = 0;

    yyjson_alc_pool_init(&alc, st->pool, POOL_BYTES);
    yyjson_alc_pool_init(&copy_alc, st->mutable_pool, POOL_BYTES);
    for (size_t i = 0; i < RECORDS; i++) {
        yyjson_doc *doc = peer_parse(st->records->line[i], &alc, &sum);
        yyjson_mut_doc *copy = yyjson_doc_mut_copy(doc, &copy_alc);
        yyjson_mut_val *root = yyjson_mut_doc_get_root(copy);
        size_t len = 0;
        char *text;

        yyjson_mut_obj_add_real(copy, root, "Distance", 529.0);
        yyjson_mut_obj_add_int(copy, root, "Prediction", 2);
        text = yyjson_mut_write_opts(copy, 0, &copy_alc, &len, NULL);
        sum += len;
        copy_alc.free(copy_alc.ctx, text);
        yyjson_mut_doc_free(copy);
        yyjson_doc_free(doc);
    }
    return sum;
}

const stage yyjson_stages[] = {
    {"json_scan", "yyjson", "record", false, 0, peer_open, peer_scan, peer_close},
    {"json_splice", "yyjson", "record", false, 0, peer_open, peer_splice, peer_close},
    {0},
};
