/* SPDX-License-Identifier: Apache-2.0 */
#include "live/top_frame.h"
#include "live/figures.h"

#include <stdio.h>
#include <time.h>

#define PARTITIONS_MAX 12
#define PLACE_COLUMNS 15
#define KIND_COLUMNS 20
#define LETTERS_MAX 5
#define NAME_COLUMNS_MAX 32

/* One topology, now and before; seconds 0: there are no rates. */
typedef struct frame {
    hr_lines *lines;
    const json_t *now, *before;
    double seconds;
} frame;

/* ---- rates ----------------------------------------------------------------------------------- */

static double
frame_seconds(const json_t *now, const json_t *before)
{
    double ms = hr_answer_number(now, "time_ms") - hr_answer_number(before, "time_ms");

    return before != NULL && ms > 0 &&
                   hr_answer_number(now, "started_ms") == hr_answer_number(before, "started_ms")
               ? ms / 1000
               : 0;
}

static double
frame_rate(const frame *f, double now, double before)
{
    return f->seconds > 0 && before >= 0 && now >= before ? (now - before) / f->seconds
                                                          : HR_FIGURE_UNKNOWN;
}

/* The item of a list that has the same texts under two names. NULL: none. */
static const json_t *
frame_find(const json_t *list, const json_t *like, const char *first, const char *second)
{
    size_t i;
    const json_t *item;

    json_array_foreach(list, i, item)
    {
        if (strcmp(hr_answer_text(item, first), hr_answer_text(like, first)) == 0 &&
            strcmp(hr_answer_text(item, second), hr_answer_text(like, second)) == 0) {
            return item;
        }
    }
    return NULL;
}

static bool
node_is(const json_t *node, const char *kind)
{
    return strcmp(hr_answer_text(node, "kind"), kind) == 0;
}

/* Sum of a number over the nodes of a kind; kind NULL: all but the dead letters. */
static double
frame_sum(const json_t *topology, const char *kind, const char *number)
{
    const json_t *node;
    double sum = 0;
    size_t i;

    json_array_foreach(hr_answer_list(topology, "nodes"), i, node)
    {
        double value = hr_answer_number(node, number);

        if (value > 0 && (kind != NULL ? node_is(node, kind) : !node_is(node, "dead_letters"))) {
            sum += value;
        }
    }
    return sum;
}

static double
frame_sum_rate(const frame *f, const char *kind, const char *number)
{
    return f->before == NULL
               ? HR_FIGURE_UNKNOWN
               : frame_rate(f, frame_sum(f->now, kind, number), frame_sum(f->before, kind, number));
}

static double
frame_lag(const json_t *topology, const char *source)
{
    const json_t *partition;
    double lag = 0;
    size_t i;

    json_array_foreach(hr_answer_list(topology, "partitions"), i, partition)
    {
        double its = hr_answer_number(partition, "lag");

        if (its > 0 &&
            (source == NULL || strcmp(hr_answer_text(partition, "source"), source) == 0)) {
            lag += its;
        }
    }
    return lag;
}

/* ---- the head -------------------------------------------------------------------------------- */

static void
frame_word(hr_lines *lines, const char *label, hr_look look, const char *value)
{
    hr_lines_text(lines, HR_LOOK_DIM, label, 0);
    hr_lines_text(lines, HR_LOOK_PLAIN, " ", 0);
    hr_lines_text(lines, look, value, 0);
    hr_lines_text(lines, HR_LOOK_PLAIN, "   ", 0);
}

static void
frame_clock(double time_ms, char out[16])
{
    time_t seconds = time_ms > 0 && time_ms < 1e15 ? (time_t)(time_ms / 1000) : 0;
    struct tm tm;

    if (localtime_r(&seconds, &tm) == NULL || strftime(out, 16, "%H:%M:%S", &tm) == 0) {
        out[0] = '\0';
    }
}

static void
frame_process(hr_lines *lines, const char *url, const json_t *now)
{
    char age[HR_FIGURE_MAX], clock[16];
    double time_ms = hr_answer_number(now, "time_ms");
    double up_ms = time_ms - hr_answer_number(now, "started_ms");
    bool ready = hr_answer_true(now, "ready");

    frame_clock(time_ms, clock);
    hr_figure_age(up_ms >= 0 && up_ms < 1e15 ? (int64_t)up_ms : -1, age);
    hr_lines_printf(lines, HR_LOOK_BOLD, "headrace %s", hr_answer_text(now, "version"));
    hr_lines_printf(lines, HR_LOOK_PLAIN, "   %s   up %s   %s   ", url, age, clock);
    hr_lines_text(lines, ready ? HR_LOOK_NEW : HR_LOOK_BAD, ready ? "ready" : "not ready", 0);
    hr_lines_end(lines);
}

