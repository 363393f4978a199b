/* SPDX-License-Identifier: Apache-2.0 */
#include "source_http_requests.h"
#include "codec/json_write.h"
#include "config/error.h"
#include "engine/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define CAPACITY_FIRST 64

static const char *const retry_soon[] = {"Retry-After", "1", NULL};
static const char *const retry_later[] = {"Retry-After", "5", NULL};

/* ---- answers ------------------------------------------------------------------------------- */

int
hr_requests_write_problem(hr_buf *out, const char *code, const char *node, const char *message)
{
    const char *const parts[][2] = {
        {"{\"status\":", "ERROR"}, {",\"code\":", code}, {",\"message\":", message}};
    int rc = HR_OK;

    for (size_t i = 0; i < 3 && rc == HR_OK; i++) {
        rc = hr_buf_append(out, parts[i][0], strlen(parts[i][0]));
        if (rc == HR_OK) {
            rc = hr_json_write_string(out, hr_span_str(parts[i][1]));
        }
    }
    if (rc == HR_OK && node != NULL) {
        rc = hr_buf_append(out, ",\"node\":", 8);
        if (rc == HR_OK) {
            rc = hr_json_write_string(out, hr_span_str(node));
        }
    }
    return rc == HR_OK ? hr_buf_append(out, "}", 1) : rc;
}

/* 503: not the client's fault, and it may ask again. */
static void
requests_answer_unavailable(const hr_requests *requests, void *client, const char *code,
                            const char *message, const char *const *extra)
{
    hr_buf body = {0};

    if (hr_requests_write_problem(&body, code, NULL, message) != HR_OK) {
        body.len = 0; /* a status without a body is an answer too */
    }
    requests->conf.answer(client, 503, hr_buf_span(&body), extra);
    hr_buf_finish(&body);
}

static void
request_answer(const hr_requests *requests, hr_request *request)
{
    void *client = request->client;

    if (client == NULL) {
        return;
    }
    request->client = NULL;
    if (request->problem_status != 0) {
        requests->conf.answer(client, request->problem_status, hr_buf_span(&request->problem),
                              NULL);
    } else {
        requests->conf.answer(client, requests->conf.status, hr_buf_span(&request->answer), NULL);
    }
}

static void
request_answer_stopping(const hr_requests *requests, hr_request *request)
{
    void *client = request->client;

    if (client == NULL) {
        return;
    }
    request->client = NULL;
    requests_answer_unavailable(
        requests, client, "stopping",
        request->tried ? "the server stops: the request was taken and may still be carried out"
                       : "the server stops: the request was not taken",
        retry_later);
}

static void
request_answer_timeout(const hr_requests *requests, hr_request *request)
{
    char text[160];
    void *client = request->client;

    if (client == NULL) {
        return;
    }
    request->client = NULL;
    snprintf(text, sizeof text,
             "the request was taken, but not acknowledged within %g s: it may still be carried out",
             (double)requests->conf.timeout_ms / 1000);
    requests_answer_unavailable(requests, client, "timeout", text, NULL);
}

/* ---- making and freeing -------------------------------------------------------------------- */

static void
request_free(hr_request *request)
{
    hr_buf_finish(&request->answer);
    hr_buf_finish(&request->problem);
    free(request);
}

/* Out of the ring: it counts no more, and is freed when no batch holds it. */
static void
request_end(hr_requests *requests, hr_request *request)
{
    requests->ring[request->offset & (int64_t)(requests->capacity - 1)] = NULL;
    atomic_fetch_sub(&requests->n, 1);
    atomic_fetch_sub(&requests->bytes, request->record.len);
    request->ended = true;
    if (!request->held) {
        request_free(request);
    }
    while (requests->head != requests->tail &&
           requests->ring[requests->head & (int64_t)(requests->capacity - 1)] == NULL) {
        requests->head++;
    }
}

int
hr_requests_init(hr_requests *requests, const hr_requests_conf *conf, int64_t first_offset)
{
    hr_request **ring = calloc(CAPACITY_FIRST, sizeof(hr_request *));

    if (ring == NULL) {
        return HR_ENOMEM;
    }
    *requests = (hr_requests){.conf = *conf,
                              .ring = ring,
                              .capacity = CAPACITY_FIRST,
                              .head = first_offset,
                              .tail = first_offset,
                              .next = first_offset,
                              .timely = first_offset};
    requests->inbox_end = &requests->inbox;
    pthread_mutex_init(&requests->lock, NULL);
    return HR_OK;
}

void
hr_requests_finish(hr_requests *requests)
{
    if (requests->ring == NULL) {
        return;
    }
    hr_requests_stop(requests);
    for (int64_t i = requests->head; i < requests->tail; i++) {
        hr_request *request = hr_requests_find(requests, i);

        if (request != NULL) {
            request_answer_stopping(requests, request);
            request_free(request);
        }
    }
    free(requests->ring);
    pthread_mutex_destroy(&requests->lock);
    *requests = (hr_requests){0};
}

/* ---- coming in ----------------------------------------------------------------------------- */

static hr_request *
request_create(void *client, hr_span record, bool form)
{
    hr_request *request = malloc(sizeof *request + record.len + 1);

    if (request != NULL) {
        *request = (hr_request){.client = client, .form = form};
        memcpy(request + 1, record.data, record.len);
        request->record = (hr_span){(const uint8_t *)(request + 1), record.len};
    }
    return request;
}

static bool
requests_have_room(const hr_requests *requests, size_t bytes)
{
    return atomic_load(&requests->n) < requests->conf.max &&
           atomic_load(&requests->bytes) + bytes <= requests->conf.bytes_max;
}

