/* Writing JSON values: shortest doubles, two-digit integers, escaped strings.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CODEC_JSON_WRITE_H
#define HR_CODEC_JSON_WRITE_H
#include "record/batch.h"
#include "record/buf.h"

/* Each appends and returns HR_OK or HR_ENOMEM. A double is written so that it reads back the same
 * (shortest form, always with '.' or exponent); it must be finite. */
int hr_json_write_int(hr_buf *out, int64_t value);
int hr_json_write_double(hr_buf *out, double value);
/* As a double, but short of the digits that a float does not have: 0.1, not 0.10000000149011612. */
int hr_json_write_float(hr_buf *out, float value);
int hr_json_write_string(hr_buf *out, hr_span text);

/* The value of a row of a column, null where its lane is not HR_LANE_OK. LIST, MAP, RECORD and ANY
 * are raw JSON already; BYTES become base64; TIMESTAMP by the schema's logical type, else ms. */
int hr_json_write_column(hr_buf *out, const hr_column *column, hr_type type, hr_row row);

#endif
