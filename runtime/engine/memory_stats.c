/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/memory_stats.h"
#include "engine/thread.h"

typedef struct memory_sum {
    uint64_t bytes[HR_BUDGETS], limit[HR_BUDGETS];
} memory_sum;

static void
memory_add(memory_sum *sum, hr_budget budget, size_t bytes, size_t limit)
{
    sum->bytes[budget] += bytes;
    sum->limit[budget] += limit;
}

static void
memory_clients(const hr_thread *thread, memory_sum *sum)
{
    for (const hr_client *client = thread->clients; client != NULL; client = client->next) {
        size_t bytes = 0;
        size_t limit = 0;

        if (client->object != NULL && client->held != NULL) {
            client->held(client->object, &bytes, &limit);
            memory_add(sum, client->budget, bytes, limit);
        }
    }
}

static void
memory_mailboxes(const hr_thread *thread, memory_sum *sum)
{
    for (size_t i = 0; i < thread->run->topology->n_sinks; i++) {
        hr_sink *sink = &thread->sinks[i];
        size_t bytes = 0;
        size_t limit = 0;

        if (sink->open && sink->type->held != NULL) {
            sink->type->held(sink, sink->state, &bytes, &limit);
            memory_add(sum, HR_BUDGET_MAILBOXES, bytes, limit);
        }
    }
}

/* Works lie in the pools of their sources, or with tasks that are stopped at a full sink. */
static void
memory_batches(const hr_thread *thread, memory_sum *sum)
{
    size_t limit = (size_t)(thread->run->runner->memory_bytes / 8);

    for (size_t i = 0; i < thread->run->topology->n_sources; i++) {
        for (const hr_work *work = thread->sources[i].pool; work != NULL; work = work->next) {
            memory_add(sum, HR_BUDGET_BATCHES, hr_work_bytes(work), limit);
        }
    }
    for (size_t i = 0; i < thread->tasks_end; i++) {
        if (thread->tasks[i] != NULL && thread->tasks[i]->work != NULL) {
            memory_add(sum, HR_BUDGET_BATCHES, hr_work_bytes(thread->tasks[i]->work), limit);
        }
    }
}

void
hr_memory_stats_publish(hr_thread *thread)
{
    memory_sum sum = {{0}, {0}};

    memory_clients(thread, &sum);
    memory_mailboxes(thread, &sum);
    memory_batches(thread, &sum);
    memory_add(&sum, HR_BUDGET_LATE_LETTERS, thread->late_bytes, thread->late_bytes_max);
    for (size_t b = 0; b < HR_BUDGETS; b++) {
        hr_counter_set(&thread->metrics->memory[b], sum.bytes[b]);
        hr_counter_set(&thread->metrics->memory_limit[b], sum.limit[b]);
    }
}
