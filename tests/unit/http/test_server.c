/* The server as clients see it: what it answers, refuses and cuts off.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "http_rig.h"
#include "engine/clock.h"

#include <unistd.h>

/* ---- handlers -------------------------------------------------------------------------------- */

static void
say_hello(void *ctx, hr_http_request *request)
{
    hr_http_answer(request, 200, "text/plain", hr_span_str(ctx != NULL ? ctx : "hello"), NULL);
}

/* The parts of the request, a line each. */
static void
say_what_came(void *ctx, hr_http_request *request)
{
    char text[2048];
    const char *id = hr_http_path_param(request, "id"), *q = hr_http_query(request, "q");
    const char *header = hr_http_header(request, "x-test");
    hr_span body = hr_http_body(request);

    (void)ctx;
    snprintf(text, sizeof text, "%s %s id=%s q=%s x=%s body=%.*s", hr_http_method(request),
             hr_http_path(request), id != NULL ? id : "-", q != NULL ? q : "-",
             header != NULL ? header : "-", (int)body.len, (const char *)body.data);
    hr_http_answer(request, 200, "text/plain", hr_span_str(text), NULL);
}

static void
say_form(void *ctx, hr_http_request *request)
{
    const hr_http_field *fields;
    hr_error err = {0};
    char text[1024] = "";
    size_t n, used = 0;

    (void)ctx;
    if (hr_http_form(request, &fields, &n, &err) != HR_OK) {
        hr_http_answer_error(request, 400, "bad-form", "%s", err.msg);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s=%s;", fields[i].name,
                                 (const char *)fields[i].value.data);
    }
    hr_http_answer(request, 200, "text/plain", hr_span_str(text), NULL);
}

static void
say_page(void *ctx, hr_http_request *request)
{
    static const char *const extra[] = {"Cache-Control", "no-cache", "ETag", "\"1\"", NULL};

    (void)ctx;
    hr_http_answer(request, 200, "text/html; charset=utf-8", HR_SPAN_LIT("<p>"), extra);
}

static void
keep(void *ctx, hr_http_request *request)
{
    *(hr_http_request **)ctx = request;
}

