/* SPDX-License-Identifier: Apache-2.0 */
#include "forest.h"
#include "common.h"
#include "onnx.pb-c.h"

#include <math.h>
#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { DEPTH_MAX = 16 };

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

static const char *const feature_names[BENCH_FEATURES] = {
    "DepDelay", "Distance", "DayOfMonth", "DayOfWeek", "DayOfYear",
    "Carrier",  "Origin",   "Dest",       "Route",
};

/* The attribute arrays of the ensemble. */
typedef struct ensemble {
    size_t n, n_votes, n_classes;
    const int64_t *tree, *node, *yes, *no, *feature;
    const float *value;
    const HrOnnx__Attribute *modes;
    const int64_t *vote_tree, *vote_node, *vote_class;
    const float *weight;
    uint32_t *vote_first; /* by node: its first vote */
} ensemble;

static void *
forest_alloc(size_t n, size_t size)
{
    void *block = calloc(n + 1, size);

    if (block == NULL) {
        bench_fail("out of memory");
    }
    return block;
}

static const HrOnnx__Attribute *
attribute(const HrOnnx__Node *node, const char *name)
{
    for (size_t i = 0; i < node->n_attribute; i++) {
        if (strcmp(node->attribute[i]->name, name) == 0) {
            return node->attribute[i];
        }
    }
    bench_fail("%s has no %s", node->op_type, name);
}

static const int64_t *
attribute_ints(const HrOnnx__Node *node, const char *name, size_t *n)
{
    const HrOnnx__Attribute *a = attribute(node, name);

    if (*n == 0) {
        *n = a->n_ints;
    }
    if (a->n_ints != *n) {
        bench_fail("%s has %zu numbers, not %zu", name, a->n_ints, *n);
    }
    return a->ints;
}

static const float *
attribute_floats(const HrOnnx__Node *node, const char *name, size_t n)
{
    const HrOnnx__Attribute *a = attribute(node, name);

    if (a->n_floats != n) {
        bench_fail("%s has %zu numbers, not %zu", name, a->n_floats, n);
    }
    return a->floats;
}

/* --- categories --------------------------------------------------------------------------------
 */

static size_t
code_at(const bench_codes *codes, const uint8_t *text, size_t len)
{
    return (size_t)XXH3_64bits(text, len) & codes->mask;
}

static void
codes_add(bench_codes *codes, const ProtobufCBinaryData *key, int64_t code)
{
    size_t at = code_at(codes, key->data, key->len);

    if (key->len == 0 || key->len >= sizeof codes->v[0].text) {
        bench_fail("a category of %zu bytes", key->len);
    }
    while (codes->v[at].text[0] != '\0') {
        at = (at + 1) & codes->mask;
    }
    memcpy(codes->v[at].text, key->data, key->len);
    codes->v[at].code = (float)code;
}

static void
codes_load(bench_codes *codes, const HrOnnx__Node *node)
{
    const HrOnnx__Attribute *keys = attribute(node, "keys_strings");
    size_t n = keys->n_strings;
    const int64_t *values = attribute_ints(node, "values_int64s", &n);

    codes->mask = 15;
    while (codes->mask < 2 * n) {
        codes->mask = codes->mask * 2 + 1;
    }
    codes->v = forest_alloc(codes->mask + 1, sizeof *codes->v);
    codes->unseen = (float)attribute(node, "default_int64")->i;
    for (size_t i = 0; i < n; i++) {
        codes_add(codes, &keys->strings[i], values[i]);
    }
}

float
bench_code(const bench_codes *codes, hr_span text)
{
    size_t at = code_at(codes, text.data, text.len);

    if (text.len >= sizeof codes->v[0].text) {
        return codes->unseen;
    }
    for (; codes->v[at].text[0] != '\0'; at = (at + 1) & codes->mask) {
        if (memcmp(codes->v[at].text, text.data, text.len) == 0 &&
            codes->v[at].text[text.len] == '\0') {
            return codes->v[at].code;
        }
    }
    return codes->unseen;
}

/* --- trees -------------------------------------------------------------------------------------
 */

