/* A topology as a graph for graphviz and for Mermaid: the same nodes and edges in two languages.
 * Ids carry the kind in front, because a source and a sink may have one name and `end` is a word of
 * Mermaid.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/describe.h"

#include <string.h>

typedef enum graph_edge { GRAPH_RECORDS, GRAPH_ROWS, GRAPH_LETTERS } graph_edge;

/* A language. `words` of an edge may be NULL. */
typedef struct graph_language {
    const char *head, *tail;
    void (*node)(FILE *out, const hr_node *node);
    void (*edge)(FILE *out, const hr_node *from, const hr_node *to, graph_edge kind,
                 const char *words);
} graph_language;

static void
graph_id(FILE *out, const hr_node *node)
{
    static const char *const kinds[] = {"source", "table", "step", "sink", "endpoint"};

    if (node == node->topology->dead_letters) {
        fputs("dead_letters", out);
    } else {
        fprintf(out, "%s_%s", kinds[node->kind], node->name.s);
    }
}

static const char *
graph_name(const hr_node *node)
{
    return node == node->topology->dead_letters ? "dead letters" : node->name.s;
}

/* ---- graphviz -------------------------------------------------------------------------------- */

static void
dot_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            fputc('\\', out);
        }
        fputc(c < 0x20 || c == 0x7F ? '?' : c, out);
    }
}

static void
dot_node(FILE *out, const hr_node *node)
{
    static const char *const shapes[] = {"box", "cylinder", "box, style=rounded",
                                         "box, peripheries=2", "hexagon"};
    char label[200];

    hr_describe_label(node, label, sizeof label);
    fputs("  ", out);
    graph_id(out, node);
    fprintf(out, " [shape=%s, label=\"%s\\n", shapes[node->kind], graph_name(node));
    dot_text(out, label);
    fputs("\"];\n", out);
}

static void
dot_edge(FILE *out, const hr_node *from, const hr_node *to, graph_edge kind, const char *words)
{
    static const char *const styles[] = {"solid", "dashed", "dotted"};

    fputs("  ", out);
    graph_id(out, from);
    fputs(" -> ", out);
    graph_id(out, to);
    fprintf(out, " [style=%s", styles[kind]);
    if (words != NULL) {
        fprintf(out, ", label=\"%s\"", words);
    }
    fputs("];\n", out);
}

static const graph_language graph_dot = {"digraph {\n  rankdir=LR;\n", "}\n", dot_node, dot_edge};

/* ---- Mermaid --------------------------------------------------------------------------------- */

/* Quotes, brackets, `#` and the like are taken by number only. */
static void
mermaid_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (strchr("\"<>&#`;\\", c) != NULL) {
            fprintf(out, "#%d;", c);
        } else {
            fputc(c < 0x20 || c == 0x7F ? '?' : c, out);
        }
    }
}

static void
mermaid_node(FILE *out, const hr_node *node)
{
    static const char *const shapes[][2] = {
        {"[\"", "\"]"}, {"[(\"", "\")]"}, {"(\"", "\")"}, {"[[\"", "\"]]"}, {"{{\"", "\"}}"}};
    char label[200];

    hr_describe_label(node, label, sizeof label);
    fputs("  ", out);
    graph_id(out, node);
    fprintf(out, "%s%s<br/>", shapes[node->kind][0], graph_name(node));
    mermaid_text(out, label);
    fprintf(out, "%s\n", shapes[node->kind][1]);
}

static void
mermaid_edge(FILE *out, const hr_node *from, const hr_node *to, graph_edge kind, const char *words)
{
    fputs("  ", out);
    graph_id(out, from);
    fputs(kind == GRAPH_RECORDS ? " -->" : " -.->", out);
    if (words != NULL) {
        fprintf(out, "|\"%s\"|", words);
    }
    fputc(' ', out);
    graph_id(out, to);
    fputc('\n', out);
}

static const graph_language graph_mermaid = {"flowchart LR\n", "", mermaid_node, mermaid_edge};

/* ---- the graph ------------------------------------------------------------------------------- */

static void
graph_nodes(FILE *out, const graph_language *language, const hr_node *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        language->node(out, &nodes[i]);
    }
}

static void
graph_edges_into(FILE *out, const graph_language *language, const hr_node *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const hr_node *node = &nodes[i];
        const hr_node *table = node->kind == HR_NODE_STEP ? hr_describe_table_of(node) : NULL;
        const char *guarantee = node->topology->exactly_once ? "exactly-once" : "at-least-once";

        language->edge(out, node->input, node, GRAPH_RECORDS,
                       node->kind == HR_NODE_SINK ? guarantee : NULL);
        if (table != NULL) {
            language->edge(out, table, node, GRAPH_ROWS, NULL);
        }
    }
}

static void
graph_edges_of_endpoints(FILE *out, const graph_language *language, const hr_topology *t)
{
    for (size_t i = 0; i < t->n_endpoints; i++) {
        const hr_node *table = hr_describe_table_of(&t->endpoints[i]);

        if (table != NULL) {
            language->edge(out, table, &t->endpoints[i], GRAPH_ROWS, NULL);
        }
    }
}

static void
graph_edges_to_letters(FILE *out, const graph_language *language, const hr_node *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (hr_describe_has_letters(&nodes[i])) {
            language->edge(out, &nodes[i], nodes[i].topology->dead_letters, GRAPH_LETTERS, NULL);
        }
    }
}

static void
graph_print(FILE *out, const graph_language *language, const hr_topology *t)
{
    fputs(language->head, out);
    graph_nodes(out, language, t->sources, t->n_sources);
    graph_nodes(out, language, t->tables, t->n_tables);
    graph_nodes(out, language, t->steps, t->n_steps);
    graph_nodes(out, language, t->sinks, t->n_sinks);
    graph_nodes(out, language, t->endpoints, t->n_endpoints);
    graph_nodes(out, language, t->dead_letters, t->dead_letters != NULL ? 1 : 0);
    graph_edges_into(out, language, t->steps, t->n_steps);
    graph_edges_into(out, language, t->sinks, t->n_sinks);
    graph_edges_of_endpoints(out, language, t);
    graph_edges_to_letters(out, language, t->sources, t->n_sources);
    graph_edges_to_letters(out, language, t->steps, t->n_steps);
    graph_edges_to_letters(out, language, t->sinks, t->n_sinks);
    fputs(language->tail, out);
}

void
hr_describe_dot(const hr_topology *topology, FILE *out)
{
    graph_print(out, &graph_dot, topology);
}

void
hr_describe_mermaid(const hr_topology *topology, FILE *out)
{
    graph_print(out, &graph_mermaid, topology);
}
