/* Values without a type are the raw JSON text of the record; they are read where they are used. An
 * absent member is null, as it is in typed fields.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "expr/kernel.h"

#include "codec/json_walk.h"
#include "expr/calendar.h"
#include "expr/convert.h"
#include "expr/utf8.h"

/* A JSON string without its quotes, unescaped. */
static bool
json_text(hr_arena *arena, hr_span raw, hr_span *o)
{
    return raw.len >= 2 && raw.data[0] == '"' && raw.data[raw.len - 1] == '"' &&
           hr_json_unescape(arena, (hr_span){raw.data + 1, raw.len - 2}, o);
}

static uint8_t
json_as_bool(hr_arena *arena, hr_json_kind kind, hr_span a, uint8_t *o)
{
    (void)arena;
    *o = kind == HR_JSON_BOOL && a.data[0] == 't';
    return kind == HR_JSON_BOOL ? HR_LANE_OK : HR_LANE_NOT_BOOL;
}

static uint8_t
json_as_int(hr_arena *arena, hr_json_kind kind, hr_span a, int64_t *o)
{
    (void)arena;
    return kind == HR_JSON_NUMBER && hr_json_int(a, o) ? HR_LANE_OK : HR_LANE_NOT_INT;
}

static uint8_t
json_as_double(hr_arena *arena, hr_json_kind kind, hr_span a, double *o)
{
    (void)arena;
    return kind == HR_JSON_NUMBER && hr_json_double(a, o) ? HR_LANE_OK : HR_LANE_NOT_DOUBLE;
}

static uint8_t
json_as_string(hr_arena *arena, hr_json_kind kind, hr_span a, hr_span *o)
{
    if (kind != HR_JSON_STRING) {
        return HR_LANE_NOT_STRING;
    }
    return json_text(arena, a, o) ? HR_LANE_OK : HR_LANE_NO_MEMORY;
}

static uint8_t
json_as_timestamp(hr_arena *arena, hr_json_kind kind, hr_span a, int64_t *o)
{
    hr_span text;

    if (kind == HR_JSON_NUMBER) {
        return hr_json_int(a, o) && *o >= HR_TIME_MIN_MS && *o <= HR_TIME_MAX_MS
                   ? HR_LANE_OK
                   : HR_LANE_TIME_RANGE;
    }
    return kind == HR_JSON_STRING && json_text(arena, a, &text) &&
                   hr_calendar_parse_timestamp(text, o)
               ? HR_LANE_OK
               : HR_LANE_NOT_TIMESTAMP;
}

static uint8_t
json_to_bool(hr_arena *arena, hr_json_kind kind, hr_span a, uint8_t *o)
{
    hr_span text;

    if (kind != HR_JSON_STRING) {
        return json_as_bool(arena, kind, a, o);
    }
    return json_text(arena, a, &text) ? hr_convert_bool(text, o) : HR_LANE_NO_MEMORY;
}

static uint8_t
json_to_int(hr_arena *arena, hr_json_kind kind, hr_span a, int64_t *o)
{
    hr_span text;
    double d;

    if (kind == HR_JSON_STRING) {
        return json_text(arena, a, &text) ? hr_convert_int(text, o) : HR_LANE_NO_MEMORY;
    }
    if (kind != HR_JSON_NUMBER || hr_json_int(a, o)) {
        return kind == HR_JSON_NUMBER ? HR_LANE_OK : HR_LANE_NOT_INT;
    }
    return hr_json_double(a, &d) ? hr_convert_truncate(d, o) : HR_LANE_NOT_INT;
}

static uint8_t
json_to_double(hr_arena *arena, hr_json_kind kind, hr_span a, double *o)
{
    hr_span text;

    if (kind != HR_JSON_STRING) {
        return json_as_double(arena, kind, a, o);
    }
    return json_text(arena, a, &text) ? hr_convert_double(text, o) : HR_LANE_NO_MEMORY;
}

/* A number or bool as it is written; of a text that was not validated, nothing else. */
static bool
json_is_plain(hr_span a)
{
    if (hr_span_eq(a, HR_SPAN_LIT("true")) || hr_span_eq(a, HR_SPAN_LIT("false"))) {
        return true;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (a.data[i] == 0 || strchr("0123456789+-.eE", a.data[i]) == NULL) {
            return false;
        }
    }
    return a.len > 0;
}

static uint8_t
json_to_string(hr_arena *arena, hr_json_kind kind, hr_span a, hr_span *o)
{
    if (kind == HR_JSON_STRING) {
        return json_as_string(arena, kind, a, o);
    }
    *o = a;
    return json_is_plain(a) ? HR_LANE_OK : HR_LANE_NOT_TEXT;
}

static inline bool
json_is_null(uint8_t lane, hr_span a)
{
    return lane == HR_LANE_NULL || (lane == HR_LANE_OK && hr_json_kind_of(a) == HR_JSON_NULL);
}

