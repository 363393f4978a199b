/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/demo_view.h"
#include "cli/demo_flights.h"
#include "engine/clock.h"
#include "engine/metrics.h"
#include "kafka/consumer.h"
#include "kafka/reader.h"
#include "model/model.h"
#include "codec/json_walk.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TABLE_ROWS 14
#define DRAW_MS 200
#define READ_MS 50

typedef struct demo_answer {
    const hr_flight *flight;
    int64_t predicted;
    double latency_ms;
} demo_answer;

struct hr_demo_view {
    hr_demo_view_conf conf;
    hr_flights *flights;
    hr_model *model;
    hr_kafka_reader *reader;
    pthread_t thread;
    atomic_bool stop, ready;

    demo_answer last[TABLE_ROWS]; /* the newest behind `next` */
    size_t next;
    uint64_t answers, known, hits;
    hr_histogram latency;
    int64_t drawn_ms, started_ms;
    int drawn; /* lines; 0: nothing yet */
};

static const char *
view_class(const hr_demo_view *view, int64_t label)
{
    for (size_t i = 0; i < hr_model_class_count(view->model); i++) {
        if (hr_model_class_int(view->model, i) == label) {
            const char *name = hr_model_class_name(view->model, i);

            return name != NULL ? name : "?";
        }
    }
    return "?";
}

static double
view_quantile_ms(const hr_demo_view *view, double q)
{
    uint64_t counts[HR_HISTOGRAM_BUCKETS] = {0};

    hr_histogram_sum(&view->latency, counts);
    return (double)hr_histogram_quantile(counts, q) / 1000;
}

static void
view_print_row(const hr_demo_view *view, const demo_answer *a, const char *end)
{
    const hr_flight *f = a->flight;
    bool hit = f->actual == a->predicted;

    printf("%-10s  %-7s  %s-%s  %+6.0f min   %-13s  %-13s  %s%s", f->date, f->number, f->origin,
           f->dest, f->dep_delay, view_class(view, a->predicted), view_class(view, f->actual),
           hit ? "hit " : "miss", end);
}

static void
view_print_totals(const hr_demo_view *view, const char *end)
{
    printf("%" PRIu64 " answers, %" PRIu64 " right (%.1f %%), latency p50 %.1f ms, p99 %.1f ms%s",
           view->answers, view->hits,
           view->known > 0 ? 100.0 * (double)view->hits / (double)view->known : 0.0,
           view_quantile_ms(view, 0.50), view_quantile_ms(view, 0.99), end);
}

#define VIEW_HEAD "date        flight   route    departed     predicted      really         "

/* Returns the number of lines. */
static int
view_print_title(const hr_demo_view *view, const char *end)
{
    int lines = 1;

    printf("headrace demo: real flights, an embedded broker at %s%s", view->conf.bootstrap, end);
    if (view->conf.page != NULL) {
        printf("ask about a flight: %s%s", view->conf.page, end);
        lines++;
    }
    if (view->conf.live != NULL) {
        printf("watch it at work:   %s%s", view->conf.live, end);
        lines++;
    }
    return lines;
}

static void
view_draw_table(hr_demo_view *view)
{
    if (view->drawn > 0) {
        printf("\x1b[%dA", view->drawn);
    }
    view->drawn = TABLE_ROWS + 3 + view_print_title(view, "\x1b[K\n");
    fputs("\x1b[K\n", stdout);
    printf("\x1b[1m%s\x1b[0m\x1b[K\n", VIEW_HEAD);
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        const demo_answer *a = &view->last[(view->next + i) % TABLE_ROWS];

        if (a->flight != NULL) {
            view_print_row(view, a, "\x1b[K\n");
        } else {
            fputs("\x1b[K\n", stdout);
        }
    }
    view_print_totals(view, "\x1b[K\n");
    fflush(stdout);
}

/* A field of an answer, e.g. UUID or Prediction; false if it is not there. */
static bool
view_field(hr_span value, const char *name, hr_span *out)
{
    hr_json_iter iter;
    hr_json_member member;

    if (!hr_json_iter_init(&iter, value)) {
        return false;
    }
    while (hr_json_next(&iter, &member) == 1) {
        if (hr_span_eq(member.name_raw, hr_span_str(name))) {
            *out = member.raw;
            return true;
        }
    }
    return false;
}

