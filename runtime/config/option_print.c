/* What else a row of an options table says: a line of help, a line of the manual, and its part of
 * the JSON Schema that editors complete and check with.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/option_value.h"

#include <math.h>
#include <string.h>

/* --- help and manual ---------------------------------------------------------------------------
 */

static const char *
print_kind_word(const hr_option *row)
{
    switch (row->kind) {
    case HR_OPT_INT:
        return "integer";
    case HR_OPT_REAL:
        return "real";
    case HR_OPT_BOOL:
        return "true or false";
    case HR_OPT_DURATION_MS:
        return "duration";
    case HR_OPT_SIZE:
        return "size";
    case HR_OPT_PATH:
        return "path";
    case HR_OPT_NAME:
        return "name";
    case HR_OPT_FIELD:
        return "field";
    case HR_OPT_EXPR:
        return "expression";
    case HR_OPT_SECRET:
        return "secret";
    case HR_OPT_BLOCK:
    case HR_OPT_NODE:
        return "map";
    case HR_OPT_BLOCKS:
        return "list of maps";
    case HR_OPT_LIST:
        return (row->flags & HR_OPT_EXPR_VALUES) != 0    ? "list of expressions"
               : (row->flags & HR_OPT_FIELD_VALUES) != 0 ? "list of fields"
                                                         : "list";
    case HR_OPT_MAP:
        return (row->flags & HR_OPT_EXPR_VALUES) != 0 ? "map of expressions" : "map";
    default:
        return "text";
    }
}

void
hr_option_kind_text(const hr_option *row, char *out, size_t size)
{
    char low[40], high[40];
    double min, max;
    size_t used = 0, len;
    const char *choice;

    if (row->choices != NULL && (row->kind == HR_OPT_ENUM || row->kind == HR_OPT_LIST)) {
        used = (size_t)snprintf(out, size, "%s", row->kind == HR_OPT_LIST ? "list of " : "");
        for (size_t i = 0; (choice = hr_option_choice(row->choices, i, &len)) != NULL; i++) {
            if (used < size) {
                used += (size_t)snprintf(out + used, size - used, "%s%.*s", i > 0 ? " | " : "",
                                         (int)len, choice);
            }
        }
        return;
    }
    used = (size_t)snprintf(out, size, "%s", print_kind_word(row));
    if (hr_option_range(row, &min, &max) && used < size) {
        hr_option_number_text(row, min, low, sizeof low);
        hr_option_number_text(row, max, high, sizeof high);
        snprintf(out + used, size - used, isinf(max) ? ", at least %s" : ", %s to %s", low, high);
    }
}

/* "required", "default 5s", or "optional". */
static void
print_need(const hr_option *row, char *out, size_t size)
{
    if (row->fallback != NULL && row->kind != HR_OPT_BLOCK && row->fallback[0] != '\0') {
        snprintf(out, size, "default %s", row->fallback);
    } else {
        bool optional = row->fallback != NULL || (row->flags & HR_OPT_OPTIONAL) != 0;

        snprintf(out, size, "%s", optional ? "optional" : "required");
    }
}

static void
print_help_rows(FILE *out, const hr_option *table, int indent)
{
    for (; table->name != NULL; table++) {
        bool all_keys = (table->flags & HR_OPT_ALL_KEYS) != 0;
        char kind[300], need[120], facts[440];

        hr_option_kind_text(table, kind, sizeof kind);
        print_need(table, need, sizeof need);
        snprintf(facts, sizeof facts, "%s, %s", kind, need);
        fprintf(out, "  %*s%-*s  %-36s  %s\n", indent, "", 18 - indent,
                all_keys ? "(any key)" : table->name, facts, table->help);
        if (table->kind == HR_OPT_BLOCK || table->kind == HR_OPT_BLOCKS) {
            print_help_rows(out, table->block, indent + 2);
        }
    }
}

void
hr_options_help(FILE *out, const hr_option *table)
{
    print_help_rows(out, table, 0);
}

/* A bar would end the table's cell. */
static void
print_cell(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        fprintf(out, *text == '|' ? "\\|" : "%c", *text);
    }
}

