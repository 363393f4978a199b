/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/run.h"
#include "engine/clock.h"
#include "engine/endpoint.h"
#include "engine/http_servers.h"
#include "engine/thread.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 256
#define HURRIED_DRAIN_MS 1000

/* ---- options ------------------------------------------------------------------------------------
 */

static int
run_arm(hr_run *run, hr_error *err)
{
    const hr_topology *topology = run->topology;
    const hr_run_options *options = &run->options;

    for (size_t i = 0; i < topology->n_sinks; i++) {
        run->armed[i] = options->n_sinks == 0;
    }
    for (size_t i = 0; i < options->n_sinks; i++) {
        const hr_node *sink = hr_topology_find(topology, HR_NODE_SINK, options->sinks[i]);

        if (sink == NULL) {
            hr_fail(err, HR_ECONFIG, HR_NO_LOC, "%s has no sink '%s'", topology->file,
                    options->sinks[i]);
            return hr_hint(err, "`headrace describe %s` lists its sinks", topology->file);
        }
        run->armed[sink->index] = true;
    }
    return HR_OK;
}

/* DESIGN section 5: the topology's name, or <topology>.<sink>... with a part of the sinks, so that
 * two processes with one sink each both see every record. A dry run must not take partitions away
 * from others, so its group is its own. */
static int
run_name_group(hr_run *run, hr_error *err)
{
    char name[512];
    size_t len = (size_t)snprintf(name, sizeof name, "%s", run->topology->name.s);
    size_t armed = 0;

    for (size_t i = 0; i < run->topology->n_sinks; i++) {
        armed += run->armed[i] ? 1 : 0;
    }
    for (size_t i = 0; i < run->topology->n_sinks && armed < run->topology->n_sinks; i++) {
        if (run->armed[i] && len < sizeof name) {
            len += (size_t)snprintf(name + len, sizeof name - len, ".%s",
                                    run->topology->sinks[i].name.s);
        }
    }
    if (run->options.group != NULL) {
        snprintf(name, sizeof name, "%s", run->options.group);
    } else if (run->options.dry && len < sizeof name) {
        snprintf(name + len, sizeof name - len, ".dry-%ld", (long)uv_os_getpid());
    }
    run->group = strdup(name);
    return run->group != NULL ? HR_OK : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

static const char *
node_connection_name(const hr_node *node, hr_text *text)
{
    const hr_yaml_node *value =
        node->options_yaml != NULL && node->options_yaml->kind == HR_YAML_MAP
            ? hr_yaml_get(node->options_yaml, "connection")
            : NULL;

    if (value == NULL) {
        return NULL;
    }
    *text = value->text;
    return text->s;
}

const hr_connection *
hr_run_connection(const hr_run *run, const hr_node *node)
{
    hr_text name;

    if (node_connection_name(node, &name) == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < run->runner->n_connections; i++) {
        if (strcmp(run->runner->connections[i].name.s, name.s) == 0) {
            return &run->runner->connections[i];
        }
    }
    return NULL;
}

/* A node's type begins with the type of the connection that it wants: mongo, http, http_lookup. */
static hr_connection_type
node_connection_type(const hr_node *node)
{
    static const struct {
        const char *word;
        hr_connection_type type;
    } types[] = {{"mongo", HR_CONNECTION_MONGO}, {"http", HR_CONNECTION_HTTP}};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t n = strlen(types[i].word);

        if (strncmp(node->type_name.s, types[i].word, n) == 0 &&
            (node->type_name.s[n] == '\0' || node->type_name.s[n] == '_')) {
            return types[i].type;
        }
    }
    return HR_CONNECTION_KAFKA;
}

int
hr_run_check_connection(const hr_runner *runner, const hr_node *node, hr_error *err)
{
    hr_connection_type type = node_connection_type(node);
    hr_text name;

    if (node_connection_name(node, &name) == NULL) {
        return HR_OK;
    }
    return hr_runner_connection(runner, &name, type, err) != NULL ? HR_OK : err->code;
}

