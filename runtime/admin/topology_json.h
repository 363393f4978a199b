/* GET /topology: the topologies of the process with live numbers, as JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ADMIN_TOPOLOGY_JSON_H
#define HR_ADMIN_TOPOLOGY_JSON_H
#include "engine/stats.h"

#include <jansson.h>

/* A stream thread turns some times a second; it may wait this long for a broker when it gives up
 * its partitions. */
#define HR_HEALTH_TURN_MS_MAX 30000

/* The whole answer; NULL: out of memory. The caller owns it. */
json_t *hr_topology_json(const hr_stats *stats);

/* {"status":"ready"} or {"status":"waiting","waiting_for":[{"topology":..,"for":..}]}; the ready
 * flag of the stats decides. NULL: out of memory. */
json_t *hr_ready_json(const hr_stats *stats);

/* {"status":"ok","stuck":[]}, or "stuck" with the stream threads whose last turn is longer ago than
 * HR_HEALTH_TURN_MS_MAX. NULL: out of memory. */
json_t *hr_health_json(const hr_stats *stats, bool *healthy);

#endif
