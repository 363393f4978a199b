/* SPDX-License-Identifier: Apache-2.0 */
#include "record/buf.h"
#include "config/error.h"

#include <stdlib.h>

void
hr_buf_finish(hr_buf *buf)
{
    free(buf->data);
    *buf = (hr_buf){.cap_max = buf->cap_max};
}

int
hr_buf_grow(hr_buf *buf, size_t more)
{
    size_t cap = buf->cap != 0 ? buf->cap : 256;
    uint8_t *data;

    if (more > SIZE_MAX / 4 || (buf->cap_max != 0 && buf->len + more > buf->cap_max)) {
        return HR_ENOMEM;
    }
    while (cap - buf->len < more) {
        cap *= 2;
    }
    if (buf->cap_max != 0 && cap > buf->cap_max) {
        cap = buf->cap_max;
    }
    data = realloc(buf->data, cap);
    if (data == NULL) {
        return HR_ENOMEM;
    }
    buf->data = data;
    buf->cap = cap;
    return HR_OK;
}
