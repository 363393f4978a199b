/* What is known of a pair of airports before a request comes: the distance, the codes that the
 * model has for both and for the route, and the text that goes into the answer. One look-up by XXH3
 * with open addressing gives all of it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_ROUTES_H
#define BENCH_ROUTES_H
#include "forest.h"

typedef struct bench_route {
    char key[16]; /* length of Origin, Origin, Dest */
    uint32_t key_len;
    float distance, origin, dest, route;
    char distance_text[24]; /* 605.0 */
    char route_text[24];    /* "EWR-GRR" */
    uint8_t distance_len, route_len;
} bench_route;

typedef struct bench_routes {
    size_t mask;
    struct {
        uint32_t hash, row_1; /* row_1 0: empty */
    } * slots;
    bench_route *rows;
    size_t n;
} bench_routes;

/* From the file of distances, one JSON object a line. Fails for what it cannot read. */
void bench_routes_load(bench_routes *routes, const char *path, const bench_forest *forest);

/* NULL: there is none. */
const bench_route *bench_route_find(const bench_routes *routes, hr_span origin, hr_span dest);

#endif
