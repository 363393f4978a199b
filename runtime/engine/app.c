/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/app.h"
#include "engine/clock.h"
#include "engine/http_servers.h"
#include "engine/stats_parts.h"
#include "engine/thread.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS_MAX 64
#define HOUSEKEEPING_MS 500
#define HOLDING_LOG_MS 5000
#define SAME_SIGNAL_MS 200 /* `timeout` tells a process, and then its group */
#define EXIT_LATE_MS 2000  /* behind the shutdown limit, for closing clients */

struct hr_app {
    hr_runner *runner;
    uv_loop_t loop;
    uv_async_t changed;
    uv_signal_t term, interrupt, hangup;
    uv_timer_t housekeeping, ticker;
    void (*tick)(void *ctx);
    void *tick_ctx;
    hr_run *runs[RUNS_MAX];
    atomic_size_t n_runs; /* those below are whole; others may look at them */
    int64_t started_wall_ms;
    hr_topology *refused; /* kept to the end: the error that was given out points into it */
    hr_http_servers *http;
    hr_kafka_embedded **brokers; /* by connection; NULL: not embedded */
    bool stopping;
    int64_t stopping_since_ms, holding_logged_ms;
};

/* ---- the embedded broker
 * ---------------------------------------------------------------------------- */

static int
app_start_brokers(hr_app *app, hr_error *err)
{
    hr_runner *runner = app->runner;

    app->brokers = calloc(runner->n_connections + 1, sizeof(hr_kafka_embedded *));
    if (app->brokers == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    for (size_t i = 0; i < runner->n_connections; i++) {
        hr_connection *connection = &runner->connections[i];

        if (connection->type != HR_CONNECTION_KAFKA || !connection->u.kafka.embedded) {
            continue;
        }
        app->brokers[i] = hr_kafka_embedded_create(err);
        if (app->brokers[i] == NULL) {
            return err->code;
        }
        connection->u.kafka.bootstrap.s = hr_kafka_embedded_bootstrap(app->brokers[i]);
        hr_log(HR_LOG_INFO, "embedded broker listens" HR_LOG_KV "connection=%s bootstrap=%s",
               connection->name.s, connection->u.kafka.bootstrap.s);
    }
    return HR_OK;
}

/* Topics that a topology names exist from the start in a broker of our own. */
static int
app_create_topic(hr_app *app, const hr_run *run, const hr_node *node, hr_error *err)
{
    const hr_connection *connection = hr_run_connection(run, node);
    const hr_yaml_node *topic;
    size_t i;

    if (connection == NULL || connection->type != HR_CONNECTION_KAFKA) {
        return HR_OK;
    }
    i = (size_t)(connection - app->runner->connections);
    topic = hr_yaml_get(node->options_yaml, "topic");
    if (app->brokers[i] == NULL || topic == NULL || topic->text.s == NULL) {
        return HR_OK;
    }
    return hr_kafka_embedded_topic(app->brokers[i], topic->text.s,
                                   (int)connection->u.kafka.embedded_partitions, err);
}

static int
app_create_topics(hr_app *app, const hr_run *run, hr_error *err)
{
    const hr_topology *t = run->topology;
    int rc = HR_OK;

    for (size_t i = 0; i < t->n_sources && rc == HR_OK; i++) {
        rc = app_create_topic(app, run, &t->sources[i], err);
    }
    for (size_t i = 0; i < t->n_tables && rc == HR_OK; i++) {
        rc = app_create_topic(app, run, &t->tables[i], err);
    }
    for (size_t i = 0; i < t->n_sinks && rc == HR_OK; i++) {
        rc = app_create_topic(app, run, &t->sinks[i], err);
    }
    if (t->dead_letters != NULL && rc == HR_OK) {
        rc = app_create_topic(app, run, t->dead_letters, err);
    }
    return rc;
}

/* ---- the loop
 * ------------------------------------------------------------------------------------------ */

static void
app_close_handles(hr_app *app)
{
    uv_handle_t *handles[] = {(uv_handle_t *)&app->term,         (uv_handle_t *)&app->interrupt,
                              (uv_handle_t *)&app->hangup,       (uv_handle_t *)&app->changed,
                              (uv_handle_t *)&app->housekeeping, (uv_handle_t *)&app->ticker};

    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
        uv_close(handles[i], NULL);
    }
}

void
hr_app_stop(hr_app *app)
{
    if (app->stopping) {
        return;
    }
    app->stopping = true;
    app->stopping_since_ms = app->holding_logged_ms = hr_clock_ms();
    hr_http_servers_quiesce(app->http);
    for (size_t i = 0; i < app->n_runs; i++) {
        hr_run_stop(app->runs[i]);
    }
    uv_async_send(&app->changed);
}

/* True when nothing is left to run: a run failed, or all have read their sources to the end. */
static bool
app_is_over(const hr_app *app)
{
    size_t ended = 0;

    for (size_t i = 0; i < app->n_runs; i++) {
        if (atomic_load(&app->runs[i]->failed)) {
            return true;
        }
        ended += atomic_load(&app->runs[i]->ended) ? 1 : 0;
    }
    return ended == app->n_runs;
}

