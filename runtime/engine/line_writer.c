/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/line_writer.h"
#include "codec/json_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
hr_line_writer_init(hr_line_writer *writer, int fd, hr_error *err)
{
    *writer = (hr_line_writer){.fd = fd};
    writer->tokens = calloc(HR_BATCH_ROWS, sizeof *writer->tokens);
    return writer->tokens != NULL ? HR_OK : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

void
hr_line_writer_finish(hr_line_writer *writer)
{
    if (writer->fd > 2) {
        close(writer->fd);
    }
    hr_buf_finish(&writer->buf);
    free(writer->tokens);
    *writer = (hr_line_writer){0};
}

/* HR_OK when all lines are written and acknowledged. */
static int
writer_flush(hr_line_writer *writer, hr_sink *sink, hr_error *err)
{
    while (writer->written < writer->buf.len) {
        ssize_t n = write(writer->fd, writer->buf.data + writer->written,
                          writer->buf.len - writer->written);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno == EPIPE) {
            return hr_fail(err, HR_EFATAL, HR_NO_LOC, "nobody reads what is written any more");
        }
        if (n <= 0) {
            hr_sink_trouble(sink, strerror(errno));
            return hr_fail(err, HR_EAGAIN, HR_NO_LOC, "%s", strerror(errno));
        }
        writer->written += (size_t)n;
    }
    writer->buf.len = writer->written = 0;
    if (writer->n_tokens > 0) {
        size_t n = writer->n_tokens;

        writer->n_tokens = 0;
        hr_sink_trouble(sink, NULL);
        for (size_t i = 0; i < n; i++) {
            hr_sink_ack(sink, writer->tokens[i], HR_ACK_OK, NULL);
        }
    }
    return HR_OK;
}

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
