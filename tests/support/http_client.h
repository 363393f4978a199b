/* A client that sends what the test says, byte by byte, and reads one answer at a time. Fails the
 * test where the network does what it should not.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H
#include "hr_test.h"

#include <stdbool.h>

#define HTTP_CLIENT_WAIT_MS 10000

typedef struct http_answer {
    int status; /* 0: the server closed the connection instead */
    char head[4096];
    char body[128 * 1024];
    size_t body_len;
} http_answer;

/* address: "127.0.0.1:8686" */
int http_client_connect(const char *address);
void http_client_send(int fd, const char *text);

/* As http_client_send(); false: the server has closed the connection. */
bool http_client_try(int fd, const char *bytes, size_t len);

/* Waits for an answer. no_body: to a HEAD. */
void http_client_receive(int fd, http_answer *out, bool no_body);

/* True when the server closes the connection within the time, without a word. */
bool http_client_closed(int fd, int within_ms);

/* One request on a connection of its own. In `text`, "@" stands for the server's address, and a
 * line feed for the end of a line as HTTP has it. Returns the status. */
int http_client_ask(const char *address, const char *text, http_answer *out);

/* The value of a header of the answer, in a buffer of its own; "": none. */
const char *http_answer_header(const http_answer *answer, const char *name);

#endif
