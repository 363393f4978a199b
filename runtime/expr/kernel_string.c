/* Strings: slices point into the bytes of their argument; only what differs from it is copied.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem(): linear, whatever the needle */
#include "expr/kernel.h"
#include "expr/utf8.h"

/* Lane and length of one row; the length is 0 where there is no value. */
static inline size_t
concat_measure(const hr_kernel_call *call, size_t i)
{
    uint8_t lane = HR_LANE_OK;
    size_t len = 0;

    for (size_t a = 0; a < call->n_args; a++) {
        lane = hr_lane_use2(lane, call->arg[a]->lane[i]);
    }
    call->out->lane[i] = lane;
    for (size_t a = 0; lane == HR_LANE_OK && a < call->n_args; a++) {
        len += call->arg[a]->v.s[i].len;
    }
    call->out->v.s[i].len = len;
    return len;
}

static inline uint8_t *
concat_write(const hr_kernel_call *call, size_t i, uint8_t *at)
{
    call->out->v.s[i].data = at;
    for (size_t a = 0; a < call->n_args; a++) {
        at = hr_bytes_copy(at, call->arg[a]->v.s[i].data, call->arg[a]->v.s[i].len);
    }
    return at;
}

/* Row by row, for when the arena has no room for all of them. */
static void
concat_scarce(const hr_kernel_call *call)
{
    HR_KERNEL_EACH(
        call, i, if (call->out->lane[i] == HR_LANE_OK) {
            uint8_t *at = hr_arena_alloc(call->arena, call->out->v.s[i].len);
            if (at == NULL) {
                call->out->lane[i] = HR_LANE_NO_MEMORY;
            } else {
                concat_write(call, i, at);
            }
        });
}

void
hr_kernel_concat(const hr_kernel_call *call)
{
    size_t total = 0;
    uint8_t *at;

    HR_KERNEL_EACH(call, i, total += concat_measure(call, i));
    at = hr_arena_alloc(call->arena, total);
    if (at == NULL) {
        concat_scarce(call);
        return;
    }
    HR_KERNEL_EACH(
        call, i, if (call->out->lane[i] == HR_LANE_OK) { at = concat_write(call, i, at); });
}

static inline uint8_t
string_starts_with(uint8_t lane, hr_span a, hr_span b, uint8_t *o)
{
    if (lane == HR_LANE_OK) {
        *o = a.len >= b.len && hr_span_eq((hr_span){a.data, b.len}, b);
    }
    return lane;
}

static inline uint8_t
string_ends_with(uint8_t lane, hr_span a, hr_span b, uint8_t *o)
{
    if (lane == HR_LANE_OK) {
        *o = b.len == 0 || (a.len >= b.len && memcmp(a.data + (a.len - b.len), b.data, b.len) == 0);
    }
    return lane;
}

static inline uint8_t
string_contains(uint8_t lane, hr_span a, hr_span b, uint8_t *o)
{
    if (lane == HR_LANE_OK) {
        *o = b.len == 0 || (a.len >= b.len && memmem(a.data, a.len, b.data, b.len) != NULL);
    }
    return lane;
}

HR_KERNEL_BINARY(hr_kernel_starts_with, hr_span, s, hr_span, s, uint8_t, b, string_starts_with)
HR_KERNEL_BINARY(hr_kernel_ends_with, hr_span, s, hr_span, s, uint8_t, b, string_ends_with)
HR_KERNEL_BINARY(hr_kernel_contains, hr_span, s, hr_span, s, uint8_t, b, string_contains)

static inline uint8_t
string_size(uint8_t lane, hr_span a, int64_t *o)
{
    if (lane == HR_LANE_OK) {
        *o = (int64_t)hr_utf8_count(a);
    }
    return lane;
}

static inline uint8_t
string_bytes_size(uint8_t lane, hr_span a, int64_t *o)
{
    if (lane == HR_LANE_OK) {
        *o = (int64_t)a.len;
    }
    return lane;
}

HR_KERNEL_UNARY(hr_kernel_string_size, hr_span, s, int64_t, i, hr_lane_use, string_size)
HR_KERNEL_UNARY(hr_kernel_bytes_size, hr_span, s, int64_t, i, hr_lane_use, string_bytes_size)

