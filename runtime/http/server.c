/* A server: its socket, its thread, its connections.
 *
 * The thread is ours and not libmicrohttpd's, which knows an idle time-out only: a client that
 * sends a byte now and then would hold its connection for ever. Here every connection has a
 * deadline for what it is doing; past it its socket is shut down, which libmicrohttpd sees as a
 * client that has gone. A connection whose request is with a handler has none.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/server.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "http/request.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define POOL_BYTES (32u * 1024) /* of a connection: headers both ways and a piece of the body */
#define BACKLOG 128
#define LOOP_MS 1000 /* the longest the loop sleeps while there are connections */

const hr_http_limits hr_http_limits_usual = {
    .connections = HR_HTTP_CONNECTIONS_MAX,
    .request_ms = 10000,
    .answer_ms = 30000,
    .linger_ms = 2000,
};

/* A client's connection. Of the server's thread. */
typedef struct hr_http_peer {
    hr_http_server *server;
    int fd;
    int64_t deadline_ms; /* INT64_MAX: none */
    char *uri;           /* of the request that is being read */
    bool shut;
    struct hr_http_peer *next, **link;
} hr_http_peer;

struct hr_http_server {
    hr_http_guard guard;
    hr_http_limits limits;
    char address[HR_HTTP_HOST_MAX + 16];
    int listen_fd, wake_fd;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    bool running; /* the thread */
    hr_http_peer *peers;
    bool closed;               /* a connection, in this turn: there may be room for another */
    hr_http_request *requests; /* whose connections live */
    atomic_bool stopping;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t idle;
    hr_http_routes routes;
    const void *handling; /* ctx of the handler that runs */
    bool is_handling, ready, quiescing;
};

/* ---- the socket
 * ----------------------------------------------------------------------------------- */

static int
listen_fail(const hr_http_conf *conf, const hr_http_address *address, int cause, hr_error *err)
{
    hr_fail(err, HR_EIO, conf->listen.loc, "cannot listen on %s:%u: %s", address->host,
            address->port, strerror(cause));
    if (err != NULL) {
        err->width = hr_text_width(&conf->listen);
        err->slug = cause == EADDRINUSE ? "address-in-use" : "listen";
    }
    if (cause == EADDRINUSE) {
        hr_hint(err, "another program has it: end that, or choose another port");
    }
    return HR_EIO;
}

/* A name that should be this machine may have been made to mean another. */
static bool
listen_is_loopback(const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)sa;

        return ntohl(four->sin_addr.s_addr) >> 24 == 127;
    }
    return sa->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
}

static int
listen_open(const struct addrinfo *info)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, cause;

    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        cause = errno;
        close(fd);
        errno = cause;
        return -1;
    }
    return fd;
}

static int
server_bind(hr_http_server *server, hr_error *err)
{
    const hr_http_conf *conf = server->guard.conf;
    hr_http_address *bound = &server->guard.bound;
    /* localhost is 127.0.0.1, as people write it, also where the system prefers ::1 */
    struct addrinfo hints = {
        .ai_family = hr_http_address_is_loopback(bound) && !bound->is_ipv6 ? AF_INET : AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *info = NULL;
    char port[8];
    int rc, cause = 0;

    snprintf(port, sizeof port, "%u", bound->port);
    rc = getaddrinfo(bound->host, port, &hints, &info);
    if (rc != 0) {
        return hr_fail(err, HR_EIO, conf->listen.loc, "cannot listen on %s: %s", bound->host,
                       gai_strerror(rc));
    }
    for (struct addrinfo *at = info; at != NULL && server->listen_fd < 0; at = at->ai_next) {
        if (conf->token.s == NULL && !listen_is_loopback(at->ai_addr)) {
            cause = EPERM;
        } else {
            server->listen_fd = listen_open(at);
            cause = errno;
        }
    }
    freeaddrinfo(info);
    return server->listen_fd >= 0 ? HR_OK : listen_fail(conf, bound, cause, err);
}

static void
server_name(hr_http_server *server)
{
    hr_http_address *bound = &server->guard.bound;
    struct sockaddr_storage sa;
    socklen_t len = sizeof sa;

    if (getsockname(server->listen_fd, (struct sockaddr *)&sa, &len) == 0) {
        bound->port =
            ntohs(sa.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&sa)->sin6_port
                                           : ((struct sockaddr_in *)(void *)&sa)->sin_port);
    }
    snprintf(server->address, sizeof server->address, bound->is_ipv6 ? "[%s]:%u" : "%s:%u",
             bound->host, bound->port);
}

/* ---- connections
 * ---------------------------------------------------------------------------------- */

