/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/task.h"
#include "engine/clock.h"
#include "engine/task_parts.h"
#include "engine/tell.h"

#include <stdlib.h>
#include <string.h>

#define TRACKER_CAPACITY 65536u /* records of a partition under way */
#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 5000

/* ---- making and freeing -------------------------------------------------------------------- */

static int
task_ops_init(hr_task *task)
{
    hr_error err = {0};

    task->ops = calloc(task->plan->n_steps + 1, sizeof *task->ops);
    if (task->ops == NULL) {
        return HR_ENOMEM;
    }
    for (size_t i = 0; i < task->plan->n_steps; i++) {
        const hr_node *node = task->plan->steps[i].node;
        const hr_op_type *type = node->type;
        hr_op *op = &task->ops[i];

        op->node = node;
        op->shared = node->shared;
        op->state = calloc(1, type->state_size > 0 ? type->state_size : 1);
        if (op->state == NULL) {
            return HR_ENOMEM;
        }
        if (type->init != NULL && type->init(op, op->state, &err) != HR_OK) {
            hr_run_fail(task->thread->run, "step %s: %s", node->name.s, err.msg);
            return HR_EFATAL;
        }
    }
    return HR_OK;
}

hr_task *
hr_task_create(hr_thread *thread, hr_source *source, const char *topic, int32_t partition,
               int64_t offset, void *data)
{
    hr_task *task = calloc(1, sizeof *task);

    if (task == NULL) {
        return NULL;
    }
    task->thread = thread;
    task->source = source;
    task->plan = &thread->run->plans[source->node->index];
    task->topic = strdup(topic);
    task->partition = (hr_partition){task->topic, partition, data, -1, -1};
    task->committed = -1;
    task->committed_shown = source->type->commit != NULL ? offset : -1;
    task->first_offset = -1;
    task->verify_first = true;
    task->decoder_state = calloc(1, hr_decoder_state_size(source->node->decoder) + 1);
    if (task->topic == NULL || task->decoder_state == NULL ||
        hr_tracker_init(&task->tracker, TRACKER_CAPACITY) != HR_OK ||
        task_ops_init(task) != HR_OK) {
        hr_task_destroy(task);
        return NULL;
    }
    hr_tracker_reset(&task->tracker, offset);
    return task;
}

static void
task_ops_finish(hr_task *task)
{
    for (size_t i = 0; task->ops != NULL && i < task->plan->n_steps; i++) {
        const hr_op_type *type = task->plan->steps[i].node->type;

        if (task->ops[i].state != NULL && type->close != NULL) {
            type->close(&task->ops[i], task->ops[i].state);
        }
        free(task->ops[i].state);
    }
    free(task->ops);
}

hr_work *
hr_task_work_take(hr_task *task)
{
    hr_source *source = task->source;
    hr_work *work = source->pool;

    if (work != NULL) {
        source->pool = work->next;
        return work;
    }
    return hr_work_create(task->plan, &source->node->lineage->layout,
                          (size_t)(task->thread->run->runner->memory_bytes / 8));
}

/* The source's records are not needed any more; the work goes back to the pool. */
void
hr_task_work_release(hr_task *task)
{
    hr_source *source = task->source;
    hr_work *work = task->work;

    if (task->stalled_by != NULL) {
        hr_task_stall(task, NULL);
    }
    if (work == NULL) {
        return;
    }
    if (source->type->done != NULL) {
        source->type->done(source, source->state, work->batch->records, work->batch->n_records);
    }
    hr_work_reset(work);
    work->next = source->pool;
    source->pool = work;
    task->work = NULL;
}

void
hr_task_destroy(hr_task *task)
{
    if (task == NULL) {
        return;
    }
    hr_late_letter_drop(task);
    hr_task_work_release(task);
    task_ops_finish(task);
    hr_tracker_finish(&task->tracker);
    free(task->poison);
    free(task->decoder_state);
    free(task->topic);
    free(task);
}

