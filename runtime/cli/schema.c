/* headrace schema: the JSON Schema of topology files (draft 2020-12), for editors that complete and
 * check while one types. It is made from the tables that parse the files; what they cannot say
 * (wiring, types of fields) only `headrace check` sees.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/reference.h"
#include "config/topology_options.h"
#include "hr_sink.h"

#include <string.h>

#define SCHEMA_ROWS_MAX 32 /* keys of a topology file */

static const hr_option schema_no_rows[] = {{0}};

/* The building blocks that the options tables refer to. */
static const char schema_blocks[] =
    "    \"expansion\": {\"type\": \"string\", \"pattern\": "
    "\"^\\\\$\\\\{(env:[A-Za-z_][A-Za-z0-9_]*(:-.*)?|file:.+)\\\\}$\"},\n"
    "    \"name\": {\"anyOf\": [{\"type\": \"string\", \"pattern\": \"^[a-z][a-z0-9_]*$\"}, "
    "{\"$ref\": \"#/$defs/expansion\"}]},\n"
    "    \"expression\": {\"type\": [\"string\", \"number\", \"boolean\"]},\n"
    "    \"duration\": {\"anyOf\": [{\"type\": \"string\", \"pattern\": \"^[0-9]+(ms|s|m|h|d)$\"}, "
    "{\"$ref\": \"#/$defs/expansion\"}]},\n"
    "    \"size\": {\"anyOf\": [{\"type\": \"integer\", \"minimum\": 0}, {\"type\": \"string\", "
    "\"pattern\": \"^[0-9]+(KiB|MiB|GiB)?$\"}, {\"$ref\": \"#/$defs/expansion\"}]},\n"
    "    \"json_value\": {\"anyOf\": [{\"$ref\": \"#/$defs/expression\"}, {\"$ref\": "
    "\"#/$defs/json_object\"}, {\"type\": \"array\", \"items\": {\"$ref\": "
    "\"#/$defs/json_value\"}}]},\n"
    "    \"json_object\": {\"type\": \"object\", \"additionalProperties\": {\"$ref\": "
    "\"#/$defs/json_value\"}},\n";

static void
schema_type_name(FILE *out, hr_node_kind kind, const char *name)
{
    fprintf(out, "%s_%s", hr_node_kind_word(kind), name);
}

/* ",\n      "required": [...]" of the rows that must be there. */
static void
schema_required(FILE *out, const hr_option *rows)
{
    const char *before = ",\n      \"required\": [";

    for (; rows->name != NULL; rows++) {
        if (rows->fallback == NULL && (rows->flags & HR_OPT_OPTIONAL) == 0) {
            fprintf(out, "%s\"%s\"", before, rows->name);
            before = ", ";
        }
    }
    fputs(before[0] == ',' && before[1] == ' ' ? "]" : "", out);
}

static void
schema_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    }
}

/* Dead letters go only to sinks that can write a record as it came. */
static bool
schema_takes(const hr_option *own, hr_node_kind kind, const hr_type_info *info)
{
    return own != schema_no_rows || kind != HR_NODE_SINK ||
           ((const hr_sink_type *)info->type)->write_letter != NULL;
}

static void
schema_properties(FILE *out, hr_node_kind kind, const hr_option *own)
{
    const hr_option *rows = own;
    const char *between = "";
    hr_type_info info;

    fputs("      \"properties\": {", out);
    for (; rows->name != NULL; rows++) {
        fprintf(out, "%s\n        \"%s\": ", between, rows->name);
        hr_option_json_schema(out, rows, 8);
        between = ",";
    }
    for (size_t i = 0; hr_registry_at(kind, i, &info); i++) {
        if (!schema_takes(own, kind, &info)) {
            continue;
        }
        fprintf(out, "%s\n        \"%s\": {\"description\": \"", between, info.name);
        schema_escaped(out, info.summary);
        fputs("\", \"$ref\": \"#/$defs/", out);
        schema_type_name(out, kind, info.name);
        fputs("\"}", out);
        between = ",";
    }
    fputs("\n      }", out);
}

