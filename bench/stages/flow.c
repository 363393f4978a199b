/* SPDX-License-Identifier: Apache-2.0 */
#include "flow.h"
#include "config/diag_print.h"
#include "engine/table.h"
#include "engine/topology_compile.h"
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>

enum { FLOW_ARENA_BYTES = 64 << 20, FLOW_TABLE_TIMEOUT_MS = 60000 };

static void *
flow_alloc(size_t n, size_t size)
{
    void *block = calloc(n + 1, size);

    if (block == NULL) {
        stage_die("out of memory");
    }
    return block;
}

/* The tables' threads end before anything is measured: what they published stays. */
static void
flow_tables(flow *f)
{
    hr_error err = {0};

    for (size_t i = 0; i < f->topology->n_tables; i++) {
        hr_table *table =
            hr_table_start(&f->topology->tables[i], NULL, (hr_table_notify){NULL, NULL}, &err);

        if (table == NULL || hr_table_wait_ready(table, FLOW_TABLE_TIMEOUT_MS, &err) != HR_OK) {
            stage_die("%s", err.msg);
        }
        hr_table_stop(table);
    }
}

static void
flow_ops(flow *f)
{
    hr_topology *topology = f->topology;
    hr_error err = {0};

    f->ops = flow_alloc(topology->n_steps, sizeof *f->ops);
    f->rows = flow_alloc(topology->n_steps, sizeof *f->rows);
    f->failures.cap = HR_BATCH_ROWS * (topology->n_steps + topology->n_sinks + 1);
    f->failures.v = flow_alloc(f->failures.cap, sizeof *f->failures.v);
    for (size_t i = 0; i < topology->n_steps; i++) {
        hr_op *op = &f->ops[i];
        const hr_op_type *type = topology->steps[i].type;

        op->node = &topology->steps[i];
        op->shared = op->node->shared;
        op->state = flow_alloc(1, type->state_size + 1);
        op->batch = f->batch;
        op->emitted = flow_alloc(HR_BATCH_ROWS, sizeof *op->emitted);
        op->failures = &f->failures;
        if (type->init != NULL && type->init(op, op->state, &err) != HR_OK) {
            stage_die("%s", err.msg);
        }
    }
}

flow *
flow_open(const char *path)
{
    flow *f = flow_alloc(1, sizeof *f);

    f->diag = hr_diag_create();
    f->topology = hr_topology_load(path, NULL, f->diag);
    if (f->topology == NULL || hr_topology_compile(f->topology, f->diag) != HR_OK) {
        hr_diag_print(f->diag, stderr, HR_DIAG_TEXT);
        stage_die("%s has errors", path);
    }
    f->source = &f->topology->sources[0];
    f->batch = hr_batch_create(&f->source->lineage->layout, FLOW_ARENA_BYTES);
    f->decoder_state = flow_alloc(1, hr_decoder_state_size(f->source->decoder) + 1);
    f->decoded.ok = flow_alloc(HR_BATCH_ROWS, sizeof *f->decoded.ok);
    f->decoded.failed = flow_alloc(HR_BATCH_ROWS, sizeof *f->decoded.failed);
    flow_tables(f);
    flow_ops(f);
    return f;
}

void
flow_close(flow *f)
{
    for (size_t i = 0; i < f->topology->n_steps; i++) {
        hr_op *op = &f->ops[i];
        const hr_op_type *type = op->node->type;

        if (type->close != NULL) {
            type->close(op, op->state);
        }
        free(op->state);
        free(op->emitted);
    }
    free(f->ops);
    free(f->rows);
    free(f->failures.v);
    free(f->decoded.ok);
    free(f->decoded.failed);
    free(f->decoder_state);
    hr_buf_finish(&f->out);
    hr_batch_destroy(f->batch);
    hr_topology_destroy(f->topology);
    hr_diag_destroy(f->diag);
    free(f);
}

void
flow_decode(flow *f, const hr_span *lines)
{
    hr_batch *batch = f->batch;

    hr_batch_reset(batch);
    batch->topic = "bench";
    for (size_t i = 0; i < HR_BATCH_ROWS; i++) {
        batch->records[i] =
            (hr_record){.value = lines[i], .timestamp_ms = 1000, .offset = (int64_t)i};
    }
    batch->n_records = HR_BATCH_ROWS;
    hr_decoder_run(f->source->decoder, f->decoder_state, batch, &f->decoded);
}

static hr_rows
flow_rows_of(const flow *f, const hr_node *node)
{
    return node->kind == HR_NODE_SOURCE ? (hr_rows){f->decoded.ok, f->decoded.n_ok}
                                        : f->rows[node->index];
}

void
flow_step_at(flow *f, size_t index)
{
    hr_op *op = &f->ops[index];
    const hr_op_type *type = op->node->type;
    hr_error err = {0};

    op->n_emitted = 0;
    if (type->process(op, op->state, f->batch, flow_rows_of(f, op->node->input), &err) != HR_OK) {
        stage_die("%s: %s", op->node->name.s, err.msg);
    }
    f->rows[index] = (hr_rows){op->emitted, op->n_emitted};
}

size_t
flow_find_step(const flow *f, const char *name)
{
    const hr_node *node = hr_topology_find(f->topology, HR_NODE_STEP, name);

    if (node == NULL) {
        stage_die("the topology has no step %s", name);
    }
    return node->index;
}

void
flow_step(flow *f, const char *name)
{
    flow_step_at(f, flow_find_step(f, name));
}

const hr_node *
flow_find_sink(const flow *f, const char *name)
{
    const hr_node *node = hr_topology_find(f->topology, HR_NODE_SINK, name);

    if (node == NULL) {
        stage_die("the topology has no sink %s", name);
    }
    return node;
}

void
flow_keep_columns(flow *f)
{
    const hr_layout *layout = f->batch->layout;

    for (size_t c = 0; c < layout->n; c++) {
        hr_column *column = hr_batch_column(f->batch, (int)c);

        for (hr_row row = 0; hr_kind_is_span(column->kind) && row < f->batch->n_rows; row++) {
            hr_span *value = &column->v.s[row];

            if (column->lane[row] == HR_LANE_OK) {
                value->data = (const uint8_t *)hr_arena_strndup(
                    f->topology->arena, (const char *)value->data, value->len);
            }
        }
    }
}

static inline void
flow_encode_row(flow *f, const hr_node *sink, hr_row row, hr_buf *out)
{
    const char *reason = "out of memory";

    if (hr_encoder_run(sink->encoder, f->batch, row, out, &reason) != HR_OK) {
        stage_die("%s: %s", sink->name.s, reason);
    }
}

size_t
flow_encode(flow *f, const hr_node *sink)
{
    hr_rows rows = flow_rows_of(f, sink->input);
    size_t bytes = 0;

    for (size_t i = 0; i < rows.n; i++) {
        f->out.len = 0;
        flow_encode_row(f, sink, rows.row[i], &f->out);
        bytes += f->out.len;
    }
    return bytes;
}

void
flow_encode_all(flow *f, const hr_node *sink, hr_buf *out)
{
    hr_rows rows = flow_rows_of(f, sink->input);

    for (size_t i = 0; i < rows.n; i++) {
        flow_encode_row(f, sink, rows.row[i], out);
    }
}

void
flow_check(const flow *f)
{
    if (f->decoded.n_failed > 0) {
        stage_die("a record was not decoded: %s", f->decoded.failed[0].reason);
    }
    if (f->failures.n > 0) {
        stage_die("a record failed: %s", f->failures.v[0].reason);
    }
}
