/* The unfinished records of one source partition, in order, and what may be committed.
 *
 * At-least-once (RELIABILITY section 1): a record is done when every output of it is; the watermark
 * is the offset of the first record that is not done, or the next expected offset when none is
 * open. Contiguity is over delivered records: offsets have holes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TRACKER_H
#define HR_ENGINE_TRACKER_H
#include "config/error.h"

typedef struct hr_tracker_entry {
    int64_t offset;
    int64_t taken_us; /* when it was taken in, for latency */
    uint32_t open;    /* outputs under way, plus one while it is being processed */
    int32_t age_ms;   /* how old its timestamp was then; -1: it has none */
} hr_tracker_entry;

typedef struct hr_tracker {
    hr_tracker_entry *ring; /* capacity is a power of two; grows up to capacity_max */
    uint32_t capacity, capacity_max;
    uint32_t head, tail; /* head..tail-1 are open or behind an open one; they wrap */
    int64_t next_offset; /* of the next record that is expected */
} hr_tracker;

/* Room for up to capacity_max records (a power of two); little is taken at first. HR_OK or
 * HR_ENOMEM. */
int hr_tracker_init(hr_tracker *tracker, uint32_t capacity_max);
void hr_tracker_finish(hr_tracker *tracker); /* accepts a zeroed one */

/* Forgets all records; the next one is expected at `offset`. */
void hr_tracker_reset(hr_tracker *tracker, int64_t offset);

static inline uint32_t
hr_tracker_count(const hr_tracker *tracker)
{
    return tracker->tail - tracker->head;
}

/* Makes room for up to n more records; how many of them there is room for. */
uint32_t hr_tracker_reserve(hr_tracker *tracker, uint32_t n);

/* Adds a record with one output open (its processing) and returns its sequence. Room for it must
 * have been reserved. */
uint32_t hr_tracker_add(hr_tracker *tracker, int64_t offset, int64_t taken_us, int32_t age_ms);

static inline hr_tracker_entry *
hr_tracker_at(hr_tracker *tracker, uint32_t sequence)
{
    return &tracker->ring[sequence & (tracker->capacity - 1)];
}

/* True if the sequence is still held. */
static inline bool
hr_tracker_holds(const hr_tracker *tracker, uint32_t sequence)
{
    return sequence - tracker->head < hr_tracker_count(tracker);
}

/* One output of the record ended well. True when it was the last one. Finished records at the head
 * are let go. */
bool hr_tracker_done(hr_tracker *tracker, uint32_t sequence);

/* The offset up to which everything is done: what may be committed. */
int64_t hr_tracker_watermark(const hr_tracker *tracker);

#endif
