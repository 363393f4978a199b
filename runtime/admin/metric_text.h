/* Metrics in the text that Prometheus reads (format 0.0.4): one metric after the other, each with
 * its help and type before its values.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ADMIN_METRIC_TEXT_H
#define HR_ADMIN_METRIC_TEXT_H
#include "hr_metric.h"
#include "record/buf.h"

#define HR_METRIC_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Upper bounds of the buckets of every histogram, in microseconds: 100 us, doubled up to 105 s.
 * Each is an edge between buckets of hr_histogram, so that what is told was counted. */
#define HR_METRIC_BOUNDS 21
extern const uint64_t hr_metric_bounds_us[HR_METRIC_BOUNDS];

/* A text under way. A failure (no memory) stays in rc, and what follows is left out. */
typedef struct hr_metric_text {
    hr_buf *out;
    const hr_metric_desc *metric; /* the one under way */
    const char *base;             /* names of labels before its own */
    int rc;
} hr_metric_text;

/* Writes name, help and type of a metric whose values follow; base: "topology,node" or "". */
void hr_metric_text_begin(hr_metric_text *text, const hr_metric_desc *metric, const char *base);

/* Writes a value; labels: a text for each of base, then for each of the metric's own. */
void hr_metric_text_value(hr_metric_text *text, const char *const *labels, double value);

/* Writes a histogram from the counts of a hr_histogram and the sum of its values. */
void hr_metric_text_histogram(hr_metric_text *text, const char *const *labels,
                              const uint64_t *counts, uint64_t sum_us);

/* "headrace_" or, where the name says what any process has, "". */
const char *hr_metric_prefix(const hr_metric_desc *metric);

#endif
