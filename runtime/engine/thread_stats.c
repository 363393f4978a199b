/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/thread_stats.h"

#include <stdlib.h>

static hr_trouble *
troubles_create(size_t n)
{
    hr_trouble *troubles = calloc(n + 1, sizeof *troubles);

    for (size_t i = 0; i < n && troubles != NULL; i++) {
        hr_trouble_init(&troubles[i]);
    }
    return troubles;
}

static void
troubles_destroy(hr_trouble *troubles, size_t n)
{
    for (size_t i = 0; i < n && troubles != NULL; i++) {
        hr_trouble_finish(&troubles[i]);
    }
    free(troubles);
}

int
hr_thread_stats_init(hr_thread_stats *stats, const hr_topology *topology)
{
    stats->n_sources = topology->n_sources;
    stats->n_sinks = topology->n_sinks + 1;
    stats->sources = troubles_create(stats->n_sources);
    stats->sinks = troubles_create(stats->n_sinks);
    hr_partition_stats_init(&stats->partitions);
    if (hr_metrics_init(&stats->metrics, stats->n_sources, topology->n_steps, stats->n_sinks) !=
            HR_OK ||
        stats->sources == NULL || stats->sinks == NULL) {
        return HR_ENOMEM;
    }
    return HR_OK;
}

void
hr_thread_stats_finish(hr_thread_stats *stats)
{
    troubles_destroy(stats->sources, stats->n_sources);
    troubles_destroy(stats->sinks, stats->n_sinks);
    hr_partition_stats_finish(&stats->partitions);
    hr_metrics_finish(&stats->metrics);
}
