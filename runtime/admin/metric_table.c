/* The table of all metrics. A row says what a metric is and where in hr_stats its value lies, so
 * that most metrics need no code.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "admin/metric_table.h"
#include "engine/endpoint.h"
#include "hr_registry.h"
#include "hr_operator.h"

#include <stdlib.h>

#define LABELS_MAX (4 + HR_METRIC_LABELS_MAX)

/* ---- readers: one per type of number ---------------------------------------------------------
 */

static const void *
metric_at(const hr_metric *metric, const void *thing)
{
    return (const char *)thing + metric->offset;
}

static void
metric_add(const hr_metric *metric, const char *const *labels, double value, hr_metric_text *text)
{
    hr_metric_text_value(text, labels, metric->scale != 0 ? value * metric->scale : value);
}

static void
read_count(const hr_metric *metric, const hr_metric_view *view, const char *const *labels,
           const void *thing, hr_metric_text *text)
{
    (void)view;
    metric_add(metric, labels, (double)*(const uint64_t *)metric_at(metric, thing), text);
}

static void
read_size(const hr_metric *metric, const hr_metric_view *view, const char *const *labels,
          const void *thing, hr_metric_text *text)
{
    (void)view;
    metric_add(metric, labels, (double)*(const size_t *)metric_at(metric, thing), text);
}

/* What is not known (-1) has no value. */
static void
read_known(const hr_metric *metric, const hr_metric_view *view, const char *const *labels,
           const void *thing, hr_metric_text *text)
{
    int64_t value = *(const int64_t *)metric_at(metric, thing);

    (void)view;
    if (value >= 0) {
        metric_add(metric, labels, (double)value, text);
    }
}

static void
read_real(const hr_metric *metric, const hr_metric_view *view, const char *const *labels,
          const void *thing, hr_metric_text *text)
{
    double value = *(const double *)metric_at(metric, thing);

    (void)view;
    if (value >= 0) {
        metric_add(metric, labels, value, text);
    }
}

static void
read_flag(const hr_metric *metric, const hr_metric_view *view, const char *const *labels,
          const void *thing, hr_metric_text *text)
{
    (void)view;
    metric_add(metric, labels, *(const bool *)metric_at(metric, thing) ? 1 : 0, text);
}

/* Milliseconds since the epoch, as how long ago; 0: never. */
static void
read_age(const hr_metric *metric, const hr_metric_view *view, const char *const *labels,
         const void *thing, hr_metric_text *text)
{
    int64_t at_ms = *(const int64_t *)metric_at(metric, thing);
    int64_t age_ms = view->stats->time_ms - at_ms;

    if (at_ms > 0) {
        metric_add(metric, labels, age_ms > 0 ? (double)age_ms / 1000 : 0, text);
    }
}

static void
read_histogram(const hr_metric *metric, const hr_metric_view *view, const char *const *labels,
               const void *thing, hr_metric_text *text)
{
    const hr_stats_histogram *histogram =
        *(const hr_stats_histogram *const *)metric_at(metric, thing);

    (void)view;
    if (histogram != NULL) {
        hr_metric_text_histogram(text, labels, histogram->counts, histogram->sum_us);
    }
}

/* ---- readers: of one metric each --------------------------------------------------------------
 */

/* The labels of a thing and n more behind those of its scope. */
static const char *const *
labels_with(const char *const *labels, hr_metric_scope scope, const char **out,
            const char *const *more, size_t n)
{
    size_t own = 0;

    for (const char *s = hr_metric_scope_labels(scope); *s != '\0'; own++) {
        s += strcspn(s, ",");
        s += *s == ',' ? 1 : 0;
    }
    for (size_t i = 0; i < own; i++) {
        out[i] = labels[i];
    }
    for (size_t i = 0; i < n; i++) {
        out[own + i] = more[i];
    }
    return out;
}

static void
read_build(const hr_metric *metric, const hr_metric_view *view, const char *const *labels,
           const void *thing, hr_metric_text *text)
{
    (void)labels;
    (void)thing;
    metric_add(metric, &view->stats->version, 1, text);
}

static void
read_partitions_omitted(const hr_metric *metric, const hr_metric_view *view,
                        const char *const *labels, const void *thing, hr_metric_text *text)
{
    (void)thing;
    metric_add(metric, labels, (double)view->partitions_omitted, text);
}

static void
read_topology_info(const hr_metric *metric, const hr_metric_view *view, const char *const *labels,
                   const void *thing, hr_metric_text *text)
{
    const hr_stats_run *run = thing;
    const char *all[LABELS_MAX];

    (void)view;
    metric_add(
        metric,
        labels_with(labels, metric->scope, all, (const char *[]){run->group, run->guarantee}, 2), 1,
        text);
}

