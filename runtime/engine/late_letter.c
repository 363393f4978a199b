/* An output that was refused stays open, in its record and among the thread's outputs, until it is
 * acknowledged as a dead letter: so nothing behind it is committed, and no suspect is replayed
 * while a letter is under way.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/late_letter.h"
#include "engine/dead_letter.h"
#include "engine/tell.h"

#include <stdlib.h>

#define ARENA_BLOCK 4096

bool
hr_late_letter_add(hr_task *task, const hr_ack *ack)
{
    hr_thread *thread = task->thread;
    hr_late_letters *late = &task->late;
    hr_late_letter *letter;

    if (ack->kept == NULL || thread->letters == NULL ||
        thread->late_bytes + ack->kept->size > thread->late_bytes_max ||
        (letter = malloc(sizeof *letter)) == NULL) {
        return false;
    }
    *letter = (hr_late_letter){.token = ack->token, .kept = ack->kept};
    letter->node = &thread->run->topology->sinks[hr_token_sink(ack->token)];
    memcpy(letter->reason, ack->reason, sizeof letter->reason);
    if (late->first == NULL) {
        late->first = letter;
    } else {
        late->last->next = letter;
    }
    late->last = letter;
    thread->late_bytes += ack->kept->size;
    thread->outputs_open++;
    return true;
}

static void
late_remove_first(hr_task *task)
{
    hr_late_letter *letter = task->late.first;

    task->late.first = letter->next;
    task->thread->late_bytes -= letter->kept->size;
    hr_kept_free(letter->kept);
    free(letter);
}

static int
late_write_one(hr_task *task, const hr_late_letter *late, const hr_failure *failure, hr_error *err)
{
    hr_thread *thread = task->thread;
    hr_letter letter = {.record = &late->kept->record,
                        .topic = late->kept->topic,
                        .partition = late->kept->partition,
                        .token = hr_token_for_sink(late->token, HR_SINKS_MAX),
                        .cut = hr_task_cuts_letter(task, late->kept->record.offset)};

    if (thread->late_arena == NULL) {
        thread->late_arena =
            hr_arena_create(ARENA_BLOCK, (size_t)(thread->run->runner->memory_bytes / 8));
    }
    if (thread->late_arena == NULL) {
        return HR_ENOMEM;
    }
    hr_arena_reset(thread->late_arena);
    if (hr_dead_letter(failure, thread->late_arena, &letter) != HR_OK) {
        return HR_ENOMEM;
    }
    return thread->letters->type->write_letter(thread->letters, thread->letters->state, &letter,
                                               err);
}

int
hr_late_letter_write(hr_task *task, size_t *written, hr_error *err)
{
    hr_metrics *metrics = task->thread->metrics;

    for (*written = 0; task->late.first != NULL; (*written)++) {
        const hr_late_letter *late = task->late.first;
        hr_failure failure = {0, late->node, HR_ON_ERROR_DEAD_LETTER, "refused", late->reason};
        int rc = late_write_one(task, late, &failure, err);

        if (rc != HR_OK) {
            return rc;
        }
        hr_counter_add(&metrics->dead_letters, 1);
        hr_counter_add(&task->thread->letters->metrics->in, 1);
        hr_counter_add(&task->thread->letters->metrics->bytes, late->kept->record.value.len);
        hr_counter_add(&metrics->sinks[late->node->index].failed, 1);
        hr_run_count_failures(task->thread->run, 1);
        hr_task_log_failure(task, late->kept->record.offset, &failure);
        hr_tell_failed(task, late->kept->record.offset, &failure, HR_ON_ERROR_DEAD_LETTER);
        late_remove_first(task);
    }
    return HR_OK;
}

void
hr_late_letter_drop(hr_task *task)
{
    while (task->late.first != NULL) {
        late_remove_first(task);
        task->thread->outputs_open--;
    }
}
