/* Golden rows: what the trainer answered for some rows, kept in the file and scored before the
 * model goes live. The only test that sees a converter's silent mistake.
 *
 * Metadata property headrace.golden, a JSON object of columns, one entry per row (1 to 1,024):
 *   {"inputs": {"DepDelay": [5.0, ...], "Carrier": ["AA", ...], ...},
 *    "label": [2, ...], "scores": [[0.1, 0.2, 0.6, 0.1], ...]}
 * `inputs` names every input of the graph (an entry is an array for one that is a matrix); null is
 * a missing value (NaN for a number). A label is a number or a string, as the graph's labels are; a
 * regressor has "value": [12.5, ...] in the place of label and scores. Numbers have all their
 * digits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_GOLDEN_H
#define HR_MODEL_GOLDEN_H
#include "model/model.h"

/* As hr_model_golden_check(). `json` is the value of headrace.golden, or NULL. */
int hr_golden_check(const hr_model *model, const char *json, size_t *rows, hr_error *err);

#endif