static bool
app_has_stopped(const hr_app *app)
{
    for (size_t i = 0; i < app->n_runs; i++) {
        if (!hr_run_stopped(app->runs[i])) {
            return false;
        }
    }
    return true;
}

/* Tables first, then threads, which open what has a route: only now is it known which paths there
 * are. */
static void
app_tell_ready(hr_app *app)
{
    for (size_t i = 0; i < app->n_runs; i++) {
        if (!hr_run_open(app->runs[i])) {
            return;
        }
    }
    hr_http_servers_ready(app->http);
}

static void
app_on_changed(uv_async_t *handle)
{
    hr_app *app = handle->data;

    for (size_t i = 0; i < app->n_runs; i++) {
        hr_run_tick(app->runs[i]);
    }
    app_tell_ready(app);
    if (app_is_over(app)) {
        hr_app_stop(app);
    }
    if (app->stopping && app_has_stopped(app)) {
        uv_stop(&app->loop);
    }
}

static void
app_on_signal(uv_signal_t *handle, int number)
{
    hr_app *app = handle->data;

    if (app->stopping && hr_clock_ms() - app->stopping_since_ms < SAME_SIGNAL_MS) {
        return;
    }
    if (app->stopping) {
        hr_log(HR_LOG_WARN, "second signal: exits at once; nothing is lost, but what was under way "
                            "will be repeated");
        _exit(128 + number);
    }
    hr_log(HR_LOG_INFO, "stopping" HR_LOG_KV "signal=%s", number == SIGINT ? "SIGINT" : "SIGTERM");
    hr_app_stop(app);
}

static void
app_on_hangup(uv_signal_t *handle, int number)
{
    (void)number;
    app_on_changed(&((hr_app *)handle->data)->changed);
}

/* A call into a client that does not return (a database that keeps a connection open and says
 * nothing) must not hold the process up. */
static void
app_exit_when_late(const hr_app *app, int64_t now_ms)
{
    int64_t limit_ms = 0;

    for (size_t i = 0; i < app->n_runs; i++) {
        int64_t drain_ms = hr_run_drain_ms(app->runs[i]);

        limit_ms = drain_ms > limit_ms ? drain_ms : limit_ms;
    }
    if (!app->stopping || now_ms - app->stopping_since_ms < limit_ms + EXIT_LATE_MS) {
        return;
    }
    for (size_t i = 0; i < app->n_runs; i++) {
        hr_run_log_holding(app->runs[i]);
    }
    hr_log(HR_LOG_ERROR, "exits without waiting any longer: nothing is lost, but what was under "
                         "way will be repeated");
    fflush(NULL);
    _exit(1);
}

static void
app_on_housekeeping(uv_timer_t *timer)
{
    hr_app *app = timer->data;
    int64_t now = hr_clock_ms();

    app_on_changed(&app->changed);
    for (size_t i = 0; i < app->n_runs; i++) {
        hr_stats_note_recent(app->runs[i], now);
    }
    app_exit_when_late(app, now);
    if (app->stopping && now - app->holding_logged_ms >= HOLDING_LOG_MS) {
        app->holding_logged_ms = now;
        for (size_t i = 0; i < app->n_runs; i++) {
            hr_run_log_holding(app->runs[i]);
        }
    }
}

static void
app_on_tick(uv_timer_t *timer)
{
    hr_app *app = timer->data;

    app->tick(app->tick_ctx);
}

static int
app_init_loop(hr_app *app)
{
    if (uv_loop_init(&app->loop) != 0) {
        return HR_EFATAL;
    }
    uv_async_init(&app->loop, &app->changed, app_on_changed);
    uv_signal_init(&app->loop, &app->term);
    uv_signal_init(&app->loop, &app->interrupt);
    uv_signal_init(&app->loop, &app->hangup);
    uv_timer_init(&app->loop, &app->housekeeping);
    uv_timer_init(&app->loop, &app->ticker);
    app->changed.data = app->term.data = app->interrupt.data = app->hangup.data = app;
    app->housekeeping.data = app->ticker.data = app;
    return HR_OK;
}

/* ---- the interface
 * ----------------------------------------------------------------------------------------- */

hr_app *
hr_app_create(hr_runner *runner, hr_error *err)
{
    hr_app *app = calloc(1, sizeof *app);

    if (app == NULL || hr_kafka_check_version(err) != HR_OK) {
        free(app);
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN);
    app->runner = runner;
    app->started_wall_ms = hr_clock_wall_ms();
    if (app_init_loop(app) != HR_OK) {
        hr_fail(err, HR_EFATAL, HR_NO_LOC, "no event loop");
        free(app);
        return NULL;
    }
    app->http = hr_http_servers_create(runner, err);
    if (app->http == NULL || app_start_brokers(app, err) != HR_OK) {
        hr_app_destroy(app);
        return NULL;
    }
    return app;
}

