/* Source generate: records from expressions over a counter `n` (0, 1, 2 ...), for tests and
 * benches. The record is written as JSON, so that it takes the same way as any other.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_write.h"
#include "codec/schema.h"
#include "engine/clock.h"
#include "engine/pace.h"
#include "hr_source.h"
#include "record/buf.h"

#include <stdlib.h>
#include <string.h>

typedef struct generate_options {
    hr_opt_map fields;
    int64_t count;
    double rate;
} generate_options;

static const hr_option generate_option_table[] = {
    {"fields", HR_OPT_MAP, offsetof(generate_options, fields), NULL,
     .flags = HR_OPT_EXPR_VALUES | HR_OPT_NONEMPTY,
     .help = "Fields of the record: name to expression over n, the record's number from 0."},
    {"count", HR_OPT_INT, offsetof(generate_options, count), "0", 0, 9e15,
     .help = "Records to make; 0: without end."},
    {"rate", HR_OPT_REAL, offsetof(generate_options, rate), "0", 0, 1e7,
     .help = "Records per second; 0: as fast as they are taken."},
    {0},
};

typedef struct generate_shared {
    hr_expr **exprs;
    const char **names;
    size_t n;
} generate_shared;

typedef struct generate_state {
    hr_batch *batch; /* one column: n */
    hr_expr_frame **frames;
    hr_row *rows;
    hr_buf buf;
    hr_partition *partition;
    int64_t next;
    hr_pace pace;
} generate_state;

static const hr_kind generate_slots[] = {HR_KIND_INT};
static const hr_layout generate_layout = {generate_slots, 1};

static int
generate_resolve(void *ctx, const char *const *path, size_t n, size_t *used, hr_type *type,
                 int *slot, hr_error *err)
{
    (void)ctx;
    (void)n;
    if (strcmp(path[0], "n") != 0) {
        hr_fail_as(err, HR_NO_LOC, "unknown-field", "there is no field '%s' here", path[0]);
        return hr_hint(err, "only n, the number of the record, is known");
    }
    *used = 1;
    *type = (hr_type){.kind = HR_KIND_INT};
    *slot = 0;
    return HR_OK;
}

