/* The last dead letters of a run, for a person who looks. No payload.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_LETTER_LOG_H
#define HR_ENGINE_LETTER_LOG_H
#include "hr_operator.h"

#include <pthread.h>

#define HR_LETTERS_SHOWN 32
#define HR_LETTERS_PER_SECOND 100 /* of a thread; a flood of failures costs nothing here */

typedef struct hr_letter_entry {
    int64_t time_ms; /* since the epoch */
    int64_t offset;
    int32_t partition;
    const hr_node *node; /* of the topology, as is the code */
    const char *code;
    char topic[256], reason[160];
} hr_letter_entry;

typedef struct hr_letter_log {
    pthread_mutex_t lock;
    hr_letter_entry ring[HR_LETTERS_SHOWN];
    uint64_t n; /* ever added; the newest is at (n - 1) % HR_LETTERS_SHOWN */
} hr_letter_log;

/* How many of a thread came in this second; starts zeroed. */
typedef struct hr_letter_gate {
    int64_t second;
    unsigned n;
} hr_letter_gate;

void hr_letter_log_init(hr_letter_log *log);
void hr_letter_log_finish(hr_letter_log *log);

/* Adds one, unless the gate's thread has added enough in this second. thread: the gate's */
void hr_letter_log_add(hr_letter_log *log, hr_letter_gate *gate, const char *topic,
                       int32_t partition, int64_t offset, const hr_failure *failure);

/* Copies the newest ones, newest first; how many. thread: any */
size_t hr_letter_log_copy(hr_letter_log *log, hr_letter_entry *out, size_t max);

#endif
