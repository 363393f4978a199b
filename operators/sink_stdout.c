/* Sink stdout: records as lines on standard output.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/line_writer.h"

static const hr_option stdout_option_table[] = {{0}};

static int
stdout_open(hr_sink *sink, void *state, hr_error *err)
{
    (void)sink;
    return hr_line_writer_init(state, 1, err);
}

static int
stdout_write(hr_sink *sink, void *state, hr_batch *batch, hr_rows rows, size_t *done, hr_error *err)
{
    return hr_line_writer_rows(state, sink, batch, rows, done, err);
}

static int
stdout_write_letter(hr_sink *sink, void *state, const hr_letter *letter, hr_error *err)
{
    return hr_line_writer_letter(state, sink, letter, err);
}

static void
stdout_poll(hr_sink *sink, void *state)
{
    hr_line_writer_poll(state, sink);
}

static void
stdout_holding(hr_sink *sink, void *state, char *text, size_t size)
{
    (void)sink;
    hr_line_writer_holding(state, text, size);
}

static void
stdout_close(hr_sink *sink, void *state)
{
    (void)sink;
    hr_line_writer_finish(state);
}

const hr_sink_type hr_sink_stdout = {
    .flags = HR_SINK_ENCODES,
    .name = "stdout",
    .summary = "Records as lines on standard output.",
    .example = "{}",
    .options = stdout_option_table,
    .state_size = sizeof(hr_line_writer),
    .open = stdout_open,
    .write = stdout_write,
    .write_letter = stdout_write_letter,
    .poll = stdout_poll,
    .holding = stdout_holding,
    .close = stdout_close,
};
