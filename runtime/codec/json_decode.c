/* One pass over a record's bytes: everything is validated, declared fields are checked against
 * their types whether anybody reads them or not, projected ones are converted into their columns.
 *
 * A name is first compared with the one that followed its predecessor last time: one producer keeps
 * its order, so the usual record costs one comparison per name and no look-up. Where a name comes
 * twice every occurrence is checked and the last one counts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_decode.h"
#include "codec/base64.h"
#include "codec/json_scan.h"

#include <stdio.h>

#define DECODE_DAY_MS 86400000

typedef struct decode_run {
    hr_json_scan scan;
    const uint8_t *start;
    uint8_t *state;
    hr_column *columns;
    hr_arena *arena;
    hr_json_row *record;
    size_t n_touched;
    hr_row row;
    const char *reason; /* of a type error; other errors are in `scan` */
} decode_run;

static const char decode_no_memory[] = "out of memory";

static const uint8_t *decode_value(decode_run *run, const hr_json_field *field,
                                   const hr_json_value *value, const uint8_t *at, unsigned depth);
static const uint8_t *decode_object(decode_run *run, const hr_json_object *object,
                                    const uint8_t *at, unsigned depth);

static const uint8_t *
decode_out_of_memory(decode_run *run)
{
    run->reason = decode_no_memory;
    return NULL;
}

static const uint8_t *
decode_refuse(decode_run *run, const hr_json_field *field, const uint8_t *at, const char *what)
{
    run->reason = hr_arena_printf(run->arena, "field '%s': %s at byte %zu", field->path, what,
                                  (size_t)(at - run->start));
    return run->reason != NULL ? NULL : decode_out_of_memory(run);
}

static const char *
decode_kind(uint8_t first)
{
    switch (first) {
    case '{':
        return "object";
    case '[':
        return "list";
    case '"':
        return "string";
    case 't':
    case 'f':
        return "bool";
    case 'n':
        return "null";
    default:
        return "number";
    }
}

/* The value is not of the declared type, unless it is no value at all. */
static const uint8_t *
decode_mismatch(decode_run *run, const hr_json_field *field, const hr_json_value *value,
                const uint8_t *at, unsigned depth)
{
    static const char *const names[] = {"any value", "bool",   "int",         "double",
                                        "string",    "string", "base64 text", "int (days)",
                                        "list",      "map",    "record"};
    char what[64];

    if (hr_json_scan_value(&run->scan, at, depth) == NULL) {
        return NULL;
    }
    snprintf(what, sizeof what, "expected %s, got %s", names[value->op], decode_kind(*at));
    return decode_refuse(run, field, at, what);
}

/* Null in the value's slot and in all slots below it. */
static void
decode_null(decode_run *run, const hr_json_value *value)
{
    if (value->slot != HR_JSON_NO_SLOT) {
        hr_column *column = &run->columns[value->slot];

        column->lane[run->row] = HR_LANE_NULL;
        if (hr_kind_is_span(column->kind)) {
            column->v.s[run->row] = (hr_span){0};
        } else if (column->kind == HR_KIND_BOOL) {
            column->v.b[run->row] = 0;
        } else {
            column->v.i[run->row] = 0; /* all bits zero: 0.0 of a double too */
        }
    }
    for (size_t i = 0; value->object != NULL && value->stored && i < value->object->n; i++) {
        if (value->object->fields[i].value.stored) {
            decode_null(run, &value->object->fields[i].value);
        }
    }
}

static inline void
decode_store_span(decode_run *run, int slot, const uint8_t *from, const uint8_t *to)
{
    if (slot != HR_JSON_NO_SLOT) {
        hr_column *column = &run->columns[slot];

        column->lane[run->row] = HR_LANE_OK;
        column->v.s[run->row] = (hr_span){from, (size_t)(to - from)};
    }
}

static inline void
decode_store_int(decode_run *run, int slot, int64_t i)
{
    if (slot != HR_JSON_NO_SLOT) {
        run->columns[slot].lane[run->row] = HR_LANE_OK;
        run->columns[slot].v.i[run->row] = i;
    }
}

static inline void
decode_store_double(decode_run *run, int slot, double d)
{
    if (slot != HR_JSON_NO_SLOT) {
        run->columns[slot].lane[run->row] = HR_LANE_OK;
        run->columns[slot].v.d[run->row] = d;
    }
}

