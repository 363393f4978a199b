/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/metrics.h"
#include "config/error.h"

#include <stdlib.h>
#include <string.h>

static size_t
histogram_bucket(uint64_t us)
{
    unsigned shift;

    if (us < 32) {
        return (size_t)us;
    }
    shift = 63 - (unsigned)__builtin_clzll(us) - 5;
    if (shift + 1 >= HR_HISTOGRAM_BUCKETS / 32) {
        return HR_HISTOGRAM_BUCKETS - 1;
    }
    return (size_t)(shift + 1) * 32 + (size_t)((us >> shift) & 31);
}

/* The upper edge of a bucket. */
static uint64_t
histogram_value(size_t bucket)
{
    size_t shift = bucket / 32;

    if (shift == 0) {
        return bucket;
    }
    return ((32 + bucket % 32 + 1) << (shift - 1)) - 1;
}

void
hr_histogram_add(hr_histogram *histogram, uint64_t us, uint64_t n)
{
    hr_counter_add(&histogram->count[histogram_bucket(us)], n);
    hr_counter_add(&histogram->sum_us, us * n);
}

void
hr_histogram_flush(hr_histogram *histogram)
{
    if (histogram->run_n > 0) {
        hr_histogram_add(histogram, histogram->run_us, histogram->run_n);
        histogram->run_n = 0;
    }
}

void
hr_histogram_sum(const hr_histogram *from, uint64_t *counts)
{
    for (size_t i = 0; i < HR_HISTOGRAM_BUCKETS; i++) {
        counts[i] += hr_counter_get(&from->count[i]);
    }
}

uint64_t
hr_histogram_quantile(const uint64_t *counts, double q)
{
    uint64_t total = 0;
    uint64_t seen = 0;

    for (size_t i = 0; i < HR_HISTOGRAM_BUCKETS; i++) {
        total += counts[i];
    }
    for (size_t i = 0; i < HR_HISTOGRAM_BUCKETS && total > 0; i++) {
        seen += counts[i];
        if ((double)seen >= q * (double)total) {
            return histogram_value(i);
        }
    }
    return 0;
}

uint64_t
hr_histogram_below(const uint64_t *counts, uint64_t us)
{
    size_t end = us == UINT64_MAX ? HR_HISTOGRAM_BUCKETS : histogram_bucket(us);
    uint64_t below = 0;

    for (size_t i = 0; i < end; i++) {
        below += counts[i];
    }
    return below;
}

int
hr_metrics_init(hr_metrics *metrics, size_t n_sources, size_t n_steps, size_t n_sinks)
{
    memset(metrics, 0, sizeof *metrics);
    metrics->sources = calloc(n_sources + 1, sizeof *metrics->sources);
    metrics->steps = calloc(n_steps + 1, sizeof *metrics->steps);
    metrics->sinks = calloc(n_sinks + 1, sizeof *metrics->sinks);
    metrics->outputs = calloc(n_sinks + 1, sizeof *metrics->outputs);
    if (metrics->sources == NULL || metrics->steps == NULL || metrics->sinks == NULL ||
        metrics->outputs == NULL) {
        hr_metrics_finish(metrics);
        return HR_ENOMEM;
    }
    return HR_OK;
}

void
hr_metrics_finish(hr_metrics *metrics)
{
    free(metrics->sources);
    free(metrics->steps);
    free(metrics->sinks);
    free(metrics->outputs);
    metrics->sources = metrics->steps = metrics->sinks = NULL;
    metrics->outputs = NULL;
}

void
hr_metrics_flush(hr_metrics *metrics, size_t n_sinks)
{
    hr_histogram_flush(&metrics->latency);
    hr_histogram_flush(&metrics->end_to_end);
    for (size_t i = 0; i < n_sinks; i++) {
        hr_histogram_flush(&metrics->outputs[i].latency);
    }
}
