/* The fields of a record at some node as a JSON object, for samples: the record as it came with
 * what steps have changed since. Unlike an encoder it needs nothing from check time, and it is
 * slow.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TAP_FIELDS_H
#define HR_ENGINE_TAP_FIELDS_H
#include "config/topology.h"
#include "record/buf.h"

/* What is longer is cut, and said so. */
#define HR_TAP_VALUE_BYTES 2048u

typedef struct hr_tap_writer {
    hr_buf *out;
    hr_buf value;     /* scratch */
    size_t bytes_max; /* of out; what would go beyond is left out */
    bool truncated;   /* something was cut or left out */
} hr_tap_writer;

/* Appends an object of the record's fields as `fields` has them; since: only those that are not the
 * same there (NULL: all). false: out of memory, or the value is no JSON object: nothing was
 * appended. */
bool hr_tap_write_fields(hr_tap_writer *writer, const hr_lineage *lineage, const hr_fields *fields,
                         const hr_fields *since, const hr_batch *batch, hr_row row);

/* Appends `,"gone":["a","b"]` with the names of the fields that a step took away, where it took
 * any: those that `before` has and `after` has not. false: out of memory. */
bool hr_tap_write_gone(hr_tap_writer *writer, const hr_lineage *lineage, const hr_fields *before,
                       const hr_fields *after, const hr_batch *batch, hr_row row);

/* Appends bytes that are no JSON: `"name":"text"`, or `"name_base64":".."` where they are not
 * UTF-8, or `"name":null`. false: out of memory. */
bool hr_tap_write_bytes(hr_tap_writer *writer, const char *name, hr_span bytes);

/* Appends text as it is. false: out of memory. */
bool hr_tap_write_text(hr_tap_writer *writer, const char *text);

#endif
