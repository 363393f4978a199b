/* The requests of an http source that are under way: from the server's thread, where they come in,
 * to the end of their records on the stream thread. Each is answered exactly once: when its record
 * ends, when its time is over, when the source stops, or at once where there is no room.
 *
 * Records are read by offset, so that a rewind reads those again that have not ended. The first
 * offset is taken from the clock: it must not be one that a process before has used, or a sink that
 * guards its documents by offsets would keep old ones.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_SOURCE_HTTP_REQUESTS_H
#define HR_SOURCE_HTTP_REQUESTS_H
#include "record/batch.h"
#include "record/buf.h"

#include <pthread.h>
#include <stdatomic.h>

/* One request, in a block with its record's bytes. */
typedef struct hr_request {
    struct hr_request *next; /* in the inbox */
    void *client;            /* who waits; NULL: answered */
    hr_span record;          /* JSON */
    int64_t offset;
    int64_t came_ms;     /* wall clock */
    int64_t deadline_ms; /* hr_clock_ms() */
    hr_buf answer;       /* for when the record has ended well */
    hr_buf problem;      /* for when it has failed; empty: it has not */
    int problem_status;
    bool form;  /* its record was made from fields, so places in its bytes mean nothing */
    bool taken; /* fetched, since the last rewind */
    bool tried; /* fetched, ever */
    bool held;  /* a batch points to the record */
    bool ended; /* out of the ring; freed once nothing holds it */
} hr_request;

typedef struct hr_requests_conf {
    /* Answers and lets go of the client; the body is copied. thread: any */
    void (*answer)(void *client, int status, hr_span body, const char *const *extra);
    int64_t timeout_ms;
    size_t max;       /* requests under way */
    size_t bytes_max; /* ... and their bytes, together */
    int status;       /* of a good answer */
} hr_requests_conf;

typedef struct hr_requests {
    hr_requests_conf conf;
    atomic_size_t n, bytes; /* under way */
    atomic_bool arrived;    /* the inbox holds something */
    pthread_mutex_t lock;   /* guards the inbox and `closed` */
    hr_request *inbox, **inbox_end;
    bool closed;
    /* The stream thread's: */
    hr_request **ring; /* by offset; NULL: ended */
    size_t capacity;   /* a power of two */
    int64_t head, tail;
    int64_t next;   /* to be fetched */
    int64_t timely; /* all before were answered, or have had their time */
} hr_requests;

/* HR_OK or HR_ENOMEM. */
int hr_requests_init(hr_requests *requests, const hr_requests_conf *conf, int64_t first_offset);

/* Answers all that are left and frees. Nobody may add any more. Accepts a zeroed one. */
void hr_requests_finish(hr_requests *requests);

/* Takes a client whose record was made; the bytes are copied. Refused clients (no room, stopped)
 * are answered here. True: the stream thread must be woken. thread: any */
bool hr_requests_add(hr_requests *requests, void *client, hr_span record, bool form);

/* The following are the stream thread's. */

/* Gives those that came in their offsets, answers those whose time is over. When to call again
 * (hr_clock_ms()); 0: no need. */
int64_t hr_requests_turn(hr_requests *requests, int64_t now_ms);

/* Up to max records from the next one on; origin is the request. */
size_t hr_requests_fetch(hr_requests *requests, hr_record *records, size_t max);

/* The batch of these records is over. */
void hr_requests_release(const hr_record *records, size_t n);

/* Goes on at that offset; what is known of records from there on is void. */
void hr_requests_seek(hr_requests *requests, int64_t offset);

/* The request of a record that has not ended, or NULL. */
hr_request *hr_requests_find(const hr_requests *requests, int64_t offset);

/* The record has ended: its client gets the problem, if there is one, else the answer. */
void hr_requests_end(hr_requests *requests, int64_t offset);

/* The record will not end: its client gets the problem now. */
void hr_requests_give_up(hr_requests *requests, hr_request *request);

/* Takes no more, and answers those whose records are not under way. */
void hr_requests_stop(hr_requests *requests);

/* {"status":"ERROR","code":CODE,"message":MESSAGE} and, where it is not NULL, "node":NODE. Appends.
 * HR_OK or HR_ENOMEM. thread: any */
int hr_requests_write_problem(hr_buf *out, const char *code, const char *node, const char *message);

#endif
