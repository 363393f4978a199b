/* Any text against fields of all kinds, run on rows with all lanes. Input: the expression, then, if
 * a zero byte follows, bytes that become the values of strings and JSON in the first row.
 *
 * Beside not crashing: a batch gives what its rows give one by one, doubles are finite, bools 0 or
 * 1, strings UTF-8.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "expr/expr.h"
#include "expr/lane.h"
#include "expr/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS 24
#define KINDS (HR_KIND_RECORD + 1)
#define FIELDS (2 * KINDS)

/* One field of each kind, then one that may be null; named by a letter. */
static const char fuzz_names[] = "abidsytlmrABIDSYTLMR";

typedef struct fuzz_state {
    hr_arena *arena;
    hr_batch *batch;
    hr_kind kinds[FIELDS];
    hr_layout layout;
} fuzz_state;

static int
fuzz_resolve(void *ctx, const char *const *path, size_t n, size_t *used, hr_type *type, int *slot,
             hr_error *err)
{
    const char *at = strchr(fuzz_names, path[0][0]);

    (void)ctx;
    if (at == NULL || path[0][0] == '\0' || path[0][1] != '\0') {
        return hr_fail_as(err, HR_NO_LOC, "unknown-field", "there is no '%s'", path[0]);
    }
    *slot = (int)(at - fuzz_names);
    *type = (hr_type){(hr_kind)(*slot % KINDS), *slot >= KINDS, NULL};
    *used = type->kind == HR_KIND_ANY ? n : 1;
    return HR_OK;
}

static void
fuzz_set(hr_column *column, hr_row row, bool nullable)
{
    static const int64_t ints[] = {
        0, 1, -1, 7, INT64_MAX, INT64_MIN, 1234567890123, -62135596800000};
    static const double doubles[] = {0, -0.0, 1.5, -2, 1e308, -1e308, 5e-324, 9007199254740993.0};
    static const char *const strings[] = {
        "",    "JFK",  "h\xc3\xa9llo \xf0\x9f\x98\x80", "2013-11-01", "1h30m",
        "-12", "true", "2009-02-13T23:31:30Z"};
    static const char *const jsons[] = {"1",
                                        "-2.5e3",
                                        "\"x\\u0041\\ud83d\\ude00\"",
                                        "true",
                                        "null",
                                        "[1, \"x\", 2.5, [], null]",
                                        "{\"a\": {\"b\": [1, {\"c\": 2}]}, \"\\u0062\": null}",
                                        "{\"a\" 1}"};

    column->lane[row] = row % 8 == 7               ? HR_LANE_ZERO_DIVISION
                        : row % 5 == 4 && nullable ? HR_LANE_NULL
                                                   : HR_LANE_OK;
    switch (column->kind) {
    case HR_KIND_BOOL:
        column->v.b[row] = row % 2;
        break;
    case HR_KIND_INT:
    case HR_KIND_TIMESTAMP:
        column->v.i[row] = ints[(row * 3 + nullable) % 8];
        break;
    case HR_KIND_DOUBLE:
        column->v.d[row] = doubles[(row * 3 + nullable) % 8];
        break;
    case HR_KIND_STRING:
    case HR_KIND_BYTES:
        column->v.s[row] = hr_span_str(strings[(row * 3 + nullable) % 8]);
        break;
    default:
        column->v.s[row] = hr_span_str(jsons[(row * 3 + nullable) % 8]);
    }
}

static fuzz_state *
fuzz_state_get(void)
{
    static fuzz_state state;

    if (state.batch == NULL) {
        for (int i = 0; i < FIELDS; i++) {
            state.kinds[i] = (hr_kind)(i % KINDS);
        }
        state.layout = (hr_layout){state.kinds, FIELDS};
        state.arena = hr_arena_create(1u << 16, 64u << 20);
        state.batch = hr_batch_create(&state.layout, 4u << 20);
        for (int i = 0; i < FIELDS; i++) {
            for (hr_row row = 0; row < ROWS; row++) {
                fuzz_set(&state.batch->columns[i], row, i >= KINDS);
            }
        }
    }
    hr_arena_reset(state.arena);
    hr_arena_reset(state.batch->arena);
    return &state;
}

