/* CEL's durations: text such as "1h30m", "-1.5s", "250ms"; held in milliseconds. They exist inside
 * expressions only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_DURATION_H
#define HR_EXPR_DURATION_H
#include "record/span.h"

/* 315,576,000,000 s: the range of protobuf's durations. */
#define HR_DURATION_MAX_MS INT64_C(315576000000000)

typedef enum hr_duration_result {
    HR_DURATION_OK,
    HR_DURATION_BROKEN,
    HR_DURATION_RANGE
} hr_duration_result;

/* Units h, m, s, ms, us, ns; what is less than a millisecond in sum is cut off. */
hr_duration_result hr_duration_parse(hr_span text, int64_t *ms);

/* "5400s", "-1.5s". Returns the length (at most 24). */
size_t hr_duration_format(int64_t ms, char out[32]);

#endif