/* One value per state, so that an alert can name the state that it waits for. */
static void
read_topology_state(const hr_metric *metric, const hr_metric_view *view, const char *const *labels,
                    const void *thing, hr_metric_text *text)
{
    static const char *const states[] = {"starting", "running", "draining", "failed", "ended"};
    const hr_stats_run *run = thing;
    const char *all[LABELS_MAX];

    (void)view;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        metric_add(metric, labels_with(labels, metric->scope, all, &states[i], 1),
                   strcmp(run->state, states[i]) == 0 ? 1 : 0, text);
    }
}

static void
read_failures(const hr_metric *metric, const hr_metric_view *view, const char *const *labels,
              const void *thing, hr_metric_text *text)
{
    const hr_stats_run *run = thing;
    const char *all[LABELS_MAX];

    (void)view;
    for (size_t i = 0; i < run->n_failures; i++) {
        const hr_stats_failure *f = &run->failures[i];

        metric_add(metric,
                   labels_with(labels, metric->scope, all,
                               (const char *[]){f->node, f->code, f->action}, 3),
                   (double)f->n, text);
    }
}

static void
read_sink_errors(const hr_metric *metric, const hr_metric_view *view, const char *const *labels,
                 const void *thing, hr_metric_text *text)
{
    const hr_stats_node *node = thing;
    const char *all[LABELS_MAX];

    (void)view;
    metric_add(metric, labels_with(labels, metric->scope, all, (const char *[]){"retried"}, 1),
               (double)node->retries, text);
    metric_add(metric, labels_with(labels, metric->scope, all, (const char *[]){"refused"}, 1),
               (double)node->refused, text);
}

/* ---- the table ---------------------------------------------------------------------------------
 */

#define PROCESS(r, member) HR_SCOPE_PROCESS, r, offsetof(hr_metric_view, member)
#define TOPOLOGY(r, member) HR_SCOPE_TOPOLOGY, r, offsetof(hr_stats_run, member)
#define NODE(r, member) HR_SCOPE_NODE, r, offsetof(hr_stats_node, member)
#define SINK(r, member) HR_SCOPE_SINK, r, offsetof(hr_stats_node, member)
#define TABLE(r, member) HR_SCOPE_TABLE, r, offsetof(hr_stats_node, member)
#define PARTITION(r, member) HR_SCOPE_PARTITION, r, offsetof(hr_stats_partition, member)
#define MEMORY(r, member) HR_SCOPE_MEMORY, r, offsetof(hr_stats_memory, member)

