/* Default limits of a model file. They are far above what trainers write and low enough that a file
 * made to hurt costs seconds and some hundred MiB, not the process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/limits.h"

static void
limit_default(size_t *limit, size_t value)
{
    if (*limit == 0) {
        *limit = value;
    }
}

hr_model_limits
hr_model_limits_resolve(const hr_model_limits *limits)
{
    hr_model_limits l = {0};

    if (limits != NULL) {
        l = *limits;
    }
    limit_default(&l.file_bytes, (size_t)64 << 20);
    if (l.file_bytes > HR_MODEL_FILE_BYTES_MAX) {
        l.file_bytes = HR_MODEL_FILE_BYTES_MAX;
    }
    limit_default(&l.graph_nodes, 1024);
    limit_default(&l.inputs, 1024);
    limit_default(&l.features, 65536);
    limit_default(&l.classes, 4096);
    limit_default(&l.trees, 65536);
    limit_default(&l.tree_nodes, (size_t)16 << 20);
    limit_default(&l.depth, 1024);
    limit_default(&l.encoder_keys, (size_t)1 << 20);
    limit_default(&l.string_bytes, 4096);
    limit_default(&l.set_bytes, (size_t)128 << 20);
    return l;
}
