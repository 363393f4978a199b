/* TreeEnsembleClassifier and TreeEnsembleRegressor, versions 1 and 3. Tree and node ids are labels:
 * nodes may come in any order, ids may start anywhere, trees may be interleaved. So nodes are
 * sorted by (tree, node) and found by that pair.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/op_tree.h"

#include <math.h>
#include <stdlib.h>

typedef struct tree_key {
    int64_t tree, node;
    uint32_t at; /* in the attribute arrays */
    uint32_t ref;
} tree_key;

/* The attribute arrays of one node of the graph. */
typedef struct tree_arrays {
    size_t n, n_votes;
    const int64_t *tree, *node, *feature, *yes, *no;
    const int64_t *nan_yes; /* NULL: all 0 */
    const HrOnnx__Attribute *modes;
    const double *value;
    const int64_t *vote_tree, *vote_node, *vote_target;
    const double *vote_weight;
} tree_arrays;

typedef struct tree_reader {
    hr_build *b;
    const hr_node *node;
    tree_arrays a;
    tree_key *keys; /* sorted */
    uint32_t *key_of_leaf;
    hr_tree_table *t;
    bool binary_all_zero, binary_all_one, any_negative; /* what the votes look like */
} tree_reader;

typedef struct tree_step_param {
    hr_forest forest;
    hr_vote vote;
} tree_step_param;

static int
tree_ints(tree_reader *r, const char *name, size_t n, const int64_t **out)
{
    const HrOnnx__Attribute *a = hr_attr(r->node, name);

    if (a == NULL || a->n_ints != n) {
        return hr_build_fail(r->b, r->node, "'%s' has %zu numbers, %zu are needed", name,
                             a != NULL ? a->n_ints : 0, n);
    }
    *out = a->ints;
    return HR_OK;
}

/* Numbers from a list of floats or from the tensor of the same name; *n is their count. */
static int
tree_reals(hr_build *b, const hr_node *node, const char *name, const char *tensor_name, size_t *n,
           const double **out)
{
    const HrOnnx__Attribute *a = hr_attr(node, name);
    const HrOnnx__Attribute *tensor = hr_attr(node, tensor_name);
    hr_tensor t;
    double *list;
    int rc;

    if (a != NULL && tensor != NULL && a->n_floats > 0) {
        return hr_build_fail(b, node, "both '%s' and '%s' are given", name, tensor_name);
    }
    if (tensor != NULL) {
        rc = hr_tensor_read(tensor->t, b->temp, &t, b->err);
        if (rc == HR_OK && t.real == NULL) {
            return hr_build_fail(b, node, "'%s' has a wrong type", tensor_name);
        }
        *n = t.n;
        *out = t.real;
        return rc;
    }
    *n = a != NULL ? a->n_floats : 0;
    list = hr_arena_calloc(b->temp, *n + 1, sizeof(*list));
    for (size_t i = 0; list != NULL && i < *n; i++) {
        list[i] = (double)a->floats[i];
    }
    *out = list;
    return list != NULL ? HR_OK : hr_build_oom(b);
}

