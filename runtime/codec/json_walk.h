/* Walking a JSON value member by member, for what needs the shape itself (BSON, `in`, size()).
 * The text has been validated by the decoder; a broken one still gives an error, not a crash.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CODEC_JSON_WALK_H
#define HR_CODEC_JSON_WALK_H
#include "record/arena.h"
#include "record/span.h"

typedef enum hr_json_kind {
    HR_JSON_NULL,
    HR_JSON_BOOL,
    HR_JSON_NUMBER,
    HR_JSON_STRING,
    HR_JSON_ARRAY,
    HR_JSON_OBJECT,
} hr_json_kind;

typedef struct hr_json_member {
    hr_span name_raw; /* of an object: between the quotes, still escaped */
    hr_json_kind kind;
    hr_span raw; /* the value's text; a string with its quotes */
} hr_json_member;

typedef struct hr_json_iter {
    const uint8_t *at, *end;
    uint8_t close; /* '}' or ']' */
    bool first;
} hr_json_iter;

/* Starts at an object or array. false: it is neither. */
bool hr_json_iter_init(hr_json_iter *iter, hr_span value);

/* 1: a member, 0: the end, -1: broken. */
int hr_json_next(hr_json_iter *iter, hr_json_member *member);

hr_json_kind hr_json_kind_of(hr_span value);

/* The text of a string value or name (`raw` without quotes): the span itself where nothing is
 * escaped, else decoded into the arena. false: bad escape or out of memory. */
bool hr_json_unescape(hr_arena *arena, hr_span raw, hr_span *out);

/* Exact conversions of a number's text. false: not a number of that range (an integer with fraction
 * or exponent is not an int64; a double beyond the range is refused). */
bool hr_json_int(hr_span raw, int64_t *out);
bool hr_json_double(hr_span raw, double *out);

#endif
