/* A whole app in the test's process, for topologies that need no server.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_TEST_APP_RIG_H
#define HR_TEST_APP_RIG_H
#include "driver.h"
#include "engine/app.h"

typedef struct app_rig {
    driver *files; /* a folder for what the topology names */
    hr_runner *runner;
    hr_app *app;
} app_rig;

/* An empty app, and a folder. */
void app_rig_init(app_rig *rig);

/* Adds the topology of that text, with so many threads. Fails the test where it has errors. */
void app_rig_add(app_rig *rig, const char *yaml, int64_t threads, bool until_end);
void app_rig_finish(app_rig *rig);

#endif
