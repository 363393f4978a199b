/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/task.h"
#include "engine/clock.h"
#include "engine/dead_letter.h"
#include "engine/thread.h"

#include <stdlib.h>
#include <string.h>

#define TRACKER_CAPACITY 65536u /* records of a partition under way */
#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 5000
#define STALL_RETRY_MS 20

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

static hr_work *
task_work_take(hr_task *task)
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
static void
task_work_release(hr_task *task)
{
    hr_source *source = task->source;
    hr_work *work = task->work;

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
    task_work_release(task);
    task_ops_finish(task);
    hr_tracker_finish(&task->tracker);
    free(task->poison);
    free(task->decoder_state);
    free(task->topic);
    free(task);
}

/* ---- poison ---------------------------------------------------------------------------------- */

static hr_poison *
task_poison_find(hr_task *task, int64_t offset, uint32_t sink)
{
    for (size_t i = 0; i < task->n_poison; i++) {
        if (task->poison[i].offset == offset && task->poison[i].sink == sink) {
            return &task->poison[i];
        }
    }
    return NULL;
}

/* Of suspects only dead letters are remembered: they are cut when they are sent again. */
static void
task_poison_add(hr_task *task, int64_t offset, uint32_t sink, bool suspect, const char *reason)
{
    hr_poison *poison = task_poison_find(task, offset, sink);

    if (suspect && offset >= task->isolate_until) {
        task->isolate_until = offset + 1;
    }
    if (suspect && sink != HR_SINKS_MAX) {
        return;
    }
    if (poison == NULL && task->n_poison == task->cap_poison) {
        size_t cap = task->cap_poison != 0 ? 2 * task->cap_poison : 16;
        hr_poison *grown = realloc(task->poison, cap * sizeof *grown);

        if (grown == NULL) {
            return; /* it will be refused again, and found again */
        }
        task->poison = grown;
        task->cap_poison = cap;
    }
    if (poison == NULL) {
        poison = &task->poison[task->n_poison++];
    }
    *poison = (hr_poison){.offset = offset, .sink = sink, .suspect = suspect};
    strncpy(poison->reason, reason != NULL ? reason : "refused", sizeof poison->reason - 1);
}

/* A group was refused: the next one is half as large, until one record alone is refused. */
static void
task_isolate_narrower(hr_task *task)
{
    size_t n = task->isolate_max != 0 ? task->isolate_max : hr_tracker_count(&task->tracker);

    n = n < HR_BATCH_ROWS ? n / 2 : HR_BATCH_ROWS / 2;
    task->isolate_max = n > 0 ? n : 1;
    task->isolate_passed = false;
    task->isolate_narrowed = true;
}

/* How many records the next group may have: twice as many where the last one passed. */
static size_t
task_isolate_take(hr_task *task)
{
    if (hr_tracker_count(&task->tracker) > 0) {
        return 0;
    }
    if (task->isolate_passed && task->isolate_max < HR_BATCH_ROWS) {
        task->isolate_max *= 2;
    }
    task->isolate_passed = false;
    return task->isolate_max;
}

bool
hr_task_cuts_letter(hr_task *task, int64_t offset)
{
    return task->n_poison > 0 && task_poison_find(task, offset, HR_SINKS_MAX) != NULL;
}

/* A replay is due: what waits to become a dead letter does so then. */
static void
task_poison_late(hr_task *task)
{
    for (const hr_late_letter *late = task->late.first; late != NULL; late = late->next) {
        task_poison_add(task, late->kept->record.offset, hr_token_sink(late->token), false,
                        late->reason);
    }
    hr_late_letter_drop(task);
}

/* What lies below the watermark is over. */
static void
task_poison_prune(hr_task *task)
{
    int64_t watermark = hr_tracker_watermark(&task->tracker);
    size_t kept = 0;

    for (size_t i = 0; i < task->n_poison; i++) {
        if (task->poison[i].offset >= watermark) {
            task->poison[kept++] = task->poison[i];
        }
    }
    task->n_poison = kept;
    if (task->isolate_until != 0 && watermark >= task->isolate_until) {
        task->isolate_until = 0;
        task->isolate_max = 0;
        if (task->thread->isolating == task) {
            task->thread->isolating = NULL;
        }
    }
}

/* ---- intake ---------------------------------------------------------------------------------- */

/* After a seek the first record must be the expected one. Another offset is sought once more; the
 * same answer twice is a hole in the log (RELIABILITY section 1). */
