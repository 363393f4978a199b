/* What the files of a task have in common and nobody else needs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TASK_PARTS_H
#define HR_ENGINE_TASK_PARTS_H
#include "engine/task.h"

#define HR_TASK_STALL_RETRY_MS 2 /* a full sink is tried again at the latest then */

/* task.c: a work from the pool, NULL when out of memory; and back, the source's records with it. */
hr_work *hr_task_work_take(hr_task *task);
void hr_task_work_release(hr_task *task);

/* task_intake.c: takes new records in. False: there are none, or no room for them. True with
 * task->work NULL: only records that were seen before. */
bool hr_task_intake(hr_task *task);

/* task_steps.c: all steps over the whole batch, then the rows for each sink. */
int hr_task_process(hr_task *task, hr_error *err);

/* task_output.c: goes on with the outputs of the current batch. True when they are all handed on.
 */
bool hr_task_outputs(hr_task *task);

/* The task waits for room in that sink from now on; NULL: it goes on. */
void hr_task_stall(hr_task *task, hr_sink *sink);

/* Nothing at or behind the offset is committed any more; hr_task_fail() fails the run too. */
void hr_task_stop_at(hr_task *task, int64_t offset);
void hr_task_fail(hr_task *task, int64_t offset, const hr_failure *failure);

/* task_poison.c: NULL: that sink did not refuse that record. */
hr_poison *hr_task_poison_find(hr_task *task, int64_t offset, uint32_t sink);

/* Of suspects only dead letters are remembered: they are cut when they are sent again. */
void hr_task_poison_add(hr_task *task, int64_t offset, uint32_t sink, bool suspect,
                        const char *reason);

/* A replay is due: what waits to become a dead letter does so then. */
void hr_task_poison_late(hr_task *task);

/* Forgets what lies below the watermark. */
void hr_task_poison_prune(hr_task *task);

/* A group was refused: the next one is half as large, until one record alone is refused. */
void hr_task_isolate_narrower(hr_task *task);

/* How many records the next group may have: twice as many where the last one passed. */
size_t hr_task_isolate_take(hr_task *task);

#endif