/* Uses the default of a field, as if the record held it. */
static const uint8_t *
decode_fallback(decode_run *run, const hr_json_field *field)
{
    hr_json_scan outer = run->scan;
    const uint8_t *behind;

    /* The bracket behind the text keeps every value from being the last thing. */
    run->scan.end = field->fallback.data + field->fallback.len + 1;
    run->scan.nodes_left = HR_JSON_NODES_MAX;
    behind = decode_value(run, field, &field->value, field->fallback.data, 1);
    run->scan = outer;
    return behind;
}

/* A field that is absent. False: that fails the record. */
static bool
decode_absent(decode_run *run, const hr_json_field *field)
{
    if (field->fallback.data != NULL) {
        return decode_fallback(run, field) != NULL;
    }
    if (!field->required) {
        decode_null(run, &field->value);
        return true;
    }
    run->reason = hr_arena_printf(run->arena, "field '%s' is missing", field->path);
    if (run->reason == NULL) {
        decode_out_of_memory(run);
    }
    return false;
}

static const uint8_t *
decode_null_value(decode_run *run, const hr_json_field *field, const hr_json_value *value,
                  const uint8_t *at, unsigned depth)
{
    bool fallback = value == &field->value && field->fallback.data != NULL;

    if (run->scan.end - at < 4 || memcmp(at, "null", 4) != 0) {
        return hr_json_scan_fail(&run->scan, at, "expected a value");
    }
    if (value->nullable) {
        decode_null(run, value);
        return at + 4;
    }
    if (!fallback) {
        return decode_mismatch(run, field, value, at, depth);
    }
    if (value->stored && decode_fallback(run, field) == NULL) {
        return NULL;
    }
    return at + 4;
}

static const uint8_t *
decode_bool(decode_run *run, const hr_json_field *field, const hr_json_value *value,
            const uint8_t *at, unsigned depth)
{
    bool yes = *at == 't';
    size_t len = yes ? 4 : 5;

    if ((size_t)(run->scan.end - at) < len || memcmp(at, yes ? "true" : "false", len) != 0) {
        return decode_mismatch(run, field, value, at, depth);
    }
    if (value->slot != HR_JSON_NO_SLOT) {
        run->columns[value->slot].lane[run->row] = HR_LANE_OK;
        run->columns[value->slot].v.b[run->row] = yes;
    }
    return at + len;
}

static const uint8_t *
decode_int(decode_run *run, const hr_json_field *field, const hr_json_value *value,
           const uint8_t *at, unsigned depth)
{
    hr_json_num num;
    const uint8_t *behind = hr_json_scan_number(at, run->scan.end, &num);
    int64_t i;

    if (behind == NULL) {
        return decode_mismatch(run, field, value, at, depth);
    }
    if (!num.integer) {
        return decode_refuse(run, field, at, "not an int");
    }
    if (!hr_json_num_int(&num, &i) || (value->is_int32 && (i < INT32_MIN || i > INT32_MAX))) {
        return decode_refuse(run, field, at, "int out of range");
    }
    decode_store_int(run, value->slot, value->op == HR_JSON_OP_DATE ? i * DECODE_DAY_MS : i);
    return behind;
}

static const uint8_t *
decode_double(decode_run *run, const hr_json_field *field, const hr_json_value *value,
              const uint8_t *at, unsigned depth)
{
    hr_json_num num;
    const uint8_t *behind = hr_json_scan_number(at, run->scan.end, &num);
    double d;

    if (behind == NULL) {
        return decode_mismatch(run, field, value, at, depth);
    }
    if (!hr_json_num_double(&num, &d)) {
        return decode_refuse(run, field, at, "double out of range");
    }
    decode_store_double(run, value->slot, d);
    return behind;
}

/* Puts the text without its escapes in the text's place. */
static bool
decode_unescape(decode_run *run, hr_span *text)
{
    uint8_t *plain = hr_arena_alloc(run->arena, text->len);

    if (plain == NULL) {
        decode_out_of_memory(run);
        return false;
    }
    *text = (hr_span){plain, hr_json_scan_unescape(*text, plain)};
    return true;
}

/* A string's text, unescaped if it must be. Returns the place behind its closing quote. */
static inline const uint8_t *
decode_text(decode_run *run, const uint8_t *at, bool needed, hr_span *out)
{
    bool escaped = false;
    const uint8_t *close = hr_json_scan_string(&run->scan, at + 1, &escaped);

    if (close == NULL) {
        return NULL;
    }
    *out = (hr_span){at + 1, (size_t)(close - at - 1)};
    if (escaped && needed && !decode_unescape(run, out)) {
        return NULL;
    }
    return close + 1;
}