static void
print_markdown_rows(FILE *out, const hr_option *table, const char *prefix)
{
    char kind[300], need[120], inner[160];

    for (; table->name != NULL; table++) {
        bool all_keys = (table->flags & HR_OPT_ALL_KEYS) != 0;

        hr_option_kind_text(table, kind, sizeof kind);
        print_need(table, need, sizeof need);
        if (all_keys) {
            fprintf(out, "| %s(any key)", prefix);
        } else {
            fprintf(out, "| `%s%s`", prefix, table->name);
        }
        fputs(" | ", out);
        print_cell(out, kind);
        fputs(" | ", out);
        print_cell(out, need);
        fputs(" | ", out);
        print_cell(out, table->help);
        fputs(" |\n", out);
        if (table->kind == HR_OPT_BLOCK || table->kind == HR_OPT_BLOCKS) {
            snprintf(inner, sizeof inner, table->kind == HR_OPT_BLOCKS ? "%s%s[]." : "%s%s.",
                     prefix, table->name);
            print_markdown_rows(out, table->block, inner);
        }
    }
}

void
hr_options_markdown(FILE *out, const hr_option *table)
{
    if (table[0].name == NULL) {
        fputs("No options: write `{}`.\n", out);
        return;
    }
    fputs("| option | kind | | meaning |\n|---|---|---|---|\n", out);
    print_markdown_rows(out, table, "");
}

/* --- JSON Schema -------------------------------------------------------------------------------
 */

static void
schema_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    }
    fputc('"', out);
}

static void
schema_choices(FILE *out, const char *choices)
{
    const char *choice;
    size_t len;

    fputs("\"anyOf\": [{\"enum\": [", out);
    for (size_t i = 0; (choice = hr_option_choice(choices, i, &len)) != NULL; i++) {
        fprintf(out, "%s\"%.*s\"", i > 0 ? ", " : "", (int)len, choice);
    }
    fputs("]}, {\"$ref\": \"#/$defs/expansion\"}]", out);
}

/* A number, or an expansion that stands for one. */
static void
schema_number(FILE *out, const hr_option *row, const char *type)
{
    double min, max;

    fprintf(out, "\"anyOf\": [{\"type\": \"%s\"", type);
    if (hr_option_range(row, &min, &max)) {
        fprintf(out, ", \"minimum\": %.15g", min);
        if (!isinf(max)) {
            fprintf(out, ", \"maximum\": %.15g", max);
        }
    }
    fputs("}, {\"$ref\": \"#/$defs/expansion\"}]", out);
}

static const char *
schema_item(const hr_option *row)
{
    return (row->flags & HR_OPT_EXPR_VALUES) != 0 ? "{\"$ref\": \"#/$defs/expression\"}"
                                                  : "{\"type\": [\"string\", \"number\"]}";
}

static void
schema_list_item(FILE *out, const hr_option *row)
{
    if (row->choices == NULL) {
        fputs(schema_item(row), out);
        return;
    }
    fputs("{", out);
    schema_choices(out, row->choices);
    fputs("}", out);
}

