/* SPDX-License-Identifier: Apache-2.0 */
#include "records.h"
#include "common.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS "topologies/flight_delay/data/requests.jsonl"
#define ADS "bench/workloads/yahoo/ads.jsonl"

enum { MADE = 10000, LINE_MAX_BYTES = 16384, TEXT_MAX = 64 };

typedef struct lines {
    char *at, *end;
} lines;

/* Numbers that are the same on each machine: splitmix64. */
static uint64_t
next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void
records_add(bench_records *records, const char *text, size_t len)
{
    uint8_t *copy = malloc(len);

    if (records->n == records->room) {
        records->room = records->room > 0 ? records->room * 2 : 1024;
        records->v = realloc(records->v, records->room * sizeof *records->v);
    }
    if (copy == NULL || records->v == NULL) {
        bench_fail("out of memory");
    }
    memcpy(copy, text, len);
    records->v[records->n++] = (bench_record){copy, len};
}

static lines
lines_open(const char *path)
{
    size_t size;
    char *text = (char *)bench_read_file(path, &size);

    return (lines){text, text + size};
}

/* The next line, ended by a zero; NULL at the end. */
static char *
lines_next(lines *l)
{
    char *line = l->at;
    char *end = line < l->end ? memchr(line, '\n', (size_t)(l->end - line)) : NULL;

    if (line >= l->end) {
        return NULL;
    }
    end = end != NULL ? end : l->end;
    *end = '\0';
    l->at = end + 1;
    return line;
}

/* The raw value of a member of a flat line that our own scripts wrote. */
static void
line_field(const char *line, const char *name, char text[TEXT_MAX])
{
    char key[TEXT_MAX];
    const char *at;
    size_t len;

    snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(line, key);
    if (at == NULL) {
        bench_fail("no %s in %s", name, line);
    }
    at += strlen(key);
    len = *at == '"' ? strcspn(at + 1, "\"") + 2 : strcspn(at, ",}");
    if (len >= TEXT_MAX) {
        bench_fail("%s is too long in %s", name, line);
    }
    memcpy(text, at, len);
    text[len] = '\0';
}

/* A line with one more string field, so that it is `size` bytes long. */
static void
flight_filled(bench_records *records, const char *line, size_t size)
{
    char text[LINE_MAX_BYTES];
    size_t body = strlen(line) - 1;
    int n = snprintf(text, sizeof text, "%.*s,\"Note\":\"", (int)body, line);

    if (n < 0 || (size_t)n + 2 > size || size > sizeof text) {
        bench_fail("a request of %zu bytes cannot be made %zu bytes long", body + 1, size);
    }
    memset(text + n, 'x', size - (size_t)n - 2);
    memcpy(text + size - 2, "\"}", 2);
    records_add(records, text, size);
}

static void
flight_small(bench_records *records, const char *line)
{
    static const char *const names[] = {"Origin", "Dest", "Carrier", "FlightDate", "DepDelay"};
    char text[512], uuid[TEXT_MAX], value[TEXT_MAX];
    int n;

    line_field(line, "UUID", uuid);
    n = snprintf(text, sizeof text, "{\"UUID\":\"%.8s\"", uuid + 1);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        line_field(line, names[i], value);
        n += snprintf(text + n, sizeof text - (size_t)n, ",\"%s\":%s", names[i], value);
    }
    n += snprintf(text + n, sizeof text - (size_t)n, "}");
    records_add(records, text, (size_t)n);
}

static void
flight_real(bench_records *records, const char *line)
{
    records_add(records, line, strlen(line));
}

static void
flight_load(const char *workload, bench_records *out)
{
    static const struct {
        const char *name;
        size_t size; /* 0: as they are, 1: small */
    } kinds[] = {
        {"flight_real", 0},  {"flight", 300},       {"flight_100", 1},
        {"flight_1k", 1000}, {"flight_10k", 10000},
    };
    lines l = lines_open(REQUESTS);
    size_t k = 0;

    while (k < sizeof kinds / sizeof kinds[0] && strcmp(kinds[k].name, workload) != 0) {
        k++;
    }
    if (k == sizeof kinds / sizeof kinds[0]) {
        bench_fail("there is no workload '%s'", workload);
    }
    for (char *line = lines_next(&l); line != NULL; line = lines_next(&l)) {
        if (kinds[k].size == 0) {
            flight_real(out, line);
        } else if (kinds[k].size == 1) {
            flight_small(out, line);
        } else {
            flight_filled(out, line, kinds[k].size);
        }
    }
}

