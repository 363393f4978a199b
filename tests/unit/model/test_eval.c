/* Columns in, columns out: missing values, flags, kinds, tiles, and what a task may rely on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "onnx_writer.h"

#include <math.h>
#include <stdlib.h>

/* y = x + 10 * code(s), s known: "a" (1). Inputs x float, s string. */
static hr_model *
mixed_load(void)
{
    onnx_model w = {0};

    onnx_input(&w, "x", ONNX_FLOAT, 1);
    onnx_input(&w, "s", ONNX_STRING, 1);
    onnx_attr_strings(&w, "keys_strings", ONNX_LIST(const char *, "a"));
    onnx_attr_floats(&w, "values_floats", ONNX_LIST(float, 1));
    onnx_attr_float(&w, "default_float", -1);
    onnx_plain(&w, "LabelEncoder", true, "s", "code");
    onnx_begin(&w, "Concat", false);
    onnx_in(&w, "x");
    onnx_in(&w, "code");
    onnx_out(&w, "all");
    onnx_attr_int(&w, "axis", 1);
    onnx_end(&w);
    onnx_attr_floats(&w, "coefficients", ONNX_LIST(float, 1, 10));
    onnx_plain(&w, "LinearRegressor", true, "all", "y");
    onnx_output(&w, "y");
    return onnx_load(&w);
}

static uint8_t
flag_at(const hr_model_result *r, size_t column, size_t row)
{
    return r->flags[column * HR_MODEL_ROWS_MAX + row];
}

static void
flags_say_which_value_was_missing_or_unseen(void **state)
{
    const double x[] = {1, 2, NAN, 4};
    const uint8_t x_missing[] = {0, 1, 0, 0};
    const hr_span s[] = {HR_SPAN_LIT("a"), HR_SPAN_LIT("b"), HR_SPAN_LIT("a"), {NULL, 0}};
    const uint8_t s_missing[] = {0, 0, 0, 1};
    const hr_model_column columns[] = {
        {.kind = HR_MODEL_DOUBLE, .of.real = x, .missing = x_missing},
        {.kind = HR_MODEL_STRING, .of.string = s, .missing = s_missing},
    };
    hr_model *m = mixed_load();
    hr_model_scratch *scratch = hr_model_scratch_create(m);
    hr_model_result r;

    (void)state;
    assert_int_equal(hr_model_eval(m, scratch, columns, 4, &r), HR_OK);
    assert_true(r.value[0] == 11 && isnan(r.value[1]) && isnan(r.value[2]) && r.value[3] == -6);
    assert_int_equal(r.row_flags[0], 0);
    assert_int_equal(r.row_flags[1], HR_MODEL_MISSING | HR_MODEL_UNSEEN);
    assert_int_equal(flag_at(&r, 0, 1), HR_MODEL_MISSING);
    assert_int_equal(flag_at(&r, 1, 1), HR_MODEL_UNSEEN);
    assert_int_equal(flag_at(&r, 0, 2), HR_MODEL_MISSING);
    assert_int_equal(flag_at(&r, 0, 3), 0);
    assert_int_equal(flag_at(&r, 1, 3), HR_MODEL_MISSING);
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
}

static void
flags_do_not_outlive_their_rows(void **state)
{
    const double bad[] = {NAN, NAN}, good[] = {1, 2};
    const hr_span s[] = {HR_SPAN_LIT("?"), HR_SPAN_LIT("?")},
                  known[] = {HR_SPAN_LIT("a"), HR_SPAN_LIT("a")};
    hr_model_column columns[] = {{.kind = HR_MODEL_DOUBLE, .of.real = bad},
                                 {.kind = HR_MODEL_STRING, .of.string = s}};
    hr_model *m = mixed_load();
    hr_model_scratch *scratch = hr_model_scratch_create(m);
    hr_model_result r;

    (void)state;
    assert_int_equal(hr_model_eval(m, scratch, columns, 2, &r), HR_OK);
    assert_int_not_equal(r.row_flags[1], 0);
    columns[0].of.real = good;
    columns[1].of.string = known;
    assert_int_equal(hr_model_eval(m, scratch, columns, 1, &r), HR_OK);
    assert_int_equal(hr_model_eval(m, scratch, columns, 2, &r), HR_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(r.row_flags[i] | flag_at(&r, 0, i) | flag_at(&r, 1, i), 0);
    }
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
}

