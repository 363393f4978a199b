/* SPDX-License-Identifier: Apache-2.0 */
#include "app_rig.h"
#include "engine/topology_compile.h"
#include "hr_test.h"

#include <stdio.h>
#include <stdlib.h>

static hr_topology *
rig_topology(app_rig *rig, const char *yaml)
{
    hr_diag *diag = hr_diag_create();
    hr_topology *topology;
    char *path;
    int rc;

    driver_file(rig->files, "topology.yaml", yaml);
    path = driver_path(rig->files, "topology.yaml");
    topology = hr_topology_load(path, NULL, diag);
    rc = topology != NULL ? hr_topology_compile(topology, diag) : HR_ECONFIG;
    hr_diag_print(diag, stderr, HR_DIAG_TEXT);
    hr_diag_destroy(diag);
    free(path);
    if (rc != HR_OK || topology == NULL) {
        fail_msg("the topology of the test has errors");
        return NULL;
    }
    topology->diag = NULL;
    return topology;
}

void
app_rig_init(app_rig *rig)
{
    hr_diag *diag = hr_diag_create();
    hr_error err = {0};

    rig->files = driver_new();
    rig->runner = hr_runner_load(NULL, NULL, 0, diag);
    hr_diag_destroy(diag);
    assert_non_null(rig->runner);
    rig->runner->commit_interval_ms = 20;
    rig->app = hr_app_create(rig->runner, &err);
    assert_non_null(rig->app);
}

void
app_rig_add(app_rig *rig, const char *yaml, int64_t threads, bool until_end)
{
    hr_run_options options = {.threads = threads, .until_end = until_end};
    hr_error err = {0};

    if (hr_app_add(rig->app, rig_topology(rig, yaml), &options, &err) != HR_OK) {
        fail_msg("%s", err.msg);
    }
}

void
app_rig_finish(app_rig *rig)
{
    hr_app_destroy(rig->app);
    hr_runner_destroy(rig->runner);
    driver_free(rig->files);
}
