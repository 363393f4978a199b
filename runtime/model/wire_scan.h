/* A look at the bytes of a model file before any library parses them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_WIRE_SCAN_H
#define HR_MODEL_WIRE_SCAN_H
#include "model/model.h"

/* Walks the messages that onnx.proto knows: lengths, counts, names, and parts of ONNX that headrace
 * refuses. `limits` is resolved. HR_OK or HR_ECONFIG with the offset. Allocates nothing. */
int hr_wire_scan(const uint8_t *bytes, size_t n, const hr_model_limits *limits, hr_error *err);

#endif
