/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/frames.h"

#include <stdlib.h>

int
hr_frames_init(hr_frames *frames, hr_expr *const *exprs, size_t n, hr_error *err)
{
    frames->v = calloc(n + 1, sizeof *frames->v);
    if (frames->v == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    frames->n = n;
    for (size_t i = 0; i < n; i++) {
        frames->v[i] = hr_expr_frame_create(exprs[i]);
        if (frames->v[i] == NULL) {
            return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        }
    }
    return HR_OK;
}

void
hr_frames_finish(hr_frames *frames)
{
    for (size_t i = 0; i < frames->n; i++) {
        hr_expr_frame_destroy(frames->v[i]);
    }
    free(frames->v);
    *frames = (hr_frames){0};
}
