/* Avro schemas to trees of hr_schema.
 *
 * jansson looks at the text first (syntax, duplicate keys: it names line and column), then our own
 * walker reads it, because it knows where each value stands: a mistake in the meaning is reported
 * at its own place too. Types used by name are shared; a record inside itself is refused, since a
 * record of a stream is read in one bounded pass.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_walk.h"
#include "codec/schema_parser.h"
#include "config/diag.h"
#include "record/buf.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define SCHEMA_DEPTH_MAX 16u
#define SCHEMA_FIELDS_MAX 1000u
#define SCHEMA_SYMBOLS_MAX 10000u
#define SCHEMA_NODES_MAX 10000u /* each use of a named type counted in full */
#define SCHEMA_NAMES_MAX 1000u
#define SCHEMA_NAME_BYTES_MAX 256u
#define SCHEMA_FIXED_MAX (1u << 20)

/* Attributes of a type in object form; data NULL: not given. */
typedef struct schema_attributes {
    hr_span type, name, space, fields, symbols, items, values, size, logical;
} schema_attributes;

static int schema_type(hr_schema_parser *p, hr_span value, const char *space, unsigned depth,
                       hr_schema *out);

hr_loc
hr_schema_loc(const hr_schema_parser *p, const uint8_t *at)
{
    hr_loc loc = {p->file, 1, 1};

    for (const uint8_t *c = p->text.data; c < at; c++) {
        if (*c == '\n') {
            loc.line++;
            loc.col = 1;
        } else if ((*c & 0xC0) != 0x80) {
            loc.col++;
        }
    }
    return loc;
}

