/* Numbers as a person reads them, on a terminal; the live page writes them alike (format.mjs).
 * What is not known is a dash, never a zero.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_LIVE_FIGURES_H
#define HR_LIVE_FIGURES_H
#include <stdint.h>

#define HR_FIGURE_MAX 32
#define HR_FIGURE_UNKNOWN (-1.0)

/* Each writes into `out` and returns it; a negative value is not known. thread: any */
const char *hr_figure_count(double value, char out[HR_FIGURE_MAX]);       /* 42,150 */
const char *hr_figure_rate(double per_second, char out[HR_FIGURE_MAX]);   /* 1.3k/s */
const char *hr_figure_nanoseconds(double value, char out[HR_FIGURE_MAX]); /* 540 ns */
const char *hr_figure_bytes(double value, char out[HR_FIGURE_MAX]);       /* 116 KiB */
const char *hr_figure_age(int64_t ms, char out[HR_FIGURE_MAX]);           /* 3 h 12 min */

#endif
