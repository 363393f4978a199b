/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/source.h"

#include <stdarg.h>
#include <stdio.h>

#include "expr/utf8.h"

int
hr_expr_fail(const hr_expr_source *source, hr_range range, const char *slug, const char *fmt, ...)
{
    const hr_text *text = source->text;
    hr_span token = {(const uint8_t *)text->s + range.at, range.len};
    char msg[sizeof source->err->msg];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    hr_fail_as(source->err, hr_text_loc(text, range.at), slug, "%s", msg);
    source->err->width = (int)hr_utf8_count(token);
    return HR_ECONFIG;
}

int
hr_expr_no_memory(const hr_expr_source *source)
{
    return hr_fail(source->err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}
