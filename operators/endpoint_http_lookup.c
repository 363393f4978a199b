/* http_lookup: answers a GET with the row of a table.
 *
 * A row is found by the path's parameters, on the server's own thread: a look-up in a snapshot
 * takes less time than handing it to another thread. A table on demand is asked, and answers from
 * its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "expr/frames.h"
#include "hr_endpoint.h"
#include "hr_json_object.h"
#include "hr_operator.h"
#include "hr_table.h"
#include "match.h"

#include <stdlib.h>
#include <string.h>

#define LOOKUP_WAIT_MS 2000 /* for a table on demand, before it begins to answer */
#define LOOKUP_BODY_BYTES_MAX ((size_t)1 << 20)
#define LOOKUP_ARENA_BYTES_MAX ((size_t)4 << 20) /* of what expressions derive for one answer */

typedef struct lookup_answer {
    int64_t status;
    const hr_yaml_node *body; /* NULL: none was given */
} lookup_answer;

typedef struct lookup_options {
    hr_text connection, route, table;
    hr_opt_map match;
    lookup_answer found, missing;
} lookup_options;

typedef struct lookup_shared {
    const hr_node *table;
    const char *params[HR_ENDPOINT_PARAMS_MAX];
    int param_slots[HR_ENDPOINT_PARAMS_MAX];
    size_t n_params;
    hr_expr **keys; /* in the order of the table's key */
    int *slots;     /* of the table's values */
    hr_json_object *found, *missing;
} lookup_shared;

/* What one thread answers with. */
typedef struct lookup_work {
    hr_batch *batch; /* of one row */
    hr_frames keys;
    hr_json_frame *found, *missing;
    hr_buf key, body;
} lookup_work;

typedef struct lookup_state {
    lookup_work work; /* of the server's thread */
    hr_cell_hold hold;
    lookup_work demand; /* of the table's thread, where it is one on demand */
} lookup_state;

/* A request that waits for a table on demand. */
typedef struct lookup_query {
    hr_table_query query;
    hr_endpoint *endpoint;
    lookup_state *state;
    hr_ask ask;
    uint8_t key[];
} lookup_query;

#define ANSWER(member) offsetof(lookup_answer, member)

static const hr_option found_rows[] = {
    {.name = "status",
     .kind = HR_OPT_INT,
     .offset = ANSWER(status),
     .fallback = "200",
     .min = 200,
     .max = 599,
     .help = "The status."},
    {.name = "body",
     .kind = HR_OPT_NODE,
     .offset = ANSWER(body),
     .choices = HR_JSON_OBJECT,
     .help = "The JSON object: name: expression over the row's fields and the path's parameters; "
             "maps and lists may be nested; '*' is an object of all fields of the row."},
    {0},
};

static const hr_option missing_rows[] = {
    {.name = "status",
     .kind = HR_OPT_INT,
     .offset = ANSWER(status),
     .fallback = "404",
     .min = 200,
     .max = 599,
     .help = "The status."},
    {.name = "body",
     .kind = HR_OPT_NODE,
     .offset = ANSWER(body),
     .choices = HR_JSON_OBJECT,
     .help = "The JSON object, over the path's parameters; absent: an error with the code "
             "`missing`.",
     .flags = HR_OPT_OPTIONAL},
    {0},
};

static const hr_option lookup_option_table[] = {
    {.name = "connection",
     .kind = HR_OPT_NAME,
     .offset = offsetof(lookup_options, connection),
     .help = "An http connection of the runner's config."},
    {.name = "route",
     .kind = HR_OPT_TEXT,
     .offset = offsetof(lookup_options, route),
     .help = "The path that a GET asks for; a part in braces is a parameter: /answers/{id}.",
     .flags = HR_OPT_NONEMPTY},
    {.name = "table",
     .kind = HR_OPT_NAME,
     .offset = offsetof(lookup_options, table),
     .help = "The table to look in."},
    {.name = "match",
     .kind = HR_OPT_MAP,
     .offset = offsetof(lookup_options, match),
     .help = "Key field of the table: expression over the path's parameters, which are strings; "
             "exactly the table's key.",
     .flags = HR_OPT_EXPR_VALUES | HR_OPT_NONEMPTY},
    {.name = "found",
     .kind = HR_OPT_BLOCK,
     .offset = offsetof(lookup_options, found),
     .block = found_rows,
     .help = "The answer from a row."},
    {.name = "missing",
     .kind = HR_OPT_BLOCK,
     .offset = offsetof(lookup_options, missing),
     .block = missing_rows,
     .fallback = "{}",
     .help = "The answer where the table has no row."},
    {0},
};

