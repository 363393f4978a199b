/* The table of all metrics: /metrics, `headrace metrics` and docs/METRICS.md are written from it.
 * Operators add their own (hr_operator.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ADMIN_METRIC_TABLE_H
#define HR_ADMIN_METRIC_TABLE_H
#include "admin/metric_text.h"
#include "admin/process.h"
#include "engine/stats.h"

/* Partitions are the only things whose number no file bounds; those beyond are left out, and how
 * many is a metric too. */
#define HR_METRIC_PARTITIONS_MAX 4096

/* What a metric is of: there is one value for each. */
typedef enum hr_metric_scope {
    HR_SCOPE_PROCESS,
    HR_SCOPE_TOPOLOGY,
    HR_SCOPE_NODE,
    HR_SCOPE_SINK, /* the dead letters too */
    HR_SCOPE_TABLE,
    HR_SCOPE_ENDPOINT,
    HR_SCOPE_PARTITION,
    HR_SCOPE_MEMORY,
    HR_SCOPES
} hr_metric_scope;

/* Everything that values are taken from. */
typedef struct hr_metric_view {
    const hr_stats *stats;
    hr_process process;
    uint64_t partitions_omitted;
} hr_metric_view;

typedef struct hr_metric hr_metric;

/* Adds the values of a metric that one thing of its scope has. */
typedef void (*hr_metric_read)(const hr_metric *metric, const hr_metric_view *view,
                               const char *const *labels, const void *thing, hr_metric_text *text);

struct hr_metric {
    hr_metric_desc desc; /* labels: those behind the scope's own */
    hr_metric_scope scope;
    hr_metric_read read;
    size_t offset; /* into the thing */
    double scale;  /* of what lies there to base units; 0: 1 */
};

extern const hr_metric hr_metric_table[];
extern const size_t hr_metric_table_n;

/* Labels of every metric of a scope: "topology,node". */
const char *hr_metric_scope_labels(hr_metric_scope scope);
/* "Sinks" and the like, for headings. */
const char *hr_metric_scope_title(hr_metric_scope scope);

/* The i-th metric that operators and endpoints declare, of all; NULL past the last. *op: its name.
 */
const hr_metric_desc *hr_metric_of_operators(size_t i, const char **op);

/* Appends the whole text of /metrics. HR_OK or HR_ENOMEM. thread: any */
int hr_metrics_write(const hr_stats *stats, hr_buf *out);

#endif
