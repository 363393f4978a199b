/* headrace operators: what topologies are made of, told by the tables that parse them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/reference.h"

#include <string.h>

#define OPERATORS_MAX 128

static int
operators_unknown(const char *name)
{
    const char *names[OPERATORS_MAX], *nearest;
    hr_type_info info;
    size_t n = 0;

    for (int kind = 0; kind < HR_NODE_KINDS; kind++) {
        for (size_t i = 0; n < OPERATORS_MAX && hr_registry_at((hr_node_kind)kind, i, &info); i++) {
            names[n++] = info.name;
        }
    }
    nearest = hr_diag_nearest(name, names, n);
    fprintf(stderr, "headrace operators: there is no '%s'", name);
    if (nearest != NULL) {
        fprintf(stderr, "; did you mean '%s'?\n", nearest);
    } else {
        fputs("; `headrace operators` lists them\n", stderr);
    }
    return 2;
}

/* A name may stand for several kinds: source kafka, table kafka, sink kafka. */
static int
operators_show(const char *name)
{
    hr_type_info info;
    size_t shown = 0;

    for (int kind = 0; kind < HR_NODE_KINDS; kind++) {
        if (hr_registry_find((hr_node_kind)kind, name, &info)) {
            fputs(shown++ > 0 ? "\n" : "", stdout);
            hr_reference_type(stdout, (hr_node_kind)kind, &info);
        }
    }
    return shown > 0 ? 0 : operators_unknown(name);
}

int
hr_cmd_operators(int argc, char **argv)
{
    bool markdown = false;
    hr_arg_list names = {0};
    const hr_arg table[] = {
        {"--markdown", HR_ARG_FLAG, &markdown, NULL, "Writes the whole reference in Markdown."},
        {0},
    };
    const hr_command command = {
        "operators",
        "[NAME] [options]",
        "Lists sources, tables, steps, sinks, endpoints, or the options of one.",
        table,
        0,
        1};
    int rc = hr_args_parse(&command, argc, argv, &names);

    if (rc == 0 && markdown && names.n > 0) {
        fputs("headrace operators: --markdown writes all of them; leave out the name\n", stderr);
        rc = 2;
    }
    if (rc != 0) {
        return rc == 1 ? 0 : rc;
    }
    if (names.n > 0) {
        return operators_show(names.v[0]);
    }
    if (markdown) {
        hr_reference_markdown(stdout);
    } else {
        hr_reference_list(stdout);
    }
    return 0;
}
