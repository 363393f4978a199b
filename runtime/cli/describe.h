/* What `headrace describe` says about a checked topology, in three shapes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CLI_DESCRIBE_H
#define HR_CLI_DESCRIBE_H
#include "config/topology.h"

#include <stdio.h>

/* Nodes with their options, fields and types after each, and the paths with their guarantee. */
void hr_describe_text(const hr_topology *topology, FILE *out);

/* The graph for graphviz, and for Mermaid. */
void hr_describe_dot(const hr_topology *topology, FILE *out);
void hr_describe_mermaid(const hr_topology *topology, FILE *out);

/* "double", "list of string or null": a type as a person says it. Returns text. */
const char *hr_describe_type(hr_type type, char *text, size_t size);

/* What a redelivery does to what the sink wrote before, on one line. */
void hr_describe_redelivery(const hr_node *sink, char *text, size_t size);

/* The table that a step looks into, or NULL. */
const hr_node *hr_describe_table_of(const hr_node *step);

/* True when a record that fails at the node becomes a dead letter. */
bool hr_describe_has_letters(const hr_node *node);

/* "kafka flight_delay_dead_letters": the operator and what tells this node from others. */
void hr_describe_label(const hr_node *node, char *text, size_t size);

#endif
