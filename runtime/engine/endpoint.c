/* The runtime of endpoints (hr_endpoint.h).
 *
 * Counters stand behind a lock and not in the stream threads' one-writer counters, because answers
 * come from the server's thread and from workers; a request costs more than the lock by far.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/endpoint.h"
#include "engine/clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct hr_endpoint {
    hr_node *node;
    const hr_endpoint_type *type;
    const hr_runner *runner;
    hr_http_server *server;
    hr_table *const *tables;
    void *state;

    pthread_mutex_t lock; /* of what follows */
    uint64_t requests, answers[6], found, missing, bytes;
    hr_histogram latency;
};

/* --- for the application -------------------------------------------------------------------- */

static hr_endpoint *
endpoint_create(hr_node *node, const hr_runner *runner, hr_http_server *server)
{
    hr_endpoint *endpoint = calloc(1, sizeof *endpoint);

    if (endpoint == NULL) {
        return NULL;
    }
    endpoint->node = node;
    endpoint->type = node->type;
    endpoint->runner = runner;
    endpoint->server = server;
    endpoint->state = calloc(1, endpoint->type->state_size + 1);
    if (endpoint->state == NULL) {
        free(endpoint);
        return NULL;
    }
    pthread_mutex_init(&endpoint->lock, NULL);
    return endpoint;
}

/* The topology is known to whoever tells the error, the endpoint is not. */
static void
endpoint_name_in(hr_error *err, const hr_node *node)
{
    char why[sizeof err->msg];

    memcpy(why, err->msg, sizeof why);
    snprintf(err->msg, sizeof err->msg, "endpoint %.60s: %.300s", node->name.s, why);
}

hr_endpoint *
hr_endpoint_open(hr_node *node, const hr_runner *runner, hr_http_server *server,
                 hr_table *const *tables, hr_error *err)
{
    hr_endpoint *endpoint = endpoint_create(node, runner, server);

    if (endpoint == NULL) {
        hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        return NULL;
    }
    endpoint->tables = tables;
    if (endpoint->type->open(endpoint, endpoint->state, err) != HR_OK) {
        endpoint_name_in(err, node);
        hr_endpoint_close(endpoint);
        endpoint = NULL;
    }
    return endpoint;
}

void
hr_endpoint_stop(hr_endpoint *endpoint)
{
    if (endpoint != NULL) {
        hr_http_route_remove(endpoint->server, endpoint);
    }
}

void
hr_endpoint_close(hr_endpoint *endpoint)
{
    if (endpoint == NULL) {
        return;
    }
    hr_endpoint_stop(endpoint);
    if (endpoint->type->close != NULL) {
        endpoint->type->close(endpoint, endpoint->state);
    }
    pthread_mutex_destroy(&endpoint->lock);
    free(endpoint->state);
    free(endpoint);
}

void
hr_endpoint_stats_get(hr_endpoint *endpoint, hr_endpoint_stats *out)
{
    memset(out, 0, sizeof *out);
    pthread_mutex_lock(&endpoint->lock);
    out->requests = endpoint->requests;
    memcpy(out->answers, endpoint->answers, sizeof out->answers);
    out->found = endpoint->found;
    out->missing = endpoint->missing;
    out->bytes = endpoint->bytes;
    hr_histogram_sum(&endpoint->latency, out->latency);
    out->latency_sum_us = hr_counter_get(&endpoint->latency.sum_us);
    pthread_mutex_unlock(&endpoint->lock);
}

enum { ENDPOINT_ANSWERS, ENDPOINT_LOOKUPS };

const hr_metric_desc hr_endpoint_metric_table[] = {
    [ENDPOINT_ANSWERS] = {.name = "endpoint_answers_total",
                          .unit = "answers",
                          .labels = "status",
                          .help = "Requests that an endpoint answered, by class of the status.",
                          .kind = HR_METRIC_COUNTER},
    [ENDPOINT_LOOKUPS] = {.name = "endpoint_lookups_total",
                          .unit = "answers",
                          .labels = "outcome",
                          .help = "Answers of an endpoint that found what was asked for, or not.",
                          .kind = HR_METRIC_COUNTER},
    {0},
};

void
hr_endpoint_metrics(hr_endpoint *endpoint, hr_metric_add add, void *ctx)
{
    static const char *const classes[] = {NULL, NULL, "2xx", "3xx", "4xx", "5xx"};
    const hr_metric_desc *lookups = &hr_endpoint_metric_table[ENDPOINT_LOOKUPS];
    hr_endpoint_stats stats;

    hr_endpoint_stats_get(endpoint, &stats);
    for (size_t i = 2; i < sizeof classes / sizeof classes[0]; i++) {
        add(ctx, &hr_endpoint_metric_table[ENDPOINT_ANSWERS], &classes[i],
            (double)stats.answers[i]);
    }
    add(ctx, lookups, &(const char *){"found"}, (double)stats.found);
    add(ctx, lookups, &(const char *){"missing"}, (double)stats.missing);
}

/* --- for the endpoint ----------------------------------------------------------------------- */

const hr_node *
hr_endpoint_node(const hr_endpoint *endpoint)
{
    return endpoint->node;
}

const hr_runner *
hr_endpoint_runner(const hr_endpoint *endpoint)
{
    return endpoint->runner;
}

hr_table *
hr_endpoint_table(const hr_endpoint *endpoint, const hr_node *table)
{
    return endpoint->tables[table->index];
}

static void
endpoint_on_request(void *ctx, hr_http_request *request)
{
    hr_endpoint *endpoint = ctx;
    hr_ask ask = {request, hr_clock_us()};

    pthread_mutex_lock(&endpoint->lock);
    endpoint->requests++;
    pthread_mutex_unlock(&endpoint->lock);
    endpoint->type->answer(endpoint, endpoint->state, ask);
}

int
hr_endpoint_route(hr_endpoint *endpoint, const char *method, const hr_text *path, hr_error *err)
{
    int rc =
        hr_http_route_add(endpoint->server, method, path->s, endpoint_on_request, endpoint, err);

    if (rc == HR_ECONFIG && err->loc.line == 0) {
        err->loc = path->loc;
        err->width = hr_text_width(path);
    }
    return rc;
}

void
hr_endpoint_answered(hr_endpoint *endpoint, hr_ask ask, hr_ask_outcome outcome, int status,
                     size_t bytes)
{
    int64_t us = hr_clock_us() - ask.start_us;

    pthread_mutex_lock(&endpoint->lock);
    endpoint->answers[status >= 100 && status < 600 ? status / 100 : 0]++;
    endpoint->found += outcome == HR_ASK_FOUND ? 1 : 0;
    endpoint->missing += outcome == HR_ASK_MISSING ? 1 : 0;
    endpoint->bytes += bytes;
    hr_histogram_add(&endpoint->latency, us > 0 ? (uint64_t)us : 0, 1);
    pthread_mutex_unlock(&endpoint->lock);
}

/* Counted first: who has the answer sees it in the counters. */
void
hr_endpoint_answer(hr_endpoint *endpoint, hr_ask ask, hr_ask_outcome outcome, int status,
                   const char *content_type, hr_span body, const char *const *extra)
{
    hr_endpoint_answered(endpoint, ask, outcome, status, body.len);
    hr_http_answer(ask.http, status, content_type, body, extra);
}

void
hr_endpoint_answer_error(hr_endpoint *endpoint, hr_ask ask, hr_ask_outcome outcome, int status,
                         const char *code, const char *fmt, ...)
{
    char text[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    hr_endpoint_answered(endpoint, ask, outcome, status, 0);
    hr_http_answer_error(ask.http, status, code, "%s", text);
}
