/* SPDX-License-Identifier: Apache-2.0 */
#include "mongo/index.h"

#include <stdio.h>

/* As snprintf() behind what is there; `used` stays within size. */
#define APPEND(out, size, used, ...)                                                               \
    do {                                                                                           \
        if (used < size) {                                                                         \
            used += (size_t)snprintf(out + used, size - used, __VA_ARGS__);                        \
        }                                                                                          \
    } while (0)

void
hr_mongo_index_text(const hr_mongo_index *index, char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < index->n; i++) {
        const hr_mongo_index_field *field = &index->fields[i];

        APPEND(out, size, used, "%s%.*s: %d", i > 0 ? ", " : "{", (int)field->name.len,
               (const char *)field->name.data, field->direction);
    }
    APPEND(out, size, used, "}");
}

void
hr_mongo_index_name(const hr_mongo_index *index, char *out, size_t size)
{
    size_t used = 0;

    if (index->name != NULL) {
        snprintf(out, size, "%s", index->name);
        return;
    }
    for (size_t i = 0; i < index->n; i++) {
        const hr_mongo_index_field *field = &index->fields[i];

        APPEND(out, size, used, i > 0 ? "_%.*s_%d" : "%.*s_%d", (int)field->name.len,
               (const char *)field->name.data, field->direction);
    }
}
