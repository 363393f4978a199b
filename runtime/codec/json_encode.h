/* The JSON side of hr_encoder_run(). Internal to codec/.
 *
 * A splice copies the source's bytes in spans and changes what must be changed; a template writes
 * the fields it knows one after the other, those of the source as their bytes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CODEC_JSON_ENCODE_H
#define HR_CODEC_JSON_ENCODE_H
#include "codec/json_plan.h"
#include "record/buf.h"

typedef struct hr_json_splice hr_json_splice;
typedef struct hr_json_template hr_json_template;

/* A splice for these fields; may touch fields of the lineage. HR_OK, HR_EREPORTED, HR_ENOMEM. */
int hr_json_splice_create(hr_arena *arena, hr_lineage *lineage, const hr_fields *fields,
                          hr_json_splice **out, hr_error *err);

/* A template of these fields in this order. As hr_json_splice_create(). */
int hr_json_template_create(hr_arena *arena, hr_lineage *lineage, const hr_field *fields, size_t n,
                            hr_json_template **out, hr_error *err);

/* Append a row. HR_OK; HR_ERECORD with the reason; HR_ENOMEM. `out` may hold half a record
 * afterwards: the caller cuts it off. */
int hr_json_splice_run(const hr_json_splice *splice, const hr_batch *batch, hr_row row, hr_buf *out,
                       const char **reason);
int hr_json_template_run(const hr_json_template *template, const hr_batch *batch, hr_row row,
                         hr_buf *out, const char **reason);

/* What the decoder noted about the record that the row came from. */
static inline const hr_json_row *
hr_json_row_of(const hr_batch *batch, hr_row row)
{
    return (const hr_json_row *)batch->decoded + batch->source[row];
}

/* A made field's value; an error in its lane fails the row. */
int hr_json_encode_value(const hr_batch *batch, const hr_field *field, hr_row row, hr_buf *out,
                         const char **reason);

/* `"name":` in the arena, behind `lead` (such as a comma); data NULL: out of memory. */
hr_span hr_json_encode_key(hr_arena *arena, const char *lead, const char *name);

#endif
