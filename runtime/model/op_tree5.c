/* TreeEnsemble of operator set 5: nodes and leaves in arrays of their own, modes as bytes, sets for
 * MEMBER. A node belongs to one tree here; leaves may be shared.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/op_tree.h"

#include <math.h>

const hr_attr_spec hr_tree5_attributes[] = {
    {"aggregate_function", HR_ATTR_INT},
    {"leaf_targetids", HR_ATTR_INTS},
    {"leaf_weights", HR_ATTR_TENSOR},
    {"membership_values", HR_ATTR_TENSOR},
    {"n_targets", HR_ATTR_INT},
    {"nodes_falseleafs", HR_ATTR_INTS},
    {"nodes_falsenodeids", HR_ATTR_INTS},
    {"nodes_featureids", HR_ATTR_INTS},
    {"nodes_hitrates", HR_ATTR_TENSOR},
    {"nodes_missing_value_tracks_true", HR_ATTR_INTS},
    {"nodes_modes", HR_ATTR_TENSOR},
    {"nodes_splits", HR_ATTR_TENSOR},
    {"nodes_trueleafs", HR_ATTR_INTS},
    {"nodes_truenodeids", HR_ATTR_INTS},
    {"post_transform", HR_ATTR_INT},
    {"tree_roots", HR_ATTR_INTS},
    {0},
};

typedef struct tree5 {
    hr_build *b;
    const hr_node *node;
    hr_tree_table *t;
    size_t n; /* interior nodes */
    hr_tensor splits, modes, weights;
    const int64_t *feature, *yes, *no, *yes_leaf, *no_leaf, *nan_yes, *target;
} tree5;

static int
tree5_ints(tree5 *r, const char *name, size_t n, const int64_t **out)
{
    const HrOnnx__Attribute *a = hr_attr(r->node, name);

    if (a == NULL || a->n_ints != n) {
        return hr_build_fail(r->b, r->node, "'%s' has %zu numbers, %zu are needed", name,
                             a != NULL ? a->n_ints : 0, n);
    }
    *out = a->ints;
    return HR_OK;
}

/* A tensor of numbers; `real`: float or double, else whole. */
static int
tree5_tensor(tree5 *r, const char *name, bool real, hr_tensor *out)
{
    const HrOnnx__Attribute *a = hr_attr(r->node, name);
    int rc;

    if (a == NULL) {
        return hr_build_fail(r->b, r->node, "attribute '%s' is missing", name);
    }
    rc = hr_tensor_read(a->t, r->b->temp, out, r->b->err);
    if (rc == HR_OK && (real ? out->real == NULL : out->integer == NULL)) {
        return hr_build_fail(r->b, r->node, "'%s' has a wrong type", name);
    }
    return rc;
}

static int
tree5_arrays(tree5 *r)
{
    const HrOnnx__Attribute *nan_yes = hr_attr(r->node, "nodes_missing_value_tracks_true");
    int rc;

    if ((rc = tree5_tensor(r, "nodes_splits", true, &r->splits)) != HR_OK ||
        (rc = tree5_tensor(r, "nodes_modes", false, &r->modes)) != HR_OK ||
        (rc = tree5_tensor(r, "leaf_weights", true, &r->weights)) != HR_OK) {
        return rc;
    }
    r->n = r->splits.n;
    if (r->modes.n != r->n) {
        return hr_build_fail(r->b, r->node, "%zu modes for %zu nodes", r->modes.n, r->n);
    }
    if (r->n > r->b->limits.tree_nodes || r->weights.n > r->b->limits.tree_nodes) {
        return hr_build_fail(r->b, r->node, "more than %zu tree nodes", r->b->limits.tree_nodes);
    }
    if (nan_yes != NULL && nan_yes->n_ints > 0 &&
        (rc = tree5_ints(r, "nodes_missing_value_tracks_true", r->n, &r->nan_yes)) != HR_OK) {
        return rc;
    }
    if ((rc = tree5_ints(r, "nodes_featureids", r->n, &r->feature)) != HR_OK ||
        (rc = tree5_ints(r, "nodes_truenodeids", r->n, &r->yes)) != HR_OK ||
        (rc = tree5_ints(r, "nodes_falsenodeids", r->n, &r->no)) != HR_OK ||
        (rc = tree5_ints(r, "nodes_trueleafs", r->n, &r->yes_leaf)) != HR_OK ||
        (rc = tree5_ints(r, "nodes_falseleafs", r->n, &r->no_leaf)) != HR_OK) {
        return rc;
    }
    return tree5_ints(r, "leaf_targetids", r->weights.n, &r->target);
}

