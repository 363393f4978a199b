/* What a schema says wins over how a number is spelled: 5 in a field of type double is stored as a
 * double, so that a collection has one type a field. Without a schema an integer takes the smallest
 * of int32, int64 and double that holds it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/bson_value.h"
#include "codec/base64.h"

#define DEPTH_MAX 64
#define MEMBERS_FIRST 32 /* room for this many members before the first growth */
#define PAIRWISE_MAX 16  /* up to so many names are compared pair by pair */
#define DAY_MS 86400000

static int
value_bad(const char **reason, const char *text)
{
    *reason = text;
    return HR_ERECORD;
}

static int
value_appended(bool ok, const char **reason)
{
    return ok ? HR_OK : value_bad(reason, "the document is larger than BSON can be");
}

static int
object_grow(hr_arena *arena, hr_json_members *object)
{
    size_t cap = object->cap == 0 ? MEMBERS_FIRST : 2 * object->cap;
    hr_json_member *member = hr_arena_calloc(arena, cap, sizeof *member);
    hr_span *name = hr_arena_calloc(arena, cap, sizeof *name);

    if (member == NULL || name == NULL) {
        return HR_ENOMEM;
    }
    if (object->n > 0) {
        memcpy(member, object->member, object->n * sizeof *member);
        memcpy(name, object->name, object->n * sizeof *name);
    }
    object->member = member;
    object->name = name;
    object->cap = cap;
    return HR_OK;
}

static void
object_dedupe_pairwise(hr_json_members *object)
{
    for (size_t i = 0; i + 1 < object->n; i++) {
        for (size_t k = i + 1; k < object->n; k++) {
            if (hr_span_eq(object->name[i], object->name[k])) {
                object->name[i].data = NULL;
                break;
            }
        }
    }
}

/* Open addressing over the hashes of the names; walks backwards, so that the last one is kept. */
static int
object_dedupe_hashed(hr_arena *arena, hr_json_members *object)
{
    size_t slots = 64;
    uint32_t *seen;

    while (slots < 2 * object->n) {
        slots *= 2;
    }
    seen = hr_arena_calloc(arena, slots, sizeof *seen);
    if (seen == NULL) {
        return HR_ENOMEM;
    }
    for (size_t i = object->n; i-- > 0;) {
        size_t at = (size_t)hr_hash64(object->name[i], 0) & (slots - 1);

        while (seen[at] != 0 && !hr_span_eq(object->name[seen[at] - 1], object->name[i])) {
            at = (at + 1) & (slots - 1);
        }
        if (seen[at] != 0) {
            object->name[i].data = NULL;
        } else {
            seen[at] = (uint32_t)i + 1;
        }
    }
    return HR_OK;
}

int
hr_json_members_read(hr_arena *arena, hr_span raw, hr_json_members *out, const char **reason)
{
    hr_json_iter iter;
    hr_json_member member;
    int more;

    *out = (hr_json_members){0};
    if (hr_json_kind_of(raw) != HR_JSON_OBJECT || !hr_json_iter_init(&iter, raw)) {
        return value_bad(reason, "not a JSON object");
    }
    while ((more = hr_json_next(&iter, &member)) == 1) {
        if (out->n == out->cap && object_grow(arena, out) != HR_OK) {
            return value_bad(reason, "too many members");
        }
        if (!hr_json_unescape(arena, member.name_raw, &out->name[out->n])) {
            return value_bad(reason, "a member's name is not valid");
        }
        out->member[out->n++] = member;
    }
    if (more < 0) {
        return value_bad(reason, "broken JSON");
    }
    if (out->n > PAIRWISE_MAX) {
        return object_dedupe_hashed(arena, out) == HR_OK ? HR_OK
                                                         : value_bad(reason, "too many members");
    }
    object_dedupe_pairwise(out);
    return HR_OK;
}

