/* A Kafka broker in memory, for floors: what a client costs when the broker costs nearly nothing.
 * One thread, one node, no disk, no replication, no authentication; loopback only. librdkafka's own
 * mock cluster does not do: it keeps 5 MB a partition and answers an empty fetch late.
 *
 *   bench_stub_broker --listen HOST:PORT [--partitions N] [--memory MIB]
 *                     [--endless TOPIC:RECORDS]... [--discard TOPIC]...
 *
 * Topics are made on use, with N partitions (default 4) and up to MIB of memory each (default
 * 1,024). An endless topic serves what was produced to it over and over, up to RECORDS a partition.
 * A topic that discards counts what it gets. Groups have one member.
 *
 * A connection has one request under way, as in Kafka; a fetch that finds nothing keeps it until
 * something is produced or its time is over.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* accept4 */
#include "common.h"
#include "stub_requests.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define USAGE                                                                                      \
    "bench_stub_broker --listen HOST:PORT [--partitions N] [--memory MIB] "                        \
    "[--endless TOPIC:RECORDS]... [--discard TOPIC]..."

enum {
    CONNECTIONS_MAX = 256,
    REQUEST_MAX = 32 << 20,
    READ_BYTES = 256 << 10,
    EVENTS = 64,
};

typedef struct connection {
    int fd; /* -1: free */
    hr_buf in, out;
    size_t sent;
    int64_t fetch_until_ns; /* of a fetch that waits; 0: none does */
} connection;

typedef struct broker {
    stub_state state;
    connection connections[CONNECTIONS_MAX];
    int epoll_fd, listen_fd;
} broker;

static volatile sig_atomic_t stop_asked;

static void
on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

static void
connection_close(connection *c)
{
    close(c->fd);
    c->fd = -1;
    c->in.len = c->out.len = c->sent = 0;
    c->fetch_until_ns = 0;
}

/* Writes what can be written and asks to be told when more can. */
static void
connection_write(broker *b, connection *c)
{
    struct epoll_event event = {.data.ptr = c};

    while (c->sent < c->out.len) {
        ssize_t n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN) {
            break;
        }
        if (n < 0) {
            connection_close(c);
            return;
        }
        c->sent += (size_t)n;
    }
    if (c->sent == c->out.len) {
        c->sent = c->out.len = 0;
    }
    event.events = c->sent < c->out.len ? EPOLLOUT : c->fetch_until_ns == 0 ? EPOLLIN : 0;
    epoll_ctl(b->epoll_fd, EPOLL_CTL_MOD, c->fd, &event);
}

/* The first whole request. False: it is not there yet. */
static bool
connection_request(connection *c, hr_span *request)
{
    stub_reader r = {c->in.data, c->in.data + c->in.len, false};
    int32_t size = stub_get_i32(&r);

    if (r.broken) {
        return false;
    }
    if (size < 8 || size > REQUEST_MAX) {
        connection_close(c);
        return false;
    }
    *request = (hr_span){r.at, (size_t)size};
    return c->in.len >= 4 + (size_t)size;
}

static void
connection_drop(connection *c, size_t n)
{
    memmove(c->in.data, c->in.data + n, c->in.len - n);
    c->in.len -= n;
}

/* Answers what is there, one request after the other, until one has to wait or the client does not
 * take its answers: nothing is made for who does not read. */
static void
connection_serve(broker *b, connection *c)
{
    hr_span request;

    while (c->fd >= 0 && c->out.len == 0 && connection_request(c, &request)) {
        int64_t now = bench_now_ns();
        bool last = c->fetch_until_ns != 0 && now >= c->fetch_until_ns;
        int32_t wait_ms = 0;
        stub_verdict verdict = stub_answer(&b->state, request, last, &wait_ms, &c->out);

        if (verdict == STUB_CLOSE) {
            connection_close(c);
            return;
        }
        if (verdict == STUB_WAIT) {
            if (c->fetch_until_ns == 0) {
                c->fetch_until_ns = now + (int64_t)wait_ms * 1000000;
            }
            break;
        }
        c->fetch_until_ns = 0;
        connection_drop(c, 4 + request.len);
        connection_write(b, c);
    }
    if (c->fd >= 0) {
        connection_write(b, c);
    }
}

static void
connection_read(broker *b, connection *c)
{
    ssize_t n;

    if (hr_buf_reserve(&c->in, READ_BYTES) != HR_OK) {
        bench_fail("out of memory");
    }
    n = recv(c->fd, c->in.data + c->in.len, READ_BYTES, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        connection_close(c);
        return;
    }
    c->in.len += n > 0 ? (size_t)n : 0;
    connection_serve(b, c);
}

