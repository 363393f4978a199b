/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "expr/calendar.h"
#include "expr/convert.h"
#include "expr/duration.h"
#include "expr/kernel.h"
#include "expr/utf8.h"

static inline uint8_t
convert_double_to_int(uint8_t lane, double a, int64_t *o)
{
    return lane == HR_LANE_OK ? hr_convert_truncate(a, o) : lane;
}

static inline uint8_t
convert_string_to_int(uint8_t lane, hr_span a, int64_t *o)
{
    return lane == HR_LANE_OK ? hr_convert_int(a, o) : lane;
}

static inline uint8_t
convert_int_to_double(uint8_t lane, int64_t a, double *o)
{
    *o = (double)a;
    return lane;
}

static inline uint8_t
convert_string_to_double(uint8_t lane, hr_span a, double *o)
{
    return lane == HR_LANE_OK ? hr_convert_double(a, o) : lane;
}

static inline uint8_t
convert_string_to_bool(uint8_t lane, hr_span a, uint8_t *o)
{
    return lane == HR_LANE_OK ? hr_convert_bool(a, o) : lane;
}

static inline uint8_t
convert_bytes_to_string(uint8_t lane, hr_span a, hr_span *o)
{
    if (lane != HR_LANE_OK) {
        return lane;
    }
    *o = a;
    return hr_utf8_valid(a) == a.len ? HR_LANE_OK : HR_LANE_NOT_UTF8;
}

HR_KERNEL_UNARY(hr_kernel_double_to_int, double, d, int64_t, i, hr_lane_use, convert_double_to_int)
HR_KERNEL_UNARY(hr_kernel_string_to_int, hr_span, s, int64_t, i, hr_lane_use, convert_string_to_int)
HR_KERNEL_UNARY(hr_kernel_int_to_double, int64_t, i, double, d, hr_lane_use, convert_int_to_double)
HR_KERNEL_UNARY(hr_kernel_widen_int, int64_t, i, double, d, , convert_int_to_double)
HR_KERNEL_UNARY(hr_kernel_string_to_double, hr_span, s, double, d, hr_lane_use,
                convert_string_to_double)
HR_KERNEL_UNARY(hr_kernel_string_to_bool, hr_span, s, uint8_t, b, hr_lane_use,
                convert_string_to_bool)
HR_KERNEL_UNARY(hr_kernel_bytes_to_string, hr_span, s, hr_span, s, hr_lane_use,
                convert_bytes_to_string)

static uint8_t
convert_keep(hr_arena *arena, const char *text, size_t len, hr_span *o)
{
    uint8_t *bytes = hr_arena_alloc(arena, len);

    if (bytes == NULL) {
        return HR_LANE_NO_MEMORY;
    }
    memcpy(bytes, text, len);
    *o = (hr_span){bytes, len};
    return HR_LANE_OK;
}

static uint8_t
convert_int_to_string(hr_arena *arena, uint8_t lane, int64_t a, hr_span *o)
{
    char text[32];
    int len;

    if (lane != HR_LANE_OK) {
        return lane;
    }
    len = snprintf(text, sizeof text, "%" PRId64, a);
    return convert_keep(arena, text, (size_t)len, o);
}

static uint8_t
convert_double_to_string(hr_arena *arena, uint8_t lane, double a, hr_span *o)
{
    char text[32];

    return lane == HR_LANE_OK ? convert_keep(arena, text, hr_convert_format_double(a, text), o)
                              : lane;
}

static uint8_t
convert_bool_to_string(uint8_t lane, uint8_t a, hr_span *o)
{
    *o = a ? HR_SPAN_LIT("true") : HR_SPAN_LIT("false");
    return lane;
}

static uint8_t
convert_timestamp_to_string(hr_arena *arena, uint8_t lane, int64_t a, hr_span *o)
{
    char text[32];
    size_t len;

    if (lane != HR_LANE_OK) {
        return lane;
    }
    len = hr_calendar_format(a, text);
    return len > 0 ? convert_keep(arena, text, len, o) : HR_LANE_TIME_RANGE;
}

static uint8_t
convert_duration_to_string(hr_arena *arena, uint8_t lane, int64_t a, hr_span *o)
{
    char text[32];

    return lane == HR_LANE_OK ? convert_keep(arena, text, hr_duration_format(a, text), o) : lane;
}

HR_KERNEL_UNARY_ARENA(hr_kernel_int_to_string, int64_t, i, hr_span, s, hr_lane_use,
                      convert_int_to_string)
HR_KERNEL_UNARY_ARENA(hr_kernel_double_to_string, double, d, hr_span, s, hr_lane_use,
                      convert_double_to_string)
HR_KERNEL_UNARY(hr_kernel_bool_to_string, uint8_t, b, hr_span, s, hr_lane_use,
                convert_bool_to_string)
HR_KERNEL_UNARY_ARENA(hr_kernel_timestamp_to_string, int64_t, i, hr_span, s, hr_lane_use,
                      convert_timestamp_to_string)
HR_KERNEL_UNARY_ARENA(hr_kernel_duration_to_string, int64_t, i, hr_span, s, hr_lane_use,
                      convert_duration_to_string)