static void
uuid_text(uint64_t high, uint64_t low, char text[37])
{
    snprintf(text, 37, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32),
             (unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xffff, (unsigned)(low >> 48),
             (unsigned long long)low & UINT64_C(0xffffffffffff));
}

/* As the generator of streaming-benchmarks (core.clj): 100 users and 100 pages, five types of ads,
 * three of events, 10 ads to each of 100 campaigns. */
static void
yahoo_load(bench_records *out)
{
    static const char *const ad_types[] = {"banner", "modal", "sponsored-search", "mail", "mobile"};
    static const char *const event_types[] = {"view", "click", "purchase"};
    char(*ads)[TEXT_MAX] = calloc(1000, sizeof *ads);
    lines l = lines_open(ADS);
    uint64_t state = 1;
    size_t n_ads = 0;
    char text[512], user[37], page[37];

    for (char *line = lines_next(&l); line != NULL && n_ads < 1000; line = lines_next(&l)) {
        line_field(line, "ad_id", ads[n_ads++]);
    }
    if (n_ads == 0) {
        bench_fail("no ads in " ADS);
    }
    for (uint64_t i = 0; i < MADE; i++) {
        uint64_t u = next_random(&state) % 100, p = next_random(&state) % 100;
        int n;

        uuid_text(u * UINT64_C(0x9e3779b97f4a7c15), u + 1, user);
        uuid_text(p * UINT64_C(0xbf58476d1ce4e5b9), p + 2, page);
        n = snprintf(text, sizeof text,
                     "{\"user_id\":\"%s\",\"page_id\":\"%s\",\"ad_id\":%s,\"ad_type\":\"%s\","
                     "\"event_type\":\"%s\",\"event_time\":\"%llu\",\"ip_address\":\"1.2.3.4\"}",
                     user, page, ads[next_random(&state) % n_ads],
                     ad_types[next_random(&state) % 5], event_types[next_random(&state) % 3],
                     (unsigned long long)(UINT64_C(1764000000000) + i));
        records_add(out, text, (size_t)n);
    }
    free(ads);
}

/* As Nexmark's BidGenerator: hot auctions and bidders, prices 10^(6 x) cents, 100 B of it `extra`
 * and URL. */
static void
nexmark_load(bench_records *out)
{
    static const char *const channels[] = {"Google", "Facebook", "Baidu", "Apple"};
    uint64_t state = 2;
    char text[512], extra[40];

    for (uint64_t i = 0; i < MADE; i++) {
        uint64_t r = next_random(&state);
        uint64_t auction = 1000 + (r % 2 == 0 ? i / 100 * 100 : next_random(&state) % (i + 100));
        uint64_t bidder = 1000 + next_random(&state) % 5000;
        uint64_t price = 1, magnitude = next_random(&state) % 6;
        unsigned ms = (unsigned)(i % 1000), s = (unsigned)(i / 1000 % 60);
        int n;

        for (uint64_t m = 0; m <= magnitude; m++) {
            price = price * 10;
        }
        price = price + next_random(&state) % (price * 9);
        for (size_t k = 0; k < sizeof extra - 1; k++) {
            extra[k] = (char)('a' + next_random(&state) % 26);
        }
        extra[sizeof extra - 1] = '\0';
        n = snprintf(text, sizeof text,
                     "{\"auction\":%llu,\"bidder\":%llu,\"price\":%llu,\"channel\":\"%s\","
                     "\"url\":\"https://www.nexmark.com/%.5s/%.5s/%.5s/item.htm?query=1\","
                     "\"dateTime\":\"2026-11-24T10:00:%02u.%03uZ\",\"extra\":\"%s\"}",
                     (unsigned long long)auction, (unsigned long long)bidder,
                     (unsigned long long)price, channels[r / 2 % 4], extra, extra + 5, extra + 10,
                     s, ms, extra);
        records_add(out, text, (size_t)n);
    }
}

void
bench_records_load(const char *workload, bench_records *out)
{
    *out = (bench_records){0};
    if (strcmp(workload, "yahoo") == 0) {
        yahoo_load(out);
    } else if (strcmp(workload, "nexmark_bid") == 0) {
        nexmark_load(out);
    } else {
        flight_load(workload, out);
    }
}
