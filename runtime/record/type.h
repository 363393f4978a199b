/* What a field can be, at check time. At run time a column holds the matching C array (batch.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_RECORD_TYPE_H
#define HR_RECORD_TYPE_H
#include "record/span.h"

/* LIST, MAP, RECORD and ANY are held as the raw JSON text of the value. */
typedef enum hr_kind {
    HR_KIND_ANY, /* a field without a schema: raw JSON of any kind */
    HR_KIND_BOOL,
    HR_KIND_INT,    /* int64_t */
    HR_KIND_DOUBLE, /* finite */
    HR_KIND_STRING, /* UTF-8, unescaped */
    HR_KIND_BYTES,
    HR_KIND_TIMESTAMP, /* int64_t: ms since the epoch, UTC */
    HR_KIND_LIST,
    HR_KIND_MAP,
    HR_KIND_RECORD,
} hr_kind;

typedef struct hr_schema hr_schema; /* codec/schema.h: one node of an Avro schema */

typedef struct hr_type {
    hr_kind kind;
    bool nullable;
    const hr_schema *schema; /* of a LIST, MAP, RECORD, enum or logical type; else NULL */
} hr_type;

/* "int", "double", "list" ... for messages. */
const char *hr_kind_name(hr_kind kind);

/* True where a column of this kind holds spans (hr_column.v.s). */
static inline bool
hr_kind_is_span(hr_kind kind)
{
    return kind != HR_KIND_BOOL && kind != HR_KIND_INT && kind != HR_KIND_DOUBLE &&
           kind != HR_KIND_TIMESTAMP;
}

#endif
