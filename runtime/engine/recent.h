/* Latencies of the last ten seconds or so, from counts that only grow: the difference to what they
 * were then.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_RECENT_H
#define HR_ENGINE_RECENT_H
#include "engine/metrics.h"

#include <stdbool.h>

#define HR_RECENT_MS 10000
#define HR_RECENT_SLOTS 11

typedef struct hr_recent_slot {
    int64_t at_ms;
    uint64_t sum_us;
    uint64_t counts[HR_HISTOGRAM_BUCKETS];
} hr_recent_slot;

typedef struct hr_recent {
    hr_recent_slot *slots; /* HR_RECENT_SLOTS; a ring */
    size_t n, next;
} hr_recent;

/* HR_OK, HR_ENOMEM. */
int hr_recent_init(hr_recent *recent);
void hr_recent_finish(hr_recent *recent); /* accepts a zeroed one */

/* True when the next counts are due (once a second). */
bool hr_recent_due(const hr_recent *recent, int64_t now_ms);

/* Where to write the counts as they are now. */
hr_recent_slot *hr_recent_add(hr_recent *recent, int64_t now_ms);

/* The counts of at most HR_RECENT_MS and a second ago; NULL: none, everything is recent. */
const hr_recent_slot *hr_recent_from(const hr_recent *recent, int64_t now_ms);

#endif
