/* What happens to the records of one source: its steps in order and the sinks that they reach. Made
 * once per run and source, shared by its tasks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_PLAN_H
#define HR_ENGINE_PLAN_H
#include "config/topology.h"

#define HR_FROM_SOURCE (-1)

/* A step or sink, and whose selection of rows it reads: the step at that index, or HR_FROM_SOURCE.
 */
typedef struct hr_plan_node {
    const hr_node *node;
    int input;
} hr_plan_node;

typedef struct hr_plan {
    const hr_node *source;
    hr_plan_node *steps, *sinks;
    size_t n_steps, n_sinks;
} hr_plan;

/* The plan of a source; sinks for which armed[node->index] is false are left out. HR_OK, HR_ENOMEM.
 */
int hr_plan_init(hr_plan *plan, const hr_topology *topology, const hr_node *source,
                 const bool *armed);
void hr_plan_finish(hr_plan *plan); /* accepts a zeroed one */

#endif
