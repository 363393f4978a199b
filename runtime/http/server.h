/* The limits of a server, which only its tests change. Internal to runtime/http.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_HTTP_SERVER_H
#define HR_HTTP_SERVER_H
#include "http/http.h"

typedef struct hr_http_limits {
    unsigned connections;
    int64_t request_ms; /* a connection may take so long for a request: its line since the last
                           answer, and the rest since the line */
    int64_t answer_ms;  /* and a client for reading the answer */
    int64_t linger_ms;  /* destroy waits so long for answers to go out */
} hr_http_limits;

extern const hr_http_limits hr_http_limits_usual;

/* hr_http_server_create() with other limits. */
int hr_http_server_create_with(const hr_http_conf *conf, const hr_http_limits *limits,
                               hr_http_server **out, hr_error *err);

#endif
