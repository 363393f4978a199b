/* Asks a process's own server, for commands that show what another process does.
 *
 * By libcurl: over TLS too, where a proxy offers it before the server. Its library costs every
 * command 1.4 MiB and 2 ms at start, loaded or not; a client of our own would be one more parser of
 * what others send.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_LIVE_CLIENT_H
#define HR_LIVE_CLIENT_H
#include "record/buf.h"

#define HR_CLIENT_BODY_MAX ((size_t)16 << 20)
#define HR_CLIENT_TOKEN_ENV "HEADRACE_HTTP_TOKEN"

typedef struct hr_client hr_client;

typedef struct hr_client_conf {
    const char *url;        /* "127.0.0.1:8686", "http://host:port", "https://..." */
    const char *token_file; /* NULL: the environment's HEADRACE_HTTP_TOKEN, if any */
    bool (*stopped)(void);  /* asked while it waits; true: give up. May be NULL */
} hr_client_conf;

/* NULL with *err: the address is none (HR_ECONFIG), the token cannot be read. */
hr_client *hr_client_create(const hr_client_conf *conf, hr_error *err);
void hr_client_destroy(hr_client *client); /* accepts NULL */

/* The address that is asked, with its scheme and without a path. */
const char *hr_client_url(const hr_client *client);

/* Asks for `path` ("/topology") and puts the body of a 200 into *body, from its start. HR_OK;
 * HR_EIO when nothing answers in limit_ms, or too much; HR_ECONFIG when the answer is a refusal,
 * with its message and the remedy. */
int hr_client_get(hr_client *client, const char *path, long limit_ms, hr_buf *body, hr_error *err);

#endif
