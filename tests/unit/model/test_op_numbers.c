/* Cast, shapes, scaling, arithmetic and linear models: each in a graph of one or two nodes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "onnx_writer.h"

#include <math.h>

/* Evaluates a model of one matrix input on one row. */
static void
numbers_eval(const hr_model *m, const double *row, double *out, size_t n_out)
{
    hr_model_column columns[8] = {0};
    hr_model_scratch *scratch = hr_model_scratch_create(m);
    hr_model_result r;

    for (size_t c = 0; c < hr_model_column_count(m); c++) {
        columns[c].kind = HR_MODEL_DOUBLE;
        columns[c].of.real = &row[c];
    }
    assert_int_equal(hr_model_eval(m, scratch, columns, 1, &r), HR_OK);
    memcpy(out, r.scores != NULL ? r.scores : r.value, n_out * sizeof(*out));
    hr_model_scratch_destroy(scratch);
}

/* Gives value `v` with its columns: as scores, beside the ArgMax of them. */
static hr_model *
numbers_load(onnx_model *m, const char *v)
{
    onnx_attr_int(m, "axis", 1);
    onnx_plain(m, "ArgMax", false, v, "the_label");
    onnx_output(m, "the_label");
    onnx_output(m, v);
    return onnx_load(m);
}

/* Runs the last node of `w` (x [N, n] -> y) on a row and compares. */
static void
numbers_check(onnx_model *w, const double *row, const double *wanted, size_t n)
{
    hr_model *m = numbers_load(w, "y");
    double got[8];

    numbers_eval(m, row, got, n);
    for (size_t i = 0; i < n; i++) {
        if (!(fabs(got[i] - wanted[i]) < 1e-6) && !(isnan(got[i]) && isnan(wanted[i]))) {
            fail_msg("column %zu: %.9g, not %.9g", i, got[i], wanted[i]);
        }
    }
    hr_model_unref(m);
}

static void
imputer_fills_nan_or_a_given_number(void **state)
{
    onnx_model w = {0};

    (void)state;
    onnx_input(&w, "x", ONNX_FLOAT, 3);
    onnx_attr_floats(&w, "imputed_value_floats", ONNX_LIST(float, 7, 8, 9));
    onnx_attr_float(&w, "replaced_value_float", NAN);
    onnx_plain(&w, "Imputer", true, "x", "y");
    numbers_check(&w, (double[]){NAN, 1, NAN}, (double[]){7, 1, 9}, 3);
    onnx_input(&w, "x", ONNX_DOUBLE, 2);
    onnx_attr_floats(&w, "imputed_value_floats", ONNX_LIST(float, 5));
    onnx_attr_float(&w, "replaced_value_float", -1);
    onnx_plain(&w, "Imputer", true, "x", "y");
    numbers_check(&w, (double[]){-1, NAN}, (double[]){5, NAN}, 2);
    onnx_input(&w, "x", ONNX_FLOAT, 3);
    onnx_attr_floats(&w, "imputed_value_floats", ONNX_LIST(float, 7, 8));
    onnx_plain(&w, "Imputer", true, "x", "y");
    onnx_assert_refused(&w, "2 imputed values for 3 columns");
}

static void
scaler_subtracts_and_multiplies(void **state)
{
    onnx_model w = {0};

    (void)state;
    onnx_input(&w, "x", ONNX_FLOAT, 2);
    onnx_attr_floats(&w, "offset", ONNX_LIST(float, 1, 2));
    onnx_attr_floats(&w, "scale", ONNX_LIST(float, 0.5f));
    onnx_plain(&w, "Scaler", true, "x", "y");
    numbers_check(&w, (double[]){5, 4}, (double[]){2, 1}, 2);
    onnx_input(&w, "x", ONNX_DOUBLE, 2);
    onnx_attr_floats(&w, "offset", ONNX_LIST(float, 1, 2));
    onnx_plain(&w, "Scaler", true, "x", "y");
    numbers_check(&w, (double[]){5, 4}, (double[]){4, 2}, 2);
}

static void
normalizer_divides_by_the_norm(void **state)
{
    const char *norms[] = {"MAX", "L1", "L2"};
    const double wanted[3][2] = {{1, -0.75}, {4.0 / 7, -3.0 / 7}, {0.8, -0.6}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        onnx_model w = {0};

        onnx_input(&w, "x", ONNX_FLOAT, 2);
        onnx_attr_string(&w, "norm", norms[i]);
        onnx_plain(&w, "Normalizer", true, "x", "y");
        numbers_check(&w, (double[]){4, -3}, wanted[i], 2);
        onnx_input(&w, "x", ONNX_FLOAT, 2);
        onnx_attr_string(&w, "norm", norms[i]);
        onnx_plain(&w, "Normalizer", true, "x", "y");
        numbers_check(&w, (double[]){0, 0}, (double[]){0, 0}, 2);
    }
}

