/* What the files of hr_app_stats_take() have in common, and what keeps its history.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_STATS_PARTS_H
#define HR_ENGINE_STATS_PARTS_H
#include "engine/app.h"
#include "engine/stats.h"

/* Texts that say what is waited for; grows in the arena. */
typedef struct hr_stats_reasons {
    hr_arena *arena;
    const char **v;
    size_t n, cap;
    bool nomem;
} hr_stats_reasons;

void hr_stats_reason(hr_stats_reasons *reasons, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* stats_node.c: all nodes of a run, in the order of hr_stats_run.nodes; adds what is not ready.
 * HR_OK, HR_ENOMEM. */
int hr_stats_nodes(hr_run *run, hr_arena *arena, hr_stats_run *out, hr_stats_reasons *reasons);

/* stats_run.c: a whole run. HR_OK, HR_ENOMEM. */
int hr_stats_run_take(hr_run *run, hr_arena *arena, hr_stats_run *out);

/* stats_run.c: the sums of a run for hr_app_stats_get(). */
void hr_stats_run_sum(hr_run *run, hr_app_stats *out);

/* stats_run.c: keeps the latencies of now, for those of the last while. Main thread, about once a
 * second. */
void hr_stats_note_recent(hr_run *run, int64_t now_ms);

/* An empty histogram in the arena, or NULL; and adding to it. */
hr_stats_histogram *hr_stats_histogram_new(hr_arena *arena);
void hr_stats_histogram_add(hr_stats_histogram *to, const hr_histogram *from);

#endif
