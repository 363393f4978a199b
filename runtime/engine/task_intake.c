/* New records of a task: fetched, verified after a seek, entered in the tracker.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "engine/task_parts.h"
#include "engine/thread.h"

#include <string.h>

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
        hr_counter_add(&task->thread->metrics->below_expected, below);
    }
    return n - below;
}

static size_t
task_intake_max(hr_task *task)
{
    if (task->isolate_until != 0) {
        return hr_task_isolate_take(task);
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

/* A producer's clock may be ahead of ours. */
static int32_t
record_age_ms(const hr_record *record, int64_t wall_ms)
{
    int64_t age = wall_ms - record->timestamp_ms;

    if (record->timestamp_ms <= 0) {
        return -1;
    }
    return age < 0 ? 0 : age < INT32_MAX ? (int32_t)age : INT32_MAX;
}

static void
task_add_records(hr_task *task, hr_batch *batch, size_t n)
{
    hr_node_metrics *metrics = &task->thread->metrics->sources[task->source->node->index];
    int64_t now_us = hr_clock_us();
    int64_t wall_ms = hr_clock_wall_ms();
    uint64_t bytes = 0;

    task->thread->now_us = now_us;
    batch->topic = task->partition.topic;
    batch->partition = task->partition.id;
    batch->read_headers = task->source->type->read_headers;
    batch->n_records = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        hr_record *record = &batch->records[i];
        uint32_t sequence =
            hr_tracker_add(&task->tracker, record->offset, now_us, record_age_ms(record, wall_ms));

        record->token = hr_token_make(task->id, task->epoch, sequence);
        bytes += record->value.len;
    }
    task->isolate_passed = task->isolate_until != 0;
    hr_counter_add(&metrics->in, n);
    hr_counter_add(&metrics->bytes, bytes);
    hr_counter_add(&task->thread->metrics->batches, 1);
}

/* Takes new records in. False: there are none, or no room for them. */
bool
hr_task_intake(hr_task *task)
{
    hr_source *source = task->source;
    size_t max = task_intake_max(task);
    size_t got, n;

    if (max == 0 || (task->work = hr_task_work_take(task)) == NULL) {
        return false;
    }
    got = source->type->fetch(source, source->state, &task->partition, task->work->batch->records,
                              max, task->work->batch->arena);
    task->work->batch->n_records = (uint32_t)got;
    if (got > 0 && !task_first_is_right(task, task->work->batch->records[0].offset)) {
        hr_task_work_release(task);
        return true;
    }
    n = task_drop_below(task, task->work->batch, got);
    task->work->batch->n_records = (uint32_t)n;
    if (n == 0) {
        hr_task_work_release(task);
        task_note_eof(task);
        return got > 0;
    }
    task_add_records(task, task->work->batch, n);
    return true;
}
