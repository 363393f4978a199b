/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tracker.h"

#include <stdlib.h>

#define CAPACITY_FIRST 2048u

int
hr_tracker_init(hr_tracker *tracker, uint32_t capacity_max)
{
    uint32_t first = capacity_max < CAPACITY_FIRST ? capacity_max : CAPACITY_FIRST;

    *tracker = (hr_tracker){.capacity = first, .capacity_max = capacity_max};
    tracker->ring = calloc(first, sizeof *tracker->ring);
    return tracker->ring != NULL ? HR_OK : HR_ENOMEM;
}

/* Sequences stay, places change. */
static bool
tracker_grow(hr_tracker *tracker)
{
    uint32_t capacity = 2 * tracker->capacity;
    hr_tracker_entry *ring = calloc(capacity, sizeof *ring);

    if (ring == NULL) {
        return false;
    }
    for (uint32_t s = tracker->head; s != tracker->tail; s++) {
        ring[s & (capacity - 1)] = *hr_tracker_at(tracker, s);
    }
    free(tracker->ring);
    tracker->ring = ring;
    tracker->capacity = capacity;
    return true;
}

uint32_t
hr_tracker_reserve(hr_tracker *tracker, uint32_t n)
{
    uint32_t room;

    while ((room = tracker->capacity - hr_tracker_count(tracker)) < n &&
           tracker->capacity < tracker->capacity_max && tracker_grow(tracker)) {
        continue;
    }
    return room < n ? room : n;
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
hr_tracker_add(hr_tracker *tracker, int64_t offset, int64_t taken_us, int32_t age_ms)
{
    uint32_t sequence = tracker->tail++;

    *hr_tracker_at(tracker, sequence) = (hr_tracker_entry){offset, taken_us, 1, age_ms};
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