/* ---- turns ------------------------------------------------------------------------------------
 */

/* A suspect is replayed when nothing else of this thread is under way, outputs of an earlier epoch
 * included, so that a refusal can only mean this record. */
static bool
task_may_isolate(hr_task *task)
{
    hr_thread *thread = task->thread;

    if (thread->isolating != NULL && thread->isolating != task) {
        return false;
    }
    if (task->isolate_until == 0) {
        return true;
    }
    thread->isolating = task;
    return thread->outputs_open == 0;
}

static bool
task_take_and_process(hr_task *task)
{
    hr_error err = {0};

    if (!task_may_isolate(task) || !hr_task_intake(task)) {
        return false;
    }
    if (task->work == NULL) {
        return true; /* only records that were seen before */
    }
    if (hr_task_process(task, &err) != HR_OK) {
        hr_run_fail(task->thread->run, "%s[%d]: %s", task->topic, (int)task->partition.id, err.msg);
        hr_task_stop_at(task, task->work->batch->records[0].offset);
        hr_task_work_release(task);
        return true;
    }
    hr_task_outputs(task);
    return true;
}

/* A sink of its plan has no room even for what other tasks hold: a batch taken in now would only
 * wait, with the memory of its records. */
static bool
task_sinks_full(const hr_task *task)
{
    for (size_t i = 0; i < task->plan->n_sinks; i++) {
        if (task->thread->sinks[task->plan->sinks[i].node->index].n_stalled > 0) {
            return true;
        }
    }
    return false;
}

/* True if some were handed on, or cannot be: then their records are replayed. */
static bool
task_late_letters(hr_task *task)
{
    hr_error err = {0};
    size_t written;
    int rc = hr_late_letter_write(task, &written, &err);

    if (rc != HR_OK || task->stalled_by != NULL) {
        hr_task_stall(task, rc != HR_OK ? task->thread->letters : NULL);
    }
    if (rc == HR_OK) {
        return true;
    }
    if (rc == HR_EFATAL) {
        hr_run_fail(task->thread->run, "%s[%d]: %s", task->topic, (int)task->partition.id, err.msg);
    }
    if (rc == HR_EFATAL || rc == HR_ENOMEM) {
        task->rewind = true;
        return true;
    }
    if (rc != HR_EAGAIN) {
        hr_log(HR_LOG_WARN, "dead letter waits" HR_LOG_KV "topic=%s partition=%d cause=%s",
               task->topic, (int)task->partition.id, err.msg);
    }
    hr_thread_wake_at(task->thread, hr_clock_ms() + HR_TASK_STALL_RETRY_MS);
    return written > 0;
}

bool
hr_task_turn(hr_task *task, bool intake)
{
    bool busy = false;

    if (task->rewind) {
        hr_task_rewind(task, task->backoff_ms);
    }
    if (task->late.first != NULL) {
        busy = task_late_letters(task);
    }
    if (task->work != NULL) {
        return hr_task_outputs(task) || busy;
    }
    /* Letters that wait hold up what would add to them. */
    if (!intake || task->stopped || task->ended || task->late.first != NULL ||
        task_sinks_full(task)) {
        return busy;
    }
    if (task->resume_at_ms != 0) {
        if (hr_clock_ms() < task->resume_at_ms) {
            hr_thread_wake_at(task->thread, task->resume_at_ms);
            return busy;
        }
        task->resume_at_ms = 0;
    }
    return task_take_and_process(task) || busy;
}

bool
hr_task_idle(const hr_task *task)
{
    return task->work == NULL && hr_tracker_count(&task->tracker) == 0;
}

bool
hr_task_settled(const hr_task *task)
{
    return hr_task_idle(task) || (task->stopped && task->work == NULL &&
                                  hr_tracker_watermark(&task->tracker) >= task->stop_offset);
}

