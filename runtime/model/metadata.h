/* The properties of a model file that headrace reads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_METADATA_H
#define HR_MODEL_METADATA_H
#include "model/build.h"

/* Copies the properties into b->model and reads headrace.label_names. */
int hr_metadata_read(hr_build *b, const HrOnnx__Model *proto);

#endif
