/* The limits of model.h with their defaults filled in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_LIMITS_H
#define HR_MODEL_LIMITS_H
#include "model/model.h"

#define HR_MODEL_FILE_BYTES_MAX ((size_t)256 << 20)

/* A copy of `limits` (NULL: all defaults) in which no member is 0. */
hr_model_limits hr_model_limits_resolve(const hr_model_limits *limits);

#endif