/* --- compile -------------------------------------------------------------------------------- */

static int
lookup_nomem(hr_error *err)
{
    return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

/* The path's parameters as fields of the endpoint. */
static int
lookup_params(hr_node *node, const lookup_options *opt, lookup_shared *s, hr_error *err)
{
    int rc = hr_endpoint_check_route(node, "GET", &opt->route, false, s->params, &s->n_params, err);

    for (size_t i = 0; i < s->n_params && rc == HR_OK; i++) {
        hr_text name = {.s = s->params[i], .len = strlen(s->params[i]), .loc = opt->route.loc};

        rc = hr_node_make(node, &name, (hr_type){.kind = HR_KIND_STRING}, &s->param_slots[i], err);
    }
    return rc;
}

/* The table's fields, over parameters of the same name. */
static int
lookup_row(hr_node *node, lookup_shared *s, hr_error *err)
{
    const hr_fields *fields = &s->table->fields;

    s->slots = hr_arena_calloc(hr_node_arena(node), fields->n + 1, sizeof *s->slots);
    if (s->slots == NULL) {
        return lookup_nomem(err);
    }
    for (size_t i = 0; i < fields->n; i++) {
        hr_text name = {.s = fields->v[i].name, .len = strlen(fields->v[i].name)};
        int rc = hr_node_make(node, &name, fields->v[i].type, &s->slots[i], err);

        if (rc != HR_OK) {
            return rc;
        }
    }
    return HR_OK;
}

/* Everything is compiled, so that all mistakes come in one run: HR_EREPORTED is kept. */
static int
lookup_worst(int worst, int rc)
{
    return rc == HR_OK || worst == HR_ENOMEM ? worst : rc;
}

static int
lookup_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const lookup_options *opt = options;
    lookup_shared *s = shared;
    hr_node *table = NULL;
    int worst = lookup_params(node, opt, s, err), rc;

    if (worst != HR_OK) {
        return worst;
    }
    if (opt->missing.body != NULL) {
        worst = hr_json_object_compile(node, opt->missing.body, &s->missing, err);
    }
    rc = hr_node_table(node, &opt->table, &table, err);
    if (rc != HR_OK) {
        return rc;
    }
    s->table = table;
    worst = lookup_worst(worst, hr_match_compile(node, table, &opt->match, &s->keys, err));
    worst = lookup_worst(worst, lookup_row(node, s, err));
    return lookup_worst(
        worst, hr_json_object_compile_for(node, opt->found.body, &table->fields, &s->found, err));
}

/* --- one answer ----------------------------------------------------------------------------- */

static void
lookup_work_finish(lookup_work *work)
{
    hr_batch_destroy(work->batch);
    hr_frames_finish(&work->keys);
    hr_json_frame_destroy(work->found);
    hr_json_frame_destroy(work->missing);
    hr_buf_finish(&work->key);
    hr_buf_finish(&work->body);
    *work = (lookup_work){0};
}

static int
lookup_work_init(lookup_work *work, const hr_node *node, hr_error *err)
{
    const lookup_shared *s = node->shared;

    work->batch = hr_batch_create(&node->lineage->layout, LOOKUP_ARENA_BYTES_MAX);
    work->found = hr_json_frame_create(s->found);
    work->missing = s->missing != NULL ? hr_json_frame_create(s->missing) : NULL;
    work->body.cap_max = LOOKUP_BODY_BYTES_MAX;
    if (work->batch == NULL || work->found == NULL ||
        (work->missing == NULL) != (s->missing == NULL)) {
        return lookup_nomem(err);
    }
    return hr_frames_init(&work->keys, s->keys, s->table->select.n, err);
}

/* A batch of one row that holds the parameters. */
static void
lookup_begin(lookup_work *work, const lookup_shared *s, const hr_http_request *http)
{
    hr_batch *batch = work->batch;

    hr_batch_reset(batch);
    batch->n_records = batch->n_rows = 1;
    batch->records[0] = (hr_record){.timestamp_ms = -1};
    batch->source[0] = 0;
    batch->key[0] = (hr_span){0};
    batch->timestamp_ms[0] = -1;
    for (size_t i = 0; i < s->n_params; i++) {
        hr_column *column = hr_batch_column(batch, s->param_slots[i]);

        column->v.s[0] = hr_span_str(hr_http_path_param(http, s->params[i]));
        column->lane[0] = column->v.s[0].data != NULL ? HR_LANE_OK : HR_LANE_NULL;
    }
    work->key.len = work->body.len = 0;
}