static int
tree_read_nodes(tree_reader *r)
{
    const HrOnnx__Attribute *ids = hr_attr(r->node, "nodes_treeids");
    const HrOnnx__Attribute *nan_yes = hr_attr(r->node, "nodes_missing_value_tracks_true");
    tree_arrays *a = &r->a;
    size_t n = ids != NULL ? ids->n_ints : 0, values = 0;
    int rc;

    a->n = n;
    a->modes = hr_attr(r->node, "nodes_modes");
    if (n < 1 || n > r->b->limits.tree_nodes) {
        return hr_build_fail(r->b, r->node, "%zu tree nodes; 1 to %zu are supported", n,
                             r->b->limits.tree_nodes);
    }
    if (a->modes == NULL || a->modes->n_strings != n) {
        return hr_build_fail(r->b, r->node, "'nodes_modes' has not %zu entries", n);
    }
    if (nan_yes != NULL && nan_yes->n_ints > 0 &&
        (rc = tree_ints(r, "nodes_missing_value_tracks_true", n, &a->nan_yes)) != HR_OK) {
        return rc;
    }
    if ((rc = tree_ints(r, "nodes_treeids", n, &a->tree)) != HR_OK ||
        (rc = tree_ints(r, "nodes_nodeids", n, &a->node)) != HR_OK ||
        (rc = tree_ints(r, "nodes_featureids", n, &a->feature)) != HR_OK ||
        (rc = tree_ints(r, "nodes_truenodeids", n, &a->yes)) != HR_OK ||
        (rc = tree_ints(r, "nodes_falsenodeids", n, &a->no)) != HR_OK ||
        (rc = tree_reals(r->b, r->node, "nodes_values", "nodes_values_as_tensor", &values,
                         &a->value)) != HR_OK) {
        return rc;
    }
    return values == n ? HR_OK
                       : hr_build_fail(r->b, r->node, "%zu node values for %zu nodes", values, n);
}

/* `prefix` is "class" or "target". */
static int
tree_read_votes(tree_reader *r, bool classifier)
{
    const HrOnnx__Attribute *ids = hr_attr(r->node, classifier ? "class_ids" : "target_ids");
    tree_arrays *a = &r->a;
    size_t n = ids != NULL ? ids->n_ints : 0, weights = 0;
    int rc;

    a->n_votes = n;
    if ((rc = tree_ints(r, classifier ? "class_treeids" : "target_treeids", n, &a->vote_tree)) !=
            HR_OK ||
        (rc = tree_ints(r, classifier ? "class_nodeids" : "target_nodeids", n, &a->vote_node)) !=
            HR_OK ||
        (rc = tree_ints(r, classifier ? "class_ids" : "target_ids", n, &a->vote_target)) != HR_OK ||
        (rc = tree_reals(r->b, r->node, classifier ? "class_weights" : "target_weights",
                         classifier ? "class_weights_as_tensor" : "target_weights_as_tensor",
                         &weights, &a->vote_weight)) != HR_OK) {
        return rc;
    }
    return weights == n ? HR_OK
                        : hr_build_fail(r->b, r->node, "%zu weights for %zu votes", weights, n);
}

static int
tree_key_compare(const void *left, const void *right)
{
    const tree_key *l = left, *r = right;

    if (l->tree != r->tree) {
        return l->tree < r->tree ? -1 : 1;
    }
    return (l->node > r->node) - (l->node < r->node);
}

static int
tree_sort(tree_reader *r)
{
    const tree_arrays *a = &r->a;
    bool sorted = true;

    r->keys = hr_arena_calloc(r->b->temp, a->n + 1, sizeof(*r->keys));
    if (r->keys == NULL) {
        return hr_build_oom(r->b);
    }
    for (size_t i = 0; i < a->n; i++) {
        r->keys[i] = (tree_key){a->tree[i], a->node[i], (uint32_t)i, 0};
        sorted &= i == 0 || tree_key_compare(&r->keys[i - 1], &r->keys[i]) < 0;
    }
    if (!sorted) {
        qsort(r->keys, a->n, sizeof(*r->keys), tree_key_compare);
    }
    for (size_t i = 1; i < a->n; i++) {
        if (tree_key_compare(&r->keys[i - 1], &r->keys[i]) == 0) {
            return hr_build_fail(r->b, r->node, "node %lld of tree %lld comes twice",
                                 (long long)r->keys[i].node, (long long)r->keys[i].tree);
        }
    }
    return HR_OK;
}

/* The key of (tree, node), or NULL. `near` is where ids that count up by one would put it. */
static tree_key *
tree_find(tree_reader *r, int64_t tree, int64_t node, size_t near)
{
    tree_key wanted = {tree, node, 0, 0};

    if (near < r->a.n && tree_key_compare(&r->keys[near], &wanted) == 0) {
        return &r->keys[near];
    }
    return bsearch(&wanted, r->keys, r->a.n, sizeof(*r->keys), tree_key_compare);
}

