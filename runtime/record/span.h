/* A read-only piece of bytes that somebody else owns.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_RECORD_SPAN_H
#define HR_RECORD_SPAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct hr_span {
    const uint8_t *data; /* NULL: absent (a null key, a tombstone) */
    size_t len;
} hr_span;

#define HR_SPAN_LIT(text) ((hr_span){(const uint8_t *)("" text), sizeof(text) - 1})

static inline hr_span
hr_span_str(const char *text)
{
    return (hr_span){(const uint8_t *)text, text != NULL ? strlen(text) : 0};
}

/* Whether n bytes are equal. Names and keys are short: two loads that overlap instead of a call. */
static inline bool
hr_bytes_eq(const uint8_t *a, const uint8_t *b, size_t n)
{
    uint64_t long_a[2], long_b[2];
    uint32_t short_a[2], short_b[2];

    if (n > 16) {
        return memcmp(a, b, n) == 0;
    }
    if (n >= 8) {
        memcpy(&long_a[0], a, 8);
        memcpy(&long_b[0], b, 8);
        memcpy(&long_a[1], a + n - 8, 8);
        memcpy(&long_b[1], b + n - 8, 8);
        return ((long_a[0] ^ long_b[0]) | (long_a[1] ^ long_b[1])) == 0;
    }
    if (n >= 4) {
        memcpy(&short_a[0], a, 4);
        memcpy(&short_b[0], b, 4);
        memcpy(&short_a[1], a + n - 4, 4);
        memcpy(&short_b[1], b + n - 4, 4);
        return ((short_a[0] ^ short_b[0]) | (short_a[1] ^ short_b[1])) == 0;
    }
    return n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}

static inline bool
hr_span_eq(hr_span a, hr_span b)
{
    return a.len == b.len && hr_bytes_eq(a.data, b.data, a.len);
}

/* Copies n bytes and returns the place behind them. Short ones by two loads that may overlap: a
 * call of memcpy costs more than the copy. */
static inline uint8_t *
hr_bytes_copy(uint8_t *to, const uint8_t *from, size_t n)
{
    if (n > 16) {
        memcpy(to, from, n);
    } else if (n >= 8) {
        memcpy(to, from, 8);
        memcpy(to + n - 8, from + n - 8, 8);
    } else if (n >= 4) {
        memcpy(to, from, 4);
        memcpy(to + n - 4, from + n - 4, 4);
    } else if (n >= 2) {
        memcpy(to, from, 2);
        memcpy(to + n - 2, from + n - 2, 2);
    } else if (n == 1) {
        to[0] = from[0];
    }
    return to + n;
}

/* Order of memcmp, a prefix first. */
static inline int
hr_span_cmp(hr_span a, hr_span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n > 0 ? memcmp(a.data, b.data, n) : 0;

    return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

#endif
