/* The checks of tree_table.h. Parents are counted and trees walked in topological order (Kahn),
 * which finds cycles, unreachable nodes and the depth in one loop without recursion, in time linear
 * in the file: a shared child is entered once however many paths lead to it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/tree_table.h"

#include <math.h>

#define TREE_OF_NONE UINT32_MAX

typedef struct tree_check {
    uint32_t *parents; /* by split: parents not yet seen */
    uint32_t *tree_of; /* by split */
    uint32_t *depth;   /* by split: splits above it on the longest path */
    uint32_t *queue;   /* the order; [done, end) waits */
    uint32_t done, end;
} tree_check;

static int
tree_check_counts(hr_build *b, const hr_node *node, const hr_tree_table *t)
{
    if (t->n_trees < 1 || t->n_trees > b->limits.trees) {
        return hr_build_fail(b, node, "%zu trees; 1 to %zu are supported", t->n_trees,
                             b->limits.trees);
    }
    b->tree_nodes += t->n_splits + t->n_leaves;
    if (b->tree_nodes > b->limits.tree_nodes) {
        return hr_build_fail(b, node, "%zu tree nodes, the limit is %zu", b->tree_nodes,
                             b->limits.tree_nodes);
    }
    if (t->n_targets < 1 || t->n_targets > b->limits.classes) {
        return hr_build_fail(b, node, "%zu classes or targets; 1 to %zu are supported",
                             t->n_targets, b->limits.classes);
    }
    return HR_OK;
}

static bool
tree_ref_is_good(const hr_tree_table *t, uint32_t ref)
{
    return (ref & HR_TREE_LEAF) != 0 ? (ref & ~HR_TREE_LEAF) < t->n_leaves : ref < t->n_splits;
}

static int
tree_check_split(hr_build *b, const hr_node *node, const hr_tree_table *t, size_t i)
{
    const hr_tree_split *s = &t->splits[i];

    if (s->mode >= HR_TREE_MODES) {
        return hr_build_fail(b, node, "a tree node has an unknown mode");
    }
    if (s->feature >= t->n_features) {
        return hr_build_fail(b, node, "a tree node asks for feature %u of %zu", s->feature,
                             t->n_features);
    }
    if (s->mode == HR_TREE_MEMBER ? s->set >= t->n_sets : isnan(s->value)) {
        return hr_build_fail(b, node, "a tree node compares with NaN or has no set");
    }
    if (!tree_ref_is_good(t, s->yes) || !tree_ref_is_good(t, s->no)) {
        return hr_build_fail(b, node, "a tree node points outside the tree");
    }
    return HR_OK;
}

static int
tree_check_votes(hr_build *b, const hr_node *node, const hr_tree_table *t)
{
    for (size_t i = 0; i < t->vote_first[t->n_leaves]; i++) {
        if (t->votes[i].target >= t->n_targets) {
            return hr_build_fail(b, node, "a leaf votes for class or target %u of %zu",
                                 t->votes[i].target, t->n_targets);
        }
        if (!isfinite(t->votes[i].weight)) {
            return hr_build_fail(b, node, "a leaf has a weight that is not finite");
        }
    }
    return HR_OK;
}

static int
tree_check_init(hr_build *b, hr_tree_table *t, tree_check *c)
{
    size_t n = t->n_splits + 1;

    c->parents = hr_arena_calloc(b->temp, n, sizeof(*c->parents));
    c->tree_of = hr_arena_calloc(b->temp, n, sizeof(*c->tree_of));
    c->depth = hr_arena_calloc(b->temp, n, sizeof(*c->depth));
    c->queue = hr_arena_calloc(b->temp, n, sizeof(*c->queue));
    t->order_first = hr_arena_calloc(b->temp, t->n_trees + 1, sizeof(*t->order_first));
    if (c->parents == NULL || c->tree_of == NULL || c->depth == NULL || c->queue == NULL ||
        t->order_first == NULL) {
        return hr_build_oom(b);
    }
    for (size_t i = 0; i < t->n_splits; i++) {
        const hr_tree_split *s = &t->splits[i];

        c->tree_of[i] = TREE_OF_NONE;
        if ((s->yes & HR_TREE_LEAF) == 0) {
            c->parents[s->yes]++;
        }
        if ((s->no & HR_TREE_LEAF) == 0) {
            c->parents[s->no]++;
        }
    }
    return HR_OK;
}

/* One edge to `child` has been followed; the child is next when all its parents are done. */
static int
tree_check_edge(hr_build *b, const hr_node *node, tree_check *c, uint32_t tree, uint32_t parent,
                uint32_t child)
{
    if ((child & HR_TREE_LEAF) != 0) {
        return HR_OK;
    }
    if (c->tree_of[child] != TREE_OF_NONE && c->tree_of[child] != tree) {
        return hr_build_fail(b, node, "two trees share a node");
    }
    c->tree_of[child] = tree;
    if (c->depth[child] <= c->depth[parent]) {
        c->depth[child] = c->depth[parent] + 1;
        if (c->depth[child] >= b->limits.depth) {
            return hr_build_fail(b, node, "a tree is deeper than %zu", b->limits.depth);
        }
    }
    if (--c->parents[child] == 0) {
        c->queue[c->end++] = child;
    }
    return HR_OK;
}

static int
tree_check_tree(hr_build *b, const hr_node *node, const hr_tree_table *t, tree_check *c,
                uint32_t tree)
{
    uint32_t root = t->roots[tree];
    int rc = HR_OK;

    if (!tree_ref_is_good(t, root)) {
        return hr_build_fail(b, node, "the root of a tree does not exist");
    }
    if ((root & HR_TREE_LEAF) != 0) {
        return HR_OK;
    }
    if (c->parents[root] != 0 || c->tree_of[root] != TREE_OF_NONE) {
        return hr_build_fail(b, node, "the root of a tree is part of a tree");
    }
    c->tree_of[root] = tree;
    c->queue[c->end++] = root;
    while (rc == HR_OK && c->done < c->end) {
        uint32_t i = c->queue[c->done++];

        rc = tree_check_edge(b, node, c, tree, i, t->splits[i].yes);
        if (rc == HR_OK) {
            rc = tree_check_edge(b, node, c, tree, i, t->splits[i].no);
        }
    }
    return rc;
}

int
hr_tree_table_check(hr_build *b, const hr_node *node, hr_tree_table *t)
{
    tree_check c = {0};
    int rc = tree_check_counts(b, node, t);

    for (size_t i = 0; rc == HR_OK && i < t->n_splits; i++) {
        rc = tree_check_split(b, node, t, i);
    }
    if (rc != HR_OK || (rc = tree_check_votes(b, node, t)) != HR_OK ||
        (rc = tree_check_init(b, t, &c)) != HR_OK) {
        return rc;
    }
    for (uint32_t tree = 0; tree < t->n_trees; tree++) {
        t->order_first[tree] = c.done;
        rc = tree_check_tree(b, node, t, &c, tree);
        if (rc != HR_OK) {
            return rc;
        }
    }
    t->order_first[t->n_trees] = c.done;
    t->order = c.queue;
    if (c.done != t->n_splits) {
        return hr_build_fail(b, node, "tree nodes form a cycle or belong to no tree");
    }
    return HR_OK;
}