static void
an_int64_goes_to_float_in_one_rounding(void **state)
{
    /* rounded to double first it would be a tie, and go down */
    const int64_t x[] = {(INT64_C(1) << 60) + (INT64_C(1) << 36) + 1};
    const hr_span s[] = {HR_SPAN_LIT("a")};
    const hr_model_column columns[] = {{.kind = HR_MODEL_INT64, .of.integer = x},
                                       {.kind = HR_MODEL_STRING, .of.string = s}};
    hr_model *m = mixed_load();
    hr_model_scratch *scratch = hr_model_scratch_create(m);
    hr_model_result r;

    (void)state;
    assert_int_equal(hr_model_eval(m, scratch, columns, 1, &r), HR_OK);
    assert_true(r.value[0] == (double)((float)x[0] + 10));
    assert_true((float)x[0] == 0x1p60f + 0x1p37f);
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
}

static void
whole_number_inputs_without_a_value_make_the_row_unusable(void **state)
{
    const int64_t x[] = {5, 6, INT64_C(1) << 31, -(INT64_C(1) << 31)};
    const uint8_t missing[] = {0, 1, 0, 0};
    const hr_model_column column = {.kind = HR_MODEL_INT64, .of.integer = x, .missing = missing};
    const uint8_t wanted[] = {0, HR_MODEL_MISSING | HR_MODEL_UNUSABLE, HR_MODEL_UNUSABLE, 0};
    hr_model_scratch *scratch;
    hr_model_result r;
    onnx_model w = {0};
    hr_model *m;

    (void)state;
    onnx_input(&w, "i", ONNX_INT32, 1);
    onnx_attr_floats(&w, "coefficients", ONNX_LIST(float, 1));
    onnx_plain(&w, "LinearRegressor", true, "i", "y");
    onnx_output(&w, "y");
    m = onnx_load(&w);
    scratch = hr_model_scratch_create(m);
    assert_int_equal(hr_model_eval(m, scratch, &column, 4, &r), HR_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(r.row_flags[i], wanted[i]);
    }
    assert_true(r.value[0] == 5 && r.value[3] == -2147483648.0);
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
}

static void
columns_of_a_wrong_kind_and_too_many_rows_are_an_error(void **state)
{
    const double x[] = {1};
    const hr_span s[] = {HR_SPAN_LIT("a")};
    const hr_model_column swapped[] = {{.kind = HR_MODEL_STRING, .of.string = s},
                                       {.kind = HR_MODEL_DOUBLE, .of.real = x}};
    const hr_model_column right[] = {{.kind = HR_MODEL_DOUBLE, .of.real = x},
                                     {.kind = HR_MODEL_STRING, .of.string = s}};
    hr_model *m = mixed_load();
    hr_model_scratch *scratch = hr_model_scratch_create(m);
    hr_model_result r;

    (void)state;
    assert_int_equal(hr_model_eval(m, scratch, swapped, 1, &r), HR_EFATAL);
    assert_int_equal(hr_model_eval(m, scratch, right, HR_MODEL_ROWS_MAX + 1, &r), HR_EFATAL);
    assert_int_equal(hr_model_eval(m, scratch, right, 0, &r), HR_OK);
    assert_int_equal(r.n, 0);
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
}

