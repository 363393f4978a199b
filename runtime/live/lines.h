/* Lines for a terminal: plain text in columns, cut at the window's edge, coloured where asked.
 *
 * Everything that comes from a process goes through hr_lines_text(), which lets no control
 * character pass: a record or a foreign server must not move the cursor or change the window.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_LIVE_LINES_H
#define HR_LIVE_LINES_H
#include "record/buf.h"

typedef enum hr_look { HR_LOOK_PLAIN, HR_LOOK_BOLD, HR_LOOK_DIM, HR_LOOK_BAD, HR_LOOK_NEW } hr_look;

typedef struct hr_lines {
    hr_buf buf;
    size_t width; /* columns; 0: as many as it takes */
    bool colour;
    bool failed; /* out of memory: what was written is not whole */

    size_t column; /* of this line, so far */
    size_t rows;   /* lines that were ended */
} hr_lines;

/* Appends text, at most `most` code points (0: all), with ? for what is not printable. */
void hr_lines_text(hr_lines *lines, hr_look look, const char *text, size_t most);

/* Appends what printf would; for text of our own and numbers. */
void hr_lines_printf(hr_lines *lines, hr_look look, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends text cut or filled with blanks to `columns`; right: the blanks come first. */
void hr_lines_cell(hr_lines *lines, hr_look look, const char *text, size_t columns, bool right);

/* Ends the line, without the blanks at its end. */
void hr_lines_end(hr_lines *lines);

/* Code points of the text as they will be shown. */
size_t hr_lines_columns(const char *text);

#endif
