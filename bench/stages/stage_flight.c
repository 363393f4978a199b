/* The flight topology: each of its steps alone over one decoded batch, and all of it, from bytes to
 * bytes, over five; and all of the benches' flight workload, which answers with the whole request.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "flight_answers.h"
#include "flow.h"
#include "records.h"
#include "stage.h"

#include <stdlib.h>

#define FLIGHT_TOPOLOGY "topologies/flight_delay/topology.yaml"
#define FLIGHT_WORKLOAD "bench/workloads/flight/flight.yaml"
#define FLIGHT_MODEL "topologies/flight_delay/models/flight_delay.onnx"

static const char *const flight_steps[] = {"features", "distance", "classify"};
enum { FLIGHT_STEPS = 3, FLIGHT_REPEATS = 5 };

typedef struct flight_state {
    records *records;
    flow *flow;
    const hr_node *sink;
    size_t steps[FLIGHT_STEPS];
    int step; /* the one that is measured alone */
} flight_state;

/* One batch through all steps. */
static flight_state *
flight_new(const char *topology, const char *sink, size_t *items)
{
    flight_state *st = calloc(1, sizeof *st);

    if (st == NULL) {
        stage_die("out of memory");
    }
    st->records = records_open();
    st->flow = flow_open(topology);
    st->sink = flow_find_sink(st->flow, sink);
    flow_decode(st->flow, st->records->line);
    for (size_t i = 0; i < FLIGHT_STEPS; i++) {
        st->steps[i] = flow_find_step(st->flow, flight_steps[i]);
        flow_step_at(st->flow, st->steps[i]);
    }
    flow_check(st->flow);
    flow_keep_columns(st->flow);
    *items = RECORDS;
    return st;
}

/* `size` is the step that runs again and again. */
static void *
flight_open(int size, size_t *items)
{
    flight_state *st = flight_new(FLIGHT_TOPOLOGY, "kafka_response", items);

    st->step = size;
    return st;
}

static void *
workload_open(int size, size_t *items)
{
    char *model = realpath(FLIGHT_MODEL, NULL);

    (void)size;
    if (model == NULL) {
        stage_die("%s is not there", FLIGHT_MODEL);
    }
    setenv("BENCH_MODEL", model, 1);
    setenv("BENCH_IN", "bench_in", 1);
    setenv("BENCH_OUT", "bench_out", 1);
    free(model);
    return flight_new(FLIGHT_WORKLOAD, "out", items);
}

static void
flight_close(void *state)
{
    flight_state *st = state;

    flow_check(st->flow);
    flow_close(st->flow);
    records_close(st->records);
    free(st);
}

static uint64_t
flight_decode(void *state)
{
    flight_state *st = state;
    uint64_t sum = 0;

    for (size_t i = 0; i < RECORDS; i += HR_BATCH_ROWS) {
        flow_decode(st->flow, st->records->line + i);
        sum += st->flow->decoded.n_ok;
    }
    return sum;
}

/* The arena is emptied under the batch, as it is between batches: what the step reads was kept. */
static uint64_t
flight_step(void *state)
{
    flight_state *st = state;
    size_t step = st->steps[st->step];
    uint64_t sum = 0;

    for (int i = 0; i < FLIGHT_REPEATS; i++) {
        hr_arena_reset(st->flow->batch->arena);
        flow_step_at(st->flow, step);
        sum += st->flow->rows[step].n;
    }
    return sum;
}

/* Reads what the decoder left in the arena. */
static uint64_t
flight_encode(void *state)
{
    flight_state *st = state;
    uint64_t sum = 0;

    for (int i = 0; i < FLIGHT_REPEATS; i++) {
        sum += flow_encode(st->flow, st->sink);
    }
    return sum;
}

static uint64_t
flight_all(void *state)
{
    flight_state *st = state;
    uint64_t sum = 0;

    for (size_t i = 0; i < RECORDS; i += HR_BATCH_ROWS) {
        flow_decode(st->flow, st->records->line + i);
        for (size_t k = 0; k < FLIGHT_STEPS; k++) {
            flow_step_at(st->flow, st->steps[k]);
        }
        sum += flow_encode(st->flow, st->sink);
    }
    return sum;
}

void
flight_answers(hr_buf *out)
{
    size_t items;
    flight_state *st = workload_open(0, &items);

    for (size_t i = 0; i < RECORDS; i += HR_BATCH_ROWS) {
        flow_decode(st->flow, st->records->line + i);
        for (size_t k = 0; k < FLIGHT_STEPS; k++) {
            flow_step_at(st->flow, st->steps[k]);
        }
        flow_encode_all(st->flow, st->sink, out);
    }
    flight_close(st);
}

const stage flight_stages[] = {
    {"flight_decode", "headrace", "record", true, 0, flight_open, flight_decode, flight_close},
    {"flight_derive", "headrace", "record", true, 0, flight_open, flight_step, flight_close},
    {"flight_enrich", "headrace", "record", true, 1, flight_open, flight_step, flight_close},
    {"flight_predict", "headrace", "record", true, 2, flight_open, flight_step, flight_close},
    {"flight_encode", "headrace", "record", true, 0, flight_open, flight_encode, flight_close},
    {"flight", "headrace", "record", true, 0, flight_open, flight_all, flight_close},
    {"flight_20x5", "headrace", "record", true, 0, workload_open, flight_all, flight_close},
    {0},
};
