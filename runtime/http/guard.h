/* Who may ask: what is checked of a request's headers before anything reads the rest.
 *
 * A server on this machine is reachable for every page in the browser of whoever sits there, so a
 * server without a token is guarded too: Host keeps out names that were bound to our address
 * (DNS rebinding), Origin keeps out the forms and scripts of other pages.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_HTTP_GUARD_H
#define HR_HTTP_GUARD_H
#include "http/address.h"
#include "http/http.h"

#define HR_HTTP_TOKEN_MIN 22 /* characters; 22 of base64 hold 128 bits */
#define HR_HTTP_HEADERS_MAX 100

typedef struct hr_http_guard {
    const hr_http_conf *conf;
    hr_http_address bound; /* host as configured, the port that was bound */
} hr_http_guard;

/* An answer that refuses. status 0: none. */
typedef struct hr_http_refusal {
    int status;
    const char *code, *message;
    bool challenge; /* with WWW-Authenticate */
    bool unread;    /* without reading the body: where that ends is not clear */
    char allow[64]; /* with Allow; empty: without */
} hr_http_refusal;

/* What is known of the body before it comes. */
typedef struct hr_http_length {
    bool is_said; /* false: chunked, or none */
    size_t bytes;
} hr_http_length;

/* The header by name without regard to case, NULL: none. */
const char *hr_http_headers_get(const hr_http_field *headers, size_t n, const char *name);

/* Fills *out (zeroed before) where the request must be refused; false then. Values of headers are
 * zero-terminated. thread: any */
bool hr_http_guard_check(const hr_http_guard *guard, const char *method,
                         const hr_http_field *headers, size_t n, hr_http_length *length,
                         hr_http_refusal *out);

/* HR_OK, or HR_ECONFIG with the place and the remedy when a server with this conf would be open to
 * others without a token, or its token is short, or the address is none. thread: any */
int hr_http_conf_check(const hr_http_conf *conf, hr_http_address *address, hr_error *err);

/* True when the conf says that there is no server. */
bool hr_http_conf_is_off(const hr_http_conf *conf);

#endif
