/* LabelEncoder and OneHotEncoder.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "onnx_writer.h"

#include <math.h>

#define ROWS_MAX 16

/* A text with a NUL inside cannot be written as a C string: rows are spans. */
#define T(text) HR_SPAN_LIT(text)

/* Ends the model: value `v` (float [N, 1]) is what it gives. */
static hr_model *
encode_load(onnx_model *m, const char *v)
{
    onnx_output(m, v);
    return onnx_load(m);
}

/* From int64 or double to the float that a regressor gives. */
static void
encode_cast(onnx_model *m, const char *in, const char *out)
{
    onnx_begin(m, "Cast", false);
    onnx_in(m, in);
    onnx_out(m, out);
    onnx_attr_int(m, "to", ONNX_FLOAT);
    onnx_end(m);
}

static void
encode_eval(const hr_model *m, const hr_model_column *column, size_t n, double *out, uint8_t *flags)
{
    hr_model_scratch *scratch = hr_model_scratch_create(m);
    hr_model_result r;

    assert_int_equal(hr_model_eval(m, scratch, column, n, &r), HR_OK);
    memcpy(out, r.value, n * sizeof(*out));
    memcpy(flags, r.row_flags, n);
    hr_model_scratch_destroy(scratch);
}

static void
texts_become_numbers_and_unknown_ones_the_default(void **state)
{
    const hr_span rows[] = {T("AA"), T("\xc3\x85\xc3\x85"), T(""), T("aa"), T("AA "), T("A\0A"),
                            T("ZZ")};
    const double wanted[] = {5, 6, 7, -9, -9, -9, -9};
    hr_model_column column = {.kind = HR_MODEL_STRING, .of.string = rows};
    double got[ROWS_MAX];
    uint8_t flags[ROWS_MAX];
    onnx_model w = {0};
    hr_model *m;

    (void)state;
    onnx_input(&w, "s", ONNX_STRING, 1);
    onnx_attr_strings(&w, "keys_strings", ONNX_LIST(const char *, "AA", "\xc3\x85\xc3\x85", ""));
    onnx_attr_ints(&w, "values_int64s", ONNX_LIST(int64_t, 5, 6, 7));
    onnx_attr_int(&w, "default_int64", -9);
    onnx_plain(&w, "LabelEncoder", true, "s", "code");
    encode_cast(&w, "code", "y");
    m = encode_load(&w, "y");
    encode_eval(m, &column, 7, got, flags);
    for (size_t i = 0; i < 7; i++) {
        assert_true(got[i] == wanted[i]);
        assert_int_equal(flags[i], wanted[i] < 0 ? HR_MODEL_UNSEEN : 0);
        assert_int_equal(hr_model_input_known(m, 0, rows[i]), wanted[i] >= 0);
    }
    hr_model_unref(m);
}

static void
a_key_may_hold_a_nul(void **state)
{
    const hr_span rows[] = {T("A\0A"), T("A"), T("A\0B")};
    const double wanted[] = {1, 0, -1};
    hr_model_column column = {.kind = HR_MODEL_STRING, .of.string = rows};
    double got[3];
    uint8_t flags[3];
    hr_buf a = {0};
    onnx_model w = {0};
    hr_model *m;

    (void)state;
    onnx_input(&w, "s", ONNX_STRING, 1);
    onnx_text(&a, 1, "keys_strings");
    onnx_bytes(&a, 9, "A", 1);
    onnx_bytes(&a, 9, "A\0A", 3);
    onnx_bytes(&w.node, 5, a.data, a.len);
    hr_buf_finish(&a);
    onnx_attr_floats(&w, "values_floats", ONNX_LIST(float, 0, 1));
    onnx_attr_float(&w, "default_float", -1);
    onnx_plain(&w, "LabelEncoder", true, "s", "y");
    m = encode_load(&w, "y");
    encode_eval(m, &column, 3, got, flags);
    for (size_t i = 0; i < 3; i++) {
        assert_true(got[i] == wanted[i]);
    }
    hr_model_unref(m);
}