static bool
task_first_is_right(hr_task *task, int64_t offset)
{
    hr_error err = {0};

    if (!task->verify_first || offset <= task->tracker.next_offset ||
        task->first_offset == offset || task->tracker.next_offset < 0) {
        task->verify_first = false;
        return true;
    }
    task->first_offset = offset;
    if (task->source->type->seek(task->source, task->source->state, &task->partition,
                                 task->tracker.next_offset, &err) != HR_OK) {
        task->rewind = true;
    }
    return false;
}

/* Leaves out what lies below the next expected offset: a client may fetch it again. */
static size_t
task_drop_below(hr_task *task, hr_batch *batch, size_t n)
{
    hr_source *source = task->source;
    size_t below = 0;

    while (below < n && batch->records[below].offset < task->tracker.next_offset) {
        below++;
    }
    if (below > 0) {
        if (source->type->done != NULL) {
            source->type->done(source, source->state, batch->records, below);
        }
        memmove(batch->records, batch->records + below, (n - below) * sizeof *batch->records);
        hr_counter_add(&task->thread->metrics.below_expected, below);
    }
    return n - below;
}

static size_t
task_intake_max(hr_task *task)
{
    if (task->isolate_until != 0) {
        return task_isolate_take(task);
    }
    return hr_tracker_reserve(&task->tracker, HR_BATCH_ROWS);
}

/* At the end of the partition with nothing under way, the end itself may be committed: transaction
 * markers behind the last record are not lag. */
static void
task_note_eof(hr_task *task)
{
    if (task->partition.eof_offset > task->tracker.next_offset &&
        hr_tracker_count(&task->tracker) == 0) {
        task->tracker.next_offset = task->partition.eof_offset;
    }
}

static void
task_add_records(hr_task *task, hr_batch *batch, size_t n)
{
    int64_t now_us = hr_clock_us();
    uint64_t bytes = 0;

    task->thread->now_us = now_us;
    batch->topic = task->partition.topic;
    batch->partition = task->partition.id;
    batch->n_records = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        hr_record *record = &batch->records[i];
        uint32_t sequence = hr_tracker_add(&task->tracker, record->offset, now_us);

        record->token = hr_token_make(task->id, task->epoch, sequence);
        bytes += record->value.len;
    }
    task->isolate_passed = task->isolate_until != 0;
    hr_counter_add(&task->thread->metrics.bytes_in, bytes);
    hr_counter_add(&task->thread->metrics.batches, 1);
    hr_counter_add(&task->thread->metrics.sources[task->source->node->index].in, n);
}

/* Takes new records in. False: there are none, or no room for them. */
static bool
task_intake(hr_task *task)
{
    hr_source *source = task->source;
    size_t max = task_intake_max(task);
    size_t got, n;

    if (max == 0 || (task->work = task_work_take(task)) == NULL) {
        return false;
    }
    got = source->type->fetch(source, source->state, &task->partition, task->work->batch->records,
                              max, task->work->batch->arena);
    task->work->batch->n_records = (uint32_t)got;
    if (got > 0 && !task_first_is_right(task, task->work->batch->records[0].offset)) {
        task_work_release(task);
        return true;
    }
    n = task_drop_below(task, task->work->batch, got);
    task->work->batch->n_records = (uint32_t)n;
    if (n == 0) {
        task_work_release(task);
        task_note_eof(task);
        return got > 0;
    }
    task_add_records(task, task->work->batch, n);
    return true;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static const hr_selection *
work_selection(const hr_work *work, int input)
{
    return input == HR_FROM_SOURCE ? &work->source : &work->steps[input];
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
    hr_counter_add(&task->thread->metrics.sources[node->index].out, decoded.n_ok);
    hr_counter_add(&task->thread->metrics.sources[node->index].failed, decoded.n_failed);
}

static int
task_step(hr_task *task, size_t i, hr_error *err)
{
    hr_work *work = task->work;
    const hr_plan_node *planned = &task->plan->steps[i];
    const hr_selection *in = work_selection(work, planned->input);
    const hr_op_type *type = planned->node->type;
    hr_node_metrics *metrics = &task->thread->metrics.steps[planned->node->index];
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
        const hr_poison *poison = task_poison_find(task, record->offset, planned->node->index);

        if (poison == NULL || poison->suspect) {
            out->row[out->n++] = in->row[k];
            continue;
        }
        work->failures.v[work->failures.n++] =
            (hr_failure){in->row[k], planned->node, planned->node->on_error, "refused",
                         hr_arena_strdup(work->batch->arena, poison->reason)};
    }
}

