/* The stream threads' side of taps.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TAP_POINT_H
#define HR_ENGINE_TAP_POINT_H
#include "engine/tap.h"
#include "engine/tap_fields.h"
#include "hr_operator.h"

#include <pthread.h>
#include <stdatomic.h>

/* Guarded by its lock, but for `node`, which stream threads read first without it. */
struct hr_tap {
    struct hr_taps *taps;
    pthread_mutex_t lock;
    pthread_cond_t more;
    const hr_node *_Atomic node; /* NULL: closed */
    unsigned rate;
    double tokens; /* samples that may be taken now */
    int64_t filled_us;
    hr_buf queue; /* samples, each behind its length */
    size_t read, n_queued;
    uint64_t missed;
    hr_tap_writer writer;
};

/* Of a run. */
typedef struct hr_taps {
    atomic_uint n_open;
    pthread_mutex_t lock; /* of opening and closing */
    hr_tap slots[HR_TAPS_MAX];
} hr_taps;

void hr_taps_init(hr_taps *taps);
void hr_taps_finish(hr_taps *taps);

/* A node and what it did with some rows of a batch. */
typedef struct hr_tap_point {
    const hr_node *node;
    const hr_batch *batch;
    hr_rows rows;          /* that reached it; of a source: all records */
    const hr_row *emitted; /* ascending; NULL: all that did not fail */
    size_t n_emitted;
    const hr_failure *failures; /* may be of other rows too */
    size_t n_failures;
} hr_tap_point;

/* Takes samples where somebody looks at the node. thread: any */
void hr_taps_look(hr_taps *taps, const hr_tap_point *point);

/* Whether somebody looks at anything: all that a batch pays for. thread: any */
static inline bool
hr_taps_open(const hr_taps *taps)
{
    return atomic_load_explicit(&taps->n_open, memory_order_relaxed) != 0;
}

/* tap_sample.c: appends a sample of a row of the point. false: out of memory; nothing was appended.
 */
bool hr_tap_sample(hr_tap_writer *writer, const hr_tap_point *point, hr_row row);

#endif
