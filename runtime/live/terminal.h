/* A terminal that a command has to itself: alternate screen, single keys, window size, signals.
 * One per process; all of it on the main thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_LIVE_TERMINAL_H
#define HR_LIVE_TERMINAL_H
#include "live/lines.h"

typedef enum hr_key { HR_KEY_NONE, HR_KEY_QUIT, HR_KEY_UP, HR_KEY_DOWN, HR_KEY_RESIZED } hr_key;

/* Takes the terminal of stdin and stdout. Give it back with hr_terminal_close(). */
void hr_terminal_open(void);
void hr_terminal_close(void);

/* True once SIGINT, SIGTERM or SIGHUP has come. */
bool hr_terminal_stopped(void);

void hr_terminal_size(size_t *columns, size_t *rows);

/* Waits at most wait_ms for a key, a signal, or a new size of the window. Ctrl-Z suspends from in
 * here, and HR_KEY_RESIZED follows when it goes on. */
hr_key hr_terminal_wait(int wait_ms);

/* Shows the lines from number `first` on, as many as there is room for; the last row tells how many
 * do not fit. False: the terminal is gone. */
bool hr_terminal_draw(const hr_lines *lines, size_t first);

#endif
