/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/topology_json.h"
#include "admin/process.h"
#include "expr/utf8.h"

#include <stdlib.h>
#include <string.h>

/* A text that is not UTF-8 (names of files may be any bytes) must not cost the whole answer. */
static json_t *
json_text(const char *text)
{
    hr_span rest;
    json_t *made;
    char *copy;

    if (text == NULL) {
        return json_null();
    }
    rest = hr_span_str(text);
    if (hr_utf8_valid(rest) == rest.len) {
        return json_string(text);
    }
    copy = strdup(text);
    for (size_t at; copy != NULL && (at = hr_utf8_valid(hr_span_str(copy))) < rest.len;) {
        copy[at] = '?';
    }
    made = copy != NULL ? json_string(copy) : NULL;
    free(copy);
    return made;
}

static json_t *
json_count(uint64_t n)
{
    return json_integer(n < INT64_MAX ? (json_int_t)n : INT64_MAX);
}

static json_t *
json_number(double value)
{
    return value == (double)(int64_t)value ? json_integer((json_int_t)value) : json_real(value);
}

/* Adds to a list or drops both; NULL passes through, so that one check at the end is enough. */
static json_t *
json_with(json_t *list, json_t *item)
{
    if (list == NULL || item == NULL || json_array_append_new(list, item) != 0) {
        json_decref(list);
        if (list == NULL) {
            json_decref(item);
        }
        return NULL;
    }
    return list;
}

static json_t *
json_texts(const char *const *v, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        list = json_with(list, json_text(v[i]));
    }
    return list;
}

static json_t *
json_latency(const hr_stats_histogram *h)
{
    if (h == NULL) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "count", json_count(h->total), "p50",
                     json_count(hr_stats_quantile(h, 0.5)), "p90",
                     json_count(hr_stats_quantile(h, 0.9)), "p99",
                     json_count(hr_stats_quantile(h, 0.99)), "p999",
                     json_count(hr_stats_quantile(h, 0.999)), "max", json_count(hr_stats_max(h)));
}

/* {"input": "Carrier"} */
static json_t *
json_labels(const hr_stats_metric *metric)
{
    json_t *labels = json_object();
    const char *name = metric->desc->labels;

    for (size_t i = 0; labels != NULL && *name != '\0'; i++) {
        size_t len = strcspn(name, ",");
        char key[64] = {0};

        memcpy(key, name, len < sizeof key - 1 ? len : sizeof key - 1);
        if (json_object_set_new(labels, key, json_text(metric->labels[i])) != 0) {
            json_decref(labels);
            return NULL;
        }
        name += len + (name[len] == ',' ? 1 : 0);
    }
    return labels;
}

static json_t *
json_metrics(const hr_stats_node *node)
{
    json_t *list = json_array();

    for (size_t i = 0; i < node->n_metrics; i++) {
        const hr_stats_metric *metric = &node->metrics[i];

        list = json_with(list, json_pack("{s:o, s:o, s:o}", "name", json_text(metric->desc->name),
                                         "labels", json_labels(metric), "value",
                                         json_number(metric->value)));
    }
    return list;
}

/* Adds the members of `more` to `object`, which it returns; both are taken. */
static json_t *
json_merged(json_t *object, json_t *more)
{
    bool ok = object != NULL && more != NULL && json_object_update(object, more) == 0;

    json_decref(more);
    if (!ok) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *
json_table(const hr_stats_node *node)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I}", "rows", json_count(node->rows),
                     "table_bytes", json_count(node->table_bytes), "published",
                     json_count(node->published), "rejected", json_count(node->rejected), "skipped",
                     json_count(node->skipped), "published_ms", (json_int_t)node->published_ms);
}

static json_t *
json_sink(const hr_stats_node *node)
{
    return json_pack("{s:b, s:o, s:o, s:o, s:o}", "armed", node->armed, "latency_us",
                     json_latency(node->latency), "retries", json_count(node->retries), "refused",
                     json_count(node->refused), "backpressure_ms",
                     json_count(node->backpressure_us / 1000));
}

static json_t *
json_node(const hr_stats_node *node)
{
    json_t *made =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:I}", "name", json_text(node->name),
                  "kind", json_text(node->kind), "type", json_text(node->type), "connection",
                  json_text(node->connection), "table", json_text(node->table), "from",
                  json_texts(node->from, node->n_from), "ready", node->ready, "trouble",
                  json_text(node->trouble), "trouble_ms", (json_int_t)node->trouble_ms);
    json_t *counts =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "in", json_count(node->in), "out",
                  json_count(node->out), "dropped", json_count(node->dropped), "failed",
                  json_count(node->failed), "bytes", json_count(node->bytes), "processing_ns",
                  json_count(node->processing_ns), "metrics", json_metrics(node));

    made = json_merged(made, counts);
    if (strcmp(node->kind, "table") == 0) {
        made = json_merged(made, json_table(node));
    } else if (strcmp(node->kind, "sink") == 0 || strcmp(node->kind, "dead_letters") == 0) {
        made = json_merged(made, json_sink(node));
    } else if (strcmp(node->kind, "endpoint") == 0) {
        made = json_merged(made, json_pack("{s:o}", "latency_us", json_latency(node->latency)));
    }
    return made;
}

static json_t *
json_nodes(const hr_stats_run *run)
{
    json_t *list = json_array();

    for (size_t i = 0; i < run->n_nodes; i++) {
        list = json_with(list, json_node(&run->nodes[i]));
    }
    return list;
}