static void
a_column_feeds_only_what_its_type_can_be_cast_to(void **state)
{
    (void)state;
    assert_true(hr_model_accepts(HR_MODEL_FLOAT, HR_MODEL_DOUBLE));
    assert_true(hr_model_accepts(HR_MODEL_FLOAT, HR_MODEL_INT64));
    assert_true(hr_model_accepts(HR_MODEL_DOUBLE, HR_MODEL_INT64));
    assert_true(hr_model_accepts(HR_MODEL_INT32, HR_MODEL_INT64));
    assert_true(hr_model_accepts(HR_MODEL_BOOL, HR_MODEL_BOOL));
    assert_true(hr_model_accepts(HR_MODEL_STRING, HR_MODEL_STRING));
    assert_false(hr_model_accepts(HR_MODEL_INT64, HR_MODEL_DOUBLE));
    assert_false(hr_model_accepts(HR_MODEL_STRING, HR_MODEL_INT64));
    assert_false(hr_model_accepts(HR_MODEL_FLOAT, HR_MODEL_BOOL));
    assert_false(hr_model_accepts(HR_MODEL_FLOAT, HR_MODEL_STRING));
}

static void
a_plan_of_many_columns_goes_through_in_small_tiles(void **state)
{
    enum { WIDTH = 3000, ROWS = 1024 };
    double *x = calloc(ROWS, sizeof(*x));
    float *ones = calloc(WIDTH, sizeof(*ones));
    hr_model_column *columns = calloc(WIDTH, sizeof(*columns));
    hr_model_scratch *scratch;
    hr_model_result r;
    onnx_model w = {0};
    hr_model *m;

    (void)state;
    for (size_t i = 0; i < WIDTH; i++) {
        ones[i] = 1;
        columns[i] = (hr_model_column){.kind = HR_MODEL_DOUBLE, .of.real = x};
    }
    for (size_t i = 0; i < ROWS; i++) {
        x[i] = (double)i;
    }
    onnx_input(&w, "x", ONNX_FLOAT, WIDTH);
    onnx_attr_floats(&w, "coefficients", ones, WIDTH);
    onnx_plain(&w, "LinearRegressor", true, "x", "y");
    onnx_output(&w, "y");
    m = onnx_load(&w);
    scratch = hr_model_scratch_create(m);
    assert_int_equal(hr_model_eval(m, scratch, columns, ROWS, &r), HR_OK);
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(r.value[i] == (double)i * WIDTH);
    }
    hr_model_scratch_destroy(scratch);
    hr_model_unref(m);
    free(columns);
    free(ones);
    free(x);
}

static void
references_are_counted(void **state)
{
    hr_model *m = mixed_load();

    (void)state;
    assert_ptr_equal(hr_model_ref(m), m);
    hr_model_unref(m);
    assert_int_equal(hr_model_input_count(m), 2); /* still there */
    hr_model_unref(m);
    hr_model_unref(NULL);
    hr_model_scratch_destroy(NULL);
}

static void
the_version_is_a_hash_of_the_bytes(void **state)
{
    hr_model *a = mixed_load(), *b = mixed_load();
    onnx_model w = {0};
    hr_model *c;

    (void)state;
    onnx_input(&w, "x", ONNX_FLOAT, 1);
    onnx_output(&w, "x");
    c = onnx_load(&w);
    assert_string_equal(hr_model_version(a), hr_model_version(b));
    assert_string_not_equal(hr_model_version(a), hr_model_version(c));
    assert_int_equal(strspn(hr_model_version(a), "0123456789abcdef"), HR_MODEL_VERSION_LEN);
    hr_model_unref(a);
    hr_model_unref(b);
    hr_model_unref(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_say_which_value_was_missing_or_unseen),
        cmocka_unit_test(flags_do_not_outlive_their_rows),
        cmocka_unit_test(an_int64_goes_to_float_in_one_rounding),
        cmocka_unit_test(whole_number_inputs_without_a_value_make_the_row_unusable),
        cmocka_unit_test(columns_of_a_wrong_kind_and_too_many_rows_are_an_error),
        cmocka_unit_test(a_column_feeds_only_what_its_type_can_be_cast_to),
        cmocka_unit_test(a_plan_of_many_columns_goes_through_in_small_tiles),
        cmocka_unit_test(references_are_counted),
        cmocka_unit_test(the_version_is_a_hash_of_the_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