static hr_tree_mode
tree_mode(hr_span text)
{
    static const char *const names[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                        "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};

    for (int m = 0; m < 6; m++) {
        if (hr_span_eq(text, hr_span_str(names[m]))) {
            return (hr_tree_mode)m;
        }
    }
    return HR_TREE_MODES;
}

/* Numbers splits and leaves in sorted order. */
static int
tree_number(tree_reader *r)
{
    hr_tree_table *t = r->t;

    t->splits = hr_arena_calloc(r->b->temp, r->a.n + 1, sizeof(*t->splits));
    t->vote_first = hr_arena_calloc(r->b->temp, r->a.n + 2, sizeof(*t->vote_first));
    t->roots = hr_arena_calloc(r->b->temp, r->a.n + 1, sizeof(*t->roots));
    if (t->splits == NULL || t->vote_first == NULL || t->roots == NULL) {
        return hr_build_oom(r->b);
    }
    for (size_t i = 0; i < r->a.n; i++) {
        const ProtobufCBinaryData *mode = &r->a.modes->strings[r->keys[i].at];
        hr_span text = {mode->data, mode->len};

        if (hr_span_eq(text, HR_SPAN_LIT("LEAF"))) {
            r->keys[i].ref = (uint32_t)t->n_leaves++ | HR_TREE_LEAF;
            continue;
        }
        t->splits[t->n_splits].mode = (uint8_t)tree_mode(text);
        if (t->splits[t->n_splits].mode == HR_TREE_MODES) {
            return hr_build_fail(r->b, r->node, "mode '%.*s' is not supported",
                                 (int)(text.len < 40 ? text.len : 40), (const char *)text.data);
        }
        r->keys[i].ref = (uint32_t)t->n_splits++;
    }
    return HR_OK;
}

static int
tree_child(tree_reader *r, size_t i, int64_t node, uint8_t *has_parent, uint32_t *ref)
{
    size_t near = i + (size_t)(uint64_t)node - (size_t)(uint64_t)r->keys[i].node;
    const tree_key *child = tree_find(r, r->keys[i].tree, node, near);

    if (child == NULL) {
        return hr_build_fail(
            r->b, r->node, "node %lld of tree %lld points to node %lld, which is not there",
            (long long)r->keys[i].node, (long long)r->keys[i].tree, (long long)node);
    }
    has_parent[child - r->keys] = 1;
    *ref = child->ref;
    return HR_OK;
}

static int
tree_split(tree_reader *r, size_t i, uint8_t *has_parent)
{
    uint32_t at = r->keys[i].at;
    hr_tree_split *s = &r->t->splits[r->keys[i].ref];
    int rc = tree_child(r, i, r->a.yes[at], has_parent, &s->yes);

    if (rc != HR_OK || (rc = tree_child(r, i, r->a.no[at], has_parent, &s->no)) != HR_OK) {
        return rc;
    }
    if (r->a.feature[at] < 0 || r->a.feature[at] >= (int64_t)r->t->n_features) {
        return hr_build_fail(r->b, r->node, "a tree node asks for feature %lld of %zu",
                             (long long)r->a.feature[at], r->t->n_features);
    }
    s->feature = (uint32_t)r->a.feature[at];
    s->value = r->a.value[at];
    s->nan_yes = r->a.nan_yes != NULL && r->a.nan_yes[at] != 0;
    return HR_OK;
}

/* The root of a tree is the one node that no branch points to. */
static int
tree_roots(tree_reader *r, const uint8_t *has_parent)
{
    hr_tree_table *t = r->t;

    for (size_t i = 0; i < r->a.n; i++) {
        bool new_tree = i == 0 || r->keys[i].tree != r->keys[i - 1].tree;

        if (new_tree) {
            t->roots[t->n_trees++] = UINT32_MAX;
        }
        if (has_parent[i]) {
            continue;
        }
        if (t->roots[t->n_trees - 1] != UINT32_MAX) {
            return hr_build_fail(r->b, r->node, "tree %lld has two roots",
                                 (long long)r->keys[i].tree);
        }
        t->roots[t->n_trees - 1] = r->keys[i].ref;
    }
    for (size_t k = 0; k < t->n_trees; k++) {
        if (t->roots[k] == UINT32_MAX) {
            return hr_build_fail(r->b, r->node, "tree nodes form a cycle");
        }
    }
    return HR_OK;
}

static int
tree_shape(tree_reader *r)
{
    uint8_t *has_parent = hr_arena_calloc(r->b->temp, r->a.n + 1, 1);
    int rc = HR_OK;

    if (has_parent == NULL) {
        return hr_build_oom(r->b);
    }
    for (size_t i = 0; rc == HR_OK && i < r->a.n; i++) {
        if ((r->keys[i].ref & HR_TREE_LEAF) == 0) {
            rc = tree_split(r, i, has_parent);
        }
    }
    return rc == HR_OK ? tree_roots(r, has_parent) : rc;
}

/* The leaf of vote v; `near` is where the last vote's leaf was. */
static int
tree_vote_leaf(tree_reader *r, size_t v, size_t *near, uint32_t *leaf)
{
    int64_t tree = r->a.vote_tree[v], node = r->a.vote_node[v];
    size_t guess = *near + (size_t)(uint64_t)node - (size_t)(uint64_t)r->keys[*near].node;
    const tree_key *key = tree_find(r, tree, node, guess);

    if (key == NULL || (key->ref & HR_TREE_LEAF) == 0) {
        return hr_build_fail(r->b, r->node,
                             "a vote hangs on node %lld of tree %lld, which is no leaf",
                             (long long)node, (long long)tree);
    }
    if (r->a.vote_target[v] < 0 || r->a.vote_target[v] >= (int64_t)r->t->n_targets) {
        return hr_build_fail(r->b, r->node, "a leaf votes for class or target %lld of %zu",
                             (long long)r->a.vote_target[v], r->t->n_targets);
    }
    *near = (size_t)(key - r->keys);
    *leaf = key->ref & ~HR_TREE_LEAF;
    return HR_OK;
}

/* Puts the votes in the order of the leaves, and keeps the file's order within one. */
static int
tree_votes(tree_reader *r)
{
    hr_tree_table *t = r->t;
    uint32_t *leaf = hr_arena_calloc(r->b->temp, r->a.n_votes + 1, sizeof(*leaf));
    size_t near = 0;

    t->votes = hr_arena_calloc(r->b->temp, r->a.n_votes + 1, sizeof(*t->votes));
    if (leaf == NULL || t->votes == NULL) {
        return hr_build_oom(r->b);
    }
    for (size_t v = 0; v < r->a.n_votes; v++) {
        int rc = tree_vote_leaf(r, v, &near, &leaf[v]);

        if (rc != HR_OK) {
            return rc;
        }
        t->vote_first[leaf[v] + 1]++;
    }
    for (size_t l = 0; l < t->n_leaves; l++) {
        t->vote_first[l + 1] += t->vote_first[l];
    }
    for (size_t v = r->a.n_votes; v > 0;
         v--) { /* from behind: vote_first counts down to its place */
        uint32_t at = --t->vote_first[leaf[v - 1] + 1];

        t->votes[at] = (hr_tree_vote){(uint32_t)r->a.vote_target[v - 1], r->a.vote_weight[v - 1]};
    }
    /* Now vote_first[l + 1] is where leaf l starts; shift it down. */
    memmove(t->vote_first, t->vote_first + 1, t->n_leaves * sizeof(*t->vote_first));
    t->vote_first[t->n_leaves] = (uint32_t)r->a.n_votes;
    return HR_OK;
}

static int
tree_read(tree_reader *r, bool classifier, size_t n_features, size_t n_targets)
{
    int rc;

    r->t->n_features = n_features;
    r->t->n_targets = n_targets;
    if ((rc = tree_read_nodes(r)) != HR_OK || (rc = tree_read_votes(r, classifier)) != HR_OK ||
        (rc = tree_sort(r)) != HR_OK || (rc = tree_number(r)) != HR_OK ||
        (rc = tree_shape(r)) != HR_OK) {
        return rc;
    }
    return tree_votes(r);
}

static void
tree_run(const hr_plan_step *step, hr_eval *ev)
{
    const tree_step_param *p = step->param;
    const void **column = ev->work;
    size_t list = (step->n_in * sizeof(*column) + 63) / 64 * 64;
    double *sums;

    for (size_t i = 0; i < step->n_in; i++) {
        column[i] = ev->column[step->in[i]];
    }
    sums = hr_forest_run(&p->forest, column, ev->rows, (uint8_t *)ev->work + list);
    hr_vote_emit(&p->vote, sums, ev, step->out);
}

int
hr_tree_finish(hr_build *b, hr_node *node, const hr_value *in, hr_tree_table *table,
               const hr_tree_options *options)
{
    tree_step_param *p = hr_arena_calloc(b->arena, 1, sizeof(*p));
    hr_plan_step *step;
    hr_value out;
    int rc = hr_tree_table_check(b, node, table);

    if (rc != HR_OK) {
        return rc;
    }
    if (p == NULL) {
        return hr_build_oom(b);
    }
    p->vote = options->vote;
    rc = hr_forest_build(b, node, table, options->aggregate, in->kind, &p->forest);
    if (rc != HR_OK || (rc = hr_vote_outputs(b, node, &p->vote, 2, &out)) != HR_OK) {
        return rc;
    }
    p->forest.base = options->base;
    b->model->trees += table->n_trees;
    step = hr_build_step(b, tree_run, p, in, &out);
    if (step == NULL) {
        return hr_build_oom(b);
    }
    step->row_bytes = hr_forest_row_bytes(&p->forest);
    step->tile_bytes = hr_forest_tile_bytes(&p->forest) + (in->n * sizeof(void *) + 63) / 64 * 64;
    return HR_OK;
}

/* Base values: none, or as many as there are sums, kept in the model's arena. */
static int
tree_base(hr_build *b, const hr_node *node, size_t n_sums, const double **out)
{
    const double *list;
    double *kept;
    size_t n = 0;
    int rc = tree_reals(b, node, "base_values", "base_values_as_tensor", &n, &list);

    *out = NULL;
    if (rc != HR_OK || n == 0) {
        return rc;
    }
    if (n != n_sums) {
        return hr_build_fail(b, node, "%zu base values for %zu sums are not supported", n, n_sums);
    }
    kept = hr_arena_calloc(b->arena, n, sizeof(*kept));
    if (kept == NULL) {
        return hr_build_oom(b);
    }
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(list[i])) {
            return hr_build_fail(b, node, "a base value is not finite");
        }
        kept[i] = list[i];
    }
    *out = kept;
    return HR_OK;
}