static json_t *
json_partitions(const hr_stats_run *run)
{
    json_t *list = json_array();

    for (size_t i = 0; i < run->n_partitions; i++) {
        const hr_stats_partition *p = &run->partitions[i];

        list = json_with(list,
                         json_pack("{s:o, s:o, s:i, s:i, s:I, s:I, s:I, s:I}", "source",
                                   json_text(p->source), "topic", json_text(p->topic), "partition",
                                   (int)p->partition, "thread", p->thread, "position",
                                   (json_int_t)p->position, "committed", (json_int_t)p->committed,
                                   "end", (json_int_t)p->end, "lag", (json_int_t)p->lag));
    }
    return list;
}

static json_t *
json_counters(const hr_stats_run *run)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "dead_letters",
                     json_count(run->dead_letters), "skipped", json_count(run->skipped), "rewinds",
                     json_count(run->rewinds), "rebalances", json_count(run->rebalances), "commits",
                     json_count(run->commits), "commit_failures", json_count(run->commit_failures),
                     "batches", json_count(run->batches), "records_done",
                     json_count(run->records_done), "lag", json_count(run->lag), "backpressure_ms",
                     json_count(run->backpressure_us / 1000));
}

static json_t *
json_memory(const hr_stats_run *run)
{
    json_t *list = json_array();

    for (size_t i = 0; i < run->n_memory; i++) {
        const hr_stats_memory *m = &run->memory[i];

        list = json_with(list, json_pack("{s:o, s:o, s:o}", "budget", json_text(m->budget), "bytes",
                                         json_count(m->bytes), "limit", json_count(m->limit)));
    }
    return list;
}

static json_t *
json_letters(const hr_stats_run *run)
{
    json_t *list = json_array();

    for (size_t i = 0; i < run->n_letters; i++) {
        const hr_stats_letter *l = &run->letters[i];

        list = json_with(list, json_pack("{s:I, s:o, s:i, s:I, s:o, s:o, s:o}", "time_ms",
                                         (json_int_t)l->time_ms, "topic", json_text(l->topic),
                                         "partition", (int)l->partition, "offset",
                                         (json_int_t)l->offset, "node", json_text(l->node), "code",
                                         json_text(l->code), "reason", json_text(l->reason)));
    }
    return list;
}

static json_t *
json_failures(const hr_stats_run *run)
{
    json_t *list = json_array();

    for (size_t i = 0; i < run->n_failures; i++) {
        const hr_stats_failure *f = &run->failures[i];

        list = json_with(list, json_pack("{s:o, s:o, s:o, s:o}", "node", json_text(f->node), "code",
                                         json_text(f->code), "action", json_text(f->action),
                                         "count", json_count(f->n)));
    }
    return list;
}

static json_t *
json_run(const hr_stats_run *run)
{
    json_t *made =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i}", "name", json_text(run->name),
                  "description", json_text(run->description), "file", json_text(run->file), "group",
                  json_text(run->group), "guarantee", json_text(run->guarantee), "state",
                  json_text(run->state), "failure", json_text(run->failure), "waiting_for",
                  json_texts(run->waiting_for, run->n_waiting_for), "threads", (int)run->threads);

    made =
        json_merged(made, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "nodes", json_nodes(run),
                                    "partitions", json_partitions(run), "counters",
                                    json_counters(run), "memory", json_memory(run), "dead_letters",
                                    json_letters(run), "latency_us", json_latency(run->latency)));
    return json_merged(made, json_pack("{s:o, s:o, s:o, s:o}", "failures", json_failures(run),
                                       "latency_recent_us", json_latency(run->latency_recent),
                                       "end_to_end_us", json_latency(run->end_to_end), "commit_us",
                                       json_latency(run->commit_latency)));
}

static json_t *
json_process(void)
{
    hr_process p;

    hr_process_get(&p);
    return json_pack("{s:f, s:I, s:I, s:I}", "cpu_seconds", p.cpu_seconds, "resident_bytes",
                     (json_int_t)p.resident_bytes, "open_fds", (json_int_t)p.open_fds, "threads",
                     (json_int_t)p.threads);
}

json_t *
hr_topology_json(const hr_stats *stats)
{
    json_t *list = json_array();

    for (size_t i = 0; i < stats->n_runs; i++) {
        list = json_with(list, json_run(&stats->runs[i]));
    }
    return json_pack("{s:o, s:I, s:I, s:b, s:o, s:o}", "version", json_text(stats->version),
                     "time_ms", (json_int_t)stats->time_ms, "started_ms",
                     (json_int_t)stats->started_ms, "ready", stats->ready, "process",
                     json_process(), "topologies", list);
}

json_t *
hr_ready_json(const hr_stats *stats)
{
    json_t *list = json_array();

    for (size_t i = 0; i < stats->n_runs; i++) {
        const hr_stats_run *run = &stats->runs[i];

        for (size_t k = 0; k < run->n_waiting_for; k++) {
            list = json_with(list, json_pack("{s:o, s:o}", "topology", json_text(run->name), "for",
                                             json_text(run->waiting_for[k])));
        }
    }
    return json_pack("{s:s, s:o}", "status", stats->ready ? "ready" : "waiting", "waiting_for",
                     list);
}

json_t *
hr_health_json(const hr_stats *stats, bool *healthy)
{
    json_t *list = json_array();

    *healthy = true;
    for (size_t i = 0; i < stats->n_runs; i++) {
        const hr_stats_run *run = &stats->runs[i];

        for (size_t t = 0; t < run->threads; t++) {
            if (run->turned_ago_ms[t] > HR_HEALTH_TURN_MS_MAX) {
                *healthy = false;
                list = json_with(
                    list, json_pack("{s:o, s:i, s:I}", "topology", json_text(run->name), "thread",
                                    (int)t, "turned_ago_ms", (json_int_t)run->turned_ago_ms[t]));
            }
        }
    }
    return json_pack("{s:s, s:o}", "status", *healthy ? "ok" : "stuck", "stuck", list);
}
