/* Graphs that are taken and graphs that are refused, by operator and node.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "onnx_writer.h"

/* x [N, 1] -> a regressor with one coefficient -> y. */
static void
linear(onnx_model *m, const char *in, const char *out)
{
    onnx_begin(m, "LinearRegressor", true);
    onnx_in(m, in);
    onnx_out(m, out);
    onnx_attr_floats(m, "coefficients", ONNX_LIST(float, 2));
    onnx_end(m);
}

static void
an_operator_that_is_not_evaluated_is_named(void **state)
{
    onnx_model m = {0};

    (void)state;
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_plain(&m, "Where", false, "x", "y");
    onnx_assert_refused(&m, "Where (node 'the_node'): headrace does not evaluate this operator");
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_plain(&m, "Identity", true, "x", "y"); /* wrong domain */
    onnx_assert_refused(&m, "Identity (node 'the_node'): headrace does not evaluate");
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_text(&m.node, 7, "com.microsoft");
    onnx_plain(&m, "Identity", false, "x", "y");
    onnx_assert_refused(&m, "domain 'com.microsoft' is not supported");
}

static void
an_operator_set_out_of_range_is_refused(void **state)
{
    onnx_model m = {.ai = 6};

    (void)state;
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_assert_refused(&m, "operator set 'ai.onnx' 6 is not supported");
    m.ml = 6;
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_assert_refused(&m, "operator set 'ai.onnx.ml' 6 is not supported");
    m.ml = -1; /* not imported */
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    linear(&m, "x", "y");
    onnx_assert_refused(&m, "LinearRegressor (node 'the_node'): not supported in version 0");
}

static void
the_default_domain_has_two_names(void **state)
{
    onnx_model m = {0};

    (void)state;
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    linear(&m, "x", "y");
    onnx_text(&m.node, 7, "ai.onnx");
    onnx_plain(&m, "Identity", false, "y", "z");
    onnx_output(&m, "z");
    hr_model_unref(onnx_load(&m));
}

static void
an_attribute_that_is_not_known_is_refused(void **state)
{
    onnx_model m = {0};

    (void)state;
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_attr_int(&m, "stride", 1);
    linear(&m, "x", "y");
    onnx_assert_refused(&m,
                        "LinearRegressor (node 'the_node'): attribute 'stride' is not supported");
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_attr_int(&m, "intercepts", 1);
    linear(&m, "x", "y");
    onnx_assert_refused(&m, "attribute 'intercepts' has a wrong type");
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_attr_int(&m, "targets", 1);
    onnx_attr_int(&m, "targets", 1);
    linear(&m, "x", "y");
    onnx_assert_refused(&m, "attribute 'targets' comes twice");
}

static void
names_are_made_once_and_before_they_are_used(void **state)
{
    onnx_model m = {0};

    (void)state;
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_plain(&m, "Identity", false, "y", "z");
    linear(&m, "x", "y");
    onnx_assert_refused(&m, "input 'y' is made by no node before this one");
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_plain(&m, "Identity", false, "y", "y"); /* a cycle of one */
    onnx_assert_refused(&m, "input 'y' is made by no node before this one");
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    linear(&m, "x", "y");
    linear(&m, "x", "y");
    onnx_assert_refused(&m, "makes twice the value 'y'");
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    linear(&m, "x", "x");
    onnx_assert_refused(&m, "makes twice the value 'x'");
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_assert_refused(&m, "twice the input 'x'");
    onnx_assert_refused(&m, "the graph has no input");
}

static void
inputs_are_columns_of_a_known_type(void **state)
{
    onnx_model m = {0};

    (void)state;
    onnx_input(&m, "x", 10, 1); /* float16 */
    onnx_assert_refused(&m, "the type is not supported of model input 'x'");
    onnx_input(&m, "x", ONNX_FLOAT, 70000);
    onnx_assert_refused(&m, "second dimension");
}

static void
an_initializer_that_is_also_an_input_is_a_constant(void **state)
{
    onnx_model m = {0};
    hr_model *model;

    (void)state;
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_input(&m, "factor", ONNX_FLOAT, 1);
    onnx_initializer_floats(&m, "factor", ONNX_LIST(float, 3));
    onnx_begin(&m, "Mul", false);
    onnx_in(&m, "x");
    onnx_in(&m, "factor");
    onnx_out(&m, "y");
    onnx_end(&m);
    onnx_output(&m, "y");
    model = onnx_load(&m);
    assert_int_equal(hr_model_input_count(model), 1);
    hr_model_unref(model);
}

static void
outputs_are_a_label_with_scores_or_one_value(void **state)
{
    onnx_model m = {0};

    (void)state;
    onnx_input(&m, "x", ONNX_FLOAT, 2);
    onnx_output(&m, "x");
    onnx_assert_refused(&m, "neither a label nor one value, but 2 columns");
    onnx_input(&m, "x", ONNX_INT64, 1);
    onnx_output(&m, "x");
    onnx_assert_refused(&m, "does not come from a classifier: output 'x'");
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_output(&m, "nothing");
    onnx_assert_refused(&m, "no node makes output 'nothing'");
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_output(&m, "x");
    onnx_output(&m, "x");
    onnx_assert_refused(&m, "second list of scores");
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_assert_refused(&m, "neither a label nor one value, but 0 columns");
    onnx_input(&m, "x", ONNX_BOOL, 1);
    onnx_output(&m, "x");
    onnx_assert_refused(&m, "neither label nor scores: output 'x'");
}