/* clang-format off */
const hr_metric hr_metric_table[] = {
    {{"build_info", "", "version", "Always 1; the label names the version of headrace.", HR_METRIC_GAUGE},
     HR_SCOPE_PROCESS, read_build, 0, 0},
    {{"partitions_omitted", "partitions", "", "Partitions that are left out of this text, which has room for 4,096.", HR_METRIC_GAUGE},
     HR_SCOPE_PROCESS, read_partitions_omitted, 0, 0},
    {{"process_cpu_seconds_total", "seconds", "", "Processor time that the process has used, in user and kernel mode.", HR_METRIC_COUNTER},
     PROCESS(read_real, process.cpu_seconds), 0},
    {{"process_resident_memory_bytes", "bytes", "", "Memory of the process that is in use.", HR_METRIC_GAUGE},
     PROCESS(read_known, process.resident_bytes), 0},
    {{"process_open_fds", "files", "", "Open files and sockets.", HR_METRIC_GAUGE},
     PROCESS(read_known, process.open_fds), 0},
    {{"process_max_fds", "files", "", "How many files and sockets may be open; absent without a limit.", HR_METRIC_GAUGE},
     PROCESS(read_known, process.max_fds), 0},
    {{"process_threads", "threads", "", "Threads of the process.", HR_METRIC_GAUGE},
     PROCESS(read_known, process.threads), 0},
    {{"process_start_time_seconds", "seconds", "", "When the process was started, since 1970.", HR_METRIC_GAUGE},
     PROCESS(read_real, process.start_seconds), 0},

    {{"topology_info", "", "group,guarantee", "Always 1; the labels name the consumer group and the guarantee.", HR_METRIC_GAUGE},
     HR_SCOPE_TOPOLOGY, read_topology_info, 0, 0},
    {{"topology_state", "", "state", "1 for the state that the topology is in, 0 for the others.", HR_METRIC_GAUGE},
     HR_SCOPE_TOPOLOGY, read_topology_state, 0, 0},
    {{"topology_threads", "threads", "", "Stream threads.", HR_METRIC_GAUGE},
     TOPOLOGY(read_size, threads), 0},
    {{"records_done_total", "records", "", "Records that are done: acknowledged by every sink that they reached, dropped on purpose, or dead letters.", HR_METRIC_COUNTER},
     TOPOLOGY(read_count, records_done), 0},
    {{"batches_total", "batches", "", "Batches of records that were taken in.", HR_METRIC_COUNTER},
     TOPOLOGY(read_count, batches), 0},
    {{"dead_letters_total", "records", "", "Records that became dead letters.", HR_METRIC_COUNTER},
     TOPOLOGY(read_count, dead_letters), 0},
    {{"skipped_total", "records", "", "Failed records that were left out, as on_error says.", HR_METRIC_COUNTER},
     TOPOLOGY(read_count, skipped), 0},
    {{"failures_total", "records", "node,code,action", "Records that failed, by where, why, and what became of them: dead_letter, skip or fail.", HR_METRIC_COUNTER},
     HR_SCOPE_TOPOLOGY, read_failures, 0, 0},
    {{"rewinds_total", "rewinds", "", "Times that a partition was read again from its last finished record, after trouble.", HR_METRIC_COUNTER},
     TOPOLOGY(read_count, rewinds), 0},
    {{"rebalances_total", "rebalances", "", "Times that the group took partitions away from this process, to share them out anew.", HR_METRIC_COUNTER},
     TOPOLOGY(read_count, rebalances), 0},
    {{"commits_total", "commits", "", "Commits of consumed offsets.", HR_METRIC_COUNTER},
     TOPOLOGY(read_count, commits), 0},
    {{"commit_failures_total", "commits", "", "Commits that failed; the next one covers what they left out.", HR_METRIC_COUNTER},
     TOPOLOGY(read_count, commit_failures), 0},
    {{"commit_latency_seconds", "seconds", "", "From sending a commit to its answer.", HR_METRIC_HISTOGRAM},
     TOPOLOGY(read_histogram, commit_latency), 0},
    {{"acknowledge_latency_seconds", "seconds", "", "From taking a record in to its being done.", HR_METRIC_HISTOGRAM},
     TOPOLOGY(read_histogram, latency), 0},
    {{"end_to_end_latency_seconds", "seconds", "", "From the timestamp of a record, by its producer's clock, to its being done.", HR_METRIC_HISTOGRAM},
     TOPOLOGY(read_histogram, end_to_end), 0},
    {{"backpressure_seconds_total", "seconds", "", "Time that tasks waited for a sink to have room, over all sinks.", HR_METRIC_COUNTER},
     TOPOLOGY(read_count, backpressure_us), 1e-6},
    {{"lag_records", "records", "", "Records between what is done and the end of the partitions, as far as known.", HR_METRIC_GAUGE},
     TOPOLOGY(read_count, lag), 0},

    {{"node_records_in_total", "records", "", "Records that reached the node; of a source: that it took in; of an endpoint: requests.", HR_METRIC_COUNTER},
     NODE(read_count, in), 0},
    {{"node_records_out_total", "records", "", "Records that left it: decoded by a source, emitted by a step, acknowledged to a sink; answers of an endpoint.", HR_METRIC_COUNTER},
     NODE(read_count, out), 0},
    {{"node_records_dropped_total", "records", "", "Records that ended here on purpose, as in a filter.", HR_METRIC_COUNTER},
     NODE(read_count, dropped), 0},
    {{"node_records_failed_total", "records", "", "Records that could not be used here and became dead letters, were skipped or stopped their task; of an endpoint: answers with a status of 500 or more.", HR_METRIC_COUNTER},
     NODE(read_count, failed), 0},
    {{"node_bytes_total", "bytes", "", "Bytes of the values that a source took in or a sink handed on, and of the bodies that an endpoint answered; 0 for others.", HR_METRIC_COUNTER},
     NODE(read_count, bytes), 0},
    {{"node_processing_seconds_total", "seconds", "", "Time spent in the node: decoding in a source, the operator in a step, encoding and handing on in a sink.", HR_METRIC_COUNTER},
     NODE(read_count, processing_ns), 1e-9},
    {{"node_ready", "", "", "1 when the node has what it needs: its server, its table.", HR_METRIC_GAUGE},
     NODE(read_flag, ready), 0},

    {{"sink_latency_seconds", "seconds", "", "From taking a record in to its acknowledgement by this sink.", HR_METRIC_HISTOGRAM},
     SINK(read_histogram, latency), 0},
    {{"sink_errors_total", "records", "error", "Outputs that came back: to be sent again (retried), or for good (refused).", HR_METRIC_COUNTER},
     HR_SCOPE_SINK, read_sink_errors, 0, 0},
    {{"sink_backpressure_seconds_total", "seconds", "", "Time that tasks waited for this sink to have room.", HR_METRIC_COUNTER},
     SINK(read_count, backpressure_us), 1e-6},

    {{"table_rows", "rows", "", "Rows of the table that look-ups see.", HR_METRIC_GAUGE},
     TABLE(read_count, rows), 0},
    {{"table_bytes", "bytes", "", "Memory that the rows take.", HR_METRIC_GAUGE},
     TABLE(read_count, table_bytes), 0},
    {{"table_ready", "", "", "1 once the table was loaded.", HR_METRIC_GAUGE},
     TABLE(read_flag, ready), 0},
    {{"table_age_seconds", "seconds", "", "Time since the rows were last changed or loaded anew; absent before.", HR_METRIC_GAUGE},
     TABLE(read_age, published_ms), 0},
    {{"table_snapshots_total", "snapshots", "", "Times that rows were changed or loaded anew.", HR_METRIC_COUNTER},
     TABLE(read_count, published), 0},
    {{"table_rejected_total", "reloads", "", "Reloads that were not taken; look-ups go on with what there was.", HR_METRIC_COUNTER},
     TABLE(read_count, rejected), 0},
    {{"table_skipped_total", "records", "", "Records of a compacted topic that could not be used as rows.", HR_METRIC_COUNTER},
     TABLE(read_count, skipped), 0},

    {{"endpoint_latency_seconds", "seconds", "", "From the request, whole, to its answer.", HR_METRIC_HISTOGRAM},
     HR_SCOPE_ENDPOINT, read_histogram, offsetof(hr_stats_node, latency), 0},

    {{"partition_lag_records", "records", "", "Records between what is done and the end of the partition.", HR_METRIC_GAUGE},
     PARTITION(read_known, lag), 0},
    {{"partition_committed_offset", "", "", "The group would go on here after a crash.", HR_METRIC_GAUGE},
     PARTITION(read_known, committed), 0},
    {{"partition_position_offset", "", "", "The next record to take in.", HR_METRIC_GAUGE},
     PARTITION(read_known, position), 0},
    {{"partition_end_offset", "", "", "The end of the partition, as known last.", HR_METRIC_GAUGE},
     PARTITION(read_known, end), 0},

    {{"memory_bytes", "bytes", "", "Memory in use by what it is given to.", HR_METRIC_GAUGE},
     MEMORY(read_count, bytes), 0},
    {{"memory_limit_bytes", "bytes", "", "How much of it that may take; 0: no limit of its own.", HR_METRIC_GAUGE},
     MEMORY(read_count, limit), 0},
};
/* clang-format on */

