/* Loading what commands that run topologies need: runner and topologies, checked, with all errors
 * printed as `check` prints them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CLI_RUN_H
#define HR_CLI_RUN_H
#include "admin/admin.h"
#include "engine/app.h"

/* Loads the runner's config (NULL: defaults) with overrides. NULL: errors were printed. */
hr_runner *hr_cli_runner(const char *config, const char *const *sets, size_t n_sets);

/* Loads and compiles a topology; dry makes every sink printable. NULL: errors were printed. */
hr_topology *hr_cli_topology(const char *path, const hr_runner *runner, bool dry);

/* Adds the routes of the process's own server, where the runner has one (*out NULL: it has none).
 * HR_OK or an error; *out is destroyed before the app. */
int hr_cli_admin(hr_app *app, hr_admin **out, hr_error *err);

#endif
