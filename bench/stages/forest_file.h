/* A synthetic forest as an ONNX file: complete trees with random thresholds, the worst case for
 * branches and caches.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_FOREST_FILE_H
#define BENCH_FOREST_FILE_H
#include "record/span.h"

enum { FOREST_FEATURES = 9, FOREST_CLASSES = 4 };

/* A file for one matrix [N, 9] of floats, 4 classes; wide: thresholds and weights are doubles that
 * no float equals, and so is the matrix. The caller frees the data. */
hr_span forest_file(int trees, int depth, bool wide);

#endif