/* op(x, constant) with the operands in either order. */
static void
arith_check(const char *op, bool constant_first, const float *constant, size_t n,
            const double *wanted)
{
    onnx_model w = {0};

    onnx_input(&w, "x", ONNX_FLOAT, 2);
    onnx_initializer_floats(&w, "k", constant, n);
    onnx_begin(&w, op, false);
    onnx_in(&w, constant_first ? "k" : "x");
    onnx_in(&w, constant_first ? "x" : "k");
    onnx_out(&w, "y");
    onnx_end(&w);
    numbers_check(&w, (double[]){3, 5}, wanted, 2);
}

static void
constants_are_added_and_multiplied_by_column(void **state)
{
    onnx_model w = {0};

    (void)state;
    for (int first = 0; first < 2; first++) {
        arith_check("Add", first, (float[]){1, 2}, 2, (double[]){4, 7});
        arith_check("Mul", first, (float[]){10}, 1, (double[]){30, 50});
    }
    onnx_input(&w, "x", ONNX_FLOAT, 2);
    onnx_begin(&w, "Mul", false);
    onnx_in(&w, "x");
    onnx_in(&w, "x");
    onnx_out(&w, "y");
    onnx_end(&w);
    numbers_check(&w, (double[]){3, 5}, (double[]){9, 25}, 2);
    onnx_input(&w, "x", ONNX_FLOAT, 2);
    onnx_initializer_floats(&w, "k", ONNX_LIST(float, 1, 2, 3));
    onnx_begin(&w, "Add", false);
    onnx_in(&w, "x");
    onnx_in(&w, "k");
    onnx_out(&w, "y");
    onnx_end(&w);
    onnx_assert_refused(&w, "a constant of 3 numbers does not fit 2 columns");
}

static void
exp_and_softmax_are_what_they_are_called(void **state)
{
    const double sum = exp(1) + exp(2) + exp(-1000);
    onnx_model w = {0};

    (void)state;
    onnx_input(&w, "x", ONNX_DOUBLE, 2);
    onnx_plain(&w, "Exp", false, "x", "y");
    numbers_check(&w, (double[]){1, -2}, (double[]){exp(1), exp(-2)}, 2);
    onnx_input(&w, "x", ONNX_FLOAT, 3);
    onnx_plain(&w, "Softmax", false, "x", "y");
    numbers_check(&w, (double[]){1, 2, -1000}, (double[]){exp(1) / sum, exp(2) / sum, 0}, 3);
    onnx_input(&w, "x", ONNX_FLOAT, 3);
    onnx_attr_int(&w, "axis", 0);
    onnx_plain(&w, "Softmax", false, "x", "y");
    onnx_assert_refused(&w, "axis 0 is not supported");
}

static void
vectorizer_makes_floats_of_all_numbers(void **state)
{
    onnx_model w = {0};
    hr_model *m;
    const int64_t whole = 16777217; /* the first that is no float */
    const double real = 0.1;
    hr_model_column columns[2] = {{.kind = HR_MODEL_INT64, .of.integer = &whole},
                                  {.kind = HR_MODEL_DOUBLE, .of.real = &real}};
    hr_model_scratch *scratch;
    hr_model_result r;

    (void)state;
    onnx_input(&w, "i", ONNX_INT64, 1);
    onnx_input(&w, "d", ONNX_DOUBLE, 1);
    onnx_begin(&w, "FeatureVectorizer", true);
    onnx_in(&w, "i");
    onnx_in(&w, "d");
    onnx_out(&w, "y");
    onnx_attr_ints(&w, "inputdimensions", ONNX_LIST(int64_t, 1, 1));
    onnx_end(&w);
    m = numbers_load(&w, "y");
    scratch = hr_model_scratch_create(m);
    assert_int_equal(hr_model_eval(m, scratch, columns, 1, &r), HR_OK);
    assert_true(r.scores[0] == 16777216 && r.scores[1] == (double)0.1f);
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
    onnx_input(&w, "i", ONNX_INT64, 1);
    onnx_attr_ints(&w, "inputdimensions", ONNX_LIST(int64_t, 2));
    onnx_plain(&w, "FeatureVectorizer", true, "i", "y");
    onnx_assert_refused(&w, "has 1 columns, not what is declared");
}

