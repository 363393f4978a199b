/* Everything that a process counts, copied by one call, for whoever shows it (HTTP, terminal).
 *
 * What may be read while threads start and stop: a run is entered in its app whole and leaves it
 * only with the app; the counters of all its stream threads are made with it and freed with it, so
 * they may be read before a thread starts (zeroes) and after it has ended (its last values).
 * Counters are atomics with one writer each and are read without a lock, so the numbers of one copy
 * are not of one instant: what a record adds first may be seen without what it adds last (never the
 * other way round at a source or step: no more leaves than came). Texts, partitions and dead
 * letters lie behind locks that stream threads take a few times a second.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_STATS_H
#define HR_ENGINE_STATS_H
#include "engine/metrics.h"
#include "hr_metric.h"

#include <stdbool.h>

typedef struct hr_app hr_app;

/* Counts of a histogram by bucket (metrics.h); microseconds. */
typedef struct hr_stats_histogram {
    uint64_t counts[HR_HISTOGRAM_BUCKETS];
    uint64_t total;  /* of all counts */
    uint64_t sum_us; /* of all values */
} hr_stats_histogram;

/* A metric of the operator's own: `predict_unseen_total` {input="Carrier"}. */
typedef struct hr_stats_metric {
    const hr_metric_desc *desc;
    const char *labels[HR_METRIC_LABELS_MAX]; /* in the order of desc->labels */
    double value;
} hr_stats_metric;

/* A source, table, step, sink, endpoint, or the dead letters; those first that are read first. */
typedef struct hr_stats_node {
    const char *name;
    const char *kind;        /* source, table, step, sink, dead_letters, endpoint */
    const char *type;        /* the operator's key: kafka, enrich ... */
    const char *connection;  /* NULL: none */
    const char *table;       /* the table that a step reads; NULL: none */
    const char *const *from; /* names of the nodes that it reads; of dead letters: none */
    size_t n_from;
    bool armed; /* false: a sink that is left out (--sinks) */
    bool ready;
    const char *trouble; /* NULL: none */
    int64_t trouble_ms;  /* for how long, so far */

    uint64_t in;      /* source: taken in; step: reached it; sink: handed on; endpoint: requests */
    uint64_t out;     /* source: decoded; step: emitted; sink: acknowledged; endpoint: answers */
    uint64_t dropped; /* step: on purpose */
    uint64_t failed;  /* rows that became dead letters, were skipped or stopped the task; endpoint:
                         answers with a status of 500 or more */
    uint64_t bytes; /* source: of values taken in; sink: encoded and handed on; endpoint: bodies */
    uint64_t processing_ns; /* source: decoding; step; sink: encoding and handing on */

    const hr_stats_histogram *latency; /* sink: taken in -> acknowledged; endpoint: request ->
                                          answer; else NULL */
    uint64_t retries;                  /* sink: outputs that came back to be sent again */
    uint64_t refused;                  /* sink: outputs refused for good, or with others */
    uint64_t backpressure_us;          /* sink: time that tasks could not hand rows on */

    uint64_t rows, table_bytes;            /* table: of the last snapshot; bytes held for it */
    uint64_t published, rejected, skipped; /* table: snapshots; reloads and records not taken */
    int64_t published_ms;                  /* table: since the epoch; 0: never */

    const hr_stats_metric *metrics;
    size_t n_metrics;
} hr_stats_node;

/* A partition that is assigned to this process; -1 where a number is not known. */
typedef struct hr_stats_partition {
    const char *source, *topic;
    int32_t partition;
    int thread;
    int64_t position;  /* the next record to take in */
    int64_t committed; /* the group goes on here after a crash */
    int64_t end;       /* of the partition, as known last */
    int64_t lag;       /* from the first record that is not done to the end */
} hr_stats_partition;

typedef struct hr_stats_memory {
    const char *budget; /* prefetch, produce_queue, mailboxes, batches, late_letters, tables */
    uint64_t bytes;
    uint64_t limit; /* 0: none of its own */
} hr_stats_memory;

typedef struct hr_stats_letter {
    int64_t time_ms; /* since the epoch */
    const char *topic;
    int32_t partition;
    int64_t offset;
    const char *node, *code, *reason;
} hr_stats_letter;

/* Failed records of one kind, since start. */
typedef struct hr_stats_failure {
    const char *node, *code; /* of kinds beyond those that can be told apart: "", "other" */
    const char *action;      /* what became of them: dead_letter, skip, fail; "" of others */
    uint64_t n;
} hr_stats_failure;

typedef struct hr_stats_run {
    const char *name, *description, *file, *group, *guarantee;
    const char *state;              /* starting, running, draining, failed, ended */
    const char *failure;            /* NULL: none */
    const char *const *waiting_for; /* "table distances": what is not ready, and why if known */
    size_t n_waiting_for;
    size_t threads;
    const int64_t *turned_ago_ms; /* by thread: its loop's last turn; -1: it does not run */
    const hr_stats_node *nodes;
    size_t n_nodes;
    const hr_stats_partition *partitions;
    size_t n_partitions;
    const hr_stats_histogram *latency;        /* of a record: taken in -> done */
    const hr_stats_histogram *latency_recent; /* ... of the last 10 s or so */
    const hr_stats_histogram *end_to_end;     /* timestamp of a record -> done */
    const hr_stats_histogram *commit_latency;
    uint64_t dead_letters, skipped, rewinds, rebalances, commits, commit_failures, batches;
    uint64_t records_done;
    uint64_t backpressure_us; /* of all sinks */
    uint64_t lag;             /* of all partitions, as far as known */
    const hr_stats_memory *memory;
    size_t n_memory;
    const hr_stats_letter *letters; /* the last ones, newest first */
    size_t n_letters;
    const hr_stats_failure *failures;
    size_t n_failures;
} hr_stats_run;

typedef struct hr_stats {
    const char *version;
    int64_t time_ms, started_ms; /* since the epoch */
    bool ready;                  /* no topology waits for anything, or has failed */
    const hr_stats_run *runs;
    size_t n_runs;
    struct hr_arena *arena; /* of all that this points to */
} hr_stats;

/* Copies it all; NULL when out of memory. Free with hr_stats_destroy(). thread: any, between
 * hr_app_create() and hr_app_destroy() */
hr_stats *hr_app_stats_take(hr_app *app);
void hr_stats_destroy(hr_stats *stats); /* accepts NULL */

/* The value below which the share q (0..1) of the counts lies, in microseconds; 0 when empty. */
uint64_t hr_stats_quantile(const hr_stats_histogram *histogram, double q);

/* The largest value seen, rounded up to its bucket; 0 when empty. */
uint64_t hr_stats_max(const hr_stats_histogram *histogram);

#endif
