/* Wiring: which node reads which, found by name; and what a picture of it would show at a glance:
 * circles, loose ends.
 *
 * A loose end is an error, because a step that nothing reads is most often a `from:` that was
 * forgotten to change. It is not reported where another mistake may be the reason for it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/topology_load.h"
#include "hr_registry.h"

#include <stdlib.h>
#include <string.h>

typedef struct wiring {
    hr_loader *loader;
    hr_topology *t;
    bool *source_meant, *step_meant, *table_used; /* by index */
    int *depth; /* of steps: 0 not known yet, else 1 + the longest way from a source */
} wiring;

/* --- inputs --------------------------------------------------------------------------------------
 */

static const char *
wire_nearest(const hr_node *nodes, size_t n, const char *name, size_t *index)
{
    const char *nearest = NULL;
    const char **names = calloc(n + 1, sizeof *names);

    for (size_t i = 0; names != NULL && i < n; i++) {
        names[i] = nodes[i].name.s;
    }
    if (names != NULL) {
        nearest = hr_diag_nearest(name, names, n);
    }
    for (size_t i = 0; nearest != NULL && i < n; i++) {
        if (names[i] == nearest) {
            *index = i;
        }
    }
    free(names);
    return nearest;
}

static void
wire_hint_unknown(const wiring *w, const hr_text *from, char *hint, size_t size)
{
    if (strcmp(from->loc.file, w->t->file) == 0) {
        snprintf(hint, size, "name a source or a step of this file");
    } else {
        snprintf(hint, size, "let %.100s, which includes this, have one", w->t->file);
    }
}

/* No source or step has the name. */
static void
wire_unknown(wiring *w, hr_node *node)
{
    const hr_text *from = &node->from;
    size_t index = 0;
    const char *nearest;
    char hint[160];

    if (w->loader->names_unsure) {
        node->broken = true;
        return;
    }
    if (hr_topology_find(w->t, HR_NODE_TABLE, from->s) != NULL) {
        w->table_used[hr_topology_find(w->t, HR_NODE_TABLE, from->s)->index] = true;
        snprintf(hint, sizeof hint, "it is a table: steps look into it with `enrich`");
        w->loader->wiring_unsure = true;
    } else if (hr_topology_find(w->t, HR_NODE_SINK, from->s) != NULL) {
        snprintf(hint, sizeof hint, "it is a sink, and nothing comes out of a sink");
        w->loader->wiring_unsure = true;
    } else if (hr_topology_find(w->t, HR_NODE_ENDPOINT, from->s) != NULL) {
        snprintf(hint, sizeof hint, "it is an endpoint, and no records come out of one");
        w->loader->wiring_unsure = true;
    } else if ((nearest = wire_nearest(w->t->steps, w->t->n_steps, from->s, &index)) != NULL) {
        w->step_meant[index] = true;
        snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    } else if ((nearest = wire_nearest(w->t->sources, w->t->n_sources, from->s, &index)) != NULL) {
        w->source_meant[index] = true;
        snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    } else {
        w->loader->wiring_unsure = true;
        wire_hint_unknown(w, from, hint, sizeof hint);
    }
    hr_load_error(w->loader, node, from->loc, hr_text_width(from), "unknown-node", hint,
                  "there is no source or step '%s'", from->s);
}

static void
wire_input(wiring *w, hr_node *node)
{
    if (node->from.s == NULL) {
        return;
    }
    node->input = hr_topology_find(w->t, HR_NODE_SOURCE, node->from.s);
    if (node->input == NULL) {
        node->input = hr_topology_find(w->t, HR_NODE_STEP, node->from.s);
    }
    if (node->input == NULL) {
        wire_unknown(w, node);
    } else {
        node->input->n_outputs++;
    }
}

static int
wire_outputs_of(wiring *w, hr_node *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        nodes[i].outputs =
            hr_arena_calloc(w->t->arena, nodes[i].n_outputs + 1, sizeof *nodes[i].outputs);
        if (nodes[i].outputs == NULL) {
            return HR_ENOMEM;
        }
        nodes[i].n_outputs = 0;
    }
    return HR_OK;
}

static void
wire_output(hr_node *node)
{
    if (node->input != NULL) {
        node->input->outputs[node->input->n_outputs++] = node;
    }
}

static int
wire_inputs_and_outputs(wiring *w)
{
    hr_topology *t = w->t;

    for (size_t i = 0; i < t->n_steps; i++) {
        wire_input(w, &t->steps[i]);
    }
    for (size_t i = 0; i < t->n_sinks; i++) {
        wire_input(w, &t->sinks[i]);
    }
    if (wire_outputs_of(w, t->sources, t->n_sources) != HR_OK ||
        wire_outputs_of(w, t->steps, t->n_steps) != HR_OK) {
        return HR_ENOMEM;
    }
    for (size_t i = 0; i < t->n_steps; i++) {
        wire_output(&t->steps[i]);
    }
    for (size_t i = 0; i < t->n_sinks; i++) {
        wire_output(&t->sinks[i]);
    }
    return HR_OK;
}