static void
server_on_connection(void *cls, struct MHD_Connection *connection, void **ctx,
                     enum MHD_ConnectionNotificationCode what)
{
    hr_http_server *server = cls;
    hr_http_peer *peer = *ctx;
    const union MHD_ConnectionInfo *info;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *ctx = peer = calloc(1, sizeof *peer);
        if (peer == NULL || info == NULL) {
            return; /* its requests are refused for want of a peer */
        }
        peer->server = server;
        peer->fd = info->connect_fd;
        peer->deadline_ms = hr_clock_ms() + server->limits.request_ms;
        peer->next = server->peers;
        peer->link = &server->peers;
        if (peer->next != NULL) {
            peer->next->link = &peer->next;
        }
        server->peers = peer;
    } else if (peer != NULL) {
        *ctx = NULL;
        server->closed = true;
        if (peer->link != NULL) {
            *peer->link = peer->next;
        }
        if (peer->next != NULL) {
            peer->next->link = peer->link;
        }
        free(peer->uri);
        free(peer);
    }
}

static hr_http_peer *
server_peer(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

/* The line of a request is there: what follows has its own time. */
static void *
server_on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    hr_http_server *server = cls;
    hr_http_peer *peer = server_peer(connection);

    if (peer != NULL) {
        free(peer->uri);
        peer->uri = strdup(uri);
        peer->deadline_ms = hr_clock_ms() + server->limits.request_ms;
    }
    return NULL;
}

/* Our own decoding comes later: libmicrohttpd's would make of %00 the end of a text. */
static size_t
server_keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

static void
server_on_completed(void *cls, struct MHD_Connection *connection, void **ctx,
                    enum MHD_RequestTerminationCode why)
{
    hr_http_server *server = cls;
    hr_http_peer *peer = server_peer(connection);
    hr_http_request *request = *ctx;

    (void)why;
    *ctx = NULL;
    if (peer != NULL) {
        peer->deadline_ms = hr_clock_ms() + server->limits.request_ms;
    }
    if (request != NULL) {
        *request->link = request->next;
        if (request->next != NULL) {
            request->next->link = request->link;
        }
        hr_http_request_unref(request);
    }
}

/* Shuts down the sockets of those whose time is over; when to look again, in ms. */
static int
server_expire(hr_http_server *server)
{
    int64_t now = hr_clock_ms(), next = INT64_MAX;

    for (hr_http_peer *peer = server->peers; peer != NULL; peer = peer->next) {
        if (peer->deadline_ms <= now && !peer->shut) {
            peer->shut = true;
            shutdown(peer->fd, SHUT_RDWR);
        } else if (!peer->shut && peer->deadline_ms < next) {
            next = peer->deadline_ms;
        }
    }
    if (next == INT64_MAX) {
        return -1;
    }
    return next - now < LOOP_MS ? (int)(next - now) : LOOP_MS;
}

/* ---- requests
 * ------------------------------------------------------------------------------------- */

static hr_http_request *
server_take(hr_http_server *server, const hr_http_peer *peer, struct MHD_Connection *connection,
            const char *method)
{
    hr_http_length length;
    hr_http_refusal guard = {0};
    hr_http_request *request =
        hr_http_request_create(connection, method, peer->uri, server->wake_fd);

    if (request == NULL) {
        return NULL;
    }
    request->next = server->requests;
    request->link = &server->requests;
    if (request->next != NULL) {
        request->next->link = &request->next;
    }
    server->requests = request;
    if (!request->refusal.unread && !hr_http_guard_check(&server->guard, method, request->headers,
                                                         request->n_headers, &length, &guard)) {
        request->refusal = guard; /* who may not ask is not told what is wrong with the path */
    }
    return request;
}

/* The route's handler, or a refusal. NULL: refused. */
static hr_http_handler
server_route(hr_http_server *server, hr_http_request *request, void **ctx)
{
    hr_http_refusal *refusal = &request->refusal;
    const hr_http_route *route = NULL;
    hr_http_match match;

    if (server->quiescing) {
        *refusal =
            (hr_http_refusal){.status = 503, .code = "stopping", .message = "the server stops"};
        return NULL;
    }
    match = hr_http_routes_find(&server->routes, request->method, &request->path, request->arena,
                                &route, &request->params, refusal->allow, sizeof refusal->allow);
    if (match == HR_HTTP_FOUND) {
        *ctx = route->ctx;
        return route->handler;
    }
    if (match == HR_HTTP_NO_METHOD) {
        refusal->status = 405;
        refusal->code = "wrong-method";
        refusal->message = "this path is there, but not with that method";
    } else if (server->ready) {
        *refusal = (hr_http_refusal){
            .status = 404, .code = "not-found", .message = "there is no such path"};
    } else {
        *refusal =
            (hr_http_refusal){.status = 503, .code = "not-ready", .message = "the server starts"};
    }
    return NULL;
}

