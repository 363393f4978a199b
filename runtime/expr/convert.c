/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/convert.h"

#include "codec/json_walk.h"
#include "codec/json_write.h"

uint8_t
hr_convert_int(hr_span text, int64_t *out)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    size_t at = negative || (text.len > 0 && text.data[0] == '+') ? 1 : 0;
    int64_t value = 0;

    if (at == text.len) {
        return HR_LANE_NOT_INT;
    }
    for (; at < text.len; at++) {
        int digit = text.data[at] - '0';

        if (digit < 0 || digit > 9) {
            return HR_LANE_NOT_INT;
        }
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value)) {
            return HR_LANE_INT_OVERFLOW;
        }
    }
    *out = value;
    return HR_LANE_OK;
}

uint8_t
hr_convert_double(hr_span text, double *out)
{
    return hr_json_double(text, out) ? HR_LANE_OK : HR_LANE_NOT_DOUBLE;
}

uint8_t
hr_convert_bool(hr_span text, uint8_t *out)
{
    static const char *const words[] = {"false", "true", "FALSE", "TRUE", "False", "True",
                                        "f",     "t",    "F",     "T",    "0",     "1"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (hr_span_eq(text, hr_span_str(words[i]))) {
            *out = i % 2;
            return HR_LANE_OK;
        }
    }
    return HR_LANE_NOT_BOOL;
}

uint8_t
hr_convert_truncate(double value, int64_t *out)
{
    if (!(value > -9223372036854775808.0 && value < 9223372036854775808.0)) {
        return HR_LANE_INT_OVERFLOW;
    }
    *out = (int64_t)value;
    return HR_LANE_OK;
}

size_t
hr_convert_format_double(double value, char out[32])
{
    hr_buf buf = {.data = (uint8_t *)out, .cap = 32, .cap_max = 32};

    hr_json_write_double(&buf, value);
    if (buf.len > 2 && memcmp(out + buf.len - 2, ".0", 2) == 0) {
        buf.len -= 2; /* JSON marks doubles so; CEL does not */
    }
    return buf.len;
}
