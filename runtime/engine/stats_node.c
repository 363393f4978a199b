/* The nodes of a run as others see them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/endpoint.h"
#include "engine/stats_parts.h"
#include "hr_operator.h"

#include <stdlib.h>

/* ---- what all nodes have ----------------------------------------------------------------------
 */

static const char *
node_table_name(const hr_node *node)
{
    const hr_yaml_node *name = node->options_yaml != NULL && node->options_yaml->kind == HR_YAML_MAP
                                   ? hr_yaml_get(node->options_yaml, "table")
                                   : NULL;

    if (name == NULL || name->text.s == NULL ||
        hr_topology_find(node->topology, HR_NODE_TABLE, name->text.s) == NULL) {
        return NULL;
    }
    return name->text.s;
}

static int
node_describe(const hr_run *run, const hr_node *node, const char *kind, hr_arena *arena,
              hr_stats_node *out)
{
    const hr_connection *connection = hr_run_connection(run, node);
    const char **from;

    out->name = node->name.s;
    out->kind = kind;
    out->type = node->type_name.s;
    out->connection = connection != NULL ? connection->name.s : NULL;
    out->armed = true;
    if (node->input == NULL) {
        return HR_OK;
    }
    from = hr_arena_calloc(arena, 1, sizeof(char *));
    if (from == NULL) {
        return HR_ENOMEM;
    }
    from[0] = node->input->name.s;
    out->from = from;
    out->n_from = 1;
    return HR_OK;
}

/* What came in is read last: so no more seems to leave than came. */
static void
node_counters(hr_stats_node *out, const hr_node_metrics *m)
{
    out->out += hr_counter_get(&m->out);
    out->dropped += hr_counter_get(&m->dropped);
    out->failed += hr_counter_get(&m->failed);
    out->in += hr_counter_get(&m->in);
    out->bytes += hr_counter_get(&m->bytes);
    out->processing_ns += hr_counter_get(&m->processing_ns);
}

/* The longest trouble of all threads. */
static int
node_trouble(hr_stats_node *out, hr_trouble *trouble, hr_arena *arena)
{
    char text[sizeof trouble->text];
    int64_t for_ms = hr_trouble_get(trouble, text, sizeof text);

    if (for_ms < 0 || (out->trouble != NULL && for_ms <= out->trouble_ms)) {
        return HR_OK;
    }
    out->trouble = hr_arena_strdup(arena, text);
    out->trouble_ms = for_ms;
    return out->trouble != NULL ? HR_OK : HR_ENOMEM;
}

/* What keeps the node from being ready, in words. */
static void
node_reason(const hr_stats_node *node, hr_stats_reasons *reasons)
{
    if (!node->armed || (node->ready && node->trouble == NULL)) {
        return;
    }
    if (node->trouble != NULL) {
        hr_stats_reason(reasons, "%s %s: %s", node->kind, node->name, node->trouble);
    } else {
        hr_stats_reason(reasons, "%s %s", node->kind, node->name);
    }
}

/* ---- metrics of an operator's own ---------------------------------------------------------------
 */

typedef struct own_metrics {
    hr_arena *arena;
    hr_stats_metric *v;
    size_t n, cap;
    bool nomem;
} own_metrics;

static size_t
metric_labels_count(const hr_metric_desc *desc)
{
    size_t n = desc->labels != NULL && desc->labels[0] != '\0' ? 1 : 0;

    for (const char *c = desc->labels; n > 0 && *c != '\0'; c++) {
        n += *c == ',' ? 1 : 0;
    }
    return n < HR_METRIC_LABELS_MAX ? n : HR_METRIC_LABELS_MAX;
}

