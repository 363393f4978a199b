/* A sampled record before and after a step: two lines whose fields stand below each other, or one
 * line of JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_LIVE_SAMPLE_LINES_H
#define HR_LIVE_SAMPLE_LINES_H
#include "live/answer.h"
#include "live/lines.h"

/* Appends where the record is from and what became of it, then a line before and a line after the
 * step, or several such pairs where the window is narrow. Fields that the step made or changed look
 * new, those that it removed look bad. thread: any
 */
void hr_sample_lines(hr_lines *lines, const json_t *sample);

/* Appends the sample as one line of JSON. thread: any */
void hr_sample_json(hr_lines *lines, const json_t *sample);

#endif
