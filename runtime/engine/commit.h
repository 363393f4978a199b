/* The commit interface of a stream thread: begin, add tasks, end; abort goes back to what was
 * committed last. At-least-once is its simplest form: offsets go to the group, nothing is undone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_COMMIT_H
#define HR_ENGINE_COMMIT_H
#include "engine/thread.h"

/* Opens a commit; offsets are added task by task. */
void hr_commit_begin(hr_thread *thread);

/* Adds the task's watermark, unless that was committed already. */
void hr_commit_add(hr_thread *thread, hr_task *task);

/* Hands the offsets to their sources. Waits for each one's answer up to timeout_ms; 0: not at all.
 * What fails is added again by the next commit; false: something failed at once. */
bool hr_commit_end(hr_thread *thread, int timeout_ms);

/* All tasks of the thread: what the commit interval and a clean stop do. */
bool hr_commit_all(hr_thread *thread, int timeout_ms);

/* Nothing of the open commit counts: every task goes back to its watermark. */
void hr_commit_abort(hr_thread *thread);

#endif