static void
ensemble_open(ensemble *e, const HrOnnx__Node *node, bench_forest *forest)
{
    const int64_t *labels;
    size_t labels_n = 0;

    e->tree = attribute_ints(node, "nodes_treeids", &e->n);
    e->node = attribute_ints(node, "nodes_nodeids", &e->n);
    e->yes = attribute_ints(node, "nodes_truenodeids", &e->n);
    e->no = attribute_ints(node, "nodes_falsenodeids", &e->n);
    e->feature = attribute_ints(node, "nodes_featureids", &e->n);
    e->value = attribute_floats(node, "nodes_values", e->n);
    e->modes = attribute(node, "nodes_modes");
    e->vote_tree = attribute_ints(node, "class_treeids", &e->n_votes);
    e->vote_node = attribute_ints(node, "class_nodeids", &e->n_votes);
    e->vote_class = attribute_ints(node, "class_ids", &e->n_votes);
    e->weight = attribute_floats(node, "class_weights", e->n_votes);
    labels = attribute_ints(node, "classlabels_int64s", &labels_n);
    if (labels_n < 3 || labels_n > BENCH_CLASSES_MAX || e->modes->n_strings != e->n || e->n == 0) {
        bench_fail("an ensemble of %zu nodes and %zu classes", e->n, labels_n);
    }
    memcpy(forest->labels, labels, labels_n * sizeof *labels);
    e->n_classes = forest->n_classes = labels_n;
}

static bool
ensemble_is_leaf(const ensemble *e, size_t i)
{
    const ProtobufCBinaryData *mode = &e->modes->strings[i];

    if (mode->len == 4 && memcmp(mode->data, "LEAF", 4) == 0) {
        return true;
    }
    if (mode->len != 10 || memcmp(mode->data, "BRANCH_LEQ", 10) != 0 || e->feature[i] < 0 ||
        e->feature[i] >= BENCH_FEATURES) {
        bench_fail("node %zu is of another kind", i);
    }
    return false;
}

/* Index of a node; ids count from 0 in each tree. */
static size_t
ensemble_node(const ensemble *e, size_t first, int64_t id)
{
    size_t at = first + (size_t)id;

    if (id < 0 || at >= e->n || e->tree[at] != e->tree[first] || e->node[at] != id) {
        bench_fail("the nodes of tree %lld are not in order", (long long)e->tree[first]);
    }
    return at;
}

static uint32_t
ensemble_depth(const ensemble *e, size_t first, size_t at, uint32_t level)
{
    uint32_t yes, no;

    if (level > DEPTH_MAX) {
        bench_fail("trees are deeper than %d", DEPTH_MAX);
    }
    if (ensemble_is_leaf(e, at)) {
        return level;
    }
    yes = ensemble_depth(e, first, ensemble_node(e, first, e->yes[at]), level + 1);
    no = ensemble_depth(e, first, ensemble_node(e, first, e->no[at]), level + 1);
    return yes > no ? yes : no;
}

/* Where the votes of each node start; votes are in the order of nodes. */
static void
ensemble_votes(ensemble *e)
{
    size_t v = 0;

    e->vote_first = forest_alloc(e->n + 1, sizeof *e->vote_first);
    for (size_t i = 0; i < e->n; i++) {
        e->vote_first[i] = (uint32_t)v;
        while (v < e->n_votes && e->vote_tree[v] == e->tree[i] && e->vote_node[v] == e->node[i]) {
            v++;
        }
    }
    e->vote_first[e->n] = (uint32_t)v;
    if (v != e->n_votes) {
        bench_fail("votes are not in the order of nodes");
    }
}

typedef struct heap {
    const ensemble *e;
    size_t first;
    uint32_t depth;
    bench_tree_node *nodes;
    float *leaves;
} heap;

/* Puts a node and what is below it at `at`. A leaf above the last level is reached through nodes
 * that always go left. */
static void
heap_put(const heap *h, size_t node, size_t at, uint32_t level)
{
    const ensemble *e = h->e;
    bool leaf = ensemble_is_leaf(e, node);

    if (level == h->depth) {
        float *to = h->leaves + (at - (((size_t)1 << h->depth) - 1)) * e->n_classes;

        for (uint32_t v = e->vote_first[node]; v < e->vote_first[node + 1]; v++) {
            if (e->vote_class[v] < 0 || (size_t)e->vote_class[v] >= e->n_classes) {
                bench_fail("a vote for class %lld", (long long)e->vote_class[v]);
            }
            to[e->vote_class[v]] = e->weight[v];
        }
        return;
    }
    h->nodes[at].t = leaf ? INFINITY : e->value[node];
    h->nodes[at].slot = leaf ? 0 : (uint32_t)e->feature[node] * BENCH_LANES;
    heap_put(h, leaf ? node : ensemble_node(e, h->first, e->yes[node]), 2 * at + 1, level + 1);
    if (!leaf) {
        heap_put(h, ensemble_node(e, h->first, e->no[node]), 2 * at + 2, level + 1);
    }
}

