/* From a request to a record of JSON: an object as it came, or fields of a form (or of a query)
 * typed by the schema, and the fields that the source makes itself.
 *
 * What is no JSON object does not become a record: the decoder would miss in it the fields that are
 * made here, and say so to a client who made another mistake. Whether the fields are right is left
 * to the decoder; so a body stays as it came, as far as that can be.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_SOURCE_HTTP_BODY_H
#define HR_SOURCE_HTTP_BODY_H
#include "codec/schema.h"
#include "http/http.h"
#include "record/buf.h"

typedef enum hr_body_make { HR_BODY_UUID, HR_BODY_TIME } hr_body_make;

/* A field that the source makes. */
typedef struct hr_body_field {
    const char *name;
    hr_body_make make;
    bool as_ms; /* a time as milliseconds since the epoch, as the schema has it */
} hr_body_field;

/* Read-only once made. */
typedef struct hr_body_plan {
    const hr_body_field *fields;
    size_t n;
    const hr_schema *schema; /* a record; NULL: none */
} hr_body_plan;

/* Each appends a record. HR_OK; HR_ERECORD with the reason in *err; HR_ENOMEM; HR_EIO (no random
 * numbers). thread: any */

/* Of a body of JSON, which must be an object. */
int hr_body_from_json(const hr_body_plan *plan, hr_span body, int64_t now_ms, hr_buf *out,
                      hr_error *err);

/* Of fields; none may come twice, and there may not be too many. A field without a value is left
 * out. */
int hr_body_from_fields(const hr_body_plan *plan, const hr_http_field *fields, size_t n,
                        int64_t now_ms, hr_buf *out, hr_error *err);

/* "2026-11-24T22:04:34.123Z". out holds 32 bytes. */
void hr_body_time(int64_t ms, char out[32]);

/* A random UUID (version 4) in lower case. HR_OK, HR_EIO. out holds 37 bytes. */
int hr_body_uuid(char out[37]);

#endif
