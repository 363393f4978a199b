/* The frames of a node's expressions: one per task and expression.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_FRAMES_H
#define HR_EXPR_FRAMES_H
#include "expr/expr.h"

/* Zeroed to start with. */
typedef struct hr_frames {
    hr_expr_frame **v;
    size_t n;
} hr_frames;

/* A frame for each of n expressions. HR_OK or HR_ENOMEM (finish() all the same). */
int hr_frames_init(hr_frames *frames, hr_expr *const *exprs, size_t n, hr_error *err);
void hr_frames_finish(hr_frames *frames); /* accepts a zeroed one */

#endif
