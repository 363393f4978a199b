/* Avro schemas as types of fields: for JSON as for Avro payloads. avro-c parses nothing hostile for
 * us: sizes, depth, recursion and counts are checked first (RELIABILITY: avro-c 1.11.1).
 *
 * int and long become INT, float and double DOUBLE, fixed BYTES, enum STRING with `symbols`, and
 * the logical types date (of int) and timestamp-millis (of long) TIMESTAMP. Other logical types are
 * ignored, as Avro says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CODEC_SCHEMA_H
#define HR_CODEC_SCHEMA_H
#include "config/error.h"
#include "record/arena.h"
#include "record/type.h"

typedef enum hr_logical {
    HR_LOGICAL_NONE,
    HR_LOGICAL_DATE,
    HR_LOGICAL_TIMESTAMP_MILLIS
} hr_logical;

typedef struct hr_schema_field {
    const char *name;
    const hr_schema *schema;
    bool has_default;
    hr_span default_json; /* JSON text of the default, as a record would hold it */
} hr_schema_field;

/* One node of a schema; a union with null is the other branch with `nullable` set. */
struct hr_schema {
    hr_kind kind;
    bool nullable;
    hr_logical logical;
    bool is_int32;    /* Avro int: range checked */
    const char *name; /* of a record or enum; else NULL */
    const hr_schema_field *fields;
    size_t n_fields;
    const hr_schema *items;     /* LIST, MAP */
    const char *const *symbols; /* enum (kind STRING); NULL: any string */
    size_t n_symbols;
    size_t fixed_bytes; /* of a fixed (kind BYTES): exactly so many; 0: any number */
};

/* Parses an Avro schema (.avsc) into the arena. The root must be a record. HR_OK; HR_ECONFIG with
 * the file's place of the mistake and a remedy; HR_EIO when it cannot be read; HR_ENOMEM.
 * thread: any */
int hr_schema_load(hr_arena *arena, const char *path, const hr_schema **out, hr_error *err);
int hr_schema_parse(hr_arena *arena, const char *file, const char *json, size_t len,
                    const hr_schema **out, hr_error *err);

/* The field of a record schema, or NULL. */
const hr_schema_field *hr_schema_find(const hr_schema *record, const char *name);

/* The type that a value of this schema has in a column. */
hr_type hr_schema_type(const hr_schema *schema);

#endif
