/* What sources ask of their stream thread (hr_source.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/commit.h"
#include "engine/thread.h"

#define REVOKE_WAIT_MS 5000 /* RELIABILITY section 1 */

void
hr_source_trouble(hr_source *source, const char *text, bool fatal)
{
    hr_thread_trouble(source->thread, source->trouble, "source", source->node, text, fatal);
}

void
hr_source_ready(hr_source *source)
{
    hr_counter_set(&source->thread->metrics->sources[source->node->index].ready, 1);
}

const hr_node *
hr_source_node(const hr_source *source)
{
    return source->node;
}

const hr_runner *
hr_source_runner(const hr_source *source)
{
    return source->thread->run->runner;
}

const hr_connection *
hr_source_connection(const hr_source *source)
{
    return source->connection;
}

int
hr_source_thread(const hr_source *source)
{
    return source->thread->index;
}

bool
hr_source_stopping(const hr_source *source)
{
    return source->thread->phase != HR_THREAD_RUNNING;
}

void
hr_source_wake(hr_source *source)
{
    hr_mailbox_wake(&source->thread->mailbox);
}

void
hr_source_wake_at(hr_source *source, int64_t when_ms)
{
    hr_thread_wake_at(source->thread, when_ms);
}

void
hr_source_ended(hr_source *source, hr_partition *partition)
{
    (void)source;
    hr_task_of(partition)->ended = true;
}

int64_t
hr_source_close_ms(const hr_source *source)
{
    return source->thread->close_ms;
}

bool
hr_source_until_end(const hr_source *source)
{
    return source->thread->run->options.until_end;
}

void
hr_source_until(hr_source *source, int32_t partition, int64_t end_offset)
{
    hr_run_until(source->thread->run, source->node->index, partition, end_offset);
}

void
hr_source_until_known(hr_source *source)
{
    hr_run_until_known(source->thread->run, source->node->index);
}

hr_partition *
hr_source_assign(hr_source *source, const char *topic, int32_t id, int64_t offset, void *data)
{
    hr_thread *thread = source->thread;
    hr_task *task;
    size_t slot = 0;

    while (slot < HR_TASKS_MAX && thread->tasks[slot] != NULL) {
        slot++;
    }
    if (slot == HR_TASKS_MAX ||
        (task = hr_task_create(thread, source, topic, id, offset, data)) == NULL) {
        hr_run_fail(thread->run, "no task for %s[%d]: %s", topic, (int)id,
                    slot == HR_TASKS_MAX ? "too many partitions" : "out of memory");
        return NULL;
    }
    task->id = (uint32_t)slot;
    task->epoch = thread->epochs++;
    thread->tasks[slot] = task;
    thread->n_tasks++;
    if (slot >= thread->tasks_end) {
        thread->tasks_end = slot + 1;
    }
    return &task->partition;
}

typedef struct revoke_wait {
    hr_partition *const *partitions;
    size_t n;
} revoke_wait;

static bool
revoke_settled(void *ctx)
{
    const revoke_wait *wait = ctx;

    for (size_t i = 0; i < wait->n; i++) {
        const hr_task *task = hr_task_of(wait->partitions[i]);

        if (!hr_task_settled(task) && !task->rewind) {
            return false;
        }
    }
    return true;
}

void
hr_source_revoke(hr_source *source, hr_partition *const *partitions, size_t n, bool lost)
{
    hr_thread *thread = source->thread;
    revoke_wait wait = {partitions, n};

    if (!lost && thread->phase != HR_THREAD_CLOSING) {
        hr_thread_settle(thread, REVOKE_WAIT_MS, revoke_settled, &wait);
        hr_commit_begin(thread);
        for (size_t i = 0; i < n; i++) {
            hr_task_of(partitions[i])->committed =
                -1; /* the answer to the last commit may be due */
            hr_commit_add(thread, hr_task_of(partitions[i]));
        }
        hr_commit_end(thread, REVOKE_WAIT_MS);
    }
    for (size_t i = 0; i < n; i++) {
        hr_thread_task_drop(thread, hr_task_of(partitions[i]));
    }
    hr_counter_add(&thread->metrics->rebalances, 1);
}

void
hr_source_committed(hr_source *source, int64_t after_us)
{
    hr_histogram_add(&source->thread->metrics->commit_latency, (uint64_t)after_us, 1);
}

void
hr_source_commit_failed(hr_source *source, const char *text)
{
    hr_thread *thread = source->thread;

    hr_counter_add(&thread->metrics->commit_failures, 1);
    hr_log(HR_LOG_WARN, "commit failed, trying again" HR_LOG_KV "source=%s cause=%s",
           source->node->name.s, text);
    for (size_t i = 0; i < thread->tasks_end; i++) {
        if (thread->tasks[i] != NULL && thread->tasks[i]->source == source) {
            thread->tasks[i]->committed = -1;
        }
    }
}
