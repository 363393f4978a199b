/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/thread.h"
#include "engine/clock.h"
#include "engine/commit.h"
#include "engine/kept.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TURN_MS_MAX 20      /* then the loop goes round once */
#define REVOKE_WAIT_MS 5000 /* RELIABILITY section 1 */
#define TICK_MS 1000        /* the group wants to be polled also when nothing happens */
#define TROUBLE_AGAIN_MS 30000
#define COMMIT_WAIT_MS 1000 /* then the loop has to turn: a commit may wait for a rebalance */
#define COMMIT_AGAIN_MS 100
#define CLOSE_MS 5000
#define CLOSE_LATE_MS 500 /* where the shutdown limit is passed already */
#define LATE_SHARE 16     /* records kept for late letters: this part of a thread's memory */

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

/* One line when trouble begins, one when it is over, a reminder in between. */
static void
trouble_note(hr_trouble *trouble, const char *what, const hr_node *node, const char *text)
{
    int64_t now = hr_clock_ms();

    if (text == NULL) {
        if (trouble->since_ms != 0) {
            hr_log(HR_LOG_INFO, "%s %s is back" HR_LOG_KV "after_ms=%lld", what, node->name.s,
                   (long long)(now - trouble->since_ms));
        }
        trouble->since_ms = 0;
        return;
    }
    if (trouble->since_ms == 0) {
        trouble->since_ms = now;
    } else if (now - trouble->logged_ms < TROUBLE_AGAIN_MS) {
        return;
    }
    trouble->logged_ms = now;
    snprintf(trouble->text, sizeof trouble->text, "%s", text);
    hr_log(HR_LOG_WARN, "%s %s waits and tries again" HR_LOG_KV "cause=%s", what, node->name.s,
           text);
}

static void
thread_trouble(hr_thread *thread, hr_trouble *trouble, const char *what, const hr_node *node,
               const char *text, bool fatal)
{
    trouble_note(trouble, what, node, text);
    if (text != NULL && (fatal || thread->run->options.fail_fast)) {
        atomic_store(&thread->run->hurried, true);
        hr_run_fail(thread->run, "%s %s: %s%s", what, node->name.s, text,
                    fatal ? "" : " (--fail-fast)");
    }
}

void
hr_source_trouble(hr_source *source, const char *text, bool fatal)
{
    thread_trouble(source->thread, &source->trouble, "source", source->node, text, fatal);
}

void
hr_sink_trouble(hr_sink *sink, const char *text)
{
    pthread_mutex_lock(&sink->lock);
    thread_trouble(sink->thread, &sink->trouble, "sink", sink->node, text, false);
    pthread_mutex_unlock(&sink->lock);
}

/* ---- what sources and sinks ask -----------------------------------------------------------------
 */

const hr_node *
hr_source_node(const hr_source *source)
{
    return source->node;
}

const hr_runner *
hr_source_runner(const hr_source *source)
{
    return source->thread->run->runner;
}

const hr_connection *
hr_source_connection(const hr_source *source)
{
    return source->connection;
}

int
hr_source_thread(const hr_source *source)
{
    return source->thread->index;
}

void
hr_source_wake_at(hr_source *source, int64_t when_ms)
{
    hr_thread_wake_at(source->thread, when_ms);
}

void
hr_source_ended(hr_source *source, hr_partition *partition)
{
    (void)source;
    hr_task_of(partition)->ended = true;
}

int64_t
hr_source_close_ms(const hr_source *source)
{
    return source->thread->close_ms;
}

bool
hr_source_until_end(const hr_source *source)
{
    return source->thread->run->options.until_end;
}

void
hr_source_until(hr_source *source, int32_t partition, int64_t end_offset)
{
    hr_run_until(source->thread->run, source->node->index, partition, end_offset);
}

void
hr_source_until_known(hr_source *source)
{
    hr_run_until_known(source->thread->run, source->node->index);
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
    if (sink->node->on_error != HR_ON_ERROR_DEAD_LETTER || sink->thread->letters == NULL) {
        return NULL;
    }
    return hr_kept_make(hr_batch_record(batch, row), batch->topic, batch->partition);
}