int
hr_bson_name_check(hr_span name, const char **reason)
{
    if (name.len > INT32_MAX / 2 || memchr(name.data, '\0', name.len) != NULL) {
        return value_bad(reason, "the name of a member holds NUL");
    }
    if (name.len > 0 && name.data[0] == '$') {
        return value_bad(reason, "the name of a member starts with '$'");
    }
    if (memchr(name.data, '.', name.len) != NULL) {
        return value_bad(reason, "the name of a member holds '.'");
    }
    if (!bson_utf8_validate((const char *)name.data, name.len, true)) {
        return value_bad(reason, "the name of a member is not UTF-8");
    }
    return HR_OK;
}

/* Shorthands for libbson's arguments. */
#define NAME(span) (const char *)(span).data, (int)(span).len

static int
value_put_string(bson_t *doc, hr_span name, hr_span text, const char **reason)
{
    if (text.len > INT32_MAX / 2 || !bson_utf8_validate((const char *)text.data, text.len, true)) {
        return value_bad(reason, "a string is not UTF-8");
    }
    return value_appended(bson_append_utf8(doc, NAME(name), (const char *)text.data, (int)text.len),
                          reason);
}

static int
value_put_int(bson_t *doc, hr_span name, const hr_schema *schema, int64_t value,
              const char **reason)
{
    bool fits = value >= INT32_MIN && value <= INT32_MAX;

    if (schema != NULL && schema->is_int32 && !fits) {
        return value_bad(reason, "an int is beyond 32 bits");
    }
    if (schema != NULL && schema->is_int32) {
        return value_appended(bson_append_int32(doc, NAME(name), (int32_t)value), reason);
    }
    return value_appended(bson_append_int64(doc, NAME(name), value), reason);
}

static int
value_put_untyped_number(bson_t *doc, hr_span name, hr_span raw, const char **reason)
{
    int64_t i;
    double d;

    if (hr_json_int(raw, &i)) {
        return value_appended(i >= INT32_MIN && i <= INT32_MAX
                                  ? bson_append_int32(doc, NAME(name), (int32_t)i)
                                  : bson_append_int64(doc, NAME(name), i),
                              reason);
    }
    if (hr_json_double(raw, &d)) {
        return value_appended(bson_append_double(doc, NAME(name), d), reason);
    }
    return value_bad(reason, "a number is beyond the range of a double");
}

static int
value_put_json_string(bson_t *doc, hr_span name, hr_span raw, hr_arena *scratch,
                      const char **reason)
{
    hr_span text;

    if (raw.len < 2 || !hr_json_unescape(scratch, (hr_span){raw.data + 1, raw.len - 2}, &text)) {
        return value_bad(reason, "a string is not valid");
    }
    return value_put_string(doc, name, text, reason);
}

static int
value_put_bytes(bson_t *doc, hr_span name, hr_span bytes, const char **reason)
{
    if (bytes.len > INT32_MAX / 2) {
        return value_bad(reason, "the document is larger than BSON can be");
    }
    return value_appended(
        bson_append_binary(doc, NAME(name), BSON_SUBTYPE_BINARY, bytes.data, (uint32_t)bytes.len),
        reason);
}

static int
value_put_base64(bson_t *doc, hr_span name, hr_span raw, hr_arena *scratch, const char **reason)
{
    hr_span text;
    uint8_t *bytes;
    size_t n;

    if (raw.len < 2 || !hr_json_unescape(scratch, (hr_span){raw.data + 1, raw.len - 2}, &text)) {
        return value_bad(reason, "a string is not valid");
    }
    bytes = hr_arena_alloc(scratch, text.len + 1);
    n = bytes != NULL ? hr_base64_decode(text, bytes) : SIZE_MAX;
    if (n == SIZE_MAX) {
        return value_bad(reason, "bytes are not base64");
    }
    return value_put_bytes(doc, name, (hr_span){bytes, n}, reason);
}

static int
value_put_time(bson_t *doc, hr_span name, const hr_schema *schema, hr_span raw, const char **reason)
{
    int64_t ms;

    if (!hr_json_int(raw, &ms)) {
        return value_bad(reason, "a date is not an int");
    }
    if (schema->logical == HR_LOGICAL_DATE) {
        if (ms > INT64_MAX / DAY_MS || ms < INT64_MIN / DAY_MS) {
            return value_bad(reason, "a date is out of range");
        }
        ms *= DAY_MS;
    }
    return value_appended(bson_append_date_time(doc, NAME(name), ms), reason);
}

