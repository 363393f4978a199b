/* Taps that are asked for over HTTP. A tap waits for records, and handlers must not: each has a
 * thread for as long as it is held open.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ADMIN_HELD_TAPS_H
#define HR_ADMIN_HELD_TAPS_H
#include "engine/tap.h"
#include "http/http.h"

#include <pthread.h>
#include <stdatomic.h>

#define HR_HELD_TAPS_MAX 8
#define HR_HELD_TAP_SAMPLES_MAX 1000
#define HR_HELD_TAP_WAIT_MS_MAX 60000

typedef struct hr_held_tap {
    struct hr_held_taps *taps;
    bool used, ended; /* guarded by the lock */
    pthread_t thread;
    hr_tap *tap;
    hr_http_request *request;
    size_t limit;
    int64_t until_ms; /* by hr_clock_ms() */
} hr_held_tap;

typedef struct hr_held_taps {
    pthread_mutex_t lock;
    hr_held_tap held[HR_HELD_TAPS_MAX];
    atomic_bool stopping;
} hr_held_taps;

void hr_held_taps_init(hr_held_taps *taps);

/* Answers what is held, and waits for the threads. */
void hr_held_taps_finish(hr_held_taps *taps);

#endif