/* What is left open by ONNX for two classes, and differs between engines: MODELS, the binary trap.
 */
static int
tree_binary(hr_build *b, const hr_node *node, hr_tree_table *t, hr_vote *vote)
{
    size_t votes = t->vote_first[t->n_leaves], ones = 0, negative = 0;

    for (size_t v = 0; v < votes; v++) {
        ones += t->votes[v].target == 1;
        negative += t->votes[v].weight < 0;
    }
    if (ones > 0 && ones < votes) {
        return HR_OK; /* both classes are voted for: nothing is special */
    }
    if (ones > 0 || votes == 0) {
        return hr_build_fail(b, node, "two classes, but votes for the second one only");
    }
    if (vote->transform != HR_TRANSFORM_NONE && vote->transform != HR_TRANSFORM_LOGISTIC) {
        return hr_build_fail(b, node,
                             "two classes with one sum: post_transform must be NONE or LOGISTIC");
    }
    vote->binary = vote->transform == HR_TRANSFORM_LOGISTIC ? HR_BINARY_LOGISTIC
                   : negative > 0                           ? HR_BINARY_MARGIN
                                                            : HR_BINARY_SHARE;
    vote->sums = 1;
    t->n_targets = 1;
    return HR_OK;
}

static int
tree_classifier_base(hr_build *b, const hr_node *node, const hr_vote *vote, const double **base)
{
    int rc = tree_base(b, node, vote->sums, base);

    if (rc == HR_OK && *base != NULL && vote->scores == 2 && vote->binary == HR_BINARY_NO) {
        return hr_build_fail(b, node,
                             "two classes, votes for both and base values: engines differ");
    }
    return rc;
}

