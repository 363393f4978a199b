/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/set.h"

#include <stdlib.h>

#include "codec/json_write.h"
#include "config/error.h"

static int
set_compare_int(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int
set_compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int
set_compare_span(const void *a, const void *b)
{
    return hr_span_cmp(*(const hr_span *)a, *(const hr_span *)b);
}

hr_kernel_set *
hr_set_make(hr_arena *arena, const hr_value *items, size_t n)
{
    hr_kind kind = n > 0 ? items[0].kind : HR_KIND_INT;
    size_t size = hr_value_size(kind);
    hr_kernel_set *set = hr_arena_calloc(arena, 1, sizeof *set);
    uint8_t *sorted = hr_arena_alloc(arena, n * size);

    if (set == NULL || sorted == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(sorted + i * size, &items[i].v, size);
    }
    set->n = n;
    if (size == sizeof(hr_span)) {
        set->s = (const hr_span *)(void *)sorted;
    } else if (kind == HR_KIND_DOUBLE) {
        set->d = (const double *)(void *)sorted;
    } else {
        set->i = (const int64_t *)(void *)sorted;
    }
    qsort(sorted, n, size,
          set->s != NULL   ? set_compare_span
          : set->d != NULL ? set_compare_double
                           : set_compare_int);
    return set;
}

static int
set_write(hr_buf *buf, const hr_value *item)
{
    if (item->lane != HR_LANE_OK) {
        return hr_buf_append(buf, "null", 4);
    }
    switch ((int)item->kind) {
    case HR_KIND_BOOL:
        return item->v.b ? hr_buf_append(buf, "true", 4) : hr_buf_append(buf, "false", 5);
    case HR_KIND_INT:
        return hr_json_write_int(buf, item->v.i);
    case HR_KIND_DOUBLE:
        return hr_json_write_double(buf, item->v.d);
    case HR_KIND_STRING:
        return hr_json_write_string(buf, item->v.s);
    default:
        return hr_buf_append(buf, item->v.s.data, item->v.s.len); /* a list: JSON already */
    }
}

bool
hr_set_json(hr_arena *arena, const hr_value *items, size_t n, hr_span *out)
{
    hr_buf buf = {0};
    int rc = hr_buf_append(&buf, "[", 1);
    uint8_t *copy;

    for (size_t i = 0; rc == HR_OK && i < n; i++) {
        rc = i > 0 ? hr_buf_append(&buf, ",", 1) : HR_OK;
        rc = rc == HR_OK ? set_write(&buf, &items[i]) : rc;
    }
    rc = rc == HR_OK ? hr_buf_append(&buf, "]", 1) : rc;
    copy = rc == HR_OK ? hr_arena_alloc(arena, buf.len) : NULL;
    if (copy != NULL) {
        memcpy(copy, buf.data, buf.len);
        *out = (hr_span){copy, buf.len};
    }
    hr_buf_finish(&buf);
    return copy != NULL;
}
