/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/mailbox.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
hr_mailbox_init(hr_mailbox *mailbox, int wake_fd)
{
    *mailbox = (hr_mailbox){.wake_fd = wake_fd};
    pthread_mutex_init(&mailbox->lock, NULL);
}

void
hr_mailbox_finish(hr_mailbox *mailbox)
{
    pthread_mutex_destroy(&mailbox->lock);
    for (size_t i = 0; i < mailbox->n; i++) {
        hr_kept_free(mailbox->acks[i].kept);
    }
    free(mailbox->acks);
    free(mailbox->drained);
    mailbox->acks = mailbox->drained = NULL;
    mailbox->n = 0;
}

static int
mailbox_reserve(hr_mailbox *mailbox, size_t more)
{
    size_t cap = mailbox->cap != 0 ? mailbox->cap : 64;
    hr_ack *acks;

    if (mailbox->n + more <= mailbox->cap) {
        return HR_OK;
    }
    while (cap < mailbox->n + more) {
        cap *= 2;
    }
    acks = realloc(mailbox->acks, cap * sizeof *acks);
    if (acks == NULL) {
        return HR_ENOMEM;
    }
    mailbox->acks = acks;
    mailbox->cap = cap;
    return HR_OK;
}

int
hr_mailbox_post(hr_mailbox *mailbox, const hr_ack *acks, size_t n)
{
    int rc;

    pthread_mutex_lock(&mailbox->lock);
    rc = mailbox_reserve(mailbox, n);
    if (rc == HR_OK) {
        memcpy(mailbox->acks + mailbox->n, acks, n * sizeof *acks);
        mailbox->n += n;
    }
    pthread_mutex_unlock(&mailbox->lock);
    hr_mailbox_wake(mailbox);
    return rc;
}

void
hr_mailbox_wake(hr_mailbox *mailbox)
{
    uint64_t one = 1;

    /* A full counter means that the owner will wake anyway. */
    if (write(mailbox->wake_fd, &one, sizeof one) < 0) {
        return;
    }
}

const hr_ack *
hr_mailbox_drain(hr_mailbox *mailbox, size_t *n)
{
    hr_ack *acks;
    size_t cap;

    pthread_mutex_lock(&mailbox->lock);
    acks = mailbox->acks;
    cap = mailbox->cap;
    *n = mailbox->n;
    mailbox->acks = mailbox->drained;
    mailbox->cap = mailbox->drained_cap;
    mailbox->n = 0;
    mailbox->drained = acks;
    mailbox->drained_cap = cap;
    pthread_mutex_unlock(&mailbox->lock);
    return acks;
}
