/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700 /* nftw() */
#include "driver.h"
#include "codec/codec.h"
#include "engine/table.h"
#include "engine/topology_compile.h"
#include "hr_operator.h"
#include "hr_test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DRIVER_TABLE_TIMEOUT_MS = 20000 };

struct driver {
    char dir[64];
    hr_diag *diag;
    char *text; /* of the diagnostics */
    hr_topology *topology;
    hr_table **tables;
};

/* One run: a batch, and the state of every step. */
typedef struct driver_pass {
    hr_topology *topology;
    hr_node *source;
    hr_batch *batch;
    void *decoder_state;
    hr_op *ops;    /* by step */
    hr_rows *rows; /* by step: what it emits */
    hr_failures failures;
    hr_decoded decoded;
    size_t first; /* number of the batch's first record */
    char **lines; /* by record: what became of it */
} driver_pass;

/* --- files and loading ---------------------------------------------------------------------- */

driver *
driver_new(void)
{
    driver *d = calloc(1, sizeof *d);

    assert_non_null(d);
    strcpy(d->dir, "/tmp/headrace-test-XXXXXX");
    assert_non_null(mkdtemp(d->dir));
    return d;
}

char *
driver_path(const driver *d, const char *name)
{
    char *path = malloc(strlen(d->dir) + strlen(name) + 2);

    assert_non_null(path);
    sprintf(path, "%s/%s", d->dir, name);
    return path;
}

static FILE *
driver_open(driver *d, const char *name)
{
    char *path = driver_path(d, name), *slash = strrchr(path, '/');
    FILE *file;

    *slash = '\0';
    mkdir(path, 0700);
    *slash = '/';
    file = fopen(path, "wb");
    assert_non_null(file);
    free(path);
    return file;
}

