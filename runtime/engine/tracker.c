/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tracker.h"

#include <stdlib.h>

int
hr_tracker_init(hr_tracker *tracker, uint32_t capacity)
{
    *tracker = (hr_tracker){.capacity = capacity};
    tracker->ring = calloc(capacity, sizeof *tracker->ring);
    return tracker->ring != NULL ? HR_OK : HR_ENOMEM;
}

void
hr_tracker_finish(hr_tracker *tracker)
{
    free(tracker->ring);
    *tracker = (hr_tracker){0};
}

void
hr_tracker_reset(hr_tracker *tracker, int64_t offset)
{
    tracker->head = tracker->tail;
    tracker->next_offset = offset;
}

uint32_t
hr_tracker_add(hr_tracker *tracker, int64_t offset, int64_t taken_us)
{
    uint32_t sequence = tracker->tail++;

    *hr_tracker_at(tracker, sequence) = (hr_tracker_entry){offset, taken_us, 1};
    tracker->next_offset = offset + 1;
    return sequence;
}

bool
hr_tracker_done(hr_tracker *tracker, uint32_t sequence)
{
    hr_tracker_entry *entry = hr_tracker_at(tracker, sequence);

    if (--entry->open > 0) {
        return false;
    }
    while (tracker->head != tracker->tail && hr_tracker_at(tracker, tracker->head)->open == 0) {
        tracker->head++;
    }
    return true;
}

int64_t
hr_tracker_watermark(const hr_tracker *tracker)
{
    return tracker->head != tracker->tail
               ? tracker->ring[tracker->head & (tracker->capacity - 1)].offset
               : tracker->next_offset;
}