static void
server_dispatch(hr_http_server *server, hr_http_request *request)
{
    hr_http_handler handler = NULL;
    void *ctx = NULL;

    pthread_mutex_lock(&server->lock);
    if (request->refusal.status == 0) {
        handler = server_route(server, request, &ctx);
    }
    server->handling = ctx;
    server->is_handling = handler != NULL;
    pthread_mutex_unlock(&server->lock);
    if (handler == NULL) {
        hr_http_request_refuse(request);
        return;
    }
    hr_http_request_ref(request); /* the handler's */
    handler(ctx, request);
    pthread_mutex_lock(&server->lock);
    server->is_handling = false;
    pthread_cond_broadcast(&server->idle);
    pthread_mutex_unlock(&server->lock);
}

static enum MHD_Result
server_settle(hr_http_server *server, hr_http_peer *peer, hr_http_request *request)
{
    bool queued;
    enum MHD_Result rc = hr_http_request_settle(request, &queued);

    peer->deadline_ms = queued ? hr_clock_ms() + server->limits.answer_ms : INT64_MAX;
    return rc;
}

/* True when a client that is refused should hear it before it has sent its body: it asked first, or
 * has more than is read. Else the body is read and thrown away, since a connection that is closed
 * with bytes on their way is reset, and the answer is lost. */
static bool
server_refuses_early(const hr_http_request *request, struct MHD_Connection *connection)
{
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");

    return request->refusal.unread ||
           MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Expect") != NULL ||
           (length != NULL && strtoull(length, NULL, 10) > HR_HTTP_THROWN_MAX);
}

/* Called by libmicrohttpd when the headers are there, for each piece of the body, and from then on
 * (with no data) until an answer is queued. */
static enum MHD_Result
server_on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                  const char *version, const char *data, size_t *len, void **ctx)
{
    hr_http_server *server = cls;
    hr_http_peer *peer = server_peer(connection);
    hr_http_request *request = *ctx;

    (void)url;
    (void)version;
    (void)data;
    if (peer == NULL || peer->uri == NULL) {
        return MHD_NO;
    }
    if (request == NULL) {
        *ctx = request = server_take(server, peer, connection, method);
        if (request == NULL || request->refusal.status == 0 ||
            !server_refuses_early(request, connection)) {
            return request != NULL ? MHD_YES : MHD_NO;
        }
        request->dispatched = true;
        hr_http_request_refuse(request);
    } else if (*len > 0) {
        bool go_on = hr_http_request_body(request, data, *len);

        *len = 0;
        return go_on ? MHD_YES : MHD_NO;
    }
    if (!request->dispatched) {
        request->dispatched = true;
        server_dispatch(server, request);
    }
    return server_settle(server, peer, request);
}

/* ---- the thread
 * ----------------------------------------------------------------------------------- */

static void
server_wake(hr_http_server *server)
{
    uint64_t one = 1;
    ssize_t n = write(server->wake_fd, &one, sizeof one);

    (void)n; /* full: it is awake anyway */
}

/* How long the loop may sleep, in ms; -1: until something comes. */
static int
server_sleep(hr_http_server *server)
{
    int expire = server_expire(server);
    MHD_UNSIGNED_LONG_LONG most;

    if (MHD_get_timeout(server->daemon, &most) == MHD_YES &&
        (expire < 0 || most < (unsigned)expire)) {
        return most < LOOP_MS ? (int)most : LOOP_MS;
    }
    return expire;
}

static void
server_turn(hr_http_server *server, int epoll_fd)
{
    struct pollfd fds[2] = {{.fd = epoll_fd, .events = POLLIN},
                            {.fd = server->wake_fd, .events = POLLIN}};
    int ms = server->closed ? 0 : server_sleep(server);
    uint64_t drained;

    server->closed = false; /* libmicrohttpd looks for the next client at its next run only */

    if (poll(fds, 2, ms) > 0 && fds[1].revents != 0) {
        ssize_t n = read(server->wake_fd, &drained, sizeof drained);

        (void)n;
    }
    MHD_run(server->daemon);
}

/* No more connections; those that are there live on. */
static void
server_close_door(hr_http_server *server)
{
    bool quiescing;

    pthread_mutex_lock(&server->lock);
    quiescing = server->quiescing;
    pthread_mutex_unlock(&server->lock);
    if (quiescing && server->listen_fd >= 0) {
        MHD_quiesce_daemon(server->daemon);
        close(server->listen_fd);
        server->listen_fd = -1;
    }
}

/* True while a client waits for an answer, or is being sent one. */
static bool
server_is_answering(const hr_http_server *server)
{
    for (const hr_http_request *r = server->requests; r != NULL; r = r->next) {
        if (r->dispatched) {
            return true;
        }
    }
    return false;
}

