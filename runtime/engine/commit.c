/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/commit.h"
#include "engine/clock.h"

void
hr_commit_begin(hr_thread *thread)
{
    thread->n_offsets = 0;
}

void
hr_commit_add(hr_thread *thread, hr_task *task)
{
    int64_t watermark = hr_tracker_watermark(&task->tracker);

    if (watermark < 0 || watermark == task->committed || thread->n_offsets == HR_TASKS_MAX ||
        task->source->type->commit == NULL || thread->run->options.dry) {
        return;
    }
    thread->offsets[thread->n_offsets++] = (hr_offset){&task->partition, watermark};
    task->committed = watermark;
}

/* The offsets of one source: tasks are found again through the partition. */
static bool
commit_source(hr_thread *thread, hr_source *source, const hr_offset *offsets, size_t n,
              int timeout_ms)
{
    bool later = (source->type->flags & HR_SOURCE_KAFKA) != 0 && timeout_ms == 0;
    int64_t at_us = hr_clock_us();
    hr_error err = {0};

    if (source->type->commit(source, source->state, offsets, n, timeout_ms, &err) != HR_OK) {
        hr_source_commit_failed(source, err.msg);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        hr_task_of(offsets[i].partition)->committed_shown = offsets[i].offset;
    }
    hr_counter_add(&thread->metrics->commits, 1);
    if (!later) {
        hr_source_committed(source, hr_clock_us() - at_us);
    }
    return true;
}

bool
hr_commit_end(hr_thread *thread, int timeout_ms)
{
    bool ok = true;

    for (size_t s = 0; s < thread->run->topology->n_sources; s++) {
        hr_source *source = &thread->sources[s];
        hr_offset *mine = thread->offsets + HR_TASKS_MAX;
        size_t n = 0;

        for (size_t i = 0; i < thread->n_offsets; i++) {
            const hr_task *task = hr_task_of(thread->offsets[i].partition);

            if (task->source == source) {
                mine[n++] = thread->offsets[i];
            }
        }
        if (n > 0) {
            ok &= commit_source(thread, source, mine, n, timeout_ms);
        }
    }
    thread->n_offsets = 0;
    return ok;
}

bool
hr_commit_all(hr_thread *thread, int timeout_ms)
{
    hr_commit_begin(thread);
    for (size_t i = 0; i < thread->tasks_end; i++) {
        if (thread->tasks[i] != NULL) {
            hr_commit_add(thread, thread->tasks[i]);
        }
    }
    return hr_commit_end(thread, timeout_ms);
}

void
hr_commit_abort(hr_thread *thread)
{
    thread->n_offsets = 0;
    for (size_t i = 0; i < thread->tasks_end; i++) {
        if (thread->tasks[i] != NULL) {
            hr_task_rewind(thread->tasks[i], 0);
        }
    }
}