/* Fills work->key. HR_OK; HR_ERECORD with the reason: the parameters make no key; HR_ENOMEM. */
static int
lookup_key(lookup_work *work, const lookup_shared *s, hr_error *err)
{
    const hr_row row = 0;

    for (size_t k = 0; k < s->table->select.n; k++) {
        const char *name = s->table->select.v[k].s;
        const hr_column *part =
            hr_expr_run(s->keys[k], work->keys.v[k], work->batch, (hr_rows){&row, 1}, NULL);

        if (part->lane[0] != HR_LANE_OK) {
            return hr_fail(err, HR_ERECORD, HR_NO_LOC, "%.60s: %s", name,
                           part->lane[0] == HR_LANE_NULL ? "null" : hr_expr_error(part->lane[0]));
        }
        if (hr_table_key_append(&work->key, part, row) != HR_OK) {
            return lookup_nomem(err);
        }
    }
    return HR_OK;
}

static void
lookup_send(hr_endpoint *endpoint, lookup_work *work, hr_ask ask, hr_ask_outcome outcome)
{
    const hr_node *node = hr_endpoint_node(endpoint);
    const lookup_options *opt = node->options;
    const lookup_shared *s = node->shared;
    bool found = outcome == HR_ASK_FOUND;
    hr_error err = {0};
    int rc =
        hr_json_object_write(found ? s->found : s->missing, found ? work->found : work->missing,
                             work->batch, 0, &work->body, &err);

    if (rc != HR_OK) {
        hr_endpoint_answer_error(endpoint, ask, outcome, 500,
                                 rc == HR_ERECORD ? "expression" : "memory", "%s", err.msg);
        return;
    }
    hr_endpoint_answer(endpoint, ask, outcome,
                       (int)(found ? opt->found.status : opt->missing.status), "application/json",
                       hr_buf_span(&work->body), NULL);
}

static void
lookup_missing(hr_endpoint *endpoint, lookup_work *work, hr_ask ask)
{
    const hr_node *node = hr_endpoint_node(endpoint);
    const lookup_options *opt = node->options;
    const lookup_shared *s = node->shared;

    if (s->missing != NULL) {
        lookup_send(endpoint, work, ask, HR_ASK_MISSING);
    } else {
        hr_endpoint_answer_error(endpoint, ask, HR_ASK_MISSING, (int)opt->missing.status, "missing",
                                 "there is no row with this key");
    }
}

static void
lookup_found(hr_endpoint *endpoint, lookup_work *work, hr_ask ask, const hr_table_index *table,
             uint32_t row)
{
    const lookup_shared *s = hr_endpoint_node(endpoint)->shared;

    for (size_t i = 0; i < s->table->fields.n; i++) {
        hr_table_value(table, i, row, hr_batch_column(work->batch, s->slots[i]), 0);
    }
    lookup_send(endpoint, work, ask, HR_ASK_FOUND);
}

static void
lookup_in_snapshot(hr_endpoint *endpoint, lookup_state *st, hr_ask ask)
{
    const lookup_shared *s = hr_endpoint_node(endpoint)->shared;
    hr_table_shared *table = s->table->shared;
    const hr_table_index *index = (const hr_table_index *)hr_cell_refresh(&table->cell, &st->hold);
    uint32_t row;

    if (index == NULL) {
        hr_endpoint_answer_error(endpoint, ask, HR_ASK_OTHER, 503, "not-ready",
                                 "the table '%s' is not loaded yet", s->table->name.s);
        return;
    }
    row = hr_table_find(index, hr_buf_span(&st->work.key));
    if (row == HR_TABLE_MISS) {
        lookup_missing(endpoint, &st->work, ask);
    } else {
        lookup_found(endpoint, &st->work, ask, index, row);
    }
    hr_cell_release(&st->hold); /* no old snapshot is kept until the next request */
}

/* --- on demand ------------------------------------------------------------------------------ */

static void
lookup_copy(const hr_column *from, hr_column *to)
{
    to->lane[0] = from->lane[0];
    if (from->kind == HR_KIND_BOOL) {
        to->v.b[0] = from->v.b[0];
    } else if (from->kind == HR_KIND_DOUBLE) {
        to->v.d[0] = from->v.d[0];
    } else if (!hr_kind_is_span(from->kind)) {
        to->v.i[0] = from->v.i[0];
    } else {
        to->v.s[0] = from->v.s[0];
    }
}

static void
lookup_unknown(hr_endpoint *endpoint, hr_ask ask)
{
    const lookup_shared *s = hr_endpoint_node(endpoint)->shared;

    hr_endpoint_answer_error(endpoint, ask, HR_ASK_OTHER, 503, "unavailable",
                             "the table '%s' cannot be asked just now", s->table->name.s);
}

