/* A growing byte buffer with a cap; encoders write into it and it is reused, so it grows once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_RECORD_BUF_H
#define HR_RECORD_BUF_H
#include "config/error.h"
#include "record/span.h"

typedef struct hr_buf {
    uint8_t *data;
    size_t len, cap;
    size_t cap_max; /* 0: no limit */
} hr_buf;

/* Frees the bytes and zeroes the struct; accepts a zeroed one. */
void hr_buf_finish(hr_buf *buf);

/* Makes room for `more` bytes behind len. HR_OK or HR_ENOMEM (also past cap_max); the bytes written
 * so far stay. */
int hr_buf_grow(hr_buf *buf, size_t more);

static inline int
hr_buf_reserve(hr_buf *buf, size_t more)
{
    return more <= buf->cap - buf->len ? HR_OK : hr_buf_grow(buf, more);
}

/* Appends. HR_OK or HR_ENOMEM. */
static inline int
hr_buf_append(hr_buf *buf, const void *bytes, size_t n)
{
    int rc = hr_buf_reserve(buf, n);

    if (rc == HR_OK && n > 0) {
        memcpy(buf->data + buf->len, bytes, n);
        buf->len += n;
    }
    return rc;
}

static inline hr_span
hr_buf_span(const hr_buf *buf)
{
    return (hr_span){buf->data, buf->len};
}

#endif