/* x -> Cast to `to` -> Cast to double -> y */
static double
cast_through(int to, double x)
{
    onnx_model w = {0};
    hr_model *m;
    double got;

    onnx_input(&w, "x", ONNX_DOUBLE, 1);
    onnx_attr_int(&w, "to", to);
    onnx_plain(&w, "Cast", false, "x", "middle");
    onnx_attr_int(&w, "to", ONNX_DOUBLE);
    onnx_plain(&w, "Cast", false, "middle", "y");
    onnx_output(&w, "y");
    m = onnx_load(&w);
    assert_false(hr_model_scores_are_float(m));
    numbers_eval(m, &x, &got, 1);
    hr_model_unref(m);
    return got;
}

static void
casts_round_and_cut_as_c_does(void **state)
{
    onnx_model w = {0};

    (void)state;
    assert_true(cast_through(ONNX_FLOAT, 0.1) == (double)0.1f);
    assert_true(cast_through(ONNX_INT64, -2.9) == -2);
    assert_true(cast_through(ONNX_INT64, 1e300) == -0x1p63);
    assert_true(cast_through(ONNX_INT32, 2147483647.5) == 2147483647);
    assert_true(cast_through(ONNX_INT32, 2147483648.0) == -2147483648.0);
    assert_true(cast_through(ONNX_INT32, NAN) == -2147483648.0);
    assert_true(cast_through(ONNX_BOOL, 0.25) == 1);
    assert_true(cast_through(ONNX_BOOL, -0.0) == 0);
    onnx_input(&w, "x", ONNX_DOUBLE, 1);
    onnx_attr_int(&w, "to", ONNX_STRING);
    onnx_plain(&w, "Cast", false, "x", "y");
    onnx_assert_refused(&w, "cast to type 8 is not supported here");
}

static void
columns_are_glued_and_chosen(void **state)
{
    onnx_model w = {0};

    (void)state;
    onnx_input(&w, "x", ONNX_FLOAT, 3);
    onnx_initializer_ints(&w, "which", ONNX_LIST(int64_t, 2, 0));
    onnx_begin(&w, "ArrayFeatureExtractor", true);
    onnx_in(&w, "x");
    onnx_in(&w, "which");
    onnx_out(&w, "two");
    onnx_end(&w);
    onnx_begin(&w, "Concat", false);
    onnx_in(&w, "x");
    onnx_in(&w, "two");
    onnx_in(&w, "two");
    onnx_out(&w, "all");
    onnx_attr_int(&w, "axis", -1);
    onnx_end(&w);
    onnx_plain(&w, "Flatten", false, "all", "y");
    numbers_check(&w, (double[]){1, 2, 3}, (double[]){1, 2, 3, 3, 1, 3, 1}, 7);
    onnx_input(&w, "x", ONNX_FLOAT, 2);
    onnx_initializer_ints(&w, "which", ONNX_LIST(int64_t, 2));
    onnx_begin(&w, "ArrayFeatureExtractor", true);
    onnx_in(&w, "x");
    onnx_in(&w, "which");
    onnx_out(&w, "y");
    onnx_end(&w);
    onnx_assert_refused(&w, "column 2 of 2");
    onnx_input(&w, "x", ONNX_FLOAT, 2);
    onnx_attr_int(&w, "axis", 0);
    onnx_plain(&w, "Concat", false, "x", "y");
    onnx_assert_refused(&w, "axis 0 is not supported");
}

static void
reshape_check(const int64_t *shape, size_t n, const char *refusal)
{
    onnx_model w = {0};

    onnx_input(&w, "x", ONNX_FLOAT, 2);
    onnx_initializer_ints(&w, "shape", shape, n);
    onnx_begin(&w, "Reshape", false);
    onnx_in(&w, "x");
    onnx_in(&w, "shape");
    onnx_out(&w, "y");
    onnx_end(&w);
    if (refusal != NULL) {
        onnx_assert_refused(&w, refusal);
    } else {
        onnx_attr_floats(&w, "coefficients", ONNX_LIST(float, 1, 2));
        onnx_plain(&w, "LinearRegressor", true, "y", "z");
        onnx_output(&w, "z");
        hr_model_unref(onnx_load(&w));
    }
}

