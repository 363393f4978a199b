/* The committed model of the flight topology, whose golden rows hold the trainer's answers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"

#include "model/model.h"

#define FLIGHT_MODEL HR_SOURCE_DIR "/topologies/flight_delay/models/flight_delay.onnx"

static hr_model *
flight_load(void)
{
    hr_model *m = NULL;
    hr_error err = {0};

    if (hr_model_load(FLIGHT_MODEL, NULL, &m, &err) != HR_OK) {
        fail_msg("%s", err.msg);
    }
    return m;
}

static void
the_flight_model_loads_and_all_its_golden_rows_agree(void **state)
{
    hr_model *m = flight_load();
    size_t rows = 0;

    (void)state;
    assert_int_equal(hr_model_golden_check(m, &rows, NULL), HR_OK);
    assert_int_equal(rows, 60);
    hr_model_unref(m);
}

static void
the_flight_model_says_what_it_takes_and_gives(void **state)
{
    hr_model *m = flight_load();
    int carrier = hr_model_input_find(m, "Carrier");
    int delay = hr_model_input_find(m, "DepDelay");

    (void)state;
    assert_int_equal(hr_model_input_count(m), 9);
    assert_int_equal(hr_model_column_count(m), 9);
    assert_int_equal(hr_model_input_at(m, (size_t)carrier)->kind, HR_MODEL_STRING);
    assert_true(hr_model_input_at(m, (size_t)carrier)->categorical);
    assert_int_equal(hr_model_input_at(m, (size_t)delay)->kind, HR_MODEL_FLOAT);
    assert_false(hr_model_input_at(m, (size_t)delay)->categorical);
    assert_int_equal(hr_model_input_find(m, "carrier"), -1);
    assert_true(hr_model_is_classifier(m));
    assert_int_equal(hr_model_label_kind(m), HR_MODEL_INT64);
    assert_int_equal(hr_model_class_count(m), 4);
    assert_int_equal(hr_model_class_int(m, 3), 3);
    assert_string_equal(hr_model_class_name(m, 3), "30+ late");
    assert_true(hr_model_scores_are_float(m));
    assert_true(hr_model_has_unknown_code(m));
    assert_false(hr_model_trained_with_nan(m));
    assert_int_equal(hr_model_tree_count(m), 20);
    assert_int_equal(strlen(hr_model_version(m)), HR_MODEL_VERSION_LEN);
    hr_model_unref(m);
}

static void
a_carrier_is_known_only_byte_by_byte(void **state)
{
    hr_model *m = flight_load();
    size_t carrier = (size_t)hr_model_input_find(m, "Carrier");

    (void)state;
    assert_true(hr_model_input_known(m, carrier, HR_SPAN_LIT("AA")));
    assert_false(hr_model_input_known(m, carrier, HR_SPAN_LIT("aa")));
    assert_false(hr_model_input_known(m, carrier, HR_SPAN_LIT("AA ")));
    assert_false(hr_model_input_known(m, carrier, HR_SPAN_LIT("")));
    assert_false(hr_model_input_known(m, carrier, HR_SPAN_LIT("AA\0")));
    hr_model_unref(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_flight_model_loads_and_all_its_golden_rows_agree),
        cmocka_unit_test(the_flight_model_says_what_it_takes_and_gives),
        cmocka_unit_test(a_carrier_is_known_only_byte_by_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
