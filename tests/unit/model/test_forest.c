/* Random forests against a walk that is as plain as can be: every layout, vote form, mode,
 * precision and number of rows must give the same bits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "onnx_writer.h"

#include <math.h>
#include <stdlib.h>

#define FEATURES 5
#define TREES_MAX 20
#define NODES_MAX 400 /* of one tree */
#define ROWS 1029
#define SET_MAX 6
#define LEAF 1000000

typedef struct plain_node {
    int mode, feature, yes, no; /* a child of LEAF + l is leaf l */
    double value;
    bool nan_yes;
    int n_set;
    double set[SET_MAX];
} plain_node;

typedef struct plain_leaf {
    int n, target[3];
    double weight[3];
} plain_leaf;

typedef struct plain_tree {
    int n, n_leaves;
    plain_node node[NODES_MAX];
    plain_leaf leaf[2 * NODES_MAX];
} plain_tree;

/* What a random forest may hold. */
typedef struct forest_kind {
    const char *name;
    int trees, nodes, targets, modes; /* modes: how many of LEQ LT GTE GT EQ NEQ MEMBER */
    int votes;                        /* per leaf, at most */
    int shared, chain;                /* percent: second parents; nodes that follow each other */
    bool one_target;                  /* all votes of a tree go to one */
    bool wide;                        /* double inputs, thresholds and weights */
    bool v5;
    int aggregate;
} forest_kind;

static uint64_t random_state;

static uint32_t
random_next(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33);
}

static int
random_below(int n)
{
    return (int)(random_next() % (uint32_t)n);
}

/* Few values, so that rows meet thresholds exactly. */
static double
random_value(const forest_kind *k)
{
    static const double odd[] = {0.0, -0.0, INFINITY, -INFINITY, 1e-45, 3.5e38};
    double v = random_below(10) == 0 ? odd[random_below(6)] : (random_below(41) - 20) / 8.0;

    return k->wide && random_below(2) == 0 ? v * 1.1 : (double)(float)v;
}

static double
random_weight(const forest_kind *k)
{
    double v = (random_below(2001) - 1000) / 3000.0;

    return k->wide ? v : (double)(float)v;
}

static int
random_leaf(const forest_kind *k, plain_tree *t, int tree_target)
{
    plain_leaf *leaf = &t->leaf[t->n_leaves];

    leaf->n = k->v5 ? 1 : random_below(k->votes + 1);
    for (int v = 0; v < leaf->n; v++) {
        leaf->target[v] = k->one_target ? tree_target : random_below(k->targets);
        leaf->weight[v] = random_weight(k);
    }
    return LEAF + t->n_leaves++;
}

static plain_node
random_node(const forest_kind *k)
{
    plain_node n = {.mode = random_below(k->modes),
                    .feature = random_below(FEATURES),
                    .yes = -1,
                    .no = -1,
                    .nan_yes = random_below(2) == 0,
                    .value = random_value(k)};

    if (n.mode == 6) {
        n.n_set = random_below(SET_MAX);
        for (int i = 0; i < n.n_set; i++) {
            n.set[i] = random_value(k);
        }
    }
    return n;
}

/* Each node after the first hangs on an earlier one; then free places get leaves or later nodes. */
static void
random_tree(const forest_kind *k, plain_tree *t)
{
    int target = random_below(k->targets);

    t->n = k->v5 ? 1 + random_below(k->nodes) : random_below(k->nodes + 1);
    t->n_leaves = 0;
    for (int i = 0; i < t->n; i++) {
        int parent = i > 0 && random_below(100) < k->chain ? i - 1 : i > 0 ? random_below(i) : 0;

        t->node[i] = random_node(k);
        while (i > 0 && t->node[parent].yes >= 0 && t->node[parent].no >= 0) {
            parent = (parent + 1) % i;
        }
        if (i > 0) {
            *(t->node[parent].yes < 0 ? &t->node[parent].yes : &t->node[parent].no) = i;
        }
    }
    for (int i = 0; i < t->n; i++) {
        int *places[] = {&t->node[i].yes, &t->node[i].no};

        for (int p = 0; p < 2; p++) {
            if (*places[p] < 0) {
                *places[p] = i + 1 < t->n && random_below(100) < k->shared
                                 ? i + 1 + random_below(t->n - i - 1)
                                 : random_leaf(k, t, target);
            }
        }
    }
    if (t->n == 0) {
        random_leaf(k, t, target);
    }
}