static http_rig *
started(void)
{
    http_rig *rig = rig_create("127.0.0.1:0", NULL);

    rig_route(rig, "GET", "/", say_hello, NULL);
    rig_route(rig, "GET", "/items/{id}", say_what_came, rig);
    rig_route(rig, "POST", "/items/{id}", say_what_came, rig);
    rig_route(rig, "POST", "/form", say_form, rig);
    rig_route(rig, "GET", "/page", say_page, rig);
    hr_http_server_ready(rig->server, true);
    rig_start(rig);
    return rig;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void
a_get_is_answered_with_the_headers_that_protect_pages(void **state)
{
    http_rig *rig = started();

    (void)state;
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\n\n"), 200);
    assert_string_equal(rig->answer.body, "hello");
    assert_string_equal(http_answer_header(&rig->answer, "Content-Type"), "text/plain");
    assert_string_equal(http_answer_header(&rig->answer, "Cache-Control"), "no-store");
    assert_string_equal(http_answer_header(&rig->answer, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(http_answer_header(&rig->answer, "Referrer-Policy"), "same-origin");
    assert_string_equal(http_answer_header(&rig->answer, "X-Frame-Options"), "DENY");
    assert_string_equal(http_answer_header(&rig->answer, "Cross-Origin-Resource-Policy"),
                        "same-origin");
    assert_string_equal(http_answer_header(&rig->answer, "Content-Security-Policy"), "");
    assert_string_equal(http_answer_header(&rig->answer, "Access-Control-Allow-Origin"), "");
    assert_int_equal(rig_ask(rig, "GET /page HTTP/1.1\nHost: @\n\n"), 200);
    assert_has_text(http_answer_header(&rig->answer, "Content-Security-Policy"),
                    "default-src 'none'; script-src 'self'");
    assert_string_equal(http_answer_header(&rig->answer, "Cache-Control"), "no-cache");
    assert_string_equal(http_answer_header(&rig->answer, "ETag"), "\"1\"");
    rig_destroy(rig);
}

static void
a_handler_sees_the_parts_of_a_request(void **state)
{
    http_rig *rig = started();

    (void)state;
    rig_ask(rig, "GET /items/a%2Fb%20c?x=1&q=1%2B1+2&q=3 HTTP/1.1\nHost: @\nX-Test: yes\n\n");
    assert_string_equal(rig->answer.body, "GET /items/a/b c id=a/b c q=1+1 2 x=yes body=");
    rig_ask(rig, "POST /items/7 HTTP/1.1\nHost: @\nContent-Length: 3\n\nabc");
    assert_string_equal(rig->answer.body, "POST /items/7 id=7 q=- x=- body=abc");
    rig_ask(rig, "POST /items/7 HTTP/1.1\nHost: @\nTransfer-Encoding: chunked\n\n"
                 "2\nab\n1\nc\n0\n\n");
    assert_string_equal(rig->answer.body, "POST /items/7 id=7 q=- x=- body=abc");
    rig_destroy(rig);
}

static void
a_head_is_a_get_without_its_body(void **state)
{
    http_rig *rig = started();

    (void)state;
    assert_int_equal(rig_ask(rig, "HEAD / HTTP/1.1\nHost: @\n\n"), 200);
    assert_string_equal(http_answer_header(&rig->answer, "Content-Length"), "5");
    rig_destroy(rig);
}

static void
a_path_with_another_method_says_which_it_has(void **state)
{
    http_rig *rig = started();

    (void)state;
    assert_int_equal(rig_ask(rig, "DELETE /items/7 HTTP/1.1\nHost: @\n\n"), 405);
    assert_string_equal(http_answer_header(&rig->answer, "Allow"), "GET, HEAD, POST");
    assert_has_text(rig->answer.body, "{\"status\":\"ERROR\",\"code\":\"wrong-method\",");
    assert_int_equal(rig_ask(rig, "OPTIONS / HTTP/1.1\nHost: @\n\n"), 405);
    assert_string_equal(http_answer_header(&rig->answer, "Allow"), "GET, HEAD");
    rig_destroy(rig);
}

static void
a_path_that_is_not_there_is_404_once_the_server_is_ready(void **state)
{
    http_rig *rig = started();

    (void)state;
    assert_int_equal(rig_ask(rig, "GET /no HTTP/1.1\nHost: @\n\n"), 404);
    assert_string_equal(rig->answer.body, "{\"status\":\"ERROR\",\"code\":\"not-found\","
                                          "\"message\":\"there is no such path\"}\n");
    hr_http_server_ready(rig->server, false);
    assert_int_equal(rig_ask(rig, "GET /no HTTP/1.1\nHost: @\n\n"), 503);
    assert_string_equal(http_answer_header(&rig->answer, "Retry-After"), "1");
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\n\n"), 200);
    rig_destroy(rig);
}

static void
forms_are_read_in_both_encodings(void **state)
{
    http_rig *rig = started();

    (void)state;
    rig_ask(rig, "POST /form HTTP/1.1\nHost: @\nContent-Type: application/x-www-form-urlencoded\n"
                 "Content-Length: 17\n\na=1&b=x+y&c=%C3%A4");
    assert_int_equal(rig->answer.status, 400); /* cut in an escape */
    rig_ask(rig, "POST /form HTTP/1.1\nHost: @\nContent-Type: application/x-www-form-urlencoded; "
                 "charset=UTF-8\nContent-Length: 18\n\na=1&b=x+y&c=%C3%A4");
    assert_string_equal(rig->answer.body, "a=1;b=x y;c=\xc3\xa4;");
    rig_ask(rig, "POST /form HTTP/1.1\nHost: @\nContent-Type: multipart/form-data; boundary=xx\n"
                 "Content-Length: 64\n\n--xx\nContent-Disposition: form-data; name=\"a\"\n\n"
                 "1\n2\n--xx--\n");
    assert_string_equal(rig->answer.body, "a=1\r\n2;");
    rig_ask(rig, "POST /form HTTP/1.1\nHost: @\nContent-Length: 3\n\na=1");
    assert_int_equal(rig->answer.status, 400);
    assert_has_text(rig->answer.body, "the body is not a form");
    rig_destroy(rig);
}

static void
requests_may_follow_each_other_on_a_connection(void **state)
{
    http_rig *rig = started();
    char text[512];
    int fd = http_client_connect(rig->address);

    (void)state;
    snprintf(text, sizeof text,
             "GET / HTTP/1.1\r\nHost: %s\r\n\r\n"
             "POST /items/7 HTTP/1.1\r\nHost: %s\r\nContent-Length: 1\r\n\r\nx"
             "GET /no HTTP/1.1\r\nHost: %s\r\n\r\n",
             rig->address, rig->address, rig->address);
    http_client_send(fd, text);
    http_client_receive(fd, &rig->answer, false);
    assert_string_equal(rig->answer.body, "hello");
    http_client_receive(fd, &rig->answer, false);
    assert_string_equal(rig->answer.body, "POST /items/7 id=7 q=- x=- body=x");
    http_client_receive(fd, &rig->answer, false);
    assert_int_equal(rig->answer.status, 404);
    http_client_send(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    http_client_receive(fd, &rig->answer, false);
    assert_int_equal(rig->answer.status, 200);
    close(fd);
    rig_destroy(rig);
}

static void
a_client_that_asks_first_may_send_its_body(void **state)
{
    http_rig *rig = started();
    int fd = http_client_connect(rig->address);

    (void)state;
    http_client_send(fd, "POST /items/7 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
                         "Expect: 100-continue\r\n\r\n");
    http_client_receive(fd, &rig->answer, true);
    assert_int_equal(rig->answer.status, 100);
    http_client_send(fd, "x");
    http_client_receive(fd, &rig->answer, false);
    assert_int_equal(rig->answer.status, 200);
    close(fd);
    rig_destroy(rig);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void
paths_and_queries_that_are_no_text_are_refused(void **state)
{
    static const char *const uris[] = {"/%",      "/%4",       "/%zz",      "/a%00b", "/%ff",
                                       "/../x",   "/a/%2e%2e", "/./x",      "x",      "/?a=%00",
                                       "/?a=%c3", "/?%",       "http://x/", "*",      "/x#y"};
    http_rig *rig = started();

    (void)state;
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        char text[256];

        snprintf(text, sizeof text, "GET %s HTTP/1.1\nHost: @\n\n", uris[i]);
        if (rig_ask(rig, text) != 400) {
            fail_msg("%s: %d", uris[i], rig->answer.status);
        }
        assert_has_text(rig->answer.body, "\"code\":\"bad-");
    }
    rig_destroy(rig);
}

/* A request with n bytes in one header, or n short headers. */
static int
ask_with_headers(http_rig *rig, size_t bytes, size_t count)
{
    char *text = malloc(bytes + count * 8 + 256);
    size_t n = (size_t)sprintf(text, "GET / HTTP/1.1\nHost: @\n");

    assert_non_null(text);
    if (bytes > 0) {
        n += (size_t)sprintf(text + n, "X-Long: ");
        memset(text + n, 'x', bytes);
        n += bytes;
        text[n++] = '\n';
    }
    for (size_t i = 0; i < count; i++) {
        n += (size_t)sprintf(text + n, "X: 1\n");
    }
    sprintf(text + n, "\n");
    rig_ask(rig, text);
    free(text);
    return rig->answer.status;
}

static void
headers_have_a_limit(void **state)
{
    http_rig *rig = started();

    (void)state;
    assert_int_equal(ask_with_headers(rig, 8000, 0), 200);
    assert_int_equal(ask_with_headers(rig, 8300, 0), 431);
    assert_has_text(rig->answer.body, "headers-too-large");
    assert_int_equal(ask_with_headers(rig, 0, 99), 200);
    assert_int_equal(ask_with_headers(rig, 0, 101), 431);
    assert_int_equal(ask_with_headers(rig, 40000, 0), 431);
    rig_destroy(rig);
}

static void
a_body_has_a_limit_whether_its_length_is_said_or_not(void **state)
{
    http_rig *rig = started();
    char *text = malloc(256 * 1024);
    size_t n;

    (void)state;
    n = (size_t)sprintf(text, "POST /form HTTP/1.1\nHost: @\nContent-Length: 65536\n\n");
    memset(text + n, 'x', 65536);
    text[n + 65536] = '\0';
    assert_int_equal(rig_ask(rig, text), 400); /* read, and no form */
    assert_int_equal(rig_ask(rig, "POST /form HTTP/1.1\nHost: @\nExpect: 100-continue\n"
                                  "Content-Length: 65537\n\n"),
                     413);
    assert_int_equal(
        rig_ask(rig, "POST /form HTTP/1.1\nHost: @\nContent-Length: 99999999999999999\n\n"), 413);
    n = (size_t)sprintf(text,
                        "POST /form HTTP/1.1\nHost: @\nTransfer-Encoding: chunked\n\n11170\n");
    memset(text + n, 'x', 0x11170);
    memcpy(text + n + 0x11170, "\n0\n\n", 5);
    assert_int_equal(rig_ask(rig, text), 413);
    assert_has_text(rig->answer.body, "body-too-large");
    free(text);
    rig_destroy(rig);
}

static void
a_body_whose_length_is_not_clear_is_refused(void **state)
{
    static const char *const headers[] = {
        "Content-Length: 1\nContent-Length: 1",
        "Content-Length: 1\nContent-Length: 2",
        "Content-Length: 1\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity",
        "Content-Length: -1",
        "Content-Length: 1x",
        "Content-Length: +1",
    };
    http_rig *rig = started();

    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        char text[256];

        snprintf(text, sizeof text, "POST /form HTTP/1.1\nHost: @\n%s\n\nx", headers[i]);
        if (rig_ask(rig, text) != 400 && rig->answer.status != 413) {
            fail_msg("%s: %d", headers[i], rig->answer.status);
        }
    }
    rig_destroy(rig);
}

static void
names_that_are_not_the_servers_are_refused(void **state)
{
    http_rig *rig = started();

    (void)state;
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: evil.example\n\n"), 421);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: localhost:1\n\n"), 421);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: 127.0.0.1.evil.example\n\n"), 421);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\nHost: @\n\n"), 400);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\n\n"), 400);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.0\n\n"), 400);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: LOCALHOST\n\n"), 200);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: [::1]\n\n"), 200);
    rig_destroy(rig);
}