/* Letters of the range first..first+25 change their case; others stay. */
static uint8_t
string_flip_case(hr_arena *arena, uint8_t lane, hr_span a, uint8_t first, hr_span *o)
{
    uint8_t *bytes;
    size_t at = 0;

    if (lane != HR_LANE_OK) {
        return lane;
    }
    *o = a;
    while (at < a.len && (uint8_t)(a.data[at] - first) > 25) {
        at++;
    }
    if (at == a.len) {
        return HR_LANE_OK;
    }
    bytes = hr_arena_alloc(arena, a.len);
    if (bytes == NULL) {
        return HR_LANE_NO_MEMORY;
    }
    for (size_t i = 0; i < a.len; i++) {
        bytes[i] = (uint8_t)(a.data[i] ^ ((uint8_t)(a.data[i] - first) <= 25 ? 0x20 : 0));
    }
    o->data = bytes;
    return HR_LANE_OK;
}

static inline uint8_t
string_lower(hr_arena *arena, uint8_t lane, hr_span a, hr_span *o)
{
    return string_flip_case(arena, lane, a, 'A', o);
}

static inline uint8_t
string_upper(hr_arena *arena, uint8_t lane, hr_span a, hr_span *o)
{
    return string_flip_case(arena, lane, a, 'a', o);
}

HR_KERNEL_UNARY_ARENA(hr_kernel_lower_ascii, hr_span, s, hr_span, s, hr_lane_use, string_lower)
HR_KERNEL_UNARY_ARENA(hr_kernel_upper_ascii, hr_span, s, hr_span, s, hr_lane_use, string_upper)

/* Unicode's White_Space, as CEL's strings extension says. */
static bool
string_is_space(uint32_t code)
{
    return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 ||
           code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

/* Bytes of the last code point; 0 if it is no space. */
static size_t
string_space_at_end(hr_span a)
{
    uint32_t code = 0;
    size_t n = 1;

    if (a.len == 0) {
        return 0;
    }
    while (n < a.len && n < 4 && (a.data[a.len - n] & 0xC0) == 0x80) {
        n++;
    }
    return hr_utf8_decode((hr_span){a.data + a.len - n, n}, &code) == n && string_is_space(code)
               ? n
               : 0;
}

static uint8_t
string_trim(uint8_t lane, hr_span a, hr_span *o)
{
    uint32_t code;
    size_t n;

    if (lane != HR_LANE_OK) {
        return lane;
    }
    while ((n = hr_utf8_decode(a, &code)) > 0 && string_is_space(code)) {
        a = (hr_span){a.data + n, a.len - n};
    }
    while ((n = string_space_at_end(a)) > 0) {
        a.len -= n;
    }
    *o = a;
    return HR_LANE_OK;
}

HR_KERNEL_UNARY(hr_kernel_trim, hr_span, s, hr_span, s, hr_lane_use, string_trim)

/* The part behind the first `count` code points; false: there are fewer. */
static bool
string_skip(hr_span a, int64_t count, hr_span *o)
{
    size_t at = count >= 0 ? hr_utf8_offset(a, (size_t)count) : SIZE_MAX;

    *o = at > 0 && at != SIZE_MAX ? (hr_span){a.data + at, a.len - at} : a;
    return at != SIZE_MAX;
}

/* With two arguments to the end of the string. */
void
hr_kernel_substring(const hr_kernel_call *call)
{
    const hr_column *a = call->arg[0], *start = call->arg[1];
    const hr_column *end = call->n_args > 2 ? call->arg[2] : NULL;

    HR_KERNEL_EACH(call, i, {
        uint8_t lane = hr_lane_use2(a->lane[i], start->lane[i]);
        hr_span part, rest = {NULL, 0};

        lane = end != NULL ? hr_lane_use2(lane, end->lane[i]) : lane;
        if (lane == HR_LANE_OK &&
            (!string_skip(a->v.s[i], start->v.i[i], &part) ||
             (end != NULL && (end->v.i[i] < start->v.i[i] ||
                              !string_skip(part, end->v.i[i] - start->v.i[i], &rest))))) {
            lane = HR_LANE_INDEX_RANGE;
        }
        if (lane == HR_LANE_OK) {
            part.len -= rest.len;
            call->out->v.s[i] = part;
        }
        call->out->lane[i] = lane;
    });
}
