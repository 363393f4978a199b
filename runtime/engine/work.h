/* A batch on its way through the plan of its source. Works are pooled per thread and source: one
 * serves all tasks as long as no sink is full; a task whose sink is full keeps its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_WORK_H
#define HR_ENGINE_WORK_H
#include "engine/plan.h"
#include "hr_operator.h"
#include "codec/codec.h"

typedef struct hr_selection {
    hr_row *row; /* HR_BATCH_ROWS */
    size_t n;
} hr_selection;

typedef struct hr_work {
    hr_batch *batch;
    hr_selection source; /* rows that were decoded */
    hr_selection *steps; /* rows that each step of the plan emitted */
    hr_selection *sinks; /* rows for each sink of the plan */
    hr_decode_failure *decode_failures;
    hr_failures failures;
    size_t bytes; /* of all but the batch */
    /* How far the outputs are. */
    size_t sink, sink_done, letter;
    struct hr_work *next; /* in the pool */
} hr_work;

/* NULL when out of memory. */
hr_work *hr_work_create(const hr_plan *plan, const hr_layout *layout, size_t arena_bytes_max);
void hr_work_destroy(hr_work *work, const hr_plan *plan); /* accepts NULL */

/* Memory that it holds. */
size_t hr_work_bytes(const hr_work *work);

/* Ready for the next batch. */
void hr_work_reset(hr_work *work);

#endif
