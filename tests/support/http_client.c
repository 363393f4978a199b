/* SPDX-License-Identifier: Apache-2.0 */
#include "http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

int
http_client_connect(const char *address)
{
    struct sockaddr_in sa = {.sin_family = AF_INET};
    const char *colon = strrchr(address, ':');
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || colon == NULL) {
        fail_msg("no socket for %s", address);
        return -1;
    }
    sa.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof sa), 0);
    return fd;
}

bool
http_client_try(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

void
http_client_send(int fd, const char *text)
{
    assert_true(http_client_try(fd, text, strlen(text)));
}

/* One byte at a time, so that nothing of the next answer is taken. -1: closed. */
static int
client_byte(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    unsigned char c;

    if (poll(&p, 1, HTTP_CLIENT_WAIT_MS) != 1) {
        fail_msg("no answer in %d ms", HTTP_CLIENT_WAIT_MS);
    }
    return recv(fd, &c, 1, 0) == 1 ? c : -1;
}

static bool
client_head(int fd, http_answer *out)
{
    size_t n = 0;

    while (n < 4 || memcmp(out->head + n - 4, "\r\n\r\n", 4) != 0) {
        int c = client_byte(fd);

        if (c < 0) {
            return false;
        }
        assert_true(n + 1 < sizeof out->head);
        out->head[n++] = (char)c;
        out->head[n] = '\0';
    }
    return true;
}

void
http_client_receive(int fd, http_answer *out, bool no_body)
{
    size_t expected;

    memset(out, 0, sizeof *out);
    if (!client_head(fd, out)) {
        return;
    }
    assert_int_equal(sscanf(out->head, "HTTP/1.%*d %d", &out->status), 1);
    expected = (size_t)strtoul(http_answer_header(out, "Content-Length"), NULL, 10);
    if (no_body || out->status == 304 || out->status == 100) {
        return;
    }
    assert_true(expected < sizeof out->body);
    while (out->body_len < expected) {
        ssize_t n = recv(fd, out->body + out->body_len, expected - out->body_len, 0);

        assert_true(n > 0);
        out->body_len += (size_t)n;
    }
}

bool
http_client_closed(int fd, int within_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char c;

    return poll(&p, 1, within_ms) == 1 && recv(fd, &c, 1, 0) <= 0;
}

/* "@" becomes the address, "\n" "\r\n". */
static char *
client_expand(const char *address, const char *text)
{
    size_t room = strlen(text) * 2 + 1, n = 0;
    char *out;

    for (const char *at = text; *at != '\0'; at++) {
        room += *at == '@' ? strlen(address) : 0;
    }
    out = malloc(room);
    assert_non_null(out);
    for (; *text != '\0'; text++) {
        if (*text == '@') {
            n += (size_t)sprintf(out + n, "%s", address);
        } else {
            if (*text == '\n') {
                out[n++] = '\r';
            }
            out[n++] = *text;
        }
    }
    out[n] = '\0';
    return out;
}

int
http_client_ask(const char *address, const char *text, http_answer *out)
{
    char *expanded = client_expand(address, text);
    int fd = http_client_connect(address);

    http_client_try(fd, expanded, strlen(expanded)); /* it may be refused before it is whole */
    http_client_receive(fd, out, strncmp(text, "HEAD", 4) == 0);
    close(fd);
    free(expanded);
    return out->status;
}

const char *
http_answer_header(const http_answer *answer, const char *name)
{
    static _Thread_local char value[1024];
    size_t n = strlen(name);

    for (const char *at = strchr(answer->head, '\n'); at != NULL; at = strchr(at, '\n')) {
        at++;
        if (strncasecmp(at, name, n) == 0 && at[n] == ':') {
            const char *from = at + n + 1 + strspn(at + n + 1, " ");

            snprintf(value, sizeof value, "%.*s", (int)strcspn(from, "\r\n"), from);
            return value;
        }
    }
    return "";
}
