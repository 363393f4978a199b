/* SPDX-License-Identifier: Apache-2.0 */
#include "routes.h"
#include "codec/json_walk.h"
#include "codec/json_write.h"
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* 0: too long for a key. */
static uint32_t
route_key(char key[16], hr_span origin, hr_span dest)
{
    if (origin.len + dest.len + 1 > 16) {
        return 0;
    }
    key[0] = (char)origin.len;
    memcpy(key + 1, origin.data, origin.len);
    memcpy(key + 1 + origin.len, dest.data, dest.len);
    return (uint32_t)(1 + origin.len + dest.len);
}

const bench_route *
bench_route_find(const bench_routes *routes, hr_span origin, hr_span dest)
{
    char key[16];
    uint32_t len = route_key(key, origin, dest), hash;

    if (len == 0) {
        return NULL;
    }
    hash = (uint32_t)XXH3_64bits(key, len);
    for (size_t at = hash & routes->mask; routes->slots[at].row_1 != 0;
         at = (at + 1) & routes->mask) {
        const bench_route *row = &routes->rows[routes->slots[at].row_1 - 1];

        if (routes->slots[at].hash == hash && row->key_len == len &&
            memcmp(row->key, key, len) == 0) {
            return row;
        }
    }
    return NULL;
}

static hr_span
unquoted(hr_span raw)
{
    return (hr_span){raw.data + 1, raw.len - 2};
}

static void
route_read(bench_route *row, hr_span line, const bench_forest *forest)
{
    hr_span origin = {NULL, 0}, dest = {NULL, 0}, distance = {NULL, 0};
    hr_json_iter iter;
    hr_json_member member;
    hr_buf text = {0};
    double miles;

    if (!hr_json_iter_init(&iter, line)) {
        bench_fail("a line of the distances is no object");
    }
    while (hr_json_next(&iter, &member) == 1) {
        if (member.kind == HR_JSON_STRING && hr_span_eq(member.name_raw, HR_SPAN_LIT("Origin"))) {
            origin = unquoted(member.raw);
        } else if (member.kind == HR_JSON_STRING &&
                   hr_span_eq(member.name_raw, HR_SPAN_LIT("Dest"))) {
            dest = unquoted(member.raw);
        } else if (hr_span_eq(member.name_raw, HR_SPAN_LIT("Distance"))) {
            distance = member.raw;
        }
    }
    if (origin.data == NULL || dest.data == NULL || distance.data == NULL ||
        !hr_json_double(distance, &miles) ||
        (row->key_len = route_key(row->key, origin, dest)) == 0) {
        bench_fail("a line of the distances has not what is needed");
    }
    row->distance = (float)miles;
    row->origin = bench_code(&forest->codes[BENCH_ORIGIN], origin);
    row->dest = bench_code(&forest->codes[BENCH_DEST], dest);
    row->route_len =
        (uint8_t)snprintf(row->route_text, sizeof row->route_text, "\"%.*s-%.*s\"", (int)origin.len,
                          (const char *)origin.data, (int)dest.len, (const char *)dest.data);
    row->route = bench_code(&forest->codes[BENCH_ROUTE],
                            (hr_span){(const uint8_t *)row->route_text + 1, row->route_len - 2u});
    if (hr_json_write_double(&text, miles) != HR_OK || text.len > sizeof row->distance_text) {
        bench_fail("distance %g", miles);
    }
    memcpy(row->distance_text, text.data, text.len);
    row->distance_len = (uint8_t)text.len;
    hr_buf_finish(&text);
}

static void
routes_index(bench_routes *routes)
{
    routes->mask = 15;
    while (routes->mask < 2 * routes->n) {
        routes->mask = routes->mask * 2 + 1;
    }
    routes->slots = calloc(routes->mask + 1, sizeof *routes->slots);
    if (routes->slots == NULL) {
        bench_fail("out of memory");
    }
    for (size_t i = 0; i < routes->n; i++) {
        uint32_t hash = (uint32_t)XXH3_64bits(routes->rows[i].key, routes->rows[i].key_len);
        size_t at = hash & routes->mask;

        while (routes->slots[at].row_1 != 0) {
            at = (at + 1) & routes->mask;
        }
        routes->slots[at].hash = hash;
        routes->slots[at].row_1 = (uint32_t)i + 1;
    }
}

void
bench_routes_load(bench_routes *routes, const char *path, const bench_forest *forest)
{
    size_t size, room = 0;
    uint8_t *text = bench_read_file(path, &size), *at = text, *end = text + size;

    *routes = (bench_routes){0};
    while (at < end) {
        uint8_t *stop = memchr(at, '\n', (size_t)(end - at));

        stop = stop != NULL ? stop : end;
        if (routes->n == room) {
            room = room > 0 ? 2 * room : 1024;
            routes->rows = realloc(routes->rows, room * sizeof *routes->rows);
        }
        if (routes->rows == NULL) {
            bench_fail("out of memory");
        }
        memset(&routes->rows[routes->n], 0, sizeof *routes->rows);
        route_read(&routes->rows[routes->n++], (hr_span){at, (size_t)(stop - at)}, forest);
        at = stop + 1;
    }
    routes_index(routes);
    free(text);
}