static void
pages_of_other_sites_are_refused(void **state)
{
    http_rig *rig = started();

    (void)state;
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\nOrigin: http://@\n\n"), 200);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\nOrigin: http://evil\n\n"), 403);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\nOrigin: null\n\n"), 403);
    assert_int_equal(rig_ask(rig, "POST /form HTTP/1.1\nHost: @\nOrigin: http://@.evil\n"
                                  "Content-Length: 1\n\nx"),
                     403);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\nSec-Fetch-Site: cross-site\n\n"), 200);
    assert_int_equal(rig_ask(rig, "POST /form HTTP/1.1\nHost: @\nSec-Fetch-Site: cross-site\n"
                                  "Content-Length: 1\n\nx"),
                     403);
    rig_destroy(rig);
}

static void
a_token_is_wanted_where_there_is_one(void **state)
{
    http_rig *rig = rig_create("127.0.0.1:0", RIG_TOKEN);

    (void)state;
    rig_route(rig, "GET", "/", say_hello, NULL);
    rig_start(rig);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\n\n"), 401);
    assert_has_text(rig->answer.head, "WWW-Authenticate: Basic realm=\"headrace\"");
    assert_has_text(rig->answer.head, "WWW-Authenticate: Bearer realm=\"headrace\"");
    assert_int_equal(rig_ask(rig, "GET /no HTTP/1.1\nHost: @\n\n"), 401);
    assert_int_equal(
        rig_ask(rig, "GET / HTTP/1.1\nHost: @\nAuthorization: Bearer " RIG_TOKEN "\n\n"), 200);
    assert_int_equal(
        rig_ask(rig, "GET / HTTP/1.1\nHost: @\nAuthorization: Bearer " RIG_TOKEN "0\n\n"), 401);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\nAuthorization: Bearer 0\n\n"), 401);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\nAuthorization: Basic "
                                  "dTowMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==\n\n"),
                     200);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\nAuthorization: Basic dTow\n\n"), 401);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\nAuthorization: Basic ???\n\n"), 401);
    rig_destroy(rig);
}