static inline const uint8_t *
decode_string(decode_run *run, const hr_json_value *value, const uint8_t *at)
{
    hr_span text;

    at = decode_text(run, at, value->slot != HR_JSON_NO_SLOT, &text);
    if (at != NULL) {
        decode_store_span(run, value->slot, text.data, text.data + text.len);
    }
    return at;
}

static bool
decode_is_symbol(const hr_schema *schema, hr_span text)
{
    for (size_t i = 0; i < schema->n_symbols; i++) {
        const char *symbol = schema->symbols[i];

        if (strncmp(symbol, (const char *)text.data, text.len) == 0 && symbol[text.len] == '\0') {
            return true;
        }
    }
    return false;
}

static const uint8_t *
decode_enum(decode_run *run, const hr_json_field *field, const hr_json_value *value,
            const uint8_t *at)
{
    hr_span text;
    const uint8_t *behind = decode_text(run, at, true, &text);

    if (behind == NULL) {
        return NULL;
    }
    if (memchr(text.data, 0, text.len) != NULL || !decode_is_symbol(value->schema, text)) {
        return decode_refuse(run, field, at, "not a symbol of the enum");
    }
    decode_store_span(run, value->slot, text.data, text.data + text.len);
    return behind;
}

static const uint8_t *
decode_bytes(decode_run *run, const hr_json_field *field, const hr_json_value *value,
             const uint8_t *at)
{
    hr_span text;
    const uint8_t *behind = decode_text(run, at, true, &text);
    size_t fixed = value->schema != NULL ? value->schema->fixed_bytes : 0, len;
    uint8_t *to = NULL;

    if (behind == NULL) {
        return NULL;
    }
    if (value->slot != HR_JSON_NO_SLOT) {
        to = hr_arena_alloc(run->arena, text.len);
        if (to == NULL) {
            return decode_out_of_memory(run);
        }
    }
    len = hr_base64_decode(text, to);
    if (len == SIZE_MAX || (fixed != 0 && len != fixed)) {
        return decode_refuse(run, field, at,
                             len == SIZE_MAX ? "not base64" : "not as many bytes as the type has");
    }
    decode_store_span(run, value->slot, to, to != NULL ? to + len : to);
    return behind;
}

/* A map's key and colon; of a list nothing. */
static const uint8_t *
decode_item_key(decode_run *run, bool map, const uint8_t *at)
{
    bool escaped = false;

    if (!map) {
        return at;
    }
    if (*at != '"') {
        return hr_json_scan_fail(&run->scan, at, "expected a name in quotes");
    }
    at = hr_json_scan_string(&run->scan, at + 1, &escaped);
    return at != NULL ? hr_json_scan_colon(&run->scan, at + 1) : NULL;
}

