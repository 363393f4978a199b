/* Error objects: formatting only, no allocation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
error_fill(hr_error *err, int code, hr_loc loc, const char *slug, const char *fmt, va_list ap)
{
    if (err == NULL) {
        return;
    }
    err->code = code;
    err->loc = loc;
    err->width = 0;
    err->slug = slug;
    err->hint[0] = '\0';
    vsnprintf(err->msg, sizeof err->msg, fmt, ap);
}

int
hr_fail(hr_error *err, int code, hr_loc loc, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_fill(err, code, loc, NULL, fmt, ap);
    va_end(ap);
    return code;
}

int
hr_fail_as(hr_error *err, hr_loc loc, const char *slug, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_fill(err, HR_ECONFIG, loc, slug, fmt, ap);
    va_end(ap);
    return HR_ECONFIG;
}

int
hr_hint(hr_error *err, const char *fmt, ...)
{
    va_list ap;

    if (err == NULL) {
        return HR_ECONFIG;
    }
    va_start(ap, fmt);
    vsnprintf(err->hint, sizeof err->hint, fmt, ap);
    va_end(ap);
    return err->code;
}
