/* The one live line of `headrace run` on a terminal: records in and out per second, lag, p99,
 * errors; before them, in a run that ends by itself, how much is done and how long the rest takes.
 * Log lines push it down.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CLI_LIVE_LINE_H
#define HR_CLI_LIVE_LINE_H
#include "engine/app.h"

/* Draws on stderr each second from now on. Main thread. */
void hr_live_line_start(hr_app *app);

/* Clears the line; nothing happens where none was started. */
void hr_live_line_stop(void);

#endif