int
hr_schema_no_memory(hr_schema_parser *p)
{
    hr_fail(p->err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    return HR_ENOMEM;
}

hr_span
hr_schema_member(hr_span object, const char *name)
{
    hr_json_iter iter;
    hr_json_member member;

    if (hr_json_iter_init(&iter, object)) {
        while (hr_json_next(&iter, &member) == 1) {
            if (hr_span_eq(member.name_raw, hr_span_str(name))) {
                return member.raw;
            }
        }
    }
    return (hr_span){0};
}

/* A JSON string as zero-terminated text; NUL inside is refused. */
static int
schema_string(hr_schema_parser *p, hr_span value, const char *what, const char **out)
{
    hr_span text = {value.data + 1, value.len - 2};

    if (value.len < 2 || value.data[0] != '"') {
        return HR_SCHEMA_FAIL(p, value, "%s must be a string", what);
    }
    if (!hr_json_unescape(p->arena, text, &text)) {
        return hr_schema_no_memory(p);
    }
    if (text.len > SCHEMA_NAME_BYTES_MAX || (text.len > 0 && memchr(text.data, 0, text.len))) {
        return HR_SCHEMA_FAIL(p, value, "%s is longer than %u bytes", what, SCHEMA_NAME_BYTES_MAX);
    }
    *out = hr_arena_strndup(p->arena, (const char *)text.data, text.len);
    return *out != NULL ? HR_OK : hr_schema_no_memory(p);
}

static bool
schema_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Avro's names; with dots a name and its namespace. */
static bool
schema_is_name(const char *name, bool dots)
{
    bool start = true;

    for (; *name != '\0'; name++) {
        if (*name == '.' && dots && !start) {
            start = true;
        } else if (schema_is_letter(*name) || (!start && *name >= '0' && *name <= '9')) {
            start = false;
        } else {
            return false;
        }
    }
    return !start;
}

/* A string that is a name. */
static int
schema_name(hr_schema_parser *p, hr_span value, const char *what, bool dots, const char **out)
{
    int rc = schema_string(p, value, what, out);

    if (rc == HR_OK && !schema_is_name(*out, dots)) {
        rc = HR_SCHEMA_FAIL(p, value, "%s %.*s is no Avro name", what, hr_schema_shown(value),
                            (const char *)value.data);
        hr_hint(p->err, "names are letters, digits and '_', and do not start with a digit");
    }
    return rc;
}

static void
schema_note_attribute(schema_attributes *a, hr_span name, hr_span value)
{
    const struct {
        const char *name;
        hr_span *value;
    } rows[] = {
        {"type", &a->type},     {"name", &a->name},       {"namespace", &a->space},
        {"fields", &a->fields}, {"symbols", &a->symbols}, {"items", &a->items},
        {"values", &a->values}, {"size", &a->size},       {"logicalType", &a->logical},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (hr_span_eq(name, hr_span_str(rows[i].name))) {
            *rows[i].value = value;
        }
    }
}

static int
schema_attributes_of(hr_schema_parser *p, hr_span value, schema_attributes *out)
{
    hr_json_iter iter;
    hr_json_member member;
    int more = -1;

    *out = (schema_attributes){0};
    if (hr_json_iter_init(&iter, value)) {
        while ((more = hr_json_next(&iter, &member)) == 1) {
            schema_note_attribute(out, member.name_raw, member.raw);
        }
    }
    return more == 0 ? HR_OK : HR_SCHEMA_FAIL(p, value, "the schema is broken, or nested too deep");
}

static size_t
schema_count(hr_span list)
{
    hr_json_iter iter;
    hr_json_member member;
    size_t n = 0;

    if (hr_json_iter_init(&iter, list)) {
        while (hr_json_next(&iter, &member) == 1) {
            n++;
        }
    }
    return n;
}

/* An attribute that must be there and be of that kind. */
static int
schema_need(hr_schema_parser *p, hr_span owner, hr_span value, hr_json_kind kind, const char *text)
{
    if (value.data == NULL) {
        return HR_SCHEMA_FAIL(p, owner, "%s is missing", text);
    }
    if (hr_json_kind_of(value) != kind) {
        return HR_SCHEMA_FAIL(p, value, "%s must be %s", text,
                              kind == HR_JSON_ARRAY    ? "a list"
                              : kind == HR_JSON_OBJECT ? "an object"
                              : kind == HR_JSON_NUMBER ? "a number"
                                                       : "a string");
    }
    return HR_OK;
}

/* A new entry for a named type; *space becomes the namespace of what it holds. */
static int
schema_declare(hr_schema_parser *p, hr_span owner, const schema_attributes *a, const char **space,
               hr_schema_named **out)
{
    const char *name, *own = *space, *dot;
    int rc = schema_need(p, owner, a->name, HR_JSON_STRING, "\"name\"");

    rc = rc == HR_OK ? schema_name(p, a->name, "the name", true, &name) : rc;
    if (rc == HR_OK && a->space.data != NULL) {
        rc = schema_string(p, a->space, "\"namespace\"", &own);
    }
    if (rc != HR_OK) {
        return rc;
    }
    dot = strrchr(name, '.');
    if (dot != NULL) {
        own = hr_arena_strndup(p->arena, name, (size_t)(dot - name));
    } else if (own[0] != '\0') {
        name = hr_arena_printf(p->arena, "%s.%s", own, name);
    }
    if (own == NULL || name == NULL) {
        return hr_schema_no_memory(p);
    }
    for (size_t i = 0; i < p->n_named; i++) {
        if (strcmp(p->named[i].full_name, name) == 0) {
            return HR_SCHEMA_FAIL(p, a->name, "the type %s is defined twice", name);
        }
    }
    if (p->n_named == SCHEMA_NAMES_MAX) {
        return HR_SCHEMA_FAIL(p, a->name, "more than %u named types", SCHEMA_NAMES_MAX);
    }
    *out = &p->named[p->n_named++];
    **out = (hr_schema_named){.full_name = name};
    *space = own;
    return HR_OK;
}

/* The part behind the last dot. */
static const char *
schema_short_name(const char *full_name)
{
    const char *dot = strrchr(full_name, '.');

    return dot != NULL ? dot + 1 : full_name;
}

static const char *const schema_primitives[] = {"boolean", "int",   "long",  "float",
                                                "double",  "bytes", "string"};

static bool
schema_primitive(const char *name, hr_schema *out)
{
    static const hr_kind kinds[] = {HR_KIND_BOOL,   HR_KIND_INT,   HR_KIND_INT,   HR_KIND_DOUBLE,
                                    HR_KIND_DOUBLE, HR_KIND_BYTES, HR_KIND_STRING};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(name, schema_primitives[i]) == 0) {
            *out = (hr_schema){.kind = kinds[i], .is_int32 = i == 1};
            return true;
        }
    }
    return false;
}

