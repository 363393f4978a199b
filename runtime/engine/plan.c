/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/plan.h"

#include <stdlib.h>

/* Where in the plan the records of `node` (a source or step) are found; false: not in this plan. */
static bool
plan_find(const hr_plan *plan, const hr_node *node, int *index)
{
    if (node == plan->source) {
        *index = HR_FROM_SOURCE;
        return true;
    }
    for (size_t i = 0; i < plan->n_steps; i++) {
        if (plan->steps[i].node == node) {
            *index = (int)i;
            return true;
        }
    }
    return false;
}

int
hr_plan_init(hr_plan *plan, const hr_topology *topology, const hr_node *source, const bool *armed)
{
    *plan = (hr_plan){.source = source};
    plan->steps = calloc(topology->n_steps + 1, sizeof *plan->steps);
    plan->sinks = calloc(topology->n_sinks + 1, sizeof *plan->sinks);
    if (plan->steps == NULL || plan->sinks == NULL) {
        hr_plan_finish(plan);
        return HR_ENOMEM;
    }
    for (size_t i = 0; i < topology->n_steps; i++) {
        hr_plan_node entry = {.node = topology->order[i]};

        if (plan_find(plan, entry.node->input, &entry.input)) {
            plan->steps[plan->n_steps++] = entry;
        }
    }
    for (size_t i = 0; i < topology->n_sinks; i++) {
        hr_plan_node entry = {.node = &topology->sinks[i]};

        if (armed[i] && plan_find(plan, entry.node->input, &entry.input)) {
            plan->sinks[plan->n_sinks++] = entry;
        }
    }
    return HR_OK;
}

void
hr_plan_finish(hr_plan *plan)
{
    free(plan->steps);
    free(plan->sinks);
    *plan = (hr_plan){0};
}
