/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/line_writer.h"
#include "codec/json_write.h"
#include "engine/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS 20 /* for a slow reader of a pipe, before the thread turns to other things */

/* The writer that has part of a long line out on standard output, which all threads and topologies
 * of the process share: the others wait until it has written the rest. */
static pthread_mutex_t stdout_lock = PTHREAD_MUTEX_INITIALIZER;
static const hr_line_writer *stdout_owner;

int
hr_line_writer_init(hr_line_writer *writer, int fd, hr_error *err)
{
    *writer = (hr_line_writer){.fd = fd, .shared = fd == STDOUT_FILENO};
    writer->tokens = calloc(HR_BATCH_ROWS, sizeof *writer->tokens);
    return writer->tokens != NULL ? HR_OK : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

void
hr_line_writer_finish(hr_line_writer *writer)
{
    if (writer->shared) {
        pthread_mutex_lock(&stdout_lock);
        stdout_owner = stdout_owner == writer ? NULL : stdout_owner;
        pthread_mutex_unlock(&stdout_lock);
    } else if (writer->fd > 2) {
        close(writer->fd);
    }
    hr_buf_finish(&writer->buf);
    free(writer->tokens);
    *writer = (hr_line_writer){0};
}

/* ---- writing -------------------------------------------------------------------------------- */

/* What one write(2) may take at once: of a pipe whole lines up to PIPE_BUF, which the system
 * neither mixes with others nor cuts; the first PIPE_BUF bytes of a longer line. */
static size_t
writer_chunk(const hr_line_writer *writer)
{
    const uint8_t *from = writer->buf.data + writer->written;
    size_t left = writer->buf.len - writer->written;
    size_t whole = PIPE_BUF;

    if (!writer->shared || left <= PIPE_BUF) {
        return left;
    }
    while (whole > 0 && from[whole - 1] != '\n') {
        whole--;
    }
    return whole > 0 ? whole : PIPE_BUF;
}

static ssize_t
writer_write_shared(hr_line_writer *writer)
{
    struct pollfd pfd = {.fd = writer->fd, .events = POLLOUT};
    ssize_t n;

    if (stdout_owner != NULL && stdout_owner != writer) {
        errno = EBUSY;
        return -1;
    }
    if (poll(&pfd, 1, 0) <= 0) {
        errno = EAGAIN;
        return -1;
    }
    n = write(writer->fd, writer->buf.data + writer->written, writer_chunk(writer));
    if (n > 0) {
        stdout_owner = writer->buf.data[writer->written + (size_t)n - 1] == '\n' ? NULL : writer;
    }
    return n;
}

/* As write(2), but does not wait for whoever reads the other end of a pipe (EAGAIN) or for another
 * writer's long line (EBUSY). */
static ssize_t
writer_write(hr_line_writer *writer)
{
    ssize_t n;

    if (!writer->shared) {
        return write(writer->fd, writer->buf.data + writer->written, writer_chunk(writer));
    }
    pthread_mutex_lock(&stdout_lock);
    n = writer_write_shared(writer);
    pthread_mutex_unlock(&stdout_lock);
    return n;
}

static void
writer_acknowledge(hr_line_writer *writer, hr_sink *sink)
{
    size_t n = writer->n_tokens;

    if (n == 0) {
        return;
    }
    writer->n_tokens = 0;
    hr_sink_trouble(sink, NULL);
    for (size_t i = 0; i < n; i++) {
        hr_sink_ack(sink, writer->tokens[i], HR_ACK_OK, NULL);
    }
}

/* A reader that is only slow is no trouble; a full disk is. */
static int
writer_not_taken(hr_sink *sink, hr_error *err)
{
    int cause = errno;

    if (cause == EPIPE) {
        return hr_fail(err, HR_EFATAL, HR_NO_LOC, "nobody reads what is written any more");
    }
    if (cause == EAGAIN || cause == EBUSY) {
        hr_sink_wake(sink); /* the next turn waits and tries again */
    } else {
        hr_sink_trouble(sink, strerror(cause));
    }
    return hr_fail(err, HR_EAGAIN, HR_NO_LOC, "%s", strerror(cause));
}

/* Waits for room until limit_ms. False: there is none, or it is something else that is wrong. */
static bool
writer_wait(const hr_line_writer *writer, int64_t limit_ms)
{
    struct pollfd pfd = {.fd = writer->fd, .events = POLLOUT};
    int64_t left = limit_ms - hr_clock_ms();

    if (left <= 0 || (errno != EAGAIN && errno != EBUSY)) {
        return false;
    }
    if (errno == EBUSY) {
        poll(NULL, 0, 1);
    } else {
        poll(&pfd, 1, (int)left);
    }
    return true;
}

/* HR_OK when all lines are written and acknowledged. Waits up to WAIT_MS where the other end of a
 * pipe is slow. */
static int
writer_flush(hr_line_writer *writer, hr_sink *sink, hr_error *err)
{
    int64_t limit_ms = writer->shared ? hr_clock_ms() + WAIT_MS : 0;

    while (writer->written < writer->buf.len) {
        ssize_t n = writer_write(writer);

        if (n < 0 && (errno == EINTR || writer_wait(writer, limit_ms))) {
            continue;
        }
        if (n <= 0) {
            return writer_not_taken(sink, err);
        }
        writer->written += (size_t)n;
    }
    writer->buf.len = writer->written = 0;
    writer_acknowledge(writer, sink);
    return HR_OK;
}

/* ---- records and dead letters --------------------------------------------------------------- */

static void
writer_add_row(hr_line_writer *writer, hr_sink *sink, hr_batch *batch, hr_row row)
{
    const hr_node *node = hr_sink_node(sink);
    const char *reason = NULL;
    size_t start = writer->buf.len;
    int rc = hr_encoder_run(node->encoder, batch, row, &writer->buf, &reason);

    if (rc == HR_OK) {
        rc = hr_buf_append(&writer->buf, "\n", 1);
    }
    if (rc != HR_OK) {
        writer->buf.len = start;
        hr_sink_fail(sink, row, "encode", reason != NULL ? reason : "out of memory");
        return;
    }
    writer->tokens[writer->n_tokens++] = hr_sink_take(sink, batch, row);
}

int
hr_line_writer_rows(hr_line_writer *writer, hr_sink *sink, hr_batch *batch, hr_rows rows,
                    size_t *done, hr_error *err)
{
    int rc = writer_flush(writer, sink, err);

    *done = 0;
    if (rc != HR_OK) {
        return rc;
    }
    for (; *done < rows.n; (*done)++) {
        writer_add_row(writer, sink, batch, rows.row[*done]);
    }
    hr_sink_wrote(sink, writer->buf.len);
    /* The rows are taken; what is left of them is written by poll(). */
    rc = writer_flush(writer, sink, err);
    return rc == HR_EFATAL ? rc : HR_OK;
}

static int
letter_member(hr_buf *out, const char *lead, hr_span name, hr_span value)
{
    int rc = hr_buf_append(out, lead, strlen(lead));

    if (rc == HR_OK) {
        rc = hr_json_write_string(out, name);
    }
    if (rc == HR_OK) {
        rc = hr_buf_append(out, ":", 1);
    }
    return rc == HR_OK ? hr_json_write_string(out, value) : rc;
}

/* Bytes may be anything, so they are base64, as a column of bytes is. */
static int
letter_bytes(hr_buf *out, const char *name, hr_span bytes)
{
    uint8_t lane = bytes.data != NULL ? HR_LANE_OK : HR_LANE_NULL;
    hr_column column = {.kind = HR_KIND_BYTES, .lane = &lane, .v = {.s = &bytes}};
    int rc = hr_buf_append(out, name, strlen(name));

    return rc == HR_OK ? hr_json_write_column(out, &column, (hr_type){.kind = HR_KIND_BYTES}, 0)
                       : rc;
}

int
hr_line_writer_letter(hr_line_writer *writer, hr_sink *sink, const hr_letter *letter, hr_error *err)
{
    hr_buf *out = &writer->buf;
    int rc = writer_flush(writer, sink, err);

    if (rc != HR_OK) {
        return rc;
    }
    for (size_t i = 0; i < letter->n_headers && rc == HR_OK; i++) {
        rc = letter_member(out, i == 0 ? "{" : ",", letter->headers[i].name,
                           letter->headers[i].value);
    }
    if (rc == HR_OK) {
        rc = letter_bytes(out, ",\"key_base64\":", letter->record->key);
    }
    if (rc == HR_OK) {
        rc = letter_bytes(out, ",\"value_base64\":", letter->record->value);
    }
    if (rc == HR_OK) {
        rc = hr_buf_append(out, "}\n", 2);
    }
    if (rc != HR_OK) {
        out->len = 0;
        return hr_fail(err, rc, HR_NO_LOC, "out of memory for a dead letter");
    }
    writer->tokens[writer->n_tokens++] = letter->token;
    writer_flush(writer, sink, err);
    return HR_OK;
}

void
hr_line_writer_poll(hr_line_writer *writer, hr_sink *sink)
{
    hr_error err = {0};

    writer_flush(writer, sink, &err);
}

void
hr_line_writer_holding(const hr_line_writer *writer, char *text, size_t size)
{
    if (writer->n_tokens > 0) {
        snprintf(text, size, "%zu lines that nobody takes", writer->n_tokens);
    }
}
