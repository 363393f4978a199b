/* What parses a request: path, query, the guard's headers, routes, forms. Input: a request as it
 * comes over the wire; lines may end with a line feed alone.
 *
 * Beside not crashing: what is decoded is text, what is refused says so, a star stands for the rest
 * of its path, and no path climbs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "http/form.h"
#include "http/guard.h"
#include "http/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct fuzz_request {
    hr_arena *arena;
    hr_span rest;
    const char *method, *uri;
    hr_http_field headers[HR_HTTP_HEADERS_MAX];
    size_t n;
} fuzz_request;

static void
fuzz_fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    abort();
}

static void
fuzz_handler(void *ctx, hr_http_request *request)
{
    (void)ctx;
    (void)request;
}

static const hr_http_routes *
fuzz_routes(void)
{
    static const char *const paths[] = {"/",        "/*",           "/a/{x}",     "/a/{x}/*",
                                        "/a/b",     "/a/{x}/{y}/c", "/{x}/{y}",   "/static/*",
                                        "/a/b/{z}", "/readyz",      "/{x}/b/{z}", "/a//b"};
    static hr_http_routes routes;

    for (size_t i = 0; routes.n < sizeof paths / sizeof paths[0]; i++) {
        if (hr_http_routes_add(&routes, i % 3 == 2 ? "POST" : "GET", paths[i], fuzz_handler, NULL,
                               NULL) != HR_OK) {
            fuzz_fail("a good route is refused");
        }
    }
    return &routes;
}

static void
fuzz_check_text(const char *text, size_t len)
{
    if (strlen(text) != len || !hr_http_is_text((hr_span){(const uint8_t *)text, len})) {
        fuzz_fail("what was decoded is no text");
    }
}

static void
fuzz_check_fields(const hr_http_field *fields, size_t n)
{
    if (n > HR_HTTP_FIELDS_MAX) {
        fuzz_fail("too many fields");
    }
    for (size_t i = 0; i < n; i++) {
        fuzz_check_text(fields[i].name, strlen(fields[i].name));
        fuzz_check_text((const char *)fields[i].value.data, fields[i].value.len);
    }
}

/* ---- the input ------------------------------------------------------------------------------- */

static const char *
fuzz_line(fuzz_request *r)
{
    const uint8_t *end = r->rest.len > 0 ? memchr(r->rest.data, '\n', r->rest.len) : NULL;
    size_t len = end != NULL ? (size_t)(end - r->rest.data) : r->rest.len;
    char *line = hr_arena_strndup(r->arena, (const char *)r->rest.data, len);

    r->rest.data += len + (end != NULL ? 1 : 0);
    r->rest.len -= len + (end != NULL ? 1 : 0);
    if (line != NULL && len > 0 && line[len - 1] == '\r') {
        line[len - 1] = '\0';
    }
    return line != NULL ? line : "";
}

static void
fuzz_header(fuzz_request *r, const char *line)
{
    const char *colon = strchr(line, ':');
    const char *value = colon != NULL ? colon + 1 + strspn(colon + 1, " \t") : "";

    if (r->n < HR_HTTP_HEADERS_MAX) {
        r->headers[r->n].name =
            hr_arena_strndup(r->arena, line, colon != NULL ? (size_t)(colon - line) : strlen(line));
        r->headers[r->n].value = hr_span_str(value);
        r->n += r->headers[r->n].name != NULL ? 1 : 0;
    }
}

static void
fuzz_read(fuzz_request *r)
{
    const char *line = fuzz_line(r), *blank = strchr(line, ' ');

    r->uri = blank != NULL ? blank + 1 : "";
    r->method = blank != NULL ? hr_arena_strndup(r->arena, line, (size_t)(blank - line)) : "GET";
    while (r->rest.len > 0) {
        line = fuzz_line(r);
        if (line[0] == '\0') {
            return;
        }
        fuzz_header(r, line);
    }
}

/* ---- the parts ------------------------------------------------------------------------------- */