static void
fuzz_set_first_row(hr_batch *batch, hr_span bytes)
{
    bool is_text = hr_utf8_valid(bytes) == bytes.len;

    for (int i = 0; i < FIELDS; i++) {
        hr_kind kind = (hr_kind)(i % KINDS);

        if (hr_kind_is_span(kind)) {
            batch->columns[i].v.s[0] =
                kind == HR_KIND_BYTES || is_text ? bytes : HR_SPAN_LIT("\"no text\"");
        }
    }
}

static void
fuzz_fail(const char *what, hr_row row)
{
    fprintf(stderr, "%s in row %u\n", what, row);
    abort();
}

static void
fuzz_check_value(const hr_column *column, hr_kind kind, hr_row row)
{
    if (column->lane[row] >= HR_EXPR_LANE_END) {
        fuzz_fail("no such lane", row);
    }
    if (column->lane[row] != HR_LANE_OK) {
        return;
    }
    if (kind == HR_KIND_DOUBLE && !isfinite(column->v.d[row])) {
        fuzz_fail("not finite", row);
    }
    if (kind == HR_KIND_BOOL && column->v.b[row] > 1) {
        fuzz_fail("not a bool", row);
    }
    if (kind == HR_KIND_STRING && hr_utf8_valid(column->v.s[row]) != column->v.s[row].len) {
        fuzz_fail("not UTF-8", row);
    }
}

static bool
fuzz_same(const hr_column *a, const hr_column *b, hr_kind kind, hr_row row)
{
    if (a->lane[row] == HR_LANE_NO_MEMORY || b->lane[row] == HR_LANE_NO_MEMORY) {
        return true; /* what finds room depends on what came before */
    }
    if (a->lane[row] != b->lane[row] || a->lane[row] != HR_LANE_OK) {
        return a->lane[row] == b->lane[row];
    }
    if (hr_kind_is_span(kind)) {
        return hr_span_eq(a->v.s[row], b->v.s[row]);
    }
    if (kind == HR_KIND_DOUBLE) {
        return memcmp(&a->v.d[row], &b->v.d[row], sizeof(double)) == 0;
    }
    return kind == HR_KIND_BOOL ? a->v.b[row] == b->v.b[row] : a->v.i[row] == b->v.i[row];
}

static void
fuzz_run(const hr_expr *expr, hr_batch *batch)
{
    static uint8_t lane[HR_BATCH_ROWS];
    static hr_span values[HR_BATCH_ROWS];
    hr_expr_frame *frame = hr_expr_frame_create(expr);
    hr_kind kind = hr_expr_type(expr).kind;
    hr_column together = {.kind = kind, .lane = lane, .v.s = values};
    hr_row rows[ROWS];

    for (hr_row row = 0; row < ROWS; row++) {
        rows[row] = row;
    }
    if (frame == NULL) {
        return;
    }
    hr_expr_run(expr, frame, batch, (hr_rows){rows, ROWS}, &together);
    for (hr_row row = 0; row < ROWS; row++) {
        const hr_column *alone = hr_expr_run(expr, frame, batch, (hr_rows){rows + row, 1}, NULL);

        fuzz_check_value(&together, kind, row);
        if (!fuzz_same(&together, alone, kind, row)) {
            fuzz_fail("differs when alone", row);
        }
    }
    hr_expr_frame_destroy(frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_state *state = fuzz_state_get();
    const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
    size_t len = zero != NULL ? (size_t)(zero - data) : size;
    char *copy = hr_arena_strndup(state->arena, (const char *)data, len);
    hr_text text = {.s = copy, .len = len, .loc = {"fuzz", 1, 1}, .style = HR_YAML_PLAIN};
    hr_scope scope = {NULL, fuzz_resolve};
    hr_error err = {0};
    hr_expr *expr = NULL;

    if (copy == NULL) {
        return 0;
    }
    if (hr_expr_compile(state->arena, &text, &scope, &expr, &err) != HR_OK) {
        if (err.code == HR_ECONFIG && (err.slug == NULL || err.msg[0] == '\0' || err.width < 0)) {
            fuzz_fail("an error that says nothing", 0);
        }
        return 0;
    }
    fuzz_set_first_row(state->batch, zero != NULL
                                         ? (hr_span){zero + 1, size - len - 1}
                                         : (hr_span){(const uint8_t *)"{\"a\": [1, \"b\"]}", 15});
    fuzz_run(expr, state->batch);
    return 0;
}