/* Under the lock: the order in the inbox is the order of deadlines. */
static void
requests_put(hr_requests *requests, hr_request *request)
{
    request->came_ms = hr_clock_wall_ms();
    request->deadline_ms = hr_clock_ms() + requests->conf.timeout_ms;
    *requests->inbox_end = request;
    requests->inbox_end = &request->next;
    atomic_fetch_add(&requests->n, 1);
    atomic_fetch_add(&requests->bytes, request->record.len);
}

bool
hr_requests_add(hr_requests *requests, void *client, hr_span record, bool form)
{
    hr_request *request = request_create(client, record, form);
    bool closed, taken, first;

    pthread_mutex_lock(&requests->lock);
    closed = requests->closed;
    taken = request != NULL && !closed && requests_have_room(requests, record.len);
    first = taken && requests->inbox == NULL;
    if (taken) {
        requests_put(requests, request);
        atomic_store(&requests->arrived, true);
    }
    pthread_mutex_unlock(&requests->lock);
    if (!taken) {
        free(request);
        requests_answer_unavailable(requests, client, closed ? "stopping" : "overloaded",
                                    closed ? "the server stops: the request was not taken"
                                           : "too many requests are under way",
                                    closed ? retry_later : retry_soon);
    }
    return first;
}

static hr_request *
requests_empty_inbox(hr_requests *requests, bool close)
{
    hr_request *list;

    pthread_mutex_lock(&requests->lock);
    list = requests->inbox;
    requests->inbox = NULL;
    requests->inbox_end = &requests->inbox;
    requests->closed |= close;
    atomic_store(&requests->arrived, false);
    pthread_mutex_unlock(&requests->lock);
    return list;
}

/* Offsets stay, places change. */
static bool
requests_grow(hr_requests *requests)
{
    size_t capacity = 2 * requests->capacity;
    hr_request **ring = calloc(capacity, sizeof(hr_request *));

    if (ring == NULL) {
        return false;
    }
    for (int64_t i = requests->head; i < requests->tail; i++) {
        ring[i & (int64_t)(capacity - 1)] = requests->ring[i & (int64_t)(requests->capacity - 1)];
    }
    free(requests->ring);
    requests->ring = ring;
    requests->capacity = capacity;
    return true;
}

static void
requests_enter(hr_requests *requests, hr_request *request)
{
    if ((size_t)(requests->tail - requests->head) == requests->capacity &&
        !requests_grow(requests)) {
        requests_answer_unavailable(requests, request->client, "overloaded", "out of memory",
                                    retry_soon);
        atomic_fetch_sub(&requests->n, 1);
        atomic_fetch_sub(&requests->bytes, request->record.len);
        request_free(request);
        return;
    }
    request->offset = requests->tail++;
    requests->ring[request->offset & (int64_t)(requests->capacity - 1)] = request;
}

static void
requests_enter_all(hr_requests *requests, hr_request *list)
{
    while (list != NULL) {
        hr_request *next = list->next;

        requests_enter(requests, list);
        list = next;
    }
}

int64_t
hr_requests_turn(hr_requests *requests, int64_t now_ms)
{
    if (atomic_load(&requests->arrived)) {
        requests_enter_all(requests, requests_empty_inbox(requests, false));
    }
    if (requests->timely < requests->head) {
        requests->timely = requests->head;
    }
    for (; requests->timely < requests->tail; requests->timely++) {
        hr_request *request = hr_requests_find(requests, requests->timely);

        if (request == NULL || request->client == NULL) {
            continue;
        }
        if (request->deadline_ms > now_ms) {
            return request->deadline_ms;
        }
        request_answer_timeout(requests, request);
    }
    return 0;
}

/* ---- under way ----------------------------------------------------------------------------- */

hr_request *
hr_requests_find(const hr_requests *requests, int64_t offset)
{
    return offset >= requests->head && offset < requests->tail
               ? requests->ring[offset & (int64_t)(requests->capacity - 1)]
               : NULL;
}

size_t
hr_requests_fetch(hr_requests *requests, hr_record *records, size_t max)
{
    size_t n = 0;

    for (; n < max && requests->next < requests->tail; requests->next++) {
        hr_request *request = hr_requests_find(requests, requests->next);

        if (request == NULL) {
            continue;
        }
        request->taken = request->tried = request->held = true;
        records[n++] = (hr_record){.value = request->record,
                                   .timestamp_ms = request->came_ms,
                                   .offset = request->offset,
                                   .origin = request};
    }
    return n;
}

void
hr_requests_release(const hr_record *records, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hr_request *request = records[i].origin;

        request->held = false;
        if (request->ended) {
            request_free(request);
        }
    }
}

void
hr_requests_seek(hr_requests *requests, int64_t offset)
{
    requests->next = offset;
    for (int64_t i = offset > requests->head ? offset : requests->head; i < requests->tail; i++) {
        hr_request *request = hr_requests_find(requests, i);

        if (request != NULL) {
            request->taken = false;
            request->problem.len = 0;
            request->problem_status = 0;
        }
    }
}

void
hr_requests_end(hr_requests *requests, int64_t offset)
{
    hr_request *request = hr_requests_find(requests, offset);

    if (request != NULL) {
        request_answer(requests, request);
        request_end(requests, request);
    }
}

void
hr_requests_give_up(hr_requests *requests, hr_request *request)
{
    request_answer(requests, request);
}

void
hr_requests_stop(hr_requests *requests)
{
    int64_t tail;

    requests_enter_all(requests, requests_empty_inbox(requests, true));
    tail = requests->tail;
    for (int64_t i = requests->head; i < tail; i++) {
        hr_request *request = hr_requests_find(requests, i);

        if (request != NULL && !request->taken) {
            request_answer_stopping(requests, request);
            request_end(requests, request);
        }
    }
}
