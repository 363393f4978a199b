/* SPDX-License-Identifier: Apache-2.0 */
#include "http/guard.h"
#include "codec/base64.h"

#include <stdlib.h>
#include <strings.h>

#define CREDENTIALS_MAX 1024

/* ---- headers
 * -------------------------------------------------------------------------------------- */

const char *
hr_http_headers_get(const hr_http_field *headers, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcasecmp(headers[i].name, name) == 0) {
            return (const char *)headers[i].value.data;
        }
    }
    return NULL;
}

static size_t
guard_count(const hr_http_field *headers, size_t n, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        count += strcasecmp(headers[i].name, name) == 0 ? 1 : 0;
    }
    return count;
}

static bool
guard_refuse(hr_http_refusal *out, int status, const char *code, const char *message)
{
    out->status = status;
    out->code = code;
    out->message = message;
    return false;
}

/* ---- the body's length
 * ---------------------------------------------------------------------------- */

static bool
guard_length(const hr_http_field *headers, size_t n, hr_http_length *length, hr_http_refusal *out)
{
    const char *text = hr_http_headers_get(headers, n, "Content-Length");
    const char *coding = hr_http_headers_get(headers, n, "Transfer-Encoding");
    size_t digits = text != NULL ? strspn(text, "0123456789") : 0;

    *length = (hr_http_length){text != NULL, 0};
    if ((text != NULL && coding != NULL) || guard_count(headers, n, "Content-Length") > 1 ||
        guard_count(headers, n, "Transfer-Encoding") > 1 ||
        (coding != NULL && strcasecmp(coding, "chunked") != 0) ||
        (text != NULL && (digits == 0 || text[digits] != '\0'))) {
        out->unread = true;
        return guard_refuse(out, 400, "bad-length", "the length of the body is not clear");
    }
    if (text == NULL) {
        return true;
    }
    length->bytes = digits < 10 ? (size_t)strtoul(text, NULL, 10) : SIZE_MAX;
    return length->bytes <= HR_HTTP_BODY_BYTES_MAX ||
           guard_refuse(out, 413, "body-too-large", "the body is larger than 64 KiB");
}

/* ---- Host and Origin
 * ------------------------------------------------------------------------------ */

/* A name that the configuration adds: without a port it stands for the port that is bound. */
static bool
guard_is_listed(const hr_http_guard *guard, const hr_http_address *host)
{
    for (size_t i = 0; i < guard->conf->hosts.n; i++) {
        const hr_text *text = &guard->conf->hosts.v[i];
        hr_http_address listed;

        if (hr_http_address_parse((hr_span){(const uint8_t *)text->s, text->len}, &listed) &&
            hr_http_address_same_host(&listed, host) &&
            (!host->has_port ||
             host->port == (listed.has_port ? listed.port : guard->bound.port))) {
            return true;
        }
    }
    return false;
}

/* Rebinding needs a name: a literal address in Host is where the browser really is. */
static bool
guard_host_ok(const hr_http_guard *guard, const hr_http_address *host)
{
    const hr_http_address *bound = &guard->bound;

    if (guard_is_listed(guard, host)) {
        return true;
    }
    if (host->has_port && host->port != bound->port) {
        return false;
    }
    if (hr_http_address_same_host(bound, host)) {
        return true;
    }
    if (hr_http_address_is_any(bound)) {
        return host->is_ipv4 || host->is_ipv6 || hr_http_address_is_loopback(host);
    }
    return hr_http_address_is_loopback(bound) &&
           (strcmp(host->host, "localhost") == 0 || strcmp(host->host, "127.0.0.1") == 0 ||
            (host->is_ipv6 && hr_http_address_is_loopback(host)));
}

/* "http://host:port", as a page at Host has it. A proxy that ends TLS makes it https. */
static bool
guard_origin_ok(const char *origin, const hr_http_address *host)
{
    bool tls = strncasecmp(origin, "https://", 8) == 0;
    uint16_t usual = tls ? 443 : 80;
    hr_http_address from;

    if (!tls && strncasecmp(origin, "http://", 7) != 0) {
        return false;
    }
    return hr_http_address_parse(hr_span_str(origin + (tls ? 8 : 7)), &from) &&
           hr_http_address_same_host(&from, host) &&
           (from.has_port ? from.port : usual) == (host->has_port ? host->port : usual);
}

