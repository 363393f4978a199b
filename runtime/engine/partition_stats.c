/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/partition_stats.h"
#include "engine/thread.h"

#include <stdlib.h>

void
hr_partition_stats_init(hr_partition_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    pthread_mutex_init(&stats->lock, NULL);
}

static void
partition_list_finish(hr_partition_list *list)
{
    free(list->v);
    hr_buf_finish(&list->topics);
}

void
hr_partition_stats_finish(hr_partition_stats *stats)
{
    partition_list_finish(&stats->shown);
    partition_list_finish(&stats->next);
    pthread_mutex_destroy(&stats->lock);
}

/* Partitions of a topic mostly follow each other and share its name. */
static bool
partition_list_topic(hr_partition_list *list, const char *name, size_t *at)
{
    if (list->n > 0) {
        *at = list->v[list->n - 1].topic;
        if (strcmp((const char *)list->topics.data + *at, name) == 0) {
            return true;
        }
    }
    *at = list->topics.len;
    return hr_buf_append(&list->topics, name, strlen(name) + 1) == HR_OK;
}

static bool
partition_list_reserve(hr_partition_list *list)
{
    size_t cap = list->cap != 0 ? 2 * list->cap : 16;
    hr_partition_stat *grown;

    if (list->n < list->cap) {
        return true;
    }
    grown = realloc(list->v, cap * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    list->v = grown;
    list->cap = cap;
    return true;
}

/* What was taken in is not behind the end, although the end is asked for only now and then. */
static int64_t
partition_end(const hr_task *task)
{
    int64_t end = task->partition.end_offset;

    return end >= 0 && end < task->tracker.next_offset ? task->tracker.next_offset : end;
}

static int64_t
partition_lag(const hr_task *task)
{
    int64_t end = partition_end(task);
    int64_t watermark = hr_tracker_watermark(&task->tracker);

    if (end < 0 || task->tracker.next_offset < 0) {
        return -1;
    }
    return end > watermark ? end - watermark : 0;
}

/* Without memory the list is short, and the next one is better. */
static void
partition_list_add(hr_partition_list *list, const hr_task *task)
{
    hr_partition_stat stat = {.source = task->source->node->index,
                              .partition = task->partition.id,
                              .position = task->tracker.next_offset,
                              .committed = task->committed_shown,
                              .end = partition_end(task),
                              .lag = partition_lag(task)};

    if (partition_list_reserve(list) && partition_list_topic(list, task->topic, &stat.topic)) {
        list->v[list->n++] = stat;
    }
}

void
hr_partition_stats_publish(hr_thread *thread)
{
    hr_partition_stats *stats = &thread->stats->partitions;
    hr_partition_list *next = &stats->next;
    hr_partition_list shown;
    uint64_t lag = 0;

    next->n = 0;
    next->topics.len = 0;
    for (size_t i = 0; i < thread->tasks_end; i++) {
        if (thread->tasks[i] != NULL) {
            int64_t behind = partition_lag(thread->tasks[i]);

            partition_list_add(next, thread->tasks[i]);
            lag += behind > 0 ? (uint64_t)behind : 0;
        }
    }
    hr_counter_set(&thread->metrics->lag, lag);
    pthread_mutex_lock(&stats->lock);
    shown = stats->shown;
    stats->shown = *next;
    *next = shown;
    pthread_mutex_unlock(&stats->lock);
}
