/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/work.h"

#include <stdlib.h>

static bool
work_selections(hr_selection **list, size_t n)
{
    *list = calloc(n + 1, sizeof **list);
    for (size_t i = 0; *list != NULL && i < n; i++) {
        (*list)[i].row = calloc(HR_BATCH_ROWS, sizeof(hr_row));
        if ((*list)[i].row == NULL) {
            return false;
        }
    }
    return *list != NULL;
}

static void
work_selections_free(hr_selection *list, size_t n)
{
    for (size_t i = 0; list != NULL && i < n; i++) {
        free(list[i].row);
    }
    free(list);
}

hr_work *
hr_work_create(const hr_plan *plan, const hr_layout *layout, size_t arena_bytes_max)
{
    hr_work *work = calloc(1, sizeof *work);

    if (work == NULL) {
        return NULL;
    }
    work->batch = hr_batch_create(layout, arena_bytes_max);
    work->source.row = calloc(HR_BATCH_ROWS, sizeof(hr_row));
    work->decode_failures = calloc(HR_BATCH_ROWS, sizeof *work->decode_failures);
    /* A row may fail once at each step and sink that it reaches, and once when it is decoded. */
    work->failures.cap = HR_BATCH_ROWS * (plan->n_steps + plan->n_sinks + 1);
    work->failures.v = calloc(work->failures.cap, sizeof *work->failures.v);
    work->bytes = sizeof *work + work->failures.cap * sizeof *work->failures.v +
                  HR_BATCH_ROWS * (sizeof *work->decode_failures +
                                   sizeof(hr_row) * (1 + plan->n_steps + plan->n_sinks));
    if (work->batch == NULL || work->source.row == NULL || work->decode_failures == NULL ||
        work->failures.v == NULL || !work_selections(&work->steps, plan->n_steps) ||
        !work_selections(&work->sinks, plan->n_sinks)) {
        hr_work_destroy(work, plan);
        return NULL;
    }
    return work;
}

void
hr_work_destroy(hr_work *work, const hr_plan *plan)
{
    if (work == NULL) {
        return;
    }
    work_selections_free(work->steps, plan->n_steps);
    work_selections_free(work->sinks, plan->n_sinks);
    free(work->failures.v);
    free(work->decode_failures);
    free(work->source.row);
    hr_batch_destroy(work->batch);
    free(work);
}

size_t
hr_work_bytes(const hr_work *work)
{
    return work->bytes + hr_batch_bytes(work->batch);
}

void
hr_work_reset(hr_work *work)
{
    hr_batch_reset(work->batch);
    work->source.n = 0;
    work->failures.n = 0;
    work->sink = work->sink_done = work->letter = 0;
}