static void
frame_waits(hr_lines *lines, const json_t *topology)
{
    const json_t *item;
    size_t i;

    json_array_foreach(hr_answer_list(topology, "waiting_for"), i, item)
    {
        hr_lines_text(lines, HR_LOOK_PLAIN, i == 0 ? "not ready: " : ", ", 0);
        hr_lines_text(lines, HR_LOOK_PLAIN, json_is_string(item) ? json_string_value(item) : "?",
                      0);
    }
    if (i > 0) {
        hr_lines_end(lines);
    }
}

static void
frame_title(const frame *f)
{
    const char *state = hr_answer_text(f->now, "state");
    const char *failure = hr_answer_text(f->now, "failure");
    hr_lines *lines = f->lines;

    hr_lines_text(lines, HR_LOOK_BOLD, hr_answer_text(f->now, "name"), 0);
    hr_lines_text(lines, HR_LOOK_PLAIN, "   ", 0);
    hr_lines_text(lines, strcmp(state, "failed") == 0 ? HR_LOOK_BAD : HR_LOOK_PLAIN, state, 0);
    hr_lines_printf(lines, HR_LOOK_DIM, "   %s   group %s", hr_answer_text(f->now, "guarantee"),
                    hr_answer_text(f->now, "group"));
    hr_lines_end(lines);
    frame_waits(lines, f->now);
    if (failure[0] != '\0') {
        hr_lines_text(lines, HR_LOOK_BAD, failure, 0);
        hr_lines_end(lines);
    }
}

static const char *
frame_latency(const json_t *topology, const char *which, const char *quantile,
              char out[HR_FIGURE_MAX])
{
    const json_t *latency = hr_answer_object(topology, which);
    double us = hr_answer_number(latency, "count") > 0 ? hr_answer_number(latency, quantile)
                                                       : HR_FIGURE_UNKNOWN;

    return hr_figure_nanoseconds(us * 1000, out);
}

