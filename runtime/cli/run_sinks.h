/* Whose sinks --sinks names, where `run` has several topologies: each takes the names that it has;
 * one that has none of them keeps all its sinks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CLI_RUN_SINKS_H
#define HR_CLI_RUN_SINKS_H
#include "cli/args.h"
#include "engine/run.h"

/* The options for one of several topologies: those that are given with its own sinks, in its arena.
 * Marks the names that it has in `used`. HR_OK or HR_ENOMEM. */
int hr_run_sinks_choose(const hr_topology *topology, const hr_run_options *all, bool *used,
                        hr_run_options *out);

#endif
