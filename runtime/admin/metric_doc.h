/* The metrics in words: for a person at a terminal, and docs/METRICS.md.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ADMIN_METRIC_DOC_H
#define HR_ADMIN_METRIC_DOC_H
#include <stdio.h>

/* All metrics, each with type, labels and meaning. */
void hr_metric_doc_text(FILE *out);

/* docs/METRICS.md, whole. */
void hr_metric_doc_markdown(FILE *out);

#endif