void
driver_bytes(driver *d, const char *name, const void *bytes, size_t n)
{
    FILE *file = driver_open(d, name);

    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

void
driver_file(driver *d, const char *name, const char *text)
{
    driver_bytes(d, name, text, strlen(text));
}

void
driver_copy(driver *d, const char *name, const char *source_path)
{
    char from[512], bytes[4096];
    FILE *in, *out = driver_open(d, name);
    size_t n;

    snprintf(from, sizeof from, "%s/%s", HR_SOURCE_DIR, source_path);
    in = fopen(from, "rb");
    assert_non_null(in);
    while ((n = fread(bytes, 1, sizeof bytes, in)) > 0) {
        assert_int_equal(fwrite(bytes, 1, n, out), n);
    }
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void
driver_unload(driver *d)
{
    for (size_t i = 0; d->tables != NULL && i < d->topology->n_tables; i++) {
        hr_table_stop(d->tables[i]);
    }
    free(d->tables);
    free(d->text);
    hr_topology_destroy(d->topology);
    hr_diag_destroy(d->diag);
    d->tables = NULL;
    d->text = NULL;
    d->topology = NULL;
    d->diag = NULL;
}

static int
driver_remove(const char *path, const struct stat *st, int flag, struct FTW *where)
{
    (void)st;
    (void)flag;
    (void)where;
    return remove(path);
}

void
driver_free(driver *d)
{
    driver_unload(d);
    nftw(d->dir, driver_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(d);
}

bool
driver_load(driver *d, const char *yaml)
{
    char *path;

    driver_unload(d);
    driver_file(d, "topology.yaml", yaml);
    path = driver_path(d, "topology.yaml");
    d->diag = hr_diag_create();
    assert_non_null(d->diag);
    d->topology = hr_topology_load(path, NULL, d->diag);
    if (d->topology != NULL) {
        hr_topology_compile(d->topology, d->diag);
    }
    free(path);
    return hr_diag_errors(d->diag) == 0 && d->topology != NULL;
}

/* Takes every mention of the folder out of a text. */
static void
driver_forget_folder(const driver *d, char *text)
{
    size_t len = strlen(d->dir) + 1;
    char *at;

    while ((at = strstr(text, d->dir)) != NULL) {
        memmove(at, at + len, strlen(at + len) + 1);
    }
}

bool
driver_load_steps(driver *d, const char *fields, const char *steps)
{
    static const char head[] = "version: 1\n"
                               "topology: t\n"
                               "sources:\n"
                               "  in:\n"
                               "    file: {path: in.jsonl}\n"
                               "    format: json\n";
    static const char tail[] = "sinks:\n"
                               "  out:\n"
                               "    from: last\n"
                               "    stdout: {}\n"
                               "    format: json\n"
                               "errors:\n"
                               "  dead_letters: {stdout: {}}\n";
    char *yaml = malloc(sizeof head + sizeof tail + strlen(steps) + 64);
    char *schema = malloc((fields != NULL ? strlen(fields) : 0) + 128);
    bool ok;

    assert_non_null(yaml);
    assert_non_null(schema);
    sprintf(yaml, "%s%s%s%s", head, fields != NULL ? "    schema: in.avsc\n" : "", steps, tail);
    if (fields != NULL && *fields != '\0') {
        sprintf(schema, "{\"type\": \"record\", \"name\": \"in\", \"fields\": [%s]}", fields);
        driver_file(d, "in.avsc", schema);
    }
    driver_file(d, "in.jsonl", "");
    ok = driver_load(d, yaml);
    free(yaml);
    free(schema);
    return ok;
}

const char *
driver_diag(driver *d)
{
    size_t size = 0;
    FILE *out;

    free(d->text);
    d->text = NULL;
    out = open_memstream(&d->text, &size);
    assert_non_null(out);
    hr_diag_print(d->diag, out, HR_DIAG_TEXT);
    fclose(out);
    driver_forget_folder(d, d->text);
    return d->text;
}

hr_topology *
driver_topology(driver *d)
{
    return d->topology;
}

void
driver_tables(driver *d)
{
    hr_error err = {0};

    d->tables = calloc(d->topology->n_tables + 1, sizeof(hr_table *));
    assert_non_null(d->tables);
    for (size_t i = 0; i < d->topology->n_tables; i++) {
        d->tables[i] =
            hr_table_start(&d->topology->tables[i], NULL, (hr_table_notify){NULL, NULL}, &err);
        assert_non_null(d->tables[i]);
        if (hr_table_wait_ready(d->tables[i], DRIVER_TABLE_TIMEOUT_MS, &err) != HR_OK) {
            fail_msg("%s", err.msg);
        }
    }
}

/* --- running -------------------------------------------------------------------------------- */

static void
pass_init(driver_pass *pass, hr_topology *topology)
{
    hr_error err = {0};

    memset(pass, 0, sizeof *pass);
    pass->topology = topology;
    pass->source = &topology->sources[0];
    pass->batch = hr_batch_create(&pass->source->lineage->layout, (size_t)64 << 20);
    pass->decoder_state = calloc(1, hr_decoder_state_size(pass->source->decoder) + 1);
    pass->decoded.ok = calloc(HR_BATCH_ROWS, sizeof *pass->decoded.ok);
    pass->decoded.failed = calloc(HR_BATCH_ROWS, sizeof *pass->decoded.failed);
    pass->ops = calloc(topology->n_steps + 1, sizeof *pass->ops);
    pass->rows = calloc(topology->n_steps + 1, sizeof *pass->rows);
    pass->failures.cap = HR_BATCH_ROWS * (topology->n_steps + topology->n_sinks + 1);
    pass->failures.v = calloc(pass->failures.cap, sizeof *pass->failures.v);
    for (size_t i = 0; i < topology->n_steps; i++) {
        hr_op *op = &pass->ops[i];
        const hr_op_type *type = topology->steps[i].type;

        op->node = &topology->steps[i];
        op->shared = op->node->shared;
        op->state = calloc(1, type->state_size + 1);
        op->batch = pass->batch;
        op->emitted = calloc(HR_BATCH_ROWS, sizeof *op->emitted);
        op->failures = &pass->failures;
        if (type->init != NULL && type->init(op, op->state, &err) != HR_OK) {
            fail_msg("%s", err.msg);
        }
    }
}

static void
pass_finish(driver_pass *pass)
{
    for (size_t i = 0; i < pass->topology->n_steps; i++) {
        hr_op *op = &pass->ops[i];
        const hr_op_type *type = op->node->type;

        if (type->close != NULL) {
            type->close(op, op->state);
        }
        free(op->state);
        free(op->emitted);
    }
    free(pass->ops);
    free(pass->rows);
    free(pass->failures.v);
    free(pass->decoded.ok);
    free(pass->decoded.failed);
    free(pass->decoder_state);
    hr_batch_destroy(pass->batch);
}

/* Appends to what became of a record. */
static void pass_tell(driver_pass *pass, hr_row row, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
pass_tell(driver_pass *pass, hr_row row, const char *fmt, ...)
{
    char **line = &pass->lines[pass->first + pass->batch->source[row]];
    size_t len = *line != NULL ? strlen(*line) : 0;
    va_list ap;
    int more;

    va_start(ap, fmt);
    more = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    *line = realloc(*line, len + (size_t)more + 1);
    assert_non_null(*line);
    va_start(ap, fmt);
    vsnprintf(*line + len, (size_t)more + 1, fmt, ap);
    va_end(ap);
}

static hr_rows
pass_rows_of(driver_pass *pass, const hr_node *node)
{
    return node->kind == HR_NODE_SOURCE ? (hr_rows){pass->decoded.ok, pass->decoded.n_ok}
                                        : pass->rows[node->index];
}

static void
pass_step(driver_pass *pass, const hr_node *node)
{
    hr_op *op = &pass->ops[node->index];
    const hr_op_type *type = node->type;
    hr_rows in = pass_rows_of(pass, node->input);
    size_t failed = pass->failures.n;
    uint64_t dropped = op->dropped;
    hr_error err = {0};

    op->n_emitted = 0;
    if (in.n > 0 && type->process(op, op->state, pass->batch, in, &err) != HR_OK) {
        fail_msg("%s: %s", node->name.s, err.msg);
    }
    for (size_t i = 1; i < op->n_emitted; i++) {
        assert_true(op->emitted[i - 1] < op->emitted[i]);
    }
    assert_int_equal(op->n_emitted + (op->dropped - dropped) + (pass->failures.n - failed), in.n);
    pass->rows[node->index] = (hr_rows){op->emitted, op->n_emitted};
}

static void
pass_sink(driver_pass *pass, const hr_node *node)
{
    hr_rows in = pass_rows_of(pass, node->input);
    hr_buf out = {0};

    for (size_t i = 0; i < in.n; i++) {
        const char *reason = "";

        out.len = 0;
        if (hr_encoder_run(node->encoder, pass->batch, in.row[i], &out, &reason) == HR_OK) {
            pass_tell(pass, in.row[i], "%s: %.*s\n", node->name.s, (int)out.len,
                      (const char *)out.data);
        } else {
            pass_tell(pass, in.row[i], "%s cannot encode: %s\n", node->name.s, reason);
        }
    }
    hr_buf_finish(&out);
}

static void
pass_failures(driver_pass *pass)
{
    static const char *const actions[] = {"dead_letter", "skip", "fail"};

    for (size_t i = 0; i < pass->decoded.n_failed; i++) {
        pass_tell(pass, pass->decoded.failed[i].row, "%s failed: %s\n", pass->source->name.s,
                  pass->decoded.failed[i].reason);
    }
    for (size_t i = 0; i < pass->failures.n; i++) {
        const hr_failure *f = &pass->failures.v[i];

        pass_tell(pass, f->row, "%s failed k%zu: %s: %s (%s)\n", f->node->name.s,
                  pass->first + pass->batch->source[f->row], f->code, f->reason,
                  actions[f->action]);
    }
    pass->failures.n = 0;
}

static void
pass_batch(driver_pass *pass, const hr_span *values, size_t n)
{
    char keys[HR_BATCH_ROWS][24];
    hr_batch *batch = pass->batch;

    hr_batch_reset(batch);
    batch->topic = "test";
    for (size_t i = 0; i < n; i++) {
        snprintf(keys[i], sizeof keys[i], "k%zu", pass->first + i);
        batch->records[i] = (hr_record){.key = hr_span_str(keys[i]),
                                        .value = values[i],
                                        .timestamp_ms = 1000 + (int64_t)(pass->first + i),
                                        .offset = (int64_t)(pass->first + i)};
    }
    batch->n_records = (uint32_t)n;
    hr_decoder_run(pass->source->decoder, pass->decoder_state, batch, &pass->decoded);
    for (size_t i = 0; i < pass->topology->n_steps; i++) {
        pass_step(pass, pass->topology->order[i]);
    }
    for (size_t i = 0; i < pass->topology->n_sinks; i++) {
        pass_sink(pass, &pass->topology->sinks[i]);
    }
    pass_failures(pass);
    pass->first += n;
}

static size_t
driver_split(const char *json, hr_span **values)
{
    size_t n = 0;

    *values = calloc(strlen(json) + 1, sizeof **values);
    assert_non_null(*values);
    while (*json != '\0') {
        size_t len = strcspn(json, "\n");
        bool is_null = len == 4 && memcmp(json, "null", 4) == 0;

        (*values)[n++] = is_null ? (hr_span){NULL, 0} : (hr_span){(const uint8_t *)json, len};
        json += len + (json[len] == '\n');
    }
    return n;
}

static char *
driver_join(char **lines, size_t n)
{
    size_t size = 0;
    char *text = NULL;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    for (size_t i = 0; i < n; i++) {
        fputs(lines[i] != NULL ? lines[i] : "", out);
        free(lines[i]);
    }
    fclose(out);
    return text;
}

char *
driver_run(driver *d, const char *json, size_t batch_rows)
{
    driver_pass pass;
    hr_span *values;
    size_t n = driver_split(json, &values);
    char *text;

    pass_init(&pass, d->topology);
    pass.lines = calloc(n + 1, sizeof *pass.lines);
    assert_non_null(pass.lines);
    for (size_t i = 0; i < n; i += batch_rows) {
        pass_batch(&pass, values + i, n - i < batch_rows ? n - i : batch_rows);
    }
    text = driver_join(pass.lines, n);
    free(pass.lines);
    free(values);
    pass_finish(&pass);
    return text;
}

void
driver_expect(driver *d, const char *json, const char *expected)
{
    static const size_t sizes[] = {1, HR_BATCH_ROWS};

    for (size_t i = 0; i < 2; i++) {
        char *text = driver_run(d, json, sizes[i]);

        assert_string_equal(text, expected);
        free(text);
    }
}
