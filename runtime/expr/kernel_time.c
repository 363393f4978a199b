/* Timestamps and durations are milliseconds. Getters are CEL's and count in UTC.
 *
 * Records come in the order of time, so a row mostly has the day of the row before: dates and what
 * is made of a day are kept from one row to the next.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "expr/calendar.h"
#include "expr/duration.h"
#include "expr/kernel.h"

enum { TIME_DATE_LEN = 10 };

/* The last text that was a date, and its value. */
typedef struct time_seen {
    const uint8_t *date; /* NULL: none so far */
    int64_t ms;
} time_seen;

static inline uint8_t
time_date(time_seen *seen, uint8_t lane, hr_span a, int64_t *o)
{
    if (lane != HR_LANE_OK) {
        return lane;
    }
    if (a.len == TIME_DATE_LEN && seen->date != NULL &&
        hr_bytes_eq(a.data, seen->date, TIME_DATE_LEN)) {
        *o = seen->ms;
        return HR_LANE_OK;
    }
    if (!hr_calendar_parse_date(a, o)) {
        return HR_LANE_NOT_DATE;
    }
    *seen = (time_seen){a.data, *o};
    return HR_LANE_OK;
}

static inline uint8_t
time_from_string(uint8_t lane, hr_span a, int64_t *o)
{
    if (lane != HR_LANE_OK) {
        return lane;
    }
    return hr_calendar_parse_timestamp(a, o) ? HR_LANE_OK : HR_LANE_NOT_TIMESTAMP;
}

static inline uint8_t
time_in_range(uint8_t lane, int64_t ms)
{
    bool good = ms >= HR_TIME_MIN_MS && ms <= HR_TIME_MAX_MS;

    return lane == HR_LANE_OK && !good ? HR_LANE_TIME_RANGE : lane;
}

static inline uint8_t
time_from_int(uint8_t lane, int64_t a, int64_t *o)
{
    *o = a;
    return time_in_range(lane, a);
}

static inline uint8_t
duration_from_string(uint8_t lane, hr_span a, int64_t *o)
{
    hr_duration_result result;

    if (lane != HR_LANE_OK) {
        return lane;
    }
    result = hr_duration_parse(a, o);
    return result == HR_DURATION_OK      ? HR_LANE_OK
           : result == HR_DURATION_RANGE ? HR_LANE_TIME_RANGE
                                         : HR_LANE_NOT_DURATION;
}

void
hr_kernel_date(const hr_kernel_call *call)
{
    const hr_column *in = call->arg[0];
    hr_column *out = call->out;
    time_seen seen = {0};

    HR_KERNEL_EACH(call, i,
                   out->lane[i] =
                       time_date(&seen, hr_lane_use(in->lane[i]), in->v.s[i], &out->v.i[i]));
}

HR_KERNEL_UNARY(hr_kernel_string_to_timestamp, hr_span, s, int64_t, i, hr_lane_use,
                time_from_string)
HR_KERNEL_UNARY(hr_kernel_int_to_timestamp, int64_t, i, int64_t, i, hr_lane_use, time_from_int)
HR_KERNEL_UNARY(hr_kernel_string_to_duration, hr_span, s, int64_t, i, hr_lane_use,
                duration_from_string)

static inline uint8_t
time_add(uint8_t lane, int64_t a, int64_t b, int64_t *o)
{
    if (lane == HR_LANE_OK && __builtin_add_overflow(a, b, o)) {
        return HR_LANE_TIME_RANGE;
    }
    return lane == HR_LANE_OK ? time_in_range(lane, *o) : lane;
}

static inline uint8_t
time_sub(uint8_t lane, int64_t a, int64_t b, int64_t *o)
{
    if (lane == HR_LANE_OK && __builtin_sub_overflow(a, b, o)) {
        return HR_LANE_TIME_RANGE;
    }
    return lane == HR_LANE_OK ? time_in_range(lane, *o) : lane;
}

static inline uint8_t
duration_in_range(uint8_t lane, bool overflow, int64_t ms)
{
    bool bad = overflow || ms < -HR_DURATION_MAX_MS || ms > HR_DURATION_MAX_MS;

    return lane == HR_LANE_OK && bad ? HR_LANE_TIME_RANGE : lane;
}