static int
schema_unknown_type(hr_schema_parser *p, hr_span value, const char *name)
{
    static const char *const names[] = {"boolean", "int",    "long", "float",  "double",
                                        "bytes",   "string", "null", "record", "enum",
                                        "array",   "map",    "fixed"};
    const char *nearest = hr_diag_nearest(name, names, sizeof names / sizeof names[0]);

    if (strcmp(name, "null") == 0) {
        HR_SCHEMA_FAIL(p, value, "a field that is always null has no use");
        return hr_hint(p->err, "write [\"null\", \"string\"] for a string that may be absent");
    }
    for (size_t i = 8; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            HR_SCHEMA_FAIL(p, value, "\"%s\" needs the object form", name);
            return hr_hint(p->err, "write {\"type\": \"%s\", ...}", name);
        }
    }
    HR_SCHEMA_FAIL(p, value, "unknown type '%s'", name);
    return nearest != NULL ? hr_hint(p->err, "did you mean '%s'?", nearest)
                           : hr_hint(p->err, "define a named type before its first use");
}

/* A type given as a string: a primitive one or one defined before. */
static int
schema_by_name(hr_schema_parser *p, hr_span value, const char *space, hr_schema *out)
{
    const char *name, *full;
    int rc = schema_string(p, value, "a type", &name);

    if (rc != HR_OK || schema_primitive(name, out)) {
        return rc;
    }
    full = name;
    if (strchr(name, '.') == NULL && space[0] != '\0') {
        full = hr_arena_printf(p->arena, "%s.%s", space, name);
    }
    for (size_t i = 0; full != NULL && i < p->n_named; i++) {
        if (strcmp(p->named[i].full_name, full) != 0) {
            continue;
        }
        if (p->named[i].schema == NULL) {
            HR_SCHEMA_FAIL(p, value, "the record %s contains itself", name);
            return hr_hint(p->err, "recursive records are not supported");
        }
        *out = *p->named[i].schema;
        p->nodes += p->named[i].nodes;
        return HR_OK;
    }
    return full != NULL ? schema_unknown_type(p, value, name) : hr_schema_no_memory(p);
}

/* A union: one type, or one type and null. */
static int
schema_union(hr_schema_parser *p, hr_span value, const char *space, unsigned depth, hr_schema *out)
{
    hr_json_iter iter;
    hr_json_member member;
    hr_span branch = {0};
    size_t n = 0, nulls = 0;

    if (!hr_json_iter_init(&iter, value)) {
        return HR_SCHEMA_FAIL(p, value, "expected a type");
    }
    while (hr_json_next(&iter, &member) == 1) {
        if (hr_span_eq(member.raw, HR_SPAN_LIT("\"null\""))) {
            nulls++;
        } else {
            branch = member.raw;
            n++;
        }
    }
    if (n != 1 || nulls > 1) {
        HR_SCHEMA_FAIL(p, value,
                       "a union can hold one type and null, and this one holds %zu types%s", n,
                       nulls > 0 ? " and null" : "");
        return hr_hint(p->err, "write [\"null\", TYPE] for a value that may be absent");
    }
    if (hr_json_kind_of(branch) == HR_JSON_ARRAY) {
        return HR_SCHEMA_FAIL(p, branch, "a union directly in a union");
    }
    if (schema_type(p, branch, space, depth, out) != HR_OK) {
        return p->err->code;
    }
    out->nullable |= nulls > 0;
    return HR_OK;
}

static const hr_schema *
schema_keep(hr_schema_parser *p, const hr_schema *schema)
{
    hr_schema *kept = hr_arena_alloc(p->arena, sizeof *kept);

    if (kept != NULL) {
        *kept = *schema;
    }
    return kept;
}

