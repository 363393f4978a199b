/* One frame of `headrace top`: what /topology answered, as lines.
 *
 * Rates come from two answers and the process's own clock, as on the live page: a late answer makes
 * no wrong rate, and a process that started again has none until its second answer.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_LIVE_TOP_FRAME_H
#define HR_LIVE_TOP_FRAME_H
#include "live/answer.h"
#include "live/lines.h"

/* Appends the frame. before: the answer before, NULL: none. url: what is asked. thread: any */
void hr_top_frame(hr_lines *lines, const char *url, const json_t *now, const json_t *before);

#endif
