/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/letter_log.h"
#include "engine/clock.h"

#include <stdio.h>
#include <string.h>

void
hr_letter_log_init(hr_letter_log *log)
{
    memset(log, 0, sizeof *log);
    pthread_mutex_init(&log->lock, NULL);
}

void
hr_letter_log_finish(hr_letter_log *log)
{
    pthread_mutex_destroy(&log->lock);
}

static bool
letter_gate_open(hr_letter_gate *gate, int64_t now_ms)
{
    if (gate->second != now_ms / 1000) {
        gate->second = now_ms / 1000;
        gate->n = 0;
    }
    return gate->n++ < HR_LETTERS_PER_SECOND;
}

void
hr_letter_log_add(hr_letter_log *log, hr_letter_gate *gate, const char *topic, int32_t partition,
                  int64_t offset, const hr_failure *failure)
{
    int64_t now_ms = hr_clock_wall_ms();
    hr_letter_entry *entry;

    if (!letter_gate_open(gate, now_ms)) {
        return;
    }
    pthread_mutex_lock(&log->lock);
    entry = &log->ring[log->n++ % HR_LETTERS_SHOWN];
    entry->time_ms = now_ms;
    entry->offset = offset;
    entry->partition = partition;
    entry->node = failure->node;
    entry->code = failure->code;
    snprintf(entry->topic, sizeof entry->topic, "%s", topic);
    snprintf(entry->reason, sizeof entry->reason, "%s",
             failure->reason != NULL ? failure->reason : "");
    pthread_mutex_unlock(&log->lock);
}

size_t
hr_letter_log_copy(hr_letter_log *log, hr_letter_entry *out, size_t max)
{
    size_t n;

    pthread_mutex_lock(&log->lock);
    n = log->n < HR_LETTERS_SHOWN ? (size_t)log->n : HR_LETTERS_SHOWN;
    n = n < max ? n : max;
    for (size_t i = 0; i < n; i++) {
        out[i] = log->ring[(log->n - 1 - i) % HR_LETTERS_SHOWN];
    }
    pthread_mutex_unlock(&log->lock);
    return n;
}