static int
tree5_ref(tree5 *r, int64_t id, int64_t is_leaf, uint32_t *out)
{
    size_t n = is_leaf != 0 ? r->weights.n : r->n;

    if (id < 0 || (uint64_t)id >= n) {
        return hr_build_fail(r->b, r->node, "a tree node points to %s %lld of %zu",
                             is_leaf != 0 ? "leaf" : "node", (long long)id, n);
    }
    *out = (uint32_t)id | (is_leaf != 0 ? HR_TREE_LEAF : 0);
    return HR_OK;
}

static int
tree5_split(tree5 *r, size_t i)
{
    hr_tree_split *s = &r->t->splits[i];
    int rc = tree5_ref(r, r->yes[i], r->yes_leaf[i], &s->yes);

    if (rc != HR_OK || (rc = tree5_ref(r, r->no[i], r->no_leaf[i], &s->no)) != HR_OK) {
        return rc;
    }
    if (r->modes.integer[i] < 0 || r->modes.integer[i] >= HR_TREE_MODES) {
        return hr_build_fail(r->b, r->node, "mode %lld is not known",
                             (long long)r->modes.integer[i]);
    }
    if (r->feature[i] < 0 || r->feature[i] >= (int64_t)r->t->n_features) {
        return hr_build_fail(r->b, r->node, "a tree node asks for feature %lld of %zu",
                             (long long)r->feature[i], r->t->n_features);
    }
    s->mode = (uint8_t)r->modes.integer[i];
    s->feature = (uint32_t)r->feature[i];
    s->value = r->splits.real[i];
    s->nan_yes = r->nan_yes != NULL && r->nan_yes[i] != 0;
    if (s->mode == HR_TREE_MEMBER) {
        s->set = (uint32_t)r->t->n_sets++;
        s->value = 0;
    }
    return HR_OK;
}

static int
tree5_leaves(tree5 *r)
{
    hr_tree_table *t = r->t;

    t->n_leaves = r->weights.n;
    t->vote_first = hr_arena_calloc(r->b->temp, t->n_leaves + 1, sizeof(*t->vote_first));
    t->votes = hr_arena_calloc(r->b->temp, t->n_leaves + 1, sizeof(*t->votes));
    if (t->vote_first == NULL || t->votes == NULL) {
        return hr_build_oom(r->b);
    }
    for (size_t l = 0; l < t->n_leaves; l++) {
        if (r->target[l] < 0 || r->target[l] >= (int64_t)t->n_targets) {
            return hr_build_fail(r->b, r->node, "a leaf votes for target %lld of %zu",
                                 (long long)r->target[l], t->n_targets);
        }
        t->votes[l] = (hr_tree_vote){(uint32_t)r->target[l], r->weights.real[l]};
        t->vote_first[l + 1] = (uint32_t)l + 1;
    }
    return HR_OK;
}

