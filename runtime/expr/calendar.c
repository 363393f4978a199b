/* A year starts in March here, so that the leap day is its last; eras of 400 years repeat exactly.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "expr/calendar.h"

#include <stdio.h>

#define ERA_DAYS 146097
#define EPOCH_SHIFT 719468 /* days from 0000-03-01 to 1970-01-01 */

int64_t
hr_calendar_days(int year, int month, int day)
{
    unsigned y = (unsigned)(year + 400) - (month <= 2); /* one era up: never negative */
    unsigned m = (unsigned)(month > 2 ? month - 3 : month + 9);
    unsigned of_year = (153 * m + 2) / 5 + (unsigned)day - 1;

    return (int64_t)(y * 365 + y / 4 - y / 100 + y / 400 + of_year) - ERA_DAYS - EPOCH_SHIFT;
}

static bool
calendar_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

hr_civil
hr_calendar_civil(int64_t days)
{
    int64_t z = days + EPOCH_SHIFT;
    int64_t era = (z >= 0 ? z : z - (ERA_DAYS - 1)) / ERA_DAYS;
    unsigned of_era = (unsigned)(z - era * ERA_DAYS);
    unsigned y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * y + y / 4 - y / 100);
    unsigned m = (5 * of_year + 2) / 153;
    bool next = m >= 10; /* January and February belong to the year that follows */
    hr_civil civil = {(int64_t)y + era * 400 + next, (int)(next ? m - 9 : m + 3),
                      (int)(of_year - (153 * m + 2) / 5) + 1, 0};

    civil.day_of_year = (int)of_year + (next ? -305 : 60 + (calendar_is_leap(civil.year) ? 1 : 0));
    return civil;
}

static int
calendar_month_days(int year, int month)
{
    static const uint8_t days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month] + (month == 2 && calendar_is_leap(year));
}

/* Eight digits at once: "2013-02-" minus its pattern leaves 0..9 at digits and 0 at dashes. */
static bool
calendar_parse_ymd(const uint8_t *text, int64_t *days)
{
    static const uint8_t pattern[] = "0000-00-";
    uint8_t v[8];
    uint64_t word, zero;
    unsigned d0 = text[8] - (unsigned)'0', d1 = text[9] - (unsigned)'0';
    int year, month, day;

    memcpy(&word, text, 8);
    memcpy(&zero, pattern, 8);
    word ^= zero;
    memcpy(v, &word, 8);
    if ((((word & 0x7F7F7F7F7F7F7F7Fu) + 0x7676767676767676u) | word) & 0x8080808080808080u) {
        return false;
    }
    if (d0 > 9 || d1 > 9 || (v[4] | v[7]) != 0) {
        return false;
    }
    year = v[0] * 1000 + v[1] * 100 + v[2] * 10 + v[3];
    month = v[5] * 10 + v[6];
    day = (int)(d0 * 10 + d1);
    if (year == 0 || month == 0 || month > 12 || day == 0 ||
        (day > 28 && day > calendar_month_days(year, month))) {
        return false;
    }
    *days = hr_calendar_days(year, month, day);
    return true;
}

bool
hr_calendar_parse_date(hr_span text, int64_t *ms)
{
    int64_t days;

    if (text.len != 10 || !calendar_parse_ymd(text.data, &days)) {
        return false;
    }
    *ms = days * HR_DAY_MS;
    return true;
}

/* "23:59" as minutes. */
static bool
calendar_parse_hm(const uint8_t *text, int *minutes)
{
    unsigned h0 = text[0] - (unsigned)'0', h1 = text[1] - (unsigned)'0';
    unsigned m0 = text[3] - (unsigned)'0', m1 = text[4] - (unsigned)'0';
    unsigned h = h0 * 10 + h1;

    if (h0 > 9 || h1 > 9 || m0 > 5 || m1 > 9 || h > 23 || text[2] != ':') {
        return false;
    }
    *minutes = (int)(h * 60 + m0 * 10 + m1);
    return true;
}

/* "Z", "+01:00" or "-05:30" to the end. */
static bool
calendar_parse_zone(hr_span text, int64_t *offset_ms)
{
    int minutes;

    if (text.len == 1 && text.data[0] == 'Z') {
        *offset_ms = 0;
        return true;
    }
    if (text.len != 6 || (text.data[0] != '+' && text.data[0] != '-') ||
        !calendar_parse_hm(text.data + 1, &minutes)) {
        return false;
    }
    *offset_ms = (text.data[0] == '-' ? -1 : 1) * (int64_t)minutes * 60000;
    return true;
}

/* ".123456" behind the seconds; returns its length, 0 if there is none, SIZE_MAX if broken. */
static size_t
calendar_parse_fraction(hr_span text, int64_t *ms)
{
    int64_t unit = 100;
    size_t at = 1;

    *ms = 0;
    if (text.len == 0 || text.data[0] != '.') {
        return 0;
    }
    while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9') {
        *ms += unit * (text.data[at] - '0');
        unit /= 10;
        at++;
    }
    return at > 1 ? at : SIZE_MAX;
}

bool
hr_calendar_parse_timestamp(hr_span text, int64_t *ms)
{
    int64_t days, fraction, offset;
    int minutes;
    unsigned s0, s1;
    size_t n;

    if (text.len < 20 || text.data[10] != 'T' || text.data[16] != ':' ||
        !calendar_parse_ymd(text.data, &days) || !calendar_parse_hm(text.data + 11, &minutes)) {
        return false;
    }
    s0 = text.data[17] - (unsigned)'0';
    s1 = text.data[18] - (unsigned)'0';
    text = (hr_span){text.data + 19, text.len - 19};
    n = calendar_parse_fraction(text, &fraction);
    if (s0 > 5 || s1 > 9 || n == SIZE_MAX ||
        !calendar_parse_zone((hr_span){text.data + n, text.len - n}, &offset)) {
        return false;
    }
    *ms = days * HR_DAY_MS + (int64_t)minutes * 60000 + (int64_t)(s0 * 10 + s1) * 1000 + fraction -
          offset;
    return *ms >= HR_TIME_MIN_MS && *ms <= HR_TIME_MAX_MS;
}

size_t
hr_calendar_format(int64_t ms, char out[32])
{
    hr_civil civil;
    int of_day = (int)hr_calendar_of_day(ms);
    int len;

    if (ms < HR_TIME_MIN_MS || ms > HR_TIME_MAX_MS) {
        return 0;
    }
    civil = hr_calendar_civil(hr_calendar_day(ms));
    len = snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03d", (int)civil.year, civil.month,
                   civil.day, of_day / 3600000, of_day / 60000 % 60, of_day / 1000 % 60,
                   of_day % 1000);
    if (len <= 0 || len >= 31) {
        return 0;
    }
    while (out[len - 1] == '0' && of_day % 1000 != 0) {
        len--;
    }
    if (of_day % 1000 == 0) {
        len -= 4;
    }
    out[len++] = 'Z';
    return (size_t)len;
}