/* Features as FLOAT or DOUBLE, whatever comes in. */
static int
tree_input(hr_build *b, const hr_node *node, hr_value *in)
{
    int rc = hr_node_need_kind(b, node, 0, HR_KINDS_NUMBER);

    *in = (hr_value){.name = ""};
    if (rc != HR_OK) {
        return rc;
    }
    if (node->in[0]->rank > 2) {
        return hr_build_fail(b, node, "input '%.80s' is not [N, F]", node->in[0]->name);
    }
    return hr_build_cast(b, node->in[0],
                         node->in[0]->kind == HR_MODEL_DOUBLE ? HR_MODEL_DOUBLE : HR_MODEL_FLOAT,
                         in);
}

static int
tree_classifier(hr_build *b, hr_node *node)
{
    hr_tree_table table = {0};
    tree_reader r = {.b = b, .node = node, .t = &table};
    hr_tree_options o = {.aggregate = HR_FOREST_SUM, .vote = {.kind = HR_MODEL_FLOAT}};
    hr_value in;
    int rc = tree_input(b, node, &in);

    if (rc != HR_OK ||
        (rc = hr_vote_classes(b, node, "classlabels_int64s", "classlabels_strings",
                              &o.vote.classes)) != HR_OK ||
        (rc = hr_vote_transform(b, node, &o.vote.transform)) != HR_OK) {
        return rc;
    }
    o.vote.sums = o.vote.scores = o.vote.classes->n;
    rc = tree_read(&r, true, in.n, o.vote.sums);
    if (rc == HR_OK && o.vote.classes->n == 2) {
        rc = tree_binary(b, node, &table, &o.vote);
    }
    if (rc != HR_OK || (rc = tree_classifier_base(b, node, &o.vote, &o.base)) != HR_OK) {
        return rc;
    }
    return hr_tree_finish(b, node, &in, &table, &o);
}

