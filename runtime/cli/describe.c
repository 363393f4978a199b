/* headrace describe: loads a topology as `check` does and shows what it was compiled to.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/describe.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/run.h"
#include "codec/schema.h"
#include "hr_sink.h"

#include <string.h>

enum { DESCRIBE_TEXT, DESCRIBE_DOT, DESCRIBE_MERMAID };

typedef struct describe_args {
    const char *config;
    hr_arg_list files, sets;
    int format;
} describe_args;

const char *
hr_describe_type(hr_type type, char *text, size_t size)
{
    const hr_schema *schema = type.schema;
    const char *kind = hr_kind_name(type.kind), *null = type.nullable ? " or null" : "";
    char items[120];

    if (schema != NULL && schema->items != NULL) {
        snprintf(text, size, "%s of %s%s", kind,
                 hr_describe_type(hr_schema_type(schema->items), items, sizeof items), null);
        return text;
    }
    if (schema != NULL && schema->logical == HR_LOGICAL_DATE) {
        kind = "date";
    } else if (schema != NULL && schema->symbols != NULL) {
        kind = "enum";
    }
    snprintf(text, size, "%s%s", kind, null);
    return text;
}

void
hr_describe_redelivery(const hr_node *sink, char *text, size_t size)
{
    const hr_sink_type *type = sink->type;

    if (type->redelivery != NULL) {
        type->redelivery(sink, text, size);
    } else if ((type->flags & HR_SINK_IDEMPOTENT) != 0) {
        snprintf(text, size, "a redelivery changes nothing");
    } else {
        snprintf(text, size, "a redelivery is visible: the record is written again");
    }
}

static const hr_text *
describe_option(const hr_node *node, const char *name)
{
    const hr_yaml_node *value =
        node->options_yaml != NULL && node->options_yaml->kind == HR_YAML_MAP
            ? hr_yaml_get(node->options_yaml, name)
            : NULL;

    return value != NULL && value->kind == HR_YAML_SCALAR && !value->text.secret ? &value->text
                                                                                 : NULL;
}

const hr_node *
hr_describe_table_of(const hr_node *step)
{
    const hr_text *name = describe_option(step, "table");

    return name != NULL ? hr_topology_find(step->topology, HR_NODE_TABLE, name->s) : NULL;
}

bool
hr_describe_has_letters(const hr_node *node)
{
    return node->topology->dead_letters != NULL && node->on_error == HR_ON_ERROR_DEAD_LETTER;
}

void
hr_describe_label(const hr_node *node, char *text, size_t size)
{
    static const char *const telling[] = {"topic", "collection", "path", "route", "table", "model"};
    const hr_text *detail = NULL;

    for (size_t i = 0; i < sizeof telling / sizeof telling[0] && detail == NULL; i++) {
        detail = describe_option(node, telling[i]);
    }
    snprintf(text, size, detail != NULL ? "%s %s" : "%s", node->type_name.s,
             detail != NULL ? detail->s : "");
}

static int
describe_topology(const describe_args *args)
{
    hr_runner *runner = hr_cli_runner(args->config, args->sets.v, args->sets.n);
    hr_topology *topology =
        runner != NULL ? hr_cli_topology(args->files.v[0], runner, false) : NULL;
    bool ok = topology != NULL;

    if (ok) {
        static void (*const shapes[])(const hr_topology *, FILE *) = {
            hr_describe_text, hr_describe_dot, hr_describe_mermaid};

        shapes[args->format](topology, stdout);
    }
    hr_topology_destroy(topology);
    hr_runner_destroy(runner);
    return ok ? 0 : 1;
}

int
hr_cmd_describe(int argc, char **argv)
{
    describe_args args = {.format = DESCRIBE_TEXT};
    const hr_arg table[] = {
        {"--config", HR_ARG_TEXT, &args.config, "FILE", "Runner's config."},
        {"--set", HR_ARG_LIST, &args.sets, "A.B=C", "Overrides a value of the config."},
        {"--format", HR_ARG_CHOICE, &args.format, "text|dot|mermaid",
         "Text, or a graph for graphviz or Mermaid."},
        {0},
    };
    const hr_command command = {"describe",
                                "TOPOLOGY [options]",
                                "Shows what a topology does: nodes, fields, guarantees.",
                                table,
                                1,
                                1};
    int rc = hr_args_parse(&command, argc, argv, &args.files);

    return rc == 1 ? 0 : rc != 0 ? rc : describe_topology(&args);
}
