/* Golden rows in the metadata of a model.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "onnx_writer.h"

/* Inputs x (float), s (string), i (int64); three classes "a" "b" "c" by ArgMax-free votes: a linear
 * classifier on [x, code(s), i] with the identity as coefficients. */
static void
golden_write(onnx_model *w, const char *golden)
{
    onnx_input(w, "x", ONNX_FLOAT, 1);
    onnx_input(w, "s", ONNX_STRING, 1);
    onnx_input(w, "i", ONNX_INT64, 1);
    onnx_attr_strings(w, "keys_strings", ONNX_LIST(const char *, "one", "two"));
    onnx_attr_floats(w, "values_floats", ONNX_LIST(float, 1, 2));
    onnx_attr_float(w, "default_float", 0);
    onnx_plain(w, "LabelEncoder", true, "s", "code");
    onnx_attr_int(w, "to", ONNX_FLOAT);
    onnx_plain(w, "Cast", false, "i", "whole");
    onnx_begin(w, "Concat", false);
    onnx_in(w, "x");
    onnx_in(w, "code");
    onnx_in(w, "whole");
    onnx_out(w, "all");
    onnx_attr_int(w, "axis", 1);
    onnx_end(w);
    onnx_begin(w, "LinearClassifier", true);
    onnx_in(w, "all");
    onnx_out(w, "label");
    onnx_out(w, "scores");
    onnx_attr_floats(w, "coefficients", ONNX_LIST(float, 1, 0, 0, 0, 1, 0, 0, 0, 1));
    onnx_attr_strings(w, "classlabels_strings", ONNX_LIST(const char *, "a", "b", "c"));
    onnx_end(w);
    onnx_output(w, "label");
    onnx_output(w, "scores");
    if (golden != NULL) {
        onnx_metadata(w, "headrace.golden", golden);
    }
}

static int
golden_parse(const char *golden, size_t *rows, hr_error *err)
{
    onnx_model w = {0};
    hr_model *m = NULL;
    hr_span file;
    int rc;

    golden_write(&w, golden);
    file = onnx_finish(&w);
    rc = hr_model_parse(file.data, file.len, NULL, &m, err);
    onnx_free(&w);
    if (rc == HR_OK) {
        assert_int_equal(hr_model_golden_check(m, rows, err), HR_OK);
    } else {
        assert_null(m);
    }
    hr_model_unref(m);
    return rc;
}

static void
golden_refused(const char *golden, const char *part)
{
    hr_error err = {0};
    size_t rows;

    assert_int_equal(golden_parse(golden, &rows, &err), HR_ECONFIG);
    assert_string_equal(err.slug, "golden-rows");
    assert_has_text(err.msg, part);
}

static void
rows_that_agree_let_the_model_in(void **state)
{
    hr_error err = {0};
    size_t rows = 9;

    (void)state;
    assert_int_equal(
        golden_parse("{\"inputs\": {\"x\": [0.5, 3, -1], \"s\": [\"two\", \"?\", null], "
                     "\"i\": [1, 2, -2]}, \"label\": [\"b\", \"a\", \"b\"], "
                     "\"scores\": [[0.5, 2, 1], [3, 0, 2], [-1, 0, -2]]}",
                     &rows, &err),
        HR_OK);
    assert_int_equal(rows, 3);
    assert_int_equal(golden_parse(NULL, &rows, &err), HR_OK);
    assert_int_equal(rows, 0);
}

static void
a_score_or_label_that_differs_keeps_it_out(void **state)
{
    (void)state;
    golden_refused("{\"inputs\": {\"x\": [0, 0], \"s\": [\"two\", \"two\"], \"i\": [0, 0]}, "
                   "\"label\": [\"b\", \"b\"], \"scores\": [[0, 2, 0], [0, 2.00001, 0]]}",
                   "golden row 1: a score is 2, the trainer says 2.00001");
    golden_refused("{\"inputs\": {\"x\": [0], \"s\": [\"two\"], \"i\": [0]}, \"label\": [\"c\"], "
                   "\"scores\": [[0, 2, 0]]}",
                   "golden row 0: class 1, the trainer says class 2");
}