/* --- circles -------------------------------------------------------------------------------------
 */

/* Says the circle in the direction in which records would flow, from the node that is first in the
 * file. */
static void
wire_report_circle(wiring *w, hr_node *first)
{
    char path[300] = "";
    hr_node *names[16];
    size_t n = 0, used = 0, length = 0;

    for (hr_node *s = first; length == 0 || s != first; s = s->input) {
        if (n < sizeof names / sizeof names[0]) {
            names[n++] = s;
        }
        length++;
        s->broken = true;
        s->fields.broken = true;
    }
    used = (size_t)snprintf(path, sizeof path, "%.40s", first->name.s);
    if (length > n) {
        used += (size_t)snprintf(path + used, sizeof path - used, " -> ...");
    }
    while (n-- > 0 && used < sizeof path) {
        used += (size_t)snprintf(path + used, sizeof path - used, " -> %.40s", names[n]->name.s);
    }
    hr_load_error(w->loader, first, first->from.loc, hr_text_width(&first->from), "cycle",
                  "let one of them read a source", "steps read each other in a circle: %s", path);
}

/* Walks from a step to its source. Every step has one input, so a way either ends or runs into a
 * circle. mark: 0 not seen, -1 on this way, -2 done. */
static void
wire_find_circle(wiring *w, hr_node *start, int *mark)
{
    hr_node *s = start;

    while (s != NULL && s->kind == HR_NODE_STEP && mark[s->index] == 0) {
        mark[s->index] = -1;
        s = s->input;
    }
    if (s != NULL && s->kind == HR_NODE_STEP && mark[s->index] == -1) {
        hr_node *first = s;

        for (hr_node *k = s->input; k != s; k = k->input) {
            first = k->index < first->index ? k : first;
        }
        wire_report_circle(w, first);
    }
    for (s = start; s != NULL && s->kind == HR_NODE_STEP && mark[s->index] == -1; s = s->input) {
        mark[s->index] = -2;
    }
}

static int
wire_circles(wiring *w)
{
    int *mark = calloc(w->t->n_steps + 1, sizeof *mark);

    if (mark == NULL) {
        return HR_ENOMEM;
    }
    for (size_t i = 0; i < w->t->n_steps; i++) {
        wire_find_circle(w, &w->t->steps[i], mark);
    }
    free(mark);
    return HR_OK;
}

/* --- order ---------------------------------------------------------------------------------------
 */

/* Steps that lie in a circle or behind one get depth -1: they are not compiled. */
static void
wire_depth(wiring *w, hr_node *step)
{
    hr_node *s = step;
    int depth, length = 0;

    while (s != NULL && s->kind == HR_NODE_STEP && w->depth[s->index] == 0 &&
           (size_t)length <= w->t->n_steps) {
        s = s->input;
        length++;
    }
    if ((size_t)length > w->t->n_steps) {
        depth = -1;
    } else {
        depth = s != NULL && s->kind == HR_NODE_STEP ? w->depth[s->index] : 0;
    }
    for (s = step; s != NULL && s->kind == HR_NODE_STEP && w->depth[s->index] == 0; s = s->input) {
        w->depth[s->index] = depth < 0 ? -1 : depth + length--;
    }
}

static int
wire_order(wiring *w)
{
    hr_topology *t = w->t;
    size_t n = 0;

    t->order = hr_arena_calloc(t->arena, t->n_steps + 1, sizeof *t->order);
    w->depth = calloc(t->n_steps + 1, sizeof *w->depth);
    if (t->order == NULL || w->depth == NULL) {
        return HR_ENOMEM;
    }
    for (size_t i = 0; i < t->n_steps; i++) {
        wire_depth(w, &t->steps[i]);
        t->steps[i].fields.broken |= w->depth[i] < 0;
    }
    for (int depth = 1; n < t->n_steps && depth <= (int)t->n_steps; depth++) {
        for (size_t i = 0; i < t->n_steps; i++) {
            if (w->depth[i] == depth) {
                t->order[n++] = &t->steps[i];
            }
        }
    }
    return HR_OK;
}

/* --- loose ends ----------------------------------------------------------------------------------
 */

/* remedy: what to do about it where it is written in the topology's own file. */
static void
wire_unused(wiring *w, hr_node *node, const char *remedy)
{
    char hint[200];

    if (strcmp(node->name.loc.file, w->t->file) == 0) {
        snprintf(hint, sizeof hint, "%s, or remove it", remedy);
    } else {
        snprintf(hint, sizeof hint, "%s in %.100s, or do not take its section", remedy, w->t->file);
    }
    hr_load_error(w->loader, node, node->name.loc, hr_text_width(&node->name), "unused", hint,
                  "nothing reads %s '%s'", hr_node_kind_word(node->kind), node->name.s);
}