static void
the_default_is_minus_one_and_the_first_of_equal_keys_counts(void **state)
{
    const hr_span rows[] = {T("a"), T("b"), T("c")};
    hr_model_column column = {.kind = HR_MODEL_STRING, .of.string = rows};
    double got[3];
    uint8_t flags[3];
    onnx_model w = {0};
    hr_model *m;

    (void)state;
    onnx_input(&w, "s", ONNX_STRING, 1);
    onnx_attr_strings(&w, "keys_strings", ONNX_LIST(const char *, "a", "a", "b"));
    onnx_attr_ints(&w, "values_int64s", ONNX_LIST(int64_t, 10, 11, 12));
    onnx_plain(&w, "LabelEncoder", true, "s", "code");
    encode_cast(&w, "code", "y");
    m = encode_load(&w, "y");
    encode_eval(m, &column, 3, got, flags);
    assert_true(got[0] == 10 && got[1] == 12 && got[2] == -1);
    hr_model_unref(m);
}

static void
a_missing_text_is_missing_and_not_unseen(void **state)
{
    const hr_span rows[] = {T("a"), T("a")};
    const uint8_t missing[] = {0, 1};
    hr_model_column column = {.kind = HR_MODEL_STRING, .of.string = rows, .missing = missing};
    double got[2];
    uint8_t flags[2];
    onnx_model w = {0};
    hr_model *m;

    (void)state;
    onnx_input(&w, "s", ONNX_STRING, 1);
    onnx_attr_strings(&w, "keys_strings", ONNX_LIST(const char *, "a", ""));
    onnx_attr_floats(&w, "values_floats", ONNX_LIST(float, 1, 2));
    onnx_attr_float(&w, "default_float", NAN);
    onnx_plain(&w, "LabelEncoder", true, "s", "y");
    m = encode_load(&w, "y");
    encode_eval(m, &column, 2, got, flags);
    assert_true(got[0] == 1 && isnan(got[1]));
    assert_int_equal(flags[0], 0);
    assert_int_equal(flags[1], HR_MODEL_MISSING);
    hr_model_unref(m);
}

static void
numbers_can_be_keys(void **state)
{
    const int64_t rows[] = {3, -4, 9};
    hr_model_column column = {.kind = HR_MODEL_INT64, .of.integer = rows};
    double got[3];
    uint8_t flags[3];
    onnx_model w = {0};
    hr_model *m;

    (void)state;
    onnx_input(&w, "i", ONNX_INT64, 1);
    onnx_attr_ints(&w, "keys_int64s", ONNX_LIST(int64_t, 3, -4));
    onnx_attr_floats(&w, "values_floats", ONNX_LIST(float, 0.5f, 1.5f));
    onnx_plain(&w, "LabelEncoder", true, "i", "y");
    m = encode_load(&w, "y");
    assert_true(hr_model_input_at(m, 0)->categorical);
    assert_true(hr_model_input_known_int(m, 0, -4));
    assert_false(hr_model_input_known_int(m, 0, 4));
    encode_eval(m, &column, 3, got, flags);
    assert_true(got[0] == 0.5 && got[1] == 1.5 && got[2] == 0);
    assert_true(signbit(got[2])); /* the default of floats is -0.0 */
    assert_int_equal(flags[2], HR_MODEL_UNSEEN);
    hr_model_unref(m);
}

/* Keys 0.0, NaN, 2.5 with values 10, 11, 12. */
static void
float_keys_check(int64_t ml, double for_nan)
{
    const double rows[] = {-0.0, NAN, 2.5, 2.499};
    hr_model_column column = {.kind = HR_MODEL_DOUBLE, .of.real = rows};
    double got[4];
    uint8_t flags[4];
    onnx_model w = {.ml = ml};
    hr_model *m;

    onnx_input(&w, "x", ONNX_FLOAT, 1);
    onnx_attr_floats(&w, "keys_floats", ONNX_LIST(float, 0, NAN, 2.5f));
    onnx_attr_floats(&w, "values_floats", ONNX_LIST(float, 10, 11, 12));
    onnx_attr_float(&w, "default_float", -1);
    onnx_plain(&w, "LabelEncoder", true, "x", "y");
    m = encode_load(&w, "y");
    encode_eval(m, &column, 4, got, flags);
    assert_true(got[0] == 10 && got[1] == for_nan && got[2] == 12 && got[3] == -1);
    assert_int_equal(flags[1], HR_MODEL_MISSING);
    assert_int_equal(flags[3], HR_MODEL_UNSEEN);
    hr_model_unref(m);
}

static void
nan_is_a_key_from_version_4_on(void **state)
{
    (void)state;
    float_keys_check(2, -1);
    float_keys_check(3, -1);
    float_keys_check(4, 11);
}

