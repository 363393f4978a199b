/* What happens at start: the model's file read, checked, compiled and its golden rows scored; and
 * the whole check of the flight topology, model and schemas included.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/topology.h"
#include "engine/topology_compile.h"
#include "model/model.h"
#include "stage.h"

#define TOPOLOGY_FILE "topologies/flight_delay/topology.yaml"
#define MODEL_FILE "topologies/flight_delay/models/flight_delay.onnx"

static void *
nothing_open(int size, size_t *items)
{
    (void)size;
    *items = 1;
    return NULL;
}

static void
nothing_close(void *state)
{
    (void)state;
}

static uint64_t
load_model(void *state)
{
    hr_model *model = NULL;
    hr_error err = {0};
    size_t trees;

    (void)state;
    if (hr_model_load(MODEL_FILE, NULL, &model, &err) != HR_OK) {
        stage_die("%s: %s", MODEL_FILE, err.msg);
    }
    trees = hr_model_tree_count(model);
    hr_model_unref(model);
    return trees;
}

static uint64_t
check_topology(void *state)
{
    hr_diag *diag = hr_diag_create();
    hr_topology *topology = hr_topology_load(TOPOLOGY_FILE, NULL, diag);
    size_t steps;

    (void)state;
    if (topology == NULL || hr_topology_compile(topology, diag) != HR_OK) {
        stage_die("%s has errors", TOPOLOGY_FILE);
    }
    steps = topology->n_steps;
    hr_topology_destroy(topology);
    hr_diag_destroy(diag);
    return steps;
}

const stage topology_stages[] = {
    {"onnx_load", "headrace", "load", true, 0, nothing_open, load_model, nothing_close},
    {"topology_check", "headrace", "check", true, 0, nothing_open, check_topology, nothing_close},
    {0},
};