/* All steps over the whole batch. */
static int
task_process(hr_task *task, hr_error *err)
{
    int rc = HR_OK;

    task_decode(task);
    for (size_t i = 0; i < task->plan->n_steps && rc == HR_OK; i++) {
        rc = task_step(task, i, err);
    }
    for (size_t i = 0; i < task->plan->n_sinks && rc == HR_OK; i++) {
        task_select_for_sink(task, i);
    }
    return rc;
}

/* ---- outputs --------------------------------------------------------------------------------- */

/* Hands the rows of the current sink on. HR_OK: all of them; HR_EAGAIN: the sink is full. */
static int
task_write_sink(hr_task *task, hr_error *err)
{
    hr_work *work = task->work;
    const hr_plan_node *planned = &task->plan->sinks[work->sink];
    hr_sink *sink = &task->thread->sinks[planned->node->index];
    const hr_selection *rows = &work->sinks[work->sink];
    hr_node_metrics *metrics = &task->thread->metrics.sinks[planned->node->index];
    size_t failed = work->failures.n;
    size_t done = 0;
    int rc;

    if (work->sink_done == rows->n) {
        return HR_OK;
    }
    rc = sink->type->write(sink, sink->state, work->batch,
                           (hr_rows){rows->row + work->sink_done, rows->n - work->sink_done}, &done,
                           err);
    work->sink_done += done;
    hr_counter_add(&metrics->in, done);
    hr_counter_add(&metrics->failed, work->failures.n - failed);
    return rc;
}

static int
task_write_letter(hr_task *task, const hr_failure *failure, hr_error *err)
{
    hr_sink *sink = task->thread->letters;
    hr_batch *batch = task->work->batch;
    hr_letter letter = {.record = hr_batch_record(batch, failure->row),
                        .topic = batch->topic,
                        .partition = batch->partition};
    hr_token token;
    int rc = hr_dead_letter(failure, batch->arena, &letter);

    if (rc != HR_OK) {
        return hr_fail(err, rc, HR_NO_LOC, "out of memory for a dead letter");
    }
    token = hr_sink_take(sink, batch, failure->row);
    letter.token = token;
    letter.cut = hr_task_cuts_letter(task, letter.record->offset);
    rc = sink->type->write_letter(sink, sink->state, &letter, err);
    if (rc != HR_OK) {
        hr_sink_untake(sink, token);
        return rc;
    }
    hr_counter_add(&task->thread->metrics.dead_letters, 1);
    return HR_OK;
}

static void
task_stop_at(hr_task *task, int64_t offset)
{
    if (!task->stopped || offset < task->stop_offset) {
        task->stop_offset = offset;
    }
    task->stopped = true;
}

/* The record stays open for ever, so that nothing at or behind it is committed. */
static void
task_fail(hr_task *task, int64_t offset, const hr_failure *failure)
{
    task_stop_at(task, offset);
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
    int rc = HR_OK;

    if (failure->action == HR_ON_ERROR_DEAD_LETTER && task->thread->letters != NULL) {
        rc = task_write_letter(task, failure, err);
    } else if (failure->action == HR_ON_ERROR_SKIP) {
        hr_counter_add(&task->thread->metrics.skipped, 1);
    } else {
        hr_tracker_at(&task->tracker, hr_token_sequence(record->token))->open++;
        task_fail(task, record->offset, failure);
    }
    if (rc == HR_OK) {
        hr_task_log_failure(task, record->offset, failure);
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

static void
task_done(hr_task *task, uint32_t sequence)
{
    int64_t taken_us = hr_tracker_at(&task->tracker, sequence)->taken_us;

    if (hr_tracker_done(&task->tracker, sequence)) {
        hr_counter_add(&task->thread->metrics.acknowledged, 1);
        hr_histogram_add(&task->thread->metrics.latency,
                         (uint64_t)(task->thread->now_us - taken_us), 1);
        task->backoff_ms = 0;
    }
}

static void
task_output_done(hr_task *task, uint32_t sequence)
{
    task_done(task, sequence);
    if (task->n_poison > 0 || task->isolate_until != 0) {
        task_poison_prune(task);
    }
}

/* The batch is processed: what waits for nothing else is done. */
static void
task_finish_work(hr_task *task)
{
    hr_batch *batch = task->work->batch;

    task->thread->now_us = hr_clock_us();
    for (size_t i = 0; i < batch->n_records; i++) {
        task_done(task, hr_token_sequence(batch->records[i].token));
    }
    hr_run_count_failures(task->thread->run, task->work->failures.n);
    task_work_release(task);
    if (task->n_poison > 0 || task->isolate_until != 0) {
        task_poison_prune(task);
    }
}

/* Goes on with the outputs of the current batch. True when they are all handed on. */
static bool
task_outputs(hr_task *task)
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
        task_stop_at(task, task->work->batch->records[0].offset);
        task_work_release(task);
        return true;
    }
    if (rc != HR_EAGAIN) {
        hr_log(HR_LOG_WARN, "output waits" HR_LOG_KV "topic=%s partition=%d cause=%s", task->topic,
               (int)task->partition.id, err.msg);
    }
    hr_thread_wake_at(task->thread, hr_clock_ms() + STALL_RETRY_MS);
    return false;
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

    if (!task_may_isolate(task) || !task_intake(task)) {
        return false;
    }
    if (task->work == NULL) {
        return true; /* only records that were seen before */
    }
    if (task_process(task, &err) != HR_OK) {
        hr_run_fail(task->thread->run, "%s[%d]: %s", task->topic, (int)task->partition.id, err.msg);
        task_stop_at(task, task->work->batch->records[0].offset);
        task_work_release(task);
        return true;
    }
    task_outputs(task);
    return true;
}

