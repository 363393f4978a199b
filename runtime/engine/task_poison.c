/* What sinks refused: records to be dead-lettered at replay, and suspects to be replayed alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/task_parts.h"
#include "engine/thread.h"

#include <stdlib.h>
#include <string.h>

hr_poison *
hr_task_poison_find(hr_task *task, int64_t offset, uint32_t sink)
{
    for (size_t i = 0; i < task->n_poison; i++) {
        if (task->poison[i].offset == offset && task->poison[i].sink == sink) {
            return &task->poison[i];
        }
    }
    return NULL;
}

void
hr_task_poison_add(hr_task *task, int64_t offset, uint32_t sink, bool suspect, const char *reason)
{
    hr_poison *poison = hr_task_poison_find(task, offset, sink);

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

void
hr_task_isolate_narrower(hr_task *task)
{
    size_t n = task->isolate_max != 0 ? task->isolate_max : hr_tracker_count(&task->tracker);

    n = n < HR_BATCH_ROWS ? n / 2 : HR_BATCH_ROWS / 2;
    task->isolate_max = n > 0 ? n : 1;
    task->isolate_passed = false;
    task->isolate_narrowed = true;
}

size_t
hr_task_isolate_take(hr_task *task)
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
    return task->n_poison > 0 && hr_task_poison_find(task, offset, HR_SINKS_MAX) != NULL;
}

void
hr_task_poison_late(hr_task *task)
{
    for (const hr_late_letter *late = task->late.first; late != NULL; late = late->next) {
        hr_task_poison_add(task, late->kept->record.offset, hr_token_sink(late->token), false,
                           late->reason);
    }
    hr_late_letter_drop(task);
}

void
hr_task_poison_prune(hr_task *task)
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