/* as_ keeps a null, to_ makes it an error. */
#define JSON_CONVERT(NAME, TYPE, FIELD, NULL_LANE)                                                 \
    static uint8_t json_any_##NAME(hr_arena *arena, uint8_t lane, hr_span a, TYPE *o)              \
    {                                                                                              \
        if (json_is_null(lane, a)) {                                                               \
            return NULL_LANE;                                                                      \
        }                                                                                          \
        return lane == HR_LANE_OK ? json_##NAME(arena, hr_json_kind_of(a), a, o) : lane;           \
    }                                                                                              \
    HR_KERNEL_UNARY_ARENA(hr_kernel_any_##NAME, hr_span, s, TYPE, FIELD, , json_any_##NAME)

JSON_CONVERT(as_bool, uint8_t, b, HR_LANE_NULL)
JSON_CONVERT(as_int, int64_t, i, HR_LANE_NULL)
JSON_CONVERT(as_double, double, d, HR_LANE_NULL)
JSON_CONVERT(as_string, hr_span, s, HR_LANE_NULL)
JSON_CONVERT(as_timestamp, int64_t, i, HR_LANE_NULL)
JSON_CONVERT(to_bool, uint8_t, b, HR_LANE_NULL_USED)
JSON_CONVERT(to_int, int64_t, i, HR_LANE_NULL_USED)
JSON_CONVERT(to_double, double, d, HR_LANE_NULL_USED)
JSON_CONVERT(to_string, hr_span, s, HR_LANE_NULL_USED)
#define json_to_timestamp json_as_timestamp
JSON_CONVERT(to_timestamp, int64_t, i, HR_LANE_NULL_USED)

static uint8_t
json_has(uint8_t lane, hr_span a, uint8_t *o)
{
    *o = !json_is_null(lane, a);
    return lane >= HR_LANE_ERROR ? lane : HR_LANE_OK;
}

static uint8_t
json_lacks(uint8_t lane, hr_span a, uint8_t *o)
{
    *o = json_is_null(lane, a);
    return lane >= HR_LANE_ERROR ? lane : HR_LANE_OK;
}

HR_KERNEL_UNARY(hr_kernel_any_has, hr_span, s, uint8_t, b, , json_has)
HR_KERNEL_UNARY(hr_kernel_any_lacks, hr_span, s, uint8_t, b, , json_lacks)

static uint8_t
json_count(hr_span a, int64_t *o)
{
    hr_json_iter iter;
    hr_json_member member;
    int rc;

    *o = 0;
    if (!hr_json_iter_init(&iter, a)) {
        return HR_LANE_BROKEN_JSON;
    }
    while ((rc = hr_json_next(&iter, &member)) > 0) {
        ++*o;
    }
    return rc == 0 ? HR_LANE_OK : HR_LANE_BROKEN_JSON;
}

static uint8_t
json_size(hr_arena *arena, uint8_t lane, hr_span a, int64_t *o)
{
    hr_json_kind kind;
    hr_span text;

    if (lane != HR_LANE_OK || (kind = hr_json_kind_of(a)) == HR_JSON_NULL) {
        return lane >= HR_LANE_ERROR ? lane : HR_LANE_NULL_USED;
    }
    if (kind == HR_JSON_ARRAY || kind == HR_JSON_OBJECT) {
        return json_count(a, o);
    }
    if (kind != HR_JSON_STRING) {
        return HR_LANE_NOT_SIZED;
    }
    if (!json_text(arena, a, &text)) {
        return HR_LANE_NO_MEMORY;
    }
    *o = (int64_t)hr_utf8_count(text);
    return HR_LANE_OK;
}

HR_KERNEL_UNARY_ARENA(hr_kernel_any_size, hr_span, s, int64_t, i, , json_size)

static bool
json_is_named(hr_arena *arena, hr_span raw, hr_span name)
{
    hr_span text;

    if (raw.len < name.len) {
        return false;
    }
    if (memchr(raw.data, '\\', raw.len) == NULL) {
        return hr_span_eq(raw, name);
    }
    return hr_json_unescape(arena, raw, &text) && hr_span_eq(text, name);
}

/* The last member of that name, as the decoder has it; null if there is none. */
static uint8_t
json_member(hr_arena *arena, hr_span a, hr_span name, hr_span *o)
{
    hr_json_iter iter;
    hr_json_member member;
    uint8_t lane = HR_LANE_NULL;
    int rc;

    if (hr_json_kind_of(a) != HR_JSON_OBJECT || !hr_json_iter_init(&iter, a)) {
        return HR_LANE_NOT_OBJECT;
    }
    while ((rc = hr_json_next(&iter, &member)) > 0) {
        if (json_is_named(arena, member.name_raw, name)) {
            lane = member.kind == HR_JSON_NULL ? HR_LANE_NULL : HR_LANE_OK;
            *o = member.raw;
        }
    }
    return rc == 0 ? lane : HR_LANE_BROKEN_JSON;
}

static uint8_t
json_select(const hr_kernel_call *call, uint8_t lane, hr_span a, hr_span *o)
{
    const hr_kernel_path *path = call->aux;

    for (size_t p = 0; lane == HR_LANE_OK && p < path->n; p++) {
        if (hr_json_kind_of(a) == HR_JSON_NULL) {
            return HR_LANE_NULL;
        }
        lane = json_member(call->arena, a, path->name[p], &a);
    }
    *o = a;
    return lane;
}

void
hr_kernel_select(const hr_kernel_call *call)
{
    const hr_column *a = call->arg[0];

    HR_KERNEL_EACH(
        call, i, call->out->lane[i] = json_select(call, a->lane[i], a->v.s[i], &call->out->v.s[i]));
}

static uint8_t
json_index(hr_span a, int64_t index, hr_span *o)
{
    hr_json_iter iter;
    hr_json_member member;
    int rc;

    if (hr_json_kind_of(a) != HR_JSON_ARRAY || !hr_json_iter_init(&iter, a)) {
        return HR_LANE_NOT_LIST;
    }
    while ((rc = hr_json_next(&iter, &member)) > 0) {
        if (index-- == 0) {
            *o = member.raw;
            return member.kind == HR_JSON_NULL ? HR_LANE_NULL : HR_LANE_OK;
        }
        if (index < 0) {
            break;
        }
    }
    return rc < 0 ? HR_LANE_BROKEN_JSON : HR_LANE_INDEX_RANGE;
}

void
hr_kernel_index(const hr_kernel_call *call)
{
    const hr_column *a = call->arg[0], *b = call->arg[1];

    HR_KERNEL_EACH(call, i, {
        uint8_t lane = hr_lane_use2(a->lane[i], b->lane[i]);

        call->out->lane[i] =
            lane != HR_LANE_OK ? lane : json_index(a->v.s[i], b->v.i[i], &call->out->v.s[i]);
    });
}

static bool
json_is_bool(hr_arena *arena, const hr_json_member *member, uint8_t x)
{
    uint8_t value;

    return json_as_bool(arena, member->kind, member->raw, &value) == HR_LANE_OK && value == x;
}

static bool
json_is_int(hr_arena *arena, const hr_json_member *member, int64_t x)
{
    int64_t value;

    return json_as_int(arena, member->kind, member->raw, &value) == HR_LANE_OK && value == x;
}

static bool
json_is_double(hr_arena *arena, const hr_json_member *member, double x)
{
    double value;

    return json_as_double(arena, member->kind, member->raw, &value) == HR_LANE_OK && value == x;
}

static bool
json_is_string(hr_arena *arena, const hr_json_member *member, hr_span x)
{
    return member->kind == HR_JSON_STRING && member->raw.len >= 2 &&
           json_is_named(arena, (hr_span){member->raw.data + 1, member->raw.len - 2}, x);
}

/* An item of another type is not equal; a map is asked for its keys, which are strings. */
#define JSON_IN(NAME, TYPE, FIELD)                                                                 \
    static uint8_t json_##NAME##_in(hr_arena *arena, TYPE x, hr_span a, uint8_t *o)                \
    {                                                                                              \
        hr_json_iter iter;                                                                         \
        hr_json_member member;                                                                     \
        bool found = false;                                                                        \
        int rc;                                                                                    \
                                                                                                   \
        if (!hr_json_iter_init(&iter, a)) {                                                        \
            return HR_LANE_NOT_LIST;                                                               \
        }                                                                                          \
        while ((rc = hr_json_next(&iter, &member)) > 0) {                                          \
            found |= iter.close == '}' ? JSON_KEY_##NAME(arena, &member, x)                        \
                                       : json_is_##NAME(arena, &member, x);                        \
        }                                                                                          \
        *o = found;                                                                                \
        return rc == 0 ? HR_LANE_OK : HR_LANE_BROKEN_JSON;                                         \
    }                                                                                              \
    void hr_kernel_##NAME##_in_json(const hr_kernel_call *call)                                    \
    {                                                                                              \
        const hr_column *x = call->arg[0], *a = call->arg[1];                                      \
                                                                                                   \
        HR_KERNEL_EACH(call, i, {                                                                  \
            uint8_t lane = hr_lane_use2(x->lane[i], a->lane[i]);                                   \
                                                                                                   \
            call->out->lane[i] =                                                                   \
                lane != HR_LANE_OK                                                                 \
                    ? lane                                                                         \
                    : json_##NAME##_in(call->arena, x->v.FIELD[i], a->v.s[i], &call->out->v.b[i]); \
        });                                                                                        \
    }

#define JSON_KEY_bool(arena, member, x) false
#define JSON_KEY_int(arena, member, x) false
#define JSON_KEY_double(arena, member, x) false
#define JSON_KEY_string(arena, member, x) json_is_named(arena, (member)->name_raw, x)

JSON_IN(bool, uint8_t, b)
JSON_IN(int, int64_t, i)
JSON_IN(double, double, d)
JSON_IN(string, hr_span, s)
