/* Rows to sinks, failures to dead letters, and the end of records.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "engine/dead_letter.h"
#include "engine/task_parts.h"
#include "engine/tell.h"

/* Time goes to the sink that has no room, bit by bit, so that a long wait is seen while it lasts.
 */
void
hr_task_stall(hr_task *task, hr_sink *sink)
{
    int64_t now_us = hr_clock_us();

    if (task->stalled_by != NULL) {
        hr_counter_add(&task->stalled_by->output->backpressure_us,
                       (uint64_t)(now_us - task->stalled_us));
        task->stalled_by->n_stalled--;
    }
    if (sink != NULL) {
        sink->n_stalled++;
    }
    task->stalled_by = sink;
    task->stalled_us = now_us;
}

/* HR_OK: the sink took what it was given. */
static void
task_note_room(hr_task *task, hr_sink *sink, int rc)
{
    if (rc != HR_OK || task->stalled_by != NULL) {
        hr_task_stall(task, rc != HR_OK ? sink : NULL);
    }
}

static void
task_tap_sink(hr_task *task, const hr_node *node, hr_rows rows, size_t failed)
{
    const hr_failures *failures = &task->work->failures;
    hr_tap_point point = {.node = node,
                          .batch = task->work->batch,
                          .rows = rows,
                          .failures = failures->v + failed,
                          .n_failures = failures->n - failed};

    hr_taps_look(&task->thread->run->taps, &point);
}

/* Hands the rows of the current sink on. HR_OK: all of them; HR_EAGAIN: the sink is full. */
static int
task_write_sink(hr_task *task, hr_error *err)
{
    hr_work *work = task->work;
    const hr_plan_node *planned = &task->plan->sinks[work->sink];
    hr_sink *sink = &task->thread->sinks[planned->node->index];
    const hr_selection *rows = &work->sinks[work->sink];
    hr_node_metrics *metrics = sink->metrics;
    size_t failed = work->failures.n;
    size_t done = 0;
    int64_t at_ns;
    int rc;

    if (work->sink_done == rows->n) {
        return HR_OK;
    }
    at_ns = hr_clock_ns();
    task->thread->now_us = at_ns / 1000;
    rc = sink->type->write(sink, sink->state, work->batch,
                           (hr_rows){rows->row + work->sink_done, rows->n - work->sink_done}, &done,
                           err);
    hr_counter_add(&metrics->processing_ns, (uint64_t)(hr_clock_ns() - at_ns));
    if (done > 0 && hr_taps_open(&task->thread->run->taps)) {
        task_tap_sink(task, sink->node, (hr_rows){rows->row + work->sink_done, done}, failed);
    }
    work->sink_done += done;
    hr_counter_add(&metrics->in, done);
    hr_counter_add(&metrics->failed, work->failures.n - failed);
    task_note_room(task, sink, rc);
    return rc;
}

static int
task_write_letter(hr_task *task, const hr_failure *failure, hr_error *err)
{
    hr_sink *sink = task->thread->letters;
    hr_batch *batch = task->work->batch;
    hr_letter letter = {.record = hr_batch_whole_record(batch, failure->row),
                        .topic = batch->topic,
                        .partition = batch->partition};
    hr_token token;
    int rc = letter.record != NULL ? hr_dead_letter(failure, batch->arena, &letter) : HR_ENOMEM;

    if (rc != HR_OK) {
        return hr_fail(err, rc, HR_NO_LOC, "out of memory for a dead letter");
    }
    token = hr_sink_take(sink, batch, failure->row);
    letter.token = token;
    letter.cut = hr_task_cuts_letter(task, letter.record->offset);
    rc = sink->type->write_letter(sink, sink->state, &letter, err);
    task_note_room(task, sink, rc);
    if (rc != HR_OK) {
        hr_sink_untake(sink, token);
        return rc;
    }
    hr_counter_add(&task->thread->metrics->dead_letters, 1);
    hr_counter_add(&sink->metrics->in, 1);
    hr_counter_add(&sink->metrics->bytes, letter.record->value.len);
    return HR_OK;
}

void
hr_task_stop_at(hr_task *task, int64_t offset)
{
    if (!task->stopped || offset < task->stop_offset) {
        task->stop_offset = offset;
    }
    task->stopped = true;
}

/* The record stays open for ever, so that nothing at or behind it is committed. */
void
hr_task_fail(hr_task *task, int64_t offset, const hr_failure *failure)
{
    hr_task_stop_at(task, offset);
    hr_run_fail(task->thread->run, "%s[%d]@%lld: %s %s: %s: %s (on_error: fail)", task->topic,
                (int)task->partition.id, (long long)offset,
                failure->node->kind == HR_NODE_SOURCE ? "source"
                : failure->node->kind == HR_NODE_SINK ? "sink"
                                                      : "step",
                failure->node->name.s, failure->code, failure->reason);
}