static int
create_fails(const char *listen, const char *token, hr_error *err)
{
    hr_http_conf conf = {.listen = rig_text(listen), .token = rig_text(token)};
    hr_http_server *server;
    int rc;

    memset(err, 0, sizeof *err);
    rc = hr_http_server_create(&conf, &server, err);
    assert_null(server);
    assert_int_equal(err->loc.line, 3);
    return rc;
}

static void
an_unsafe_address_is_an_error_with_its_place(void **state)
{
    hr_error err;

    (void)state;
    assert_int_equal(create_fails("0.0.0.0:0", NULL, &err), HR_ECONFIG);
    assert_string_equal(err.slug, "token-needed");
    assert_int_equal(create_fails("[::]:0", NULL, &err), HR_ECONFIG);
    assert_int_equal(create_fails("0.0.0.0:0", "short", &err), HR_ECONFIG);
    assert_string_equal(err.slug, "weak-token");
    assert_int_equal(create_fails("127.0.0.1", NULL, &err), HR_ECONFIG);
    assert_int_equal(create_fails("127.0.0.1:99999", NULL, &err), HR_ECONFIG);
    assert_int_equal(create_fails("127.0.0.1:x", NULL, &err), HR_ECONFIG);
    assert_int_equal(create_fails("::1:80", NULL, &err), HR_ECONFIG);
    assert_string_equal(err.slug, "address");
}