/* Settles a refusal without a replay, where that can be. The output stays open as its letter's, or
 * for ever where the task stops. */
static bool
task_refused(hr_task *task, uint32_t sequence, const hr_ack *ack)
{
    hr_thread *thread = task->thread;
    uint32_t sink = hr_token_sink(ack->token);
    int64_t offset = hr_tracker_at(&task->tracker, sequence)->offset;
    const hr_node *node;
    hr_failure failure;

    if (ack->status != HR_ACK_REFUSED || task->rewind || sink == HR_SINKS_MAX) {
        return false;
    }
    node = &thread->run->topology->sinks[sink];
    if (node->on_error == HR_ON_ERROR_DEAD_LETTER && thread->letters != NULL) {
        return hr_late_letter_add(task, ack);
    }
    failure = (hr_failure){0, node, node->on_error, "refused", ack->reason};
    hr_counter_add(&thread->metrics->sinks[sink].failed, 1);
    hr_run_count_failures(thread->run, 1);
    hr_task_log_failure(task, offset, &failure);
    if (node->on_error == HR_ON_ERROR_SKIP) {
        hr_tell_failed(task, offset, &failure, HR_ON_ERROR_SKIP);
        hr_counter_add(&thread->metrics->skipped, 1);
        hr_task_output_done(task, sequence, NULL);
    } else {
        hr_tell_failed(task, offset, &failure, HR_ON_ERROR_FAIL);
        hr_task_fail(task, offset, &failure);
    }
    hr_kept_free(ack->kept);
    return true;
}

bool
hr_task_output_failed(hr_task *task, const hr_ack *ack)
{
    uint32_t sequence = hr_token_sequence(ack->token);

    if (task_refused(task, sequence, ack)) {
        return true;
    }
    if (ack->status != HR_ACK_RETRY) {
        /* Refused while it was alone: it is this record. */
        bool alone = task->isolate_until != 0 && hr_tracker_count(&task->tracker) == 1;
        bool suspect = ack->status == HR_ACK_SUSPECT && !alone;
        int64_t offset = hr_tracker_at(&task->tracker, sequence)->offset;

        if (suspect && !task->isolate_narrowed) {
            hr_task_isolate_narrower(task);
        }
        hr_task_poison_add(task, offset, hr_token_sink(ack->token), suspect, ack->reason);
    } else if (!task->rewind) {
        task->backoff_ms = task->backoff_ms == 0                   ? BACKOFF_MIN_MS
                           : 2 * task->backoff_ms < BACKOFF_MAX_MS ? 2 * task->backoff_ms
                                                                   : BACKOFF_MAX_MS;
    }
    task->rewind = true;
    return false;
}

void
hr_task_rewind(hr_task *task, int64_t delay_ms)
{
    int64_t offset = hr_tracker_watermark(&task->tracker);
    hr_error err = {0};

    hr_task_poison_late(task);
    hr_task_work_release(task);
    task->rewind = false;
    task->epoch++;
    task->isolate_passed = task->isolate_narrowed = false;
    hr_tracker_reset(&task->tracker, offset);
    task->verify_first = true;
    task->first_offset = -1;
    task->ended = false;
    task->partition.eof_offset = -1;
    task->resume_at_ms = delay_ms > 0 ? hr_clock_ms() + delay_ms : 0;
    hr_counter_add(&task->thread->metrics->rewinds, 1);
    if (task->source->type->seek(task->source, task->source->state, &task->partition, offset,
                                 &err) != HR_OK) {
        hr_log(HR_LOG_WARN, "seek failed, trying again" HR_LOG_KV "place=%s[%d]@%lld cause=%s",
               task->topic, (int)task->partition.id, (long long)offset, err.msg);
        task->rewind = true;
        task->backoff_ms = BACKOFF_MAX_MS / 5;
        hr_thread_wake_at(task->thread, hr_clock_ms() + task->backoff_ms);
    }
}
