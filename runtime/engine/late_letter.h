/* Dead letters of records whose batch is gone: a sink refused an output later and gave back the
 * record that it had kept. They wait here until the dead letters' sink has room.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_LATE_LETTER_H
#define HR_ENGINE_LATE_LETTER_H
#include "hr_sink.h"

typedef struct hr_task hr_task;

typedef struct hr_late_letter {
    struct hr_late_letter *next;
    hr_token token; /* of the refused output; it stays open as the letter's */
    hr_kept *kept;
    const hr_node *node; /* the sink that refused it */
    char reason[120];
} hr_late_letter;

/* Those of a task, in the order of their refusals. */
typedef struct hr_late_letters {
    hr_late_letter *first, *last;
} hr_late_letters;

/* Adds a refusal that was acknowledged and takes ack->kept. false: nothing was kept, or there is no
 * room for it. */
bool hr_late_letter_add(hr_task *task, const hr_ack *ack);

/* Hands on those that there is room for. HR_OK: all; HR_EAGAIN and others: again later; HR_ENOMEM:
 * the first one cannot be made. *written says how many. */
int hr_late_letter_write(hr_task *task, size_t *written, hr_error *err);

/* Forgets all: their records are replayed. */
void hr_late_letter_drop(hr_task *task);

#endif