static int
tree_aggregate(hr_build *b, const hr_node *node, hr_forest_aggregate *out)
{
    static const char *const names[] = {"AVERAGE", "SUM", "MIN", "MAX"};

    for (int i = 0; i < HR_FOREST_AGGREGATES; i++) {
        if (hr_attr_is(node, "aggregate_function", names[i], "SUM")) {
            *out = (hr_forest_aggregate)i;
            return HR_OK;
        }
    }
    return hr_build_fail(b, node, "this aggregate_function is not known");
}

static int
tree_regressor(hr_build *b, hr_node *node)
{
    int64_t targets = hr_attr_int(node, "n_targets", 1);
    hr_tree_table table = {0};
    tree_reader r = {.b = b, .node = node, .t = &table};
    hr_tree_options o = {.vote = {.kind = HR_MODEL_FLOAT}};
    hr_value in;
    int rc = tree_input(b, node, &in);

    if (rc != HR_OK) {
        return rc;
    }
    if (targets < 1 || (uint64_t)targets > b->limits.classes) {
        return hr_build_fail(b, node, "%lld targets are not supported", (long long)targets);
    }
    o.vote.sums = o.vote.scores = (size_t)targets;
    if ((rc = hr_vote_transform(b, node, &o.vote.transform)) != HR_OK ||
        (rc = tree_aggregate(b, node, &o.aggregate)) != HR_OK ||
        (rc = tree_base(b, node, o.vote.sums, &o.base)) != HR_OK ||
        (rc = tree_read(&r, false, in.n, o.vote.sums)) != HR_OK) {
        return rc;
    }
    return hr_tree_finish(b, node, &in, &table, &o);
}

