/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/thread.h"
#include "engine/clock.h"
#include "engine/commit.h"
#include "engine/kept.h"
#include "engine/memory_stats.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TURN_MS_MAX 20 /* then the loop goes round once */
#define TICK_MS 1000   /* the group wants to be polled also when nothing happens */
#define PUBLISH_MS 250 /* what others may see of partitions and memory */
#define LATE_SHARE 16  /* records kept for late letters: this part of a thread's memory */

/* ---- waking up ---------------------------------------------------------------------------------
 */

void
hr_thread_wake_at(hr_thread *thread, int64_t when_ms)
{
    if (thread->wake_at_ms == 0 || when_ms < thread->wake_at_ms) {
        thread->wake_at_ms = when_ms;
    }
}

static void
thread_clear_wake(hr_thread *thread)
{
    uint64_t count;

    while (read(thread->wake_fd, &count, sizeof count) > 0) {
        continue;
    }
}

/* ---- trouble -----------------------------------------------------------------------------------
 */

void
hr_thread_trouble(hr_thread *thread, hr_trouble *trouble, const char *what, const hr_node *node,
                  const char *text, bool fatal)
{
    hr_trouble_note(trouble, what, node, text);
    if (text != NULL && (fatal || thread->run->options.fail_fast)) {
        atomic_store(&thread->run->hurried, true);
        hr_run_fail(thread->run, "%s %s: %s%s", what, node->name.s, text,
                    fatal ? "" : " (--fail-fast)");
    }
}

/* ---- tasks --------------------------------------------------------------------------------------
 */

void
hr_thread_task_drop(hr_thread *thread, hr_task *task)
{
    if (thread->isolating == task) {
        thread->isolating = NULL;
    }
    thread->tasks[task->id] = NULL;
    thread->n_tasks--;
    hr_task_destroy(task);
}

void
hr_thread_ack_ok(hr_thread *thread, hr_token token)
{
    const hr_sink *sink = hr_thread_sink(thread, hr_token_sink(token));
    hr_task *task = thread->tasks[hr_token_task(token)];

    thread->outputs_open--;
    hr_counter_add(&sink->metrics->out, 1);
    if (task != NULL && hr_task_awaits(task, token)) {
        hr_task_output_done(task, hr_token_sequence(token), sink->output);
    }
}

static void
thread_ack_failed(hr_thread *thread, const hr_ack *ack)
{
    const hr_sink *sink = hr_thread_sink(thread, hr_token_sink(ack->token));
    hr_task *task = thread->tasks[hr_token_task(ack->token)];

    thread->outputs_open--;
    hr_counter_add(ack->status == HR_ACK_RETRY ? &sink->output->retries : &sink->output->refused,
                   1);
    if (task == NULL || !hr_task_awaits(task, ack->token) || !hr_task_output_failed(task, ack)) {
        hr_kept_free(ack->kept);
    }
}

void
hr_thread_ack(hr_thread *thread, const hr_ack *ack)
{
    if (ack->status == HR_ACK_OK) {
        hr_thread_ack_ok(thread, ack->token);
        hr_kept_free(ack->kept);
    } else {
        thread_ack_failed(thread, ack);
    }
}

/* ---- turns --------------------------------------------------------------------------------------
 */

static bool
thread_serve(hr_thread *thread)
{
    size_t n;
    const hr_ack *acks = hr_mailbox_drain(&thread->mailbox, &n);
    size_t n_sinks = thread->run->topology->n_sinks + (thread->letters != NULL ? 1 : 0);

    thread->now_us = hr_clock_us();
    for (size_t i = 0; i < n; i++) {
        hr_thread_ack(thread, &acks[i]);
    }
    for (size_t i = 0; i < n_sinks; i++) {
        hr_sink *sink = &thread->sinks[i];

        if (sink->open && sink->type->poll != NULL) {
            sink->type->poll(sink, sink->state);
        }
    }
    return n > 0;
}

static void
thread_poll_sources(hr_thread *thread)
{
    for (size_t i = 0; i < thread->run->topology->n_sources; i++) {
        hr_source *source = &thread->sources[i];

        if (source->open && source->type->poll != NULL) {
            source->type->poll(source, source->state);
        }
    }
}

