/* A batch through decoder and steps of its plan, up to the rows that each sink gets.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "engine/task_parts.h"
#include "engine/tell.h"
#include "engine/thread.h"

#include <string.h>

static const hr_selection *
work_selection(const hr_work *work, int input)
{
    return input == HR_FROM_SOURCE ? &work->source : &work->steps[input];
}

/* Row i is record i. */
static void
task_tap_source(hr_task *task, const hr_node *node)
{
    const hr_work *work = task->work;
    hr_row rows[HR_BATCH_ROWS];
    hr_tap_point point = {.node = node,
                          .batch = work->batch,
                          .rows = {rows, work->batch->n_records},
                          .failures = work->failures.v,
                          .n_failures = work->failures.n};

    for (hr_row i = 0; i < work->batch->n_records; i++) {
        rows[i] = i;
    }
    hr_taps_look(&task->thread->run->taps, &point);
}

static void
task_tap_step(hr_task *task, const hr_node *node, const hr_selection *in, const hr_op *op,
              size_t failed)
{
    const hr_failures *failures = &task->work->failures;
    hr_tap_point point = {.node = node,
                          .batch = task->work->batch,
                          .rows = {in->row, in->n},
                          .emitted = op->emitted,
                          .n_emitted = op->n_emitted,
                          .failures = failures->v + failed,
                          .n_failures = failures->n - failed};

    hr_taps_look(&task->thread->run->taps, &point);
}

static void
task_decode(hr_task *task)
{
    hr_work *work = task->work;
    const hr_node *node = task->source->node;
    hr_decoded decoded = {.ok = work->source.row, .failed = work->decode_failures};

    hr_decoder_run(node->decoder, task->decoder_state, work->batch, &decoded);
    work->source.n = decoded.n_ok;
    for (size_t i = 0; i < decoded.n_failed; i++) {
        work->failures.v[work->failures.n++] = (hr_failure){
            decoded.failed[i].row, node, node->on_error, "decode", decoded.failed[i].reason};
    }
    hr_tell_decoded(task);
    hr_counter_add(&task->thread->metrics->sources[node->index].out, work->source.n);
    hr_counter_add(&task->thread->metrics->sources[node->index].failed, work->failures.n);
    if (hr_taps_open(&task->thread->run->taps)) {
        task_tap_source(task, node);
    }
}

static int
task_step(hr_task *task, size_t i, hr_error *err)
{
    hr_work *work = task->work;
    const hr_plan_node *planned = &task->plan->steps[i];
    const hr_selection *in = work_selection(work, planned->input);
    const hr_op_type *type = planned->node->type;
    hr_node_metrics *metrics = &task->thread->metrics->steps[planned->node->index];
    hr_op *op = &task->ops[i];
    size_t failed = work->failures.n;
    uint64_t dropped = op->dropped;
    int rc;

    op->batch = work->batch;
    op->failures = &work->failures;
    op->emitted = work->steps[i].row;
    op->n_emitted = 0;
    rc = in->n == 0 ? HR_OK
                    : type->process(op, op->state, work->batch, (hr_rows){in->row, in->n}, err);
    work->steps[i].n = op->n_emitted;
    hr_counter_add(&metrics->in, in->n);
    hr_counter_add(&metrics->out, op->n_emitted);
    hr_counter_add(&metrics->failed, work->failures.n - failed);
    hr_counter_add(&metrics->dropped, op->dropped - dropped);
    if (rc == HR_OK && hr_taps_open(&task->thread->run->taps)) {
        task_tap_step(task, planned->node, in, op, failed);
    }
    return rc;
}

/* The rows for a sink of the plan: all that reach it, but those that it refused before. */
static void
task_select_for_sink(hr_task *task, size_t i)
{
    hr_work *work = task->work;
    const hr_plan_node *planned = &task->plan->sinks[i];
    const hr_selection *in = work_selection(work, planned->input);
    hr_selection *out = &work->sinks[i];

    out->n = 0;
    if (task->n_poison == 0) {
        memcpy(out->row, in->row, in->n * sizeof *out->row);
        out->n = in->n;
        return;
    }
    for (size_t k = 0; k < in->n; k++) {
        const hr_record *record = hr_batch_record(work->batch, in->row[k]);
        const hr_poison *poison = hr_task_poison_find(task, record->offset, planned->node->index);

        if (poison == NULL || poison->suspect) {
            out->row[out->n++] = in->row[k];
            continue;
        }
        work->failures.v[work->failures.n++] =
            (hr_failure){in->row[k], planned->node, planned->node->on_error, "refused",
                         hr_arena_strdup(work->batch->arena, poison->reason)};
    }
}

/* What was done since then took its time; returns now. */
static int64_t
task_lap(hr_counter *processing_ns, int64_t since_ns)
{
    int64_t now = hr_clock_ns();

    hr_counter_add(processing_ns, (uint64_t)(now - since_ns));
    return now;
}

/* All steps over the whole batch. */
int
hr_task_process(hr_task *task, hr_error *err)
{
    const hr_metrics *metrics = task->thread->metrics;
    int64_t at_ns = hr_clock_ns();
    int rc = HR_OK;

    task_decode(task);
    at_ns = task_lap(&metrics->sources[task->source->node->index].processing_ns, at_ns);
    for (size_t i = 0; i < task->plan->n_steps && rc == HR_OK; i++) {
        rc = task_step(task, i, err);
        at_ns = task_lap(&metrics->steps[task->plan->steps[i].node->index].processing_ns, at_ns);
    }
    for (size_t i = 0; i < task->plan->n_sinks && rc == HR_OK; i++) {
        task_select_for_sink(task, i);
    }
    return rc;
}
