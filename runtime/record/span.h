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

static inline bool
hr_span_eq(hr_span a, hr_span b)
{
    return a.len == b.len && (b.len == 0 || memcmp(a.data, b.data, a.len) == 0);
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
