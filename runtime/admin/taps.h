/* Taps that are asked for over HTTP. A tap waits for records, and handlers must not: each has a
 * thread for as long as it is held open.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ADMIN_TAPS_H
#define HR_ADMIN_TAPS_H
#include "engine/tap.h"
#include "http/http.h"

#include <pthread.h>
#include <stdatomic.h>

#define HR_TAPS_OPEN_MAX 8
#define HR_TAPS_LIMIT_MAX 1000
#define HR_TAPS_WAIT_MS_MAX 60000

typedef struct hr_tap_asked {
    struct hr_taps *taps;
    bool used, ended; /* guarded by the lock */
    pthread_t thread;
    hr_tap *tap;
    hr_http_request *request;
    size_t limit;
    int64_t until_ms; /* by hr_clock_ms() */
} hr_tap_asked;

typedef struct hr_taps {
    pthread_mutex_t lock;
    hr_tap_asked asked[HR_TAPS_OPEN_MAX];
    atomic_bool stopping;
} hr_taps;

void hr_taps_init(hr_taps *taps);

/* Answers what is held, and waits for the threads. */
void hr_taps_finish(hr_taps *taps);

#endif