/* Behind a member: to the next one, or to the closing bracket (*done). */
static inline const uint8_t *
decode_separator(decode_run *run, const uint8_t *at, uint8_t close, bool *done)
{
    at = hr_json_scan_blanks(at);
    if (*at == ',') {
        return hr_json_scan_blanks(at + 1);
    }
    *done = *at == close;
    if (!*done) {
        return hr_json_scan_fail(&run->scan, at,
                                 close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
    }
    return at;
}

static const uint8_t *
decode_items(decode_run *run, const hr_json_field *field, const hr_json_value *value,
             const uint8_t *at, unsigned depth)
{
    bool map = value->op == HR_JSON_OP_MAP;
    uint8_t close = map ? '}' : ']';
    const uint8_t *start = at;
    bool done;

    if (*at != (map ? '{' : '[')) {
        return decode_mismatch(run, field, value, at, depth);
    }
    if (depth == HR_JSON_DEPTH_MAX) {
        return hr_json_scan_fail(&run->scan, at, "nested deeper than 64");
    }
    at = hr_json_scan_blanks(at + 1);
    done = *at == close;
    while (!done) {
        at = decode_item_key(run, map, at);
        at = at != NULL ? decode_value(run, field, value->items, at, depth + 1) : NULL;
        at = at != NULL ? decode_separator(run, at, close, &done) : NULL;
        if (at == NULL) {
            return NULL;
        }
    }
    if (++at == run->scan.end) {
        return hr_json_scan_fail(&run->scan, at, "the text ends early");
    }
    decode_store_span(run, value->slot, start, at);
    return at;
}

static const uint8_t *
decode_record(decode_run *run, const hr_json_field *field, const hr_json_value *value,
              const uint8_t *at, unsigned depth)
{
    const uint8_t *start = at;

    if (*at != '{') {
        return decode_mismatch(run, field, value, at, depth);
    }
    at = decode_object(run, value->object, at, depth);
    if (at == run->scan.end) {
        return hr_json_scan_fail(&run->scan, at, "the text ends early");
    }
    if (at != NULL) {
        decode_store_span(run, value->slot, start, at);
    }
    return at;
}

/* A value without a schema; `object` holds the paths that are read below it. */
static const uint8_t *
decode_any(decode_run *run, const hr_json_field *field, const hr_json_value *value,
           const uint8_t *at, unsigned depth)
{
    const uint8_t *start = at;

    if (*at == '{' && value->object != NULL) {
        return decode_record(run, field, value, at, depth);
    }
    at = hr_json_scan_value(&run->scan, at, depth);
    if (at == NULL) {
        return NULL;
    }
    if (value->object != NULL) {
        decode_null(run, value);
    }
    decode_store_span(run, value->slot, start, at);
    return at;
}

static const uint8_t *
decode_value(decode_run *run, const hr_json_field *field, const hr_json_value *value,
             const uint8_t *at, unsigned depth)
{
    if (run->scan.nodes_left-- == 0) {
        return hr_json_scan_fail(&run->scan, at, "more than 100000 values");
    }
    if (*at == 'n') {
        return decode_null_value(run, field, value, at, depth);
    }
    switch (value->op) {
    case HR_JSON_OP_STRING:
        if (*at != '"') {
            break;
        }
        return decode_string(run, value, at);
    case HR_JSON_OP_INT:
    case HR_JSON_OP_DATE:
        return decode_int(run, field, value, at, depth);
    case HR_JSON_OP_DOUBLE:
        return decode_double(run, field, value, at, depth);
    case HR_JSON_OP_BOOL:
        return decode_bool(run, field, value, at, depth);
    case HR_JSON_OP_ENUM:
        return *at == '"' ? decode_enum(run, field, value, at)
                          : decode_mismatch(run, field, value, at, depth);
    case HR_JSON_OP_BYTES:
        return *at == '"' ? decode_bytes(run, field, value, at)
                          : decode_mismatch(run, field, value, at, depth);
    case HR_JSON_OP_LIST:
    case HR_JSON_OP_MAP:
        return decode_items(run, field, value, at, depth);
    case HR_JSON_OP_RECORD:
        return decode_record(run, field, value, at, depth);
    case HR_JSON_OP_ANY:
        return decode_any(run, field, value, at, depth);
    }
    return decode_mismatch(run, field, value, at, depth);
}

/* True if the quoted name that starts at `at` is the field's. */
static inline bool
decode_is_name(const decode_run *run, const hr_json_field *field, const uint8_t *at)
{
#ifdef __SSE2__
    if (run->scan.end - at > HR_JSON_HEAD && (size_t)(run->scan.end - at) > field->name_len) {
        __m128i text = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i head = _mm_loadu_si128((const __m128i *)(const void *)field->head);
        unsigned same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(text, head));

        return (~same & field->head_mask) == 0 &&
               (field->name_len < HR_JSON_HEAD ||
                memcmp(at + HR_JSON_HEAD, field->name + HR_JSON_HEAD,
                       field->name_len + 1 - HR_JSON_HEAD) == 0);
    }
#endif
    return run->scan.end - at > (ptrdiff_t)field->name_len &&
           memcmp(at, field->name, field->name_len + 1) == 0;
}

static const hr_json_field *
decode_look_up(const hr_json_object *object, hr_span name)
{
    uint32_t bucket = hr_json_name_hash(name.data, name.len) & object->bucket_mask;
    uint16_t i = object->buckets[bucket];

    while (i != HR_JSON_NO_FIELD) {
        const hr_json_field *field = &object->fields[i];

        if (field->name_len == name.len && memcmp(field->name, name.data, name.len) == 0) {
            return field;
        }
        i = field->next;
    }
    return NULL;
}

