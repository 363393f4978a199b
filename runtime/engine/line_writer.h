/* Records as lines into a file descriptor: what sinks file and stdout share. A record is
 * acknowledged when write(2) has taken its line. Lines of several threads and topologies on one
 * standard output stay whole, and a reader that does not read stops the topology's outputs, not its
 * thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_LINE_WRITER_H
#define HR_ENGINE_LINE_WRITER_H
#include "hr_sink.h"

typedef struct hr_line_writer {
    int fd;
    bool shared; /* standard output: other threads write there too, and a reader may be slow */
    hr_buf buf;  /* lines not written yet begin at buf.data[written] */
    size_t written;
    hr_token *tokens; /* of the records in buf */
    size_t n_tokens;
} hr_line_writer;

/* Takes over `fd` (closed by hr_line_writer_finish() if it is above 2). */
int hr_line_writer_init(hr_line_writer *writer, int fd, hr_error *err);
void hr_line_writer_finish(hr_line_writer *writer); /* accepts one with fd 0 and no buffer */

/* A sink's write(): encodes up to HR_BATCH_ROWS rows and writes them. What the descriptor does not
 * take stays in the buffer, HR_EAGAIN is returned and hr_line_writer_poll() goes on. */
int hr_line_writer_rows(hr_line_writer *writer, hr_sink *sink, hr_batch *batch, hr_rows rows,
                        size_t *done, hr_error *err);

/* A dead letter as a JSON object: reason headers as members, the record's key and value as base64.
 */
int hr_line_writer_letter(hr_line_writer *writer, hr_sink *sink, const hr_letter *letter,
                          hr_error *err);

/* Tries to write what is left. */
void hr_line_writer_poll(hr_line_writer *writer, hr_sink *sink);

/* For the shutdown log: how many lines are left. */
void hr_line_writer_holding(const hr_line_writer *writer, char *text, size_t size);

#endif
