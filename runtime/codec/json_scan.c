/* Validation of JSON (RFC 8259) without building anything.
 *
 * A lone surrogate escape (backslash u D800) is refused although the RFC's grammar lets it pass: it
 * has no UTF-8 form, so no later step could hold it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SCAN_DIGITS_MAX 19    /* decimal digits that always fit 64 bits */
#define SCAN_DIGITS_ROUND 800 /* more than the 767 that can decide how a double rounds */
#define SCAN_EXP_MAX 100000000

const uint8_t *
hr_json_scan_fail(hr_json_scan *scan, const uint8_t *at, const char *error)
{
    scan->error_at = at;
    scan->error = error;
    return NULL;
}

/* The value of four hex digits, or -1. */
static int
scan_hex4(const uint8_t *at)
{
    int value = 0;

    for (int i = 0; i < 4; i++) {
        int c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* The code point of an escape that starts behind "\u", *used characters long; -1: bad. */
static int
scan_unicode(const uint8_t *at, const uint8_t *end, size_t *used)
{
    int high, low;

    if (end - at < 4 || (high = scan_hex4(at)) < 0) {
        return -1;
    }
    *used = 4;
    if (high < 0xD800 || high > 0xDFFF) {
        return high;
    }
    if (high > 0xDBFF || end - at < 10 || at[4] != '\\' || at[5] != 'u') {
        return -1;
    }
    low = scan_hex4(at + 6);
    if (low < 0xDC00 || low > 0xDFFF) {
        return -1;
    }
    *used = 10;
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* Behind an escape that starts at the backslash; NULL: bad. */
static const uint8_t *
scan_escape(const uint8_t *at, const uint8_t *end)
{
    size_t used;

    if (end - at < 2) {
        return NULL;
    }
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return at + 2;
    case 'u':
        return scan_unicode(at + 2, end, &used) >= 0 ? at + 2 + used : NULL;
    default:
        return NULL;
    }
}

static bool
scan_is_tail(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Behind one character of two to four bytes (RFC 3629: no overlong form, no surrogate, at most
 * U+10FFFF); NULL: bad. */
static const uint8_t *
scan_utf8(const uint8_t *at, const uint8_t *end)
{
    uint8_t lead = at[0];
    ptrdiff_t n = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;

    if (lead < 0xC2 || lead > 0xF4 || end - at < n || at[1] < least || at[1] > most) {
        return NULL;
    }
    for (ptrdiff_t i = 2; i < n; i++) {
        if (!scan_is_tail(at[i])) {
            return NULL;
        }
    }
    return at + n;
}

/* The first byte at or behind `at` that is not plain text, or `end`. */
static const uint8_t *
scan_plain(const uint8_t *at, const uint8_t *end)
{
#ifdef __SSE2__
    while (end - at >= 16) {
        unsigned special = hr_json_scan_special(at);

        if (special != 0) {
            return at + __builtin_ctz(special);
        }
        at += 16;
    }
#endif
    while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\') {
        at++;
    }
    return at;
}

const uint8_t *
hr_json_scan_string_long(hr_json_scan *scan, const uint8_t *at, bool *escaped)
{
    const uint8_t *start = at, *bad;

    for (;;) {
        at = scan_plain(at, scan->end);
        if (at == scan->end) {
            return hr_json_scan_fail(scan, at, "a string does not end");
        }
        if (*at == '"') {
            break;
        }
        bad = at;
        if (*at == '\\') {
            *escaped = true;
            at = scan_escape(at, scan->end);
        } else if (*at >= 0x80) {
            at = scan_utf8(at, scan->end);
        } else {
            return hr_json_scan_fail(scan, at, "control character in a string");
        }
        if (at == NULL) {
            return hr_json_scan_fail(scan, bad, *bad == '\\' ? "bad escape" : "bad UTF-8");
        }
    }
    if (at - start > (ptrdiff_t)HR_JSON_STRING_MAX) {
        return hr_json_scan_fail(scan, start, "a string is longer than 1 MiB");
    }
    return at;
}

static bool
scan_is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') <= 9;
}

/* Digits from `at` on go into the mantissa as long as they fit. */
static const uint8_t *
scan_digits(const uint8_t *at, const uint8_t *end, hr_json_num *num, unsigned *room)
{
    for (; at < end && scan_is_digit(*at); at++) {
        if (*room == 0) {
            num->whole = false;
            continue;
        }
        (*room)--;
        num->mantissa = num->mantissa * 10 + (uint64_t)(*at - '0');
    }
    return at;
}

static const uint8_t *
scan_exponent(const uint8_t *at, const uint8_t *end, hr_json_num *num)
{
    bool negative = false;
    int64_t exp = 0;

    if (at < end && (*at == '+' || *at == '-')) {
        negative = *at == '-';
        at++;
    }
    if (at == end || !scan_is_digit(*at)) {
        return NULL;
    }
    for (; at < end && scan_is_digit(*at); at++) {
        exp = exp < SCAN_EXP_MAX ? exp * 10 + (*at - '0') : exp;
    }
    num->exp10 += negative ? -exp : exp;
    num->integer = false;
    return at;
}

const uint8_t *
hr_json_scan_number(const uint8_t *at, const uint8_t *end, hr_json_num *num)
{
    const uint8_t *start = at, *from;
    unsigned room = SCAN_DIGITS_MAX;

    *num = (hr_json_num){.integer = true, .whole = true};
    if (at < end && *at == '-') {
        num->negative = true;
        at++;
    }
    from = at;
    at = scan_digits(at, end, num, &room);
    if (at == from || (*from == '0' && at - from > 1)) {
        return NULL;
    }
    if (at < end && *at == '.') {
        from = ++at;
        at = scan_digits(at, end, num, &room);
        if (at == from) {
            return NULL;
        }
        num->exp10 = -(int64_t)(at - from);
        num->integer = false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at = scan_exponent(at + 1, end, num);
        if (at == NULL) {
            return NULL;
        }
    }
    num->text = (hr_span){start, (size_t)(at - start)};
    return at;
}

bool
hr_json_num_int(const hr_json_num *num, int64_t *out)
{
    uint64_t limit = (uint64_t)INT64_MAX + num->negative;

    if (!num->integer || !num->whole || num->mantissa > limit) {
        return false;
    }
    *out = num->negative ? (int64_t)(0 - num->mantissa) : (int64_t)num->mantissa;
    return true;
}

/* Through strtod, as digits and exponent: without a decimal point no locale can misread it. */
static double
scan_strtod(const hr_json_num *num)
{
    char text[SCAN_DIGITS_ROUND + 32];
    int64_t exp10 = num->exp10;
    bool more = false;
    size_t n = 0;

    for (size_t i = 0; i < num->text.len; i++) {
        uint8_t c = num->text.data[i];

        if (c == 'e' || c == 'E') {
            break;
        }
        if (!scan_is_digit(c) || (n == 0 && c == '0')) {
            continue;
        }
        if (n < SCAN_DIGITS_ROUND) {
            text[n++] = (char)c;
        } else {
            exp10++;
            more |= c != '0';
        }
    }
    if (more) {
        text[n++] = '1'; /* above what is there, and below a one in its last digit */
        exp10--;
    }
    if (n == 0) {
        return 0.0;
    }
    exp10 = exp10 > 9999 ? 9999 : exp10 < -9999 ? -9999 : exp10;
    snprintf(text + n, sizeof text - n, "e%d", (int)exp10);
    return strtod(text, NULL);
}

bool
hr_json_num_double(const hr_json_num *num, double *out)
{
    static const double pow10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double value = (double)num->mantissa;

    if (num->whole && num->mantissa <= (uint64_t)1 << 53 && num->exp10 >= -22 && num->exp10 <= 22) {
        /* Both operands are exact, so the one operation rounds as it must. */
        value = num->exp10 < 0 ? value / pow10[-num->exp10] : value * pow10[num->exp10];
    } else {
        value = scan_strtod(num);
    }
    *out = num->negative ? -value : value;
    return isfinite(value);
}

static const uint8_t *
scan_literal(hr_json_scan *scan, const uint8_t *at, const char *text, size_t len)
{
    if ((size_t)(scan->end - at) < len || memcmp(at, text, len) != 0) {
        return hr_json_scan_fail(scan, at, "expected a value");
    }
    return at + len;
}

static const uint8_t *
scan_scalar(hr_json_scan *scan, const uint8_t *at)
{
    const uint8_t *behind;
    bool escaped = false;
    hr_json_num num;

    switch (*at) {
    case '"':
        behind = hr_json_scan_string(scan, at + 1, &escaped);
        return behind != NULL ? behind + 1 : NULL;
    case 't':
        return scan_literal(scan, at, "true", 4);
    case 'f':
        return scan_literal(scan, at, "false", 5);
    case 'n':
        return scan_literal(scan, at, "null", 4);
    default:
        behind = hr_json_scan_number(at, scan->end, &num);
        return behind != NULL ? behind : hr_json_scan_fail(scan, at, "expected a value");
    }
}

/* A member's name and colon; returns its value's place. */
static const uint8_t *
scan_name(hr_json_scan *scan, const uint8_t *at)
{
    bool escaped = false;

    if (*at != '"') {
        return hr_json_scan_fail(scan, at, "expected a name in quotes");
    }
    at = hr_json_scan_string(scan, at + 1, &escaped);
    return at != NULL ? hr_json_scan_colon(scan, at + 1) : NULL;
}

/* The open brackets of a value that is skipped: one bit each, 1 for an object. */
typedef struct scan_stack {
    uint64_t objects;
    unsigned open, room;
} scan_stack;

/* Behind '{' or '[': to its first value, or to its closing bracket (*empty). */
static const uint8_t *
scan_enter(hr_json_scan *scan, const uint8_t *at, scan_stack *stack, bool *empty)
{
    bool object = *at == '{';

    if (stack->open == stack->room) {
        return hr_json_scan_fail(scan, at, "nested deeper than 64");
    }
    stack->objects = stack->objects << 1 | object;
    stack->open++;
    at = hr_json_scan_blanks(at + 1);
    *empty = *at == (object ? '}' : ']');
    return object && !*empty ? scan_name(scan, at) : at;
}

/* Behind a value: closes what ends here. Returns the next value's place, or, with nothing left
 * open, the place behind. */
static const uint8_t *
scan_leave(hr_json_scan *scan, const uint8_t *at, scan_stack *stack)
{
    while (stack->open > 0) {
        bool object = (stack->objects & 1) != 0;

        if (at == scan->end) {
            return hr_json_scan_fail(scan, at, "the text ends early");
        }
        at = hr_json_scan_blanks(at);
        if (*at == ',') {
            at = hr_json_scan_blanks(at + 1);
            return object ? scan_name(scan, at) : at;
        }
        if (*at != (object ? '}' : ']')) {
            return hr_json_scan_fail(scan, at,
                                     object ? "expected ',' or '}'" : "expected ',' or ']'");
        }
        at++;
        stack->objects >>= 1;
        stack->open--;
    }
    return at == scan->end ? hr_json_scan_fail(scan, at, "the text ends early") : at;
}

const uint8_t *
hr_json_scan_value(hr_json_scan *scan, const uint8_t *at, unsigned depth)
{
    scan_stack stack = {.room = HR_JSON_DEPTH_MAX - depth};

    do {
        bool empty = false;

        if (scan->nodes_left-- == 0) {
            return hr_json_scan_fail(scan, at, "more than 100000 values");
        }
        if (*at == '{' || *at == '[') {
            at = scan_enter(scan, at, &stack, &empty);
            if (at != NULL && !empty) {
                continue; /* at its first value */
            }
        } else {
            at = scan_scalar(scan, at);
        }
        at = at != NULL ? scan_leave(scan, at, &stack) : NULL;
    } while (at != NULL && stack.open > 0);
    return at;
}

static size_t
scan_put_utf8(uint8_t *to, int code)
{
    if (code < 0x80) {
        to[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (uint8_t)(0xC0 | code >> 6);
        to[1] = (uint8_t)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        to[0] = (uint8_t)(0xE0 | code >> 12);
        to[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
        to[2] = (uint8_t)(0x80 | (code & 0x3F));
        return 3;
    }
    to[0] = (uint8_t)(0xF0 | code >> 18);
    to[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
    to[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    to[3] = (uint8_t)(0x80 | (code & 0x3F));
    return 4;
}

/* What a one-letter escape stands for; 0: none. */
static uint8_t
scan_letter(uint8_t c)
{
    static const uint8_t letters[][2] = {{'"', '"'},  {'\\', '\\'}, {'/', '/'},  {'b', '\b'},
                                         {'f', '\f'}, {'n', '\n'},  {'r', '\r'}, {'t', '\t'}};

    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (letters[i][0] == c) {
            return letters[i][1];
        }
    }
    return 0;
}

size_t
hr_json_scan_unescape(hr_span text, uint8_t *to)
{
    const uint8_t *at = text.data, *end = text.data + text.len;
    size_t len = 0, used;
    int code;

    while (at < end) {
        if (*at != '\\') {
            to[len++] = *at++;
        } else if (end - at >= 2 && at[1] == 'u') {
            code = scan_unicode(at + 2, end, &used);
            if (code < 0) {
                return SIZE_MAX;
            }
            len += scan_put_utf8(to + len, code);
            at += 2 + used;
        } else {
            uint8_t c = end - at >= 2 ? scan_letter(at[1]) : 0;

            if (c == 0) {
                return SIZE_MAX;
            }
            to[len++] = c;
            at += 2;
        }
    }
    return len;
}
