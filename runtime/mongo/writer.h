/* Writer threads of one sink on one stream thread. Each has a client for life and one mailbox; a
 * key always goes to the same writer, so writes to it stay in order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_WRITER_H
#define HR_MONGO_WRITER_H
#include "hr_sink.h"
#include "mongo/backend.h"
#include "mongo/mailbox.h"

#define HR_MONGO_WRITERS_MAX 16

/* Whom writers tell. Called on writer threads; each copies what it is given and takes what acks
 * keep. */
typedef struct hr_mongo_events {
    void *ctx;
    void (*post)(void *ctx, const hr_ack *acks, size_t n);
    void (*wake)(void *ctx);                      /* there is room again */
    void (*trouble)(void *ctx, const char *text); /* each time; NULL: all is well */
    void (*ready)(void *ctx); /* the server has answered; once a writer. NULL: nobody asks */
} hr_mongo_events;

/* What a key that another document has means for a write that was tried twice. */
typedef enum hr_mongo_taken {
    HR_MONGO_TAKEN_IS_NEWER,  /* guarded: a later record is stored, so this one is done */
    HR_MONGO_TAKEN_IS_SELF,   /* insert: this record itself is stored; done at the first time */
    HR_MONGO_TAKEN_IS_REFUSED /* this record is refused */
} hr_mongo_taken;

typedef struct hr_mongo_writers_config {
    const hr_mongo_backend *backend;
    const void *target; /* the backend's; outlives the writers */
    hr_mongo_taken taken;
    size_t n; /* <= HR_MONGO_WRITERS_MAX */
    size_t batch_documents, batch_bytes;
    size_t mailbox_bytes; /* of all writers together */
    int64_t backoff_min_ms, backoff_max_ms;
    hr_mongo_events events;
} hr_mongo_writers_config;

typedef struct hr_mongo_writers hr_mongo_writers;

/* Starts the threads. HR_OK; HR_ENOMEM (threads included). */
int hr_mongo_writers_start(const hr_mongo_writers_config *config, hr_mongo_writers **out,
                           hr_error *err);

/* The writer of a key. */
size_t hr_mongo_writers_pick(const hr_mongo_writers *writers, uint64_t key_hash);

/* As hr_mongo_mailbox_room() and _put() of that writer; what a letter keeps comes back with the ack
 * that refuses it. thread: the sink's */
bool hr_mongo_writers_room(hr_mongo_writers *writers, size_t i);
int hr_mongo_writers_put(hr_mongo_writers *writers, size_t i, const hr_mongo_letter *letter);

/* Bytes in all mailboxes, and how many they may hold. thread: any */
void hr_mongo_writers_held(const hr_mongo_writers *writers, size_t *bytes, size_t *limit);

/* Letters whose end has not been told. thread: any */
size_t hr_mongo_writers_open(const hr_mongo_writers *writers);

/* Ends the threads: each finishes the attempt that it is at, which the driver's timeouts bound, and
 * leaves the rest undone. Accepts NULL. thread: the sink's */
void hr_mongo_writers_stop(hr_mongo_writers *writers);

#endif