static bool
guard_is_reading(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static bool
guard_site(const hr_http_guard *guard, const char *method, const hr_http_field *headers, size_t n,
           hr_http_refusal *out)
{
    const char *text = hr_http_headers_get(headers, n, "Host");
    const char *origin = hr_http_headers_get(headers, n, "Origin");
    const char *site = hr_http_headers_get(headers, n, "Sec-Fetch-Site");
    hr_http_address host;

    if (text == NULL || guard_count(headers, n, "Host") > 1) {
        return guard_refuse(out, 400, "bad-host", "a request has one Host header");
    }
    if (!hr_http_address_parse(hr_span_str(text), &host) || !guard_host_ok(guard, &host)) {
        return guard_refuse(out, 421, "wrong-host",
                            "this server does not go by the name in the Host header; `hosts` in "
                            "the configuration adds names");
    }
    if (guard_count(headers, n, "Origin") > 1 ||
        (origin != NULL && !guard_origin_ok(origin, &host))) {
        return guard_refuse(out, 403, "wrong-origin", "pages of other sites may not ask here");
    }
    if (site != NULL && strcasecmp(site, "cross-site") == 0 && !guard_is_reading(method)) {
        return guard_refuse(out, 403, "wrong-origin", "pages of other sites may not ask here");
    }
    return true;
}

/* ---- the token
 * ------------------------------------------------------------------------------------ */

/* Takes the same time wherever the two differ; the length of the token is no secret. */
static bool
guard_same(hr_span given, const hr_text *token)
{
    volatile uint8_t differs = given.len != token->len;

    for (size_t i = 0; i < given.len; i++) {
        differs |= (uint8_t)(given.data[i] ^ (uint8_t)token->s[i % token->len]);
    }
    return differs == 0;
}

/* The password of "user:password" in base64. */
static bool
guard_basic_ok(const char *text, const hr_text *token)
{
    uint8_t plain[CREDENTIALS_MAX];
    hr_span given = hr_span_str(text);
    const uint8_t *colon;
    size_t len;

    if (given.len > CREDENTIALS_MAX) {
        return false;
    }
    len = hr_base64_decode(given, plain);
    colon = len != SIZE_MAX && len > 0 ? memchr(plain, ':', len) : NULL;
    return colon != NULL &&
           guard_same((hr_span){colon + 1, len - (size_t)(colon + 1 - plain)}, token);
}

static bool
guard_token(const hr_http_guard *guard, const hr_http_field *headers, size_t n,
            hr_http_refusal *out)
{
    const hr_text *token = &guard->conf->token;
    const char *text = hr_http_headers_get(headers, n, "Authorization");
    bool ok = token->s == NULL;

    if (!ok && text != NULL && guard_count(headers, n, "Authorization") == 1) {
        if (strncasecmp(text, "Bearer ", 7) == 0) {
            ok = guard_same(hr_span_str(text + 7), token);
        } else if (strncasecmp(text, "Basic ", 6) == 0) {
            ok = guard_basic_ok(text + 6, token);
        }
    }
    if (ok) {
        return true;
    }
    out->challenge = true;
    return guard_refuse(out, 401, "unauthorized",
                        "this server wants its token: Authorization: Bearer TOKEN, or as the "
                        "password of any user");
}

bool
hr_http_guard_check(const hr_http_guard *guard, const char *method, const hr_http_field *headers,
                    size_t n, hr_http_length *length, hr_http_refusal *out)
{
    return guard_length(headers, n, length, out) && guard_site(guard, method, headers, n, out) &&
           guard_token(guard, headers, n, out);
}

/* ---- the configuration
 * ---------------------------------------------------------------------------- */

bool
hr_http_conf_is_off(const hr_http_conf *conf)
{
    return conf->listen.s == NULL || strcmp(conf->listen.s, "off") == 0;
}

static int
guard_check_token(const hr_text *token, hr_error *err)
{
    for (size_t i = 0; token->s != NULL && i < token->len; i++) {
        if (token->s[i] <= ' ' || token->s[i] >= 0x7f) {
            hr_fail_as(err, token->loc, "weak-token",
                       "the token has characters that no header can");
            err->width = hr_text_width(token);
            return hr_hint(err, "make one with: openssl rand -hex 16");
        }
    }
    if (token->s != NULL && token->len < HR_HTTP_TOKEN_MIN) {
        hr_fail_as(err, token->loc, "weak-token", "the token is shorter than %d characters",
                   HR_HTTP_TOKEN_MIN);
        err->width = hr_text_width(token);
        return hr_hint(err, "make one with: openssl rand -hex 16");
    }
    return HR_OK;
}

int
hr_http_conf_check(const hr_http_conf *conf, hr_http_address *address, hr_error *err)
{
    const hr_text *listen = &conf->listen;

    if (!hr_http_address_parse((hr_span){(const uint8_t *)listen->s, listen->len}, address) ||
        !address->has_port) {
        hr_fail_as(err, listen->loc, "address", "'listen' is not host:port");
        err->width = hr_text_width(listen);
        return hr_hint(err, "write '127.0.0.1:8686', or port 0 for a free one");
    }
    for (size_t i = 0; i < conf->hosts.n; i++) {
        const hr_text *host = &conf->hosts.v[i];
        hr_http_address parsed;

        if (!hr_http_address_parse((hr_span){(const uint8_t *)host->s, host->len}, &parsed)) {
            hr_fail_as(err, host->loc, "address", "an entry of 'hosts' is no name of a host");
            err->width = hr_text_width(host);
            return hr_hint(err, "write name or name:port");
        }
    }
    if (conf->token.s == NULL && !hr_http_address_is_loopback(address)) {
        hr_fail_as(err, listen->loc, "token-needed",
                   "an address that others can reach needs a token");
        err->width = hr_text_width(listen);
        return hr_hint(err, "add `token: '${env:NAME}'`, or listen on 127.0.0.1");
    }
    return guard_check_token(&conf->token, err);
}
