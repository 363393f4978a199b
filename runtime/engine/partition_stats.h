/* What others may see of a stream thread's partitions. Tasks come and go on their thread, so it
 * makes a copy a few times a second and hangs it behind a lock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_PARTITION_STATS_H
#define HR_ENGINE_PARTITION_STATS_H
#include "record/buf.h"

#include <pthread.h>

typedef struct hr_thread hr_thread;

/* -1 where a number is not known. */
typedef struct hr_partition_stat {
    uint32_t source; /* index of its node */
    int32_t partition;
    size_t topic; /* where its name begins in `topics` */
    int64_t position, committed, end, lag;
} hr_partition_stat;

typedef struct hr_partition_list {
    hr_partition_stat *v;
    size_t n, cap;
    hr_buf topics; /* names, each with its zero */
} hr_partition_list;

typedef struct hr_partition_stats {
    pthread_mutex_t lock; /* of `shown` */
    hr_partition_list shown, next;
} hr_partition_stats;

void hr_partition_stats_init(hr_partition_stats *stats);
void hr_partition_stats_finish(hr_partition_stats *stats);

/* Shows the thread's partitions as they are now, and sets the gauge of its lag. thread: its own */
void hr_partition_stats_publish(hr_thread *thread);

#endif
