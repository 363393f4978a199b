/* What a stream thread's memory is given to, told a few times a second.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_MEMORY_STATS_H
#define HR_ENGINE_MEMORY_STATS_H

typedef struct hr_thread hr_thread;

/* Sets the gauges of the thread's budgets (metrics.h). thread: its own */
void hr_memory_stats_publish(hr_thread *thread);

#endif