/* By the convention that an option `table` of kind name names a table. */
static void
wire_mark_table_of(wiring *w, const hr_node *node)
{
    hr_topology *t = w->t;
    hr_type_info info;
    const hr_option *row =
        node->type != NULL && hr_registry_find(node->kind, node->type_name.s, &info)
            ? hr_options_find(info.options, "table")
            : NULL;
    const hr_text *name;
    hr_node *table;
    size_t index = 0;

    if (row == NULL || row->kind != HR_OPT_NAME || node->options == NULL || node->broken) {
        return;
    }
    name = (const hr_text *)((const char *)node->options + row->offset);
    table = name->s != NULL ? hr_topology_find(t, HR_NODE_TABLE, name->s) : NULL;
    if (table != NULL) {
        w->table_used[table->index] = true;
    } else if (name->s != NULL && wire_nearest(t->tables, t->n_tables, name->s, &index) != NULL) {
        w->table_used[index] = true;
    } else {
        w->loader->tables_unsure = true;
    }
}

static void
wire_mark_tables(wiring *w)
{
    for (size_t i = 0; i < w->t->n_steps; i++) {
        wire_mark_table_of(w, &w->t->steps[i]);
    }
    for (size_t i = 0; i < w->t->n_endpoints; i++) {
        wire_mark_table_of(w, &w->t->endpoints[i]);
    }
}

static void
wire_loose_ends(wiring *w)
{
    hr_topology *t = w->t;

    wire_mark_tables(w);
    for (size_t i = 0; i < t->n_sources && !w->loader->wiring_unsure; i++) {
        if (t->sources[i].n_outputs == 0 && !w->source_meant[i]) {
            wire_unused(w, &t->sources[i], "read it with `from:`");
        }
    }
    for (size_t i = 0; i < t->n_steps && !w->loader->wiring_unsure; i++) {
        if (t->steps[i].n_outputs == 0 && !w->step_meant[i]) {
            wire_unused(w, &t->steps[i], "read it with `from:`");
        }
    }
    for (size_t i = 0; i < t->n_tables && !w->loader->tables_unsure; i++) {
        if (!w->table_used[i]) {
            wire_unused(w, &t->tables[i], "name it in an `enrich` or an `http_lookup`");
        }
    }
}

int
hr_load_wire(hr_loader *loader)
{
    hr_topology *t = loader->topology;
    wiring w = {.loader = loader, .t = t};
    int rc = HR_ENOMEM;

    w.source_meant = calloc(t->n_sources + 1, sizeof(bool));
    w.step_meant = calloc(t->n_steps + 1, sizeof(bool));
    w.table_used = calloc(t->n_tables + 1, sizeof(bool));
    if (w.source_meant != NULL && w.step_meant != NULL && w.table_used != NULL) {
        rc = wire_inputs_and_outputs(&w);
    }
    if (rc == HR_OK) {
        rc = wire_circles(&w);
    }
    if (rc == HR_OK) {
        rc = wire_order(&w);
    }
    if (rc == HR_OK) {
        wire_loose_ends(&w);
    }
    free(w.source_meant);
    free(w.step_meant);
    free(w.table_used);
    free(w.depth);
    return rc;
}

/* --- names ---------------------------------------------------------------------------------------
 */

static void
names_of_two_files(hr_loader *loader, hr_node *node, const hr_node *other)
{
    char hint[200];

    snprintf(hint, sizeof hint, "it is the %s of %.120s:%d:%d: rename one of them",
             hr_node_kind_word(other->kind), other->name.loc.file, other->name.loc.line,
             other->name.loc.col);
    hr_load_error(loader, node, node->name.loc, hr_text_width(&node->name), "duplicate-name", hint,
                  "'%s' is taken", node->name.s);
}

static void
names_compare(hr_loader *loader, hr_node *a, hr_node *b)
{
    hr_node *first = a->name.loc.line < b->name.loc.line ? a : b;
    hr_node *second = first == a ? b : a;
    char hint[80];

    if (strcmp(a->name.s, b->name.s) != 0) {
        return;
    }
    loader->wiring_unsure = loader->tables_unsure = true;
    if (strcmp(a->name.loc.file, b->name.loc.file) != 0) {
        names_of_two_files(loader, a, b);
        names_of_two_files(loader, b, a);
    } else {
        snprintf(hint, sizeof hint, "it is the %s of line %d", hr_node_kind_word(first->kind),
                 first->name.loc.line);
        hr_load_error(loader, second, second->name.loc, hr_text_width(&second->name),
                      "duplicate-name", hint, "'%s' is taken", second->name.s);
    }
}

/* Within a section the names differ already: they are keys of a map. */
void
hr_load_check_names(hr_loader *loader)
{
    hr_topology *t = loader->topology;
    hr_node *sections[] = {t->sources, t->tables,    t->steps,
                           t->sinks,   t->endpoints, t->dead_letters};
    size_t counts[] = {t->n_sources, t->n_tables,    t->n_steps,
                       t->n_sinks,   t->n_endpoints, t->dead_letters != NULL ? 1 : 0};

    for (size_t a = 0; a < 6; a++) {
        for (size_t b = a + 1; b < 6; b++) {
            for (size_t i = 0; i < counts[a]; i++) {
                for (size_t k = 0; k < counts[b]; k++) {
                    names_compare(loader, &sections[a][i], &sections[b][k]);
                }
            }
        }
    }
}
