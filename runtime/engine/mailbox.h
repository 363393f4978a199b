/* The only way between threads: acknowledgements from writer threads to a stream thread, and
 * requests to wake up. Bounded by what is under way: an output is posted once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_MAILBOX_H
#define HR_ENGINE_MAILBOX_H
#include "hr_sink.h"

#include <pthread.h>

typedef struct hr_mailbox {
    pthread_mutex_t lock;
    hr_ack *acks;
    size_t n, cap;
    hr_ack *drained; /* the array that the owner reads while the other one fills */
    size_t drained_cap;
    int wake_fd; /* non-blocking eventfd; not owned */
} hr_mailbox;

void hr_mailbox_init(hr_mailbox *mailbox, int wake_fd);
void hr_mailbox_finish(hr_mailbox *mailbox); /* frees what acks that nobody drained kept */

/* Copies n acks in and wakes the owner. HR_OK or HR_ENOMEM (then what they kept stays the
 * caller's). thread: any */
int hr_mailbox_post(hr_mailbox *mailbox, const hr_ack *acks, size_t n);

/* Wakes the owner's loop. thread: any */
void hr_mailbox_wake(hr_mailbox *mailbox);

/* All acks posted so far; the array is good until the next call. thread: the owner's */
const hr_ack *hr_mailbox_drain(hr_mailbox *mailbox, size_t *n);

#endif