static bool
thread_turn_tasks(hr_thread *thread)
{
    bool intake = thread->phase == HR_THREAD_RUNNING;
    bool busy = false;

    for (size_t i = 0; i < thread->tasks_end; i++) {
        size_t slot = (thread->next_task + i) % thread->tasks_end;

        if (thread->tasks[slot] != NULL) {
            busy |= hr_task_turn(thread->tasks[slot], intake);
        }
    }
    thread->next_task++;
    return busy;
}

bool
hr_thread_turn(hr_thread *thread)
{
    bool busy = thread_serve(thread);

    thread_poll_sources(thread);
    return thread_turn_tasks(thread) || busy;
}

void
hr_thread_settle(hr_thread *thread, int64_t timeout_ms, bool (*done)(void *ctx), void *ctx)
{
    int64_t limit = hr_clock_ms() + timeout_ms;

    for (;;) {
        struct pollfd pfd = {.fd = thread->wake_fd, .events = POLLIN};

        thread_clear_wake(thread);
        thread_serve(thread);
        for (size_t i = 0; i < thread->tasks_end; i++) {
            if (thread->tasks[i] != NULL && hr_task_stalled(thread->tasks[i])) {
                hr_task_turn(thread->tasks[i], false);
            }
        }
        if (done(ctx) || hr_clock_ms() >= limit) {
            return;
        }
        poll(&pfd, 1, 20);
    }
}

/* ---- the loop
 * ------------------------------------------------------------------------------------ */

static void
thread_note_until(hr_thread *thread)
{
    for (size_t i = 0; i < thread->tasks_end; i++) {
        const hr_task *task = thread->tasks[i];

        if (task != NULL && task->work == NULL && !task->rewind) {
            int64_t watermark = hr_tracker_watermark(&task->tracker);
            bool ended = task->ended && hr_task_idle(task);

            hr_run_until_reached(thread->run, task->source->node->index, task->partition.id,
                                 ended ? INT64_MAX : watermark);
        }
    }
}

static void
thread_periodic(hr_thread *thread)
{
    int64_t now = hr_clock_ms();

    atomic_store_explicit(&thread->stats->turned_ms, now, memory_order_relaxed);
    if (now >= thread->commit_at_ms) {
        hr_commit_all(thread, 0);
        thread->commit_at_ms = now + thread->run->runner->commit_interval_ms;
    }
    if (now >= thread->publish_at_ms) {
        hr_partition_stats_publish(thread);
        hr_memory_stats_publish(thread);
        thread->publish_at_ms = now + PUBLISH_MS;
    }
    if (thread->run->options.until_end && thread->phase == HR_THREAD_RUNNING) {
        thread_note_until(thread);
    }
    hr_thread_wake_at(thread,
                      thread->commit_at_ms < now + TICK_MS ? thread->commit_at_ms : now + TICK_MS);
}

/* Turns until there is nothing left, but not longer than TURN_MS_MAX: then the loop itself (timers,
 * signals to the thread) has its turn and the eventfd brings us back. */
static void
thread_run_turns(hr_thread *thread)
{
    int64_t limit = hr_clock_ms() + TURN_MS_MAX;

    thread->wake_at_ms = 0;
    while (hr_thread_turn(thread)) {
        if (hr_clock_ms() >= limit) {
            hr_mailbox_wake(&thread->mailbox);
            break;
        }
    }
    hr_metrics_flush(thread->metrics, thread->stats->n_sinks);
    thread_periodic(thread);
    hr_thread_check_drain(thread);
}

static void thread_on_timer(uv_timer_t *timer);

static void
thread_rearm(hr_thread *thread)
{
    int64_t delay;

    if (thread->phase == HR_THREAD_STOPPED) {
        return;
    }
    delay = thread->wake_at_ms - hr_clock_ms();
    uv_update_time(&thread->loop);
    uv_timer_start(&thread->timer, thread_on_timer, delay > 0 ? (uint64_t)delay : 1, 0);
}

static void
thread_on_timer(uv_timer_t *timer)
{
    hr_thread *thread = timer->data;

    thread_run_turns(thread);
    thread_rearm(thread);
}

