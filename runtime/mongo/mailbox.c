/* Letters lie one behind the other in a buffer that is reused, so that a steady load allocates
 * nothing; memory is bounded by bytes, not by letters.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/mailbox.h"
#include "config/error.h"
#include "engine/clock.h"

#include <time.h>

#define ALIGNMENT 8

typedef struct letter_head {
    hr_token token;
    hr_kept *kept;
    uint32_t key_len, filter_len, body_len, unused;
} letter_head;

void
hr_mongo_mailbox_init(hr_mongo_mailbox *mailbox, size_t bytes)
{
    pthread_condattr_t attr;

    memset(mailbox, 0, sizeof *mailbox);
    mailbox->bytes_max = bytes / 2;
    pthread_mutex_init(&mailbox->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&mailbox->changed, &attr);
    pthread_condattr_destroy(&attr);
    atomic_init(&mailbox->open, 0);
}

void
hr_mongo_mailbox_finish(hr_mongo_mailbox *mailbox)
{
    pthread_mutex_destroy(&mailbox->lock);
    pthread_cond_destroy(&mailbox->changed);
    hr_mongo_mailbox_discard(&mailbox->filling, 0);
    hr_buf_finish(&mailbox->filling);
}

bool
hr_mongo_mailbox_room(hr_mongo_mailbox *mailbox)
{
    bool room;

    pthread_mutex_lock(&mailbox->lock);
    room = mailbox->filling.len + mailbox->kept_bytes < mailbox->bytes_max;
    mailbox->refused = !room;
    pthread_mutex_unlock(&mailbox->lock);
    return room;
}

size_t
hr_mongo_mailbox_held(hr_mongo_mailbox *mailbox)
{
    size_t bytes;

    pthread_mutex_lock(&mailbox->lock);
    bytes = mailbox->filling.len + mailbox->kept_bytes + mailbox->taken_bytes;
    pthread_mutex_unlock(&mailbox->lock);
    return bytes;
}

static void
letter_copy(hr_buf *to, hr_span bytes)
{
    if (bytes.len > 0) {
        memcpy(to->data + to->len, bytes.data, bytes.len);
        to->len += bytes.len;
    }
}

static size_t
letter_pad(size_t len)
{
    return (ALIGNMENT - len % ALIGNMENT) % ALIGNMENT;
}

int
hr_mongo_mailbox_put(hr_mongo_mailbox *mailbox, const hr_mongo_letter *letter)
{
    letter_head head = {letter->token,
                        letter->kept,
                        (uint32_t)letter->key.len,
                        (uint32_t)letter->filter.len,
                        (uint32_t)letter->body.len,
                        0};
    size_t len = sizeof head + letter->key.len + letter->filter.len + letter->body.len;
    hr_buf *to = &mailbox->filling;
    int rc;

    pthread_mutex_lock(&mailbox->lock);
    rc = hr_buf_reserve(to, len + ALIGNMENT);
    if (rc == HR_OK) {
        letter_copy(to, (hr_span){(const uint8_t *)&head, sizeof head});
        letter_copy(to, letter->key);
        letter_copy(to, letter->filter);
        letter_copy(to, letter->body);
        to->len += letter_pad(to->len);
        mailbox->kept_bytes += letter->kept != NULL ? letter->kept->size : 0;
        atomic_fetch_add(&mailbox->open, 1);
        if (mailbox->waiting) {
            pthread_cond_signal(&mailbox->changed);
        }
    }
    pthread_mutex_unlock(&mailbox->lock);
    return rc;
}

/* A buffer that one large letter made much larger than it should be is given back. */
static void
mailbox_trim(const hr_mongo_mailbox *mailbox, hr_buf *buf)
{
    buf->len = 0;
    if (buf->cap > 4 * mailbox->bytes_max) {
        hr_buf_finish(buf);
    }
}

bool
hr_mongo_mailbox_take(hr_mongo_mailbox *mailbox, hr_buf *letters, bool *refused)
{
    hr_buf full;
    bool open;

    mailbox_trim(mailbox, letters);
    pthread_mutex_lock(&mailbox->lock);
    mailbox->taken_bytes = 0;
    while (mailbox->filling.len == 0 && !mailbox->closed) {
        mailbox->waiting = true;
        pthread_cond_wait(&mailbox->changed, &mailbox->lock);
    }
    mailbox->waiting = false;
    open = !mailbox->closed;
    *refused = mailbox->refused;
    mailbox->refused = false;
    full = mailbox->filling;
    mailbox->filling = *letters;
    mailbox->taken_bytes = full.len + mailbox->kept_bytes;
    mailbox->kept_bytes = 0;
    *letters = full;
    pthread_mutex_unlock(&mailbox->lock);
    return open;
}

bool
hr_mongo_mailbox_pause(hr_mongo_mailbox *mailbox, int64_t timeout_ms)
{
    struct timespec until = hr_clock_deadline(timeout_ms);
    bool open;
    int rc = 0;

    pthread_mutex_lock(&mailbox->lock);
    while (!mailbox->closed && rc == 0) {
        rc = pthread_cond_timedwait(&mailbox->changed, &mailbox->lock, &until);
    }
    open = !mailbox->closed;
    pthread_mutex_unlock(&mailbox->lock);
    return open;
}

void
hr_mongo_mailbox_close(hr_mongo_mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    mailbox->closed = true;
    pthread_cond_broadcast(&mailbox->changed);
    pthread_mutex_unlock(&mailbox->lock);
}

static hr_span
letter_part(const hr_buf *letters, size_t *at, size_t len)
{
    hr_span part = {letters->data + *at, len};

    *at += len;
    return part;
}

bool
hr_mongo_mailbox_next(const hr_buf *letters, size_t *at, hr_mongo_letter *letter)
{
    letter_head head;

    if (*at >= letters->len) {
        return false;
    }
    memcpy(&head, letters->data + *at, sizeof head);
    *at += sizeof head;
    letter->token = head.token;
    letter->kept = head.kept;
    letter->key = letter_part(letters, at, head.key_len);
    letter->filter = letter_part(letters, at, head.filter_len);
    letter->body = letter_part(letters, at, head.body_len);
    *at += letter_pad(*at);
    return true;
}

void
hr_mongo_mailbox_discard(const hr_buf *letters, size_t at)
{
    hr_mongo_letter letter;

    while (hr_mongo_mailbox_next(letters, &at, &letter)) {
        hr_kept_free(letter.kept);
    }
}
