/* A request from its first header until its answer has gone. Internal to runtime/http.
 *
 * It has two owners: the connection, until libmicrohttpd is done with it, and whoever answers. What
 * a handler may look at is copied out of the connection, so that the one who answers last need not
 * care whether the client, or the server, is still there.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_HTTP_REQUEST_H
#define HR_HTTP_REQUEST_H
#include "http/guard.h"
#include "http/route.h"
#include "record/buf.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#define HR_HTTP_THROWN_MAX (1u << 20) /* of a body that is too large: read to be heard */

struct hr_http_request {
    atomic_int refs;
    hr_arena *arena;
    const char *method;
    hr_http_segments path;
    const hr_http_field *query, *headers;
    size_t n_query, n_headers;
    hr_http_params params;
    hr_buf body;
    size_t body_seen; /* also what was thrown away */
    hr_http_refusal refusal;

    int wake_fd; /* of the server's loop: libmicrohttpd's own wake-up may come to nothing when its
                    loop is ours and just runs */

    /* Of the server's thread. */
    bool dispatched;
    hr_http_request *next, **link; /* among those whose connection lives */

    pthread_mutex_t lock; /* guards what follows */
    struct MHD_Connection *connection;
    struct MHD_Response *response;
    int status;
    bool answered, suspended;
};

/* For a connection whose headers are there. uri: as it was sent; wake_fd: an eventfd to
 * write to when a suspended request is answered. The connection's reference is returned. NULL: out
 * of memory. */
hr_http_request *hr_http_request_create(struct MHD_Connection *connection, const char *method,
                                        const char *uri, int wake_fd);
void hr_http_request_ref(hr_http_request *request);
void hr_http_request_unref(hr_http_request *request); /* accepts NULL */

/* A piece of the body has come. false: the connection is to be closed. */
bool hr_http_request_body(hr_http_request *request, const char *data, size_t len);

/* Makes the response of a refusal and leaves no more to do. */
void hr_http_request_refuse(hr_http_request *request);

/* Answers 200 with a file, which it closes, from its start. extra as in hr_http_answer(). thread:
 * any */
void hr_http_answer_file(hr_http_request *request, const char *content_type, int fd, size_t size,
                         const char *const *extra);

/* On the server's thread, where libmicrohttpd lets us answer: queues the answer, or suspends the
 * connection until there is one. MHD_NO: the connection is to be closed. */
enum MHD_Result hr_http_request_settle(hr_http_request *request, bool *queued);

/* The server goes: whoever still keeps the request answers into nothing. */
void hr_http_request_abandon(hr_http_request *request);

#endif