static int
run_check_connections(const hr_run *run, hr_error *err)
{
    const hr_topology *t = run->topology;
    int rc = HR_OK;

    for (size_t i = 0; i < t->n_sources && rc == HR_OK; i++) {
        rc = hr_run_check_connection(run->runner, &t->sources[i], err);
    }
    for (size_t i = 0; i < t->n_tables && rc == HR_OK; i++) {
        rc = hr_run_check_connection(run->runner, &t->tables[i], err);
    }
    for (size_t i = 0; i < t->n_endpoints && rc == HR_OK && !run->options.dry; i++) {
        rc = hr_run_check_connection(run->runner, &t->endpoints[i], err);
    }
    for (size_t i = 0; i < t->n_sinks && rc == HR_OK && !run->options.dry; i++) {
        rc = run->armed[i] ? hr_run_check_connection(run->runner, &t->sinks[i], err) : HR_OK;
    }
    if (rc == HR_OK && t->dead_letters != NULL && !run->options.dry) {
        rc = hr_run_check_connection(run->runner, t->dead_letters, err);
    }
    return rc;
}

/* ---- making -------------------------------------------------------------------------------------
 */

static int
run_init_stats(hr_run *run)
{
    int rc = HR_OK;

    run->stats = calloc(run->n_threads + 1, sizeof *run->stats);
    if (run->stats == NULL || hr_recent_init(&run->recent) != HR_OK) {
        return HR_ENOMEM;
    }
    for (size_t i = 0; i < run->n_threads; i++) {
        int one = hr_thread_stats_init(&run->stats[i], run->topology);

        rc = rc == HR_OK ? one : rc;
    }
    return rc;
}

