/* TreeEnsembleClassifier and TreeEnsembleRegressor on trees written by hand.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "onnx_writer.h"

#include <math.h>

#define N_VALUES 12

/* One split "x MODE 0.5" with two leaves: what most tests vary. */
typedef struct stump {
    const char *mode;
    float value;
    int64_t nan_yes;
    const char *transform;
    int64_t yes_id, no_id; /* class of each leaf's vote */
    float yes_weight, no_weight;
    const float *base;
    size_t n_base;
    size_t labels; /* 0: 2 */
    int64_t ml;
} stump;

static void
stump_write(onnx_model *m, const stump *s)
{
    size_t labels = s->labels != 0 ? s->labels : 2;

    m->ml = s->ml;
    onnx_input(m, "x", ONNX_FLOAT, 1);
    onnx_begin(m, "TreeEnsembleClassifier", true);
    onnx_in(m, "x");
    onnx_out(m, "label");
    onnx_out(m, "scores");
    onnx_attr_ints(m, "nodes_treeids", ONNX_LIST(int64_t, 0, 0, 0));
    onnx_attr_ints(m, "nodes_nodeids", ONNX_LIST(int64_t, 0, 1, 2));
    onnx_attr_ints(m, "nodes_featureids", ONNX_LIST(int64_t, 0, 0, 0));
    onnx_attr_strings(m, "nodes_modes", ONNX_LIST(const char *, s->mode, "LEAF", "LEAF"));
    onnx_attr_floats(m, "nodes_values", ONNX_LIST(float, s->value, 0, 0));
    onnx_attr_ints(m, "nodes_truenodeids", ONNX_LIST(int64_t, 1, 0, 0));
    onnx_attr_ints(m, "nodes_falsenodeids", ONNX_LIST(int64_t, 2, 0, 0));
    onnx_attr_ints(m, "nodes_missing_value_tracks_true", ONNX_LIST(int64_t, s->nan_yes, 0, 0));
    onnx_attr_ints(m, "class_treeids", ONNX_LIST(int64_t, 0, 0));
    onnx_attr_ints(m, "class_nodeids", ONNX_LIST(int64_t, 1, 2));
    onnx_attr_ints(m, "class_ids", ONNX_LIST(int64_t, s->yes_id, s->no_id));
    onnx_attr_floats(m, "class_weights", ONNX_LIST(float, s->yes_weight, s->no_weight));
    onnx_attr_ints(m, "classlabels_int64s", (int64_t[]){10, 20, 30}, labels);
    if (s->n_base > 0) {
        onnx_attr_floats(m, "base_values", s->base, s->n_base);
    }
    onnx_attr_string(m, "post_transform", s->transform != NULL ? s->transform : "NONE");
    onnx_end(m);
    onnx_output(m, "label");
    onnx_output(m, "scores");
}

/* Evaluates one column of n doubles; `label` and `scores` (two per row) are filled. */
static void
stump_eval(const hr_model *m, const double *x, size_t n, int64_t *label, double *scores)
{
    hr_model_scratch *scratch = hr_model_scratch_create(m);
    hr_model_column column = {.kind = HR_MODEL_DOUBLE, .of.real = x};
    hr_model_result r;

    assert_non_null(scratch);
    assert_int_equal(hr_model_eval(m, scratch, &column, n, &r), HR_OK);
    memcpy(label, r.label_int, n * sizeof(*label));
    memcpy(scores, r.scores, n * 2 * sizeof(*scores));
    hr_model_scratch_destroy(scratch);
}

/* Does the comparison hold, as C says it? */
static bool
mode_holds(const char *mode, float x, float t, bool nan_yes)
{
    if (isnan(x)) {
        return nan_yes;
    }
    return strcmp(mode, "BRANCH_LEQ") == 0   ? x <= t
           : strcmp(mode, "BRANCH_LT") == 0  ? x < t
           : strcmp(mode, "BRANCH_GTE") == 0 ? x >= t
           : strcmp(mode, "BRANCH_GT") == 0  ? x > t
           : strcmp(mode, "BRANCH_EQ") == 0  ? x == t
                                             : x != t;
}