/* The keywords of a row without braces. */
static void
schema_kind(FILE *out, const hr_option *row, int indent)
{
    bool nonempty = (row->flags & HR_OPT_NONEMPTY) != 0;

    switch (row->kind) {
    case HR_OPT_INT:
        schema_number(out, row, "integer");
        break;
    case HR_OPT_REAL:
        schema_number(out, row, "number");
        break;
    case HR_OPT_BOOL:
        fputs("\"anyOf\": [{\"type\": \"boolean\"}, {\"$ref\": \"#/$defs/expansion\"}]", out);
        break;
    case HR_OPT_DURATION_MS:
        fputs("\"$ref\": \"#/$defs/duration\"", out);
        break;
    case HR_OPT_SIZE:
        fputs("\"$ref\": \"#/$defs/size\"", out);
        break;
    case HR_OPT_NAME:
        fputs("\"$ref\": \"#/$defs/name\"", out);
        break;
    case HR_OPT_EXPR:
        fputs("\"$ref\": \"#/$defs/expression\"", out);
        break;
    case HR_OPT_SECRET:
        fputs("\"$ref\": \"#/$defs/expansion\"", out);
        break;
    case HR_OPT_ENUM:
        schema_choices(out, row->choices);
        break;
    case HR_OPT_LIST:
        fputs("\"type\": \"array\", \"items\": ", out);
        schema_list_item(out, row);
        fprintf(out, ", \"uniqueItems\": true%s", nonempty ? ", \"minItems\": 1" : "");
        break;
    case HR_OPT_BLOCKS:
        fputs("\"type\": \"array\", \"items\": ", out);
        hr_options_json_schema(out, row->block, indent);
        fputs(nonempty ? ", \"minItems\": 1" : "", out);
        break;
    case HR_OPT_MAP:
        fprintf(out, "\"type\": \"object\", \"additionalProperties\": %s%s", schema_item(row),
                nonempty ? ", \"minProperties\": 1" : "");
        break;
    case HR_OPT_NODE:
        fprintf(out, "\"$ref\": \"#/$defs/%s\"", row->choices != NULL ? row->choices : row->name);
        break;
    case HR_OPT_BLOCK:
        fputs("\"allOf\": [", out);
        hr_options_json_schema(out, row->block, indent);
        fputs("]", out);
        break;
    default:
        fputs("\"type\": [\"string\", \"number\"]", out);
        break;
    }
}

void
hr_option_json_schema(FILE *out, const hr_option *row, int indent)
{
    fputs("{", out);
    schema_kind(out, row, indent);
    if (row->help != NULL) {
        fputs(", \"description\": ", out);
        schema_string(out, row->help);
    }
    if (row->fallback != NULL && row->kind != HR_OPT_BLOCK && row->kind != HR_OPT_LIST &&
        row->kind != HR_OPT_MAP && row->kind != HR_OPT_BLOCKS) {
        bool bare = row->kind == HR_OPT_INT || row->kind == HR_OPT_REAL || row->kind == HR_OPT_BOOL;

        fputs(", \"default\": ", out);
        if (bare) {
            fputs(row->fallback, out);
        } else {
            schema_string(out, row->fallback);
        }
    }
    fputs("}", out);
}

static void
schema_required(FILE *out, const hr_option *table, int indent)
{
    const char *between = "";

    for (; table->name != NULL; table++) {
        if (table->fallback == NULL && (table->flags & HR_OPT_OPTIONAL) == 0) {
            if (between[0] == '\0') {
                fprintf(out, ",\n%*s\"required\": [", indent + 2, "");
            }
            fprintf(out, "%s\"%s\"", between, table->name);
            between = ", ";
        }
    }
    fputs(between[0] != '\0' ? "]" : "", out);
}

static void
schema_object(FILE *out, const hr_option *table, int indent)
{
    fprintf(out, "{\n%*s\"type\": \"object\",\n%*s\"additionalProperties\": false,\n", indent + 2,
            "", indent + 2, "");
    fprintf(out, "%*s\"properties\": {", indent + 2, "");
    for (const hr_option *row = table; row->name != NULL; row++) {
        fprintf(out, "%s\n%*s\"%s\": ", row > table ? "," : "", indent + 4, "", row->name);
        hr_option_json_schema(out, row, indent + 4);
    }
    fprintf(out, "%s%*s}", table->name != NULL ? "\n" : "", table->name != NULL ? indent + 2 : 0,
            "");
    schema_required(out, table, indent);
    fprintf(out, "\n%*s}", indent, "");
}

void
hr_options_json_schema(FILE *out, const hr_option *table, int indent)
{
    const hr_option *main_row = table;

    if (table->name != NULL && (table->flags & HR_OPT_ALL_KEYS) != 0) {
        hr_option_json_schema(out, table, indent);
        return;
    }
    while (main_row->name != NULL && (main_row->flags & HR_OPT_MAIN) == 0) {
        main_row++;
    }
    if (main_row->name == NULL) {
        schema_object(out, table, indent);
        return;
    }
    fputs("{\"anyOf\": [", out);
    hr_option_json_schema(out, main_row, indent);
    fputs(", ", out);
    schema_object(out, table, indent);
    fputs("]}", out);
}