static void
frame_figures(const frame *f)
{
    hr_lines *lines = f->lines;
    char text[HR_FIGURE_MAX];
    double failed = frame_sum_rate(f, NULL, "failed");

    frame_word(lines, "in", HR_LOOK_BOLD, hr_figure_rate(frame_sum_rate(f, "source", "in"), text));
    frame_word(lines, "written", HR_LOOK_BOLD,
               hr_figure_rate(frame_sum_rate(f, "sink", "out"), text));
    frame_word(lines, "failed", failed > 0 ? HR_LOOK_BAD : HR_LOOK_BOLD,
               hr_figure_rate(failed, text));
    frame_word(lines, "lag", HR_LOOK_BOLD, hr_figure_count(frame_lag(f->now, NULL), text));
    frame_word(lines, "p50", HR_LOOK_BOLD, frame_latency(f->now, "latency_recent_us", "p50", text));
    frame_word(lines, "p99", HR_LOOK_BOLD, frame_latency(f->now, "latency_recent_us", "p99", text));
    frame_word(lines, "since start p99", HR_LOOK_PLAIN,
               frame_latency(f->now, "latency_us", "p99", text));
    hr_lines_end(lines);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

typedef struct node_cell {
    const char *title;
    size_t columns;
} node_cell;

static const node_cell node_cells[] = {{"IN/S", 9},     {"OUT/S", 9},  {"IN", 13},
                                       {"DROPPED", 11}, {"FAILED", 9}, {"PER RECORD", 12}};

static const char *
node_name(const json_t *node)
{
    return node_is(node, "dead_letters") ? "dead letters" : hr_answer_text(node, "name");
}

static size_t
frame_name_columns(const frame *f)
{
    size_t most = 4;
    const json_t *node;
    size_t i;

    json_array_foreach(hr_answer_list(f->now, "nodes"), i, node)
    {
        size_t columns = hr_lines_columns(node_name(node));

        most = columns > most ? columns : most;
    }
    return most < NAME_COLUMNS_MAX ? most : NAME_COLUMNS_MAX;
}

/* Time in the node per record: lately, or since the start where nothing came lately. */
static double
node_per_record(const frame *f, const json_t *node, const json_t *before)
{
    double records = hr_answer_number(node, "in");
    double ns = hr_answer_number(node, "processing_ns");
    double lately = records - hr_answer_number(before, "in");

    if (ns <= 0 || records <= 0) {
        return HR_FIGURE_UNKNOWN;
    }
    if (before != NULL && f->seconds > 0 && lately > 0) {
        return (ns - hr_answer_number(before, "processing_ns")) / lately;
    }
    return ns / records;
}

static void
node_number(hr_lines *lines, size_t cell, hr_look look, const char *text)
{
    hr_lines_cell(lines, look, strcmp(text, "-") == 0 ? "" : text, node_cells[cell].columns, true);
}

static void
frame_node_numbers(const frame *f, const json_t *node, const json_t *before)
{
    hr_lines *lines = f->lines;
    char text[HR_FIGURE_MAX];
    double failed = hr_answer_number(node, "failed");
    bool flows = node_is(node, "source") || node_is(node, "step");
    bool sends = flows || node_is(node, "sink") || node_is(node, "endpoint");

    node_number(
        lines, 0, HR_LOOK_PLAIN,
        hr_figure_rate(frame_rate(f, hr_answer_number(node, "in"), hr_answer_number(before, "in")),
                       text));
    node_number(lines, 1, HR_LOOK_PLAIN,
                sends ? hr_figure_rate(frame_rate(f, hr_answer_number(node, "out"),
                                                  hr_answer_number(before, "out")),
                                       text)
                      : "");
    node_number(lines, 2, HR_LOOK_PLAIN, hr_figure_count(hr_answer_number(node, "in"), text));
    node_number(lines, 3, HR_LOOK_PLAIN,
                flows ? hr_figure_count(hr_answer_number(node, "dropped"), text) : "");
    node_number(lines, 4, failed > 0 ? HR_LOOK_BAD : HR_LOOK_PLAIN,
                sends ? hr_figure_count(failed, text) : "");
    node_number(lines, 5, HR_LOOK_PLAIN,
                hr_figure_nanoseconds(node_per_record(f, node, before), text));
}

static void
frame_node_trouble(const frame *f, const json_t *node)
{
    const char *trouble = hr_answer_text(node, "trouble");

    if (trouble[0] != '\0') {
        hr_lines_text(f->lines, HR_LOOK_BAD, "  ! ", 0);
        hr_lines_text(f->lines, HR_LOOK_BAD, trouble, 0);
        hr_lines_end(f->lines);
    }
}

static void
frame_node(const frame *f, const json_t *node, size_t name_columns)
{
    const json_t *before =
        f->before != NULL ? frame_find(hr_answer_list(f->before, "nodes"), node, "name", "kind")
                          : NULL;
    char kind[64], text[HR_FIGURE_MAX];

    snprintf(kind, sizeof kind, "%s %s", hr_answer_text(node, "type"),
             node_is(node, "dead_letters") ? "" : hr_answer_text(node, "kind"));
    hr_lines_cell(f->lines, HR_LOOK_BOLD, node_name(node), name_columns, false);
    hr_lines_text(f->lines, HR_LOOK_PLAIN, "  ", 0);
    hr_lines_cell(f->lines, HR_LOOK_DIM, kind, KIND_COLUMNS, false);
    if (node_is(node, "table")) {
        hr_figure_count(hr_answer_number(node, "rows"), text);
        hr_lines_cell(f->lines, HR_LOOK_PLAIN, text,
                      node_cells[0].columns + node_cells[1].columns + node_cells[2].columns, true);
        hr_lines_text(f->lines, HR_LOOK_PLAIN, " rows", 0);
    } else if (json_is_false(json_object_get(node, "armed"))) {
        hr_lines_text(f->lines, HR_LOOK_DIM, "  left out of this run", 0);
    } else {
        frame_node_numbers(f, node, before);
    }
    hr_lines_end(f->lines);
    frame_node_trouble(f, node);
}

static void
frame_nodes(const frame *f)
{
    size_t name_columns = frame_name_columns(f);
    const json_t *node;
    size_t i;

    hr_lines_cell(f->lines, HR_LOOK_DIM, "NODE", name_columns + 2, false);
    hr_lines_cell(f->lines, HR_LOOK_DIM, "KIND", KIND_COLUMNS, false);
    for (i = 0; i < sizeof node_cells / sizeof node_cells[0]; i++) {
        hr_lines_cell(f->lines, HR_LOOK_DIM, node_cells[i].title, node_cells[i].columns, true);
    }
    hr_lines_end(f->lines);
    json_array_foreach(hr_answer_list(f->now, "nodes"), i, node)
    {
        frame_node(f, node, name_columns);
    }
}

/* ---- below the nodes ------------------------------------------------------------------------- */

static void
frame_partition(hr_lines *lines, const json_t *partition)
{
    static const char *const numbers[] = {"position", "committed", "end", "lag"};
    char text[HR_FIGURE_MAX], name[160];

    snprintf(name, sizeof name, "%s[%.0f]", hr_answer_text(partition, "topic"),
             hr_answer_number(partition, "partition"));
    hr_lines_cell(lines, HR_LOOK_PLAIN, name, 44, false);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        hr_figure_count(hr_answer_number(partition, numbers[i]), text);
        hr_lines_cell(lines, HR_LOOK_PLAIN, text, PLACE_COLUMNS, true);
    }
    hr_lines_end(lines);
}

