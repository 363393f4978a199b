/* Documents on their way from a stream thread to a writer thread: one puts, one takes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_MAILBOX_H
#define HR_MONGO_MAILBOX_H
#include "hr_sink.h"
#include "record/buf.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct hr_mongo_letter {
    hr_token token;
    hr_span key, filter, body; /* BSON; key or filter may be empty */
    hr_kept *kept;             /* the source record, for a refusal; NULL: none */
} hr_mongo_letter;

/* Two buffers: one is filled while the other is worked off. */
typedef struct hr_mongo_mailbox {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    hr_buf filling;
    size_t kept_bytes;  /* of the records that the letters in `filling` keep */
    size_t taken_bytes; /* of what was taken last, until the next time */
    size_t bytes_max;   /* of one buffer and what it keeps; the last letter may go beyond */
    bool waiting;       /* the taker sleeps */
    bool refused;       /* the putter was told that there is no room */
    bool closed;        /* nothing more is taken */
    atomic_size_t open; /* letters put and not yet done with */
} hr_mongo_mailbox;

/* bytes: of both buffers together. */
void hr_mongo_mailbox_init(hr_mongo_mailbox *mailbox, size_t bytes);
void hr_mongo_mailbox_finish(hr_mongo_mailbox *mailbox); /* frees what its letters keep */

/* Whether a letter can be put; if not, the next hr_mongo_mailbox_take() says so to its caller.
 * thread: the putter's */
bool hr_mongo_mailbox_room(hr_mongo_mailbox *mailbox);

/* Bytes of letters that are put or were taken last, with what they keep. thread: any */
size_t hr_mongo_mailbox_held(hr_mongo_mailbox *mailbox);

/* Copies a letter in; what it keeps goes along. HR_OK, HR_ENOMEM. thread: the putter's */
int hr_mongo_mailbox_put(hr_mongo_mailbox *mailbox, const hr_mongo_letter *letter);

/* Waits for letters and swaps them against the empty buffer. false: the mailbox was closed.
 * *refused: the putter waits for room, and there is some now. thread: the taker's */
bool hr_mongo_mailbox_take(hr_mongo_mailbox *mailbox, hr_buf *letters, bool *refused);

/* Waits for that time. false: the mailbox was closed. thread: the taker's */
bool hr_mongo_mailbox_pause(hr_mongo_mailbox *mailbox, int64_t timeout_ms);

/* Wakes the taker for the last time; letters that are left are not taken any more. thread: any */
void hr_mongo_mailbox_close(hr_mongo_mailbox *mailbox);

/* The next letter of a buffer that was taken; *at starts at 0. false: it was the last. What letters
 * keep is the taker's to free. */
bool hr_mongo_mailbox_next(const hr_buf *letters, size_t *at, hr_mongo_letter *letter);

/* Frees what the letters from *at on keep. */
void hr_mongo_mailbox_discard(const hr_buf *letters, size_t at);

#endif
