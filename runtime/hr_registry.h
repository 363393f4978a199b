/* Looks up operators, sources, sinks, tables and endpoints by the key that names them in a
 * topology.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_REGISTRY_H
#define HR_REGISTRY_H
#include "config/topology.h"

/* What all kinds of type have in common. */
typedef struct hr_type_info {
    const void *type;
    const char *name, *summary, *example;
    const hr_option *options;
    size_t options_size, shared_size;
} hr_type_info;

/* The type of that name; false if there is none. thread: any */
bool hr_registry_find(hr_node_kind kind, const char *name, hr_type_info *out);

/* The i-th type of a kind; false past the last. */
bool hr_registry_at(hr_node_kind kind, size_t i, hr_type_info *out);

#endif