static void
version_1_counts_places_both_ways(void **state)
{
    const hr_span rows[] = {T("b"), T("a"), T("?")};
    hr_model_column column = {.kind = HR_MODEL_STRING, .of.string = rows};
    double got[3];
    uint8_t flags[3];
    onnx_model w = {.ml = 1};
    hr_model *m;

    (void)state;
    onnx_input(&w, "s", ONNX_STRING, 1);
    onnx_attr_strings(&w, "classes_strings", ONNX_LIST(const char *, "a", "b"));
    onnx_plain(&w, "LabelEncoder", true, "s", "code");
    encode_cast(&w, "code", "y");
    m = encode_load(&w, "y");
    encode_eval(m, &column, 3, got, flags);
    assert_true(got[0] == 1 && got[1] == 0 && got[2] == -1);
    hr_model_unref(m);
}

/* ArgMax of two columns, renamed by an encoder: the labels of a version 5 ensemble. */
static void
labels_are_renamed_by_an_encoder_behind(void **state)
{
    const double a[] = {1, 0}, c[] = {0, 1};
    hr_model_column columns[] = {{.kind = HR_MODEL_DOUBLE, .of.real = a},
                                 {.kind = HR_MODEL_DOUBLE, .of.real = c}};
    const int64_t keys[] = {0, 1};
    hr_model_scratch *scratch;
    hr_model_result r;
    onnx_model w = {.ml = 5};
    hr_model *m;

    (void)state;
    onnx_input(&w, "x", ONNX_FLOAT, 2);
    onnx_attr_int(&w, "axis", 1);
    onnx_attr_int(&w, "keepdims", 0);
    onnx_plain(&w, "ArgMax", false, "x", "index");
    onnx_attr_raw(&w, "keys_tensor", ONNX_INT64, keys, 8, 2);
    onnx_attr_tensor_strings(&w, "values_tensor", ONNX_LIST(const char *, "no", "yes"));
    onnx_attr_tensor_strings(&w, "default_tensor", ONNX_LIST(const char *, "?"));
    onnx_plain(&w, "LabelEncoder", true, "index", "label");
    onnx_output(&w, "label");
    m = onnx_load(&w);
    assert_int_equal(hr_model_label_kind(m), HR_MODEL_STRING);
    assert_int_equal(hr_model_class_count(m), 2);
    assert_true(hr_span_eq(hr_model_class_string(m, 1), T("yes")));
    scratch = hr_model_scratch_create(m);
    assert_int_equal(hr_model_eval(m, scratch, columns, 2, &r), HR_OK);
    assert_null(r.scores);
    assert_null(r.label_int);
    assert_true(hr_span_eq(r.label_string[0], T("no")) && hr_span_eq(r.label_string[1], T("yes")));
    assert_int_equal(r.class_index[1], 1);
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
}

static void
lists_that_do_not_fit_are_refused(void **state)
{
    onnx_model w = {0};

    (void)state;
    onnx_input(&w, "s", ONNX_STRING, 1);
    onnx_attr_strings(&w, "keys_strings", ONNX_LIST(const char *, "a", "b"));
    onnx_attr_ints(&w, "values_int64s", ONNX_LIST(int64_t, 1));
    onnx_plain(&w, "LabelEncoder", true, "s", "y");
    onnx_assert_refused(&w, "2 keys for 1 values");
    onnx_input(&w, "s", ONNX_STRING, 1);
    onnx_plain(&w, "LabelEncoder", true, "s", "y");
    onnx_assert_refused(&w, "0 keys");
    onnx_input(&w, "s", ONNX_STRING, 1);
    onnx_attr_strings(&w, "keys_strings", ONNX_LIST(const char *, "a"));
    onnx_attr_ints(&w, "keys_int64s", ONNX_LIST(int64_t, 1));
    onnx_plain(&w, "LabelEncoder", true, "s", "y");
    onnx_assert_refused(&w, "keys is given twice");
    onnx_input(&w, "s", ONNX_FLOAT, 1);
    onnx_attr_strings(&w, "keys_strings", ONNX_LIST(const char *, "a"));
    onnx_attr_ints(&w, "values_int64s", ONNX_LIST(int64_t, 1));
    onnx_plain(&w, "LabelEncoder", true, "s", "y");
    onnx_assert_refused(&w, "input 's' of type float is not supported");
    w.ml = 4;
    onnx_input(&w, "s", ONNX_STRING, 1);
    onnx_attr_strings(&w, "keys_strings", ONNX_LIST(const char *, "a"));
    onnx_attr_ints(&w, "values_int64s", ONNX_LIST(int64_t, 1));
    onnx_attr_tensor_strings(&w, "default_tensor", ONNX_LIST(const char *, "x"));
    onnx_plain(&w, "LabelEncoder", true, "s", "y");
    onnx_assert_refused(&w, "default_tensor does not fit");
}

