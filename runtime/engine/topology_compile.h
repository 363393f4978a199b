/* From a wired topology to a compiled one: schemas, fields and slots through every step, the blocks
 * of every node, encoders, decoders. No network.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TOPOLOGY_COMPILE_H
#define HR_ENGINE_TOPOLOGY_COMPILE_H
#include "config/topology.h"

/* Compiles all nodes; every mistake goes to diag, and what follows from a reported one is not
 * reported again. HR_OK when the topology has no error (loading included), else HR_ECONFIG;
 * HR_ENOMEM. Main thread. */
int hr_topology_compile(hr_topology *topology, hr_diag *diag);

#endif
