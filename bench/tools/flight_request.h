/* A request of flight_delay, found in its JSON in one pass: the fields that the pipeline reads, and
 * the places of those that it writes. All of the text is checked.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_FLIGHT_REQUEST_H
#define BENCH_FLIGHT_REQUEST_H
#include "record/span.h"

/* Fields by name. Those up to PREDICTION are written; where the request lacks them they are put
 * before its closing brace, in this order. */
enum bench_request_field {
    REQUEST_DAY_OF_YEAR,
    REQUEST_DAY_OF_MONTH,
    REQUEST_DAY_OF_WEEK,
    REQUEST_DISTANCE,
    REQUEST_ROUTE,
    REQUEST_PREDICTION,
    REQUEST_WRITTEN,
    REQUEST_UUID = REQUEST_WRITTEN,
    REQUEST_ORIGIN,
    REQUEST_DEST,
    REQUEST_CARRIER,
    REQUEST_FLIGHT_DATE,
    REQUEST_DEP_DELAY,
    REQUEST_FIELDS,
};

typedef struct bench_place {
    uint32_t field, value, end; /* the value: [value, end) of the text */
} bench_place;

typedef struct bench_request {
    hr_span origin, dest, carrier, date;
    double dep_delay;
    bench_place places[REQUEST_WRITTEN];
    uint32_t n_places, close; /* of the closing brace */
    uint32_t seen;            /* a bit for each field */
} bench_request;

#define BENCH_NAMES_MAX 32

/* The names of the request before this one, each with its closing quote: at the same place there
 * is most likely the same. */
typedef struct bench_request_names {
    struct {
        uint8_t len, field; /* len 0: nothing seen yet */
        char text[30];
    } at[BENCH_NAMES_MAX];
} bench_request_names;

/* False: not a JSON object, or a field is missing, twice there, or of another type. */
bool bench_request_read(bench_request *request, bench_request_names *names, const uint8_t *text,
                        size_t len);

#endif