static bool
plain_holds(const plain_node *n, double x)
{
    if (isnan(x)) {
        return n->nan_yes;
    }
    switch (n->mode) {
    case 0:
        return x <= n->value;
    case 1:
        return x < n->value;
    case 2:
        return x >= n->value;
    case 3:
        return x > n->value;
    case 4:
        return x == n->value;
    case 5:
        return x != n->value;
    default:
        for (int i = 0; i < n->n_set; i++) {
            if (x == n->set[i]) {
                return true;
            }
        }
        return false;
    }
}

static const plain_leaf *
plain_walk(const plain_tree *t, const double *x)
{
    int at = t->n > 0 ? 0 : LEAF;

    while (at < LEAF) {
        at = plain_holds(&t->node[at], x[t->node[at].feature]) ? t->node[at].yes : t->node[at].no;
    }
    return &t->leaf[at - LEAF];
}

/* Sums of one row, as ONNX says. */
static void
plain_sums(const forest_kind *k, const plain_tree *trees, const double *x, double *sum)
{
    bool voted[16] = {false};

    memset(sum, 0, (size_t)k->targets * sizeof(*sum));
    for (int t = 0; t < k->trees; t++) {
        const plain_leaf *leaf = plain_walk(&trees[t], x);

        for (int v = 0; v < leaf->n; v++) {
            double *s = &sum[leaf->target[v]], w = leaf->weight[v];
            bool first = !voted[leaf->target[v]];

            *s = k->aggregate <= 1             ? *s + w
                 : first                       ? w
                 : k->aggregate == 2 && w < *s ? w
                 : k->aggregate == 3 && w > *s ? w
                                               : *s;
            voted[leaf->target[v]] = true;
        }
    }
    for (int c = 0; c < k->targets && k->aggregate == 0; c++) {
        sum[c] /= k->trees;
    }
}

typedef struct arrays {
    int64_t tree[TREES_MAX * 3 * NODES_MAX], node[TREES_MAX * 3 * NODES_MAX];
    int64_t feature[TREES_MAX * 3 * NODES_MAX], yes[TREES_MAX * 3 * NODES_MAX];
    int64_t no[TREES_MAX * 3 * NODES_MAX], nan_yes[TREES_MAX * 3 * NODES_MAX];
    int64_t yes_leaf[TREES_MAX * 3 * NODES_MAX], no_leaf[TREES_MAX * 3 * NODES_MAX];
    const char *mode[TREES_MAX * 3 * NODES_MAX];
    uint8_t mode5[TREES_MAX * 3 * NODES_MAX];
    double value[TREES_MAX * 3 * NODES_MAX];
    size_t n;
    int64_t vote_tree[TREES_MAX * 6 * NODES_MAX], vote_node[TREES_MAX * 6 * NODES_MAX];
    int64_t target[TREES_MAX * 6 * NODES_MAX];
    double weight[TREES_MAX * 6 * NODES_MAX];
    size_t n_votes;
    int64_t root[TREES_MAX];
    double set[TREES_MAX * NODES_MAX * (SET_MAX + 1)];
    size_t n_set;
} arrays;

static void
arrays_add(arrays *a, int tree, int id, const plain_node *n, const char *mode)
{
    size_t at = a->n++;

    a->tree[at] = tree;
    a->node[at] = id;
    a->mode[at] = mode;
    a->mode5[at] = (uint8_t)n->mode;
    a->feature[at] = n->feature;
    a->value[at] = n->value;
    a->nan_yes[at] = n->nan_yes;
    a->yes[at] = n->yes;
    a->no[at] = n->no;
}