const size_t hr_metric_table_n = sizeof hr_metric_table / sizeof hr_metric_table[0];

const char *
hr_metric_scope_labels(hr_metric_scope scope)
{
    static const char *const labels[HR_SCOPES] = {
        [HR_SCOPE_PROCESS] = "",
        [HR_SCOPE_TOPOLOGY] = "topology",
        [HR_SCOPE_NODE] = "topology,node,kind",
        [HR_SCOPE_SINK] = "topology,node",
        [HR_SCOPE_TABLE] = "topology,node",
        [HR_SCOPE_ENDPOINT] = "topology,node",
        [HR_SCOPE_PARTITION] = "topology,source,topic,partition",
        [HR_SCOPE_MEMORY] = "topology,budget",
    };

    return labels[scope];
}

const char *
hr_metric_scope_title(hr_metric_scope scope)
{
    static const char *const titles[HR_SCOPES] = {
        [HR_SCOPE_PROCESS] = "The process",
        [HR_SCOPE_TOPOLOGY] = "Topologies",
        [HR_SCOPE_NODE] = "Nodes: sources, steps, sinks, tables, endpoints, dead letters",
        [HR_SCOPE_SINK] = "Sinks, and dead letters",
        [HR_SCOPE_TABLE] = "Tables",
        [HR_SCOPE_ENDPOINT] = "Endpoints",
        [HR_SCOPE_PARTITION] = "Partitions that are assigned to this process",
        [HR_SCOPE_MEMORY] = "Memory",
    };

    return titles[scope];
}

const hr_metric_desc *
hr_metric_of_operators(size_t i, const char **op)
{
    hr_type_info info;

    for (size_t t = 0; hr_registry_at(HR_NODE_STEP, t, &info); t++) {
        const hr_metric_desc *own = ((const hr_op_type *)info.type)->metric_table;

        for (; own != NULL && own->name != NULL; own++) {
            if (i-- == 0) {
                *op = info.name;
                return own;
            }
        }
    }
    for (const hr_metric_desc *own = hr_endpoint_metric_table; own->name != NULL; own++) {
        if (i-- == 0) {
            *op = "endpoints";
            return own;
        }
    }
    return NULL;
}