static int
schema_field(hr_schema_parser *p, hr_span value, const char *space, unsigned depth,
             hr_schema_field *out)
{
    hr_span fallback;
    schema_attributes a;
    hr_schema schema;
    int rc = hr_json_kind_of(value) == HR_JSON_OBJECT
                 ? schema_attributes_of(p, value, &a)
                 : HR_SCHEMA_FAIL(p, value, "a field must be an object");

    rc = rc == HR_OK ? schema_need(p, value, a.name, HR_JSON_STRING, "a field's \"name\"") : rc;
    rc = rc == HR_OK ? schema_name(p, a.name, "the field", false, &out->name) : rc;
    if (rc == HR_OK && a.type.data == NULL) {
        rc = HR_SCHEMA_FAIL(p, a.name, "the field '%s' has no \"type\"", out->name);
    }
    rc = rc == HR_OK ? schema_type(p, a.type, space, depth, &schema) : rc;
    if (rc != HR_OK) {
        return rc;
    }
    out->schema = schema_keep(p, &schema);
    if (out->schema == NULL) {
        return hr_schema_no_memory(p);
    }
    fallback = hr_schema_member(value, "default");
    return fallback.data != NULL ? hr_schema_set_default(p, fallback, out) : HR_OK;
}

/* True if one of the n fields has the name already. */
static bool
schema_has_field(const hr_schema_field *fields, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int
schema_record(hr_schema_parser *p, hr_span owner, const schema_attributes *a, const char *space,
              unsigned depth, hr_schema *out)
{
    hr_schema_field *fields;
    hr_schema_named *named;
    hr_json_iter iter;
    hr_json_member member;
    size_t nodes = p->nodes, count = schema_count(a->fields), n = 0;
    int rc = schema_declare(p, owner, a, &space, &named);

    rc = rc == HR_OK ? schema_need(p, owner, a->fields, HR_JSON_ARRAY, "\"fields\"") : rc;
    if (rc == HR_OK && (count == 0 || count > SCHEMA_FIELDS_MAX)) {
        rc = HR_SCHEMA_FAIL(p, a->fields, "a record has 1 to %u fields, this one %zu",
                            SCHEMA_FIELDS_MAX, count);
    }
    if (rc != HR_OK) {
        return rc;
    }
    fields = hr_arena_calloc(p->arena, count, sizeof *fields);
    if (fields == NULL) {
        return hr_schema_no_memory(p);
    }
    hr_json_iter_init(&iter, a->fields);
    while (rc == HR_OK && n < count && hr_json_next(&iter, &member) == 1) {
        rc = schema_field(p, member.raw, space, depth + 1, &fields[n]);
        if (rc == HR_OK && schema_has_field(fields, n, fields[n].name)) {
            rc = HR_SCHEMA_FAIL(p, member.raw, "the field '%s' is there twice", fields[n].name);
        }
        n++;
    }
    *out = (hr_schema){.kind = HR_KIND_RECORD,
                       .name = schema_short_name(named->full_name),
                       .fields = fields,
                       .n_fields = n};
    named->schema = schema_keep(p, out);
    named->nodes = p->nodes - nodes;
    return rc == HR_OK && named->schema == NULL ? hr_schema_no_memory(p) : rc;
}

static int
schema_enum(hr_schema_parser *p, hr_span owner, const schema_attributes *a, const char *space,
            hr_schema *out)
{
    const char **symbols;
    hr_schema_named *named;
    hr_json_iter iter;
    hr_json_member member;
    size_t count = schema_count(a->symbols), n = 0;
    int rc = schema_declare(p, owner, a, &space, &named);

    rc = rc == HR_OK ? schema_need(p, owner, a->symbols, HR_JSON_ARRAY, "\"symbols\"") : rc;
    if (rc == HR_OK && (count == 0 || count > SCHEMA_SYMBOLS_MAX)) {
        rc = HR_SCHEMA_FAIL(p, a->symbols, "an enum has 1 to %u symbols, this one %zu",
                            SCHEMA_SYMBOLS_MAX, count);
    }
    if (rc != HR_OK) {
        return rc;
    }
    symbols = hr_arena_calloc(p->arena, count, sizeof *symbols);
    if (symbols == NULL) {
        return hr_schema_no_memory(p);
    }
    hr_json_iter_init(&iter, a->symbols);
    while (rc == HR_OK && n < count && hr_json_next(&iter, &member) == 1) {
        rc = schema_name(p, member.raw, "the symbol", false, &symbols[n]);
        n++;
    }
    *out = (hr_schema){.kind = HR_KIND_STRING,
                       .name = schema_short_name(named->full_name),
                       .symbols = symbols,
                       .n_symbols = n};
    named->schema = schema_keep(p, out);
    named->nodes = 1;
    return rc == HR_OK && named->schema == NULL ? hr_schema_no_memory(p) : rc;
}

static int
schema_fixed(hr_schema_parser *p, hr_span owner, const schema_attributes *a, const char *space,
             hr_schema *out)
{
    hr_schema_named *named;
    int64_t size = 0;
    int rc = schema_declare(p, owner, a, &space, &named);

    rc = rc == HR_OK ? schema_need(p, owner, a->size, HR_JSON_NUMBER, "\"size\"") : rc;
    if (rc == HR_OK && (!hr_json_int(a->size, &size) || size < 1 || size > SCHEMA_FIXED_MAX)) {
        rc = HR_SCHEMA_FAIL(p, a->size, "\"size\" must be 1 to %u", SCHEMA_FIXED_MAX);
    }
    if (rc != HR_OK) {
        return rc;
    }
    *out = (hr_schema){.kind = HR_KIND_BYTES, .fixed_bytes = (size_t)size};
    named->schema = schema_keep(p, out);
    named->nodes = 1;
    return named->schema != NULL ? HR_OK : hr_schema_no_memory(p);
}

/* A list or map: `value` is the type of what it holds. */
static int
schema_container(hr_schema_parser *p, hr_span owner, hr_span value, hr_kind kind, const char *space,
                 unsigned depth, hr_schema *out)
{
    hr_schema items;
    int rc = value.data != NULL ? schema_type(p, value, space, depth + 1, &items)
                                : HR_SCHEMA_FAIL(p, owner, "%s is missing",
                                                 kind == HR_KIND_LIST ? "\"items\"" : "\"values\"");

    if (rc == HR_OK) {
        *out = (hr_schema){.kind = kind, .items = schema_keep(p, &items)};
        rc = out->items != NULL ? HR_OK : hr_schema_no_memory(p);
    }
    return rc;
}

/* A logical type that does not fit its base is ignored, as Avro says. */
static void
schema_logical(hr_span logical, hr_schema *out)
{
    if (out->kind != HR_KIND_INT) {
        return;
    }
    if (out->is_int32 && hr_span_eq(logical, HR_SPAN_LIT("\"date\""))) {
        *out = (hr_schema){.kind = HR_KIND_TIMESTAMP, .logical = HR_LOGICAL_DATE};
    } else if (!out->is_int32 && hr_span_eq(logical, HR_SPAN_LIT("\"timestamp-millis\""))) {
        *out = (hr_schema){.kind = HR_KIND_TIMESTAMP, .logical = HR_LOGICAL_TIMESTAMP_MILLIS};
    }
}

static int
schema_object(hr_schema_parser *p, hr_span value, const char *space, unsigned depth, hr_schema *out)
{
    schema_attributes a;
    int rc = schema_attributes_of(p, value, &a);

    if (rc != HR_OK) {
        return rc;
    }
    if (a.type.data == NULL) {
        return HR_SCHEMA_FAIL(p, value, "\"type\" is missing");
    }
    if (hr_span_eq(a.type, HR_SPAN_LIT("\"record\"")) ||
        hr_span_eq(a.type, HR_SPAN_LIT("\"error\""))) {
        return schema_record(p, value, &a, space, depth, out);
    }
    if (hr_span_eq(a.type, HR_SPAN_LIT("\"enum\""))) {
        return schema_enum(p, value, &a, space, out);
    }
    if (hr_span_eq(a.type, HR_SPAN_LIT("\"fixed\""))) {
        return schema_fixed(p, value, &a, space, out);
    }
    if (hr_span_eq(a.type, HR_SPAN_LIT("\"array\""))) {
        return schema_container(p, value, a.items, HR_KIND_LIST, space, depth, out);
    }
    if (hr_span_eq(a.type, HR_SPAN_LIT("\"map\""))) {
        return schema_container(p, value, a.values, HR_KIND_MAP, space, depth, out);
    }
    rc = schema_type(p, a.type, space, depth + 1, out);
    if (rc == HR_OK) {
        schema_logical(a.logical, out);
    }
    return rc;
}

static int
schema_type(hr_schema_parser *p, hr_span value, const char *space, unsigned depth, hr_schema *out)
{
    if (depth > SCHEMA_DEPTH_MAX) {
        return HR_SCHEMA_FAIL(p, value, "types are nested deeper than %u", SCHEMA_DEPTH_MAX);
    }
    if (++p->nodes > SCHEMA_NODES_MAX) {
        return HR_SCHEMA_FAIL(p, value, "the schema has more than %u types", SCHEMA_NODES_MAX);
    }
    switch (hr_json_kind_of(value)) {
    case HR_JSON_STRING:
        return schema_by_name(p, value, space, out);
    case HR_JSON_ARRAY:
        return schema_union(p, value, space, depth, out);
    case HR_JSON_OBJECT:
        return schema_object(p, value, space, depth, out);
    default:
        return HR_SCHEMA_FAIL(p, value, "a type must be a name, a list or an object");
    }
}

/* jansson's verdict on the text as such. */
static int
schema_check_syntax(hr_schema_parser *p)
{
    json_error_t error;
    json_t *json = json_loadb((const char *)p->text.data, p->text.len,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    if (json == NULL) {
        hr_loc loc = {p->file, error.line > 0 ? error.line : 1,
                      error.column > 0 ? error.column : 1};

        return hr_fail_as(p->err, loc, "bad-schema", "%s", error.text);
    }
    json_decref(json);
    return HR_OK;
}

static int
schema_root(hr_schema_parser *p, const hr_schema **out)
{
    hr_span text = p->text;
    hr_schema root;
    int rc;

    while (text.len > 0 && strchr(" \t\r\n", text.data[0]) != NULL) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) != NULL) {
        text.len--;
    }
    rc = schema_type(p, text, "", 0, &root);
    if (rc == HR_OK && (root.kind != HR_KIND_RECORD || root.nullable)) {
        rc = HR_SCHEMA_FAIL(p, text, "the schema of a topic must be a record");
        hr_hint(p->err, "start with {\"type\": \"record\", \"name\": ..., \"fields\": [...]}");
    }
    if (rc == HR_OK) {
        *out = schema_keep(p, &root);
        rc = *out != NULL ? HR_OK : hr_schema_no_memory(p);
    }
    return rc;
}

