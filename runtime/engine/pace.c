/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pace.h"
#include "engine/clock.h"

void
hr_pace_init(hr_pace *pace, double rate)
{
    *pace = (hr_pace){.rate = rate, .since_us = hr_clock_us()};
}

size_t
hr_pace_allowed(const hr_pace *pace, hr_source *source, size_t max)
{
    double due;

    if (pace->rate <= 0) {
        return max;
    }
    due = (double)(hr_clock_us() - pace->since_us) * pace->rate / 1e6 - pace->given;
    if (due < 1) {
        hr_source_wake_at(source, hr_clock_ms() + (int64_t)((1 - due) * 1000 / pace->rate) + 1);
        return 0;
    }
    return due < (double)max ? (size_t)due : max;
}

void
hr_pace_take(hr_pace *pace, size_t n)
{
    pace->given += (double)n;
}