/* A node: its own keys, and exactly one that names its type. */
static void
schema_node(FILE *out, const char *name, hr_node_kind kind, const hr_option *own)
{
    const char *between = "";
    hr_type_info info;

    fprintf(out, "    \"%s\": {\n      \"type\": \"object\",\n      ", name);
    fputs("\"additionalProperties\": false,\n", out);
    schema_properties(out, kind, own);
    schema_required(out, own);
    fputs(",\n      \"oneOf\": [", out);
    for (size_t i = 0; hr_registry_at(kind, i, &info); i++) {
        if (schema_takes(own, kind, &info)) {
            fprintf(out, "%s{\"required\": [\"%s\"]}", between, info.name);
            between = ", ";
        }
    }
    fputs("]\n    }", out);
}

static void
schema_section(FILE *out, hr_node_kind kind)
{
    const char *word = hr_node_kind_word(kind);
    hr_type_info info;

    fprintf(out,
            "    \"%ss\": {\"type\": \"object\", \"propertyNames\": {\"pattern\": "
            "\"^[a-z][a-z0-9_]*$\"}, \"additionalProperties\": {\"$ref\": \"#/$defs/%s\"}%s},\n",
            word, word,
            kind == HR_NODE_SOURCE || kind == HR_NODE_SINK || kind == HR_NODE_ENDPOINT
                ? ", \"minProperties\": 1"
                : "");
    schema_node(out, word, kind, hr_node_options(kind));
    for (size_t i = 0; hr_registry_at(kind, i, &info); i++) {
        fputs(",\n    \"", out);
        schema_type_name(out, kind, info.name);
        fputs("\": ", out);
        hr_options_json_schema(out, info.options, 4);
    }
    fputs(",\n", out);
}

/* True when `word` is one of `words`, which blanks separate. */
static bool
schema_is_word(const char *words, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = words; p != NULL; p = strchr(p, ' ')) {
        p += *p == ' ';
        if (strncmp(p, word, len) == 0 && (p[len] == '\0' || p[len] == ' ')) {
            return true;
        }
    }
    return false;
}

/* The file's own keys. without: keys that such a file does not have. whole: it has its sources and
 * sinks itself; others get them from elsewhere. */
static void
schema_topology(FILE *out, const char *name, const char *without, bool whole)
{
    hr_option rows[SCHEMA_ROWS_MAX] = {{0}};
    size_t n = 0;

    for (const hr_option *row = hr_topology_options; row->name != NULL; row++) {
        if (!schema_is_word(without, row->name) && n + 1 < SCHEMA_ROWS_MAX) {
            rows[n] = *row;
            rows[n].flags |= row->kind == HR_OPT_NODE && !whole ? HR_OPT_OPTIONAL : 0u;
            rows[n].flags &= strcmp(row->name, "fragment") == 0 ? ~(unsigned)HR_OPT_OPTIONAL : ~0u;
            n++;
        }
    }
    fprintf(out, ",\n    \"%s\": ", name);
    hr_options_json_schema(out, rows, 4);
}

static void
schema_print(FILE *out)
{
    fputs("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
          "  \"title\": \"headrace topology\",\n"
          "  \"$comment\": \"Made by `headrace schema`; a test compares.\",\n"
          "  \"if\": {\"required\": [\"fragment\"]},\n"
          "  \"then\": {\"$ref\": \"#/$defs/fragment\"},\n"
          "  \"else\": {\"if\": {\"anyOf\": [{\"required\": [\"include\"]}, "
          "{\"required\": [\"endpoints\"]}]}, \"then\": {\"$ref\": "
          "\"#/$defs/including\"}, \"else\": {\"$ref\": \"#/$defs/topology\"}},\n"
          "  \"$defs\": {\n",
          out);
    fputs(schema_blocks, out);
    for (int kind = 0; kind < HR_NODE_KINDS; kind++) {
        schema_section(out, (hr_node_kind)kind);
    }
    schema_node(out, "dead_letters", HR_NODE_SINK, schema_no_rows);
    schema_topology(out, "topology", "fragment", true);
    schema_topology(out, "including", "fragment", false);
    schema_topology(out, "fragment", "topology guarantee errors", false);
    fputs("\n  }\n}\n", out);
}

int
hr_cmd_schema(int argc, char **argv)
{
    static const hr_arg table[] = {{0}};
    const hr_command command = {"schema", "", "Prints the JSON Schema of topology files.",
                                table,    0,  0};
    hr_arg_list none = {0};
    int rc = hr_args_parse(&command, argc, argv, &none);

    if (rc != 0) {
        return rc == 1 ? 0 : rc;
    }
    schema_print(stdout);
    return 0;
}
