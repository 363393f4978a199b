/* What stands in for every sink in a dry run: prints what would leave, one line each, and
 * acknowledges. Nothing reaches a server and nothing is committed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/run.h"
#include "hr_sink.h"

#include <stdio.h>
#include <string.h>

typedef struct dry_state {
    hr_buf buf;
} dry_state;

static void
dry_print_span(hr_span span)
{
    if (span.len > 0) {
        fwrite(span.data, 1, span.len, stdout);
    }
}

static void
dry_print(const char *node, hr_span key, hr_span value)
{
    flockfile(stdout);
    printf("%s\t", node);
    dry_print_span(key);
    putchar('\t');
    dry_print_span(value);
    putchar('\n');
    funlockfile(stdout);
}

static int
dry_write(hr_sink *sink, void *state, hr_batch *batch, hr_rows rows, size_t *done, hr_error *err)
{
    dry_state *s = state;
    const hr_node *node = hr_sink_node(sink);
    size_t bytes = 0;

    (void)err;
    for (*done = 0; *done < rows.n; (*done)++) {
        hr_row row = rows.row[*done];
        const char *reason = NULL;

        s->buf.len = 0;
        if (hr_encoder_run(node->encoder, batch, row, &s->buf, &reason) != HR_OK) {
            hr_sink_fail(sink, row, "encode", reason != NULL ? reason : "out of memory");
            continue;
        }
        dry_print(node->name.s, batch->key[row], hr_buf_span(&s->buf));
        bytes += s->buf.len;
    }
    hr_sink_wrote(sink, bytes);
    fflush(stdout);
    return HR_OK;
}

static int
dry_write_letter(hr_sink *sink, void *state, const hr_letter *letter, hr_error *err)
{
    (void)state;
    (void)err;
    dry_print("dead_letters", letter->record->key, letter->record->value);
    hr_sink_ack(sink, letter->token, HR_ACK_OK, NULL);
    return HR_OK;
}

static void
dry_close(hr_sink *sink, void *state)
{
    dry_state *s = state;

    (void)sink;
    hr_buf_finish(&s->buf);
    fflush(stdout);
}

static const hr_sink_type dry_sink = {
    .name = "dry",
    .summary = "Prints what would leave.",
    .state_size = sizeof(dry_state),
    .write = dry_write,
    .write_letter = dry_write_letter,
    .close = dry_close,
};

const hr_sink_type *
hr_run_dry_sink(void)
{
    return &dry_sink;
}
