/* What a process with one topology, `flights`, may count: a source, a table, a step, a sink, a sink
 * that is left out, and dead letters; with a name that needs escapes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_TEST_STATS_FIXTURE_H
#define HR_TEST_STATS_FIXTURE_H
#include "engine/stats.h"

/* Valid until the next call; may be changed by the caller. */
typedef struct stats_fixture {
    hr_stats stats;
    hr_stats_run run;
    hr_stats_node nodes[6]; /* requests, distances, classify, answers, unused, dead_letters */
    hr_stats_partition partitions[2];
    hr_stats_memory memory[1];
    hr_stats_letter letters[1];
    hr_stats_failure failures[1];
    hr_stats_metric metrics[2];
    hr_stats_histogram latency;
    int64_t turned_ago_ms[2];
} stats_fixture;

stats_fixture *stats_fixture_make(void);

#endif
