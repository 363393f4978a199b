/* Members of a JSON value. Each value that is stepped over is validated again: this is not the
 * record path, and so a broken text cannot be misread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_walk.h"
#include "codec/json_scan.h"

static bool
walk_is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static hr_span
walk_trim(hr_span text)
{
    while (text.len > 0 && walk_is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && walk_is_blank(text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}

bool
hr_json_iter_init(hr_json_iter *iter, hr_span value)
{
    uint8_t first, last;

    value = walk_trim(value);
    if (value.len < 2) {
        return false;
    }
    first = value.data[0];
    last = value.data[value.len - 1];
    if (!(first == '{' && last == '}') && !(first == '[' && last == ']')) {
        return false;
    }
    *iter = (hr_json_iter){value.data + 1, value.data + value.len, last, true};
    return true;
}

hr_json_kind
hr_json_kind_of(hr_span value)
{
    value = walk_trim(value);
    switch (value.len > 0 ? value.data[0] : 'n') {
    case '{':
        return HR_JSON_OBJECT;
    case '[':
        return HR_JSON_ARRAY;
    case '"':
        return HR_JSON_STRING;
    case 't':
    case 'f':
        return HR_JSON_BOOL;
    case 'n':
        return HR_JSON_NULL;
    default:
        return HR_JSON_NUMBER;
    }
}

static const uint8_t *
walk_name(hr_json_scan *scan, const uint8_t *at, hr_json_member *member)
{
    const uint8_t *start = at + 1;
    bool escaped = false;

    if (*at != '"') {
        return NULL;
    }
    at = hr_json_scan_string(scan, start, &escaped);
    if (at == NULL) {
        return NULL;
    }
    member->name_raw = (hr_span){start, (size_t)(at - start)};
    return hr_json_scan_colon(scan, at + 1);
}

/* Behind the comma, or to the end (*done). */
static const uint8_t *
walk_separator(hr_json_iter *iter, const uint8_t *at, bool *done)
{
    at = hr_json_scan_blanks(at);
    if (*at == iter->close) {
        *done = at + 1 == iter->end;
        return *done ? at : NULL;
    }
    if (iter->first) {
        return at;
    }
    return *at == ',' ? hr_json_scan_blanks(at + 1) : NULL;
}

int
hr_json_next(hr_json_iter *iter, hr_json_member *member)
{
    hr_json_scan scan = {.end = iter->end, .nodes_left = HR_JSON_NODES_MAX};
    bool done = false;
    const uint8_t *at = walk_separator(iter, iter->at, &done), *value;

    if (at == NULL || done) {
        return done ? 0 : -1;
    }
    *member = (hr_json_member){0};
    if (iter->close == '}') {
        at = walk_name(&scan, at, member);
    }
    value = at;
    at = at != NULL ? hr_json_scan_value(&scan, at, 1) : NULL;
    if (at == NULL) {
        return -1;
    }
    member->raw = (hr_span){value, (size_t)(at - value)};
    member->kind = hr_json_kind_of(member->raw);
    iter->at = at;
    iter->first = false;
    return 1;
}

bool
hr_json_unescape(hr_arena *arena, hr_span raw, hr_span *out)
{
    uint8_t *to;
    size_t len;

    if (raw.len == 0 || memchr(raw.data, '\\', raw.len) == NULL) {
        *out = raw;
        return true;
    }
    to = hr_arena_alloc(arena, raw.len);
    if (to == NULL || (len = hr_json_scan_unescape(raw, to)) == SIZE_MAX) {
        return false;
    }
    *out = (hr_span){to, len};
    return true;
}

static bool
walk_number(hr_span raw, hr_json_num *num)
{
    const uint8_t *end = raw.data + raw.len;

    return raw.len > 0 && hr_json_scan_number(raw.data, end, num) == end;
}

bool
hr_json_int(hr_span raw, int64_t *out)
{
    hr_json_num num;

    return walk_number(raw, &num) && hr_json_num_int(&num, out);
}

bool
hr_json_double(hr_span raw, double *out)
{
    hr_json_num num;

    return walk_number(raw, &num) && hr_json_num_double(&num, out);
}