static int
app_refuse(hr_app *app, hr_topology *topology, int rc)
{
    hr_topology_destroy(app->refused);
    app->refused = topology;
    return rc;
}

static bool
app_has_name(const hr_app *app, const char *name)
{
    for (size_t i = 0; i < app->n_runs; i++) {
        if (strcmp(app->runs[i]->topology->name.s, name) == 0) {
            return true;
        }
    }
    return false;
}

int
hr_app_add(hr_app *app, hr_topology *topology, const hr_run_options *options, hr_error *err)
{
    hr_run *run;

    if (app->n_runs == RUNS_MAX) {
        hr_fail(err, HR_ECONFIG, HR_NO_LOC, "more than %d topologies", RUNS_MAX);
        return app_refuse(app, topology, HR_ECONFIG);
    }
    if (app_has_name(app, topology->name.s)) {
        hr_fail(err, HR_ECONFIG, topology->name.loc, "a topology '%s' runs here already",
                topology->name.s);
        hr_hint(err, "its name is its consumer group: give each its own");
        return app_refuse(app, topology, HR_ECONFIG);
    }
    run = hr_run_create(topology, app->runner, options, &app->changed, err);
    if (run == NULL) {
        return app_refuse(app, topology, err->code);
    }
    run->http = app->http;
    app->runs[app->n_runs] = run;
    atomic_fetch_add(&app->n_runs, 1);
    if (hr_http_servers_use(app->http, run, err) != HR_OK) {
        return err->code;
    }
    return app_create_topics(app, run, err);
}

/* A line per topology with what became of its records. 1 if one of them failed. */
static int
app_log_ends(const hr_app *app)
{
    int status = 0;

    for (size_t i = 0; i < app->n_runs; i++) {
        hr_run *run = app->runs[i];
        bool failed = atomic_load(&run->failed);
        const char *how = failed ? "failed" : atomic_load(&run->ended) ? "ended" : "stopped";
        hr_app_stats sum = {0};

        status = failed ? 1 : status;
        if (atomic_load(&run->started)) {
            hr_stats_run_sum(run, &sum);
            hr_log(HR_LOG_INFO,
                   "%s %s: %" PRIu64 " in, %" PRIu64 " out, %" PRIu64 " failed, %.1f s",
                   run->topology->name.s, how, sum.in, sum.out, sum.errors,
                   (double)(hr_clock_ms() - run->began_ms) / 1000);
        }
    }
    return status;
}

int
hr_app_loop(hr_app *app)
{
    hr_error err = {0};

    uv_signal_start(&app->term, app_on_signal, SIGTERM);
    uv_signal_start(&app->interrupt, app_on_signal, SIGINT);
    uv_signal_start(&app->hangup, app_on_hangup, SIGHUP);
    uv_timer_start(&app->housekeeping, app_on_housekeeping, HOUSEKEEPING_MS, HOUSEKEEPING_MS);
    if (hr_http_servers_start(app->http, &err) != HR_OK) {
        hr_log(HR_LOG_ERROR, "%s", err.msg);
        return 1;
    }
    for (size_t i = 0; i < app->n_runs; i++) {
        if (hr_run_start(app->runs[i], &err) != HR_OK) {
            hr_run_fail(app->runs[i], "%s", err.msg);
        }
    }
    uv_run(&app->loop, UV_RUN_DEFAULT);
    return app_log_ends(app);
}

void
hr_app_destroy(hr_app *app)
{
    if (app == NULL) {
        return;
    }
    hr_http_servers_end_own(app->http);
    for (size_t i = 0; i < app->n_runs; i++) {
        hr_topology *topology = app->runs[i]->topology;

        hr_run_destroy(app->runs[i]);
        hr_topology_destroy(topology);
    }
    hr_http_servers_destroy(app->http);
    hr_topology_destroy(app->refused);
    for (size_t i = 0; app->brokers != NULL && i < app->runner->n_connections; i++) {
        hr_kafka_embedded_destroy(app->brokers[i]);
    }
    free(app->brokers);
    /* Only now: until here threads may still have told us something. */
    app_close_handles(app);
    uv_run(&app->loop, UV_RUN_DEFAULT);
    uv_loop_close(&app->loop);
    free(app);
}

hr_http_server *
hr_app_http(const hr_app *app)
{
    return hr_http_servers_own(app->http);
}

void
hr_app_on_tick(hr_app *app, int64_t interval_ms, void (*tick)(void *ctx), void *ctx)
{
    app->tick = tick;
    app->tick_ctx = ctx;
    uv_timer_start(&app->ticker, app_on_tick, (uint64_t)interval_ms, (uint64_t)interval_ms);
}

hr_run *
hr_app_run(hr_app *app, size_t i)
{
    return i < atomic_load(&app->n_runs) ? app->runs[i] : NULL;
}

int64_t
hr_app_started_ms(const hr_app *app)
{
    return app->started_wall_ms;
}
