/* TreeEnsemble of operator set 5: what it refuses, and the sets of MEMBER nodes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "onnx_writer.h"

#include <math.h>
#include <stdlib.h>

/* Two MEMBER nodes in a row over feature 0; leaves weigh 1, 2, 3. */
typedef struct ensemble {
    const float *sets;
    size_t n_sets;
    int64_t yes[2], no[2]; /* default: 0 -> leaf 0 or node 1; 1 -> leaf 1 or leaf 2 */
    int64_t yes_leaf[2], no_leaf[2];
    uint8_t modes[2];
    int64_t root[3];
    size_t n_roots;
    int64_t feature, target, nan_yes;
} ensemble;

static const float two_sets[] = {1, 2, 40, NAN, -1, 2.5f, NAN};

static ensemble
ensemble_good(void)
{
    return (ensemble){two_sets, 7, {0, 1}, {1, 2}, {1, 1}, {0, 1}, {6, 6}, {0}, 1, 0, 0, 0};
}

static void
ensemble_write(onnx_model *w, const ensemble *e)
{
    const float splits[2] = {NAN, 0}, weights[3] = {1, 2, 3}; /* a MEMBER's split is not read */

    w->ml = 5;
    onnx_input(w, "x", ONNX_FLOAT, 1);
    onnx_begin(w, "TreeEnsemble", true);
    onnx_in(w, "x");
    onnx_out(w, "y");
    onnx_attr_ints(w, "tree_roots", e->root, e->n_roots);
    onnx_attr_ints(w, "nodes_featureids", ONNX_LIST(int64_t, 0, e->feature));
    onnx_attr_raw(w, "nodes_modes", ONNX_UINT8, e->modes, 1, 2);
    onnx_attr_raw(w, "nodes_splits", ONNX_FLOAT, splits, 4, 2);
    onnx_attr_ints(w, "nodes_truenodeids", e->yes, 2);
    onnx_attr_ints(w, "nodes_falsenodeids", e->no, 2);
    onnx_attr_ints(w, "nodes_trueleafs", e->yes_leaf, 2);
    onnx_attr_ints(w, "nodes_falseleafs", e->no_leaf, 2);
    onnx_attr_ints(w, "nodes_missing_value_tracks_true", ONNX_LIST(int64_t, 0, e->nan_yes));
    onnx_attr_ints(w, "leaf_targetids", ONNX_LIST(int64_t, 0, 0, e->target));
    onnx_attr_raw(w, "leaf_weights", ONNX_FLOAT, weights, 4, 3);
    if (e->n_sets > 0) {
        onnx_attr_raw(w, "membership_values", ONNX_FLOAT, e->sets, 4, e->n_sets);
    }
    onnx_attr_int(w, "n_targets", 1);
    onnx_end(w);
    onnx_output(w, "y");
}

static void
ensemble_check(const ensemble *e, const double *x, const double *wanted, size_t n)
{
    hr_model_column column = {.kind = HR_MODEL_DOUBLE, .of.real = x};
    hr_model_scratch *scratch;
    hr_model_result r;
    onnx_model w = {0};
    hr_model *m;

    ensemble_write(&w, e);
    m = onnx_load(&w);
    scratch = hr_model_scratch_create(m);
    assert_int_equal(hr_model_eval(m, scratch, &column, n, &r), HR_OK);
    for (size_t i = 0; i < n; i++) {
        if (r.value[i] != wanted[i]) {
            fail_msg("x = %g: %g, not %g", x[i], r.value[i], wanted[i]);
        }
    }
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
}

static void
membership_is_exact_and_holds_no_nan(void **state)
{
    const double x[] = {1, 2, 40, 40.5, -1, 2.5, 2.499, NAN, INFINITY, 0, -0.0};
    const double wanted[] = {1, 1, 1, 3, 2, 2, 3, 3, 3, 3, 3};
    ensemble e = ensemble_good();

    (void)state;
    ensemble_check(&e, x, wanted, 11);
    e.n_sets = 6; /* without the last separator */
    ensemble_check(&e, x, wanted, 11);
    e.nan_yes = 1; /* the second node sends NaN to its true leaf */
    ensemble_check(&e, (double[]){NAN}, (double[]){2}, 1);
}