static void
thread_on_wake(uv_poll_t *poll_handle, int status, int events)
{
    hr_thread *thread = poll_handle->data;

    (void)status;
    (void)events;
    /* First the counter, then the queues: librdkafka writes again only after empty -> non-empty. */
    thread_clear_wake(thread);
    thread_run_turns(thread);
    thread_rearm(thread);
}

static int
thread_open_failed(hr_error *err, const char *what, const hr_node *node)
{
    char cause[sizeof err->msg];

    memcpy(cause, err->msg, sizeof cause);
    return hr_fail(err, HR_EFATAL, HR_NO_LOC, "%s %s: %s", what, node->name.s, cause);
}

static int
thread_open_nodes(hr_thread *thread, hr_error *err)
{
    const hr_topology *topology = thread->run->topology;
    size_t n_sinks = topology->n_sinks + (thread->letters != NULL ? 1 : 0);

    /* Sinks first: a record must find them open. */
    for (size_t i = 0; i < n_sinks; i++) {
        hr_sink *sink = &thread->sinks[i];

        if (i < topology->n_sinks && !thread->run->armed[i]) {
            continue;
        }
        sink->open = true;
        if (sink->type->open != NULL && sink->type->open(sink, sink->state, err) != HR_OK) {
            return thread_open_failed(err, "sink", sink->node);
        }
        if ((sink->type->flags & HR_SINK_ACKS_LATER) == 0) {
            hr_sink_ready(sink);
        }
    }
    for (size_t i = 0; i < topology->n_sources; i++) {
        hr_source *source = &thread->sources[i];

        source->open = true;
        if (source->type->open(source, source->state, err) != HR_OK) {
            return thread_open_failed(err, "source", source->node);
        }
        if ((source->type->flags & HR_SOURCE_KAFKA) == 0) {
            hr_source_ready(source);
        }
    }
    return HR_OK;
}

static void *
thread_main(void *arg)
{
    hr_thread *thread = arg;
    hr_error err = {0};

    if (thread_open_nodes(thread, &err) != HR_OK) {
        hr_run_fail(thread->run, "%s", err.msg);
        atomic_store(&thread->stop, true);
    }
    atomic_fetch_add(&thread->run->threads_open, 1);
    uv_async_send(thread->run->changed);
    thread->commit_at_ms = hr_clock_ms() + thread->run->runner->commit_interval_ms;
    thread_run_turns(thread);
    thread_rearm(thread);
    uv_run(&thread->loop, UV_RUN_DEFAULT);
    hr_metrics_flush(thread->metrics, thread->stats->n_sinks);
    atomic_store_explicit(&thread->stats->turned_ms, 0, memory_order_relaxed);
    atomic_fetch_sub(&thread->run->threads_running, 1);
    uv_async_send(thread->run->changed);
    return NULL;
}

/* ---- making and freeing
 * --------------------------------------------------------------------------- */

static int
thread_init_loop(hr_thread *thread)
{
    thread->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (thread->wake_fd < 0 || uv_loop_init(&thread->loop) != 0 ||
        uv_poll_init(&thread->loop, &thread->wake, thread->wake_fd) != 0 ||
        uv_timer_init(&thread->loop, &thread->timer) != 0) {
        return HR_EFATAL;
    }
    thread->wake.data = thread;
    thread->timer.data = thread;
    hr_mailbox_init(&thread->mailbox, thread->wake_fd);
    return uv_poll_start(&thread->wake, UV_READABLE, thread_on_wake) == 0 ? HR_OK : HR_EFATAL;
}

static int
thread_init_sources(hr_thread *thread)
{
    const hr_topology *topology = thread->run->topology;

    thread->sources = calloc(topology->n_sources + 1, sizeof *thread->sources);
    for (size_t i = 0; thread->sources != NULL && i < topology->n_sources; i++) {
        hr_source *source = &thread->sources[i];

        source->thread = thread;
        source->node = &topology->sources[i];
        source->type = source->node->type;
        source->trouble = &thread->stats->sources[i];
        source->connection = hr_run_connection(thread->run, source->node);
        source->state = calloc(1, source->type->state_size + 1);
        if (source->state == NULL) {
            return HR_ENOMEM;
        }
    }
    return thread->sources != NULL ? HR_OK : HR_ENOMEM;
}