/* Reads a name that was not the expected one; *field is NULL for one that nobody knows. */
static const uint8_t *
decode_name(decode_run *run, const hr_json_object *object, const uint8_t *at, uint16_t *expected,
            const hr_json_field **field)
{
    const uint8_t *quote = at;
    hr_span name;

    if (*at != '"') {
        return hr_json_scan_fail(&run->scan, at, "expected a name in quotes");
    }
    at = decode_text(run, at, true, &name);
    if (at == NULL) {
        return NULL;
    }
    *field = decode_look_up(object, name);
    if (*field != NULL && (*field)->plain) {
        *expected = (uint16_t)((*field)->index + 1);
    }
    if (*field == NULL && object->refuse_unknown) {
        run->reason = hr_arena_printf(
            run->arena, "a field that the schema does not name at byte %zu (unknown_fields: error)",
            (size_t)(quote - run->start));
        return run->reason != NULL ? NULL : decode_out_of_memory(run);
    }
    return at;
}

/* Notes where a touched field stands. */
static bool
decode_place(decode_run *run, const hr_json_field *field, bool again, const uint8_t *key,
             const uint8_t *value, const uint8_t *end)
{
    hr_json_row *record = run->record;
    uint32_t n = record->n;

    record->repeated |= again;
    if (n >= run->n_touched && (n == run->n_touched || (n & (n - 1)) == 0)) {
        /* Only names that come twice need more room than there are names. */
        uint32_t cap = 2;
        hr_json_place *more;

        while (cap <= n) {
            cap *= 2;
        }
        more = hr_arena_alloc(run->arena, cap * sizeof *more);
        if (more == NULL) {
            decode_out_of_memory(run);
            return false;
        }
        memcpy(more, record->places, n * sizeof *more);
        record->places = more;
    }
    record->places[record->n++] = (hr_json_place){
        .touch = (uint32_t)field->touch,
        .key = (uint32_t)(key - run->start),
        .value = (uint32_t)(value - run->start),
        .end = (uint32_t)(end - run->start),
    };
    return true;
}

/* decode_value() for what most values are: short, and of the declared type. */
static inline const uint8_t *
decode_usual(decode_run *run, const hr_json_field *field, const uint8_t *at, unsigned depth)
{
    const hr_json_value *value = &field->value;
    const uint8_t *behind = NULL;
    int64_t i;
    double d;

    if (run->scan.nodes_left == 0) {
        return decode_value(run, field, value, at, depth);
    }
    if (value->op == HR_JSON_OP_STRING && *at == '"') {
        run->scan.nodes_left--;
        return decode_string(run, value, at);
    }
    if (value->op == HR_JSON_OP_INT) {
        behind = hr_json_scan_short_int(at, &i);
        if (behind != NULL && value->is_int32 && (i < INT32_MIN || i > INT32_MAX)) {
            behind = NULL;
        }
        if (behind != NULL) {
            decode_store_int(run, value->slot, i);
        }
    } else if (value->op == HR_JSON_OP_DOUBLE) {
        behind = hr_json_scan_short_double(at, &d);
        if (behind != NULL) {
            decode_store_double(run, value->slot, d);
        }
    }
    if (behind == NULL) {
        return decode_value(run, field, value, at, depth);
    }
    run->scan.nodes_left--;
    return behind;
}

/* The value of a known field. */
static inline const uint8_t *
decode_member(decode_run *run, const hr_json_field *field, uint64_t *seen, const uint8_t *key,
              const uint8_t *at, unsigned depth)
{
    uint64_t bit = (uint64_t)1 << (field->index % 64);
    uint64_t *word = &seen[field->index / 64];
    uint64_t before = *word;
    const uint8_t *behind;

    *word = before | bit;
    behind = decode_usual(run, field, at, depth);
    if (behind != NULL && field->touch != HR_JSON_NO_TOUCH &&
        !decode_place(run, field, (before & bit) != 0, key, at, behind)) {
        return NULL;
    }
    return behind;
}

/* Deals with the fields that did not come. */
static bool
decode_missing(decode_run *run, const hr_json_object *object, const uint64_t *seen)
{
    for (size_t w = 0; w < object->n_words; w++) {
        uint64_t left = object->due[w] & ~seen[w];

        for (; left != 0; left &= left - 1) {
            size_t i = 64 * w + (size_t)__builtin_ctzll(left);

            if (!decode_absent(run, &object->fields[i])) {
                return false;
            }
        }
    }
    return true;
}

