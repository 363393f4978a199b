/* A task: the plan of a source for one partition. Its operators' state, its unfinished records, its
 * epoch; processes batches, one at a time, from intake to outputs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TASK_H
#define HR_ENGINE_TASK_H
#include "engine/late_letter.h"
#include "engine/metrics.h"
#include "engine/token.h"
#include "engine/tracker.h"
#include "engine/work.h"
#include "hr_sink.h"
#include "hr_source.h"

typedef struct hr_thread hr_thread;

/* A record that a sink refused without giving it back, remembered until the watermark has passed
 * it: at replay it becomes a dead letter of that sink. A suspect was refused together with others
 * and is replayed alone. */
typedef struct hr_poison {
    int64_t offset;
    uint32_t sink; /* as in tokens */
    bool suspect;
    char reason[120];
} hr_poison;

struct hr_task {
    hr_thread *thread;
    hr_source *source;
    const hr_plan *plan;
    hr_partition partition;
    char *topic; /* partition.topic */
    uint32_t id, epoch;
    hr_tracker tracker;
    hr_op *ops; /* by plan step */
    void *decoder_state;
    hr_work *work;       /* on its way, or stopped at a full sink */
    hr_sink *stalled_by; /* ... which is this one, since stalled_us; NULL: none */
    int64_t stalled_us;

    hr_poison *poison;
    size_t n_poison, cap_poison;
    hr_late_letters late;
    int64_t isolate_until; /* offsets below are processed in small groups; 0: none */
    size_t isolate_max;    /* records of such a group */
    bool isolate_passed;   /* a group is under way, and nothing of it was refused */
    bool isolate_narrowed; /* since the last rewind */

    int64_t committed;       /* last offset that a commit was sent for; -1: none */
    int64_t committed_shown; /* ... and that has not been told to have failed; -1: none */
    int64_t resume_at_ms;    /* after trouble: not before */
    int64_t backoff_ms;
    int64_t first_offset; /* what the last seek gave instead of the expected offset; -1: nothing */
    bool verify_first;    /* the next record follows a seek */
    bool rewind;          /* asked for by an acknowledgement; done at the next turn */
    bool stopped;         /* a record failed and the topology says `fail` */
    int64_t stop_offset;  /* ... which is this one: nothing at or behind it is committed */
    bool ended;           /* its source has no more records */
};

/* Makes a task that expects `offset` next. NULL when out of memory. */
hr_task *hr_task_create(hr_thread *thread, hr_source *source, const char *topic, int32_t partition,
                        int64_t offset, void *data);
void hr_task_destroy(hr_task *task);

/* Takes a batch in and processes it, or goes on with the one that a full sink stopped. True if
 * anything was done. intake: new records may be taken. */
bool hr_task_turn(hr_task *task, bool intake);

/* The task that a partition belongs to. */
static inline hr_task *
hr_task_of(hr_partition *partition)
{
    return (hr_task *)((char *)partition - offsetof(hr_task, partition));
}

/* Nothing is under way. */
bool hr_task_idle(const hr_task *task);

/* Nothing is under way that could still end: idle, or stopped with all done before the record that
 * stopped it. */
bool hr_task_settled(const hr_task *task);

/* Outputs wait for a sink to have room. */
static inline bool
hr_task_stalled(const hr_task *task)
{
    return task->work != NULL || task->late.first != NULL;
}

/* The record's output is waited for; false: it is of a time before the last rewind. */
static inline bool
hr_task_awaits(const hr_task *task, hr_token token)
{
    return hr_token_epoch(token) == (task->epoch & HR_EPOCH_MASK) &&
           hr_tracker_holds(&task->tracker, hr_token_sequence(token));
}

/* An output that is waited for ended: well at the sink of these metrics, or (NULL) by being
 * skipped. */
void hr_task_output_done(hr_task *task, uint32_t sequence, hr_sink_metrics *output);

/* ... or badly. True: the record that the ack kept was taken. */
bool hr_task_output_failed(hr_task *task, const hr_ack *ack);

/* A dead letter of that record was refused before: it is cut. */
bool hr_task_cuts_letter(hr_task *task, int64_t offset);

/* Counts a failed record and logs it with its place, some a second at most. */
void hr_task_log_failure(hr_task *task, int64_t offset, const hr_failure *failure);

/* Raises the epoch, goes back to the watermark and reads on from there after delay_ms. */
void hr_task_rewind(hr_task *task, int64_t delay_ms);

#endif
