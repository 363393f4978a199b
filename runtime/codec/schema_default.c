/* Defaults of fields: checked when the schema is loaded, so that a record can never fail by one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_walk.h"
#include "codec/json_write.h"
#include "codec/schema_parser.h"
#include "record/buf.h"

static int
schema_default_type(hr_schema_parser *p, hr_span value, const hr_schema *schema)
{
    HR_SCHEMA_FAIL(p, value, "the default %.*s does not fit the field's type, %s",
                   hr_schema_shown(value), (const char *)value.data, hr_kind_name(schema->kind));
    return schema->nullable ? HR_ECONFIG
                            : hr_hint(p->err, "a default of null needs [\"null\", TYPE]");
}

/* Avro writes bytes in defaults as characters U+0000 to U+00FF; records hold base64. */
static int
schema_default_bytes(hr_schema_parser *p, hr_span value, const hr_schema *schema, hr_buf *out)
{
    hr_span text = {value.data + 1, value.len - 2};
    uint8_t lane = HR_LANE_OK, *to;
    hr_column column = {.kind = HR_KIND_BYTES, .lane = &lane, .v.s = &text};
    size_t n = 0;

    if (!hr_json_unescape(p->arena, text, &text) ||
        (to = hr_arena_alloc(p->arena, text.len)) == NULL) {
        return hr_schema_no_memory(p);
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (c >= 0xC4) {
            return schema_default_type(p, value, schema);
        }
        to[n++] = (uint8_t)(c < 0x80 ? c : c << 6 | (text.data[++i] & 0x3F));
    }
    if (schema->fixed_bytes != 0 && n != schema->fixed_bytes) {
        return HR_SCHEMA_FAIL(p, value, "the default has %zu bytes, the fixed type %zu", n,
                              schema->fixed_bytes);
    }
    text = (hr_span){to, n};
    return hr_json_write_column(out, &column, (hr_type){.kind = HR_KIND_BYTES}, 0);
}

static bool
schema_is_symbol(const hr_schema *schema, hr_span text)
{
    for (size_t i = 0; i < schema->n_symbols; i++) {
        if (hr_span_eq(text, hr_span_str(schema->symbols[i]))) {
            return true;
        }
    }
    return schema->n_symbols == 0;
}

static bool
schema_is_int(const hr_schema *schema, hr_span value)
{
    int64_t i;
    bool small = schema->is_int32 || schema->logical == HR_LOGICAL_DATE;

    return hr_json_int(value, &i) && (!small || (i >= INT32_MIN && i <= INT32_MAX));
}

static int schema_default(hr_schema_parser *p, hr_span value, const hr_schema *schema, hr_buf *out);

static int
schema_default_items(hr_schema_parser *p, hr_span value, const hr_schema *schema, hr_buf *out)
{
    bool map = schema->kind == HR_KIND_MAP;
    hr_json_iter iter;
    hr_json_member member;
    int rc = hr_buf_append(out, map ? "{" : "[", 1);
    bool first = true;

    hr_json_iter_init(&iter, value);
    while (rc == HR_OK && hr_json_next(&iter, &member) == 1) {
        rc = first ? HR_OK : hr_buf_append(out, ",", 1);
        if (rc == HR_OK && map) {
            /* with its quotes, as it stands */
            rc = hr_buf_append(out, member.name_raw.data - 1, member.name_raw.len + 2);
            rc = rc == HR_OK ? hr_buf_append(out, ":", 1) : rc;
        }
        rc = rc == HR_OK ? schema_default(p, member.raw, schema->items, out) : rc;
        first = false;
    }
    return rc == HR_OK ? hr_buf_append(out, map ? "}" : "]", 1) : rc;
}

/* Fields that the default leaves out have defaults of their own or may be null. */
static int
schema_default_record(hr_schema_parser *p, hr_span value, const hr_schema *schema, hr_buf *out)
{
    int rc = hr_buf_append(out, "{", 1);

    for (size_t i = 0; rc == HR_OK && i < schema->n_fields; i++) {
        const hr_schema_field *field = &schema->fields[i];
        hr_span own = hr_schema_member(value, field->name);

        if (own.data == NULL && !field->has_default && !field->schema->nullable) {
            return HR_SCHEMA_FAIL(p, value, "the default lacks the field '%s'", field->name);
        }
        rc = i == 0 ? HR_OK : hr_buf_append(out, ",", 1);
        rc = rc == HR_OK ? hr_json_write_string(out, hr_span_str(field->name)) : rc;
        rc = rc == HR_OK ? hr_buf_append(out, ":", 1) : rc;
        if (rc == HR_OK && own.data != NULL) {
            rc = schema_default(p, own, field->schema, out);
        } else if (rc == HR_OK && field->has_default) {
            rc = hr_buf_append(out, field->default_json.data, field->default_json.len);
        } else if (rc == HR_OK) {
            rc = hr_buf_append(out, "null", 4);
        }
    }
    return rc == HR_OK ? hr_buf_append(out, "}", 1) : rc;
}

/* Checks a default and appends it in the form in which a record holds the value. */
static int
schema_default(hr_schema_parser *p, hr_span value, const hr_schema *schema, hr_buf *out)
{
    hr_json_kind json = hr_json_kind_of(value);
    hr_span text = {value.data + 1, value.len > 2 ? value.len - 2 : 0};
    bool fits = false;
    double d;

    if (json == HR_JSON_NULL && schema->nullable) {
        return hr_buf_append(out, "null", 4);
    }
    switch (schema->kind) {
    case HR_KIND_BOOL:
        fits = json == HR_JSON_BOOL;
        break;
    case HR_KIND_INT:
    case HR_KIND_TIMESTAMP:
        fits = json == HR_JSON_NUMBER && schema_is_int(schema, value);
        break;
    case HR_KIND_DOUBLE:
        fits = json == HR_JSON_NUMBER && hr_json_double(value, &d);
        break;
    case HR_KIND_STRING:
        fits = json == HR_JSON_STRING && schema_is_symbol(schema, text);
        break;
    case HR_KIND_BYTES:
        return json == HR_JSON_STRING ? schema_default_bytes(p, value, schema, out)
                                      : schema_default_type(p, value, schema);
    case HR_KIND_LIST:
    case HR_KIND_MAP:
        return json == (schema->kind == HR_KIND_LIST ? HR_JSON_ARRAY : HR_JSON_OBJECT)
                   ? schema_default_items(p, value, schema, out)
                   : schema_default_type(p, value, schema);
    case HR_KIND_RECORD:
        return json == HR_JSON_OBJECT ? schema_default_record(p, value, schema, out)
                                      : schema_default_type(p, value, schema);
    case HR_KIND_ANY:
        break;
    }
    return fits ? hr_buf_append(out, value.data, value.len) : schema_default_type(p, value, schema);
}

int
hr_schema_set_default(hr_schema_parser *p, hr_span value, hr_schema_field *field)
{
    hr_buf out = {.cap_max = HR_SCHEMA_BYTES_MAX};
    int rc = schema_default(p, value, field->schema, &out);
    char *kept;

    if (rc == HR_OK) {
        kept = hr_arena_strndup(p->arena, (const char *)out.data, out.len);
        rc = kept != NULL ? HR_OK : HR_ENOMEM;
        field->has_default = true;
        field->default_json = (hr_span){(const uint8_t *)kept, out.len};
    }
    hr_buf_finish(&out);
    return rc == HR_ENOMEM ? hr_schema_no_memory(p) : rc;
}
