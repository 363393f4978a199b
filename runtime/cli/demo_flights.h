/* The flights of the demo by UUID: what was asked, and what really happened.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CLI_DEMO_FLIGHTS_H
#define HR_CLI_DEMO_FLIGHTS_H
#include "config/error.h"
#include "record/span.h"

typedef struct hr_flight {
    char uuid[40], date[12], number[12], origin[4], dest[4];
    double dep_delay;
    int64_t actual; /* class of the arrival delay; -1: not known */
} hr_flight;

typedef struct hr_flights hr_flights;

/* Reads both files (JSON lines). NULL with *err, which names file and line. */
hr_flights *hr_flights_load(const char *requests_path, const char *outcomes_path, hr_error *err);
void hr_flights_destroy(hr_flights *flights); /* accepts NULL */

/* The flight with that UUID, or NULL. */
const hr_flight *hr_flights_find(const hr_flights *flights, hr_span uuid);

#endif
