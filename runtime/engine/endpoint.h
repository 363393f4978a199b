/* Endpoints while they run: owned by the run of their topology.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_ENDPOINT_H
#define HR_ENGINE_ENDPOINT_H
#include "engine/metrics.h"
#include "hr_endpoint.h"
#include "hr_metric.h"

/* Since start. */
typedef struct hr_endpoint_stats {
    uint64_t requests;   /* taken */
    uint64_t answers[6]; /* by the status' first digit; [0]: none of 1 to 5 */
    uint64_t found, missing;
    uint64_t bytes; /* of the answers' bodies */
    uint64_t latency[HR_HISTOGRAM_BUCKETS];
    uint64_t latency_sum_us;
} hr_endpoint_stats;

/* Opens the endpoint on the server: it answers from now on. tables: those of the run, by index. The
 * node, runner, server and tables outlive its answers. NULL with *err. Main thread. */
hr_endpoint *hr_endpoint_open(hr_node *node, const hr_runner *runner, hr_http_server *server,
                              hr_table *const *tables, hr_error *err);

/* Takes its routes away: no request comes any more. Main thread. Accepts NULL. */
void hr_endpoint_stop(hr_endpoint *endpoint);

/* Stops it, answers what it kept and frees it. Main thread. Accepts NULL. */
void hr_endpoint_close(hr_endpoint *endpoint);

/* thread: any */
void hr_endpoint_stats_get(hr_endpoint *endpoint, hr_endpoint_stats *out);

/* The metrics of every endpoint, and what adds their values. thread: any */
extern const hr_metric_desc hr_endpoint_metric_table[];
void hr_endpoint_metrics(hr_endpoint *endpoint, hr_metric_add add, void *ctx);

#endif