void
hr_sink_ack(hr_sink *sink, hr_token token, hr_ack_status status, const char *reason)
{
    hr_ack ack; /* the reason is long, and mostly there is none */

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

/* ---- clients ------------------------------------------------------------------------------------
 */

static hr_client *
thread_client(hr_thread *thread, const char *kind, const hr_connection *connection)
{
    hr_client *client;

    for (client = thread->clients; client != NULL; client = client->next) {
        if (client->connection == connection && strcmp(client->kind, kind) == 0) {
            return client;
        }
    }
    client = calloc(1, sizeof *client);
    if (client != NULL) {
        *client = (hr_client){.kind = kind, .connection = connection, .next = thread->clients};
        thread->clients = client;
    }
    return client;
}

hr_client *
hr_source_client(hr_source *source, const char *kind)
{
    return thread_client(source->thread, kind, source->connection);
}

hr_client *
hr_sink_client(hr_sink *sink, const char *kind)
{
    return thread_client(sink->thread, kind, sink->connection);
}

/* A quarter of the budget for what is fetched and not processed, a quarter for what is produced and
 * not delivered; batches and mailboxes share the rest. */
static void
thread_client_env(const hr_thread *thread, hr_client_env *env)
{
    int64_t quarter = thread->run->runner->memory_bytes / 4 / (int64_t)thread->run->n_threads;

    env->wake_fd = thread->wake_fd;
    env->group = thread->run->group;
    env->id = thread->client_id;
    env->n_threads = thread->run->n_threads;
    env->prefetch_bytes = quarter;
    env->queue_bytes = quarter;
}

void
hr_source_client_env(hr_source *source, hr_client_env *env)
{
    thread_client_env(source->thread, env);
}

void
hr_sink_client_env(hr_sink *sink, hr_client_env *env)
{
    thread_client_env(sink->thread, env);
}

static void
thread_clients_close(hr_thread *thread)
{
    while (thread->clients != NULL) {
        hr_client *client = thread->clients;

        thread->clients = client->next;
        if (client->object != NULL && client->destroy != NULL) {
            client->destroy(client->object);
        }
        free(client);
    }
}

/* ---- tasks --------------------------------------------------------------------------------------
 */

hr_partition *
hr_source_assign(hr_source *source, const char *topic, int32_t id, int64_t offset, void *data)
{
    hr_thread *thread = source->thread;
    hr_task *task;
    size_t slot = 0;

    while (slot < HR_TASKS_MAX && thread->tasks[slot] != NULL) {
        slot++;
    }
    if (slot == HR_TASKS_MAX ||
        (task = hr_task_create(thread, source, topic, id, offset, data)) == NULL) {
        hr_run_fail(thread->run, "no task for %s[%d]: %s", topic, (int)id,
                    slot == HR_TASKS_MAX ? "too many partitions" : "out of memory");
        return NULL;
    }
    task->id = (uint32_t)slot;
    task->epoch = thread->epochs++;
    thread->tasks[slot] = task;
    thread->n_tasks++;
    if (slot >= thread->tasks_end) {
        thread->tasks_end = slot + 1;
    }
    return &task->partition;
}

static void
thread_task_drop(hr_thread *thread, hr_task *task)
{
    if (thread->isolating == task) {
        thread->isolating = NULL;
    }
    thread->tasks[task->id] = NULL;
    thread->n_tasks--;
    hr_task_destroy(task);
}

typedef struct revoke_wait {
    hr_partition *const *partitions;
    size_t n;
} revoke_wait;

static bool
revoke_settled(void *ctx)
{
    const revoke_wait *wait = ctx;

    for (size_t i = 0; i < wait->n; i++) {
        const hr_task *task = hr_task_of(wait->partitions[i]);

        if (!hr_task_settled(task) && !task->rewind) {
            return false;
        }
    }
    return true;
}

void
hr_source_revoke(hr_source *source, hr_partition *const *partitions, size_t n, bool lost)
{
    hr_thread *thread = source->thread;
    revoke_wait wait = {partitions, n};

    if (!lost && thread->phase != HR_THREAD_CLOSING) {
        hr_thread_settle(thread, REVOKE_WAIT_MS, revoke_settled, &wait);
        hr_commit_begin(thread);
        for (size_t i = 0; i < n; i++) {
            hr_task_of(partitions[i])->committed =
                -1; /* the answer to the last commit may be due */
            hr_commit_add(thread, hr_task_of(partitions[i]));
        }
        hr_commit_end(thread, REVOKE_WAIT_MS);
    }
    for (size_t i = 0; i < n; i++) {
        thread_task_drop(thread, hr_task_of(partitions[i]));
    }
    hr_counter_add(&thread->metrics.rebalances, 1);
}

void
hr_source_commit_failed(hr_source *source, const char *text)
{
    hr_thread *thread = source->thread;

    hr_log(HR_LOG_WARN, "commit failed, trying again" HR_LOG_KV "source=%s cause=%s",
           source->node->name.s, text);
    for (size_t i = 0; i < thread->tasks_end; i++) {
        if (thread->tasks[i] != NULL && thread->tasks[i]->source == source) {
            thread->tasks[i]->committed = -1;
        }
    }
}

void
hr_thread_ack(hr_thread *thread, const hr_ack *ack)
{
    hr_task *task = thread->tasks[hr_token_task(ack->token)];
    uint32_t sink = hr_token_sink(ack->token);

    thread->outputs_open--;
    if (ack->status == HR_ACK_OK && sink < thread->run->topology->n_sinks) {
        hr_counter_add(&thread->metrics.sinks[sink].out, 1);
    }
    if (task == NULL || !hr_task_ack(task, ack)) {
        hr_kept_free(ack->kept);
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

/* ---- draining and stopping
 * ----------------------------------------------------------------------- */

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
            thread_task_drop(thread, thread->tasks[i]);
        }
    }
    thread_clients_close(thread);
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

static void
thread_check_drain(hr_thread *thread)
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

/* ---- the loop
 * ------------------------------------------------------------------------------------ */

static void
thread_note_lag(hr_thread *thread)
{
    uint64_t lag = 0;

    for (size_t i = 0; i < thread->tasks_end; i++) {
        const hr_task *task = thread->tasks[i];
        int64_t behind =
            task != NULL && task->partition.end_offset >= 0 && task->tracker.next_offset >= 0
                ? task->partition.end_offset - hr_tracker_watermark(&task->tracker)
                : 0;

        lag += behind > 0 ? (uint64_t)behind : 0;
    }
    atomic_store_explicit(&thread->metrics.lag, lag, memory_order_relaxed);
}

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

    if (now >= thread->commit_at_ms) {
        hr_commit_all(thread, 0);
        thread_note_lag(thread);
        thread->commit_at_ms = now + thread->run->runner->commit_interval_ms;
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
    thread_periodic(thread);
    thread_check_drain(thread);
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
    }
    for (size_t i = 0; i < topology->n_sources; i++) {
        hr_source *source = &thread->sources[i];

        source->open = true;
        if (source->type->open(source, source->state, err) != HR_OK) {
            return thread_open_failed(err, "source", source->node);
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
    thread->commit_at_ms = hr_clock_ms() + thread->run->runner->commit_interval_ms;
    thread_run_turns(thread);
    thread_rearm(thread);
    uv_run(&thread->loop, UV_RUN_DEFAULT);
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
    thread->metrics.sources = calloc(topology->n_sources + 1, sizeof *thread->metrics.sources);
    for (size_t i = 0; thread->sources != NULL && i < topology->n_sources; i++) {
        hr_source *source = &thread->sources[i];

        source->thread = thread;
        source->node = &topology->sources[i];
        source->type = source->node->type;
        source->connection = hr_run_connection(thread->run, source->node);
        source->state = calloc(1, source->type->state_size + 1);
        if (source->state == NULL) {
            return HR_ENOMEM;
        }
    }
    return thread->sources != NULL && thread->metrics.sources != NULL ? HR_OK : HR_ENOMEM;
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
    pthread_mutex_init(&sink->lock, NULL);
    return sink->state != NULL ? HR_OK : HR_ENOMEM;
}

static int
thread_init_sinks(hr_thread *thread)
{
    const hr_topology *topology = thread->run->topology;
    int rc = HR_OK;

    thread->sinks = calloc(topology->n_sinks + 2, sizeof *thread->sinks);
    thread->metrics.sinks = calloc(topology->n_sinks + 2, sizeof *thread->metrics.sinks);
    thread->metrics.steps = calloc(topology->n_steps + 1, sizeof *thread->metrics.steps);
    thread->tasks = calloc(HR_TASKS_MAX, sizeof(hr_task *));
    thread->offsets = calloc((size_t)2 * HR_TASKS_MAX, sizeof *thread->offsets);
    if (thread->sinks == NULL || thread->metrics.sinks == NULL || thread->metrics.steps == NULL ||
        thread->tasks == NULL || thread->offsets == NULL) {
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
        pthread_mutex_destroy(&thread->sinks[i].lock);
        free(thread->sinks[i].state);
    }
    free(thread->sources);
    free(thread->sinks);
    free(thread->tasks);
    free(thread->offsets);
    hr_arena_destroy(thread->late_arena);
    free(thread->metrics.sources);
    free(thread->metrics.sinks);
    free(thread->metrics.steps);
    hr_mailbox_finish(&thread->mailbox);
    uv_loop_close(&thread->loop);
    close(thread->wake_fd);
    pthread_mutex_destroy(&thread->holding_lock);
}
