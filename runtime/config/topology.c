/* What holds a loaded topology: finding nodes in it, and its end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/topology.h"
#include "hr_endpoint.h"
#include "hr_operator.h"
#include "hr_sink.h"
#include "hr_source.h"
#include "hr_table.h"

#include <string.h>

static hr_node *
topology_nodes(const hr_topology *topology, hr_node_kind kind, size_t *n)
{
    switch (kind) {
    case HR_NODE_SOURCE:
        *n = topology->n_sources;
        return topology->sources;
    case HR_NODE_TABLE:
        *n = topology->n_tables;
        return topology->tables;
    case HR_NODE_STEP:
        *n = topology->n_steps;
        return topology->steps;
    case HR_NODE_SINK:
        *n = topology->n_sinks;
        return topology->sinks;
    case HR_NODE_ENDPOINT:
        *n = topology->n_endpoints;
        return topology->endpoints;
    }
    *n = 0;
    return NULL;
}

hr_node *
hr_topology_find(const hr_topology *topology, hr_node_kind kind, const char *name)
{
    size_t n;
    hr_node *nodes = topology_nodes(topology, kind, &n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(nodes[i].name.s, name) == 0) {
            return &nodes[i];
        }
    }
    return NULL;
}

static void
topology_release(hr_node *node)
{
    void (*release)(void *shared) = NULL;

    if (node == NULL || node->type == NULL || !node->compiled) {
        return;
    }
    switch (node->kind) {
    case HR_NODE_SOURCE:
        release = ((const hr_source_type *)node->type)->release;
        break;
    case HR_NODE_TABLE:
        release = ((const hr_table_type *)node->type)->release;
        break;
    case HR_NODE_STEP:
        release = ((const hr_op_type *)node->type)->release;
        break;
    case HR_NODE_SINK:
        release = ((const hr_sink_type *)node->type)->release;
        break;
    case HR_NODE_ENDPOINT:
        release = ((const hr_endpoint_type *)node->type)->release;
        break;
    }
    if (release != NULL) {
        release(node->shared);
    }
    node->compiled = false;
}

/* Endpoints, sinks and steps first: their blocks may point into those of tables. */
void
hr_topology_destroy(hr_topology *topology)
{
    static const hr_node_kind kinds[] = {HR_NODE_ENDPOINT, HR_NODE_SINK, HR_NODE_STEP,
                                         HR_NODE_TABLE, HR_NODE_SOURCE};

    if (topology == NULL) {
        return;
    }
    topology_release(topology->dead_letters);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        size_t n;
        hr_node *nodes = topology_nodes(topology, kinds[k], &n);

        for (size_t i = 0; i < n; i++) {
            topology_release(&nodes[i]);
        }
    }
    hr_arena_destroy(topology->arena);
}