/* The table's thread. The reason of a failure is in the table's log, not for whoever asks. */
static void
lookup_on_answer(hr_table_query *query, int rc, hr_batch *batch, const hr_error *err)
{
    lookup_query *q = (lookup_query *)query;
    const lookup_shared *s = hr_endpoint_node(q->endpoint)->shared;
    const hr_table_shared *table = s->table->shared;
    lookup_work *work = &q->state->demand;

    (void)err;
    lookup_begin(work, s, q->ask.http);
    if (rc == HR_EIO) {
        lookup_unknown(q->endpoint, q->ask);
    } else if (rc != HR_OK) {
        hr_endpoint_answer_error(q->endpoint, q->ask, HR_ASK_OTHER, 500, "bad-row",
                                 "the row of this key cannot be read");
    } else if (batch == NULL) {
        lookup_missing(q->endpoint, work, q->ask);
    } else {
        for (size_t i = 0; i < table->n_values; i++) {
            lookup_copy(hr_batch_column(batch, table->slots[i]),
                        hr_batch_column(work->batch, s->slots[i]));
        }
        lookup_send(q->endpoint, work, q->ask, HR_ASK_FOUND);
    }
    free(q);
}

static void
lookup_ask(hr_endpoint *endpoint, lookup_state *st, hr_ask ask)
{
    const lookup_shared *s = hr_endpoint_node(endpoint)->shared;
    hr_span key = hr_buf_span(&st->work.key);
    lookup_query *q = malloc(sizeof *q + key.len);

    if (q == NULL) {
        lookup_unknown(endpoint, ask);
        return;
    }
    *q = (lookup_query){.endpoint = endpoint, .state = st, .ask = ask};
    memcpy(q->key, key.data, key.len);
    q->query.key = (hr_span){q->key, key.len};
    q->query.until_ms = hr_clock_ms() + LOOKUP_WAIT_MS;
    q->query.answer = lookup_on_answer;
    if (hr_table_ask(hr_endpoint_table(endpoint, s->table), &q->query) != HR_OK) {
        lookup_unknown(endpoint, ask);
        free(q);
    }
}

/* --- requests ------------------------------------------------------------------------------- */

static void
lookup_on_ask(hr_endpoint *endpoint, void *state, hr_ask ask)
{
    const lookup_shared *s = hr_endpoint_node(endpoint)->shared;
    lookup_state *st = state;
    hr_error err = {0};
    int rc;

    lookup_begin(&st->work, s, ask.http);
    rc = lookup_key(&st->work, s, &err);
    if (rc == HR_OK && hr_table_on_demand(s->table)) {
        lookup_ask(endpoint, st, ask);
    } else if (rc == HR_OK) {
        lookup_in_snapshot(endpoint, st, ask);
    } else {
        hr_endpoint_answer_error(endpoint, ask, HR_ASK_OTHER, rc == HR_ERECORD ? 400 : 500,
                                 rc == HR_ERECORD ? "bad-key" : "memory", "%s", err.msg);
    }
}

/* --- life ----------------------------------------------------------------------------------- */

static int
lookup_open(hr_endpoint *endpoint, void *state, hr_error *err)
{
    const hr_node *node = hr_endpoint_node(endpoint);
    const lookup_options *opt = node->options;
    const lookup_shared *s = node->shared;
    lookup_state *st = state;
    int rc = lookup_work_init(&st->work, node, err);

    if (rc == HR_OK && hr_table_on_demand(s->table)) {
        rc = lookup_work_init(&st->demand, node, err);
    }
    return rc == HR_OK ? hr_endpoint_route(endpoint, "GET", &opt->route, err) : rc;
}

static void
lookup_close(hr_endpoint *endpoint, void *state)
{
    lookup_state *st = state;

    (void)endpoint;
    lookup_work_finish(&st->work);
    lookup_work_finish(&st->demand);
    hr_cell_release(&st->hold);
}

const hr_endpoint_type hr_endpoint_http_lookup = {
    .abi = HR_OP_ABI,
    .name = "http_lookup",
    .summary = "Answers a GET with the row of a table.",
    .example = "{connection: web, route: '/distances/{from}/{to}', table: distances, match: "
               "{Origin: from, Dest: to}, found: {body: {miles: Distance, row: '*'}}}",
    .options = lookup_option_table,
    .options_size = sizeof(lookup_options),
    .shared_size = sizeof(lookup_shared),
    .state_size = sizeof(lookup_state),
    .compile = lookup_compile,
    .open = lookup_open,
    .answer = lookup_on_ask,
    .close = lookup_close,
};
