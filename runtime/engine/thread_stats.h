/* What others may see of a stream thread. It belongs to the run, made before the thread starts and
 * freed after it has ended, so that nobody who looks has to know whether the thread runs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_THREAD_STATS_H
#define HR_ENGINE_THREAD_STATS_H
#include "engine/failure_counts.h"
#include "engine/metrics.h"
#include "engine/partition_stats.h"
#include "engine/trouble.h"

typedef struct hr_thread_stats {
    hr_metrics metrics;          /* written by the thread alone */
    hr_trouble *sources, *sinks; /* by index; of sinks the dead letters last */
    size_t n_sources, n_sinks;
    hr_partition_stats partitions;
    hr_failure_counts failures;
    atomic_int_fast64_t turned_ms; /* of its last turn, by hr_clock_ms(); 0: it does not run */
} hr_thread_stats;

/* HR_OK, HR_ENOMEM; finish it in either case. */
int hr_thread_stats_init(hr_thread_stats *stats, const hr_topology *topology);
void hr_thread_stats_finish(hr_thread_stats *stats);

#endif
