/* What a source is told of its records while they are under way, so that it can answer those who
 * sent them. Sources that do not ask to be told cost one comparison.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TELL_H
#define HR_ENGINE_TELL_H
#include "engine/thread.h"

/* The rows of the task's batch that were decoded; the source may fail some of them. */
static inline void
hr_tell_decoded(hr_task *task)
{
    hr_source *source = task->source;
    hr_work *work = task->work;

    if (source->type->decoded != NULL && work->source.n > 0) {
        work->source.n = source->type->decoded(source, source->state, work->batch, work->source.row,
                                               work->source.n, &work->failures);
    }
}

/* action: what really becomes of the record, where it is not what the failure says. */
static inline void
hr_tell_failed(hr_task *task, int64_t offset, const hr_failure *failure, hr_on_error action)
{
    hr_source *source = task->source;
    hr_failure told = *failure;

    if (source->type->record_failed != NULL) {
        told.action = action;
        source->type->record_failed(source, source->state, &task->partition, offset, &told);
    }
}

static inline void
hr_tell_done(hr_task *task, int64_t offset)
{
    hr_source *source = task->source;

    if (source->type->record_done != NULL) {
        source->type->record_done(source, source->state, &task->partition, offset);
    }
}

#endif
