/* The registry of node types: the tables that CMake generates from operators/CMakeLists.txt.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_registry.h"
#include "hr_endpoint.h"
#include "hr_operator.h"
#include "hr_sink.h"
#include "hr_source.h"
#include "hr_table.h"

#include <string.h>

/* The type structs differ; this is what they share. */
#define TYPE_INFO(t)                                                                               \
    (hr_type_info)                                                                                 \
    {                                                                                              \
        (t), (t)->name, (t)->summary, (t)->example, (t)->options, (t)->options_size,               \
            (t)->shared_size                                                                       \
    }

static bool
registry_info(hr_node_kind kind, size_t i, hr_type_info *out)
{
    switch (kind) {
    case HR_NODE_SOURCE:
        if (hr_builtin_sources[i] == NULL) {
            return false;
        }
        *out = TYPE_INFO(hr_builtin_sources[i]);
        return true;
    case HR_NODE_TABLE:
        if (hr_builtin_tables[i] == NULL) {
            return false;
        }
        *out = TYPE_INFO(hr_builtin_tables[i]);
        return true;
    case HR_NODE_STEP:
        if (hr_builtin_operators[i] == NULL) {
            return false;
        }
        *out = TYPE_INFO(hr_builtin_operators[i]);
        return true;
    case HR_NODE_SINK:
        if (hr_builtin_sinks[i] == NULL) {
            return false;
        }
        *out = TYPE_INFO(hr_builtin_sinks[i]);
        return true;
    case HR_NODE_ENDPOINT:
        if (hr_builtin_endpoints[i] == NULL) {
            return false;
        }
        *out = TYPE_INFO(hr_builtin_endpoints[i]);
        return true;
    }
    return false;
}

bool
hr_registry_at(hr_node_kind kind, size_t i, hr_type_info *out)
{
    hr_type_info info;

    for (size_t k = 0; registry_info(kind, k, &info); k++) {
        if (k == i) {
            *out = info;
            return true;
        }
    }
    return false;
}

bool
hr_registry_find(hr_node_kind kind, const char *name, hr_type_info *out)
{
    for (size_t i = 0; registry_info(kind, i, out); i++) {
        if (strcmp(out->name, name) == 0) {
            return true;
        }
    }
    return false;
}
