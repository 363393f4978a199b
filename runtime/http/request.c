/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request.h"
#include "codec/json_write.h"
#include "http/form.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define ARENA_BYTES 8192
#define ARENA_BYTES_MAX (1u << 20)

#define PAGE_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "   \
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "               \
    "frame-ancestors 'none'"

/* ---- making
 * --------------------------------------------------------------------------------------- */

static enum MHD_Result
request_count_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    (void)name;
    (void)value;
    ++*(size_t *)cls;
    return MHD_YES;
}

typedef struct header_copy {
    hr_arena *arena;
    hr_http_field *fields;
    size_t n;
} header_copy;

static enum MHD_Result
request_copy_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    header_copy *copy = cls;
    hr_http_field *field = &copy->fields[copy->n];

    (void)kind;
    field->name = hr_arena_strdup(copy->arena, name);
    field->value = hr_span_str(hr_arena_strdup(copy->arena, value != NULL ? value : ""));
    if (field->name == NULL || field->value.data == NULL) {
        return MHD_NO;
    }
    copy->n++;
    return MHD_YES;
}

static void
request_refusal(hr_http_request *request, int status, const char *code, const char *message)
{
    if (request->refusal.status == 0) {
        request->refusal.status = status;
        request->refusal.code = code;
        request->refusal.message = message;
    }
}

static bool
request_headers(hr_http_request *request)
{
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    header_copy copy = {.arena = request->arena};
    size_t n = 0;

    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, request_count_header, &n);
    if (n > HR_HTTP_HEADERS_MAX || size == NULL || size->header_size > HR_HTTP_HEADER_BYTES_MAX) {
        request_refusal(request, 431, "headers-too-large",
                        "the headers are larger than 8 KiB or more than 100");
        request->refusal.unread = true; /* nor are the headers */
        return true;
    }
    copy.fields = hr_arena_calloc(request->arena, n + 1, sizeof *copy.fields);
    if (copy.fields == NULL) {
        return false;
    }
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, request_copy_header, &copy);
    request->headers = copy.fields;
    request->n_headers = copy.n;
    return copy.n == n;
}

static void
request_uri(hr_http_request *request, const char *uri)
{
    size_t path_len = strcspn(uri, "?");
    const char *query = uri + path_len + (uri[path_len] == '?' ? 1 : 0);

    if (strchr(uri, '#') != NULL ||
        !hr_http_path_parse(request->arena, (hr_span){(const uint8_t *)uri, path_len},
                            &request->path)) {
        request->path.path = "";
        request->path.n = 0;
        request_refusal(request, 400, "bad-path", "the path is not one this server could have");
    }
    if (hr_http_params_parse(request->arena, hr_span_str(query), &request->query, &request->n_query,
                             NULL) != HR_OK) {
        request->n_query = 0;
        request_refusal(request, 400, "bad-query",
                        "the query has a bad escape, text that is not "
                        "UTF-8, or too many parameters");
    }
}

hr_http_request *
hr_http_request_create(struct MHD_Connection *connection, const char *method, const char *uri,
                       int wake_fd)
{
    hr_http_request *request = calloc(1, sizeof *request);

    if (request == NULL) {
        return NULL;
    }
    pthread_mutex_init(&request->lock, NULL);
    atomic_init(&request->refs, 1);
    request->connection = connection;
    request->wake_fd = wake_fd;
    request->body.cap_max = HR_HTTP_BODY_BYTES_MAX;
    request->arena = hr_arena_create(ARENA_BYTES, ARENA_BYTES_MAX);
    request->method = request->arena != NULL ? hr_arena_strdup(request->arena, method) : NULL;
    if (request->method == NULL || !request_headers(request)) {
        hr_http_request_unref(request);
        return NULL;
    }
    request_uri(request, uri);
    return request;
}

void
hr_http_request_ref(hr_http_request *request)
{
    atomic_fetch_add(&request->refs, 1);
}