/* Version 3: leaf l of a tree has id LEAF + l. */
static void
arrays_v3(arrays *a, const forest_kind *k, const plain_tree *trees)
{
    static const char *const modes[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                        "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
    const plain_node nothing = {0};

    for (int t = 0; t < k->trees; t++) {
        for (int l = 0; l < trees[t].n_leaves; l++) { /* before the nodes: the file is not sorted */
            arrays_add(a, t, LEAF + l, &nothing, "LEAF");
            for (int v = 0; v < trees[t].leaf[l].n; v++) {
                a->vote_tree[a->n_votes] = t;
                a->vote_node[a->n_votes] = LEAF + l;
                a->target[a->n_votes] = trees[t].leaf[l].target[v];
                a->weight[a->n_votes++] = trees[t].leaf[l].weight[v];
            }
        }
        for (int i = 0; i < trees[t].n; i++) {
            arrays_add(a, t, i, &trees[t].node[i], modes[trees[t].node[i].mode]);
        }
    }
}

static void
arrays_v5_node(arrays *a, const plain_node *n, int64_t first_node, int64_t first_leaf)
{
    size_t at = a->n;

    arrays_add(a, 0, 0, n, NULL);
    a->yes_leaf[at] = n->yes >= LEAF;
    a->no_leaf[at] = n->no >= LEAF;
    a->yes[at] = n->yes >= LEAF ? n->yes - LEAF + first_leaf : n->yes + first_node;
    a->no[at] = n->no >= LEAF ? n->no - LEAF + first_leaf : n->no + first_node;
    if (n->mode == 6) {
        for (int i = 0; i < n->n_set; i++) {
            a->set[a->n_set++] = n->set[i];
        }
        a->set[a->n_set++] = (double)NAN;
    }
}

static void
arrays_v5(arrays *a, const forest_kind *k, const plain_tree *trees)
{
    for (int t = 0; t < k->trees; t++) {
        int64_t first_node = (int64_t)a->n, first_leaf = (int64_t)a->n_votes;

        a->root[t] = first_node;
        for (int l = 0; l < trees[t].n_leaves; l++) {
            a->target[a->n_votes] = trees[t].leaf[l].target[0];
            a->weight[a->n_votes++] = trees[t].leaf[l].weight[0];
        }
        for (int i = 0; i < trees[t].n; i++) {
            arrays_v5_node(a, &trees[t].node[i], first_node, first_leaf);
        }
    }
}

static void
write_reals(onnx_model *m, const char *name, bool wide, const double *v, size_t n)
{
    float *narrow = calloc(n + 1, sizeof(*narrow));

    for (size_t i = 0; i < n; i++) {
        narrow[i] = (float)v[i];
    }
    onnx_attr_raw(m, name, wide ? ONNX_DOUBLE : ONNX_FLOAT, wide ? (const void *)v : narrow,
                  wide ? 8 : 4, n);
    free(narrow);
}

static void
write_v3(onnx_model *m, const forest_kind *k, const arrays *a)
{
    static const char *const aggregates[] = {"AVERAGE", "SUM", "MIN", "MAX"};

    onnx_begin(m, "TreeEnsembleRegressor", true);
    onnx_attr_ints(m, "nodes_treeids", a->tree, a->n);
    onnx_attr_ints(m, "nodes_nodeids", a->node, a->n);
    onnx_attr_ints(m, "nodes_featureids", a->feature, a->n);
    onnx_attr_strings(m, "nodes_modes", a->mode, a->n);
    write_reals(m, "nodes_values_as_tensor", k->wide, a->value, a->n);
    onnx_attr_ints(m, "nodes_truenodeids", a->yes, a->n);
    onnx_attr_ints(m, "nodes_falsenodeids", a->no, a->n);
    onnx_attr_ints(m, "nodes_missing_value_tracks_true", a->nan_yes, a->n);
    onnx_attr_ints(m, "target_treeids", a->vote_tree, a->n_votes);
    onnx_attr_ints(m, "target_nodeids", a->vote_node, a->n_votes);
    onnx_attr_ints(m, "target_ids", a->target, a->n_votes);
    write_reals(m, "target_weights_as_tensor", k->wide, a->weight, a->n_votes);
    onnx_attr_string(m, "aggregate_function", aggregates[k->aggregate]);
}

static void
write_v5(onnx_model *m, const forest_kind *k, const arrays *a)
{
    m->ml = 5;
    onnx_begin(m, "TreeEnsemble", true);
    onnx_attr_ints(m, "tree_roots", a->root, (size_t)k->trees);
    onnx_attr_ints(m, "nodes_featureids", a->feature, a->n);
    onnx_attr_raw(m, "nodes_modes", ONNX_UINT8, a->mode5, 1, a->n);
    write_reals(m, "nodes_splits", k->wide, a->value, a->n);
    onnx_attr_ints(m, "nodes_truenodeids", a->yes, a->n);
    onnx_attr_ints(m, "nodes_falsenodeids", a->no, a->n);
    onnx_attr_ints(m, "nodes_trueleafs", a->yes_leaf, a->n);
    onnx_attr_ints(m, "nodes_falseleafs", a->no_leaf, a->n);
    onnx_attr_ints(m, "nodes_missing_value_tracks_true", a->nan_yes, a->n);
    onnx_attr_ints(m, "leaf_targetids", a->target, a->n_votes);
    write_reals(m, "leaf_weights", k->wide, a->weight, a->n_votes);
    if (a->n_set > 0) { /* the last separator may be missing */
        write_reals(m, "membership_values", k->wide, a->set, a->n_set - 1);
    }
    onnx_attr_int(m, "aggregate_function", k->aggregate);
}

/* The forest, and behind it an ArgMax, so that a file with several targets has a label. */
static hr_model *
forest_load(const forest_kind *k, const plain_tree *trees)
{
    arrays *a = calloc(1, sizeof(*a));
    onnx_model m = {0};
    hr_model *model;

    assert_non_null(a);
    onnx_input(&m, "x", k->wide ? ONNX_DOUBLE : ONNX_FLOAT, FEATURES);
    if (k->v5) {
        arrays_v5(a, k, trees);
        write_v5(&m, k, a);
    } else {
        arrays_v3(a, k, trees);
        write_v3(&m, k, a);
    }
    onnx_attr_int(&m, "n_targets", k->targets);
    onnx_in(&m, "x");
    onnx_out(&m, "y");
    onnx_end(&m);
    onnx_output(&m, "y");
    if (k->targets > 1) {
        onnx_begin(&m, "ArgMax", false);
        onnx_in(&m, "y");
        onnx_out(&m, "label");
        onnx_attr_int(&m, "axis", 1);
        onnx_end(&m);
        onnx_output(&m, "label");
    }
    free(a);
    model = onnx_load(&m);
    return model;
}

static void
forest_compare(const forest_kind *k, const plain_tree *trees, const hr_model *m,
               double x[FEATURES][ROWS], size_t batch)
{
    hr_model_scratch *scratch = hr_model_scratch_create(m);

    for (size_t first = 0; first < ROWS; first += batch) {
        hr_model_column columns[FEATURES] = {0};
        size_t n = ROWS - first < batch ? ROWS - first : batch;
        hr_model_result r;

        for (size_t f = 0; f < FEATURES; f++) {
            columns[f].kind = HR_MODEL_DOUBLE;
            columns[f].of.real = x[f] + first;
        }
        assert_int_equal(hr_model_eval(m, scratch, columns, n, &r), HR_OK);
        for (size_t i = 0; i < n; i++) {
            const double *got = (k->targets > 1 ? r.scores : r.value) + i * (size_t)k->targets;
            double row[FEATURES], sum[16];

            for (size_t f = 0; f < FEATURES; f++) {
                row[f] = k->wide ? x[f][first + i] : (double)(float)x[f][first + i];
            }
            plain_sums(k, trees, row, sum);
            for (int c = 0; c < k->targets; c++) {
                double wanted = k->wide && k->v5 ? sum[c] : (double)(float)sum[c];

                if (got[c] != wanted) {
                    fail_msg("%s: row %zu, batch %zu, target %d: %.17g, not %.17g", k->name,
                             first + i, batch, c, got[c], wanted);
                }
            }
        }
    }
    hr_model_scratch_destroy(scratch);
}

static const forest_kind forest_kinds[] = {
    /* name, trees, nodes, targets, modes, votes, shared, chain, one, wide, v5, aggregate */
    {"flat", 20, 31, 4, 1, 3, 0, 0, false, false, false, 1},
    {"three targets", 9, 31, 3, 2, 3, 0, 0, false, false, false, 1},
    {"one target", 17, 40, 1, 4, 1, 0, 0, true, false, false, 1},
    {"target per tree", 20, 31, 5, 4, 1, 0, 0, true, false, false, 1},
    {"sparse votes", 8, 60, 12, 4, 2, 0, 0, false, false, false, 1},
    {"all modes", 20, 60, 4, 6, 2, 0, 0, false, false, false, 1},
    {"deep", 11, 300, 2, 4, 2, 0, 60, false, false, false, 1},
    {"chains", 8, 200, 1, 6, 1, 0, 95, true, false, false, 1},
    {"shared children", 12, 200, 3, 6, 2, 60, 20, false, false, false, 1},
    {"wide", 16, 60, 4, 6, 3, 10, 10, false, true, false, 1},
    {"wide and deep", 9, 300, 3, 6, 2, 10, 50, false, true, false, 1},
    {"average", 7, 31, 4, 4, 2, 0, 0, false, false, false, 0},
    {"lowest", 7, 31, 3, 4, 2, 0, 0, false, false, false, 2},
    {"highest", 7, 31, 1, 4, 1, 0, 0, true, false, false, 3},
    {"stumps and leaves", 20, 2, 4, 6, 2, 0, 0, false, false, false, 1},
    {"v5", 20, 31, 4, 6, 1, 0, 0, false, false, true, 1},
    {"v5 sets", 20, 31, 4, 7, 1, 0, 0, false, false, true, 1},
    {"v5 sets, deep and shared", 9, 300, 2, 7, 1, 40, 40, false, false, true, 1},
    {"v5 sets, wide", 12, 100, 1, 7, 1, 10, 10, false, true, true, 1},
    {"v5 average", 5, 31, 3, 7, 1, 0, 0, false, true, true, 0},
    {"v5 lowest", 5, 31, 3, 7, 1, 0, 0, false, false, true, 2},
};

static void
every_layout_gives_the_bits_of_a_plain_walk(void **state)
{
    plain_tree *trees = calloc(TREES_MAX, sizeof(*trees));
    double(*x)[ROWS] = calloc(FEATURES, sizeof(*x));

    (void)state;
    for (size_t i = 0; i < 3 * sizeof(forest_kinds) / sizeof(*forest_kinds); i++) {
        const forest_kind *k = &forest_kinds[i / 3];
        hr_model *m;

        random_state = i * 7919 + 1;
        for (int t = 0; t < k->trees; t++) {
            random_tree(k, &trees[t]);
        }
        for (size_t c = 0; c < (size_t)FEATURES * ROWS; c++) {
            x[c / ROWS][c % ROWS] = random_below(8) == 0 ? (double)NAN : random_value(k);
        }
        m = forest_load(k, trees);
        assert_int_equal(hr_model_tree_count(m), k->trees);
        forest_compare(k, trees, m, x, HR_MODEL_ROWS_MAX);
        forest_compare(k, trees, m, x, 1);
        forest_compare(k, trees, m, x, 13);
        hr_model_unref(m);
    }
    free(x);
    free(trees);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_gives_the_bits_of_a_plain_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
