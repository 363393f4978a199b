/* The process: runs of topologies, signals, the live line. Its loop is the main thread's; it
 * carries no records.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_APP_H
#define HR_ENGINE_APP_H
#include "engine/run.h"
#include "http/http.h"
#include "kafka/kafka.h"

typedef struct hr_app hr_app;

/* Sums over all threads of a run or app, for whoever shows them. */
typedef struct hr_app_stats {
    uint64_t in, out, errors, lag;
    uint64_t latency[HR_HISTOGRAM_BUCKETS]; /* histogram counts, since start */
} hr_app_stats;

/* An app for the runner, which it changes (an embedded broker gives its address) and which outlives
 * it. Blocks SIGPIPE. NULL with *err. */
hr_app *hr_app_create(hr_runner *runner, hr_error *err);

/* Adds a compiled topology; the app takes it over, on an error too, and destroys it with itself:
 * *err points into it. */
int hr_app_add(hr_app *app, hr_topology *topology, const hr_run_options *options, hr_error *err);

/* The process's own server, for who adds routes to it before the loop; NULL: the runner has none.
 * It is gone before the runs are. Main thread. */
hr_http_server *hr_app_http(const hr_app *app);

/* Runs until a signal, a failure, the end of all sources (until_end), or hr_app_stop(); then
 * drains, commits and closes. 0; or 1 when a run failed or the shutdown limit was passed. */
int hr_app_loop(hr_app *app);

/* Asks for the stop that a first SIGTERM makes. Main thread. */
void hr_app_stop(hr_app *app);

void hr_app_destroy(hr_app *app); /* accepts NULL */

/* Calls tick(ctx) on the main thread each interval_ms while the app runs. */
void hr_app_on_tick(hr_app *app, int64_t interval_ms, void (*tick)(void *ctx), void *ctx);

/* The few sums that a line on the terminal needs; hr_app_stats_take() (stats.h) gives all.
 * thread: any */
void hr_app_stats_get(hr_app *app, hr_app_stats *out);

/* The i-th topology of the app; NULL past the last. It lives as long as the app. thread: any */
hr_run *hr_app_run(hr_app *app, size_t i);

/* When the app was made, since the epoch. thread: any */
int64_t hr_app_started_ms(const hr_app *app);

#endif
