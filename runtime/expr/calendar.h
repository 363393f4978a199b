/* Dates and times by arithmetic: the proleptic Gregorian calendar, UTC, milliseconds. libc's time
 * functions take locks, read the time zone and are ten times slower.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_CALENDAR_H
#define HR_EXPR_CALENDAR_H
#include "record/span.h"

#define HR_DAY_MS INT64_C(86400000)

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z: the range of CEL's timestamps. */
#define HR_TIME_MIN_MS INT64_C(-62135596800000)
#define HR_TIME_MAX_MS INT64_C(253402300799999)

typedef struct hr_civil {
    int64_t year;
    int month, day, day_of_year; /* all from 1 */
} hr_civil;

/* Days since 1970-01-01, rounded down. */
static inline int64_t
hr_calendar_day(int64_t ms)
{
    return ms / HR_DAY_MS - (ms % HR_DAY_MS < 0);
}

/* Milliseconds since midnight. */
static inline int64_t
hr_calendar_of_day(int64_t ms)
{
    int64_t rest = ms % HR_DAY_MS;

    return rest < 0 ? rest + HR_DAY_MS : rest;
}

/* Days since 1970-01-01 of a date in the years 0..9999. The date must be valid. */
int64_t hr_calendar_days(int year, int month, int day);

/* The date of a day; any day that fits a timestamp in ms. */
hr_civil hr_calendar_civil(int64_t days);

/* "2013-02-28", exactly; years 0001 to 9999. *ms is its midnight UTC. */
bool hr_calendar_parse_date(hr_span text, int64_t *ms);

/* RFC 3339 with 'T' and 'Z' or an offset; digits behind the millisecond are cut off. */
bool hr_calendar_parse_timestamp(hr_span text, int64_t *ms);

/* RFC 3339 in UTC, with as many of the three decimals as it needs. Returns the length (at most 24);
 * 0: outside the years 0001 to 9999. */
size_t hr_calendar_format(int64_t ms, char out[32]);

#endif