/* The schema that the expressions give; so steps behind are checked as with any source. */
static int
generate_schema(hr_node *node, generate_shared *s, hr_error *err)
{
    hr_arena *arena = hr_node_arena(node);
    hr_schema *record = hr_arena_calloc(arena, 1, sizeof *record);
    hr_schema *values = hr_arena_calloc(arena, s->n, sizeof *values);
    hr_schema_field *fields = hr_arena_calloc(arena, s->n, sizeof *fields);

    if (record == NULL || values == NULL || fields == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    for (size_t i = 0; i < s->n; i++) {
        hr_type type = hr_expr_type(s->exprs[i]);

        values[i] =
            (hr_schema){.kind = type.kind,
                        .nullable = type.nullable,
                        .logical = type.kind == HR_KIND_TIMESTAMP ? HR_LOGICAL_TIMESTAMP_MILLIS
                                                                  : HR_LOGICAL_NONE};
        fields[i] = (hr_schema_field){.name = s->names[i], .schema = &values[i]};
    }
    *record = (hr_schema){
        .kind = HR_KIND_RECORD, .name = node->name.s, .fields = fields, .n_fields = s->n};
    node->schema = record;
    return HR_OK;
}

static int
generate_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const generate_options *opt = options;
    generate_shared *s = shared;
    hr_arena *arena = hr_node_arena(node);
    hr_scope scope = {NULL, generate_resolve};

    s->n = opt->fields.n;
    s->exprs = hr_arena_calloc(arena, s->n, sizeof(hr_expr *));
    s->names = hr_arena_calloc(arena, s->n, sizeof(char *));
    if (s->exprs == NULL || s->names == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    for (size_t i = 0; i < s->n; i++) {
        hr_error one = {0};

        s->names[i] = opt->fields.v[i].key.s;
        if (hr_expr_compile(arena, &opt->fields.v[i].value, &scope, &s->exprs[i], &one) != HR_OK) {
            hr_node_error(node, &one);
        }
    }
    return node->broken ? hr_fail(err, HR_EREPORTED, HR_NO_LOC, "fields have errors")
                        : generate_schema(node, s, err);
}

static int
generate_open(hr_source *source, void *state, hr_error *err)
{
    generate_state *s = state;
    const generate_options *opt = hr_source_node(source)->options;
    const generate_shared *shared = hr_source_node(source)->shared;

    if (hr_source_thread(source) != 0) {
        return HR_OK; /* one counter, one task: the first thread has it */
    }
    s->batch = hr_batch_create(&generate_layout, 64u * 1024 * 1024);
    s->frames = calloc(shared->n, sizeof(hr_expr_frame *));
    s->rows = calloc(HR_BATCH_ROWS, sizeof *s->rows);
    if (s->batch == NULL || s->frames == NULL || s->rows == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    for (size_t i = 0; i < shared->n; i++) {
        s->frames[i] = hr_expr_frame_create(shared->exprs[i]);
        if (s->frames[i] == NULL) {
            return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        }
    }
    for (hr_row i = 0; i < HR_BATCH_ROWS; i++) {
        s->rows[i] = i;
        s->batch->source[i] = i;
    }
    hr_pace_init(&s->pace, opt->rate);
    if (hr_source_until_end(source)) {
        hr_source_until(source, 0, opt->count > 0 ? opt->count : INT64_MAX);
        hr_source_until_known(source);
    }
    s->partition = hr_source_assign(source, "generate", 0, 0, NULL);
    return s->partition != NULL ? HR_OK : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

/* How many records count and rate allow now. */
static size_t
generate_allowed(hr_source *source, generate_state *s, size_t max)
{
    const generate_options *opt = hr_source_node(source)->options;

    if (opt->count > 0) {
        if (s->next >= opt->count) {
            hr_source_ended(source, s->partition);
            return 0;
        }
        max = opt->count - s->next < (int64_t)max ? (size_t)(opt->count - s->next) : max;
    }
    return hr_pace_allowed(&s->pace, source, max);
}

static int
generate_row(generate_state *s, const generate_shared *shared, const hr_column *const *values,
             hr_row row)
{
    int rc = hr_buf_append(&s->buf, "{", 1);

    for (size_t i = 0; i < shared->n && rc == HR_OK; i++) {
        if (i > 0) {
            rc = hr_buf_append(&s->buf, ",", 1);
        }
        if (rc == HR_OK) {
            rc = hr_json_write_string(&s->buf, hr_span_str(shared->names[i]));
        }
        if (rc == HR_OK) {
            rc = hr_buf_append(&s->buf, ":", 1);
        }
        if (rc == HR_OK) {
            rc = hr_json_write_column(&s->buf, values[i], hr_expr_type(shared->exprs[i]), row);
        }
    }
    return rc == HR_OK ? hr_buf_append(&s->buf, "}", 1) : rc;
}

/* Writes n records into the buffer; ends[i] is where record i ends. The number written: fewer where
 * an expression has an error or memory ends, which stops the run. */
static size_t
generate_write(hr_source *source, generate_state *s, size_t n, size_t *ends)
{
    const generate_shared *shared = hr_source_node(source)->shared;
    const hr_column *values[shared->n];

    hr_arena_reset(s->batch->arena);
    s->buf.len = 0;
    for (size_t i = 0; i < n; i++) {
        s->batch->columns[0].v.i[i] = s->next + (int64_t)i;
        s->batch->columns[0].lane[i] = HR_LANE_OK;
    }
    for (size_t i = 0; i < shared->n; i++) {
        values[i] =
            hr_expr_run(shared->exprs[i], s->frames[i], s->batch, (hr_rows){s->rows, n}, NULL);
    }
    for (size_t r = 0; r < n; r++) {
        for (size_t i = 0; i < shared->n; i++) {
            if (values[i]->lane[r] >= HR_LANE_ERROR) {
                hr_source_trouble(source, hr_expr_error(values[i]->lane[r]), true);
                return r;
            }
        }
        if (generate_row(s, shared, values, (hr_row)r) != HR_OK) {
            hr_source_trouble(source, "out of memory", true);
            return r;
        }
        ends[r] = s->buf.len;
    }
    return n;
}

static size_t
generate_fetch(hr_source *source, void *state, hr_partition *partition, hr_record *records,
               size_t max, hr_arena *arena)
{
    generate_state *s = state;
    size_t ends[HR_BATCH_ROWS];
    size_t n = generate_allowed(source, s, max);
    size_t start = 0;

    (void)partition;
    (void)arena;
    if (n == 0) {
        return 0;
    }
    n = generate_write(source, s, n, ends);
    for (size_t i = 0; i < n; i++) {
        records[i] = (hr_record){.value = {s->buf.data + start, ends[i] - start},
                                 .timestamp_ms = hr_clock_wall_ms(),
                                 .offset = s->next + (int64_t)i};
        start = ends[i];
    }
    s->next += (int64_t)n;
    hr_pace_take(&s->pace, n);
    return n;
}

static int
generate_seek(hr_source *source, void *state, hr_partition *partition, int64_t offset,
              hr_error *err)
{
    generate_state *s = state;

    (void)source;
    (void)partition;
    (void)err;
    s->next = offset;
    return HR_OK;
}

static void
generate_close(hr_source *source, void *state)
{
    generate_state *s = state;
    const generate_shared *shared = hr_source_node(source)->shared;

    for (size_t i = 0; s->frames != NULL && i < shared->n; i++) {
        hr_expr_frame_destroy(s->frames[i]);
    }
    free(s->frames);
    free(s->rows);
    hr_batch_destroy(s->batch);
    hr_buf_finish(&s->buf);
    *s = (generate_state){0};
}

const hr_source_type hr_source_generate = {
    .name = "generate",
    .summary = "Records made by expressions over a counter.",
    .example = "{fields: {id: 'n', even: 'n % 2 == 0'}, count: 1000}",
    .options = generate_option_table,
    .options_size = sizeof(generate_options),
    .shared_size = sizeof(generate_shared),
    .state_size = sizeof(generate_state),
    .compile = generate_compile,
    .open = generate_open,
    .fetch = generate_fetch,
    .seek = generate_seek,
    .close = generate_close,
};
