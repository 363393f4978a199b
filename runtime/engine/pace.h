/* The pace of sources that make or read records at a rate: how many are due now. What could not be
 * taken in time is caught up with, so that the mean is kept.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_PACE_H
#define HR_ENGINE_PACE_H
#include "hr_source.h"

typedef struct hr_pace {
    double rate; /* records per second; 0: no limit */
    int64_t since_us;
    double given;
} hr_pace;

void hr_pace_init(hr_pace *pace, double rate);

/* How many records, up to `max`, may leave now; none: the source is woken when the next is due. */
size_t hr_pace_allowed(const hr_pace *pace, hr_source *source, size_t max);

/* `n` records left. */
void hr_pace_take(hr_pace *pace, size_t n);

#endif
