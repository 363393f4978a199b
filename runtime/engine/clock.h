/* Time, real or a test's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_CLOCK_H
#define HR_ENGINE_CLOCK_H
#include <stdint.h>
#include <time.h>

/* Monotonic. thread: any */
int64_t hr_clock_ms(void);
int64_t hr_clock_us(void);
int64_t hr_clock_ns(void);

/* Milliseconds since the epoch, UTC. thread: any */
int64_t hr_clock_wall_ms(void);
int64_t hr_clock_wall_us(void);

/* The time timeout_ms from now on CLOCK_MONOTONIC, whatever a test set: threads that wait for it
 * (pthread_cond_timedwait) really wait. thread: any */
struct timespec hr_clock_deadline(int64_t timeout_ms);

/* From now on both clocks stand still at this time (microseconds); -1: real time again. For tests,
 * before threads start or from the only one. */
void hr_clock_set_us(int64_t us);

#endif
