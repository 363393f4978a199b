/* The options tables of a topology file itself, beside those of its operators: for the loader, the
 * manual and the JSON Schema.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_TOPOLOGY_OPTIONS_H
#define HR_CONFIG_TOPOLOGY_OPTIONS_H
#include "config/topology.h"

/* An item of `include`. */
typedef struct hr_include_block {
    hr_text file;
    hr_opt_list take; /* empty: tables and steps, where the file has them */
} hr_include_block;

/* The topology's own keys, as hr_topology_options fills them. */
typedef struct hr_topology_block {
    int64_t version;
    hr_text name, fragment, description;
    hr_opt_blocks include; /* hr_include_block; read by topology_include.c before */
    int guarantee;         /* 0 at-least-once, 1 exactly-once */
    const hr_yaml_node *sources, *tables, *steps, *sinks, *endpoints;
    struct {
        int on_error; /* hr_on_error */
        struct {
            int64_t records, per_ms;
        } max_rate;
        const hr_yaml_node *dead_letters;
    } errors;
} hr_topology_block;

/* The keys that stand beside a node's operator. */
typedef struct hr_node_block {
    hr_text from;
    int on_error;
    int format;  /* hr_format */
    int unknown; /* hr_unknown */
    hr_text schema;
    hr_opt_list select; /* fields of a sink, key of a table */
} hr_node_block;

extern const hr_option hr_topology_options[];

/* The table of a node's own keys. */
const hr_option *hr_node_options(hr_node_kind kind);

/* "source", "table", "step", "sink", "endpoint"; and the word for its type: "operator" for a step.
 */
const char *hr_node_kind_word(hr_node_kind kind);
const char *hr_node_type_word(hr_node_kind kind);

#endif