void
hr_http_request_unref(hr_http_request *request)
{
    if (request == NULL || atomic_fetch_sub(&request->refs, 1) != 1) {
        return;
    }
    if (request->response != NULL) {
        MHD_destroy_response(request->response);
    }
    hr_buf_finish(&request->body);
    hr_arena_destroy(request->arena);
    pthread_mutex_destroy(&request->lock);
    free(request);
}

bool
hr_http_request_body(hr_http_request *request, const char *data, size_t len)
{
    request->body_seen += len;
    if (request->body_seen > HR_HTTP_THROWN_MAX) {
        return false;
    }
    if (request->body_seen > HR_HTTP_BODY_BYTES_MAX) {
        request_refusal(request, 413, "body-too-large", "the body is larger than 64 KiB");
        return true;
    }
    return request->refusal.status != 0 || hr_buf_append(&request->body, data, len) == HR_OK;
}

/* ---- answering
 * ------------------------------------------------------------------------------------ */

static void
answer_headers(struct MHD_Response *response, const char *content_type, const char *const *extra)
{
    bool cached = false, policy = false;

    for (; extra != NULL && extra[0] != NULL; extra += 2) {
        cached = cached || strcasecmp(extra[0], "Cache-Control") == 0;
        policy = policy || strcasecmp(extra[0], "Content-Security-Policy") == 0;
        MHD_add_response_header(response, extra[0], extra[1]);
    }
    if (content_type != NULL) {
        MHD_add_response_header(response, "Content-Type", content_type);
        if (!policy && (strncasecmp(content_type, "text/html", 9) == 0 ||
                        strncasecmp(content_type, "image/svg", 9) == 0)) {
            MHD_add_response_header(response, "Content-Security-Policy", PAGE_POLICY);
        }
    }
    if (!cached) {
        MHD_add_response_header(response, "Cache-Control", "no-store");
    }
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    /* With no-referrer a browser would say `Origin: null` when one of our pages posts a form. */
    MHD_add_response_header(response, "Referrer-Policy", "same-origin");
    MHD_add_response_header(response, "X-Frame-Options", "DENY");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
}

static struct MHD_Response *
answer_make(const char *content_type, hr_span body, const char *const *extra)
{
    /* The const is libmicrohttpd's: it copies. */
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)body.data,
        body.len > 0 ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT);

    if (response != NULL) {
        answer_headers(response, content_type, extra);
    }
    return response;
}

/* The lock is held: the server cannot have gone while a connection of it is suspended. */
static void
answer_wake(hr_http_request *request)
{
    uint64_t one = 1;
    ssize_t n;

    if (request->suspended) {
        request->suspended = false;
        MHD_resume_connection(request->connection);
        n = write(request->wake_fd, &one, sizeof one);
        (void)n; /* full: it is awake anyway */
    }
}

/* The first answer counts. */
static void
answer_set(hr_http_request *request, int status, struct MHD_Response *response)
{
    struct MHD_Response *unused = response;

    pthread_mutex_lock(&request->lock);
    if (!request->answered) {
        request->answered = true;
        request->status = status;
        request->response = response;
        unused = NULL;
        answer_wake(request);
    }
    pthread_mutex_unlock(&request->lock);
    if (unused != NULL) {
        MHD_destroy_response(unused);
    }
}

void
hr_http_answer(hr_http_request *request, int status, const char *content_type, hr_span body,
               const char *const *extra)
{
    answer_set(request, status, answer_make(content_type, body, extra));
    hr_http_request_unref(request);
}

void
hr_http_answer_file(hr_http_request *request, const char *content_type, int fd, size_t size,
                    const char *const *extra)
{
    struct MHD_Response *response = MHD_create_response_from_fd(size, fd);

    if (response != NULL) {
        answer_headers(response, content_type, extra);
    } else {
        close(fd);
    }
    answer_set(request, 200, response);
    hr_http_request_unref(request);
}

