/* A topology in words: every node with its options and the fields behind it, then every way from a
 * source to a sink with its guarantee.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/describe.h"
#include "engine/failure_counts.h"
#include "hr_endpoint.h"
#include "hr_operator.h"
#include "hr_sink.h"
#include "hr_source.h"

#include <string.h>

#define TEXT_WIDTH 100
#define TEXT_PATH_MAX 128 /* steps of a path that are named */

/* A line that is broken between items. */
typedef struct text_wrap {
    FILE *out;
    size_t indent, used;
} text_wrap;

static void
text_item(text_wrap *wrap, const char *item)
{
    size_t len = strlen(item);

    if (wrap->used > wrap->indent && wrap->used + 1 + len > TEXT_WIDTH) {
        fprintf(wrap->out, "\n%*s", (int)wrap->indent, "");
        wrap->used = wrap->indent;
    }
    fprintf(wrap->out, "%s%s", wrap->used > wrap->indent ? " " : "", item);
    wrap->used += len + (wrap->used > wrap->indent ? 1 : 0);
}

static void
text_label(text_wrap *wrap, FILE *out, const char *label)
{
    fputs(label, out);
    *wrap = (text_wrap){out, strlen(label), strlen(label)};
}

/* Words that are broken at blanks. */
static void
text_words(FILE *out, const char *label, const char *words)
{
    text_wrap wrap;

    text_label(&wrap, out, label);
    while (*words != '\0') {
        size_t len = strcspn(words, " ");
        char word[200];

        snprintf(word, sizeof word, "%.*s", (int)len, words);
        text_item(&wrap, word);
        words += len + strspn(words + len, " ");
    }
    fputc('\n', out);
}

/* ---- options --------------------------------------------------------------------------------- */

static void
text_scalar(FILE *out, const hr_text *text)
{
    if (text->secret) {
        fputs("***", out);
        return;
    }
    for (const char *p = text->s; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;

        fputc(c == '\n' ? ' ' : c < 0x20 || c == 0x7F ? '?' : c, out);
    }
}

static void
text_flow(FILE *out, const hr_yaml_node *value)
{
    bool map = value->kind == HR_YAML_MAP;

    if (value->kind == HR_YAML_SCALAR) {
        text_scalar(out, &value->text);
        return;
    }
    fputc(map ? '{' : '[', out);
    for (size_t i = 0; i < value->n; i++) {
        fputs(i > 0 ? ", " : "", out);
        if (map) {
            fprintf(out, "%s: ", value->entries[i].key.s);
        }
        text_flow(out, value->entries[i].value);
    }
    fputc(map ? '}' : ']', out);
}

static void
text_options(FILE *out, const hr_yaml_node *options)
{
    if (options == NULL) {
        return;
    }
    if (options->kind != HR_YAML_MAP) {
        fputs("    ", out);
        text_flow(out, options);
        fputc('\n', out);
        return;
    }
    for (size_t i = 0; i < options->n; i++) {
        fprintf(out, "    %s: ", options->entries[i].key.s);
        text_flow(out, options->entries[i].value);
        fputc('\n', out);
    }
}