static int value_put(bson_t *doc, hr_span name, const hr_schema *schema, hr_span raw,
                     hr_arena *scratch, int depth, const char **reason);

/* The schema of a member of an object of this schema; NULL: typed by the JSON. */
static const hr_schema *
value_member_schema(const hr_schema *schema, hr_span name)
{
    if (schema == NULL) {
        return NULL;
    }
    if (schema->kind == HR_KIND_MAP) {
        return schema->items;
    }
    for (size_t i = 0; i < schema->n_fields; i++) {
        if (hr_span_eq(hr_span_str(schema->fields[i].name), name)) {
            return schema->fields[i].schema;
        }
    }
    return NULL;
}

static int
value_put_object(bson_t *doc, hr_span name, const hr_schema *schema, hr_span raw, hr_arena *scratch,
                 int depth, const char **reason)
{
    hr_json_members object;
    bson_t child;
    int rc = hr_json_members_read(scratch, raw, &object, reason);

    if (rc == HR_OK) {
        rc = value_appended(bson_append_document_begin(doc, NAME(name), &child), reason);
    }
    if (rc != HR_OK) {
        return rc;
    }
    for (size_t i = 0; i < object.n && rc == HR_OK; i++) {
        if (object.name[i].data == NULL) {
            continue;
        }
        rc = hr_bson_name_check(object.name[i], reason);
        if (rc == HR_OK) {
            rc = value_put(&child, object.name[i], value_member_schema(schema, object.name[i]),
                           object.member[i].raw, scratch, depth + 1, reason);
        }
    }
    bson_append_document_end(doc, &child);
    return rc;
}

static int
value_put_array(bson_t *doc, hr_span name, const hr_schema *schema, hr_span raw, hr_arena *scratch,
                int depth, const char **reason)
{
    const hr_schema *items = schema != NULL ? schema->items : NULL;
    hr_json_iter iter;
    hr_json_member member;
    bson_t child;
    uint32_t i = 0;
    int rc, more = 0;

    if (!hr_json_iter_init(&iter, raw)) {
        return value_bad(reason, "broken JSON");
    }
    rc = value_appended(bson_append_array_begin(doc, NAME(name), &child), reason);
    if (rc != HR_OK) {
        return rc;
    }
    while (rc == HR_OK && (more = hr_json_next(&iter, &member)) == 1) {
        char text[16];
        const char *key;
        size_t len = bson_uint32_to_string(i++, &key, text, sizeof text);

        rc = value_put(&child, (hr_span){(const uint8_t *)key, len}, items, member.raw, scratch,
                       depth + 1, reason);
    }
    bson_append_array_end(doc, &child);
    return rc == HR_OK && more < 0 ? value_bad(reason, "broken JSON") : rc;
}

static const char *
value_mismatch(hr_kind kind)
{
    switch (kind) {
    case HR_KIND_BOOL:
        return "a value is not of the schema's type, boolean";
    case HR_KIND_INT:
        return "a value is not of the schema's type, int or long";
    case HR_KIND_DOUBLE:
        return "a value is not of the schema's type, float or double";
    case HR_KIND_STRING:
        return "a value is not of the schema's type, string";
    case HR_KIND_BYTES:
        return "a value is not of the schema's type, bytes";
    case HR_KIND_TIMESTAMP:
        return "a value is not of the schema's type, a date or time";
    case HR_KIND_LIST:
        return "a value is not of the schema's type, array";
    default:
        return "a value is not of the schema's type, record or map";
    }
}

/* The one kind of JSON that a typed value may have. */
static hr_json_kind
value_json_kind(hr_kind kind)
{
    switch (kind) {
    case HR_KIND_BOOL:
        return HR_JSON_BOOL;
    case HR_KIND_INT:
    case HR_KIND_DOUBLE:
    case HR_KIND_TIMESTAMP:
        return HR_JSON_NUMBER;
    case HR_KIND_LIST:
        return HR_JSON_ARRAY;
    case HR_KIND_MAP:
    case HR_KIND_RECORD:
        return HR_JSON_OBJECT;
    default:
        return HR_JSON_STRING;
    }
}

