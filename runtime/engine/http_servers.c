/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http_servers.h"
#include "engine/thread.h"
#include "http/guard.h"

#include <stdlib.h>
#include <string.h>

struct hr_http_servers {
    const hr_runner *runner;
    hr_http_server *own;
    hr_http_server **of; /* by connection; NULL: not used */
    bool ready;
};

/* ---- binding
 * -------------------------------------------------------------------------------------- */

/* The same conf with a free port; NULL: out of memory. */
static const hr_http_conf *
servers_free_port(const hr_http_servers *servers, const hr_http_conf *conf)
{
    hr_arena *arena = servers->runner->arena;
    size_t host_len = (size_t)(strrchr(conf->listen.s, ':') - conf->listen.s);
    hr_http_conf *moved = hr_arena_calloc(arena, 1, sizeof *moved);
    const char *text = hr_arena_printf(arena, "%.*s:0", (int)host_len, conf->listen.s);

    if (moved == NULL || text == NULL) {
        return NULL;
    }
    *moved = *conf;
    moved->listen.s = text;
    moved->listen.len = strlen(text);
    return moved;
}

/* Binds an address or, where it may move and is a loopback one that is taken, the same host with a
 * free port. */
static int
servers_bind(const hr_http_servers *servers, const hr_http_conf *conf, bool moves,
             hr_http_server **out, hr_error *err)
{
    int rc = hr_http_server_create(conf, out, err);
    hr_http_address address;

    if (rc != HR_EIO || !moves || err->slug == NULL || strcmp(err->slug, "address-in-use") != 0 ||
        hr_http_conf_check(conf, &address, err) != HR_OK ||
        !hr_http_address_is_loopback(&address)) {
        return rc;
    }
    if (!conf->moves) {
        hr_log(HR_LOG_WARN,
               "http takes a free port: another process has that of the configuration" HR_LOG_KV
               "listen=%s",
               conf->listen.s);
    }
    conf = servers_free_port(servers, conf);
    return conf != NULL ? hr_http_server_create(conf, out, err)
                        : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

static int
servers_bind_own(hr_http_servers *servers, hr_error *err)
{
    const hr_http_conf *conf = &servers->runner->http;

    return hr_http_conf_is_off(conf) ? HR_OK
                                     : servers_bind(servers, conf, true, &servers->own, err);
}

hr_http_servers *
hr_http_servers_create(const hr_runner *runner, hr_error *err)
{
    hr_http_servers *servers = calloc(1, sizeof *servers);

    if (servers == NULL) {
        hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        return NULL;
    }
    servers->runner = runner;
    servers->of = calloc(runner->n_connections + 1, sizeof(hr_http_server *));
    if (servers->of == NULL || servers_bind_own(servers, err) != HR_OK) {
        if (servers->of == NULL) {
            hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        }
        hr_http_servers_destroy(servers);
        return NULL;
    }
    return servers;
}

static int
servers_use_node(hr_http_servers *servers, const hr_run *run, const hr_node *node, hr_error *err)
{
    const hr_connection *connection = hr_run_connection(run, node);
    size_t i;

    if (connection == NULL || connection->type != HR_CONNECTION_HTTP) {
        return HR_OK;
    }
    i = (size_t)(connection - servers->runner->connections);
    return servers->of[i] != NULL ? HR_OK
                                  : servers_bind(servers, &connection->u.http,
                                                 connection->u.http.moves, &servers->of[i], err);
}

int
hr_http_servers_use(hr_http_servers *servers, const hr_run *run, hr_error *err)
{
    const hr_topology *t = run->topology;
    int rc = HR_OK;

    for (size_t i = 0; i < t->n_sources && rc == HR_OK; i++) {
        rc = servers_use_node(servers, run, &t->sources[i], err);
    }
    for (size_t i = 0; i < t->n_endpoints && rc == HR_OK && !run->options.dry; i++) {
        rc = servers_use_node(servers, run, &t->endpoints[i], err);
    }
    return rc;
}

/* ---- life
 * ----------------------------------------------------------------------------------------- */

static int
servers_start_one(hr_http_server *server, const char *what, hr_error *err)
{
    int rc = hr_http_server_start(server, err);

    if (rc == HR_OK) {
        hr_log(HR_LOG_INFO, "http on http://%s/" HR_LOG_KV "of=%s", hr_http_server_address(server),
               what);
    }
    return rc;
}

int
hr_http_servers_start(hr_http_servers *servers, hr_error *err)
{
    int rc = servers->own != NULL ? servers_start_one(servers->own, "headrace", err) : HR_OK;

    for (size_t i = 0; i < servers->runner->n_connections && rc == HR_OK; i++) {
        if (servers->of[i] != NULL) {
            rc = servers_start_one(servers->of[i], servers->runner->connections[i].name.s, err);
        }
    }
    return rc;
}

void
hr_http_servers_ready(hr_http_servers *servers)
{
    if (servers->ready) {
        return;
    }
    servers->ready = true;
    if (servers->own != NULL) {
        hr_http_server_ready(servers->own, true);
    }
    for (size_t i = 0; i < servers->runner->n_connections; i++) {
        if (servers->of[i] != NULL) {
            hr_http_server_ready(servers->of[i], true);
        }
    }
}

void
hr_http_servers_quiesce(hr_http_servers *servers)
{
    for (size_t i = 0; i < servers->runner->n_connections; i++) {
        if (servers->of[i] != NULL) {
            hr_http_server_quiesce(servers->of[i]);
        }
    }
}

void
hr_http_servers_end_own(hr_http_servers *servers)
{
    if (servers != NULL) {
        hr_http_server_destroy(servers->own);
        servers->own = NULL;
    }
}

void
hr_http_servers_destroy(hr_http_servers *servers)
{
    if (servers == NULL) {
        return;
    }
    hr_http_server_destroy(servers->own);
    for (size_t i = 0; servers->of != NULL && i < servers->runner->n_connections; i++) {
        hr_http_server_destroy(servers->of[i]);
    }
    free(servers->of);
    free(servers);
}

/* ---- looking
 * -------------------------------------------------------------------------------------- */

hr_http_server *
hr_http_servers_own(const hr_http_servers *servers)
{
    return servers->own;
}

hr_http_server *
hr_run_http(const hr_run *run, const hr_connection *connection)
{
    if (run->http == NULL || connection == NULL || connection->type != HR_CONNECTION_HTTP) {
        return NULL;
    }
    return run->http->of[connection - run->runner->connections];
}

hr_http_server *
hr_source_http_server(const hr_source *source)
{
    return hr_run_http(source->thread->run, source->connection);
}