static void
an_address_for_all_takes_literal_hosts_and_those_listed(void **state)
{
    http_rig *rig = rig_create("0.0.0.0:0", RIG_TOKEN);
    static const char with_token[] = "Authorization: Bearer " RIG_TOKEN "\n\n";
    char text[256];

    (void)state;
    rig->hosts[0] = rig_text("Streams.example");
    rig->hosts[1] = rig_text("other.example:8443");
    rig->conf.hosts.n = 2;
    rig_route(rig, "GET", "/", say_hello, NULL);
    rig_start(rig);
    snprintf(text, sizeof text, "GET / HTTP/1.1\nHost: 10.1.2.3\n%s", with_token);
    assert_int_equal(rig_ask(rig, text), 200);
    snprintf(text, sizeof text, "GET / HTTP/1.1\nHost: streams.example\n%s", with_token);
    assert_int_equal(rig_ask(rig, text), 200);
    snprintf(text, sizeof text, "GET / HTTP/1.1\nHost: other.example:8443\n%s", with_token);
    assert_int_equal(rig_ask(rig, text), 200);
    snprintf(text, sizeof text, "GET / HTTP/1.1\nHost: other.example:1\n%s", with_token);
    assert_int_equal(rig_ask(rig, text), 421);
    snprintf(text, sizeof text, "GET / HTTP/1.1\nHost: evil.example\n%s", with_token);
    assert_int_equal(rig_ask(rig, text), 421);
    rig_destroy(rig);
}

static void
a_taken_address_is_an_error_with_its_place(void **state)
{
    http_rig *rig = started();
    hr_error err;

    (void)state;
    assert_int_equal(create_fails(rig->address, NULL, &err), HR_EIO);
    assert_string_equal(err.slug, "address-in-use");
    assert_has_text(err.msg, rig->address);
    rig_destroy(rig);
}