static void
zeros_of_both_signs_are_one_member(void **state)
{
    const float sets[] = {-0.0f, NAN, NAN};
    ensemble e = ensemble_good();

    (void)state;
    e.sets = sets;
    e.n_sets = 3;
    ensemble_check(&e, (double[]){0.0, -0.0, 1}, (double[]){1, 1, 3}, 3);
}

static void
a_set_of_thousands_is_one_look_up(void **state)
{
    enum { N = 3000 };
    float *sets = calloc(N + 2, sizeof(*sets));
    ensemble e = ensemble_good();

    (void)state;
    for (size_t i = 0; i < N; i++) {
        sets[i] = (float)(3 * i);
    }
    sets[N] = NAN;
    sets[N + 1] = 1;
    e.sets = sets;
    e.n_sets = N + 2;
    ensemble_check(&e, (double[]){0, 3 * (N - 1), 4, 3 * N, 1}, (double[]){1, 1, 3, 3, 2}, 5);
    free(sets);
}

static void
ensemble_refused(const ensemble *e, const char *part)
{
    onnx_model w = {0};

    ensemble_write(&w, e);
    onnx_assert_refused(&w, part);
}

static void
what_is_no_ensemble_is_refused(void **state)
{
    ensemble e = ensemble_good();

    (void)state;
    e.n_sets = 3;
    ensemble_refused(&e, "1 sets for 2 MEMBER nodes");
    e = ensemble_good();
    e.modes[0] = 0; /* its split is NaN */
    e.sets += 4;
    e.n_sets = 3;
    ensemble_refused(&e, "compares with NaN");
    e = ensemble_good();
    e.modes[1] = 0;
    ensemble_refused(&e, "more sets than the 1 MEMBER nodes");
    e = ensemble_good();
    e.modes[1] = 7;
    ensemble_refused(&e, "mode 7 is not known");
    e = ensemble_good();
    e.no[1] = 3;
    ensemble_refused(&e, "points to leaf 3 of 3");
    e = ensemble_good();
    e.no[0] = 0; /* node 0 is its own child */
    ensemble_refused(&e, "is part of a tree");
    e = ensemble_good();
    e.no_leaf[0] = 1; /* node 1 hangs on nothing */
    ensemble_refused(&e, "belong to no tree");
    e = ensemble_good();
    e.root[1] = 1;
    e.n_roots = 2;
    ensemble_refused(&e, "is part of a tree");
    e = ensemble_good();
    e.n_roots = 0;
    ensemble_refused(&e, "0 trees");
    e = ensemble_good();
    e.root[0] = 5;
    ensemble_refused(&e, "points to node 5 of 2");
    e = ensemble_good();
    e.root[1] = 0;
    e.n_roots = 2; /* the same tree twice */
    ensemble_refused(&e, "part of a tree");
    e = ensemble_good();
    e.feature = 1;
    ensemble_refused(&e, "feature 1 of 1");
    e = ensemble_good();
    e.target = 1;
    ensemble_refused(&e, "votes for target 1 of 1");
}

static void
sets_that_need_too_much_memory_are_refused(void **state)
{
    hr_model_limits limits = {.set_bytes = 8};
    ensemble e = ensemble_good();
    onnx_model w = {0};
    hr_model *m = NULL;
    hr_error err = {0};
    hr_span file;

    (void)state;
    ensemble_write(&w, &e);
    file = onnx_finish(&w);
    assert_int_equal(hr_model_compile(file.data, file.len, &limits, &m, &err), HR_ECONFIG);
    assert_has_text(err.msg, "the sets of MEMBER nodes need 16 bytes, the limit is 8");
    onnx_free(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(membership_is_exact_and_holds_no_nan),
        cmocka_unit_test(zeros_of_both_signs_are_one_member),
        cmocka_unit_test(a_set_of_thousands_is_one_look_up),
        cmocka_unit_test(what_is_no_ensemble_is_refused),
        cmocka_unit_test(sets_that_need_too_much_memory_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