static int
run_init(hr_run *run, hr_error *err)
{
    const hr_topology *topology = run->topology;
    int rc;

    run->armed = calloc(topology->n_sinks + 1, sizeof *run->armed);
    run->plans = calloc(topology->n_sources + 1, sizeof *run->plans);
    run->tables = calloc(topology->n_tables + 1, sizeof(hr_table *));
    run->endpoints = calloc(topology->n_endpoints + 1, sizeof(hr_endpoint *));
    run->until_known = calloc(topology->n_sources + 1, sizeof *run->until_known);
    if (run->armed == NULL || run->plans == NULL || run->tables == NULL || run->endpoints == NULL ||
        run->until_known == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    if (topology->n_sinks >= HR_SINKS_MAX) {
        return hr_fail(err, HR_ECONFIG, topology->name.loc, "more than %d sinks", HR_SINKS_MAX - 1);
    }
    if ((rc = run_arm(run, err)) != HR_OK || (rc = run_check_connections(run, err)) != HR_OK ||
        (rc = run_name_group(run, err)) != HR_OK) {
        return rc;
    }
    for (size_t i = 0; i < topology->n_sources; i++) {
        if (hr_plan_init(&run->plans[i], topology, &topology->sources[i], run->armed) != HR_OK) {
            return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        }
    }
    run->n_threads =
        (size_t)(run->options.threads > 0 ? run->options.threads : run->runner->threads);
    if (run->n_threads < 1 || run->n_threads > THREADS_MAX) {
        return hr_fail(err, HR_ECONFIG, HR_NO_LOC, "threads must be between 1 and %d", THREADS_MAX);
    }
    run->n_threads = topology->n_sources > 0 ? run->n_threads : 0; /* endpoints only */
    run->threads = calloc(run->n_threads + 1, sizeof *run->threads);
    return run->threads != NULL && run_init_stats(run) == HR_OK
               ? HR_OK
               : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

hr_run *
hr_run_create(hr_topology *topology, const hr_runner *runner, const hr_run_options *options,
              uv_async_t *changed, hr_error *err)
{
    hr_run *run = calloc(1, sizeof *run);

    if (run == NULL) {
        hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        return NULL;
    }
    run->topology = topology;
    run->runner = runner;
    run->options = *options;
    run->changed = changed;
    pthread_mutex_init(&run->lock, NULL);
    hr_letter_log_init(&run->letters);
    hr_taps_init(&run->taps);
    if (run_init(run, err) != HR_OK) {
        hr_run_destroy(run);
        return NULL;
    }
    return run;
}

/* Endpoints ask tables, and tables answer what endpoints asked: first nothing new is asked, then
 * the rest is answered. */
static void
run_close_endpoints_and_tables(hr_run *run)
{
    for (size_t i = 0; run->endpoints != NULL && i < run->topology->n_endpoints; i++) {
        hr_endpoint_stop(run->endpoints[i]);
    }
    for (size_t i = 0; run->tables != NULL && i < run->topology->n_tables; i++) {
        hr_table_stop(run->tables[i]);
    }
    for (size_t i = 0; run->endpoints != NULL && i < run->topology->n_endpoints; i++) {
        hr_endpoint_close(run->endpoints[i]);
    }
}

void
hr_run_destroy(hr_run *run)
{
    if (run == NULL) {
        return;
    }
    for (size_t i = 0; i < run->n_started; i++) {
        hr_thread_join(&run->threads[i]);
    }
    for (size_t i = 0; i < run->n_threads && run->stats != NULL; i++) {
        hr_thread_stats_finish(&run->stats[i]);
    }
    run_close_endpoints_and_tables(run);
    for (size_t i = 0; run->plans != NULL && i < run->topology->n_sources; i++) {
        hr_plan_finish(&run->plans[i]);
    }
    hr_recent_finish(&run->recent);
    pthread_mutex_destroy(&run->lock);
    hr_letter_log_finish(&run->letters);
    hr_taps_finish(&run->taps);
    free(run->threads);
    free(run->stats);
    free(run->tables);
    free(run->endpoints);
    free(run->plans);
    free(run->armed);
    free(run->until);
    free(run->until_known);
    free(run->group);
    free(run);
}

/* ---- starting and stopping
 * ------------------------------------------------------------------------ */

static void
run_notify(void *ctx)
{
    const hr_run *run = ctx;

    uv_async_send(run->changed);
}

static int
run_open_endpoints(hr_run *run, hr_error *err)
{
    for (size_t i = 0; i < run->topology->n_endpoints && !run->options.dry; i++) {
        hr_node *node = &run->topology->endpoints[i];
        hr_http_server *server = hr_run_http(run, hr_run_connection(run, node));
        hr_endpoint *endpoint =
            server != NULL ? hr_endpoint_open(node, run->runner, server, run->tables, err) : NULL;

        if (server == NULL) {
            return hr_fail(err, HR_EFATAL, node->name.loc, "the endpoint '%s' has no server",
                           node->name.s);
        }
        pthread_mutex_lock(&run->lock);
        run->endpoints[i] = endpoint;
        pthread_mutex_unlock(&run->lock);
        if (endpoint == NULL) {
            return err->code != HR_OK ? err->code : HR_EFATAL;
        }
    }
    return HR_OK;
}

int
hr_run_start(hr_run *run, hr_error *err)
{
    int rc;

    hr_log(HR_LOG_INFO, "topology starts" HR_LOG_KV "topology=%s group=%s threads=%zu",
           run->topology->name.s, run->group, run->n_threads);
    for (size_t i = 0; i < run->topology->n_tables; i++) {
        hr_table *table = hr_table_start(&run->topology->tables[i], run->runner,
                                         (hr_table_notify){run_notify, run}, err);

        pthread_mutex_lock(&run->lock);
        run->tables[i] = table;
        pthread_mutex_unlock(&run->lock);
        if (table == NULL) {
            return err->code != HR_OK ? err->code : HR_EFATAL;
        }
    }
    rc = run_open_endpoints(run, err);
    if (rc == HR_OK) {
        hr_run_tick(run);
    }
    return rc;
}

/* True when all tables are ready; a table that failed for good fails the run. */
static bool
run_tables_ready(hr_run *run)
{
    bool ready = true;

    for (size_t i = 0; i < run->topology->n_tables; i++) {
        hr_table_status status;

        hr_table_status_get(run->tables[i], &status);
        if (status.failed && !status.ready) {
            hr_run_fail(run, "table %s: %s", run->topology->tables[i].name.s, status.err.msg);
        } else if (run->options.fail_fast && !status.ready && status.err.code != HR_OK) {
            hr_run_fail(run, "table %s: %s (--fail-fast)", run->topology->tables[i].name.s,
                        status.err.msg);
        }
        ready = ready && status.ready;
    }
    return ready;
}

static void
run_start_threads(hr_run *run)
{
    hr_error err = {0};

    run->started = true;
    run->began_ms = hr_clock_ms();
    if (run->n_threads == 0 && run->options.until_end) {
        atomic_store(&run->ended, true); /* no source has anything to read */
    }
    for (size_t i = 0; i < run->n_threads; i++) {
        if (hr_thread_start(&run->threads[i], run, (int)i, &err) != HR_OK) {
            hr_run_fail(run, "%s", err.msg);
            return;
        }
        run->n_started++;
    }
}

static void
run_reload_models(hr_run *run)
{
    for (size_t i = 0; i < run->topology->n_steps; i++) {
        hr_node *node = &run->topology->steps[i];
        const hr_op_type *type = node->type;
        hr_error err = {0};

        if (type->reload != NULL && type->reload(node, node->shared, &err) != HR_OK) {
            hr_log(HR_LOG_ERROR, "reload failed, the old one stays" HR_LOG_KV "step=%s cause=%s",
                   node->name.s, err.msg);
        }
    }
}

void
hr_run_tick(hr_run *run)
{
    if (run->stopping) {
        return;
    }
    if (!run->started && run_tables_ready(run)) {
        run_start_threads(run);
    }
    run_reload_models(run);
}

bool
hr_run_open(const hr_run *run)
{
    return run->started && atomic_load(&run->threads_open) == run->n_threads;
}

void
hr_run_stop(hr_run *run)
{
    run->stopping = true;
    for (size_t i = 0; i < run->n_started; i++) {
        hr_thread_stop(&run->threads[i]);
    }
    for (size_t i = 0; i < run->topology->n_tables; i++) {
        if (run->tables[i] != NULL) {
            hr_table_ask_stop(run->tables[i]);
        }
    }
}

bool
hr_run_stopped(const hr_run *run)
{
    for (size_t i = 0; i < run->topology->n_tables; i++) {
        if (run->tables[i] != NULL && !hr_table_ended(run->tables[i])) {
            return false;
        }
    }
    return atomic_load(&run->threads_running) == 0;
}

int64_t
hr_run_drain_ms(hr_run *run)
{
    int64_t limit = run->runner->shutdown_timeout_ms;

    return atomic_load(&run->hurried) && limit > HURRIED_DRAIN_MS ? HURRIED_DRAIN_MS : limit;
}

void
hr_run_log_holding(hr_run *run)
{
    for (size_t i = 0; i < run->n_started; i++) {
        hr_thread *thread = &run->threads[i];
        char text[sizeof thread->holding];

        pthread_mutex_lock(&thread->holding_lock);
        memcpy(text, thread->holding, sizeof text);
        pthread_mutex_unlock(&thread->holding_lock);
        if (text[0] != '\0') {
            hr_log(HR_LOG_WARN, "still stopping" HR_LOG_KV "topology=%s thread=%zu waits_for=%s",
                   run->topology->name.s, i, text);
        }
    }
}

void
hr_run_fail(hr_run *run, const char *fmt, ...)
{
    char text[sizeof run->failure];
    va_list ap;
    bool first;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    pthread_mutex_lock(&run->lock);
    first = run->failure[0] == '\0';
    if (first) {
        memcpy(run->failure, text, sizeof text);
    }
    pthread_mutex_unlock(&run->lock);
    if (first) {
        hr_log(HR_LOG_ERROR, "topology fails" HR_LOG_KV "topology=%s cause=%s",
               run->topology->name.s, text);
    }
    atomic_store(&run->failed, true);
    uv_async_send(run->changed);
}

/* ---- what threads count together
 * --------------------------------------------------------------------- */

bool
hr_run_count_failures(hr_run *run, uint64_t n)
{
    const hr_topology *topology = run->topology;
    int64_t now;
    bool over;

    if (n == 0 || topology->max_rate_records <= 0) {
        return true;
    }
    now = hr_clock_ms();
    pthread_mutex_lock(&run->lock);
    if (now - run->rate_window_ms >= topology->max_rate_per_ms) {
        run->rate_window_ms = now;
        run->rate_count = 0;
    }
    run->rate_count += (int64_t)n;
    over = run->rate_count > topology->max_rate_records;
    pthread_mutex_unlock(&run->lock);
    if (over) {
        hr_run_fail(run, "more than %lld failed records in %lld ms (errors.max_rate)",
                    (long long)topology->max_rate_records, (long long)topology->max_rate_per_ms);
    }
    return !over;
}

static hr_until *
run_until_find(hr_run *run, uint32_t source, int32_t partition)
{
    for (size_t i = 0; i < run->n_until; i++) {
        if (run->until[i].source == source && run->until[i].partition == partition) {
            return &run->until[i];
        }
    }
    return NULL;
}

void
hr_run_until(hr_run *run, uint32_t source, int32_t partition, int64_t end_offset)
{
    pthread_mutex_lock(&run->lock);
    if (!run->until_known[source] && run_until_find(run, source, partition) == NULL) {
        if (run->n_until == run->cap_until) {
            size_t cap = run->cap_until != 0 ? 2 * run->cap_until : 16;
            hr_until *grown = realloc(run->until, cap * sizeof *grown);

            if (grown != NULL) {
                run->until = grown;
                run->cap_until = cap;
            }
        }
        if (run->n_until < run->cap_until) {
            run->until[run->n_until++] =
                (hr_until){source, partition, end_offset, -1, -1, end_offset <= 0};
        }
    }
    pthread_mutex_unlock(&run->lock);
}

static bool
run_until_complete(const hr_run *run)
{
    if (run->until_sources < run->topology->n_sources) {
        return false;
    }
    for (size_t i = 0; i < run->n_until; i++) {
        if (!run->until[i].done) {
            return false;
        }
    }
    return true;
}

static void
run_until_check(hr_run *run)
{
    if (run_until_complete(run) && !atomic_exchange(&run->ended, true)) {
        uv_async_send(run->changed);
    }
}

void
hr_run_until_known(hr_run *run, uint32_t source)
{
    pthread_mutex_lock(&run->lock);
    if (!run->until_known[source]) {
        run->until_known[source] = true;
        run->until_sources++;
        run_until_check(run);
    }
    pthread_mutex_unlock(&run->lock);
}

void
hr_run_until_reached(hr_run *run, uint32_t source, int32_t partition, int64_t offset)
{
    hr_until *until;

    pthread_mutex_lock(&run->lock);
    until = run_until_find(run, source, partition);
    if (until != NULL) {
        until->at_offset = offset;
        until->begin_offset = until->begin_offset < 0 ? offset : until->begin_offset;
    }
    if (until != NULL && !until->done && offset >= until->end_offset) {
        until->done = true;
        run_until_check(run);
    }
    pthread_mutex_unlock(&run->lock);
}
