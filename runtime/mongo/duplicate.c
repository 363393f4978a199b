/* It matters: a duplicate of the key means that the record, or a newer one, is stored; a duplicate
 * of anything else means that the record is not.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/duplicate.h"

/* 1: exactly the key's fields, 0: others, -1: the server did not say. */
static int
duplicate_by_fields(const bson_t *error, const hr_span *key, size_t n_key)
{
    bson_iter_t iter, field;
    size_t n = 0, own = 0;

    if (!bson_iter_init_find(&iter, error, "keyPattern") || !BSON_ITER_HOLDS_DOCUMENT(&iter) ||
        !bson_iter_recurse(&iter, &field)) {
        return -1;
    }
    while (bson_iter_next(&field)) {
        n++;
        for (size_t i = 0; i < n_key; i++) {
            own += hr_span_eq(hr_span_str(bson_iter_key(&field)), key[i]) ? 1 : 0;
        }
    }
    return n == own && n == n_key;
}

/* "E11000 duplicate key error collection: db.c index: NAME dup key: {...}"; what stands behind
 * `dup key` is data. Some have db.c.$NAME. */
static hr_span
duplicate_index_name(const char *text)
{
    const char *end = strstr(text, " dup key");
    const char *start = NULL;

    for (const char *p = text; end != NULL && (p = strstr(p, "index: ")) != NULL && p < end; p++) {
        start = p + 7;
    }
    if (start == NULL || start > end) {
        return (hr_span){0};
    }
    for (const char *p = start; p < end; p++) {
        start = *p == '$' ? p + 1 : start;
    }
    return (hr_span){(const uint8_t *)start, (size_t)(end - start)};
}

hr_mongo_duplicate
hr_mongo_duplicate_of(const bson_t *error, const hr_span *key, size_t n_key, const char *index)
{
    int by_fields = duplicate_by_fields(error, key, n_key);
    bson_iter_t iter;
    hr_span name = {0};

    if (by_fields >= 0) {
        return by_fields == 1 ? HR_MONGO_DUPLICATE_OF_KEY : HR_MONGO_DUPLICATE_OF_OTHER;
    }
    if (bson_iter_init_find(&iter, error, "errmsg") && BSON_ITER_HOLDS_UTF8(&iter)) {
        name = duplicate_index_name(bson_iter_utf8(&iter, NULL));
    }
    if (name.len == 0 || index[0] == '\0') {
        return HR_MONGO_DUPLICATE_OF_UNKNOWN;
    }
    return hr_span_eq(name, hr_span_str(index)) ? HR_MONGO_DUPLICATE_OF_KEY
                                                : HR_MONGO_DUPLICATE_OF_OTHER;
}
