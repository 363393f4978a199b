/* Parsed in nanoseconds beside whole milliseconds, so that "0.5ms500us" is one millisecond.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "expr/duration.h"

#include <stdio.h>

typedef struct duration_unit {
    const char *name;
    int64_t ns;
} duration_unit;

/* Longer names first where one starts another. */
static const duration_unit duration_units[] = {
    {"ms", 1000000},      {"us", 1000},       {"ns", 1},
    {"h", 3600000000000}, {"m", 60000000000}, {"s", 1000000000},
};

typedef struct duration_sum {
    int64_t ms, ns;
} duration_sum;

static const duration_unit *
duration_unit_at(hr_span text)
{
    for (size_t i = 0; i < sizeof duration_units / sizeof duration_units[0]; i++) {
        size_t n = strlen(duration_units[i].name);

        if (text.len >= n && memcmp(text.data, duration_units[i].name, n) == 0) {
            return &duration_units[i];
        }
    }
    return NULL;
}

/* whole and fraction (in billionths) of a unit. */
static bool
duration_add(duration_sum *sum, int64_t whole, int64_t billionths, int64_t unit_ns)
{
    int64_t ms;

    if (unit_ns >= 1000000) {
        if (__builtin_mul_overflow(whole, unit_ns / 1000000, &ms)) {
            return false;
        }
    } else {
        ms = whole / (1000000 / unit_ns);
        sum->ns += whole % (1000000 / unit_ns) * unit_ns;
    }
    sum->ns += unit_ns >= 1000000000 ? billionths * (unit_ns / 1000000000)
                                     : billionths / (1000000000 / unit_ns);
    sum->ms += ms + sum->ns / 1000000;
    sum->ns %= 1000000;
    return ms <= HR_DURATION_MAX_MS && sum->ms <= HR_DURATION_MAX_MS;
}

static bool
duration_is_digit(hr_span text, size_t at)
{
    return at < text.len && text.data[at] >= '0' && text.data[at] <= '9';
}

/* Reads "12.5" from *at. */
static hr_duration_result
duration_number(hr_span text, size_t *at, int64_t *whole, int64_t *billionths)
{
    int64_t unit = 100000000;
    size_t start = *at, digits;

    *whole = *billionths = 0;
    for (; duration_is_digit(text, *at); (*at)++) {
        if (__builtin_mul_overflow(*whole, 10, whole) ||
            __builtin_add_overflow(*whole, text.data[*at] - '0', whole)) {
            return HR_DURATION_RANGE;
        }
    }
    digits = *at - start;
    if (*at < text.len && text.data[*at] == '.') {
        for ((*at)++; duration_is_digit(text, *at); (*at)++, digits++) {
            *billionths += unit * (text.data[*at] - '0');
            unit /= 10;
        }
    }
    return digits > 0 ? HR_DURATION_OK : HR_DURATION_BROKEN;
}

hr_duration_result
hr_duration_parse(hr_span text, int64_t *ms)
{
    duration_sum sum = {0, 0};
    bool negative = text.len > 0 && text.data[0] == '-';
    size_t at = negative || (text.len > 0 && text.data[0] == '+') ? 1 : 0;

    *ms = 0;
    if (text.len == at + 1 && text.data[at] == '0') {
        return HR_DURATION_OK;
    }
    if (at == text.len) {
        return HR_DURATION_BROKEN;
    }
    while (at < text.len) {
        int64_t whole, billionths;
        hr_duration_result result = duration_number(text, &at, &whole, &billionths);
        const duration_unit *unit = duration_unit_at((hr_span){text.data + at, text.len - at});

        if (result != HR_DURATION_OK) {
            return result;
        }
        if (unit == NULL) {
            return HR_DURATION_BROKEN;
        }
        if (!duration_add(&sum, whole, billionths, unit->ns)) {
            return HR_DURATION_RANGE;
        }
        at += strlen(unit->name);
    }
    *ms = negative ? -sum.ms : sum.ms;
    return HR_DURATION_OK;
}

size_t
hr_duration_format(int64_t ms, char out[32])
{
    uint64_t abs = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    int len = snprintf(out, 32, "%s%llu.%03u", ms < 0 ? "-" : "", (unsigned long long)(abs / 1000),
                       (unsigned)(abs % 1000));

    if (len <= 0 || len >= 31) {
        return 0;
    }
    while (out[len - 1] == '0') {
        len--;
    }
    if (out[len - 1] == '.') {
        len--;
    }
    out[len++] = 's';
    return (size_t)len;
}