static void *
server_main(void *arg)
{
    hr_http_server *server = arg;
    int epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    int64_t end;

    while (!atomic_load(&server->stopping)) {
        server_turn(server, epoll_fd);
        server_close_door(server);
    }
    server_close_door(server);
    for (hr_http_request *request = server->requests; request != NULL; request = request->next) {
        hr_http_request_abandon(request);
    }
    end = hr_clock_ms() + server->limits.linger_ms;
    while (server_is_answering(server) && hr_clock_ms() < end) {
        server_turn(server, epoll_fd);
    }
    return NULL;
}

static int
server_start_thread(hr_http_server *server)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&server->thread, NULL, server_main, server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    server->running = rc == 0;
    return rc;
}

/* ---- the interface
 * -------------------------------------------------------------------------------- */

int
hr_http_server_create_with(const hr_http_conf *conf, const hr_http_limits *limits,
                           hr_http_server **out, hr_error *err)
{
    hr_http_server *server = calloc(1, sizeof *server);
    int rc;

    *out = NULL;
    if (server == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    server->guard.conf = conf;
    server->limits = *limits;
    server->listen_fd = -1;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->idle, NULL);
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    rc = server->wake_fd < 0
             ? hr_fail(err, HR_EFATAL, HR_NO_LOC, "no more files: %s", strerror(errno))
             : hr_http_conf_check(conf, &server->guard.bound, err);
    if (rc == HR_OK) {
        rc = server_bind(server, err);
    }
    if (rc != HR_OK) {
        hr_http_server_destroy(server);
        return rc;
    }
    server_name(server);
    *out = server;
    return HR_OK;
}

int
hr_http_server_create(const hr_http_conf *conf, hr_http_server **out, hr_error *err)
{
    hr_http_limits limits = hr_http_limits_usual;

    if (conf->connections > 0) {
        limits.connections = (unsigned)conf->connections;
    }
    return hr_http_server_create_with(conf, &limits, out, err);
}

int
hr_http_server_start(hr_http_server *server, hr_error *err)
{
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, server_on_request, server,
        MHD_OPTION_LISTEN_SOCKET, server->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        server->limits.connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,
        MHD_OPTION_NOTIFY_CONNECTION, server_on_connection, server, MHD_OPTION_NOTIFY_COMPLETED,
        server_on_completed, server, MHD_OPTION_URI_LOG_CALLBACK, server_on_uri, server,
        MHD_OPTION_UNESCAPE_CALLBACK, server_keep_escapes, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
    if (server->daemon == NULL || server_start_thread(server) != 0) {
        return hr_fail(err, HR_EFATAL, server->guard.conf->listen.loc,
                       "the HTTP server on %s does not start", server->address);
    }
    return HR_OK;
}

int
hr_http_route_add(hr_http_server *server, const char *method, const char *path,
                  hr_http_handler handler, void *ctx, hr_error *err)
{
    int rc;

    pthread_mutex_lock(&server->lock);
    rc = hr_http_routes_add(&server->routes, method, path, handler, ctx, err);
    pthread_mutex_unlock(&server->lock);
    return rc;
}

void
hr_http_route_remove(hr_http_server *server, const void *ctx)
{
    pthread_mutex_lock(&server->lock);
    hr_http_routes_remove(&server->routes, ctx);
    while (server->is_handling && server->handling == ctx) {
        pthread_cond_wait(&server->idle, &server->lock);
    }
    pthread_mutex_unlock(&server->lock);
}

void
hr_http_server_ready(hr_http_server *server, bool ready)
{
    pthread_mutex_lock(&server->lock);
    server->ready = ready;
    pthread_mutex_unlock(&server->lock);
}

void
hr_http_server_quiesce(hr_http_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->quiescing = true;
    while (server->is_handling) {
        pthread_cond_wait(&server->idle, &server->lock);
    }
    pthread_mutex_unlock(&server->lock);
    server_wake(server);
}

void
hr_http_server_destroy(hr_http_server *server)
{
    if (server == NULL) {
        return;
    }
    if (server->running) {
        hr_http_server_quiesce(server);
        atomic_store(&server->stopping, true);
        server_wake(server);
        pthread_join(server->thread, NULL);
    }
    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon);
        if (!server->running) {
            server->listen_fd = -1; /* closed with the daemon */
        }
    }
    if (server->listen_fd >= 0) {
        close(server->listen_fd);
    }
    if (server->wake_fd >= 0) {
        close(server->wake_fd);
    }
    hr_http_routes_finish(&server->routes);
    pthread_cond_destroy(&server->idle);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

const char *
hr_http_server_address(const hr_http_server *server)
{
    return server->address;
}
