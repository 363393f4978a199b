/* The text of /metrics: each metric of the table with the values of all things of its scope, since
 * the format wants the values of one metric side by side.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "admin/metric_table.h"

#include <stdio.h>

#define LABELS_MAX (2 + HR_METRIC_LABELS_MAX)

typedef struct metrics_writer {
    hr_metric_view view;
    hr_metric_text text;
} metrics_writer;

static void
write_thing(metrics_writer *w, const hr_metric *metric, const char *const *labels,
            const void *thing)
{
    metric->read(metric, &w->view, labels, thing, &w->text);
}

static bool
node_is(const hr_stats_node *node, const char *kind)
{
    return strcmp(node->kind, kind) == 0;
}

/* A sink that --sinks left out has no values, nor has an endpoint of a dry run. */
static bool
node_in_scope(const hr_stats_node *node, hr_metric_scope scope)
{
    bool sink = node_is(node, "sink") || node_is(node, "dead_letters");

    if ((sink || node_is(node, "endpoint")) && !node->armed) {
        return false;
    }
    return scope == HR_SCOPE_NODE || (scope == HR_SCOPE_SINK && sink) ||
           (scope == HR_SCOPE_TABLE && node_is(node, "table")) ||
           (scope == HR_SCOPE_ENDPOINT && node_is(node, "endpoint"));
}

static void
write_nodes(metrics_writer *w, const hr_metric *metric, const hr_stats_run *run)
{
    for (size_t i = 0; i < run->n_nodes; i++) {
        const hr_stats_node *node = &run->nodes[i];

        if (node_in_scope(node, metric->scope)) {
            write_thing(w, metric, (const char *[]){run->name, node->name, node->kind}, node);
        }
    }
}

static void
write_partitions(metrics_writer *w, const hr_metric *metric, const hr_stats_run *run, size_t *left)
{
    for (size_t i = 0; i<run->n_partitions && * left> 0; i++, --*left) {
        const hr_stats_partition *p = &run->partitions[i];
        char number[16];

        snprintf(number, sizeof number, "%d", (int)p->partition);
        write_thing(w, metric, (const char *[]){run->name, p->source, p->topic, number}, p);
    }
}

static void
write_memory(metrics_writer *w, const hr_metric *metric, const hr_stats_run *run)
{
    for (size_t i = 0; i < run->n_memory; i++) {
        write_thing(w, metric, (const char *[]){run->name, run->memory[i].budget}, &run->memory[i]);
    }
}

static void
write_metric(metrics_writer *w, const hr_metric *metric)
{
    const hr_stats *stats = w->view.stats;
    size_t left = HR_METRIC_PARTITIONS_MAX;

    hr_metric_text_begin(&w->text, &metric->desc, hr_metric_scope_labels(metric->scope));
    if (metric->scope == HR_SCOPE_PROCESS) {
        write_thing(w, metric, NULL, &w->view);
    }
    for (size_t i = 0; i < stats->n_runs && metric->scope != HR_SCOPE_PROCESS; i++) {
        const hr_stats_run *run = &stats->runs[i];

        switch (metric->scope) {
        case HR_SCOPE_TOPOLOGY:
            write_thing(w, metric, &run->name, run);
            break;
        case HR_SCOPE_PARTITION:
            write_partitions(w, metric, run, &left);
            break;
        case HR_SCOPE_MEMORY:
            write_memory(w, metric, run);
            break;
        default:
            write_nodes(w, metric, run);
            break;
        }
    }
}

static void
write_operator_values(metrics_writer *w, const hr_metric_desc *desc, const hr_stats_run *run)
{
    for (size_t i = 0; i < run->n_nodes; i++) {
        const hr_stats_node *node = &run->nodes[i];
        const char *labels[LABELS_MAX] = {run->name, node->name};

        for (size_t m = 0; m < node->n_metrics; m++) {
            if (node->metrics[m].desc == desc) {
                memcpy(labels + 2, node->metrics[m].labels, sizeof node->metrics[m].labels);
                hr_metric_text_value(&w->text, labels, node->metrics[m].value);
            }
        }
    }
}

static uint64_t
partitions_omitted(const hr_stats *stats)
{
    uint64_t n = 0;

    for (size_t i = 0; i < stats->n_runs; i++) {
        n += stats->runs[i].n_partitions;
    }
    return n > HR_METRIC_PARTITIONS_MAX ? n - HR_METRIC_PARTITIONS_MAX : 0;
}

int
hr_metrics_write(const hr_stats *stats, hr_buf *out)
{
    metrics_writer w = {.view = {.stats = stats, .partitions_omitted = partitions_omitted(stats)},
                        .text = {.out = out}};
    const hr_metric_desc *desc;
    const char *op;

    hr_process_get(&w.view.process);
    for (size_t i = 0; i < hr_metric_table_n; i++) {
        write_metric(&w, &hr_metric_table[i]);
    }
    for (size_t i = 0; (desc = hr_metric_of_operators(i, &op)) != NULL; i++) {
        hr_metric_text_begin(&w.text, desc, "topology,node");
        for (size_t r = 0; r < stats->n_runs; r++) {
            write_operator_values(&w, desc, &stats->runs[r]);
        }
    }
    return w.text.rc;
}