#define TREE_NODE_ATTRIBUTES                                                                       \
    {"nodes_treeids", HR_ATTR_INTS}, {"nodes_nodeids", HR_ATTR_INTS},                              \
        {"nodes_featureids", HR_ATTR_INTS}, {"nodes_modes", HR_ATTR_STRINGS},                      \
        {"nodes_values", HR_ATTR_FLOATS}, {"nodes_truenodeids", HR_ATTR_INTS},                     \
        {"nodes_falsenodeids", HR_ATTR_INTS}, {"nodes_missing_value_tracks_true", HR_ATTR_INTS},   \
        {"nodes_hitrates", HR_ATTR_FLOATS}, {"base_values", HR_ATTR_FLOATS},                       \
    {                                                                                              \
        "post_transform", HR_ATTR_STRING                                                           \
    }
#define TREE_NODE_TENSORS                                                                          \
    {"nodes_values_as_tensor", HR_ATTR_TENSOR}, {"nodes_hitrates_as_tensor", HR_ATTR_TENSOR},      \
    {                                                                                              \
        "base_values_as_tensor", HR_ATTR_TENSOR                                                    \
    }
#define TREE_CLASS_ATTRIBUTES                                                                      \
    {"class_treeids", HR_ATTR_INTS}, {"class_nodeids", HR_ATTR_INTS}, {"class_ids", HR_ATTR_INTS}, \
        {"class_weights", HR_ATTR_FLOATS}, {"classlabels_int64s", HR_ATTR_INTS},                   \
    {                                                                                              \
        "classlabels_strings", HR_ATTR_STRINGS                                                     \
    }
#define TREE_TARGET_ATTRIBUTES                                                                     \
    {"target_treeids", HR_ATTR_INTS}, {"target_nodeids", HR_ATTR_INTS},                            \
        {"target_ids", HR_ATTR_INTS}, {"target_weights", HR_ATTR_FLOATS},                          \
        {"n_targets", HR_ATTR_INT},                                                                \
    {                                                                                              \
        "aggregate_function", HR_ATTR_STRING                                                       \
    }

static const hr_attr_spec classifier_attributes_1[] = {
    TREE_NODE_ATTRIBUTES,
    TREE_CLASS_ATTRIBUTES,
    {0},
};
static const hr_attr_spec classifier_attributes_3[] = {
    TREE_NODE_ATTRIBUTES,
    TREE_NODE_TENSORS,
    TREE_CLASS_ATTRIBUTES,
    {"class_weights_as_tensor", HR_ATTR_TENSOR},
    {0},
};
static const hr_attr_spec regressor_attributes_1[] = {
    TREE_NODE_ATTRIBUTES,
    TREE_TARGET_ATTRIBUTES,
    {0},
};
static const hr_attr_spec regressor_attributes_3[] = {
    TREE_NODE_ATTRIBUTES,
    TREE_NODE_TENSORS,
    TREE_TARGET_ATTRIBUTES,
    {"target_weights_as_tensor", HR_ATTR_TENSOR},
    {0},
};

const hr_op_spec hr_ops_tree[] = {
    {"TreeEnsembleClassifier", true, 1, 2, 1, 1, 2, classifier_attributes_1, tree_classifier},
    {"TreeEnsembleClassifier", true, 3, 4, 1, 1, 2, classifier_attributes_3, tree_classifier},
    {"TreeEnsembleRegressor", true, 1, 2, 1, 1, 1, regressor_attributes_1, tree_regressor},
    {"TreeEnsembleRegressor", true, 3, 4, 1, 1, 1, regressor_attributes_3, tree_regressor},
    {"TreeEnsemble", true, 5, 5, 1, 1, 1, hr_tree5_attributes, hr_tree5_compile},
    {0},
};