/* The values around t that a comparison can get wrong. */
static void
values_around(float t, double out[N_VALUES])
{
    const double list[N_VALUES] = {
        (double)t,
        (double)nextafterf(t, -INFINITY),
        (double)nextafterf(t, INFINITY),
        (double)t + 1e-12, /* rounds to t */
        (double)t - 1e-12,
        NAN,
        INFINITY,
        -INFINITY,
        -0.0,
        0.0,
        1e300,
        -1e300,
    };

    memcpy(out, list, sizeof(list));
}

static void
mode_check(const char *mode, float t, bool nan_yes)
{
    onnx_model w = {0};
    stump s = {.mode = mode,
               .value = t,
               .nan_yes = nan_yes,
               .yes_id = 0,
               .no_id = 1,
               .yes_weight = 1,
               .no_weight = 1};
    double x[N_VALUES], scores[2 * N_VALUES], again[2];
    int64_t label[N_VALUES], one;
    hr_model *m;

    stump_write(&w, &s);
    m = onnx_load(&w);
    values_around(t, x);
    stump_eval(m, x, N_VALUES, label, scores);
    for (size_t i = 0; i < N_VALUES; i++) {
        int64_t wanted = mode_holds(mode, (float)x[i], t, nan_yes) ? 10 : 20;

        if (label[i] != wanted) {
            fail_msg("%s %g, x = %g, nan_yes %d: %d", mode, (double)t, x[i], nan_yes,
                     (int)label[i]);
        }
        stump_eval(m, &x[i], 1, &one, again);
        assert_int_equal(one, label[i]);
    }
    hr_model_unref(m);
}