/* A browser that gets a reset instead of a 401 does not ask for the token. */
static void
a_client_that_is_refused_hears_it_though_it_sends_a_body(void **state)
{
    http_rig *rig = started();
    int fd = http_client_connect(rig->address);
    char *text = calloc(1, 128 * 1024);
    size_t n;

    (void)state;
    assert_non_null(text);
    n = (size_t)snprintf(text, 1024,
                         "POST /form HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n"
                         "Content-Length: 65536\r\n\r\n");
    memset(text + n, 'x', 65536);
    http_client_send(fd, text);
    http_client_receive(fd, &rig->answer, false);
    assert_int_equal(rig->answer.status, 403);
    http_client_send(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    http_client_receive(fd, &rig->answer, false);
    assert_int_equal(rig->answer.status, 200);
    http_client_send(fd, "POST /form HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n"
                         "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    http_client_receive(fd, &rig->answer, false);
    assert_int_equal(rig->answer.status, 403);
    close(fd);
    free(text);
    rig_destroy(rig);
}

static void
a_client_that_sends_without_end_is_cut_off(void **state)
{
    http_rig *rig = started();
    int fd = http_client_connect(rig->address);
    char chunk[4096 + 16];
    int n = snprintf(chunk, sizeof chunk, "1000\r\n");
    size_t sent = 0;

    (void)state;
    memset(chunk + n, 'x', 4096);
    memcpy(chunk + n + 4096, "\r\n", 3);
    http_client_send(fd, "POST /form HTTP/1.1\r\nHost: localhost\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n");
    while (http_client_try(fd, chunk, (size_t)n + 4096 + 2) && sent < (64u << 20)) {
        sent += 4096;
    }
    assert_in_range(sent, 1u << 20, 32u << 20); /* what the sockets hold comes on top */
    close(fd);
    rig_destroy(rig);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* A machine that pauses makes slow clients of all. */
enum { HURRY_MS = 1000, DRIP_MS_MIN = HURRY_MS - 100, DRIP_MS_MAX = 20000 };

static http_rig *
started_in_a_hurry(void)
{
    http_rig *rig = rig_create("127.0.0.1:0", NULL);

    hr_http_server_destroy(rig->server);
    rig->limits.request_ms = HURRY_MS;
    rig->limits.answer_ms = HURRY_MS;
    rig->limits.connections = 2;
    assert_int_equal(hr_http_server_create_with(&rig->conf, &rig->limits, &rig->server, NULL),
                     HR_OK);
    rig->address = hr_http_server_address(rig->server);
    return rig;
}

/* Sends a byte each 20 ms until the server has enough of it; how long that took. */
static int64_t
dripped(http_rig *rig, const char *start)
{
    int64_t begun = hr_clock_ms();
    int fd = http_client_connect(rig->address);

    http_client_send(fd, start);
    while (!http_client_closed(fd, 20) && hr_clock_ms() - begun < DRIP_MS_MAX) {
        http_client_try(fd, "x", 1);
    }
    close(fd);
    return hr_clock_ms() - begun;
}

static void
a_slow_client_is_cut_off(void **state)
{
    http_rig *rig = started_in_a_hurry();

    (void)state;
    rig_route(rig, "POST", "/", say_hello, NULL);
    rig_start(rig);
    assert_in_range(dripped(rig, ""), DRIP_MS_MIN, DRIP_MS_MAX - 1);
    assert_in_range(dripped(rig, "GET /"), DRIP_MS_MIN, DRIP_MS_MAX - 1);
    assert_in_range(dripped(rig, "GET / HTTP/1.1\r\nX: "), DRIP_MS_MIN, DRIP_MS_MAX - 1);
    assert_in_range(dripped(rig, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n"
                                 "\r\n"),
                    DRIP_MS_MIN, DRIP_MS_MAX - 1);
    assert_int_equal(rig_ask(rig, "POST / HTTP/1.1\nHost: @\n\n"), 200);
    rig_destroy(rig);
}

static void
say_much(void *ctx, hr_http_request *request)
{
    size_t len = (size_t)16 << 20;
    char *bytes = calloc(1, len);

    (void)ctx;
    hr_http_answer(request, 200, "text/plain", (hr_span){(uint8_t *)bytes, len}, NULL);
    free(bytes);
}

static void
a_client_that_does_not_read_is_cut_off(void **state)
{
    http_rig *rig = started_in_a_hurry();
    int fds[2];

    (void)state;
    rig_route(rig, "GET", "/", say_hello, NULL);
    rig_route(rig, "GET", "/much", say_much, NULL);
    rig_start(rig);
    for (int i = 0; i < 2; i++) {
        fds[i] = http_client_connect(rig->address);
        http_client_send(fds[i], "GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\n\n"), 200); /* there is room again */
    close(fds[0]);
    close(fds[1]);
    rig_destroy(rig);
}

static void
connections_are_bounded_and_others_wait(void **state)
{
    http_rig *rig = started_in_a_hurry();
    int fds[2];

    (void)state;
    rig_route(rig, "GET", "/", say_hello, NULL);
    rig_start(rig);
    fds[0] = http_client_connect(rig->address);
    fds[1] = http_client_connect(rig->address);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\n\n"), 200); /* once those were cut */
    assert_true(http_client_closed(fds[0], 5 * HURRY_MS));
    close(fds[0]);
    close(fds[1]);
    rig_destroy(rig);
}

static void
a_request_that_is_kept_is_not_cut_off(void **state)
{
    http_rig *rig = started_in_a_hurry();
    hr_http_request *volatile kept = NULL;
    int fd;

    (void)state;
    rig_route(rig, "GET", "/", keep, (void *)(uintptr_t)&kept);
    rig_start(rig);
    fd = http_client_connect(rig->address);
    http_client_send(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_false(http_client_closed(fd, 3 * HURRY_MS));
    hr_http_server_quiesce(rig->server); /* also a barrier: the handler has run */
    assert_non_null(kept);
    hr_http_answer_error(kept, 500, "late", "at %d", 1);
    http_client_receive(fd, &rig->answer, false);
    assert_int_equal(rig->answer.status, 500);
    assert_string_equal(rig->answer.body,
                        "{\"status\":\"ERROR\",\"code\":\"late\",\"message\":\"at 1\"}\n");
    close(fd);
    rig_destroy(rig);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void
what_is_kept_when_the_server_goes_is_answered_and_may_be_answered_again(void **state)
{
    http_rig *rig = started();
    hr_http_request *volatile kept = NULL;
    int fd;

    (void)state;
    rig_route(rig, "GET", "/kept", keep, (void *)(uintptr_t)&kept);
    fd = http_client_connect(rig->address);
    http_client_send(fd, "GET /kept HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (kept == NULL) {
        assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\n\n"), 200);
    }
    hr_http_server_destroy(rig->server);
    rig->server = NULL;
    http_client_receive(fd, &rig->answer, false);
    assert_int_equal(rig->answer.status, 503);
    assert_string_equal(hr_http_path(kept), "/kept");
    hr_http_answer(kept, 200, NULL, (hr_span){NULL, 0}, NULL);
    close(fd);
    rig_destroy(rig);
}

static void
a_server_that_quiesces_takes_no_more(void **state)
{
    http_rig *rig = started();
    int fd = http_client_connect(rig->address);

    (void)state;
    http_client_send(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    http_client_receive(fd, &rig->answer, false);
    assert_int_equal(rig->answer.status, 200);
    hr_http_server_quiesce(rig->server);
    http_client_send(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    http_client_receive(fd, &rig->answer, false);
    assert_int_equal(rig->answer.status, 503);
    close(fd);
    rig_destroy(rig);
}

static void
a_route_that_was_removed_is_not_there(void **state)
{
    http_rig *rig = started();
    hr_error err = {0};

    (void)state;
    assert_int_equal(hr_http_route_add(rig->server, "GET", "/items/{other}", say_hello, NULL, &err),
                     HR_ECONFIG);
    assert_has_text(err.msg, "there is a route GET /items/{other} already");
    hr_http_route_remove(rig->server, rig);
    assert_int_equal(rig_ask(rig, "GET /items/7 HTTP/1.1\nHost: @\n\n"), 404);
    assert_int_equal(rig_ask(rig, "GET / HTTP/1.1\nHost: @\n\n"), 200);
    rig_destroy(rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_is_answered_with_the_headers_that_protect_pages),
        cmocka_unit_test(a_handler_sees_the_parts_of_a_request),
        cmocka_unit_test(a_head_is_a_get_without_its_body),
        cmocka_unit_test(a_path_with_another_method_says_which_it_has),
        cmocka_unit_test(a_path_that_is_not_there_is_404_once_the_server_is_ready),
        cmocka_unit_test(forms_are_read_in_both_encodings),
        cmocka_unit_test(requests_may_follow_each_other_on_a_connection),
        cmocka_unit_test(a_client_that_asks_first_may_send_its_body),
        cmocka_unit_test(paths_and_queries_that_are_no_text_are_refused),
        cmocka_unit_test(headers_have_a_limit),
        cmocka_unit_test(a_body_has_a_limit_whether_its_length_is_said_or_not),
        cmocka_unit_test(a_body_whose_length_is_not_clear_is_refused),
        cmocka_unit_test(names_that_are_not_the_servers_are_refused),
        cmocka_unit_test(pages_of_other_sites_are_refused),
        cmocka_unit_test(a_token_is_wanted_where_there_is_one),
        cmocka_unit_test(a_client_that_is_refused_hears_it_though_it_sends_a_body),
        cmocka_unit_test(a_client_that_sends_without_end_is_cut_off),
        cmocka_unit_test(an_unsafe_address_is_an_error_with_its_place),
        cmocka_unit_test(an_address_for_all_takes_literal_hosts_and_those_listed),
        cmocka_unit_test(a_taken_address_is_an_error_with_its_place),
        cmocka_unit_test(a_slow_client_is_cut_off),
        cmocka_unit_test(a_client_that_does_not_read_is_cut_off),
        cmocka_unit_test(connections_are_bounded_and_others_wait),
        cmocka_unit_test(a_request_that_is_kept_is_not_cut_off),
        cmocka_unit_test(what_is_kept_when_the_server_goes_is_answered_and_may_be_answered_again),
        cmocka_unit_test(a_server_that_quiesces_takes_no_more),
        cmocka_unit_test(a_route_that_was_removed_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