/* One set per MEMBER node in the order of the nodes, a NaN after each; the last may lack it. */
static int
tree5_sets(tree5 *r)
{
    hr_tree_table *t = r->t;
    hr_tensor values = {0};
    size_t set = 0, kept = 0;
    int rc;

    if (hr_attr(r->node, "membership_values") == NULL && t->n_sets == 0) {
        return HR_OK;
    }
    rc = tree5_tensor(r, "membership_values", true, &values);
    if (rc != HR_OK) {
        return rc;
    }
    t->set_first = hr_arena_calloc(r->b->temp, t->n_sets + 2, sizeof(*t->set_first));
    t->set_values = hr_arena_calloc(r->b->temp, values.n + 1, sizeof(*t->set_values));
    if (t->set_first == NULL || t->set_values == NULL) {
        return hr_build_oom(r->b);
    }
    for (size_t v = 0; v < values.n; v++) {
        bool end = isnan(values.real[v]);

        if (!end) {
            t->set_values[kept++] = values.real[v];
        }
        if (end || v + 1 == values.n) {
            if (set == t->n_sets) {
                return hr_build_fail(r->b, r->node, "more sets than the %zu MEMBER nodes",
                                     t->n_sets);
            }
            t->set_first[++set] = (uint32_t)kept;
        }
    }
    if (set + 1 == t->n_sets && (values.n == 0 || isnan(values.real[values.n - 1]))) {
        t->set_first[++set] = (uint32_t)kept; /* an empty set that lacks its separator */
    }
    return set == t->n_sets
               ? HR_OK
               : hr_build_fail(r->b, r->node, "%zu sets for %zu MEMBER nodes", set, t->n_sets);
}

static int
tree5_roots(tree5 *r)
{
    const HrOnnx__Attribute *roots = hr_attr(r->node, "tree_roots");
    hr_tree_table *t = r->t;

    t->n_trees = roots != NULL ? roots->n_ints : 0;
    t->roots = hr_arena_calloc(r->b->temp, t->n_trees + 1, sizeof(*t->roots));
    if (t->roots == NULL) {
        return hr_build_oom(r->b);
    }
    for (size_t i = 0; i < t->n_trees; i++) {
        int rc = tree5_ref(r, roots->ints[i], 0, &t->roots[i]);

        if (rc != HR_OK) {
            return rc;
        }
    }
    return HR_OK;
}

static int
tree5_read(tree5 *r)
{
    int rc = tree5_arrays(r);

    if (rc != HR_OK) {
        return rc;
    }
    r->t->n_splits = r->n;
    r->t->splits = hr_arena_calloc(r->b->temp, r->n + 1, sizeof(*r->t->splits));
    if (r->t->splits == NULL) {
        return hr_build_oom(r->b);
    }
    for (size_t i = 0; i < r->n; i++) {
        rc = tree5_split(r, i);
        if (rc != HR_OK) {
            return rc;
        }
    }
    if ((rc = tree5_leaves(r)) != HR_OK || (rc = tree5_sets(r)) != HR_OK) {
        return rc;
    }
    return tree5_roots(r);
}

static int
tree5_options(hr_build *b, const hr_node *node, hr_tree_options *o, size_t targets)
{
    int64_t aggregate = hr_attr_int(node, "aggregate_function", 1);
    int64_t transform = hr_attr_int(node, "post_transform", 0);

    if (aggregate < 0 || aggregate >= HR_FOREST_AGGREGATES) {
        return hr_build_fail(b, node, "aggregate_function %lld is not known", (long long)aggregate);
    }
    if (transform < 0 || transform >= HR_TRANSFORMS) {
        return hr_build_fail(b, node, "post_transform %lld is not known", (long long)transform);
    }
    o->aggregate = (hr_forest_aggregate)aggregate;
    o->vote.transform = (hr_transform)transform;
    o->vote.kind = node->in[0]->kind;
    o->vote.sums = o->vote.scores = targets;
    return HR_OK;
}

int
hr_tree5_compile(hr_build *b, hr_node *node)
{
    int64_t targets = hr_attr_int(node, "n_targets", 1);
    hr_tree_table table = {0};
    tree5 r = {.b = b, .node = node, .t = &table};
    hr_tree_options o = {0};
    int rc = hr_node_need_kind(b, node, 0, HR_KINDS_REAL);

    if (rc != HR_OK) {
        return rc;
    }
    if (node->in[0]->rank > 2 || targets < 1 || (uint64_t)targets > b->limits.classes) {
        return hr_build_fail(b, node, "%lld targets from '%.80s' are not supported",
                             (long long)targets, node->in[0]->name);
    }
    table.n_features = node->in[0]->n;
    table.n_targets = (size_t)targets;
    if ((rc = tree5_options(b, node, &o, table.n_targets)) != HR_OK ||
        (rc = tree5_read(&r)) != HR_OK) {
        return rc;
    }
    return hr_tree_finish(b, node, node->in[0], &table, &o);
}