/* {"status":"ERROR","code":CODE,"message":MESSAGE} */
static struct MHD_Response *
answer_error_make(const char *code, const char *message, const char *const *extra)
{
    hr_buf buf = {.cap_max = 8192};
    struct MHD_Response *response = NULL;
    static const char head[] = "{\"status\":\"ERROR\",\"code\":", middle[] = ",\"message\":";

    if (hr_buf_append(&buf, head, sizeof head - 1) == HR_OK &&
        hr_json_write_string(&buf, hr_span_str(code)) == HR_OK &&
        hr_buf_append(&buf, middle, sizeof middle - 1) == HR_OK &&
        hr_json_write_string(&buf, hr_span_str(message)) == HR_OK &&
        hr_buf_append(&buf, "}\n", 2) == HR_OK) {
        response = answer_make("application/json", hr_buf_span(&buf), extra);
    }
    hr_buf_finish(&buf);
    return response;
}

void
hr_http_answer_error(hr_http_request *request, int status, const char *code, const char *fmt, ...)
{
    char message[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    answer_set(request, status, answer_error_make(code, message, NULL));
    hr_http_request_unref(request);
}

void
hr_http_request_refuse(hr_http_request *request)
{
    const hr_http_refusal *r = &request->refusal;
    const char *extra[9] = {NULL};
    size_t n = 0;

    if (r->challenge) {
        extra[n++] = "WWW-Authenticate";
        extra[n++] = "Basic realm=\"headrace\", charset=\"UTF-8\"";
        extra[n++] = "WWW-Authenticate";
        extra[n++] = "Bearer realm=\"headrace\"";
    }
    if (r->allow[0] != '\0') {
        extra[n++] = "Allow";
        extra[n++] = r->allow;
    }
    if (r->status == 503) {
        extra[n++] = "Retry-After";
        extra[n++] = "1";
    }
    answer_set(request, r->status, answer_error_make(r->code, r->message, extra));
}

enum MHD_Result
hr_http_request_settle(hr_http_request *request, bool *queued)
{
    enum MHD_Result rc = MHD_YES;

    pthread_mutex_lock(&request->lock);
    *queued = request->answered;
    if (!request->answered) {
        request->suspended = true;
        MHD_suspend_connection(request->connection);
    } else {
        rc = request->response != NULL
                 ? MHD_queue_response(request->connection, (unsigned)request->status,
                                      request->response)
                 : MHD_NO;
    }
    pthread_mutex_unlock(&request->lock);
    return rc;
}

void
hr_http_request_abandon(hr_http_request *request)
{
    answer_set(request, 503, answer_error_make("stopping", "the server stops", NULL));
}

/* ---- looking
 * -------------------------------------------------------------------------------------- */

const char *
hr_http_method(const hr_http_request *request)
{
    return request->method;
}

const char *
hr_http_path(const hr_http_request *request)
{
    return request->path.path;
}

const char *
hr_http_path_param(const hr_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->params.n; i++) {
        if (strcmp(request->params.name[i], name) == 0) {
            return request->params.value[i];
        }
    }
    return NULL;
}

const char *
hr_http_query(const hr_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_query; i++) {
        if (strcmp(request->query[i].name, name) == 0) {
            return (const char *)request->query[i].value.data;
        }
    }
    return NULL;
}

const char *
hr_http_header(const hr_http_request *request, const char *name)
{
    return hr_http_headers_get(request->headers, request->n_headers, name);
}

hr_span
hr_http_body(const hr_http_request *request)
{
    return hr_buf_span(&request->body);
}

int
hr_http_form(hr_http_request *request, const hr_http_field **fields, size_t *n, hr_error *err)
{
    return hr_http_form_parse(request->arena, hr_http_header(request, "Content-Type"),
                              hr_http_body(request), fields, n, err);
}
