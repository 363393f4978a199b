/* Looser than the schema where MongoDB is: its shell writes every number as a double, so 5.0 is an
 * int where the schema says int; an ObjectId is a string where it says string. What would change a
 * value is refused.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/bson_text.h"
#include "codec/json_walk.h"
#include "codec/json_write.h"
#include "config/error.h"

#include <math.h>

#define DEPTH_MAX 64
#define DAY_MS 86400000

static int
text_bad(const char **reason, const char *text)
{
    *reason = text;
    return HR_ERECORD;
}

static int
text_null(hr_buf *out)
{
    return hr_buf_append(out, "null", 4);
}

static int
text_string(const bson_iter_t *iter, hr_buf *out, const char **reason)
{
    char text[BSON_DECIMAL128_STRING > 25 ? BSON_DECIMAL128_STRING : 25];
    bson_decimal128_t decimal;
    uint32_t len;
    const char *utf8;

    switch (bson_iter_type(iter)) {
    case BSON_TYPE_UTF8:
        utf8 = bson_iter_utf8(iter, &len);
        return hr_json_write_string(out, (hr_span){(const uint8_t *)utf8, len});
    case BSON_TYPE_SYMBOL:
        utf8 = bson_iter_symbol(iter, &len);
        return hr_json_write_string(out, (hr_span){(const uint8_t *)utf8, len});
    case BSON_TYPE_OID:
        bson_oid_to_string(bson_iter_oid(iter), text);
        return hr_json_write_string(out, hr_span_str(text));
    case BSON_TYPE_DECIMAL128:
        bson_iter_decimal128(iter, &decimal);
        bson_decimal128_to_string(&decimal, text);
        return hr_json_write_string(out, hr_span_str(text));
    default:
        return text_bad(reason, "not a string");
    }
}

static int
text_int(const bson_iter_t *iter, hr_buf *out, const char **reason)
{
    double d;

    switch (bson_iter_type(iter)) {
    case BSON_TYPE_INT32:
        return hr_json_write_int(out, bson_iter_int32(iter));
    case BSON_TYPE_INT64:
        return hr_json_write_int(out, bson_iter_int64(iter));
    case BSON_TYPE_DOUBLE:
        d = bson_iter_double(iter);
        if (d >= -0x1p63 && d < 0x1p63 && d == trunc(d)) {
            return hr_json_write_int(out, (int64_t)d);
        }
        return text_bad(reason, "not a whole number");
    default:
        return text_bad(reason, "not an int");
    }
}

static int
text_decimal(const bson_iter_t *iter, hr_buf *out, const char **reason)
{
    char text[BSON_DECIMAL128_STRING];
    bson_decimal128_t decimal;
    double d;

    bson_iter_decimal128(iter, &decimal);
    bson_decimal128_to_string(&decimal, text);
    return hr_json_double(hr_span_str(text), &d)
               ? hr_json_write_double(out, d)
               : text_bad(reason, "a decimal that is no finite number");
}

static int
text_double(const bson_iter_t *iter, hr_buf *out, const char **reason)
{
    switch (bson_iter_type(iter)) {
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        return text_int(iter, out, reason);
    case BSON_TYPE_DOUBLE:
        return isfinite(bson_iter_double(iter)) ? hr_json_write_double(out, bson_iter_double(iter))
                                                : text_bad(reason, "a number that is not finite");
    case BSON_TYPE_DECIMAL128:
        return text_decimal(iter, out, reason);
    default:
        return text_bad(reason, "not a number");
    }
}

static int64_t
text_days(int64_t ms)
{
    return ms / DAY_MS - (ms % DAY_MS < 0 ? 1 : 0);
}

static int
text_time(const bson_iter_t *iter, const hr_schema *schema, hr_buf *out, const char **reason)
{
    int64_t ms;

    if (bson_iter_type(iter) != BSON_TYPE_DATE_TIME) {
        return text_int(iter, out, reason); /* in the schema's own unit */
    }
    ms = bson_iter_date_time(iter);
    return hr_json_write_int(
        out, schema != NULL && schema->logical == HR_LOGICAL_DATE ? text_days(ms) : ms);
}

static int
text_bool(const bson_iter_t *iter, hr_buf *out, const char **reason)
{
    if (bson_iter_type(iter) != BSON_TYPE_BOOL) {
        return text_bad(reason, "not a boolean");
    }
    return bson_iter_bool(iter) ? hr_buf_append(out, "true", 4) : hr_buf_append(out, "false", 5);
}

static int
text_bytes(const bson_iter_t *iter, hr_buf *out, const char **reason)
{
    hr_span bytes;
    uint8_t lane = HR_LANE_OK;
    hr_column column = {.kind = HR_KIND_BYTES, .lane = &lane, .v = {.s = &bytes}};
    bson_subtype_t subtype;
    uint32_t len = 0;

    if (bson_iter_type(iter) != BSON_TYPE_BINARY) {
        return text_bad(reason, "not binary");
    }
    bson_iter_binary(iter, &subtype, &len, &bytes.data);
    bytes.len = len;
    return hr_json_write_column(out, &column, (hr_type){.kind = HR_KIND_BYTES}, 0);
}

