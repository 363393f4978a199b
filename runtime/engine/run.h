/* A topology while it runs in this process: its group, its stream threads, its tables. Several runs
 * may live in one app. What threads share is here: const, or atomic, or behind the lock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_RUN_H
#define HR_ENGINE_RUN_H
#include "config/runner.h"
#include "engine/letter_log.h"
#include "engine/log.h"
#include "engine/plan.h"
#include "engine/recent.h"
#include "engine/table.h"
#include "engine/tap_point.h"
#include "engine/thread_stats.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

typedef struct hr_endpoint hr_endpoint;
typedef struct hr_thread hr_thread;
typedef struct hr_run hr_run;
struct hr_http_servers;

/* How far a partition is to be read in a run with until_end. */
typedef struct hr_until {
    uint32_t source;
    int32_t partition;
    int64_t end_offset;
    int64_t begin_offset, at_offset; /* where it began and where it is; -1: nobody has said so */
    bool done;
} hr_until;

typedef struct hr_run_options {
    const char *const *sinks; /* names of the sinks to arm; n_sinks 0: all */
    size_t n_sinks;
    const char *group; /* NULL: from topology and sinks (DESIGN section 5) */
    int64_t threads;   /* 0: the runner's */
    bool until_end, dry, fail_fast;
} hr_run_options;

struct hr_run {
    hr_topology *topology;
    const hr_runner *runner;
    hr_run_options options;
    char *group;
    bool *armed;    /* by sink index */
    hr_plan *plans; /* by source index */
    hr_thread *threads;
    size_t n_threads, n_started;        /* n_started: main thread */
    hr_thread_stats *stats;             /* by thread; from create to destroy */
    hr_taps taps;                       /* likewise */
    hr_letter_log letters;              /* guards itself */
    hr_table **tables;                  /* written under the lock */
    hr_endpoint **endpoints;            /* likewise; by index; NULL: not open (dry, not started) */
    const struct hr_http_servers *http; /* the app's; NULL: none */
    atomic_bool started;                /* stream threads run */
    int64_t began_ms;                   /* when they were started; main thread */
    atomic_bool stopping;
    uv_async_t *changed; /* of the main loop: a thread has ended or wants the app to stop */

    pthread_mutex_t lock; /* guards what follows */
    hr_until *until;
    size_t n_until, cap_until;
    uint32_t until_sources; /* sources whose partitions are all known */
    bool *until_known;      /* by source index */
    int64_t rate_window_ms; /* start of the current window of max_rate */
    int64_t rate_count;
    char failure[512]; /* why it failed; empty: it did not */
    hr_recent recent;

    atomic_bool failed, ended;
    atomic_bool hurried; /* failed for want of a server: a drain cannot wait for it */
    atomic_uint threads_running;
    atomic_uint threads_open; /* have opened their sinks and sources, or failed to; never fewer */
};

/* Makes a run; the topology is compiled, the runner loaded; both outlive it. NULL with *err (an
 * unknown sink, a connection that the config does not have ...). */
hr_run *hr_run_create(hr_topology *topology, const hr_runner *runner, const hr_run_options *options,
                      uv_async_t *changed, hr_error *err);

/* Starts tables and endpoints, then (from hr_run_tick(), once all tables are ready) the stream
 * threads. */
int hr_run_start(hr_run *run, hr_error *err);

/* Called by the main loop now and then: starts threads, reloads models and tables. */
void hr_run_tick(hr_run *run);

/* True once its stream threads have opened their sources and sinks: what it answers on is there, or
 * it has failed. */
bool hr_run_open(const hr_run *run);

/* Asks all threads to stop: no new input, drain, commit, close. */
void hr_run_stop(hr_run *run);

/* True once no thread runs (any more). */
bool hr_run_stopped(const hr_run *run);

/* Joins and frees; the threads have stopped. */
void hr_run_destroy(hr_run *run);

/* A line per thread on what it still waits for, into the log. thread: any */
void hr_run_log_holding(hr_run *run);

/* How long a stop may wait for what is under way. thread: any */
int64_t hr_run_drain_ms(hr_run *run);

/* The whole run cannot go on. thread: any */
void hr_run_fail(hr_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The connection that the node's option `connection` names, or NULL. */
const hr_connection *hr_run_connection(const hr_run *run, const hr_node *node);

/* HR_ECONFIG with place and hint where the runner lacks the connection that the node names. */
int hr_run_check_connection(const hr_runner *runner, const hr_node *node, hr_error *err);

/* What stands in for every sink in a dry run: prints and acknowledges. */
const struct hr_sink_type *hr_run_dry_sink(void);

/* n records failed; false: more than the topology's max_rate allows (the run has failed). */
bool hr_run_count_failures(hr_run *run, uint64_t n);

/* See hr_source_until(). thread: any */
void hr_run_until(hr_run *run, uint32_t source, int32_t partition, int64_t end_offset);
void hr_run_until_known(hr_run *run, uint32_t source);
/* Everything below the offset is done. */
void hr_run_until_reached(hr_run *run, uint32_t source, int32_t partition, int64_t offset);

#endif