static inline uint8_t
duration_add(uint8_t lane, int64_t a, int64_t b, int64_t *o)
{
    bool overflow = __builtin_add_overflow(a, b, o);

    return duration_in_range(lane, overflow, *o);
}

static inline uint8_t
duration_sub(uint8_t lane, int64_t a, int64_t b, int64_t *o)
{
    bool overflow = __builtin_sub_overflow(a, b, o);

    return duration_in_range(lane, overflow, *o);
}

HR_KERNEL_BINARY(hr_kernel_timestamp_add, int64_t, i, int64_t, i, int64_t, i, time_add)
HR_KERNEL_BINARY(hr_kernel_timestamp_sub, int64_t, i, int64_t, i, int64_t, i, time_sub)
HR_KERNEL_BINARY(hr_kernel_timestamp_diff, int64_t, i, int64_t, i, int64_t, i, duration_sub)
HR_KERNEL_BINARY(hr_kernel_duration_add, int64_t, i, int64_t, i, int64_t, i, duration_add)
HR_KERNEL_BINARY(hr_kernel_duration_sub, int64_t, i, int64_t, i, int64_t, i, duration_sub)

/* A getter: an expression over the ms since the epoch, the day, or the ms of the day. */
#define TIME_GETTER(NAME, VALUE)                                                                   \
    static inline uint8_t time_##NAME(uint8_t lane, int64_t ms, int64_t *o)                        \
    {                                                                                              \
        *o = VALUE;                                                                                \
        return lane;                                                                               \
    }                                                                                              \
    HR_KERNEL_UNARY(hr_kernel_##NAME, int64_t, i, int64_t, i, hr_lane_use, time_##NAME)

/* A getter of a date: an expression over its `civil`. No day has the number that `day` starts with.
 */
#define TIME_CIVIL_GETTER(NAME, VALUE)                                                             \
    static inline int64_t time_##NAME(hr_civil *civil, int64_t *day, int64_t ms)                   \
    {                                                                                              \
        int64_t now = hr_calendar_day(ms);                                                         \
                                                                                                   \
        if (now != *day) {                                                                         \
            *civil = hr_calendar_civil(now);                                                       \
            *day = now;                                                                            \
        }                                                                                          \
        return VALUE;                                                                              \
    }                                                                                              \
    void hr_kernel_##NAME(const hr_kernel_call *call)                                              \
    {                                                                                              \
        const int64_t *restrict a = call->arg[0]->v.i;                                             \
        const uint8_t *restrict la = call->arg[0]->lane;                                           \
        int64_t *restrict o = call->out->v.i;                                                      \
        uint8_t *restrict lo = call->out->lane;                                                    \
        int64_t day = INT64_MIN;                                                                   \
        hr_civil civil = {0};                                                                      \
                                                                                                   \
        HR_KERNEL_EACH(call, i, o[i] = time_##NAME(&civil, &day, a[i]);                            \
                       lo[i] = hr_lane_use(la[i]));                                                \
    }

/* 1970-01-01 was a Thursday; Sunday is 0. */
static inline int64_t
time_weekday(int64_t ms)
{
    int64_t rest = (hr_calendar_day(ms) + 4) % 7;

    return rest < 0 ? rest + 7 : rest;
}

TIME_CIVIL_GETTER(full_year, civil->year)
TIME_CIVIL_GETTER(month, civil->month - 1)
TIME_CIVIL_GETTER(date_of_month, civil->day)
TIME_CIVIL_GETTER(day_of_month, civil->day - 1)
TIME_GETTER(day_of_week, time_weekday(ms))
TIME_CIVIL_GETTER(day_of_year, civil->day_of_year - 1)
TIME_GETTER(hours, hr_calendar_of_day(ms) / 3600000)
TIME_GETTER(minutes, hr_calendar_of_day(ms) / 60000 % 60)
TIME_GETTER(seconds, hr_calendar_of_day(ms) / 1000 % 60)
TIME_GETTER(milliseconds, hr_calendar_of_day(ms) % 1000)
TIME_GETTER(duration_hours, ms / 3600000)
TIME_GETTER(duration_minutes, ms / 60000)
TIME_GETTER(duration_seconds, ms / 1000)
TIME_GETTER(duration_milliseconds, ms % 1000)
