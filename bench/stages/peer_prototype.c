/* The flight workload by the pipeline by hand: what is left to be had of the stage flight_20x5.
 * Its answers are compared with headrace's, byte for byte, before it is timed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "flight_answers.h"
#include "prototype.h"
#include "records.h"
#include "stage.h"

#include <stdlib.h>
#include <string.h>

#define MODEL "topologies/flight_delay/models/flight_delay.onnx"
#define DISTANCES "topologies/flight_delay/data/origin_dest_distances.jsonl"

typedef struct prototype_state {
    records *records;
    bench_prototype *prototype;
} prototype_state;

static void
prototype_all(prototype_state *st, bench_emit emit, void *ctx)
{
    for (size_t i = 0; i < RECORDS; i += BENCH_BATCH) {
        bench_prototype_run(st->prototype, st->records->line + i, BENCH_BATCH, emit, ctx);
    }
}

static void
prototype_keep(void *ctx, size_t item, const char *text, size_t len)
{
    (void)item;
    if (hr_buf_append(ctx, text, len) != HR_OK) {
        stage_die("out of memory");
    }
}

static void
prototype_compare(prototype_state *st)
{
    hr_buf own = {0}, theirs = {0};

    flight_answers(&own);
    prototype_all(st, prototype_keep, &theirs);
    if (own.len != theirs.len || memcmp(own.data, theirs.data, own.len) != 0) {
        stage_die("the prototype's answers are not headrace's");
    }
    hr_buf_finish(&own);
    hr_buf_finish(&theirs);
}

static void *
prototype_open(int size, size_t *items)
{
    prototype_state *st = calloc(1, sizeof *st);

    (void)size;
    if (st == NULL) {
        stage_die("out of memory");
    }
    st->records = records_open();
    st->prototype = bench_prototype_open(MODEL, DISTANCES);
    prototype_compare(st);
    *items = RECORDS;
    return st;
}

static void
prototype_emit(void *ctx, size_t item, const char *text, size_t len)
{
    uint64_t *bytes = ctx;

    (void)item;
    (void)text;
    *bytes += len;
}

static uint64_t
prototype_run(void *state)
{
    uint64_t bytes = 0;

    prototype_all(state, prototype_emit, &bytes);
    return bytes;
}

static void
prototype_close(void *state)
{
    prototype_state *st = state;

    if (bench_prototype_close(st->prototype) > 0) {
        stage_die("the prototype refused recorded requests");
    }
    records_close(st->records);
    free(st);
}

const stage prototype_stages[] = {
    {"flight_20x5", "prototype", "record", false, 0, prototype_open, prototype_run,
     prototype_close},
    {0},
};