/* One-hot of `s` over a, b, c, weighed 1, 10, 100: the sum tells the column. */
static hr_model *
onehot_load(int type, bool zeros)
{
    onnx_model w = {0};

    onnx_input(&w, "s", type, 1);
    if (type == ONNX_STRING) {
        onnx_attr_strings(&w, "cats_strings", ONNX_LIST(const char *, "a", "b", "c"));
    } else {
        onnx_attr_ints(&w, "cats_int64s", ONNX_LIST(int64_t, 7, -2, 9));
    }
    onnx_attr_int(&w, "zeros", zeros);
    onnx_plain(&w, "OneHotEncoder", true, "s", "hot");
    onnx_initializer_ints(&w, "shape", ONNX_LIST(int64_t, -1, 3));
    onnx_begin(&w, "Reshape", false);
    onnx_in(&w, "hot");
    onnx_in(&w, "shape");
    onnx_out(&w, "flat");
    onnx_end(&w);
    onnx_attr_floats(&w, "coefficients", ONNX_LIST(float, 1, 10, 100));
    onnx_plain(&w, "LinearRegressor", true, "flat", "y");
    return encode_load(&w, "y");
}

static void
one_hot_sets_one_column_or_none(void **state)
{
    const hr_span rows[] = {T("c"), T("a"), T("d"), T("b")};
    const double wanted[] = {100, 1, 0, 10};
    hr_model_column column = {.kind = HR_MODEL_STRING, .of.string = rows};
    double got[4];
    uint8_t flags[4];

    (void)state;
    for (int zeros = 0; zeros < 2; zeros++) {
        hr_model *m = onehot_load(ONNX_STRING, zeros);

        encode_eval(m, &column, 4, got, flags);
        for (size_t i = 0; i < 4; i++) {
            assert_true(got[i] == wanted[i]);
            assert_int_equal(flags[i], wanted[i] > 0 ? 0
                                       : zeros       ? HR_MODEL_UNSEEN
                                                     : HR_MODEL_UNSEEN | HR_MODEL_UNUSABLE);
        }
        assert_false(hr_model_input_known(m, 0, T("d")));
        hr_model_unref(m);
    }
}

static void
one_hot_takes_numbers_cut_to_whole_ones(void **state)
{
    const double rows[] = {7.9, -2, 8, NAN, 1e300};
    const double wanted[] = {1, 10, 0, 0, 0};
    const uint8_t flag[] = {0, 0, HR_MODEL_UNSEEN, HR_MODEL_MISSING, HR_MODEL_UNSEEN};
    hr_model_column column = {.kind = HR_MODEL_DOUBLE, .of.real = rows};
    hr_model *m = onehot_load(ONNX_DOUBLE, true);
    double got[5];
    uint8_t flags[5];

    (void)state;
    encode_eval(m, &column, 5, got, flags);
    for (size_t i = 0; i < 5; i++) {
        assert_true(got[i] == wanted[i]);
        assert_int_equal(flags[i], flag[i]);
    }
    hr_model_unref(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_become_numbers_and_unknown_ones_the_default),
        cmocka_unit_test(a_key_may_hold_a_nul),
        cmocka_unit_test(the_default_is_minus_one_and_the_first_of_equal_keys_counts),
        cmocka_unit_test(a_missing_text_is_missing_and_not_unseen),
        cmocka_unit_test(numbers_can_be_keys),
        cmocka_unit_test(nan_is_a_key_from_version_4_on),
        cmocka_unit_test(version_1_counts_places_both_ways),
        cmocka_unit_test(labels_are_renamed_by_an_encoder_behind),
        cmocka_unit_test(lists_that_do_not_fit_are_refused),
        cmocka_unit_test(one_hot_sets_one_column_or_none),
        cmocka_unit_test(one_hot_takes_numbers_cut_to_whole_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
