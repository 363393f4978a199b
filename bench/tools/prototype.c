/* SPDX-License-Identifier: Apache-2.0 */
#include "prototype.h"

#include "expr/calendar.h"
#include "flight_request.h"
#include "routes.h"

#include <stdlib.h>
#include <string.h>

enum { GROUPS = BENCH_BATCH / BENCH_LANES, ADDED_MAX = 256 };

typedef struct row {
    bench_request request;
    const bench_route *route;
    uint32_t item; /* the request's place in its batch */
    uint16_t day_of_year, day_of_month, day_of_week;
} row;

struct bench_prototype {
    bench_forest forest;
    bench_routes routes;
    bench_request_names names;
    row rows[BENCH_BATCH];
    float x[GROUPS * BENCH_FEATURES * BENCH_LANES];
    double sums[BENCH_BATCH * BENCH_CLASSES_MAX];
    int64_t labels[BENCH_BATCH];
    char *out;
    size_t room;
    uint64_t failed;
};

static bool
row_calendar(row *r)
{
    hr_civil date;
    int64_t ms, day;

    if (!hr_calendar_parse_date(r->request.date, &ms)) {
        return false;
    }
    day = hr_calendar_day(ms);
    date = hr_calendar_civil(day);
    r->day_of_year = (uint16_t)date.day_of_year;
    r->day_of_month = (uint16_t)date.day;
    r->day_of_week = (uint16_t)(((day + 3) % 7 + 7) % 7 + 1); /* 1970-01-01 was a Thursday */
    return true;
}

static void
row_features(const bench_prototype *p, const row *r, float *x)
{
    x[BENCH_DEP_DELAY * BENCH_LANES] = (float)r->request.dep_delay;
    x[BENCH_DISTANCE * BENCH_LANES] = r->route->distance;
    x[BENCH_DAY_OF_MONTH * BENCH_LANES] = r->day_of_month;
    x[BENCH_DAY_OF_WEEK * BENCH_LANES] = r->day_of_week;
    x[BENCH_DAY_OF_YEAR * BENCH_LANES] = r->day_of_year;
    x[BENCH_CARRIER * BENCH_LANES] =
        bench_code(&p->forest.codes[BENCH_CARRIER], r->request.carrier);
    x[BENCH_ORIGIN * BENCH_LANES] = r->route->origin;
    x[BENCH_DEST * BENCH_LANES] = r->route->dest;
    x[BENCH_ROUTE * BENCH_LANES] = r->route->route;
}

static char *
put(char *to, const void *bytes, size_t n)
{
    memcpy(to, bytes, n);
    return to + n;
}

static char *
put_number(char *to, unsigned value)
{
    char digits[12];
    size_t n = sizeof digits;

    do {
        digits[--n] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return put(to, digits + n, sizeof digits - n);
}

static char *
put_value(char *to, unsigned field, const row *r, int64_t label)
{
    switch (field) {
    case REQUEST_DAY_OF_YEAR:
        return put_number(to, r->day_of_year);
    case REQUEST_DAY_OF_MONTH:
        return put_number(to, r->day_of_month);
    case REQUEST_DAY_OF_WEEK:
        return put_number(to, r->day_of_week);
    case REQUEST_DISTANCE:
        return put(to, r->route->distance_text, r->route->distance_len);
    case REQUEST_ROUTE:
        return put(to, r->route->route_text, r->route->route_len);
    default:
        return put_number(to, (unsigned)label);
    }
}

/* The request with the values in it; returns the length. */
static size_t
row_write(const row *r, int64_t label, const char *text, size_t len, char *out)
{
    static const struct {
        const char *text;
        size_t len;
    } keys[REQUEST_WRITTEN] = {
        {",\"DayOfYear\":", 13}, {",\"DayOfMonth\":", 14}, {",\"DayOfWeek\":", 13},
        {",\"Distance\":", 12},  {",\"Route\":", 9},       {",\"Prediction\":", 14},
    };
    uint32_t from = 0;
    char *to = out;

    for (uint32_t i = 0; i < r->request.n_places; i++) {
        const bench_place *place = &r->request.places[i];

        to = put(to, text + from, place->value - from);
        to = put_value(to, place->field, r, label);
        from = place->end;
    }
    to = put(to, text + from, r->request.close - from);
    for (unsigned field = 0; field < REQUEST_WRITTEN; field++) {
        if ((r->request.seen >> field & 1) == 0) {
            to = put(to, keys[field].text, keys[field].len);
            to = put_value(to, field, r, label);
        }
    }
    to = put(to, text + r->request.close, len - r->request.close);
    return (size_t)(to - out);
}

static void
prototype_put_out(bench_prototype *p, const hr_span *requests, const row *r, int64_t label,
                  bench_emit emit, void *ctx)
{
    hr_span request = requests[r->item];

    if (request.len + ADDED_MAX > p->room) {
        p->room = 2 * (request.len + ADDED_MAX);
        free(p->out);
        p->out = malloc(p->room);
        if (p->out == NULL) {
            bench_fail("out of memory");
        }
    }
    emit(ctx, r->item, p->out,
         row_write(r, label, (const char *)request.data, request.len, p->out));
}

void
bench_prototype_run(bench_prototype *p, const hr_span *requests, size_t n, bench_emit emit,
                    void *ctx)
{
    size_t rows = 0;

    for (size_t i = 0; i < n; i++) {
        row *r = &p->rows[rows];

        if (!bench_request_read(&r->request, &p->names, requests[i].data, requests[i].len) ||
            !row_calendar(r) ||
            (r->route = bench_route_find(&p->routes, r->request.origin, r->request.dest)) == NULL) {
            p->failed++;
            continue;
        }
        r->item = (uint32_t)i;
        row_features(p, r,
                     p->x + rows / BENCH_LANES * BENCH_FEATURES * BENCH_LANES + rows % BENCH_LANES);
        rows++;
    }
    bench_forest_run(&p->forest, p->x, (rows + BENCH_LANES - 1) / BENCH_LANES, p->sums, p->labels);
    for (size_t i = 0; i < rows; i++) {
        prototype_put_out(p, requests, &p->rows[i], p->labels[i], emit, ctx);
    }
}

bench_prototype *
bench_prototype_open(const char *model, const char *distances)
{
    bench_prototype *p = calloc(1, sizeof *p);

    if (p == NULL) {
        bench_fail("out of memory");
    }
    bench_forest_load(&p->forest, model);
    bench_routes_load(&p->routes, distances, &p->forest);
    return p;
}

uint64_t
bench_prototype_close(bench_prototype *p)
{
    uint64_t failed = p->failed;

    free(p->out);
    free(p);
    return failed;
}
