/* How far a run that ends by itself has come: for the line on the terminal.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_PROGRESS_H
#define HR_ENGINE_PROGRESS_H
#include <stdbool.h>
#include <stdint.h>

typedef struct hr_app hr_app;

typedef struct hr_progress {
    double done;           /* share of the records that were there at the start, 0 to 1 */
    uint64_t records_left; /* of all topologies together */
    bool estimated;        /* records_left is: a source counts in bytes */
} hr_progress;

/* False where it is not known: a source without an end, or nothing done so far. Main thread. */
bool hr_app_progress(hr_app *app, hr_progress *out);

#endif
