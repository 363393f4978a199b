/* The generated reference, docs/REFERENCE.md: every key that a topology or a runner's configuration
 * may hold, from the tables that parse them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/reference.h"
#include "config/runner.h"
#include "config/topology_options.h"
#include "expr/function.h"

static void
markdown_type(FILE *out, hr_node_kind kind, const hr_type_info *info)
{
    fprintf(out, "\n### %s `%s`\n%s\n\n", hr_node_kind_word(kind), info->name, info->summary);
    hr_options_markdown(out, info->options);
    fputs("\n```yaml\n", out);
    hr_reference_example(out, kind, info);
    fputs("```\n", out);
}

static void
markdown_kind(FILE *out, hr_node_kind kind, const char *title)
{
    hr_type_info info;

    if (hr_node_options(kind)[0].name != NULL) {
        fprintf(out, "\n## %s\nBeside its %s every %s holds:\n\n", title, hr_node_type_word(kind),
                hr_node_kind_word(kind));
        hr_options_markdown(out, hr_node_options(kind));
    } else {
        fprintf(out, "\n## %s\n%s %s holds nothing beside its %s.\n", title,
                kind == HR_NODE_ENDPOINT ? "An" : "A", hr_node_kind_word(kind),
                hr_node_type_word(kind));
    }
    for (size_t i = 0; hr_registry_at(kind, i, &info); i++) {
        markdown_type(out, kind, &info);
    }
}

static void
markdown_runner(FILE *out)
{
    fputs("\n## The runner's configuration\nA file such as `config/local.yaml`, given by "
          "`--config`; `--set group.assignor=range` overrides one value.\n\n",
          out);
    hr_options_markdown(out, hr_runner_options);
    fputs("\n### connection `kafka`\nUnder `connections:`, by name.\n\n", out);
    hr_options_markdown(out, hr_kafka_connection_options);
    fputs("\nUnder `properties`, as librdkafka names them:\n\n", out);
    hr_options_markdown(out, hr_kafka_property_options);
    fputs("\n### connection `mongo`\nUnder `connections:`, by name.\n\n", out);
    hr_options_markdown(out, hr_mongo_connection_options);
    fputs("\n### connection `http`\nUnder `connections:`, by name: an address where topologies "
          "answer requests.\n\n",
          out);
    hr_options_markdown(out, hr_http_connection_options);
}

void
hr_reference_markdown(FILE *out)
{
    fputs("# Reference\n\nMade by `headrace operators --markdown` from the tables that parse the "
          "files; a test compares.\n\nDurations and sizes carry their unit: `500ms`, `5s`, `1m`, "
          "`2h`, `1d`; `4KiB`, `64MiB`, `1GiB`. A whole value may be\n`${env:NAME}`, "
          "`${env:NAME:-default}` or `${file:/path}`, except keys and expressions.\n\n"
          "## The topology file\n",
          out);
    hr_options_markdown(out, hr_topology_options);
    markdown_kind(out, HR_NODE_SOURCE, "Sources");
    markdown_kind(out, HR_NODE_TABLE, "Tables");
    markdown_kind(out, HR_NODE_STEP, "Steps");
    markdown_kind(out, HR_NODE_SINK, "Sinks");
    markdown_kind(out, HR_NODE_ENDPOINT, "Endpoints");
    markdown_runner(out);
    fputs("\n## Functions of expressions\nThe language is described in "
          "[EXPRESSIONS.md](EXPRESSIONS.md).\n\n",
          out);
    hr_expr_functions_markdown(out);
}
