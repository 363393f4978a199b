/* A stream thread: one loop, its sources and sinks, its tasks. Nothing here is touched by another
 * thread but the mailbox, the metrics and the two atomics.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_THREAD_H
#define HR_ENGINE_THREAD_H
#include "engine/clients.h"
#include "engine/mailbox.h"
#include "engine/metrics.h"
#include "engine/run.h"
#include "engine/task.h"
#include "engine/thread_stats.h"
#include "engine/token.h"
#include "engine/trouble.h"

struct hr_source {
    hr_thread *thread;
    const hr_node *node;
    const hr_source_type *type;
    const hr_connection *connection;
    void *state;
    hr_work *pool;
    hr_trouble *trouble;
    bool open;
};

struct hr_sink {
    hr_thread *thread;
    const hr_node *node;
    const hr_sink_type *type;
    const hr_connection *connection;
    void *state;
    uint32_t index; /* in tokens; of the dead letters: HR_SINKS_MAX */
    bool open;
    uint32_t n_stalled; /* tasks that hold rows which it has no room for */
    hr_trouble *trouble;
    hr_node_metrics *metrics;
    hr_sink_metrics *output;
};

typedef enum hr_thread_phase {
    HR_THREAD_RUNNING,
    HR_THREAD_DRAINING, /* no new input */
    HR_THREAD_CLOSING,  /* committed; clients are being closed */
    HR_THREAD_STOPPED,
} hr_thread_phase;

struct hr_thread {
    hr_run *run;
    int index;
    pthread_t id;
    bool joined;
    uv_loop_t loop;
    uv_poll_t wake;
    uv_timer_t timer;
    int wake_fd;
    int64_t wake_at_ms;
    int64_t now_us; /* read once per batch and round of acknowledgements */
    hr_thread_phase phase;
    atomic_bool stop; /* asked to stop. thread: any */

    hr_source *sources; /* by source index */
    hr_sink *sinks;     /* by sink index, the dead letters last (letters) */
    hr_sink *letters;   /* NULL: none configured */
    hr_task **tasks;    /* HR_TASKS_MAX, by id; NULL: free */
    size_t n_tasks, tasks_end;
    size_t next_task; /* where the next turn begins */
    uint32_t epochs;  /* counts tasks, so that a reused id gets another epoch */
    hr_task *isolating;
    uint64_t outputs_open;             /* taken and not ended, of whatever epoch */
    size_t late_bytes, late_bytes_max; /* of records kept for late letters */
    hr_arena *late_arena;              /* for the headers of one; NULL: none was made yet */
    hr_work *writing;                  /* the work whose rows a sink is given just now */

    hr_offset *offsets; /* of the open commit; the second half is for one source's share */
    size_t n_offsets;

    hr_mailbox mailbox;
    hr_client *clients;
    hr_metrics *metrics;    /* of the run */
    hr_thread_stats *stats; /* ... and what else others may see */
    int64_t commit_at_ms, publish_at_ms, drain_since_ms;
    int64_t close_ms;         /* how long a client may take to close */
    hr_log_gate failure_gate; /* failed records are logged a few a second, and counted */
    hr_letter_gate letter_gate;
    char client_id[160];

    pthread_mutex_t holding_lock;
    char holding[400]; /* what it waits for; written while draining */
};

/* Makes a thread of the run and starts it. HR_OK or an error; then nothing runs. */
int hr_thread_start(hr_thread *thread, hr_run *run, int index, hr_error *err);
void hr_thread_stop(hr_thread *thread); /* thread: any */
void hr_thread_join(hr_thread *thread); /* waits, then frees what it holds */

/* The loop turns at that time at the latest. */
void hr_thread_wake_at(hr_thread *thread, int64_t when_ms);

/* One round over mailbox, sources, sinks and tasks. True: there is more to do right away. */
bool hr_thread_turn(hr_thread *thread);

/* Serves acknowledgements only, for at most timeout_ms, until done(ctx) says so. */
void hr_thread_settle(hr_thread *thread, int64_t timeout_ms, bool (*done)(void *ctx), void *ctx);

/* The sink of a token. */
static inline hr_sink *
hr_thread_sink(const hr_thread *thread, uint32_t sink)
{
    return sink == HR_SINKS_MAX ? thread->letters : &thread->sinks[sink];
}

/* An output ended; what the ack kept is taken. */
void hr_thread_ack(hr_thread *thread, const hr_ack *ack);

/* ... well: the shortest way there, for sinks whose acknowledgements come one by one. */
void hr_thread_ack_ok(hr_thread *thread, hr_token token);

/* Notes trouble of a source or sink of the thread; the run fails where it is fatal, or is to fail
 * fast. */
void hr_thread_trouble(hr_thread *thread, hr_trouble *trouble, const char *what,
                       const hr_node *node, const char *text, bool fatal);

/* A partition is gone. */
void hr_thread_task_drop(hr_thread *thread, hr_task *task);

/* thread_client.c: closes clients, last made first. */
void hr_thread_clients_close(hr_thread *thread);

/* thread_drain.c: goes on with a stop that was asked for. */
void hr_thread_check_drain(hr_thread *thread);

#endif
