/* Conversions between text and scalars, one value at a time; shared by the kernels for strings and
 * those for JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_CONVERT_H
#define HR_EXPR_CONVERT_H
#include "expr/lane.h"

/* Each returns HR_LANE_OK or why not. */
uint8_t hr_convert_int(hr_span text, int64_t *out);      /* "-12" */
uint8_t hr_convert_double(hr_span text, double *out);    /* as JSON writes numbers */
uint8_t hr_convert_bool(hr_span text, uint8_t *out);     /* CEL's words: true TRUE True t 1 ... */
uint8_t hr_convert_truncate(double value, int64_t *out); /* towards zero */

/* Writes the shortest text that reads back the same, at most 31 bytes. Returns its length. */
size_t hr_convert_format_double(double value, char out[32]);

#endif
