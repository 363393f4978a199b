/* The scanner is headrace's own (codec/json_scan.h): strings 16 bytes at a time, all of the text
 * checked. What is by hand is what is looked for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "flight_request.h"
#include "codec/json_scan.h"

#define NEEDED                                                                                     \
    (1u << REQUEST_UUID | 1u << REQUEST_ORIGIN | 1u << REQUEST_DEST | 1u << REQUEST_CARRIER |      \
     1u << REQUEST_FLIGHT_DATE | 1u << REQUEST_DEP_DELAY)

/* With the closing quote, so that a name ends where it must. */
static const struct {
    const char *text;
    size_t len;
} fields[REQUEST_FIELDS] = {
    [REQUEST_DAY_OF_YEAR] = {"DayOfYear\"", 10},
    [REQUEST_DAY_OF_MONTH] = {"DayOfMonth\"", 11},
    [REQUEST_DAY_OF_WEEK] = {"DayOfWeek\"", 10},
    [REQUEST_DISTANCE] = {"Distance\"", 9},
    [REQUEST_ROUTE] = {"Route\"", 6},
    [REQUEST_PREDICTION] = {"Prediction\"", 11},
    [REQUEST_UUID] = {"UUID\"", 5},
    [REQUEST_ORIGIN] = {"Origin\"", 7},
    [REQUEST_DEST] = {"Dest\"", 5},
    [REQUEST_CARRIER] = {"Carrier\"", 8},
    [REQUEST_FLIGHT_DATE] = {"FlightDate\"", 11},
    [REQUEST_DEP_DELAY] = {"DepDelay\"", 9},
};

static inline bool
name_is(unsigned field, const uint8_t *at, const uint8_t *end)
{
    return (size_t)(end - at) > fields[field].len &&
           memcmp(at, fields[field].text, fields[field].len) == 0;
}

/* Which field's name starts at `at`, behind the quote; REQUEST_FIELDS: none of ours. */
static unsigned
name_find(const uint8_t *at, const uint8_t *end)
{
    unsigned field = 0;

    while (field < REQUEST_FIELDS && !name_is(field, at, end)) {
        field++;
    }
    return field;
}

static const uint8_t *
read_string(hr_json_scan *scan, const uint8_t *at, hr_span *out)
{
    bool escaped = false;
    const uint8_t *close;

    if (*at != '"') {
        return NULL;
    }
    close = hr_json_scan_string(scan, at + 1, &escaped);
    if (close == NULL || escaped) {
        return NULL;
    }
    *out = (hr_span){at + 1, (size_t)(close - at - 1)};
    return close + 1;
}

static const uint8_t *
read_double(const hr_json_scan *scan, const uint8_t *at, double *out)
{
    hr_json_num num;
    const uint8_t *end = hr_json_scan_number(at, scan->end, &num);

    return end != NULL && hr_json_num_double(&num, out) ? end : NULL;
}

static const uint8_t *
read_value(bench_request *r, hr_json_scan *scan, unsigned field, const uint8_t *text,
           const uint8_t *at)
{
    const uint8_t *end;
    hr_span uuid;

    switch (field) {
    case REQUEST_UUID:
        return read_string(scan, at, &uuid);
    case REQUEST_ORIGIN:
        return read_string(scan, at, &r->origin);
    case REQUEST_DEST:
        return read_string(scan, at, &r->dest);
    case REQUEST_CARRIER:
        return read_string(scan, at, &r->carrier);
    case REQUEST_FLIGHT_DATE:
        return read_string(scan, at, &r->date);
    case REQUEST_DEP_DELAY:
        return read_double(scan, at, &r->dep_delay);
    default:
        end = hr_json_scan_value(scan, at, 1);
        if (end != NULL && field < REQUEST_WRITTEN) {
            r->places[r->n_places++] =
                (bench_place){field, (uint32_t)(at - text), (uint32_t)(end - text)};
        }
        return end;
    }
}

/* From behind a name's quote to behind its closing one, by looking at all fields; notes it for the
 * next request. */
static const uint8_t *
read_name(hr_json_scan *scan, bench_request_names *names, size_t n, const uint8_t *at,
          unsigned *field)
{
    bool escaped = false;
    const uint8_t *close = hr_json_scan_string(scan, at, &escaped);
    size_t len;

    if (close == NULL || escaped) {
        return NULL;
    }
    *field = name_find(at, scan->end);
    len = (size_t)(close - at) + 1;
    if (n < BENCH_NAMES_MAX && len <= sizeof names->at[n].text) {
        memcpy(names->at[n].text, at, len);
        names->at[n].len = (uint8_t)len;
        names->at[n].field = (uint8_t)*field;
    }
    return close + 1;
}

/* From a name's quote to behind its value; NULL: it is broken. */
static const uint8_t *
read_member(bench_request *r, hr_json_scan *scan, bench_request_names *names, size_t n,
            const uint8_t *text, const uint8_t *at)
{
    unsigned field;

    if (*at++ != '"') {
        return NULL;
    }
    if (n < BENCH_NAMES_MAX && names->at[n].len != 0 &&
        (size_t)(scan->end - at) > names->at[n].len &&
        memcmp(at, names->at[n].text, names->at[n].len) == 0) {
        field = names->at[n].field;
        at += names->at[n].len;
    } else {
        at = read_name(scan, names, n, at, &field);
    }
    at = at != NULL ? hr_json_scan_colon(scan, at) : NULL;
    if (at == NULL || (field < REQUEST_FIELDS && (r->seen >> field & 1) != 0)) {
        return NULL;
    }
    r->seen |= field < REQUEST_FIELDS ? 1u << field : 0;
    return read_value(r, scan, field, text, at);
}

bool
bench_request_read(bench_request *r, bench_request_names *names, const uint8_t *text, size_t len)
{
    hr_json_scan scan = {.end = text + len, .nodes_left = HR_JSON_NODES_MAX};
    size_t n = 0;
    const uint8_t *at;

    r->n_places = 0;
    r->seen = 0;
    if (len < 2 || text[0] != '{' || text[len - 1] != '}') {
        return false;
    }
    at = hr_json_scan_blanks(text + 1);
    while (*at != '}') {
        at = read_member(r, &scan, names, n++, text, at);
        if (at == NULL) {
            return false;
        }
        at = hr_json_scan_blanks(at);
        if (*at == ',') {
            at = hr_json_scan_blanks(at + 1);
        } else if (*at != '}') {
            return false;
        }
    }
    r->close = (uint32_t)(at - text);
    return at == scan.end - 1 && (r->seen & NEEDED) == NEEDED;
}
