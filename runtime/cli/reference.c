/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/reference.h"
#include "config/topology_options.h"

#include <string.h>

const char *
hr_reference_section(hr_node_kind kind)
{
    static const char *const sections[] = {"sources", "tables", "steps", "sinks", "endpoints"};

    return sections[kind];
}

void
hr_reference_list(FILE *out)
{
    for (int kind = 0; kind < HR_NODE_KINDS; kind++) {
        hr_type_info info;

        fprintf(out, "%s%s\n", kind > 0 ? "\n" : "", hr_reference_section((hr_node_kind)kind));
        for (size_t i = 0; hr_registry_at((hr_node_kind)kind, i, &info); i++) {
            fprintf(out, "  %-11s  %s\n", info.name, info.summary);
        }
    }
    fputs("\n`headrace operators NAME` tells the options of one.\n", out);
}

/* What the node needs beside its type. Where it comes from, and the schema of a table's rows, have
 * no value that the options tables could name. */
static const char *
reference_example_keys(hr_node_kind kind)
{
    switch (kind) {
    case HR_NODE_TABLE:
        return "    schema: ../../schemas/origin_dest_distance.avsc\n"
               "    key: [Origin, Dest]\n";
    case HR_NODE_STEP:
    case HR_NODE_SINK:
        return "    from: requests\n";
    default:
        return "";
    }
}

void
hr_reference_example(FILE *out, hr_node_kind kind, const hr_type_info *info)
{
    fprintf(out, "%s:\n  my_%s:\n%s    %s: %s\n", hr_reference_section(kind),
            hr_node_kind_word(kind), reference_example_keys(kind), info->name, info->example);
}

void
hr_reference_type(FILE *out, hr_node_kind kind, const hr_type_info *info)
{
    fprintf(out, "%s %s: %s\n\noptions:\n", hr_node_kind_word(kind), info->name, info->summary);
    if (info->options[0].name != NULL) {
        hr_options_help(out, info->options);
    } else {
        fputs("  none; write {}\n", out);
    }
    if (hr_node_options(kind)[0].name != NULL) {
        fprintf(out, "\nbeside `%s`:\n", info->name);
        hr_options_help(out, hr_node_options(kind));
    }
    fputs("\nexample:\n", out);
    hr_reference_example(out, kind, info);
}
