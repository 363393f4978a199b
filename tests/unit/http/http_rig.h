/* A server on a free port with a configuration that the test writes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_RIG_H
#define HTTP_RIG_H
#include "http_client.h"
#include "http/server.h"

#include <stdio.h>
#include <stdlib.h>

#define RIG_TOKEN "0123456789abcdef0123456789abcdef"

typedef struct http_rig {
    hr_http_conf conf;
    hr_text hosts[4];
    hr_http_limits limits;
    hr_http_server *server;
    const char *address;
    http_answer answer;
} http_rig;

static inline hr_text
rig_text(const char *s)
{
    return (hr_text){.s = s, .len = s != NULL ? strlen(s) : 0, .loc = {"config.yaml", 3, 7}};
}

static inline http_rig *
rig_create(const char *listen, const char *token)
{
    http_rig *rig = calloc(1, sizeof *rig);
    hr_error err = {0};

    assert_non_null(rig);
    rig->conf.listen = rig_text(listen);
    rig->conf.token = rig_text(token);
    rig->conf.hosts.v = rig->hosts;
    rig->limits = hr_http_limits_usual;
    if (hr_http_server_create_with(&rig->conf, &rig->limits, &rig->server, &err) != HR_OK) {
        fail_msg("%s", err.msg);
    }
    rig->address = hr_http_server_address(rig->server);
    return rig;
}

static inline void
rig_start(http_rig *rig)
{
    hr_error err = {0};

    assert_int_equal(hr_http_server_start(rig->server, &err), HR_OK);
}

static inline void
rig_destroy(http_rig *rig)
{
    hr_http_server_destroy(rig->server);
    free(rig);
}

static inline void
rig_route(http_rig *rig, const char *method, const char *path, hr_http_handler handler, void *ctx)
{
    hr_error err = {0};

    if (hr_http_route_add(rig->server, method, path, handler, ctx, &err) != HR_OK) {
        fail_msg("%s", err.msg);
    }
}

static inline int
rig_ask(http_rig *rig, const char *text)
{
    return http_client_ask(rig->address, text, &rig->answer);
}

#endif
