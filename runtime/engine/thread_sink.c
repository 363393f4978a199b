/* What sinks ask of their stream thread (hr_sink.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/kept.h"
#include "engine/thread.h"

#include <stdio.h>

void
hr_sink_trouble(hr_sink *sink, const char *text)
{
    hr_thread_trouble(sink->thread, sink->trouble, "sink", sink->node, text, false);
}

void
hr_sink_ready(hr_sink *sink)
{
    hr_counter_set(&sink->metrics->ready, 1);
}

void
hr_sink_wrote(hr_sink *sink, size_t bytes)
{
    hr_counter_add(&sink->metrics->bytes, bytes);
}

const hr_node *
hr_sink_node(const hr_sink *sink)
{
    return sink->node;
}

const hr_runner *
hr_sink_runner(const hr_sink *sink)
{
    return sink->thread->run->runner;
}

const hr_connection *
hr_sink_connection(const hr_sink *sink)
{
    return sink->connection;
}

hr_token
hr_sink_take(hr_sink *sink, const hr_batch *batch, hr_row row)
{
    hr_token token = hr_batch_record(batch, row)->token;
    hr_task *task = sink->thread->tasks[hr_token_task(token)];

    hr_tracker_at(&task->tracker, hr_token_sequence(token))->open++;
    sink->thread->outputs_open++;
    return hr_token_for_sink(token, sink->index);
}

void
hr_sink_untake(hr_sink *sink, hr_token token)
{
    hr_task *task = sink->thread->tasks[hr_token_task(token)];

    hr_tracker_at(&task->tracker, hr_token_sequence(token))->open--;
    sink->thread->outputs_open--;
}

void
hr_sink_fail(hr_sink *sink, hr_row row, const char *code, const char *reason)
{
    hr_failures *failures = &sink->thread->writing->failures;

    if (failures->n < failures->cap) {
        failures->v[failures->n++] =
            (hr_failure){row, sink->node, sink->node->on_error, code, reason};
    }
}

hr_kept *
hr_sink_keep(hr_sink *sink, const hr_batch *batch, hr_row row)
{
    const hr_record *record;

    if (sink->node->on_error != HR_ON_ERROR_DEAD_LETTER || sink->thread->letters == NULL ||
        (record = hr_batch_whole_record(batch, row)) == NULL) {
        return NULL;
    }
    return hr_kept_make(record, batch->topic, batch->partition);
}

void
hr_sink_ack(hr_sink *sink, hr_token token, hr_ack_status status, const char *reason)
{
    hr_ack ack; /* the reason is long, and mostly there is none */

    if (status == HR_ACK_OK) {
        hr_thread_ack_ok(sink->thread, token);
        return;
    }
    ack.token = token;
    ack.status = status;
    ack.kept = NULL;
    ack.reason[0] = '\0';
    if (reason != NULL) {
        snprintf(ack.reason, sizeof ack.reason, "%s", reason);
    }
    hr_thread_ack(sink->thread, &ack);
}

void
hr_sink_post(hr_sink *sink, const hr_ack *acks, size_t n)
{
    if (hr_mailbox_post(&sink->thread->mailbox, acks, n) != HR_OK) {
        /* Without it the records would stay open for ever. */
        hr_run_fail(sink->thread->run, "out of memory for acknowledgements");
        for (size_t i = 0; i < n; i++) {
            hr_kept_free(acks[i].kept);
        }
    }
}

void
hr_sink_wake(hr_sink *sink)
{
    hr_mailbox_wake(&sink->thread->mailbox);
}