/* True if some were handed on, or cannot be: then their records are replayed. */
static bool
task_late_letters(hr_task *task)
{
    hr_error err = {0};
    size_t written;
    int rc = hr_late_letter_write(task, &written, &err);

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
    hr_thread_wake_at(task->thread, hr_clock_ms() + STALL_RETRY_MS);
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
        return task_outputs(task) || busy;
    }
    /* Letters that wait hold up what would add to them. */
    if (!intake || task->stopped || task->ended || task->late.first != NULL) {
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
    hr_counter_add(&thread->metrics.sinks[sink].failed, 1);
    hr_run_count_failures(thread->run, 1);
    hr_task_log_failure(task, offset, &failure);
    if (node->on_error == HR_ON_ERROR_SKIP) {
        hr_counter_add(&thread->metrics.skipped, 1);
        task_output_done(task, sequence);
    } else {
        task_fail(task, offset, &failure);
    }
    hr_kept_free(ack->kept);
    return true;
}

bool
hr_task_ack(hr_task *task, const hr_ack *ack)
{
    uint32_t sequence = hr_token_sequence(ack->token);
    uint32_t sink = hr_token_sink(ack->token);

    if (hr_token_epoch(ack->token) != (task->epoch & HR_EPOCH_MASK) ||
        !hr_tracker_holds(&task->tracker, sequence)) {
        return false; /* of a time before the last rewind */
    }
    if (ack->status == HR_ACK_OK) {
        task_output_done(task, sequence);
        return false;
    }
    if (task_refused(task, sequence, ack)) {
        return true;
    }
    if (ack->status != HR_ACK_RETRY) {
        /* Refused while it was alone: it is this record. */
        bool alone = task->isolate_until != 0 && hr_tracker_count(&task->tracker) == 1;
        bool suspect = ack->status == HR_ACK_SUSPECT && !alone;
        int64_t offset = hr_tracker_at(&task->tracker, sequence)->offset;

        if (suspect && !task->isolate_narrowed) {
            task_isolate_narrower(task);
        }
        task_poison_add(task, offset, sink, suspect, ack->reason);
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

    task_poison_late(task);
    task_work_release(task);
    task->rewind = false;
    task->epoch++;
    task->isolate_passed = task->isolate_narrowed = false;
    hr_tracker_reset(&task->tracker, offset);
    task->verify_first = true;
    task->first_offset = -1;
    task->ended = false;
    task->partition.eof_offset = -1;
    task->resume_at_ms = delay_ms > 0 ? hr_clock_ms() + delay_ms : 0;
    hr_counter_add(&task->thread->metrics.rewinds, 1);
    if (task->source->type->seek(task->source, task->source->state, &task->partition, offset,
                                 &err) != HR_OK) {
        hr_log(HR_LOG_WARN, "seek failed, trying again" HR_LOG_KV "place=%s[%d]@%lld cause=%s",
               task->topic, (int)task->partition.id, (long long)offset, err.msg);
        task->rewind = true;
        task->backoff_ms = BACKOFF_MAX_MS / 5;
        hr_thread_wake_at(task->thread, hr_clock_ms() + task->backoff_ms);
    }
}