static void
frame_partitions(const frame *f)
{
    static const char *const titles[] = {"POSITION", "COMMITTED", "END", "LAG"};
    const json_t *list = hr_answer_list(f->now, "partitions");
    size_t n = json_array_size(list);

    if (n == 0) {
        return;
    }
    hr_lines_end(f->lines);
    hr_lines_cell(f->lines, HR_LOOK_DIM, "PARTITION", 44, false);
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        hr_lines_cell(f->lines, HR_LOOK_DIM, titles[i], PLACE_COLUMNS, true);
    }
    hr_lines_end(f->lines);
    for (size_t i = 0; i < n && i < PARTITIONS_MAX; i++) {
        frame_partition(f->lines, json_array_get(list, i));
    }
    if (n > PARTITIONS_MAX) {
        hr_lines_printf(f->lines, HR_LOOK_DIM, "and %zu more", n - PARTITIONS_MAX);
        hr_lines_end(f->lines);
    }
}

static void
frame_memory(const frame *f)
{
    char bytes[HR_FIGURE_MAX], limit[HR_FIGURE_MAX];
    const json_t *budget;
    size_t i;

    json_array_foreach(hr_answer_list(f->now, "memory"), i, budget)
    {
        double most = hr_answer_number(budget, "limit");

        hr_figure_bytes(hr_answer_number(budget, "bytes"), bytes);
        hr_lines_text(f->lines, HR_LOOK_DIM, i == 0 ? "memory  " : "   ", 0);
        hr_lines_printf(f->lines, HR_LOOK_PLAIN, "%s %s", hr_answer_text(budget, "budget"), bytes);
        if (most > 0) {
            hr_lines_printf(f->lines, HR_LOOK_DIM, " of %s", hr_figure_bytes(most, limit));
        }
    }
    if (i > 0) {
        hr_lines_end(f->lines);
    }
}

static void
frame_counters(const frame *f)
{
    json_t *counters = json_object_get(f->now, "counters");
    char text[HR_FIGURE_MAX];
    const char *name;
    json_t *value;
    bool any = false;

    json_object_foreach(counters, name, value)
    {
        if (json_is_number(value)) {
            hr_lines_text(f->lines, HR_LOOK_DIM, any ? "   " : "counts  ", 0);
            hr_lines_printf(f->lines, HR_LOOK_PLAIN, "%s %s", name,
                            hr_figure_count(json_number_value(value), text));
            any = true;
        }
    }
    if (any) {
        hr_lines_end(f->lines);
    }
}

static void
frame_letters(const frame *f)
{
    const json_t *list = hr_answer_list(f->now, "dead_letters");
    char clock[16];

    if (json_array_size(list) == 0) {
        return;
    }
    hr_lines_end(f->lines);
    hr_lines_text(f->lines, HR_LOOK_DIM, "LAST DEAD LETTERS", 0);
    hr_lines_end(f->lines);
    for (size_t i = 0; i < json_array_size(list) && i < LETTERS_MAX; i++) {
        const json_t *letter = json_array_get(list, i);

        frame_clock(hr_answer_number(letter, "time_ms"), clock);
        hr_lines_printf(f->lines, HR_LOOK_PLAIN, "%s  %s[%.0f]@%.0f  %s  ", clock,
                        hr_answer_text(letter, "topic"), hr_answer_number(letter, "partition"),
                        hr_answer_number(letter, "offset"), hr_answer_text(letter, "node"));
        hr_lines_text(f->lines, HR_LOOK_BAD, hr_answer_text(letter, "code"), 0);
        hr_lines_text(f->lines, HR_LOOK_PLAIN, "  ", 0);
        hr_lines_text(f->lines, HR_LOOK_PLAIN, hr_answer_text(letter, "reason"), 0);
        hr_lines_end(f->lines);
    }
}

static void
frame_topology(const frame *f)
{
    hr_lines_end(f->lines);
    frame_title(f);
    frame_figures(f);
    frame_memory(f);
    frame_counters(f);
    hr_lines_end(f->lines);
    frame_nodes(f);
    frame_partitions(f);
    frame_letters(f);
}

void
hr_top_frame(hr_lines *lines, const char *url, const json_t *now, const json_t *before)
{
    const json_t *topology;
    size_t i;

    frame_process(lines, url, now);
    json_array_foreach(hr_answer_list(now, "topologies"), i, topology)
    {
        frame f = {.lines = lines, .now = topology, .seconds = frame_seconds(now, before)};

        if (before != NULL && f.seconds > 0) {
            f.before = frame_find(hr_answer_list(before, "topologies"), topology, "name", "name");
        }
        frame_topology(&f);
    }
}