static void
every_mode_splits_at_its_value_and_sends_nan_where_the_file_says(void **state)
{
    const char *modes[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                           "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
    const float values[] = {0.5f,    0.0f,     -0.0f,     -3.0f,         1e-45f,
                            -1e-45f, INFINITY, -INFINITY, 3.4028235e38f, -3.4028235e38f};

    (void)state;
    for (size_t k = 0; k < sizeof(modes) / sizeof(*modes); k++) {
        for (size_t v = 0; v < sizeof(values) / sizeof(*values); v++) {
            mode_check(modes[k], values[v], false);
            mode_check(modes[k], values[v], true);
        }
    }
}

/* x = 0 takes the `yes` leaf, x = 1 the `no` leaf. */
static void
binary_check(const stump *given, const double yes[2], const double no[2])
{
    const double x[2] = {0, 1};
    stump s = *given;
    double scores[4];
    int64_t label[2];
    onnx_model w = {0};
    hr_model *m;

    s.mode = "BRANCH_LEQ";
    s.value = 0.5f;
    stump_write(&w, &s);
    m = onnx_load(&w);
    stump_eval(m, x, 2, label, scores);
    for (int k = 0; k < 2; k++) {
        assert_true(fabs(scores[k] - yes[k]) < 1e-7);
        assert_true(fabs(scores[2 + k] - no[k]) < 1e-7);
    }
    assert_int_equal(label[0], yes[1] > yes[0] ? 20 : 10);
    assert_int_equal(label[1], no[1] > no[0] ? 20 : 10);
    hr_model_unref(m);
}

static double
sigma(double v)
{
    return 1 / (1 + exp(-v));
}

static void
two_classes_from_one_positive_sum_are_a_share(void **state)
{
    (void)state;
    binary_check(&(stump){.yes_weight = 0.75f, .no_weight = 0.25f}, (double[]){0.25, 0.75},
                 (double[]){0.75, 0.25});
    /* a tie goes to the first class */
    binary_check(&(stump){.yes_weight = 0.5f, .no_weight = 1}, (double[]){0.5, 0.5},
                 (double[]){0, 1});
}

static void
two_classes_from_one_signed_sum_are_a_margin(void **state)
{
    (void)state;
    binary_check(&(stump){.yes_weight = 0.25f, .no_weight = -2}, (double[]){-0.25, 0.25},
                 (double[]){2, -2});
}

static void
a_logistic_sum_gives_the_class_of_the_higher_score(void **state)
{
    (void)state;
    binary_check(&(stump){.transform = "LOGISTIC", .yes_weight = 0.3f, .no_weight = -1},
                 (double[]){sigma(-0.3f), sigma(0.3f)}, (double[]){sigma(1), sigma(-1)});
    /* all weights positive: onnxruntime would ask for more than 0.5 */
    binary_check(&(stump){.transform = "LOGISTIC", .yes_weight = 0.3f, .no_weight = 0.7f},
                 (double[]){sigma(-0.3f), sigma(0.3f)}, (double[]){sigma(-0.7f), sigma(0.7f)});
}

static void
one_base_value_is_added_to_the_sum(void **state)
{
    const float base[] = {-0.5f};

    (void)state;
    binary_check(&(stump){.transform = "LOGISTIC",
                          .yes_weight = 0.25f,
                          .no_weight = -1,
                          .base = base,
                          .n_base = 1},
                 (double[]){sigma(0.25), sigma(-0.25)}, (double[]){sigma(1.5), sigma(-1.5)});
    binary_check(&(stump){.yes_weight = 1.25f, .no_weight = 0.75f, .base = base, .n_base = 1},
                 (double[]){0.25, 0.75}, (double[]){0.75, 0.25});
}

static void
votes_for_both_classes_are_two_scores(void **state)
{
    (void)state;
    binary_check(&(stump){.yes_id = 0, .no_id = 1, .yes_weight = 0.25f, .no_weight = 0.1f},
                 (double[]){0.25, 0}, (double[]){0, 0.1f});
    binary_check(
        &(stump){.yes_id = 1, .no_id = 0, .yes_weight = 1, .no_weight = 1, .transform = "SOFTMAX"},
        (double[]){1 / (1 + exp(1)), exp(1) / (1 + exp(1))},
        (double[]){exp(1) / (1 + exp(1)), 1 / (1 + exp(1))});
    binary_check(
        &(stump){.yes_id = 1, .no_id = 0, .yes_weight = 2, .no_weight = 1, .transform = "LOGISTIC"},
        (double[]){0.5, sigma(2)}, (double[]){sigma(1), 0.5});
}

static void
what_engines_read_differently_for_two_classes_is_refused(void **state)
{
    const float base[] = {0.1f, 0.2f};
    const stump refused[] = {
        {.transform = "SOFTMAX", .yes_weight = 1, .no_weight = 2},
        {.transform = "PROBIT", .yes_weight = 0.1f, .no_weight = 0.2f},
        {.transform = "SOFTMAX_ZERO", .yes_weight = 1, .no_weight = 2},
        {.yes_weight = 1, .no_weight = 2, .base = base, .n_base = 2},
        {.yes_id = 1, .no_id = 1, .yes_weight = 1, .no_weight = 2},
        {.yes_id = 0, .no_id = 1, .yes_weight = 1, .no_weight = 2, .base = base, .n_base = 2},
        {.labels = 1, .yes_weight = 1, .no_weight = 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        stump s = refused[i];
        onnx_model w = {0};

        s.mode = "BRANCH_LEQ";
        stump_write(&w, &s);
        onnx_assert_refused(&w, "TreeEnsembleClassifier (node 'the_node')");
    }
}

static void
a_class_without_votes_scores_zero_and_takes_part(void **state)
{
    const double x[2] = {0, 1};
    stump s = {.mode = "BRANCH_LEQ",
               .value = 0.5f,
               .yes_id = 0,
               .no_id = 1,
               .yes_weight = -1,
               .no_weight = 3,
               .labels = 3};
    hr_model_column column = {.kind = HR_MODEL_DOUBLE, .of.real = x};
    hr_model_scratch *scratch;
    hr_model_result r;
    onnx_model w = {0};
    hr_model *m;

    (void)state;
    stump_write(&w, &s);
    m = onnx_load(&w);
    scratch = hr_model_scratch_create(m);
    assert_int_equal(hr_model_eval(m, scratch, &column, 2, &r), HR_OK);
    assert_int_equal(r.label_int[0], 20); /* [-1, 0, 0]: the first of the zeros */
    assert_int_equal(r.class_index[0], 1);
    assert_int_equal(r.label_int[1], 20);
    assert_true(r.scores[0] == -1 && r.scores[1] == 0 && r.scores[2] == 0 && r.scores[4] == 3);
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
}

static void
a_split_that_no_file_may_hold_is_refused(void **state)
{
    stump s = {.mode = "BRANCH_LEQ", .value = NAN, .yes_weight = 1, .no_weight = 1};
    onnx_model w = {0};

    (void)state;
    stump_write(&w, &s);
    onnx_assert_refused(&w, "compares with NaN");
    s.value = 1;
    s.yes_weight = INFINITY;
    stump_write(&w, &s);
    onnx_assert_refused(&w, "not finite");
    s.yes_weight = 1;
    s.mode = "BRANCH_MEMBER";
    stump_write(&w, &s);
    onnx_assert_refused(&w, "mode 'BRANCH_MEMBER' is not supported");
    s.mode = "BRANCH_LEQ";
    s.yes_id = 2;
    stump_write(&w, &s);
    onnx_assert_refused(&w, "votes for class or target 2 of 2");
    s.yes_id = 0;
    s.transform = "CUBE";
    stump_write(&w, &s);
    onnx_assert_refused(&w, "post_transform");
}

/* A regressor over [N, 2] from arrays; trees of any shape. */
typedef struct shape {
    size_t n;
    const int64_t *tree, *node, *yes, *no;
    const char *const *mode;
    const char *aggregate;
} shape;

static void
shape_write(onnx_model *m, const shape *s)
{
    int64_t feature[16] = {0}, leaf_tree[16], leaf_node[16], zero[16] = {0};
    float value[16], weight[16];
    size_t leaves = 0;

    for (size_t i = 0; i < s->n; i++) {
        value[i] = 0.5f;
        feature[i] = (int64_t)(i % 2);
        if (strcmp(s->mode[i], "LEAF") == 0) {
            leaf_tree[leaves] = s->tree[i];
            leaf_node[leaves] = s->node[i];
            weight[leaves++] = (float)s->node[i];
        }
    }
    onnx_input(m, "x", ONNX_FLOAT, 2);
    onnx_begin(m, "TreeEnsembleRegressor", true);
    onnx_in(m, "x");
    onnx_out(m, "y");
    onnx_attr_ints(m, "nodes_treeids", s->tree, s->n);
    onnx_attr_ints(m, "nodes_nodeids", s->node, s->n);
    onnx_attr_ints(m, "nodes_featureids", feature, s->n);
    onnx_attr_strings(m, "nodes_modes", s->mode, s->n);
    onnx_attr_floats(m, "nodes_values", value, s->n);
    onnx_attr_ints(m, "nodes_truenodeids", s->yes, s->n);
    onnx_attr_ints(m, "nodes_falsenodeids", s->no, s->n);
    onnx_attr_ints(m, "target_treeids", leaf_tree, leaves);
    onnx_attr_ints(m, "target_nodeids", leaf_node, leaves);
    onnx_attr_ints(m, "target_ids", zero, leaves);
    onnx_attr_floats(m, "target_weights", weight, leaves);
    onnx_attr_int(m, "n_targets", 1);
    if (s->aggregate != NULL) {
        onnx_attr_string(m, "aggregate_function", s->aggregate);
    }
    onnx_end(m);
    onnx_output(m, "y");
}

static double
shape_value(const hr_model *m, double first, double second)
{
    hr_model_column columns[2] = {
        {.kind = HR_MODEL_DOUBLE, .of.real = &first},
        {.kind = HR_MODEL_DOUBLE, .of.real = &second},
    };
    hr_model_scratch *scratch = hr_model_scratch_create(m);
    hr_model_result r;
    double value;

    assert_int_equal(hr_model_eval(m, scratch, columns, 1, &r), HR_OK);
    assert_null(r.scores);
    value = r.value[0];
    hr_model_scratch_destroy(scratch);
    return value;
}

static void
ids_are_labels_and_trees_may_be_mixed(void **state)
{
    /* Tree -7: root 900, leaves 5 and -3. Tree 40: a leaf alone, id 100. */
    const shape s = {
        4,
        (int64_t[]){-7, 40, -7, -7},
        (int64_t[]){5, 100, 900, -3},
        (int64_t[]){99, 77, -3, 900},
        (int64_t[]){-1, 1, 5, 0},
        (const char *[]){"LEAF", "LEAF", "BRANCH_LEQ", "LEAF"},
        NULL,
    };
    onnx_model w = {0};
    hr_model *m;

    (void)state;
    shape_write(&w, &s);
    m = onnx_load(&w);
    assert_int_equal(hr_model_tree_count(m), 2);
    assert_true(shape_value(m, 0, 0) == 97); /* -3 + 100; node 2 of the file compares feature 0 */
    assert_true(shape_value(m, 1, 1) == 105);
    hr_model_unref(m);
}

static void
trees_can_be_averaged_or_the_lowest_or_highest_taken(void **state)
{
    const char *names[] = {"SUM", "AVERAGE", "MIN", "MAX"};
    const double low[] = {7, 3.5, 3, 4}, high[] = {9, 4.5, 4, 5};
    shape s = {
        6,
        (int64_t[]){1, 1, 1, 2, 2, 2},
        (int64_t[]){0, 3, 4, 0, 4, 5},
        (int64_t[]){3, 0, 0, 4, 0, 0},
        (int64_t[]){4, 0, 0, 5, 0, 0},
        (const char *[]){"BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"},
        NULL,
    };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        onnx_model w = {0};
        hr_model *m;

        s.aggregate = names[i];
        shape_write(&w, &s);
        m = onnx_load(&w);
        assert_true(shape_value(m, 0, 0) == low[i]);
        assert_true(shape_value(m, 1, 1) == high[i]);
        hr_model_unref(m);
    }
}

static void
a_shared_child_is_legal(void **state)
{
    /* 0 -> 1, 2; 1 -> 3, 4; 2 -> 3, 5: node 3 has two parents */
    const shape s = {
        8,
        (int64_t[]){0, 0, 0, 0, 0, 0, 0, 0},
        (int64_t[]){0, 1, 2, 3, 4, 5, 6, 7},
        (int64_t[]){1, 3, 3, 6, 0, 0, 0, 0},
        (int64_t[]){2, 4, 5, 7, 0, 0, 0, 0},
        (const char *[]){"BRANCH_LEQ", "BRANCH_LEQ", "BRANCH_LEQ", "BRANCH_LEQ", "LEAF", "LEAF",
                         "LEAF", "LEAF"},
        NULL,
    };
    onnx_model w = {0};
    hr_model *m;

    (void)state;
    shape_write(&w, &s);
    m = onnx_load(&w);
    assert_true(shape_value(m, 0, 0) == 6);
    assert_true(shape_value(m, 0, 1) == 4);
    assert_true(shape_value(m, 1, 0) == 5);
    hr_model_unref(m);
}

static void
shape_refused(const shape *s, const char *part)
{
    onnx_model w = {0};

    shape_write(&w, s);
    onnx_assert_refused(&w, part);
}

static void
what_is_no_tree_is_refused(void **state)
{
    const char *const modes[] = {"BRANCH_LEQ", "BRANCH_LEQ", "LEAF", "LEAF"};
    const int64_t zeros[] = {0, 0, 0, 0}, ids[] = {0, 1, 2, 3};

    (void)state;
    /* 1 points back to 0: no node without a parent */
    shape_refused(
        &(shape){4, zeros, ids, (int64_t[]){1, 0, 0, 0}, (int64_t[]){2, 3, 0, 0}, modes, 0},
        "cycle");
    /* 0 is a root, 1 points to itself */
    shape_refused(
        &(shape){4, zeros, ids, (int64_t[]){2, 1, 0, 0}, (int64_t[]){3, 1, 0, 0}, modes, 0},
        "cycle");
    /* nobody points to 1 */
    shape_refused(
        &(shape){4, zeros, ids, (int64_t[]){2, 2, 0, 0}, (int64_t[]){3, 3, 0, 0}, modes, 0},
        "two roots");
    shape_refused(
        &(shape){4, zeros, ids, (int64_t[]){1, 2, 0, 0}, (int64_t[]){2, 9, 0, 0}, modes, 0},
        "points to node 9, which is not there");
    shape_refused(&(shape){4, zeros, (int64_t[]){0, 1, 1, 3}, (int64_t[]){1, 3, 0, 0},
                           (int64_t[]){3, 3, 0, 0}, modes, 0},
                  "comes twice");
    /* a child in another tree */
    shape_refused(&(shape){4, (int64_t[]){0, 0, 0, 1}, ids, (int64_t[]){1, 2, 0, 0},
                           (int64_t[]){2, 3, 0, 0}, modes, 0},
                  "not there");
}

static void
sixty_shared_levels_stay_sixty_nodes(void **state)
{
    enum { LEVELS = 60, N = 2 * LEVELS + 2 };
    int64_t tree[N] = {0}, node[N], yes[N] = {0}, no[N] = {0}, feature[N] = {0};
    const char *mode[N];
    float value[N] = {0};
    onnx_model w = {0};
    double x = 0.5;
    hr_model_column column = {.kind = HR_MODEL_DOUBLE, .of.real = &x};
    hr_model_scratch *scratch;
    hr_model_result r;
    hr_model *m;

    (void)state;
    for (int i = 0; i < N; i++) { /* level i: nodes 2i and 2i + 1, both parents of both below */
        int level = i / 2;

        node[i] = i;
        mode[i] = level < LEVELS ? "BRANCH_LEQ" : "LEAF";
        yes[i] = 2 * level + 2;
        no[i] = 2 * level + 3;
    }
    onnx_input(&w, "x", ONNX_FLOAT, 1);
    onnx_begin(&w, "TreeEnsembleRegressor", true);
    onnx_in(&w, "x");
    onnx_out(&w, "y");
    /* node 1 would be a second root: leave it out */
    node[1] = node[0];
    onnx_attr_ints(&w, "nodes_treeids", tree + 1, N - 1);
    onnx_attr_ints(&w, "nodes_nodeids", node + 1, N - 1);
    onnx_attr_ints(&w, "nodes_featureids", feature + 1, N - 1);
    onnx_attr_strings(&w, "nodes_modes", mode + 1, N - 1);
    onnx_attr_floats(&w, "nodes_values", value + 1, N - 1);
    onnx_attr_ints(&w, "nodes_truenodeids", yes + 1, N - 1);
    onnx_attr_ints(&w, "nodes_falsenodeids", no + 1, N - 1);
    onnx_attr_ints(&w, "target_treeids", ONNX_LIST(int64_t, 0, 0));
    onnx_attr_ints(&w, "target_nodeids", ONNX_LIST(int64_t, N - 2, N - 1));
    onnx_attr_ints(&w, "target_ids", ONNX_LIST(int64_t, 0, 0));
    onnx_attr_floats(&w, "target_weights", ONNX_LIST(float, 3, 4));
    onnx_end(&w);
    onnx_output(&w, "y");
    m = onnx_load(&w);
    assert_true(hr_model_bytes(m) < 100000);
    scratch = hr_model_scratch_create(m);
    assert_int_equal(hr_model_eval(m, scratch, &column, 1, &r), HR_OK);
    assert_true(r.value[0] == 4);
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
}

static void
double_tensors_of_version_3_compare_and_add_in_double(void **state)
{
    const double values[] = {0.1, 0, 0}, weights[] = {1.0 / 3, 2.0 / 3};
    const double x[] = {0.1, nextafter(0.1, 1)};
    hr_model_column column = {.kind = HR_MODEL_DOUBLE, .of.real = x};
    hr_model_scratch *scratch;
    hr_model_result r;
    onnx_model w = {0};
    hr_model *m;

    (void)state;
    onnx_input(&w, "x", ONNX_DOUBLE, 1);
    onnx_begin(&w, "TreeEnsembleRegressor", true);
    onnx_in(&w, "x");
    onnx_out(&w, "y");
    onnx_attr_ints(&w, "nodes_treeids", ONNX_LIST(int64_t, 0, 0, 0));
    onnx_attr_ints(&w, "nodes_nodeids", ONNX_LIST(int64_t, 0, 1, 2));
    onnx_attr_ints(&w, "nodes_featureids", ONNX_LIST(int64_t, 0, 0, 0));
    onnx_attr_strings(&w, "nodes_modes", ONNX_LIST(const char *, "BRANCH_LEQ", "LEAF", "LEAF"));
    onnx_attr_raw(&w, "nodes_values_as_tensor", ONNX_DOUBLE, values, 8, 3);
    onnx_attr_ints(&w, "nodes_truenodeids", ONNX_LIST(int64_t, 1, 0, 0));
    onnx_attr_ints(&w, "nodes_falsenodeids", ONNX_LIST(int64_t, 2, 0, 0));
    onnx_attr_ints(&w, "target_treeids", ONNX_LIST(int64_t, 0, 0));
    onnx_attr_ints(&w, "target_nodeids", ONNX_LIST(int64_t, 1, 2));
    onnx_attr_ints(&w, "target_ids", ONNX_LIST(int64_t, 0, 0));
    onnx_attr_raw(&w, "target_weights_as_tensor", ONNX_DOUBLE, weights, 8, 2);
    onnx_end(&w);
    onnx_output(&w, "y");
    m = onnx_load(&w);
    scratch = hr_model_scratch_create(m);
    assert_int_equal(hr_model_eval(m, scratch, &column, 2, &r), HR_OK);
    assert_true(r.value[0] == (double)(float)(1.0 / 3)); /* the output is float all the same */
    assert_true(r.value[1] == (double)(float)(2.0 / 3));
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
}

static void
tensors_are_no_attribute_of_version_1(void **state)
{
    stump s = {.mode = "BRANCH_LEQ", .yes_weight = 1, .no_weight = 1, .ml = 1};
    const double one = 1;
    onnx_model w = {0};

    (void)state;
    stump_write(&w, &s);
    hr_model_unref(onnx_load(&w));
    onnx_attr_raw(&w, "base_values_as_tensor", ONNX_DOUBLE, &one, 8, 1);
    stump_write(&w, &s);
    onnx_assert_refused(&w, "attribute 'base_values_as_tensor' is not supported");
}

static void
trees_of_the_old_operators_are_refused_in_operator_set_5(void **state)
{
    stump s = {.mode = "BRANCH_LEQ", .yes_weight = 1, .no_weight = 1, .ml = 5};
    onnx_model w = {0};

    (void)state;
    stump_write(&w, &s);
    onnx_assert_refused(&w, "not supported in version 5");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mode_splits_at_its_value_and_sends_nan_where_the_file_says),
        cmocka_unit_test(two_classes_from_one_positive_sum_are_a_share),
        cmocka_unit_test(two_classes_from_one_signed_sum_are_a_margin),
        cmocka_unit_test(a_logistic_sum_gives_the_class_of_the_higher_score),
        cmocka_unit_test(one_base_value_is_added_to_the_sum),
        cmocka_unit_test(votes_for_both_classes_are_two_scores),
        cmocka_unit_test(what_engines_read_differently_for_two_classes_is_refused),
        cmocka_unit_test(a_class_without_votes_scores_zero_and_takes_part),
        cmocka_unit_test(a_split_that_no_file_may_hold_is_refused),
        cmocka_unit_test(ids_are_labels_and_trees_may_be_mixed),
        cmocka_unit_test(trees_can_be_averaged_or_the_lowest_or_highest_taken),
        cmocka_unit_test(a_shared_child_is_legal),
        cmocka_unit_test(what_is_no_tree_is_refused),
        cmocka_unit_test(sixty_shared_levels_stay_sixty_nodes),
        cmocka_unit_test(double_tensors_of_version_3_compare_and_add_in_double),
        cmocka_unit_test(tensors_are_no_attribute_of_version_1),
        cmocka_unit_test(trees_of_the_old_operators_are_refused_in_operator_set_5),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