static void
broker_accept(broker *b)
{
    int fd = accept4(b->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
    size_t i = 0;

    while (i < CONNECTIONS_MAX && b->connections[i].fd >= 0) {
        i++;
    }
    if (fd >= 0 && i < CONNECTIONS_MAX) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &b->connections[i]};

        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        b->connections[i].fd = fd;
        epoll_ctl(b->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    } else if (fd >= 0) {
        close(fd);
    }
}

/* Fetches that wait: all of them where something was produced, else those whose time is over.
 * Returns how long the next one may wait, in ms; -1: none waits. */
static int
broker_wake(broker *b)
{
    int64_t now = bench_now_ns(), next = INT64_MAX;
    bool produced = b->state.produced;

    b->state.produced = false;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        connection *c = &b->connections[i];

        if (c->fd >= 0 && c->fetch_until_ns != 0 && (produced || now >= c->fetch_until_ns)) {
            connection_serve(b, c);
        }
        if (c->fd >= 0 && c->fetch_until_ns != 0 && c->fetch_until_ns < next) {
            next = c->fetch_until_ns;
        }
    }
    return next == INT64_MAX ? -1 : next <= now ? 0 : (int)((next - now) / 1000000 + 1);
}

static void
broker_run(broker *b)
{
    struct epoll_event events[EVENTS];

    while (!stop_asked) {
        int n = epoll_wait(b->epoll_fd, events, EVENTS, broker_wake(b));

        for (int i = 0; i < n; i++) {
            connection *c = events[i].data.ptr;

            if (c == NULL) {
                broker_accept(b);
            } else if (c->fd >= 0 && (events[i].events & EPOLLOUT) != 0) {
                connection_write(b, c);
                if (c->fd >= 0 && c->out.len == 0 && c->fetch_until_ns == 0) {
                    connection_serve(b, c);
                }
            } else if (c->fd >= 0 && (events[i].events & EPOLLIN) != 0) {
                connection_read(b, c);
            } else if (c->fd >= 0) { /* the client is gone */
                connection_close(c);
            }
        }
    }
}

static void
broker_listen(broker *b)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)b->state.port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    int one = 1;

    if (inet_pton(AF_INET, b->state.host, &address.sin_addr) != 1) {
        bench_fail("'%s' is no IPv4 address", b->state.host);
    }
    b->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(b->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(b->listen_fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(b->listen_fd, 64) != 0) {
        bench_fail("cannot listen on %s:%d: %s", b->state.host, b->state.port, strerror(errno));
    }
    b->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(b->epoll_fd, EPOLL_CTL_ADD, b->listen_fd, &event);
}

static void
parse_topic(broker *b, const char *kind, const char *text)
{
    bool endless = strcmp(kind, "--endless") == 0;
    const char *colon = endless ? strrchr(text, ':') : text + strlen(text);
    stub_topic *topic = NULL;

    if (colon != NULL) {
        topic = stub_topic_get(&b->state, (hr_span){(const uint8_t *)text, (size_t)(colon - text)});
    }
    if (topic == NULL) {
        bench_fail("%s takes %s, got '%s'", kind, endless ? "TOPIC:RECORDS" : "TOPIC", text);
    }
    topic->kind = endless ? STUB_ENDLESS : STUB_DISCARD;
    if (endless) {
        topic->endless_end = bench_number("RECORDS", colon + 1, 1, INT64_MAX / 2);
    }
}

static bool
parse(broker *b, int argc, char **argv)
{
    b->state.partitions = 4;
    b->state.bytes_max = (size_t)1024 << 20;
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *colon = strrchr(argv[i + 1], ':');

        if (strcmp(argv[i], "--listen") == 0 && colon != NULL && colon - argv[i + 1] < 64) {
            memcpy(b->state.host, argv[i + 1], (size_t)(colon - argv[i + 1]));
            b->state.port = (int32_t)bench_number("PORT", colon + 1, 1, 65535);
        } else if (strcmp(argv[i], "--partitions") == 0) {
            b->state.partitions =
                (int32_t)bench_number("--partitions", argv[i + 1], 1, STUB_PARTITIONS_MAX);
        } else if (strcmp(argv[i], "--memory") == 0) {
            b->state.bytes_max = (size_t)bench_number("--memory", argv[i + 1], 1, 1 << 20) << 20;
        } else if (strcmp(argv[i], "--endless") != 0 && strcmp(argv[i], "--discard") != 0) {
            return false;
        }
    }
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--endless") == 0 || strcmp(argv[i], "--discard") == 0) {
            parse_topic(b, argv[i], argv[i + 1]);
        }
    }
    return argc % 2 == 1 && b->state.port != 0;
}

int
main(int argc, char **argv)
{
    static broker b;

    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        b.connections[i].fd = -1;
    }
    if (!parse(&b, argc, argv)) {
        fprintf(stderr, "usage: " USAGE "\n");
        return 2;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    bench_end_with_parent();
    broker_listen(&b);
    broker_run(&b);
    return 0;
}