/* From '{' to behind '}', which may be the end of the text. */
static const uint8_t *
decode_object(decode_run *run, const hr_json_object *object, const uint8_t *at, unsigned depth)
{
    uint64_t *seen = (uint64_t *)(void *)(run->state + object->seen_at);
    uint16_t *expected = (uint16_t *)(void *)(run->state + object->order_at), *order = expected;
    bool done;

    if (depth == HR_JSON_DEPTH_MAX) {
        return hr_json_scan_fail(&run->scan, at, "nested deeper than 64");
    }
    memset(seen, 0, object->n_words * sizeof *seen);
    at = hr_json_scan_blanks(at + 1);
    done = *at == '}';
    while (!done) {
        const hr_json_field *field = NULL;
        const uint8_t *key = at;

        if (*expected != 0 && *at == '"' &&
            decode_is_name(run, &object->fields[*expected - 1], at + 1)) {
            field = &object->fields[*expected - 1];
            at += field->name_len + 2;
        } else {
            at = decode_name(run, object, at, expected, &field);
        }
        at = at != NULL ? hr_json_scan_colon(&run->scan, at) : NULL;
        if (at == NULL) {
            return NULL;
        }
        if (field != NULL) {
            at = decode_member(run, field, seen, key, at, depth + 1);
            expected = order + field->index + 1;
        } else {
            at = hr_json_scan_value(&run->scan, at, depth + 1);
        }
        at = at != NULL ? decode_separator(run, at, '}', &done) : NULL;
        if (at == NULL) {
            return NULL;
        }
    }
    return decode_missing(run, object, seen) ? at + 1 : NULL;
}

static const char *
decode_invalid(const decode_run *run)
{
    const char *reason;

    if (run->reason != NULL) {
        return run->reason;
    }
    reason = hr_arena_printf(run->arena, "invalid JSON at byte %zu: %s",
                             (size_t)(run->scan.error_at - run->start), run->scan.error);
    return reason != NULL ? reason : decode_no_memory;
}

static const char *
decode_text_of_record(decode_run *run, const hr_json_plan *plan, const uint8_t *at)
{
    const uint8_t *behind;

    at = hr_json_scan_blanks(at);
    if (*at != '{') {
        hr_json_scan_fail(&run->scan, at, "expected an object");
        return decode_invalid(run);
    }
    behind = decode_object(run, plan->root, at, 0);
    if (behind != NULL && behind != run->scan.end) {
        behind = hr_json_scan_fail(&run->scan, behind, "there is more behind the object");
    }
    if (behind == NULL) {
        return decode_invalid(run);
    }
    run->record->close = (uint32_t)(behind - 1 - run->start);
    return NULL;
}

static bool
decode_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t
decode_trimmed(hr_span text)
{
    while (text.len > 0 && decode_is_blank(text.data[text.len - 1])) {
        text.len--;
    }
    return text.len;
}

bool
hr_json_decode_begin(const hr_json_plan *plan, hr_batch *batch)
{
    hr_json_row *rows = hr_arena_calloc(batch->arena, batch->n_records, sizeof *rows);
    hr_json_place *places =
        hr_arena_alloc(batch->arena, batch->n_records * plan->n_touched * sizeof *places);

    if (rows == NULL || places == NULL) {
        return false;
    }
    for (size_t i = 0; i < batch->n_records; i++) {
        rows[i].places = places + i * plan->n_touched;
    }
    batch->decoded = rows;
    return true;
}

const char *
hr_json_decode(const hr_json_plan *plan, void *state, hr_batch *batch, hr_row row)
{
    hr_span text = batch->records[row].value;
    size_t len = decode_trimmed(text);
    decode_run run = {
        .scan = {.nodes_left = HR_JSON_NODES_MAX},
        .start = text.data,
        .state = state,
        .columns = batch->columns,
        .arena = batch->arena,
        .record = (hr_json_row *)batch->decoded + row,
        .n_touched = plan->n_touched,
        .row = row,
    };

    if (text.data == NULL) {
        return "the value is null";
    }
    if (len > UINT32_MAX) {
        return "the value is larger than 4 GiB";
    }
    run.scan.end = text.data + len;
    if (len == 0 || text.data[len - 1] != '}') {
        hr_json_scan_fail(&run.scan, run.scan.end, "the text does not end with '}'");
        return decode_invalid(&run);
    }
    return decode_text_of_record(&run, plan, text.data);
}