static void
forest_build(bench_forest *forest, ensemble *e)
{
    ensemble_votes(e);
    forest->trees = forest_alloc(e->n, sizeof *forest->trees);
    for (size_t first = 0; first < e->n;) {
        uint32_t depth = ensemble_depth(e, first, first, 0);
        heap h = {.e = e, .first = first, .depth = depth};
        bench_tree *tree = &forest->trees[forest->n_trees++];

        h.nodes = forest_alloc((size_t)1 << depth, sizeof *h.nodes);
        h.leaves = forest_alloc(((size_t)1 << depth) * e->n_classes, sizeof *h.leaves);
        heap_put(&h, first, 0, 0);
        *tree = (bench_tree){depth, h.nodes, h.leaves};
        while (first < e->n && e->tree[first] == e->tree[h.first]) {
            first++;
        }
    }
    free(e->vote_first);
}

void
bench_forest_load(bench_forest *forest, const char *path)
{
    size_t size;
    uint8_t *bytes = bench_read_file(path, &size);
    HrOnnx__Model *model = hr_onnx__model__unpack(NULL, size, bytes);
    ensemble e = {0};

    *forest = (bench_forest){0};
    if (model == NULL || model->graph == NULL) {
        bench_fail("%s is no ONNX file", path);
    }
    for (size_t i = 0; i < model->graph->n_node; i++) {
        const HrOnnx__Node *node = model->graph->node[i];

        for (int f = BENCH_CARRIER; f < BENCH_FEATURES; f++) {
            if (strcmp(node->op_type, "LabelEncoder") == 0 && node->n_input == 1 &&
                strcmp(node->input[0], feature_names[f]) == 0) {
                codes_load(&forest->codes[f], node);
            }
        }
        if (strcmp(node->op_type, "TreeEnsembleClassifier") == 0) {
            ensemble_open(&e, node, forest);
            forest_build(forest, &e);
        }
    }
    for (int f = BENCH_CARRIER; f < BENCH_FEATURES; f++) {
        if (forest->codes[f].v == NULL) {
            bench_fail("%s has no encoder of %s", path, feature_names[f]);
        }
    }
    if (forest->n_trees == 0) {
        bench_fail("%s has no trees", path);
    }
    hr_onnx__model__free_unpacked(model, NULL);
    free(bytes);
}

/* --- the walk ----------------------------------------------------------------------------------
 */

static inline void
tree_walk(const bench_tree *tree, const float *x, uint32_t leaf[BENCH_LANES])
{
    uint32_t at[BENCH_LANES] = {0};

    for (uint32_t d = 0; d < tree->depth; d++) {
        UNROLL
        for (uint32_t k = 0; k < BENCH_LANES; k++) {
            bench_tree_node n = tree->nodes[at[k]];

            at[k] = 2 * at[k] + 1 + !(x[n.slot + k] <= n.t);
        }
    }
    for (uint32_t k = 0; k < BENCH_LANES; k++) {
        leaf[k] = at[k] - ((1u << tree->depth) - 1);
    }
}

static inline void
tree_add(const bench_tree *tree, const uint32_t leaf[BENCH_LANES], double *sums, size_t classes)
{
    for (size_t k = 0; k < BENCH_LANES; k++) {
        const float *weight = tree->leaves + leaf[k] * classes;

        for (size_t c = 0; c < classes; c++) {
            sums[k * classes + c] += (double)weight[c];
        }
    }
}

/* As the model says: the first of the largest scores, which are floats. */
static int64_t
forest_label(const bench_forest *forest, const double *sums)
{
    size_t best = 0;

    for (size_t c = 1; c < forest->n_classes; c++) {
        best = (float)sums[c] > (float)sums[best] ? c : best;
    }
    return forest->labels[best];
}

void
bench_forest_run(const bench_forest *forest, const float *x, size_t groups, double *sums,
                 int64_t *labels)
{
    size_t classes = forest->n_classes;
    uint32_t leaf[BENCH_LANES];

    memset(sums, 0, groups * BENCH_LANES * classes * sizeof *sums);
    for (size_t t = 0; t < forest->n_trees; t++) {
        for (size_t g = 0; g < groups; g++) {
            tree_walk(&forest->trees[t], x + g * BENCH_FEATURES * BENCH_LANES, leaf);
            if (classes == 4) { /* a constant for the compiler */
                tree_add(&forest->trees[t], leaf, sums + g * BENCH_LANES * 4, 4);
            } else {
                tree_add(&forest->trees[t], leaf, sums + g * BENCH_LANES * classes, classes);
            }
        }
    }
    for (size_t i = 0; i < groups * BENCH_LANES; i++) {
        labels[i] = forest_label(forest, sums + i * classes);
    }
}