static void
labels_may_differ_where_the_scores_are_equal(void **state)
{
    hr_error err = {0};
    size_t rows;

    (void)state;
    assert_int_equal(golden_parse("{\"inputs\": {\"x\": [2], \"s\": [\"two\"], \"i\": [0]}, "
                                  "\"label\": [\"b\"], \"scores\": [[2, 2, 0]]}",
                                  &rows, &err),
                     HR_OK);
}

static void
rows_that_are_not_as_they_must_be_are_refused(void **state)
{
    (void)state;
    golden_refused("{", "'headrace.golden' is not valid");
    golden_refused("[]", "'headrace.golden' is not valid");
    golden_refused("{\"label\": []}", "has not 1 to 1024 rows");
    golden_refused("{\"inputs\": {\"x\": [1], \"s\": [\"two\"]}, \"label\": [\"b\"]}",
                   "input 'i' has 0 values for 1 rows");
    golden_refused("{\"inputs\": {\"x\": [1], \"s\": [5], \"i\": [0]}, \"label\": [\"b\"]}",
                   "golden row 0: no value of the right type for input 's'");
    golden_refused("{\"inputs\": {\"x\": [1], \"s\": [\"two\"], \"i\": [0.5]}, \"label\": [\"b\"]}",
                   "no value of the right type for input 'i'");
    golden_refused("{\"inputs\": {\"x\": [1], \"s\": [\"two\"], \"i\": [0]}, \"label\": [\"b\"]}",
                   "golden row 0: not one number per class in 'scores'");
    golden_refused("{\"inputs\": {\"x\": [1], \"s\": [\"two\"], \"i\": [0]}, \"label\": [\"z\"], "
                   "\"scores\": [[1, 2, 0]]}",
                   "golden row 0: none of the model's labels in 'label'");
    golden_refused("{\"inputs\": {\"x\": [1], \"s\": [\"two\"], \"i\": [0]}, \"label\": [\"b\"], "
                   "\"scores\": [[1, 2, null]]}",
                   "golden row 0: no number for 'a score'");
}

/* A regressor on a matrix input. */
static int
value_parse(const char *golden, hr_error *err)
{
    onnx_model w = {0};
    hr_model *m = NULL;
    hr_span file;
    int rc;

    onnx_input(&w, "x", ONNX_FLOAT, 2);
    onnx_attr_floats(&w, "coefficients", ONNX_LIST(float, 1, 1));
    onnx_plain(&w, "LinearRegressor", true, "x", "y");
    onnx_output(&w, "y");
    onnx_metadata(&w, "headrace.golden", golden);
    file = onnx_finish(&w);
    rc = hr_model_parse(file.data, file.len, NULL, &m, err);
    onnx_free(&w);
    hr_model_unref(m);
    return rc;
}

static void
a_regressor_is_compared_by_value(void **state)
{
    hr_error err = {0};

    (void)state;
    assert_int_equal(
        value_parse("{\"inputs\": {\"x\": [[1, 2], [1e6, 1]]}, \"value\": [3, 1000002]}", &err),
        HR_OK); /* 1e-5 relative */
    assert_int_equal(value_parse("{\"inputs\": {\"x\": [[1, 2]]}, \"value\": [3.1]}", &err),
                     HR_ECONFIG);
    assert_has_text(err.msg, "golden row 0: the value is 3, the trainer says 3.1");
    assert_int_equal(value_parse("{\"inputs\": {\"x\": [[1]]}, \"value\": [3]}", &err), HR_ECONFIG);
    assert_has_text(err.msg, "no list of the right length for input 'x'");
    assert_int_equal(value_parse("{\"inputs\": {\"x\": [[1, 2]]}, \"value\": [\"3\"]}", &err),
                     HR_ECONFIG);
    assert_has_text(err.msg, "no number for 'the value'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_agree_let_the_model_in),
        cmocka_unit_test(a_score_or_label_that_differs_keeps_it_out),
        cmocka_unit_test(labels_may_differ_where_the_scores_are_equal),
        cmocka_unit_test(rows_that_are_not_as_they_must_be_are_refused),
        cmocka_unit_test(a_regressor_is_compared_by_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