static int text_value(const bson_iter_t *iter, const hr_schema *schema, int depth, hr_buf *out,
                      const char **reason);

/* The schema of a member; false: it is left out. */
static bool
text_member(const hr_schema *schema, const char *name, const hr_schema **out)
{
    const hr_schema_field *field;

    *out = NULL;
    if (schema == NULL) {
        return true;
    }
    if (schema->kind == HR_KIND_MAP) {
        *out = schema->items;
        return true;
    }
    field = hr_schema_find(schema, name);
    *out = field != NULL ? field->schema : NULL;
    return field != NULL;
}

/* The members of a document or array that `iter` is about to step through. */
static int
text_members(bson_iter_t *iter, const hr_schema *schema, bool array, int depth, hr_buf *out,
             const char **reason)
{
    const hr_schema *of = schema != NULL ? schema->items : NULL;
    bool first = true;
    int rc = hr_buf_append(out, array ? "[" : "{", 1);

    while (rc == HR_OK && bson_iter_next(iter)) {
        hr_span name = {(const uint8_t *)bson_iter_key(iter), bson_iter_key_len(iter)};

        if (!array && !text_member(schema, bson_iter_key(iter), &of)) {
            continue;
        }
        rc = first ? HR_OK : hr_buf_append(out, ",", 1);
        first = false;
        if (rc == HR_OK && !array) {
            rc = hr_json_write_string(out, name);
            rc = rc == HR_OK ? hr_buf_append(out, ":", 1) : rc;
        }
        rc = rc == HR_OK ? text_value(iter, of, depth + 1, out, reason) : rc;
    }
    return rc == HR_OK ? hr_buf_append(out, array ? "]" : "}", 1) : rc;
}

static int
text_nested(const bson_iter_t *iter, const hr_schema *schema, int depth, hr_buf *out,
            const char **reason)
{
    bool array = bson_iter_type(iter) == BSON_TYPE_ARRAY;
    bson_iter_t child;

    if (schema != NULL && array != (schema->kind == HR_KIND_LIST)) {
        return text_bad(reason, array ? "an array" : "a document");
    }
    if (depth > DEPTH_MAX || !bson_iter_recurse(iter, &child)) {
        return text_bad(reason, "nested too deep");
    }
    return text_members(&child, schema, array, depth, out, reason);
}

static int
text_untyped(const bson_iter_t *iter, int depth, hr_buf *out, const char **reason)
{
    switch (bson_iter_type(iter)) {
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        return text_nested(iter, NULL, depth, out, reason);
    case BSON_TYPE_BOOL:
        return text_bool(iter, out, reason);
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DATE_TIME:
        return text_time(iter, NULL, out, reason);
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_DECIMAL128:
        return text_double(iter, out, reason);
    case BSON_TYPE_BINARY:
        return text_bytes(iter, out, reason);
    default:
        return text_string(iter, out, reason);
    }
}

static int
text_value(const bson_iter_t *iter, const hr_schema *schema, int depth, hr_buf *out,
           const char **reason)
{
    bson_type_t type = bson_iter_type(iter);

    if (type == BSON_TYPE_NULL || type == BSON_TYPE_UNDEFINED) {
        return text_null(out);
    }
    if (schema == NULL || schema->kind == HR_KIND_ANY) {
        return text_untyped(iter, depth, out, reason);
    }
    switch (schema->kind) {
    case HR_KIND_BOOL:
        return text_bool(iter, out, reason);
    case HR_KIND_INT:
        return text_int(iter, out, reason);
    case HR_KIND_DOUBLE:
        return text_double(iter, out, reason);
    case HR_KIND_STRING:
        return text_string(iter, out, reason);
    case HR_KIND_BYTES:
        return text_bytes(iter, out, reason);
    case HR_KIND_TIMESTAMP:
        return text_time(iter, schema, out, reason);
    default:
        return type == BSON_TYPE_DOCUMENT || type == BSON_TYPE_ARRAY
                   ? text_nested(iter, schema, depth, out, reason)
                   : text_bad(reason, "not a document or array");
    }
}

int
hr_bson_to_json(const bson_t *doc, const hr_schema *record, hr_buf *out, const char **field,
                const char **reason)
{
    bson_iter_t iter;
    bool first = true;
    int rc = hr_buf_append(out, "{", 1);

    *field = NULL;
    if (!bson_iter_init(&iter, doc)) {
        return text_bad(reason, "not BSON");
    }
    while (rc == HR_OK && bson_iter_next(&iter)) {
        const hr_schema *schema;

        if (!text_member(record, bson_iter_key(&iter), &schema) ||
            (record == NULL && strcmp(bson_iter_key(&iter), "_id") == 0)) {
            continue;
        }
        *field = bson_iter_key(&iter);
        rc = first ? HR_OK : hr_buf_append(out, ",", 1);
        first = false;
        rc = rc == HR_OK ? hr_json_write_string(out, hr_span_str(*field)) : rc;
        rc = rc == HR_OK ? hr_buf_append(out, ":", 1) : rc;
        rc = rc == HR_OK ? text_value(&iter, schema, 1, out, reason) : rc;
    }
    return rc == HR_OK ? hr_buf_append(out, "}", 1) : rc;
}