static void
fuzz_guard(const fuzz_request *r, const char *listen, const char *token)
{
    static const hr_text hosts[] = {{.s = "streams.example", .len = 15},
                                    {.s = "other.example:8443", .len = 18}};
    hr_http_conf conf = {.listen = {.s = listen, .len = strlen(listen)}, .hosts = {hosts, 2}};
    hr_http_guard guard = {.conf = &conf};
    hr_http_length length;
    hr_http_refusal refusal = {0};

    conf.token.s = token;
    conf.token.len = token != NULL ? strlen(token) : 0;
    if (hr_http_conf_check(&conf, &guard.bound, NULL) != HR_OK) {
        fuzz_fail("a good conf is refused");
    }
    if (hr_http_guard_check(&guard, r->method, r->headers, r->n, &length, &refusal)) {
        if (refusal.status != 0 || length.bytes > HR_HTTP_BODY_BYTES_MAX) {
            fuzz_fail("a request is taken and refused");
        }
        if (token != NULL && hr_http_headers_get(r->headers, r->n, "Authorization") == NULL) {
            fuzz_fail("a request without the token is taken");
        }
    } else if (refusal.status < 400 || refusal.code == NULL || refusal.message == NULL) {
        fuzz_fail("a refusal that says nothing");
    }
}

static void
fuzz_check_params(const hr_http_params *params, const char *path)
{
    for (size_t i = 0; i < params->n; i++) {
        size_t len = strlen(params->value[i]), whole = strlen(path);

        fuzz_check_text(params->value[i], len);
        if (strcmp(params->name[i], "*") == 0 &&
            (len > whole || strcmp(path + whole - len, params->value[i]) != 0)) {
            fuzz_fail("a star is not the rest of its path");
        }
    }
}

static void
fuzz_uri(const fuzz_request *r)
{
    size_t len = strcspn(r->uri, "?");
    const hr_http_field *query = NULL;
    const hr_http_route *route;
    hr_http_segments path;
    hr_http_params params;
    char allow[64] = "";
    size_t n = 0;

    if (hr_http_params_parse(r->arena, hr_span_str(r->uri + len + (r->uri[len] == '?' ? 1 : 0)),
                             &query, &n, NULL) == HR_OK) {
        fuzz_check_fields(query, n);
    }
    if (!hr_http_path_parse(r->arena, (hr_span){(const uint8_t *)r->uri, len}, &path)) {
        return;
    }
    fuzz_check_text(path.path, strlen(path.path));
    for (size_t i = 0; i < path.n; i++) {
        fuzz_check_text(path.text[i], strlen(path.text[i]));
        if (strcmp(path.text[i], "..") == 0) {
            fuzz_fail("a path climbs");
        }
    }
    if (hr_http_routes_find(fuzz_routes(), r->method, &path, r->arena, &route, &params, allow,
                            sizeof allow) == HR_HTTP_FOUND) {
        fuzz_check_params(&params, path.path);
    }
}

static void
fuzz_form(const fuzz_request *r)
{
    const hr_http_field *fields = NULL;
    hr_error err = {0};
    size_t n = 0;
    int rc = hr_http_form_parse(r->arena, hr_http_headers_get(r->headers, r->n, "Content-Type"),
                                r->rest, &fields, &n, &err);

    if (rc == HR_OK) {
        fuzz_check_fields(fields, n);
    } else if (err.msg[0] == '\0') {
        fuzz_fail("an error that says nothing");
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_request r = {.rest = {data, size}};

    r.arena = size <= HR_HTTP_BODY_BYTES_MAX ? hr_arena_create(8192, 1u << 20) : NULL;
    if (r.arena == NULL) {
        return 0;
    }
    fuzz_read(&r);
    fuzz_guard(&r, "127.0.0.1:8686", NULL);
    fuzz_guard(&r, "0.0.0.0:5001", "0123456789abcdef0123456789abcdef");
    fuzz_uri(&r);
    fuzz_form(&r);
    hr_arena_destroy(r.arena);
    return 0;
}
