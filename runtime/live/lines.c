/* SPDX-License-Identifier: Apache-2.0 */
#include "live/lines.h"
#include "expr/utf8.h"

#include <stdarg.h>
#include <stdio.h>

static void
lines_put(hr_lines *lines, const void *bytes, size_t n)
{
    if (hr_buf_append(&lines->buf, bytes, n) != HR_OK) {
        lines->failed = true;
    }
}

/* Controls of both kinds, and what turns the direction of text around. */
static bool
lines_printable(uint32_t code)
{
    return code >= 0x20 && !(code >= 0x7F && code < 0xA0) && code != 0x061C &&
           !(code >= 0x200B && code <= 0x200F) && !(code >= 0x2028 && code <= 0x202E) &&
           !(code >= 0x2066 && code <= 0x2069) && code != 0xFEFF;
}

/* One character as it is shown; returns how many bytes of the text it took. */
static size_t
lines_next(hr_span text, hr_span *shown)
{
    uint32_t code = 0;
    size_t n = hr_utf8_decode(text, &code);

    if (n == 0 || !lines_printable(code)) {
        *shown = HR_SPAN_LIT("?");
        return n == 0 ? 1 : n;
    }
    *shown = (hr_span){text.data, n};
    return n;
}

static void
lines_look(hr_lines *lines, hr_look look)
{
    static const char *const codes[] = {"", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[36m"};

    if (lines->colour && look != HR_LOOK_PLAIN) {
        lines_put(lines, codes[look], strlen(codes[look]));
    }
}

static void
lines_unlook(hr_lines *lines, hr_look look)
{
    if (lines->colour && look != HR_LOOK_PLAIN) {
        lines_put(lines, "\x1b[0m", 4);
    }
}

void
hr_lines_text(hr_lines *lines, hr_look look, const char *text, size_t most)
{
    hr_span rest = hr_span_str(text);

    if (rest.len == 0 || (lines->width != 0 && lines->column >= lines->width)) {
        return;
    }
    lines_look(lines, look);
    for (size_t i = 0; rest.len > 0 && (most == 0 || i < most); i++) {
        hr_span shown;
        size_t n = lines_next(rest, &shown);

        if (lines->width != 0 && lines->column >= lines->width) {
            break;
        }
        lines_put(lines, shown.data, shown.len);
        lines->column++;
        rest.data += n;
        rest.len -= n;
    }
    lines_unlook(lines, look);
}

void
hr_lines_printf(hr_lines *lines, hr_look look, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    hr_lines_text(lines, look, text, 0);
}

size_t
hr_lines_columns(const char *text)
{
    hr_span rest = hr_span_str(text);
    size_t columns = 0;

    while (rest.len > 0) {
        hr_span shown;
        size_t n = lines_next(rest, &shown);

        rest.data += n;
        rest.len -= n;
        columns++;
    }
    return columns;
}

static void
lines_blanks(hr_lines *lines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hr_lines_text(lines, HR_LOOK_PLAIN, " ", 1);
    }
}

void
hr_lines_cell(hr_lines *lines, hr_look look, const char *text, size_t columns, bool right)
{
    size_t used = hr_lines_columns(text);
    size_t fill = used < columns ? columns - used : 0;

    lines_blanks(lines, right ? fill : 0);
    if (used <= columns) {
        hr_lines_text(lines, look, text, 0);
    } else if (columns > 1) {
        hr_lines_text(lines, look, text, columns - 1);
        hr_lines_text(lines, look, "\u2026", 1);
    }
    lines_blanks(lines, right ? 0 : fill);
}

void
hr_lines_end(hr_lines *lines)
{
    hr_buf *buf = &lines->buf;

    while (lines->column > 0 && buf->len > 0 && buf->data[buf->len - 1] == ' ') {
        buf->len--;
        lines->column--;
    }
    lines_put(lines, "\n", 1);
    lines->column = 0;
    lines->rows++;
}