void
hr_task_log_failure(hr_task *task, int64_t offset, const hr_failure *failure)
{
    static const char *const actions[] = {"dead letter", "skipped", "failed"};
    uint64_t suppressed;
    bool letter = failure->action == HR_ON_ERROR_DEAD_LETTER && task->thread->letters != NULL;

    hr_failure_counts_add(&task->thread->stats->failures, failure->node, failure->code,
                          letter || failure->action == HR_ON_ERROR_SKIP ? failure->action
                                                                        : HR_ON_ERROR_FAIL);
    if (letter) {
        hr_letter_log_add(&task->thread->run->letters, &task->thread->letter_gate, task->topic,
                          task->partition.id, offset, failure);
    }

    if (hr_log_allow(&task->thread->failure_gate, 1000, &suppressed)) {
        hr_log(HR_LOG_WARN,
               "record %s" HR_LOG_KV "place=%s[%d]@%lld node=%s code=%s reason=%s more=%llu",
               actions[failure->action], task->topic, (int)task->partition.id, (long long)offset,
               failure->node->name.s, failure->code, failure->reason,
               (unsigned long long)suppressed);
    }
}

static int
task_settle_failure(hr_task *task, const hr_failure *failure, hr_error *err)
{
    const hr_record *record = hr_batch_record(task->work->batch, failure->row);
    hr_on_error action = failure->action;
    int rc = HR_OK;

    if (action == HR_ON_ERROR_DEAD_LETTER && task->thread->letters != NULL) {
        rc = task_write_letter(task, failure, err);
    } else if (action == HR_ON_ERROR_SKIP) {
        hr_counter_add(&task->thread->metrics->skipped, 1);
    } else {
        action = HR_ON_ERROR_FAIL;
        hr_tracker_at(&task->tracker, hr_token_sequence(record->token))->open++;
        hr_task_fail(task, record->offset, failure);
    }
    if (rc == HR_OK) {
        hr_task_log_failure(task, record->offset, failure);
        hr_tell_failed(task, record->offset, failure, action);
    }
    return rc;
}

/* Sinks one after the other, then the failures. HR_EAGAIN: stopped at a full one. */
static int
task_write(hr_task *task, hr_error *err)
{
    hr_work *work = task->work;
    int rc;

    task->thread->writing = work;
    while (work->sink < task->plan->n_sinks) {
        rc = task_write_sink(task, err);
        if (rc != HR_OK) {
            return rc;
        }
        work->sink++;
        work->sink_done = 0;
    }
    while (work->letter < work->failures.n) {
        rc = task_settle_failure(task, &work->failures.v[work->letter], err);
        if (rc != HR_OK) {
            return rc;
        }
        work->letter++;
    }
    return HR_OK;
}

/* One output of the record ended well: that of a sink, or (NULL) its processing. */
static void
task_done(hr_task *task, uint32_t sequence, hr_sink_metrics *output)
{
    const hr_tracker_entry entry = *hr_tracker_at(&task->tracker, sequence);
    uint64_t latency_us = (uint64_t)(task->thread->now_us - entry.taken_us);

    if (output != NULL) {
        hr_histogram_note(&output->latency, latency_us);
    }
    if (hr_tracker_done(&task->tracker, sequence)) {
        hr_metrics *metrics = task->thread->metrics;

        hr_histogram_note(&metrics->latency, latency_us);
        if (entry.age_ms >= 0) {
            hr_histogram_note(&metrics->end_to_end, latency_us + (uint64_t)entry.age_ms * 1000);
        }
        task->backoff_ms = 0;
        hr_tell_done(task, entry.offset);
    }
}

void
hr_task_output_done(hr_task *task, uint32_t sequence, hr_sink_metrics *output)
{
    task_done(task, sequence, output);
    if (task->n_poison > 0 || task->isolate_until != 0) {
        hr_task_poison_prune(task);
    }
}

/* The batch is processed: what waits for nothing else is done. */
static void
task_finish_work(hr_task *task)
{
    hr_batch *batch = task->work->batch;

    task->thread->now_us = hr_clock_us();
    for (size_t i = 0; i < batch->n_records; i++) {
        task_done(task, hr_token_sequence(batch->records[i].token), NULL);
    }
    hr_run_count_failures(task->thread->run, task->work->failures.n);
    hr_task_work_release(task);
    if (task->n_poison > 0 || task->isolate_until != 0) {
        hr_task_poison_prune(task);
    }
}

/* Goes on with the outputs of the current batch. True when they are all handed on. */
bool
hr_task_outputs(hr_task *task)
{
    hr_error err = {0};
    int rc = task_write(task, &err);

    task->thread->writing = NULL;
    if (rc == HR_OK) {
        task_finish_work(task);
        return true;
    }
    if (rc == HR_EFATAL) {
        hr_run_fail(task->thread->run, "%s[%d]: %s", task->topic, (int)task->partition.id, err.msg);
        hr_task_stop_at(task, task->work->batch->records[0].offset);
        hr_task_work_release(task);
        return true;
    }
    if (rc != HR_EAGAIN) {
        hr_log(HR_LOG_WARN, "output waits" HR_LOG_KV "topic=%s partition=%d cause=%s", task->topic,
               (int)task->partition.id, err.msg);
    }
    hr_thread_wake_at(task->thread, hr_clock_ms() + HR_TASK_STALL_RETRY_MS);
    return false;
}