int
hr_schema_parse(hr_arena *arena, const char *file, const char *json, size_t len,
                const hr_schema **out, hr_error *err)
{
    hr_error own;
    hr_schema_parser p = {.arena = arena, .err = err != NULL ? err : &own};
    hr_loc start;
    int rc;

    p.file = file != NULL ? hr_arena_strdup(arena, file) : NULL;
    p.text = (hr_span){(const uint8_t *)json, len};
    p.named = hr_arena_calloc(arena, SCHEMA_NAMES_MAX, sizeof *p.named);
    start = (hr_loc){p.file, 1, 1};
    if (p.named == NULL || (file != NULL && p.file == NULL)) {
        return hr_schema_no_memory(&p);
    }
    if (len > HR_SCHEMA_BYTES_MAX) {
        return hr_fail_as(p.err, start, "bad-schema", "the schema is larger than 1 MiB");
    }
    rc = schema_check_syntax(&p);
    return rc == HR_OK ? schema_root(&p, out) : rc;
}

/* The whole file, at most one byte more than is allowed. */
static int
schema_read(const char *path, hr_buf *text)
{
    FILE *f = fopen(path, "rb");
    size_t n = 0;
    int rc = f != NULL ? hr_buf_reserve(text, HR_SCHEMA_BYTES_MAX + 1) : HR_EIO;

    if (rc == HR_OK) {
        n = fread(text->data, 1, HR_SCHEMA_BYTES_MAX + 1, f);
        text->len = n;
        rc = ferror(f) ? HR_EIO : HR_OK;
    }
    if (f != NULL) {
        fclose(f);
    }
    return rc;
}

int
hr_schema_load(hr_arena *arena, const char *path, const hr_schema **out, hr_error *err)
{
    hr_buf text = {0};
    int rc = schema_read(path, &text);

    if (rc == HR_OK) {
        rc = hr_schema_parse(arena, path, (const char *)text.data, text.len, out, err);
    } else if (rc == HR_ENOMEM) {
        rc = hr_fail(err, rc, HR_NO_LOC, "out of memory");
    } else {
        rc = hr_fail(err, rc, HR_NO_LOC, "cannot read the schema %s: %s", path, strerror(errno));
    }
    hr_buf_finish(&text);
    return rc;
}
