/* Counters of one stream thread: written by it alone, read by others without a lock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_METRICS_H
#define HR_ENGINE_METRICS_H
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* One writer: a plain load and store, never a locked instruction. Who sees a count sees what the
 * writer counted before it too. */
typedef atomic_uint_fast64_t hr_counter;

static inline void
hr_counter_add(hr_counter *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_release);
}

/* For a gauge. */
static inline void
hr_counter_set(hr_counter *counter, uint64_t value)
{
    atomic_store_explicit(counter, value, memory_order_release);
}

static inline uint64_t
hr_counter_get(const hr_counter *counter)
{
    return atomic_load_explicit(counter, memory_order_acquire);
}

/* Log-linear: 32 buckets per power of two, 3 % wide; microseconds. */
#define HR_HISTOGRAM_BUCKETS (40 * 32)

typedef struct hr_histogram {
    hr_counter count[HR_HISTOGRAM_BUCKETS];
    hr_counter sum_us; /* of all values */
    /* The writer's own: records of a batch mostly end at one time, so equal values in a row are
     * counted together. */
    uint64_t run_us, run_n;
} hr_histogram;

/* thread: the writer */
void hr_histogram_add(hr_histogram *histogram, uint64_t us, uint64_t n);

/* Counts what hr_histogram_note() has kept back. thread: the writer */
void hr_histogram_flush(hr_histogram *histogram);

/* As hr_histogram_add() of one value, seen by others at the next flush at the latest. thread: the
 * writer */
static inline void
hr_histogram_note(hr_histogram *histogram, uint64_t us)
{
    if (us != histogram->run_us) {
        hr_histogram_flush(histogram);
        histogram->run_us = us;
    }
    histogram->run_n++;
}

/* Adds the counts of `from` to plain numbers. thread: any */
void hr_histogram_sum(const hr_histogram *from, uint64_t *counts);

/* The value below which the share q of the counts lies, in microseconds; 0 when empty. */
uint64_t hr_histogram_quantile(const uint64_t *counts, double q);

/* How many values are less than us; UINT64_MAX: all. Exact where us is an edge between buckets
 * (m * 2^k, 32 <= m < 64), else the bucket that holds us is left out. */
uint64_t hr_histogram_below(const uint64_t *counts, uint64_t us);

/* One for each node of a topology: sources, steps, sinks; and one for dead letters. */
typedef struct hr_node_metrics {
    hr_counter in, out, dropped, failed;
    hr_counter bytes;         /* source: of values taken in; sink: encoded and handed on */
    hr_counter processing_ns; /* source: decoding; step; sink: encoding and handing on */
    hr_counter ready;         /* source, sink: 1 once it has what it needs; any thread may set it */
} hr_node_metrics;

/* What sinks have beside. */
typedef struct hr_sink_metrics {
    hr_counter retries, refused;
    hr_counter backpressure_us; /* tasks could not hand rows on */
    hr_histogram latency;       /* taken in -> acknowledged */
} hr_sink_metrics;

/* What memory is given to, each with a limit of its own. */
typedef enum hr_budget {
    HR_BUDGET_PREFETCH,      /* fetched by a client and not taken in */
    HR_BUDGET_PRODUCE_QUEUE, /* handed to a client and not delivered */
    HR_BUDGET_MAILBOXES,     /* on their way to writer threads */
    HR_BUDGET_BATCHES,
    HR_BUDGET_LATE_LETTERS,
    HR_BUDGET_TABLES,
    HR_BUDGETS
} hr_budget;

typedef struct hr_metrics {
    hr_node_metrics *sources, *steps, *sinks; /* sinks: the dead letters last */
    hr_sink_metrics *outputs;                 /* as sinks */
    hr_counter dead_letters, skipped, below_expected, rewinds, rebalances, commits, batches;
    hr_counter commit_failures;
    hr_counter lag; /* records behind the end, as far as known; a gauge */
    hr_counter memory[HR_BUDGETS], memory_limit[HR_BUDGETS]; /* gauges */
    hr_histogram latency;                                    /* taken in -> done */
    hr_histogram end_to_end;                                 /* a record's timestamp -> done */
    hr_histogram commit_latency;
} hr_metrics;

/* All zero, with that many nodes. HR_OK, HR_ENOMEM. */
int hr_metrics_init(hr_metrics *metrics, size_t n_sources, size_t n_steps, size_t n_sinks);
void hr_metrics_finish(hr_metrics *metrics); /* accepts a zeroed one */

/* Flushes the histograms of records; after each turn of the loop. thread: the writer */
void hr_metrics_flush(hr_metrics *metrics, size_t n_sinks);

#endif
