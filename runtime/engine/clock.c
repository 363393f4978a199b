/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"

#include <stdatomic.h>
#include <time.h>

static atomic_int_fast64_t test_us = -1;

static int64_t
clock_read_us(clockid_t id)
{
    int64_t set = atomic_load_explicit(&test_us, memory_order_relaxed);
    struct timespec ts;

    if (set >= 0) {
        return set;
    }
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
hr_clock_ns(void)
{
    int64_t set = atomic_load_explicit(&test_us, memory_order_relaxed);
    struct timespec ts;

    if (set >= 0) {
        return set * 1000;
    }
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t
hr_clock_us(void)
{
    return clock_read_us(CLOCK_MONOTONIC);
}

int64_t
hr_clock_ms(void)
{
    return hr_clock_us() / 1000;
}

int64_t
hr_clock_wall_us(void)
{
    return clock_read_us(CLOCK_REALTIME);
}

int64_t
hr_clock_wall_ms(void)
{
    return hr_clock_wall_us() / 1000;
}

struct timespec
hr_clock_deadline(int64_t timeout_ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += timeout_ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

void
hr_clock_set_us(int64_t us)
{
    atomic_store(&test_us, us);
}
