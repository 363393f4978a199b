/* How a metric is declared: name, kind, labels and help in one row of a table, so that what
 * /metrics shows and what docs/METRICS.md says cannot drift.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_METRIC_H
#define HR_METRIC_H

#define HR_METRIC_LABELS_MAX 6

typedef enum hr_metric_kind {
    HR_METRIC_COUNTER, /* its name ends with _total */
    HR_METRIC_GAUGE,
    HR_METRIC_HISTOGRAM,
} hr_metric_kind;

typedef struct hr_metric_desc {
    const char *name;   /* without "headrace_", in base units: predict_unseen_total */
    const char *unit;   /* "seconds", "bytes", "records" ... */
    const char *labels; /* "model,version"; "": none. Values must come from the topology or another
                           bounded set, never from records */
    const char *help;   /* one sentence; the manual and /metrics show it */
    hr_metric_kind kind;
} hr_metric_desc;

/* Takes a value of a metric, with a text per label in the order of desc->labels; texts are copied.
 */
typedef void (*hr_metric_add)(void *ctx, const hr_metric_desc *metric, const char *const *labels,
                              double value);

#endif
