/* Sink blackhole: encodes records and forgets them; for benches of all that comes before.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_sink.h"

static const hr_option blackhole_option_table[] = {{0}};

static int
blackhole_write(hr_sink *sink, void *state, hr_batch *batch, hr_rows rows, size_t *done,
                hr_error *err)
{
    hr_buf *buf = state;
    size_t bytes = 0;

    (void)err;
    for (*done = 0; *done < rows.n; (*done)++) {
        const char *reason = NULL;

        buf->len = 0;
        if (hr_encoder_run(hr_sink_node(sink)->encoder, batch, rows.row[*done], buf, &reason) !=
            HR_OK) {
            hr_sink_fail(sink, rows.row[*done], "encode",
                         reason != NULL ? reason : "out of memory");
            continue;
        }
        bytes += buf->len;
        hr_sink_ack(sink, hr_sink_take(sink, batch, rows.row[*done]), HR_ACK_OK, NULL);
    }
    hr_sink_wrote(sink, bytes);
    return HR_OK;
}

static int
blackhole_write_letter(hr_sink *sink, void *state, const hr_letter *letter, hr_error *err)
{
    (void)state;
    (void)err;
    hr_sink_ack(sink, letter->token, HR_ACK_OK, NULL);
    return HR_OK;
}

static void
blackhole_redelivery(const hr_node *node, char *text, size_t size)
{
    (void)node;
    snprintf(text, size, "a redelivery changes nothing: nothing is kept");
}

static void
blackhole_close(hr_sink *sink, void *state)
{
    (void)sink;
    hr_buf_finish(state);
}

const hr_sink_type hr_sink_blackhole = {
    .flags = HR_SINK_ENCODES,
    .name = "blackhole",
    .summary = "Encodes records and forgets them.",
    .example = "{}",
    .options = blackhole_option_table,
    .state_size = sizeof(hr_buf),
    .redelivery = blackhole_redelivery,
    .write = blackhole_write,
    .write_letter = blackhole_write_letter,
    .close = blackhole_close,
};
