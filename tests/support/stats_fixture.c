/* SPDX-License-Identifier: Apache-2.0 */
#include "stats_fixture.h"
#include "hr_operator.h"
#include "hr_registry.h"

static const char *const fixture_from[] = {"requests"};

static void
fixture_nodes(stats_fixture *f)
{
    hr_stats_node *n = f->nodes;

    n[0] = (hr_stats_node){.name = "requests",
                           .kind = "source",
                           .type = "kafka",
                           .connection = "kafka",
                           .armed = true,
                           .ready = true,
                           .in = 12,
                           .out = 11,
                           .failed = 1,
                           .bytes = 3456,
                           .processing_ns = 2500000};
    n[1] = (hr_stats_node){.name = "distances",
                           .kind = "table",
                           .type = "file",
                           .armed = true,
                           .ready = true,
                           .rows = 4095,
                           .table_bytes = 1000000,
                           .published = 1,
                           .rejected = 2,
                           .skipped = 3,
                           .published_ms = 1700000000000 - 1500};
    n[2] = (hr_stats_node){.name = "classify",
                           .kind = "step",
                           .type = "predict",
                           .from = fixture_from,
                           .n_from = 1,
                           .armed = true,
                           .ready = true,
                           .in = 11,
                           .out = 10,
                           .dropped = 1,
                           .metrics = f->metrics,
                           .n_metrics = 2};
    n[3] = (hr_stats_node){.name = "answers",
                           .kind = "sink",
                           .type = "kafka",
                           .connection = "kafka",
                           .from = fixture_from,
                           .n_from = 1,
                           .armed = true,
                           .trouble = "broker \"away\"\n",
                           .trouble_ms = 1000,
                           .in = 10,
                           .out = 9,
                           .retries = 4,
                           .refused = 5,
                           .backpressure_us = 1500000,
                           .latency = &f->latency};
    n[4] = (hr_stats_node){
        .name = "unused", .kind = "sink", .type = "mongo", .from = fixture_from, .n_from = 1};
    n[5] = (hr_stats_node){.name = "dead_letters",
                           .kind = "dead_letters",
                           .type = "kafka",
                           .armed = true,
                           .ready = true,
                           .in = 1,
                           .out = 1,
                           .latency = &f->latency};
}

static void
fixture_metrics(stats_fixture *f)
{
    hr_type_info info;
    const hr_metric_desc *table;

    hr_registry_find(HR_NODE_STEP, "predict", &info);
    table = ((const hr_op_type *)info.type)->metric_table;
    f->metrics[0] = (hr_stats_metric){&table[0], {"flight\\delay", "0123456789ab"}, 1};
    f->metrics[1] = (hr_stats_metric){&table[1], {"Carrier"}, 2};
}

stats_fixture *
stats_fixture_make(void)
{
    static stats_fixture f;
    static const char *const waiting[] = {"sink answers: broker \"away\""};

    f = (stats_fixture){0};
    f.latency.counts[20] = 3; /* 20 us */
    f.latency.total = 3;
    f.latency.sum_us = 60;
    fixture_metrics(&f);
    fixture_nodes(&f);
    f.partitions[0] = (hr_stats_partition){"requests", "t\"1", 0, 0, 12, 11, 12, 1};
    f.partitions[1] = (hr_stats_partition){"requests", "t\"1", 1, 1, -1, -1, -1, -1};
    f.memory[0] = (hr_stats_memory){"prefetch", 100, 67108864};
    f.letters[0] =
        (hr_stats_letter){1699999999999, "t\"1", 0, 7, "requests", "decode", "invalid JSON"};
    f.failures[0] = (hr_stats_failure){"requests", "decode", "dead_letter", 1};
    f.turned_ago_ms[0] = 20;
    f.turned_ago_ms[1] = -1;
    f.run = (hr_stats_run){.name = "flights",
                           .file = "flights.yaml",
                           .group = "flights",
                           .guarantee = "at-least-once",
                           .state = "running",
                           .waiting_for = waiting,
                           .n_waiting_for = 1,
                           .threads = 2,
                           .turned_ago_ms = f.turned_ago_ms,
                           .nodes = f.nodes,
                           .n_nodes = 6,
                           .partitions = f.partitions,
                           .n_partitions = 2,
                           .latency = &f.latency,
                           .latency_recent = &f.latency,
                           .end_to_end = &f.latency,
                           .commit_latency = &f.latency,
                           .dead_letters = 1,
                           .commits = 6,
                           .batches = 5,
                           .records_done = 11,
                           .backpressure_us = 1500000,
                           .lag = 1,
                           .memory = f.memory,
                           .n_memory = 1,
                           .letters = f.letters,
                           .n_letters = 1,
                           .failures = f.failures,
                           .n_failures = 1};
    f.stats = (hr_stats){.version = "0.1.0",
                         .time_ms = 1700000000000,
                         .started_ms = 1600000000000,
                         .runs = &f.run,
                         .n_runs = 1};
    return &f;
}
