/* The scanner under the JSON decoder and the walker: strings 16 bytes at a time, numbers, and the
 * validation of whatever is skipped. Internal to codec/.
 *
 * The text must end in '}' or ']' (the caller looks before it starts). That byte ends every run of
 * blanks and every name or literal, so only strings and what follows a closing bracket are checked
 * against the end; nothing behind it is read.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CODEC_JSON_SCAN_H
#define HR_CODEC_JSON_SCAN_H
#include "record/span.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define HR_JSON_DEPTH_MAX 64u
#define HR_JSON_NODES_MAX 100000u
#define HR_JSON_STRING_MAX (1u << 20)

/* One text being scanned. Functions return the place behind what they read, or NULL with the
 * mistake noted here. */
typedef struct hr_json_scan {
    const uint8_t *end;
    uint32_t nodes_left;     /* values that may still come */
    const uint8_t *error_at; /* may be `end` */
    const char *error;       /* static text such as "expected ':'" */
} hr_json_scan;

/* A number's parts; text is what it was made from. */
typedef struct hr_json_num {
    hr_span text;
    uint64_t mantissa; /* its first 19 digits at most */
    int64_t exp10;     /* value = mantissa * 10^exp10 where `whole` */
    bool negative;
    bool integer; /* neither fraction nor exponent */
    bool whole;   /* all digits are in the mantissa */
} hr_json_num;

/* Notes the mistake and returns NULL. */
const uint8_t *hr_json_scan_fail(hr_json_scan *scan, const uint8_t *at, const char *error);

/* From behind the opening quote; returns the closing quote. *escaped is set where a backslash
 * occurs and left alone otherwise. Checks UTF-8, escapes and length. */
const uint8_t *hr_json_scan_string_long(hr_json_scan *scan, const uint8_t *at, bool *escaped);

/* Validates any value that starts at `at`, inside `depth` open brackets. */
const uint8_t *hr_json_scan_value(hr_json_scan *scan, const uint8_t *at, unsigned depth);

/* Any text, also without a closing bracket behind the number. NULL: not a number (nothing noted).
 */
const uint8_t *hr_json_scan_number(const uint8_t *at, const uint8_t *end, hr_json_num *num);
bool hr_json_num_int(const hr_json_num *num, int64_t *out);   /* false: not an int64 */
bool hr_json_num_double(const hr_json_num *num, double *out); /* false: out of range */

/* Digits at `at` added to *value; returns the place behind them. The text's closing bracket ends
 * them. */
static inline const uint8_t *
hr_json_scan_digits(const uint8_t *at, uint64_t *value)
{
    for (; (uint8_t)(*at - '0') <= 9; at++) {
        *value = *value * 10 + (uint64_t)(*at - '0');
    }
    return at;
}

/* A usual int: at most 18 digits. NULL: look with hr_json_scan_number(). */
static inline const uint8_t *
hr_json_scan_short_int(const uint8_t *at, int64_t *out)
{
    bool negative = *at == '-';
    const uint8_t *from = at + negative;
    uint64_t value = 0;

    at = hr_json_scan_digits(from, &value);
    if (at == from || at - from > 18 || (*from == '0' && at - from > 1) || *at == '.' ||
        (*at | 0x20) == 'e') {
        return NULL;
    }
    *out = negative ? -(int64_t)value : (int64_t)value;
    return at;
}

/* A usual double: a point, no exponent, at most 15 digits. NULL: look with hr_json_scan_number().
 * Mantissa and power of ten are exact, so the one division rounds as it must. */
static inline const uint8_t *
hr_json_scan_short_double(const uint8_t *at, double *out)
{
    static const double pow10[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool negative = *at == '-';
    const uint8_t *from = at + negative, *point;
    uint64_t value = 0;

    point = hr_json_scan_digits(from, &value);
    if (point == from || (*from == '0' && point - from > 1) || *point != '.') {
        return NULL;
    }
    at = hr_json_scan_digits(point + 1, &value);
    if (at == point + 1 || at - from > 16 || (*at | 0x20) == 'e') {
        return NULL;
    }
    *out = (negative ? -(double)value : (double)value) / pow10[at - point - 1];
    return at;
}

/* Decodes a validated string's text (without quotes) into `to`, which holds text.len bytes.
 * Returns the length, or SIZE_MAX for a bad escape. */
size_t hr_json_scan_unescape(hr_span text, uint8_t *to);

static inline const uint8_t *
hr_json_scan_blanks(const uint8_t *at)
{
    while (*at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
        at++;
    }
    return at;
}

#ifdef __SSE2__
/* A bit for each of 16 bytes that is not plain text: quote, backslash, control, not ASCII. */
static inline unsigned
hr_json_scan_special(const uint8_t *at)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);

    return (unsigned)_mm_movemask_epi8(
        _mm_or_si128(_mm_or_si128(quote, slash), _mm_or_si128(control, v)));
}
#endif

/* As hr_json_scan_string_long(); most strings end within 16 bytes. */
static inline const uint8_t *
hr_json_scan_string(hr_json_scan *scan, const uint8_t *at, bool *escaped)
{
#ifdef __SSE2__
    if (scan->end - at >= 16) {
        unsigned special = hr_json_scan_special(at);

        if (special != 0 && at[__builtin_ctz(special)] == '"') {
            return at + __builtin_ctz(special);
        }
    }
#endif
    return hr_json_scan_string_long(scan, at, escaped);
}

/* From behind a member's name to its value. */
static inline const uint8_t *
hr_json_scan_colon(hr_json_scan *scan, const uint8_t *at)
{
    at = hr_json_scan_blanks(at);
    if (*at != ':') {
        return hr_json_scan_fail(scan, at, "expected ':'");
    }
    return hr_json_scan_blanks(at + 1);
}

#endif
