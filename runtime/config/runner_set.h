/* Overrides of the command line (--set a.b=c). Internal to runtime/config.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_RUNNER_SET_H
#define HR_CONFIG_RUNNER_SET_H
#include "config/yaml_node.h"

#define HR_RUNNER_SET_FILE "--set"

/* Puts each "a.b=c" into the tree (a map), replacing what is there; c is YAML. Behind `properties.`
 * the rest of the path is one key. Mistakes go to diag, with places in a file named "--set" whose
 * lines are the overrides. HR_OK or HR_ECONFIG. */
int hr_runner_set(hr_arena *arena, hr_diag *diag, hr_yaml_node *root, const char *const *sets,
                  size_t n);

#endif