static void
scores_are_as_many_as_classes(void **state)
{
    onnx_model m = {0};

    (void)state;
    onnx_input(&m, "x", ONNX_FLOAT, 3);
    onnx_initializer_ints(&m, "some", ONNX_LIST(int64_t, 0, 1));
    onnx_begin(&m, "ArrayFeatureExtractor", true);
    onnx_in(&m, "x");
    onnx_in(&m, "some");
    onnx_out(&m, "two");
    onnx_end(&m);
    onnx_attr_int(&m, "axis", 1);
    onnx_plain(&m, "ArgMax", false, "x", "label");
    onnx_output(&m, "label");
    onnx_output(&m, "two");
    onnx_assert_refused(&m, "2 scores for 3 classes");
}

static void
naming_the_same_columns_over_and_over_is_refused(void **state)
{
    char names[2][8] = {"x", "a"};
    onnx_model m = {0};

    (void)state;
    onnx_input(&m, "x", ONNX_FLOAT, 65536);
    for (int i = 0; i < 100; i++) { /* each a list of 65,536 columns */
        onnx_begin(&m, "Concat", false);
        onnx_in(&m, names[i % 2]);
        names[(i + 1) % 2][0] = 'b';
        names[(i + 1) % 2][1] = (char)('0' + i / 10);
        names[(i + 1) % 2][2] = (char)('0' + i % 10);
        onnx_out(&m, names[(i + 1) % 2]);
        onnx_attr_int(&m, "axis", 1);
        onnx_end(&m);
    }
    onnx_output(&m, "x");
    onnx_assert_refused(&m, "too many columns");
}

static void
bytes_that_are_no_model_are_refused(void **state)
{
    hr_model *m = NULL;
    hr_error err = {0};

    (void)state;
    assert_int_equal(hr_model_compile(NULL, 0, NULL, &m, &err), HR_ECONFIG);
    assert_has_text(err.msg, "holds no ONNX graph");
    /* field 1 of ModelProto is a number: here a text */
    assert_int_equal(hr_model_compile((const uint8_t *)"\x0a\x01x", 3, NULL, &m, &err), HR_ECONFIG);
    assert_null(m);
}

static void
a_file_error_names_the_path(void **state)
{
    hr_model *m = NULL;
    hr_error err = {0};

    (void)state;
    assert_int_equal(hr_model_load("does/not/exist.onnx", NULL, &m, &err), HR_EIO);
    assert_has_text(err.msg, "does/not/exist.onnx: No such file");
    assert_int_equal(hr_model_load(HR_SOURCE_DIR "/LICENSE", NULL, &m, &err), HR_ECONFIG);
    assert_has_text(err.msg, "/LICENSE: byte ");
    assert_int_equal(err.code, HR_ECONFIG);
    assert_int_equal(hr_model_load(HR_SOURCE_DIR, NULL, &m, &err), HR_EIO); /* a folder */
    assert_int_equal(
        hr_model_load(HR_SOURCE_DIR "/LICENSE", &(hr_model_limits){.file_bytes = 100}, &m, &err),
        HR_ECONFIG);
    assert_has_text(err.msg, "larger than the limit of 100 bytes");
}

static void
a_class_list_and_its_names_must_fit(void **state)
{
    onnx_model m = {0};
    hr_model *model;

    (void)state;
    for (int good = 0; good < 2; good++) {
        onnx_input(&m, "x", ONNX_FLOAT, 2);
        onnx_attr_int(&m, "axis", -1);
        onnx_plain(&m, "ArgMax", false, "x", "label");
        onnx_output(&m, "label");
        onnx_metadata(&m, "headrace.label_names", good ? "[\"no\", \"y\u00e9s\"]" : "[\"no\"]");
        if (!good) {
            onnx_assert_refused(&m, "'headrace.label_names' is not a list of 2 names");
        }
    }
    model = onnx_load(&m);
    assert_string_equal(hr_model_class_name(model, 1), "y\u00e9s");
    assert_string_equal(hr_model_metadata(model, "headrace.label_names"), "[\"no\", \"y\u00e9s\"]");
    assert_null(hr_model_metadata(model, "headrace.kind"));
    hr_model_unref(model);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operator_that_is_not_evaluated_is_named),
        cmocka_unit_test(an_operator_set_out_of_range_is_refused),
        cmocka_unit_test(the_default_domain_has_two_names),
        cmocka_unit_test(an_attribute_that_is_not_known_is_refused),
        cmocka_unit_test(names_are_made_once_and_before_they_are_used),
        cmocka_unit_test(inputs_are_columns_of_a_known_type),
        cmocka_unit_test(an_initializer_that_is_also_an_input_is_a_constant),
        cmocka_unit_test(outputs_are_a_label_with_scores_or_one_value),
        cmocka_unit_test(scores_are_as_many_as_classes),
        cmocka_unit_test(naming_the_same_columns_over_and_over_is_refused),
        cmocka_unit_test(bytes_that_are_no_model_are_refused),
        cmocka_unit_test(a_file_error_names_the_path),
        cmocka_unit_test(a_class_list_and_its_names_must_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
