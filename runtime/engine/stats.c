/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/stats.h"
#include "engine/clock.h"
#include "engine/stats_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define STATS_BLOCK (64u * 1024)

void
hr_stats_reason(hr_stats_reasons *reasons, const char *fmt, ...)
{
    char text[600];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (reasons->n == reasons->cap) {
        size_t cap = reasons->cap != 0 ? 2 * reasons->cap : 8;
        const char **grown = hr_arena_calloc(reasons->arena, cap, sizeof(char *));

        if (grown == NULL) {
            reasons->nomem = true;
            return;
        }
        if (reasons->n > 0) {
            memcpy(grown, reasons->v, reasons->n * sizeof(char *));
        }
        reasons->v = grown;
        reasons->cap = cap;
    }
    reasons->v[reasons->n] = hr_arena_strdup(reasons->arena, text);
    reasons->nomem |= reasons->v[reasons->n] == NULL;
    reasons->n++;
}

/* ---- histograms ----------------------------------------------------------------------------- */

hr_stats_histogram *
hr_stats_histogram_new(hr_arena *arena)
{
    return hr_arena_calloc(arena, 1, sizeof(hr_stats_histogram));
}

void
hr_stats_histogram_add(hr_stats_histogram *to, const hr_histogram *from)
{
    hr_histogram_sum(from, to->counts);
    to->sum_us += hr_counter_get(&from->sum_us);
    to->total = hr_histogram_below(to->counts, UINT64_MAX);
}

uint64_t
hr_stats_quantile(const hr_stats_histogram *histogram, double q)
{
    return hr_histogram_quantile(histogram->counts, q);
}

uint64_t
hr_stats_max(const hr_stats_histogram *histogram)
{
    return hr_histogram_quantile(histogram->counts, 1);
}

/* ---- the app -------------------------------------------------------------------------------- */

static int
stats_fill(hr_app *app, hr_stats *stats)
{
    size_t n = 0;
    hr_stats_run *runs;
    int rc = HR_OK;

    while (hr_app_run(app, n) != NULL) {
        n++;
    }
    runs = hr_arena_calloc(stats->arena, n + 1, sizeof *runs);
    if (runs == NULL) {
        return HR_ENOMEM;
    }
    stats->version = HR_VERSION;
    stats->time_ms = hr_clock_wall_ms();
    stats->started_ms = hr_app_started_ms(app);
    stats->ready = n > 0;
    stats->runs = runs;
    stats->n_runs = n;
    for (size_t i = 0; i < n && rc == HR_OK; i++) {
        rc = hr_stats_run_take(hr_app_run(app, i), stats->arena, &runs[i]);
        stats->ready = stats->ready && runs[i].n_waiting_for == 0;
    }
    return rc;
}

hr_stats *
hr_app_stats_take(hr_app *app)
{
    hr_arena *arena = hr_arena_create(STATS_BLOCK, 0);
    hr_stats *stats = arena != NULL ? hr_arena_calloc(arena, 1, sizeof *stats) : NULL;

    if (stats == NULL) {
        hr_arena_destroy(arena);
        return NULL;
    }
    stats->arena = arena;
    if (stats_fill(app, stats) != HR_OK) {
        hr_stats_destroy(stats);
        return NULL;
    }
    return stats;
}

void
hr_stats_destroy(hr_stats *stats)
{
    if (stats != NULL) {
        hr_arena_destroy(stats->arena);
    }
}

void
hr_app_stats_get(hr_app *app, hr_app_stats *out)
{
    hr_run *run;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; (run = hr_app_run(app, i)) != NULL; i++) {
        hr_stats_run_sum(run, out);
    }
}