/* The answer keeps the request's timestamp, so its age now is the latency from the asking to us. */
static void
view_take(hr_demo_view *view, const hr_record *record)
{
    demo_answer a = {0};
    hr_span prediction;
    int64_t age_us = hr_clock_wall_us() - record->timestamp_ms * 1000;

    a.flight = hr_flights_find(view->flights, record->key);
    if (a.flight == NULL || !view_field(record->value, "Prediction", &prediction) ||
        !hr_json_int(prediction, &a.predicted)) {
        return;
    }
    view->answers++;
    if (a.flight->actual >= 0) {
        view->known++;
        view->hits += a.flight->actual == a.predicted ? 1 : 0;
    }
    hr_histogram_add(&view->latency, age_us > 0 ? (uint64_t)age_us : 0, 1);
    view->last[view->next] = a;
    view->next = (view->next + 1) % TABLE_ROWS;
    if (!view->conf.table) {
        view_print_row(view, &a, "\n");
        fflush(stdout);
    }
}

/* The topic may not exist in the first moment. */
static bool
view_open(hr_demo_view *view)
{
    hr_error err = {0};

    while (!atomic_load(&view->stop)) {
        struct timespec pause = {0, 50 * 1000 * 1000};

        if (hr_kafka_reader_open(view->reader, true, 2000, &err) == HR_OK) {
            atomic_store(&view->ready, true);
            return true;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}

static void *
view_main(void *arg)
{
    hr_demo_view *view = arg;
    hr_record records[64];
    hr_error err = {0};

    if (!view_open(view)) {
        return NULL;
    }
    while (!atomic_load(&view->stop)) {
        size_t n = hr_kafka_reader_read(view->reader, records, 64, READ_MS, &err);

        for (size_t i = 0; i < n; i++) {
            view_take(view, &records[i]);
        }
        hr_kafka_records_release(records, n);
        if (view->conf.table && hr_clock_ms() - view->drawn_ms >= DRAW_MS) {
            view_draw_table(view);
            view->drawn_ms = hr_clock_ms();
        }
    }
    return NULL;
}

static void
view_free(hr_demo_view *view)
{
    hr_kafka_reader_destroy(view->reader);
    hr_model_unref(view->model);
    hr_flights_destroy(view->flights);
    free(view);
}

hr_demo_view *
hr_demo_view_start(const hr_demo_view_conf *conf, hr_error *err)
{
    hr_demo_view *view = calloc(1, sizeof *view);

    if (view == NULL) {
        hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        return NULL;
    }
    view->conf = *conf;
    view->started_ms = hr_clock_ms();
    view->flights = hr_flights_load(conf->requests_path, conf->outcomes_path, err);
    if (view->flights == NULL ||
        hr_model_load(conf->model_path, NULL, &view->model, err) != HR_OK ||
        (view->reader = hr_kafka_reader_create(conf->connection, "headrace-demo", conf->topic,
                                               1024 * 1024, err)) == NULL) {
        view_free(view);
        return NULL;
    }
    if (!conf->table) {
        view_print_title(view, "\n");
        printf("%s\n", VIEW_HEAD);
        fflush(stdout);
    }
    if (pthread_create(&view->thread, NULL, view_main, view) != 0) {
        hr_fail(err, HR_EFATAL, HR_NO_LOC, "no thread for the view");
        view_free(view);
        return NULL;
    }
    return view;
}

bool
hr_demo_view_ready(const hr_demo_view *view)
{
    return atomic_load(&view->ready);
}

uint64_t
hr_demo_view_stop(hr_demo_view *view)
{
    uint64_t answers;

    if (view == NULL) {
        return 0;
    }
    atomic_store(&view->stop, true);
    pthread_join(view->thread, NULL);
    if (view->conf.table) {
        view_draw_table(view);
    }
    printf("summary: ");
    view_print_totals(view, "");
    printf(", %.1f s\n", (double)(hr_clock_ms() - view->started_ms) / 1000);
    fflush(stdout);
    answers = view->answers;
    view_free(view);
    return answers;
}
