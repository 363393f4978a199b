/* From the parsed file to the plan.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_COMPILE_H
#define HR_MODEL_COMPILE_H
#include "model/build.h"

/* Checks the graph and fills inputs, columns, steps and outputs of b->model. HR_OK or an error. */
int hr_compile_graph(hr_build *b, const HrOnnx__Model *proto);

#endif
