/* Working memory of an evaluation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_SCRATCH_H
#define HR_MODEL_SCRATCH_H
#include "model/plan.h"

/* Chooses how many rows go through the plan at once, once the plan is complete. */
void hr_scratch_measure(hr_model *model);

#endif
