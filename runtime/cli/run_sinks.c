/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run_sinks.h"

int
hr_run_sinks_choose(const hr_topology *topology, const hr_run_options *all, bool *used,
                    hr_run_options *out)
{
    const char **own = hr_arena_calloc(topology->arena, all->n_sinks + 1, sizeof *own);

    if (own == NULL) {
        return HR_ENOMEM;
    }
    *out = *all;
    out->sinks = own;
    out->n_sinks = 0;
    for (size_t i = 0; i < all->n_sinks; i++) {
        if (hr_topology_find(topology, HR_NODE_SINK, all->sinks[i]) != NULL) {
            own[out->n_sinks++] = all->sinks[i];
            used[i] = true;
        }
    }
    return HR_OK;
}
