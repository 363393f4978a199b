/* JSON: eight fields of a record of 279 bytes read and all of it validated; then two fields set and
 * the record written again. jansson does the same with a tree per record.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "flow.h"
#include "json_fields.h"
#include "records.h"
#include "stage.h"

#include <jansson.h>
#include <stdlib.h>

const char *const json_field_names[JSON_FIELDS] = {
    "UUID", "Origin", "Dest", "Carrier", "FlightDate", "DepDelay", "DayOfMonth", "DayOfWeek"};

typedef struct json_state {
    records *records;
    flow *flow; /* NULL: a library's */
    const hr_node *sink;
} json_state;

static json_state *
json_new(size_t *items)
{
    json_state *st = calloc(1, sizeof *st);

    if (st == NULL) {
        stage_die("out of memory");
    }
    st->records = records_open_wide();
    *items = RECORDS;
    return st;
}

/* The two fields are made once: their columns stay while batches come and go. */
static void *
json_open(int size, size_t *items)
{
    json_state *st = json_new(items);

    (void)size;
    st->flow = flow_open("bench/stages/json.yaml");
    st->sink = flow_find_sink(st->flow, "out");
    flow_decode(st->flow, st->records->line);
    flow_step(st->flow, "read");
    flow_step(st->flow, "answer");
    flow_check(st->flow);
    return st;
}

static uint64_t
json_scan(void *state)
{
    json_state *st = state;
    uint64_t sum = 0;

    for (size_t i = 0; i < RECORDS; i += HR_BATCH_ROWS) {
        flow_decode(st->flow, st->records->line + i);
        sum += st->flow->decoded.n_ok;
    }
    return sum;
}

static uint64_t
json_splice(void *state)
{
    json_state *st = state;
    uint64_t sum = 0;

    for (size_t i = 0; i < RECORDS; i += HR_BATCH_ROWS) {
        flow_decode(st->flow, st->records->line + i);
        sum += flow_encode(st->flow, st->sink);
    }
    return sum;
}

static void
json_close(void *state)
{
    json_state *st = state;

    if (st->flow != NULL) {
        flow_check(st->flow);
        flow_close(st->flow);
    }
    records_close(st->records);
    free(st);
}

static void *
jansson_open(int size, size_t *items)
{
    (void)size;
    return json_new(items);
}

static json_t *
jansson_parse(hr_span line, uint64_t *sum)
{
    json_t *object = json_loadb((const char *)line.data, line.len, 0, NULL);

    for (size_t k = 0; k < JSON_FIELDS; k++) {
        json_t *value = json_object_get(object, json_field_names[k]);

        *sum += json_is_string(value) ? json_string_length(value)
                                      : (uint64_t)(int64_t)json_number_value(value);
    }
    return object;
}

static uint64_t
jansson_scan(void *state)
{
    json_state *st = state;
    uint64_t sum = 0;

    for (size_t i = 0; i < RECORDS; i++) {
        json_decref(jansson_parse(st->records->line[i], &sum));
    }
    return sum;
}

static uint64_t
jansson_splice(void *state)
{
    json_state *st = state;
    uint64_t sum = 0;

    for (size_t i = 0; i < RECORDS; i++) {
        json_t *object = jansson_parse(st->records->line[i], &sum);
        char *text;

        json_object_set_new(object, "Distance", json_real(529.0));
        json_object_set_new(object, "Prediction", json_integer(2));
        text = json_dumps(object, JSON_COMPACT);
        sum += strlen(text);
        free(text);
        json_decref(object);
    }
    return sum;
}

const stage json_stages[] = {
    {"json_scan", "headrace", "record", true, 0, json_open, json_scan, json_close},
    {"json_scan", "jansson", "record", false, 0, jansson_open, jansson_scan, json_close},
    {"json_splice", "headrace", "record", true, 0, json_open, json_splice, json_close},
    {"json_splice", "jansson", "record", false, 0, jansson_open, jansson_splice, json_close},
    {0},
};