static void
text_on_error(FILE *out, const hr_node *node)
{
    if (node->on_error_given) {
        fprintf(out, "    on_error: %s\n", hr_on_error_word(node->on_error));
    }
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* What a step did to a field: made it, or gave it another value. */
static const char *
text_change(const hr_fields *before, const hr_field *field)
{
    const hr_field *old = before != NULL ? hr_fields_find(before, field->name) : NULL;

    if (before == NULL) {
        return "";
    }
    if (old == NULL) {
        return " (new)";
    }
    /* The slot of a source field is given when it is first read, not changed. */
    return old->source_name != NULL && field->source_name == NULL   ? " (overwritten)"
           : field->source_name == NULL && field->slot != old->slot ? " (overwritten)"
                                                                    : "";
}

static void
text_fields(FILE *out, const char *label, const hr_fields *fields, const hr_fields *before)
{
    text_wrap wrap;

    text_label(&wrap, out, label);
    for (size_t i = 0; i < fields->n; i++) {
        const hr_field *field = &fields->v[i];
        bool last = i + 1 == fields->n && !fields->open && !fields->unknown;
        char type[160], item[500];

        snprintf(item, sizeof item, "%s %s%s%s", field->name,
                 hr_describe_type(field->type, type, sizeof type), text_change(before, field),
                 last ? "" : ",");
        text_item(&wrap, item);
    }
    if (fields->open) {
        text_item(&wrap, fields->n > 0 ? "and any other" : "any, there is no schema");
    } else if (fields->unknown) {
        text_item(&wrap, fields->n > 0 ? "and those that the schema does not name" : "none");
    } else if (fields->n == 0) {
        text_item(&wrap, "none");
    }
    fputc('\n', out);
}

static void
text_dropped(FILE *out, const hr_fields *fields, const hr_fields *before)
{
    text_wrap wrap = {0};

    for (size_t i = 0; i < before->n; i++) {
        if (hr_fields_find(fields, before->v[i].name) == NULL) {
            if (wrap.out == NULL) {
                text_label(&wrap, out, "    dropped: ");
            }
            text_item(&wrap, before->v[i].name);
        }
    }
    fputs(wrap.out != NULL ? "\n" : "", out);
}

static void
text_names(FILE *out, const char *label, const hr_opt_list *names)
{
    text_wrap wrap;

    text_label(&wrap, out, label);
    for (size_t i = 0; i < names->n; i++) {
        text_item(&wrap, names->v[i].s);
    }
    fputc('\n', out);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void
text_format(FILE *out, const hr_node *node)
{
    const hr_yaml_node *schema = hr_yaml_get(node->yaml, "schema");

    fprintf(out, "    format: %s", node->format == HR_FORMAT_RAW ? "raw" : "json");
    if (schema != NULL && schema->kind == HR_YAML_SCALAR) {
        fputs(", schema: ", out);
        text_scalar(out, &schema->text);
    }
    fputc('\n', out);
}

static void
text_source(FILE *out, const hr_node *node)
{
    fprintf(out, "\nsource %s: %s\n", node->name.s, node->type_name.s);
    text_options(out, node->options_yaml);
    text_format(out, node);
    text_on_error(out, node);
    text_fields(out, "    fields: ", &node->fields, NULL);
}

static void
text_table(FILE *out, const hr_node *node)
{
    fprintf(out, "\ntable %s: %s\n", node->name.s, node->type_name.s);
    text_options(out, node->options_yaml);
    text_format(out, node);
    text_names(out, "    key: ", &node->select);
    text_fields(out, "    fields: ", &node->fields, NULL);
}

static void
text_step(FILE *out, const hr_node *node)
{
    const hr_op_type *type = node->type;

    fprintf(out, "\nstep %s: %s, from %s\n", node->name.s, node->type_name.s, node->input->name.s);
    text_options(out, node->options_yaml);
    if (type->describe != NULL) {
        type->describe(node, out);
    }
    text_on_error(out, node);
    text_fields(out, "    fields: ", &node->fields, &node->input->fields);
    text_dropped(out, &node->fields, &node->input->fields);
}

static void
text_sink(FILE *out, const hr_node *node)
{
    fprintf(out, "\nsink %s: %s, from %s\n", node->name.s, node->type_name.s, node->input->name.s);
    text_options(out, node->options_yaml);
    text_on_error(out, node);
    if (node->select.n > 0) {
        text_names(out, "    fields: ", &node->select);
    } else {
        text_fields(out, "    fields: ", &node->fields, NULL);
    }
}

static void
text_endpoint(FILE *out, const hr_node *node)
{
    const hr_endpoint_type *type = node->type;

    fprintf(out, "\nendpoint %s: %s\n", node->name.s, node->type_name.s);
    text_options(out, node->options_yaml);
    if (type->describe != NULL) {
        type->describe(node, out);
    }
}

/* ---- paths ----------------------------------------------------------------------------------- */

static const hr_node *
text_path_line(FILE *out, const hr_node *sink)
{
    const hr_node *path[TEXT_PATH_MAX];
    const hr_node *node = sink;
    size_t n = 0;

    for (; node->input != NULL; node = node->input) {
        if (n < TEXT_PATH_MAX) {
            path[n++] = node;
        }
    }
    fprintf(out, "    %s", node->name.s);
    while (n > 0) {
        fprintf(out, " -> %s", path[--n]->name.s);
    }
    fprintf(out, ": %s\n", sink->topology->exactly_once ? "exactly-once" : "at-least-once");
    return node;
}

/* Records that leave the path on purpose of `on_error: skip`. */
static void
text_path_skips(FILE *out, const hr_node *sink)
{
    for (const hr_node *node = sink; node != NULL; node = node->input) {
        if (node->on_error == HR_ON_ERROR_SKIP) {
            fprintf(out, "        records that fail at %s are counted and skipped\n", node->name.s);
        }
    }
}

static void
text_path(FILE *out, const hr_node *sink)
{
    const hr_node *source = text_path_line(out, sink);
    const hr_source_type *type = source->type;
    char words[300];

    if (type->commit != NULL) {
        fputs("        an offset is committed when every output of the records before it is "
              "acknowledged\n",
              out);
    } else if (type->record_done != NULL) {
        text_words(
            out, "        ",
            "a request is answered when every output of its record is acknowledged; one that "
            "was not answered when the process ends may be lost");
    } else {
        fprintf(out, "        no offsets are kept: each start reads %s from its beginning\n",
                source->name.s);
    }
    hr_describe_redelivery(sink, words, sizeof words);
    text_words(out, "        ", words);
    text_path_skips(out, sink);
}

static void
text_paths(FILE *out, const hr_topology *topology)
{
    char label[200];

    fputs("\npaths\n", out);
    for (size_t i = 0; i < topology->n_sinks; i++) {
        text_path(out, &topology->sinks[i]);
    }
    if (topology->dead_letters != NULL) {
        hr_describe_label(topology->dead_letters, label, sizeof label);
        fprintf(out,
                "    failed records -> %s: at-least-once\n"
                "        with their original bytes and the reason; the offset waits for the "
                "acknowledgement\n",
                label);
    }
}

static void
text_head(FILE *out, const hr_topology *topology)
{
    fprintf(out, "topology %s\n", topology->name.s);
    if (topology->description.s != NULL) {
        fputs("    ", out);
        text_scalar(out, &topology->description);
        fputc('\n', out);
    }
    for (size_t i = 0; i < topology->n_includes; i++) {
        const hr_included *file = &topology->includes[i];

        fprintf(out, "    includes: %s (%zu nodes)\n", file->file, file->n_nodes);
    }
    if (topology->n_sources == 0) {
        return; /* endpoints only: nothing is delivered */
    }
    fprintf(out, "    guarantee: %s\n", topology->exactly_once ? "exactly-once" : "at-least-once");
    fprintf(out, "    failed records: %s", hr_on_error_word(topology->on_error));
    if (topology->max_rate_records > 0) {
        fprintf(out, "; more than %lld in %lld s stop the topology",
                (long long)topology->max_rate_records, (long long)topology->max_rate_per_ms / 1000);
    }
    fputc('\n', out);
}

void
hr_describe_text(const hr_topology *topology, FILE *out)
{
    text_head(out, topology);
    for (size_t i = 0; i < topology->n_sources; i++) {
        text_source(out, &topology->sources[i]);
    }
    for (size_t i = 0; i < topology->n_tables; i++) {
        text_table(out, &topology->tables[i]);
    }
    for (size_t i = 0; i < topology->n_steps; i++) {
        text_step(out, topology->order[i]);
    }
    for (size_t i = 0; i < topology->n_sinks; i++) {
        text_sink(out, &topology->sinks[i]);
    }
    for (size_t i = 0; i < topology->n_endpoints; i++) {
        text_endpoint(out, &topology->endpoints[i]);
    }
    if (topology->n_sinks > 0) {
        text_paths(out, topology);
    }
}
