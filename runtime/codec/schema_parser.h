/* What the files that parse Avro schemas share: the text, its places and its mistakes. Internal to
 * codec/.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CODEC_SCHEMA_PARSER_H
#define HR_CODEC_SCHEMA_PARSER_H
#include "codec/schema.h"

#define HR_SCHEMA_BYTES_MAX (1u << 20)

typedef struct hr_schema_named {
    const char *full_name;
    const hr_schema *schema; /* NULL while its own fields are read */
    size_t nodes;
} hr_schema_named;

typedef struct hr_schema_parser {
    hr_arena *arena;
    const char *file;
    hr_span text;
    hr_error *err;
    hr_schema_named *named; /* of a fixed size */
    size_t n_named;
    size_t nodes;
} hr_schema_parser;

/* The place of a byte of the text: characters, not bytes, make the column. */
hr_loc hr_schema_loc(const hr_schema_parser *p, const uint8_t *at);

/* Reports a mistake at the place of a value (a span of the text). */
#define HR_SCHEMA_FAIL(p, at, ...)                                                                 \
    hr_schema_refused(                                                                             \
        hr_fail_as((p)->err, hr_schema_loc((p), (at).data), "bad-schema", __VA_ARGS__))

/* HR_ECONFIG, spelled out, so that readers and analysers see that it is never HR_OK. */
static inline int
hr_schema_refused(int code)
{
    (void)code;
    return HR_ECONFIG;
}

int hr_schema_no_memory(hr_schema_parser *p);

/* Bytes of a value to show in messages, as printf's precision. */
static inline int
hr_schema_shown(hr_span value)
{
    return value.len < 60 ? (int)value.len : 60;
}

/* The value of a member of a JSON object; data NULL: none. */
hr_span hr_schema_member(hr_span object, const char *name);

/* Checks a field's default against its type and keeps it in the form in which records hold it. */
int hr_schema_set_default(hr_schema_parser *p, hr_span value, hr_schema_field *field);

#endif
