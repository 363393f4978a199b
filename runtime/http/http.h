/* HTTP servers: one listening address each, on a thread of its own. The only module that knows
 * libmicrohttpd.
 *
 * A request is handed over when it is whole, so handlers see no half a body, and is answered
 * exactly once: at once or later, from any thread, also while its handler still runs. Limits and
 * checks (SECURITY.md) are passed before a handler is called.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_HTTP_HTTP_H
#define HR_HTTP_HTTP_H
#include "config/runner.h"
#include "record/span.h"

#define HR_HTTP_HEADER_BYTES_MAX (8u * 1024)
#define HR_HTTP_BODY_BYTES_MAX (64u * 1024)
#define HR_HTTP_CONNECTIONS_MAX 64 /* unless configured; also the most requests that are kept */

typedef struct hr_http_server hr_http_server;

/* A request, whole; lives until it is answered, also when its client has gone. */
typedef struct hr_http_request hr_http_request;

/* What answers the requests of a route. thread: the server's; must not wait. Answers the request,
 * or keeps it and answers it later. */
typedef void (*hr_http_handler)(void *ctx, hr_http_request *request);

/* Binds the address and refuses what is unsafe: an address that is not of this machine alone
 * without a token (HR_ECONFIG, with the place of the setting), one that is taken (HR_EIO). Nothing
 * is answered before hr_http_server_start(). The conf must outlive the server. */
int hr_http_server_create(const hr_http_conf *conf, hr_http_server **out, hr_error *err);

/* Adds a route: a method (GET answers HEAD too) and a path whose segments may be names in braces
 * ("/response/{id}"), or that ends with a slash and a star and then takes every path beneath it.
 * The most specific route wins. HR_ECONFIG when there is the same route already. thread: any */
int hr_http_route_add(hr_http_server *server, const char *method, const char *path,
                      hr_http_handler handler, void *ctx, hr_error *err);

/* Removes the routes of a ctx and waits until none of its handlers runs. thread: any but the
 * server's */
void hr_http_route_remove(hr_http_server *server, const void *ctx);

int hr_http_server_start(hr_http_server *server, hr_error *err);

/* Until it is told to be ready a server answers 503, not 404, where it has no route yet. thread:
 * any */
void hr_http_server_ready(hr_http_server *server, bool ready);

/* Takes no more connections, and when it returns no handler runs or will run again. What is kept
 * may still be answered. thread: any but the server's */
void hr_http_server_quiesce(hr_http_server *server);

/* Answers 503 to what is still kept, and waits a moment until answers have gone out. Whoever keeps
 * a request must still answer it, into nothing. Accepts NULL. */
void hr_http_server_destroy(hr_http_server *server);

/* "127.0.0.1:5001", with the port that was bound. Lives as long as the server. */
const char *hr_http_server_address(const hr_http_server *server);

/* Of a request; all live until it is answered. Paths, parameters and form fields are decoded and
 * are valid UTF-8 without NUL (what is not was refused with 400). */
const char *hr_http_method(const hr_http_request *request);
const char *hr_http_path(const hr_http_request *request);
/* The part of the path that a name in braces, or the star ("*"), stands for. NULL: none. */
const char *hr_http_path_param(const hr_http_request *request, const char *name);
/* A parameter of the query, the first of that name. NULL: none. */
const char *hr_http_query(const hr_http_request *request, const char *name);
/* A header, by name without regard to case. NULL: none. */
const char *hr_http_header(const hr_http_request *request, const char *name);
hr_span hr_http_body(const hr_http_request *request);

/* Fields of a body as application/x-www-form-urlencoded or multipart/form-data (without files), in
 * order. HR_OK; HR_ERECORD when it is not one, or not valid. */
typedef struct hr_http_field {
    const char *name;
    hr_span value;
} hr_http_field;
int hr_http_form(hr_http_request *request, const hr_http_field **fields, size_t *n, hr_error *err);

/* Answers and lets go of the request; the body is copied. extra: NULL, or further headers as
 * {name, value} pairs that end with NULL. An answer is not to be cached, unless extra has a
 * Cache-Control; and a page (text/html) runs and shows only what this server has, nothing inline
 * (also no style attributes), unless extra has a Content-Security-Policy. thread: any */
void hr_http_answer(hr_http_request *request, int status, const char *content_type, hr_span body,
                    const char *const *extra);

/* Answers {"status":"ERROR","code":CODE,"message":MESSAGE}. thread: any */
void hr_http_answer_error(hr_http_request *request, int status, const char *code, const char *fmt,
                          ...) __attribute__((format(printf, 4, 5)));

#endif