static void
reshape_may_not_mix_rows(void **state)
{
    (void)state;
    reshape_check(ONNX_LIST(int64_t, -1, 2), NULL);
    reshape_check(ONNX_LIST(int64_t, 0, 2), NULL);
    reshape_check(ONNX_LIST(int64_t, 0, -1), NULL);
    reshape_check(ONNX_LIST(int64_t, 0, 0), NULL);
    reshape_check(ONNX_LIST(int64_t, -1, 0), NULL);
    reshape_check(ONNX_LIST(int64_t, -1, 1), "mix rows");
    reshape_check(ONNX_LIST(int64_t, -1), "mix rows");
    reshape_check(ONNX_LIST(int64_t, 2, -1), "mix rows");
    reshape_check(ONNX_LIST(int64_t, -1, -1), "mix rows");
    reshape_check(ONNX_LIST(int64_t, -1, 2, 1), "mix rows");
    reshape_check(ONNX_LIST(int64_t, -1, INT64_MAX, 2), "too big");
    reshape_check(ONNX_LIST(int64_t, -1, 1, 1, 2), "a shape of 4 numbers is not supported");
}

static void
linear_models_sum_in_double(void **state)
{
    const double row[] = {1e8, 1, -1e8};
    onnx_model w = {0};
    hr_model *m;
    double got[3];

    (void)state;
    onnx_input(&w, "x", ONNX_FLOAT, 3);
    onnx_attr_floats(&w, "coefficients", ONNX_LIST(float, 1, 0.25f, 1));
    onnx_attr_floats(&w, "intercepts", ONNX_LIST(float, 0.5f));
    onnx_plain(&w, "LinearRegressor", true, "x", "y");
    onnx_output(&w, "y");
    m = onnx_load(&w);
    numbers_eval(m, row, got, 1);
    assert_true(got[0] == 0.75);
    hr_model_unref(m);
    onnx_input(&w, "x", ONNX_FLOAT, 3);
    onnx_attr_floats(&w, "coefficients", ONNX_LIST(float, 1, 0, 0));
    onnx_attr_floats(&w, "intercepts", ONNX_LIST(float, 1, 2));
    onnx_plain(&w, "LinearRegressor", true, "x", "y");
    onnx_assert_refused(&w, "'intercepts' has 2 numbers, 1 are needed");
}

static void
a_linear_classifier_gives_label_and_scores(void **state)
{
    const double row[] = {1, 2};
    hr_model_column columns[2] = {{.kind = HR_MODEL_DOUBLE, .of.real = &row[0]},
                                  {.kind = HR_MODEL_DOUBLE, .of.real = &row[1]}};
    hr_model_scratch *scratch;
    hr_model_result r;
    onnx_model w = {0};
    hr_model *m;

    (void)state;
    onnx_input(&w, "x", ONNX_FLOAT, 2);
    onnx_begin(&w, "LinearClassifier", true);
    onnx_in(&w, "x");
    onnx_out(&w, "label");
    onnx_out(&w, "scores");
    onnx_attr_floats(&w, "coefficients", ONNX_LIST(float, 1, 0, 0, 1, -1, -1));
    onnx_attr_floats(&w, "intercepts", ONNX_LIST(float, 0, 0.5f, 0));
    onnx_attr_strings(&w, "classlabels_strings", ONNX_LIST(const char *, "a", "b", "c"));
    onnx_attr_string(&w, "post_transform", "SOFTMAX");
    onnx_attr_int(&w, "multi_class", 1);
    onnx_end(&w);
    onnx_output(&w, "label");
    onnx_output(&w, "scores");
    m = onnx_load(&w);
    scratch = hr_model_scratch_create(m);
    assert_int_equal(hr_model_eval(m, scratch, columns, 1, &r), HR_OK);
    assert_true(hr_span_eq(r.label_string[0], HR_SPAN_LIT("b")));
    assert_true(fabs(r.scores[1] - exp(2.5) / (exp(1) + exp(2.5) + exp(-3))) < 1e-7);
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imputer_fills_nan_or_a_given_number),
        cmocka_unit_test(scaler_subtracts_and_multiplies),
        cmocka_unit_test(normalizer_divides_by_the_norm),
        cmocka_unit_test(constants_are_added_and_multiplied_by_column),
        cmocka_unit_test(exp_and_softmax_are_what_they_are_called),
        cmocka_unit_test(vectorizer_makes_floats_of_all_numbers),
        cmocka_unit_test(casts_round_and_cut_as_c_does),
        cmocka_unit_test(columns_are_glued_and_chosen),
        cmocka_unit_test(reshape_may_not_mix_rows),
        cmocka_unit_test(linear_models_sum_in_double),
        cmocka_unit_test(a_linear_classifier_gives_label_and_scores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