static int
value_put_typed_number(bson_t *doc, hr_span name, const hr_schema *schema, hr_span raw,
                       const char **reason)
{
    int64_t i;
    double d;

    if (schema->kind == HR_KIND_TIMESTAMP) {
        return value_put_time(doc, name, schema, raw, reason);
    }
    if (schema->kind == HR_KIND_DOUBLE) {
        return hr_json_double(raw, &d)
                   ? value_appended(bson_append_double(doc, NAME(name), d), reason)
                   : value_bad(reason, "a number is beyond the range of a double");
    }
    return hr_json_int(raw, &i) ? value_put_int(doc, name, schema, i, reason)
                                : value_bad(reason, value_mismatch(schema->kind));
}

static int
value_put(bson_t *doc, hr_span name, const hr_schema *schema, hr_span raw, hr_arena *scratch,
          int depth, const char **reason)
{
    hr_json_kind kind;

    if (raw.len == 0) {
        return value_bad(reason, "broken JSON");
    }
    kind = hr_json_kind_of(raw);
    if (schema != NULL && schema->kind == HR_KIND_ANY) {
        schema = NULL;
    }
    if (depth > DEPTH_MAX) {
        return value_bad(reason, "nested deeper than 64");
    }
    if (schema != NULL && kind != HR_JSON_NULL && kind != value_json_kind(schema->kind)) {
        return value_bad(reason, value_mismatch(schema->kind));
    }
    switch (kind) {
    case HR_JSON_NULL:
        return value_appended(bson_append_null(doc, NAME(name)), reason);
    case HR_JSON_BOOL:
        return value_appended(bson_append_bool(doc, NAME(name), raw.data[0] == 't'), reason);
    case HR_JSON_NUMBER:
        return schema != NULL ? value_put_typed_number(doc, name, schema, raw, reason)
                              : value_put_untyped_number(doc, name, raw, reason);
    case HR_JSON_STRING:
        return schema != NULL && schema->kind == HR_KIND_BYTES
                   ? value_put_base64(doc, name, raw, scratch, reason)
                   : value_put_json_string(doc, name, raw, scratch, reason);
    case HR_JSON_ARRAY:
        return value_put_array(doc, name, schema, raw, scratch, depth, reason);
    default:
        return value_put_object(doc, name, schema, raw, scratch, depth, reason);
    }
}

int
hr_bson_put_json(bson_t *doc, hr_span name, const hr_schema *schema, hr_span raw, hr_arena *scratch,
                 const char **reason)
{
    return value_put(doc, name, schema, raw, scratch, 1, reason);
}

int
hr_bson_put_column(bson_t *doc, hr_span name, const hr_schema *schema, const hr_column *column,
                   hr_row row, hr_arena *scratch, const char **reason)
{
    if (column->lane[row] == HR_LANE_NULL) {
        return value_appended(bson_append_null(doc, NAME(name)), reason);
    }
    if (column->lane[row] != HR_LANE_OK) {
        return value_bad(reason, "the field has an error");
    }
    switch (column->kind) {
    case HR_KIND_BOOL:
        return value_appended(bson_append_bool(doc, NAME(name), column->v.b[row] != 0), reason);
    case HR_KIND_INT:
        return value_put_int(doc, name, schema, column->v.i[row], reason);
    case HR_KIND_DOUBLE:
        return value_appended(bson_append_double(doc, NAME(name), column->v.d[row]), reason);
    case HR_KIND_TIMESTAMP:
        return value_appended(bson_append_date_time(doc, NAME(name), column->v.i[row]), reason);
    case HR_KIND_STRING:
        return value_put_string(doc, name, column->v.s[row], reason);
    case HR_KIND_BYTES:
        return value_put_bytes(doc, name, column->v.s[row], reason);
    default:
        return hr_bson_put_json(doc, name, schema, column->v.s[row], scratch, reason);
    }
}