static bool
own_reserve(own_metrics *own)
{
    size_t cap = own->cap != 0 ? 2 * own->cap : 16;
    hr_stats_metric *grown;

    if (own->n < own->cap) {
        return true;
    }
    grown = hr_arena_calloc(own->arena, cap, sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    if (own->n > 0) {
        memcpy(grown, own->v, own->n * sizeof *grown);
    }
    own->v = grown;
    own->cap = cap;
    return true;
}

static void
own_add(void *ctx, const hr_metric_desc *desc, const char *const *labels, double value)
{
    own_metrics *own = ctx;
    size_t n_labels = metric_labels_count(desc);
    hr_stats_metric *metric;

    if (!own_reserve(own)) {
        own->nomem = true;
        return;
    }
    metric = &own->v[own->n++];
    metric->desc = desc;
    metric->value = value;
    for (size_t i = 0; i < n_labels; i++) {
        metric->labels[i] = hr_arena_strdup(own->arena, labels[i] != NULL ? labels[i] : "");
        own->nomem |= metric->labels[i] == NULL;
    }
}

static int
node_own_metrics(const hr_node *node, hr_arena *arena, hr_stats_node *out)
{
    const hr_op_type *type = node->type;
    own_metrics own = {.arena = arena};

    if (type->metrics == NULL) {
        return HR_OK;
    }
    type->metrics(node, node->shared, own_add, &own);
    out->metrics = own.v;
    out->n_metrics = own.n;
    return own.nomem ? HR_ENOMEM : HR_OK;
}

/* ---- kinds of nodes -----------------------------------------------------------------------------
 */

static int
stats_source(hr_run *run, size_t i, hr_arena *arena, hr_stats_node *out)
{
    int rc = node_describe(run, &run->topology->sources[i], "source", arena, out);

    out->ready = atomic_load(&run->started);
    for (size_t t = 0; t < run->n_threads && rc == HR_OK; t++) {
        const hr_node_metrics *m = &run->stats[t].metrics.sources[i];

        node_counters(out, m);
        out->ready = out->ready && hr_counter_get(&m->ready) != 0;
        rc = node_trouble(out, &run->stats[t].sources[i], arena);
    }
    return rc;
}

static void
stats_table_status(hr_stats_node *out, const hr_table_status *status)
{
    out->ready = status->ready;
    out->rows = status->rows;
    out->table_bytes = status->bytes;
    out->published = status->published;
    out->rejected = status->rejected - status->skipped;
    out->skipped = status->skipped;
    out->published_ms = status->published_wall_ms;
}

static int
stats_table(hr_run *run, size_t i, hr_arena *arena, hr_stats_node *out)
{
    int rc = node_describe(run, &run->topology->tables[i], "table", arena, out);
    hr_table_status status;
    hr_table *table;

    pthread_mutex_lock(&run->lock);
    table = run->tables[i];
    pthread_mutex_unlock(&run->lock);
    if (table == NULL || rc != HR_OK) {
        return rc;
    }
    hr_table_status_get(table, &status);
    stats_table_status(out, &status);
    if (status.err.code != HR_OK) {
        out->trouble = hr_arena_strdup(arena, status.err.msg);
        rc = out->trouble != NULL ? HR_OK : HR_ENOMEM;
    }
    return rc;
}

static int
stats_step(hr_run *run, size_t i, hr_arena *arena, hr_stats_node *out)
{
    const hr_node *node = run->topology->order[i];
    int rc = node_describe(run, node, "step", arena, out);

    out->ready = true;
    out->table = node_table_name(node);
    for (size_t t = 0; t < run->n_threads; t++) {
        node_counters(out, &run->stats[t].metrics.steps[node->index]);
    }
    return rc == HR_OK ? node_own_metrics(node, arena, out) : rc;
}

/* i == n_sinks: the dead letters. */
static int
stats_sink(hr_run *run, size_t i, hr_arena *arena, hr_stats_node *out)
{
    const hr_topology *topology = run->topology;
    bool letters = i == topology->n_sinks;
    const hr_node *node = letters ? topology->dead_letters : &topology->sinks[i];
    int rc = node_describe(run, node, letters ? "dead_letters" : "sink", arena, out);
    hr_stats_histogram *latency = hr_stats_histogram_new(arena);

    rc = rc == HR_OK && latency == NULL ? HR_ENOMEM : rc;
    out->armed = letters || run->armed[i];
    out->ready = atomic_load(&run->started);
    for (size_t t = 0; t < run->n_threads && rc == HR_OK; t++) {
        const hr_node_metrics *m = &run->stats[t].metrics.sinks[i];
        const hr_sink_metrics *output = &run->stats[t].metrics.outputs[i];

        node_counters(out, m);
        out->ready = out->ready && hr_counter_get(&m->ready) != 0;
        out->retries += hr_counter_get(&output->retries);
        out->refused += hr_counter_get(&output->refused);
        out->backpressure_us += hr_counter_get(&output->backpressure_us);
        hr_stats_histogram_add(latency, &output->latency);
        rc = node_trouble(out, &run->stats[t].sinks[i], arena);
    }
    out->latency = latency;
    return rc;
}

/* Copies the endpoint's counters; false: it is not open. */
static bool
endpoint_stats(hr_run *run, size_t i, hr_endpoint_stats *stats, own_metrics *own)
{
    hr_endpoint *endpoint;

    pthread_mutex_lock(&run->lock);
    endpoint = run->endpoints[i];
    pthread_mutex_unlock(&run->lock);
    if (endpoint != NULL) {
        hr_endpoint_stats_get(endpoint, stats);
        hr_endpoint_metrics(endpoint, own_add, own);
    }
    return endpoint != NULL;
}

static int
stats_endpoint(hr_run *run, size_t i, hr_arena *arena, hr_stats_node *out)
{
    const hr_node *node = &run->topology->endpoints[i];
    int rc = node_describe(run, node, "endpoint", arena, out);
    hr_endpoint_stats *stats = hr_arena_calloc(arena, 1, sizeof *stats);
    hr_stats_histogram *latency = hr_stats_histogram_new(arena);
    own_metrics own = {.arena = arena};

    if (rc != HR_OK || stats == NULL || latency == NULL) {
        return HR_ENOMEM;
    }
    out->table = node_table_name(node);
    out->latency = latency;
    out->armed = !run->options.dry;
    out->ready = endpoint_stats(run, i, stats, &own);
    out->in = stats->requests;
    for (size_t class = 0; class < sizeof stats->answers / sizeof stats->answers[0]; class ++) {
        out->out += stats->answers[class];
    }
    out->failed = stats->answers[5];
    out->bytes = stats->bytes;
    for (size_t b = 0; b < HR_HISTOGRAM_BUCKETS; b++) {
        latency->counts[b] = stats->latency[b];
        latency->total += stats->latency[b];
    }
    latency->sum_us = stats->latency_sum_us;
    out->metrics = own.v;
    out->n_metrics = own.n;
    return own.nomem ? HR_ENOMEM : HR_OK;
}

typedef int (*stats_kind)(hr_run *run, size_t i, hr_arena *arena, hr_stats_node *out);

int
hr_stats_nodes(hr_run *run, hr_arena *arena, hr_stats_run *out, hr_stats_reasons *reasons)
{
    const hr_topology *topology = run->topology;
    const struct {
        stats_kind take;
        size_t n;
    } kinds[] = {
        {stats_source, topology->n_sources},
        {stats_table, topology->n_tables},
        {stats_step, topology->n_steps},
        {stats_sink, topology->n_sinks + (topology->dead_letters != NULL ? 1 : 0)},
        {stats_endpoint, topology->n_endpoints},
    };
    size_t n_kinds = sizeof kinds / sizeof kinds[0];
    size_t n = 0;
    hr_stats_node *nodes;
    int rc = HR_OK;

    for (size_t k = 0; k < n_kinds; k++) {
        n += kinds[k].n;
    }
    nodes = hr_arena_calloc(arena, n + 1, sizeof *nodes);
    if (nodes == NULL) {
        return HR_ENOMEM;
    }
    out->nodes = nodes;
    for (size_t k = 0; k < n_kinds; k++) {
        for (size_t i = 0; i < kinds[k].n && rc == HR_OK; i++) {
            hr_stats_node *node = &nodes[out->n_nodes++];

            rc = kinds[k].take(run, i, arena, node);
            node_reason(node, reasons);
        }
    }
    return rc;
}
