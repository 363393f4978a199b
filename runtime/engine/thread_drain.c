/* The end of a stream thread: no new input, everything acknowledged and committed, all closed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "engine/commit.h"
#include "engine/thread.h"

#include <stdio.h>
#include <string.h>

#define COMMIT_WAIT_MS 1000 /* then the loop has to turn: a commit may wait for a rebalance */
#define COMMIT_AGAIN_MS 100
#define CLOSE_MS 5000
#define CLOSE_LATE_MS 500 /* where the shutdown limit is passed already */

static bool
thread_drained(void *ctx)
{
    hr_thread *thread = ctx;

    for (size_t i = 0; i < thread->tasks_end; i++) {
        const hr_task *task = thread->tasks[i];

        if (task != NULL && !hr_task_settled(task)) {
            return false;
        }
    }
    return true;
}

/* Says what a drain waits for, where another thread can read it. */
static void
thread_note_holding(hr_thread *thread)
{
    char text[sizeof thread->holding] = "";
    size_t len = 0;
    size_t records = 0;

    for (size_t i = 0; i < thread->tasks_end; i++) {
        if (thread->tasks[i] != NULL) {
            records += hr_tracker_count(&thread->tasks[i]->tracker);
        }
    }
    if (thread->phase == HR_THREAD_CLOSING) {
        len = (size_t)snprintf(text, sizeof text, "clients to close");
    } else if (records == 0) {
        len = (size_t)snprintf(text, sizeof text, "offsets to be committed");
    } else {
        len = (size_t)snprintf(text, sizeof text, "%zu records not acknowledged", records);
    }
    for (size_t i = 0; i < thread->run->topology->n_sinks; i++) {
        hr_sink *sink = &thread->sinks[i];
        char held[160] = "";

        if (sink->open && sink->type->holding != NULL) {
            sink->type->holding(sink, sink->state, held, sizeof held);
        }
        if (held[0] != '\0' && len < sizeof text) {
            len += (size_t)snprintf(text + len, sizeof text - len, "; sink %s: %s",
                                    sink->node->name.s, held);
        }
    }
    pthread_mutex_lock(&thread->holding_lock);
    memcpy(thread->holding, text, sizeof text);
    pthread_mutex_unlock(&thread->holding_lock);
}

static void
thread_begin_drain(hr_thread *thread)
{
    thread->phase = HR_THREAD_DRAINING;
    thread->drain_since_ms = hr_clock_ms();
    for (size_t i = 0; i < thread->run->topology->n_sinks; i++) {
        hr_sink *sink = &thread->sinks[i];

        if (sink->open && sink->type->flush != NULL) {
            sink->type->flush(sink, sink->state);
        }
    }
}

static void
thread_close_nodes(hr_thread *thread)
{
    const hr_topology *topology = thread->run->topology;

    for (size_t i = 0; i < topology->n_sources; i++) {
        hr_source *source = &thread->sources[i];

        if (source->open && source->type->close != NULL) {
            source->type->close(source, source->state);
        }
        source->open = false;
    }
    for (size_t i = 0; i < topology->n_sinks + (thread->letters != NULL ? 1 : 0); i++) {
        hr_sink *sink = &thread->sinks[i];

        if (sink->open && sink->type->close != NULL) {
            sink->type->close(sink, sink->state);
        }
        sink->open = false;
    }
    /* Tasks of sources that revoke nothing themselves (files). */
    for (size_t i = 0; i < thread->tasks_end; i++) {
        if (thread->tasks[i] != NULL) {
            hr_thread_task_drop(thread, thread->tasks[i]);
        }
    }
    hr_thread_clients_close(thread);
}

/* Everything is done and committed, or the time for it is over: closes, ends the loop. */
static void
thread_stop_now(hr_thread *thread, bool drained, bool committed)
{
    int64_t left;

    if (!drained || !committed) {
        hr_run_fail(thread->run,
                    "thread %d stops before everything was %s: nothing is lost, but what was under "
                    "way will be repeated",
                    thread->index, drained ? "committed" : "acknowledged");
    }
    left = hr_run_drain_ms(thread->run) - (hr_clock_ms() - thread->drain_since_ms);
    thread->close_ms = left < CLOSE_LATE_MS ? CLOSE_LATE_MS : left < CLOSE_MS ? left : CLOSE_MS;
    thread->phase = HR_THREAD_CLOSING;
    thread_note_holding(thread);
    thread_close_nodes(thread);
    thread->phase = HR_THREAD_STOPPED;
    uv_close((uv_handle_t *)&thread->wake, NULL);
    uv_close((uv_handle_t *)&thread->timer, NULL);
}

/* The last commit. What was committed before may still wait for its answer, which may be bad: so
 * all of it again. It fails while the group rebalances; the loop goes on turning until it does not.
 */
static bool
thread_commit_last(hr_thread *thread)
{
    for (size_t i = 0; i < thread->tasks_end; i++) {
        if (thread->tasks[i] != NULL) {
            thread->tasks[i]->committed = -1;
        }
    }
    return hr_commit_all(thread, COMMIT_WAIT_MS);
}

void
hr_thread_check_drain(hr_thread *thread)
{
    bool drained, over, committed = false;

    if (thread->phase == HR_THREAD_RUNNING && atomic_load(&thread->stop)) {
        thread_begin_drain(thread);
    }
    if (thread->phase != HR_THREAD_DRAINING) {
        return;
    }
    drained = thread_drained(thread);
    over = hr_clock_ms() - thread->drain_since_ms >= hr_run_drain_ms(thread->run);
    thread_note_holding(thread);
    if (drained || over) {
        committed = thread_commit_last(thread);
    }
    if ((drained && committed) || over) {
        thread_stop_now(thread, drained, committed);
        return;
    }
    hr_thread_wake_at(thread, hr_clock_ms() + COMMIT_AGAIN_MS);
}