static int
thread_init_sink(hr_thread *thread, hr_sink *sink, const hr_node *node, uint32_t index)
{
    sink->thread = thread;
    sink->node = node;
    sink->type = thread->run->options.dry ? hr_run_dry_sink() : node->type;
    sink->index = index;
    sink->connection = hr_run_connection(thread->run, node);
    sink->state = calloc(1, sink->type->state_size + 1);
    sink->trouble = &thread->stats->sinks[sink - thread->sinks];
    sink->metrics = &thread->metrics->sinks[sink - thread->sinks];
    sink->output = &thread->metrics->outputs[sink - thread->sinks];
    return sink->state != NULL ? HR_OK : HR_ENOMEM;
}

static int
thread_init_sinks(hr_thread *thread)
{
    const hr_topology *topology = thread->run->topology;
    int rc = HR_OK;

    thread->sinks = calloc(topology->n_sinks + 2, sizeof *thread->sinks);
    thread->tasks = calloc(HR_TASKS_MAX, sizeof(hr_task *));
    thread->offsets = calloc((size_t)2 * HR_TASKS_MAX, sizeof *thread->offsets);
    if (thread->sinks == NULL || thread->tasks == NULL || thread->offsets == NULL) {
        return HR_ENOMEM;
    }
    for (size_t i = 0; i < topology->n_sinks && rc == HR_OK; i++) {
        rc = thread_init_sink(thread, &thread->sinks[i], &topology->sinks[i], (uint32_t)i);
    }
    if (topology->dead_letters != NULL && rc == HR_OK) {
        thread->letters = &thread->sinks[topology->n_sinks];
        rc = thread_init_sink(thread, thread->letters, topology->dead_letters, HR_SINKS_MAX);
    }
    return rc;
}

int
hr_thread_start(hr_thread *thread, hr_run *run, int index, hr_error *err)
{
    *thread = (hr_thread){.run = run, .index = index};
    thread->stats = &run->stats[index];
    thread->metrics = &thread->stats->metrics;
    thread->late_bytes_max =
        (size_t)(run->runner->memory_bytes / (int64_t)run->n_threads / LATE_SHARE);
    snprintf(thread->client_id, sizeof thread->client_id, "%s-%d", run->topology->name.s, index);
    pthread_mutex_init(&thread->holding_lock, NULL);
    if (thread_init_loop(thread) != HR_OK || thread_init_sources(thread) != HR_OK ||
        thread_init_sinks(thread) != HR_OK) {
        return hr_fail(err, HR_EFATAL, HR_NO_LOC, "no stream thread: %s", strerror(errno));
    }
    atomic_fetch_add(&run->threads_running, 1);
    if (pthread_create(&thread->id, NULL, thread_main, thread) != 0) {
        atomic_fetch_sub(&run->threads_running, 1);
        thread->joined = true;
        return hr_fail(err, HR_EFATAL, HR_NO_LOC, "no stream thread: %s", strerror(errno));
    }
    return HR_OK;
}

void
hr_thread_stop(hr_thread *thread)
{
    atomic_store(&thread->stop, true);
    hr_mailbox_wake(&thread->mailbox);
}

void
hr_thread_join(hr_thread *thread)
{
    const hr_topology *topology = thread->run->topology;

    if (!thread->joined) {
        pthread_join(thread->id, NULL);
    }
    for (size_t i = 0; i < topology->n_sources; i++) {
        hr_source *source = &thread->sources[i];

        while (source->pool != NULL) {
            hr_work *next = source->pool->next;

            hr_work_destroy(source->pool, &thread->run->plans[i]);
            source->pool = next;
        }
        free(source->state);
    }
    for (size_t i = 0; i < topology->n_sinks + (thread->letters != NULL ? 1 : 0); i++) {
        free(thread->sinks[i].state);
    }
    free(thread->sources);
    free(thread->sinks);
    free(thread->tasks);
    free(thread->offsets);
    hr_arena_destroy(thread->late_arena);
    hr_mailbox_finish(&thread->mailbox);
    uv_loop_close(&thread->loop);
    close(thread->wake_fd);
    pthread_mutex_destroy(&thread->holding_lock);
}
