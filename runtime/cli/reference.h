/* What the tables say about sources, tables, steps, sinks and endpoints, in words and in Markdown.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CLI_REFERENCE_H
#define HR_CLI_REFERENCE_H
#include "hr_registry.h"

#include <stdio.h>

#define HR_NODE_KINDS 5

/* The section of a topology file that holds nodes of this kind: "sources". */
const char *hr_reference_section(hr_node_kind kind);

/* All types of all kinds, a line each. */
void hr_reference_list(FILE *out);

/* One type: options, the keys beside it, an example. */
void hr_reference_type(FILE *out, hr_node_kind kind, const hr_type_info *info);

/* A node of this type in its section, as it may stand in a topology. */
void hr_reference_example(FILE *out, hr_node_kind kind, const hr_type_info *info);

/* docs/REFERENCE.md, whole. */
void hr_reference_markdown(FILE *out);

#endif
