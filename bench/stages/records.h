/* The recorded requests of the flight topology, as lines in memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_RECORDS_H
#define BENCH_RECORDS_H
#include "record/span.h"

#define RECORDS 5120 /* five whole batches */

typedef struct records {
    char *text;
    hr_span line[RECORDS];
} records;

/* The file as it is (231 bytes a record on average). */
records *records_open(void);

/* The same flights as the page of the reference sends them: blanks behind ':' and ',', a field
 * Route, microseconds. 12 fields, 279 bytes on average. */
records *records_open_wide(void);
void records_close(records *r);

#endif
