/* What a client writes after the method: path and query, and the same notation in forms. Decoded
 * once, here, and only if the result is text; handlers never see a percent sign that means
 * something.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_HTTP_URI_H
#define HR_HTTP_URI_H
#include "http/http.h"
#include "record/arena.h"

#define HR_HTTP_SEGMENTS_MAX 32
#define HR_HTTP_FIELDS_MAX 128 /* of a query, of a form */

/* A path in pieces: "/a/b" has the segments "a" and "b", "/a/" has "a" and "". A slash that was
 * written %2F stays inside its segment. */
typedef struct hr_http_segments {
    const char *path;                         /* decoded, whole */
    const char *text[HR_HTTP_SEGMENTS_MAX];   /* decoded, each */
    const char *behind[HR_HTTP_SEGMENTS_MAX]; /* where the segment begins in `path` */
    size_t n;
} hr_http_segments;

/* True for text that a handler may see: UTF-8 without NUL. */
bool hr_http_is_text(hr_span text);

/* Decodes %XX, and + as a blank if `plus`. NULL: a bad escape, not UTF-8, a NUL, or no memory. */
const char *hr_http_decode(hr_arena *arena, hr_span raw, bool plus, size_t *len);

/* false: not a path that begins with a slash, or one with segments "." or "..", or too many. */
bool hr_http_path_parse(hr_arena *arena, hr_span raw, hr_http_segments *out);

/* a=1&b=2. HR_OK, HR_ERECORD (with a text) or HR_ENOMEM. */
int hr_http_params_parse(hr_arena *arena, hr_span raw, const hr_http_field **out, size_t *n,
                         hr_error *err);

#endif
