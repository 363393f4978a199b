/* predict on the flight-delay model.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_walk.h"
#include "driver.h"
#include "hr_operator.h"
#include "hr_test.h"
#include "onnx_writer.h"
#include "state/snapshot.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT(name) "{\"name\": \"" name "\", \"type\": \"string\"}"
#define REAL(name) "{\"name\": \"" name "\", \"type\": \"double\"}"
#define WHOLE(name) "{\"name\": \"" name "\", \"type\": \"int\"}"
#define NULLABLE(name) "{\"name\": \"" name "\", \"type\": [\"null\", \"double\"]}"
#define TEXTS TEXT("Carrier") ", " TEXT("Origin") ", " TEXT("Dest") ", " TEXT("Route")
#define DAYS WHOLE("DayOfMonth") ", " WHOLE("DayOfWeek") ", " WHOLE("DayOfYear")
#define FIELDS TEXTS ", " DAYS ", " REAL("DepDelay") ", " REAL("Distance")
#define RECORD(carrier, delay)                                                                     \
    "{\"Carrier\":\"" carrier "\",\"Origin\":\"JFK\",\"Dest\":\"MIA\",\"Route\":\"JFK-MIA\","      \
    "\"DayOfMonth\":1,\"DayOfWeek\":5,\"DayOfYear\":305,\"DepDelay\":" delay                       \
    ",\"Distance\":1089}\n"

static driver *
driver_with_model(void)
{
    driver *d = driver_new();

    driver_copy(d, "m.onnx", "topologies/flight_delay/models/flight_delay.onnx");
    return d;
}

/* A topology whose only step predicts with these options. */
static driver *
driver_with(const char *fields, const char *options)
{
    driver *d = driver_with_model();
    char steps[1024];

    snprintf(steps, sizeof steps, "steps:\n  last:\n    from: in\n    predict: {%s}\n", options);
    if (!driver_load_steps(d, fields, steps)) {
        fail_msg("%s", driver_diag(d));
    }
    return d;
}

static void
expect_text(driver *d, const char *json, const char *part)
{
    char *text = driver_run(d, json, 1024);

    assert_has_text(text, part);
    free(text);
}

static void
a_record_gets_label_scores_and_version(void **unused)
{
    driver *d =
        driver_with(FIELDS, "model: m.onnx, output: {class: label, p: scores, by: version}");
    char *text = driver_run(d, RECORD("AA", "-5") RECORD("AA", "180.5"), 1024);

    (void)unused;
    assert_has_text(text, "\"class\":3,\"p\":[");
    assert_has_text(text, "\"Distance\":1089,\"class\":0,\"p\":[");
    assert_has_text(text, "\"by\":\"");
    free(text);
    driver_free(d);
}

/* Scores are floats: they are written as such, and still sum to 1. */
static void
scores_are_a_list_of_short_numbers(void **unused)
{
    driver *d = driver_with(FIELDS, "model: m.onnx, output: {p: scores}");
    char *text = driver_run(d, RECORD("AA", "3"), 1), *list = strstr(text, "[");
    hr_json_iter iter;
    hr_json_member member;
    double sum = 0;
    int n = 0;

    (void)unused;
    assert_non_null(list);
    assert_true(hr_json_iter_init(
        &iter, (hr_span){(uint8_t *)list, (size_t)(strchr(list, ']') - list) + 1}));
    while (hr_json_next(&iter, &member) == 1) {
        double score;

        assert_true(hr_json_double(member.raw, &score));
        assert_in_range(member.raw.len, 1, 11);
        sum += score;
        n++;
    }
    assert_int_equal(n, 4);
    assert_true(sum > 0.99999 && sum < 1.00001);
    free(text);
    driver_free(d);
}

static void
unseen_values_go_by_the_policy(void **unused)
{
    driver *d = driver_with(FIELDS, "model: m.onnx, output: {class: label}");
    const hr_op_type *type = driver_topology(d)->steps[0].type;

    (void)unused;
    expect_text(d, RECORD("??", "3"), "\"class\":"); /* the model declares unknown_code */
    assert_non_null(type->metrics);
    driver_free(d);
    d = driver_with(FIELDS, "model: m.onnx, output: {class: label}, on_unseen: dead_letter");
    driver_expect(d, RECORD("??", "3"),
                  "last failed k0: category-unseen: the model has not seen this value of 'Carrier' "
                  "(dead_letter)\n");
    driver_free(d);
    d = driver_with(FIELDS, "model: m.onnx, output: {class: label, p: scores, by: version}, "
                            "on_unseen: set_null");
    expect_text(d, RECORD("??", "3"), "\"class\":null,\"p\":null,\"by\":\"");
    driver_free(d);
}

static void
count_unseen(void *ctx, const hr_metric_desc *metric, const char *const *labels, double n)
{
    double *total = ctx;

    if (strcmp(metric->name, "predict_unseen_total") == 0 && strcmp(labels[0], "Carrier") == 0) {
        assert_string_equal(metric->labels, "input");
        *total += n;
    }
}

static void
see_model(void *ctx, const hr_metric_desc *metric, const char *const *labels, double n)
{
    if (strcmp(metric->name, "model_info") == 0) {
        assert_string_equal(labels[0], "m");
        assert_int_equal(strlen(labels[1]), HR_MODEL_VERSION_LEN);
        assert_true(n == 1);
        ++*(int *)ctx;
    }
}

static void
unseen_values_are_counted_by_input_and_the_model_is_named(void **unused)
{
    driver *d = driver_with(FIELDS, "model: m.onnx, output: {class: label}");
    const hr_node *node = &driver_topology(d)->steps[0];
    const hr_op_type *type = node->type;
    double total = 0;
    int models = 0;

    (void)unused;
    free(driver_run(d, RECORD("??", "3") RECORD("AA", "3") RECORD("!!", "3"), 2));
    type->metrics(node, node->shared, count_unseen, &total);
    assert_true(total == 2);
    type->metrics(node, node->shared, see_model, &models);
    assert_int_equal(models, 1);
    driver_free(d);
}

static void
missing_values_do_not_reach_a_model_that_was_not_trained_for_them(void **unused)
{
    static const char fields[] = TEXTS ", " DAYS ", " NULLABLE("DepDelay") ", " REAL("Distance");
    driver *d = driver_with(fields, "model: m.onnx, output: {class: label}");

    (void)unused;
    driver_expect(d, RECORD("AA", "null"),
                  "last failed k0: input-missing: the model's input 'DepDelay' has no value "
                  "(dead_letter)\n");
    driver_free(d);
    d = driver_with(fields, "model: m.onnx, output: {class: label}, on_missing: set_null");
    expect_text(d, RECORD("AA", "null"), "\"class\":null");
    driver_free(d);
    d = driver_with_model();
    assert_false(driver_load_steps(d, fields,
                                   "steps:\n  last:\n    from: in\n    predict: {model: m.onnx, "
                                   "output: {class: label}, on_missing: model_default}\n"));
    assert_has_text(driver_diag(d), "'DepDelay' may be null, and the model was not trained with "
                                    "missing numbers");
    driver_free(d);
}

static void
expect_error(const char *fields, const char *options, const char *text, const char *hint)
{
    driver *d = driver_with_model();
    char steps[1024];

    snprintf(steps, sizeof steps, "steps:\n  last:\n    from: in\n    predict: {%s}\n", options);
    assert_false(driver_load_steps(d, fields, steps));
    if (hr_diag_errors(driver_topology(d)->diag) != 1) {
        fail_msg("%s", driver_diag(d));
    }
    assert_has_text(driver_diag(d), text);
    assert_has_text(driver_diag(d), hint);
    driver_free(d);
}

static void
an_input_that_nothing_feeds_is_an_error_of_check(void **unused)
{
    (void)unused;
    expect_error(TEXTS ", " DAYS ", " REAL("Distance"), "model: m.onnx, output: {class: label}",
                 "topology.yaml:11:22: error[model-input]: no field feeds the model's input "
                 "'DepDelay'",
                 "the model wants ");
    expect_error(TEXT("Carrier") ", " DAYS ", " REAL("Distance") ", " REAL("DepDelay"),
                 "model: m.onnx, output: {class: label}", "no field feeds the model's inputs ",
                 "'Route'");
    expect_error(FIELDS, "model: m.onnx, output: {class: label}, inputs: {Carier: Carrier}",
                 "the model has no input 'Carier'", "did you mean 'Carrier'?");
    expect_error(FIELDS, "model: m.onnx, output: {class: label}, inputs: {Carrier: Carier}",
                 "there is no field 'Carier'", "did you mean 'Carrier'?");
    expect_error(FIELDS,
                 "model: m.onnx, output: {class: label}, inputs: {Carrier: 'Carrier, Dest'}",
                 "the model's input 'Carrier' takes 1 field, and 2 are named", "Carrier, Dest");
}

static void
a_field_of_the_wrong_type_is_an_error_of_check(void **unused)
{
    (void)unused;
    expect_error(TEXTS ", " DAYS ", " TEXT("DepDelay") ", " REAL("Distance"),
                 "model: m.onnx, output: {class: label}",
                 "the model's input 'DepDelay' wants float and the field is string", "inputs:");
    expect_error(FIELDS, "model: m.onnx, output: {class: label}, inputs: {Carrier: DepDelay}",
                 "the model's input 'Carrier' wants string, and the field 'DepDelay' is double",
                 "derive a field of that type");
    expect_error(NULL, "model: m.onnx, output: {class: label}", "the field is any",
                 "the model wants");
}

static void
outputs_are_what_the_model_makes(void **unused)
{
    (void)unused;
    expect_error(FIELDS, "model: m.onnx, output: {class: lable}",
                 "'lable' is nothing that a model "
                 "makes",
                 "did you mean 'label'?");
    expect_error(FIELDS, "model: m.onnx, output: {v: value}",
                 "the model is a classifier and makes no value", "it makes label, scores");
}

static void
a_file_that_is_no_model_is_an_error_of_check(void **unused)
{
    (void)unused;
    expect_error(FIELDS, "model: in.avsc, output: {class: label}",
                 "topology.yaml:11:22: error[model]", "in.avsc");
}

static void
inputs_can_have_other_names(void **unused)
{
    static const char fields[] = TEXT("airline") ", " TEXT("Origin") ", " TEXT("Dest") ", " TEXT(
        "Route") ", " DAYS ", " REAL("DepDelay") ", " REAL("Distance");
    driver *d =
        driver_with(fields, "model: m.onnx, inputs: {Carrier: airline}, output: {c: label}");

    (void)unused;
    expect_text(d,
                "{\"airline\":\"AA\",\"Origin\":\"JFK\",\"Dest\":\"MIA\",\"Route\":\"JFK-MIA\","
                "\"DayOfMonth\":1,\"DayOfWeek\":5,\"DayOfYear\":305,\"DepDelay\":180,"
                "\"Distance\":1089}\n",
                "\"c\":3");
    driver_free(d);
}

static void
describe_says_where_each_input_comes_from(void **unused)
{
    driver *d = driver_with_model();
    const hr_node *node;
    const hr_op_type *type;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)unused;
    if (!driver_load_steps(d, TEXTS ", " DAYS ", " REAL("DepDelay") ", " REAL("miles"),
                           "steps:\n  made:\n    from: in\n    derive: {Distance: 'miles * 1.0'}\n"
                           "  other:\n    from: made\n    derive: {x: '1'}\n"
                           "  last:\n    from: other\n    predict: {model: m.onnx, output: {c: "
                           "label}}\n")) {
        fail_msg("%s", driver_diag(d));
    }
    node = hr_topology_find(driver_topology(d), HR_NODE_STEP, "last");
    type = node->type;
    type->describe(node, out);
    fclose(out);
    assert_has_text(text, "Distance (float) <- Distance, made by the step made (derive)\n");
    assert_has_text(text, "Carrier (string) <- Carrier, of the source in\n");
    assert_has_text(text, "golden rows agree");
    assert_has_text(text, "unseen value: model_default; missing value: dead_letter\n");
    free(text);
    driver_free(d);
}

/* A look each few milliseconds stands for the runtime's; two of them see a file that stands still.
 */
static int
reload(hr_node *node, hr_error *err)
{
    const hr_op_type *type = node->type;
    int rc = type->reload(node, node->shared, err);

    return rc == HR_OK ? type->reload(node, node->shared, err) : rc;
}

static void
a_changed_model_is_taken_and_a_broken_one_is_not(void **unused)
{
    driver *d = driver_with(FIELDS, "model: m.onnx, output: {class: label}, reload: on-change");
    hr_node *node = &driver_topology(d)->steps[0];
    hr_cell *cell = node->shared; /* its first member */
    hr_snapshot *first = cell->current;
    hr_error err = {0};

    (void)unused;
    assert_int_equal(reload(node, &err), HR_OK);
    assert_ptr_equal(cell->current, first);
    driver_file(d, "m.onnx", "no model at all");
    assert_int_equal(reload(node, &err), HR_ECONFIG);
    assert_ptr_equal(cell->current, first);
    expect_text(d, RECORD("AA", "180.5"), "\"class\":3");
    assert_int_equal(reload(node, &err), HR_OK); /* told once */
    driver_copy(d, "m.onnx", "topologies/flight_delay/models/flight_delay.onnx");
    assert_int_equal(reload(node, &err), HR_OK);
    assert_ptr_not_equal(cell->current, first);
    expect_text(d, RECORD("AA", "180.5"), "\"class\":3");
    driver_free(d);
}

static void
a_model_is_not_looked_at_again_without_being_asked(void **unused)
{
    driver *d = driver_with(FIELDS, "model: m.onnx, output: {class: label}");
    hr_node *node = &driver_topology(d)->steps[0];
    hr_error err = {0};

    (void)unused;
    driver_file(d, "m.onnx", "no model at all");
    assert_int_equal(reload(node, &err), HR_OK);
    driver_free(d);
}

/* Writes m.onnx: y = 0.5 a + 0.25 b + 0.1 c over one matrix, without golden rows. */
static void
write_regressor(driver *d, size_t width)
{
    onnx_model m = {0};
    hr_span file;

    onnx_input(&m, "X", ONNX_FLOAT, width);
    onnx_begin(&m, "LinearRegressor", true);
    onnx_in(&m, "X");
    onnx_out(&m, "y");
    onnx_attr_floats(&m, "coefficients", (float[]){0.5f, 0.25f, 0.1f}, width);
    onnx_end(&m);
    onnx_output(&m, "y");
    file = onnx_finish(&m);
    driver_bytes(d, "m.onnx", file.data, file.len);
    onnx_free(&m);
}

#define THREE REAL("a") ", " REAL("b") ", " WHOLE("c")
#define LINEAR "steps:\n  last:\n    from: in\n    predict: {model: m.onnx, reload: on-change, "

static void
a_regressor_takes_a_matrix_and_makes_a_value(void **unused)
{
    driver *d = driver_new();

    (void)unused;
    write_regressor(d, 3);
    if (!driver_load_steps(d, THREE, LINEAR "inputs: {X: 'a, b, c'}, output: {y: value}}\n")) {
        fail_msg("%s", driver_diag(d));
    }
    assert_has_text(driver_diag(d), "warning[no-golden-rows]: the model has no golden rows");
    driver_expect(d, "{\"a\":2,\"b\":4,\"c\":1}\n{\"a\":0,\"b\":0,\"c\":3}\n",
                  "out: {\"a\":2,\"b\":4,\"c\":1,\"y\":2.1}\n"
                  "out: {\"a\":0,\"b\":0,\"c\":3,\"y\":0.3}\n");
    assert_false(driver_load_steps(d, THREE, LINEAR "inputs: {X: 'a, b'}, output: {y: value}}\n"));
    assert_has_text(driver_diag(d), "the model's input 'X' takes 3 fields, and 2 are named");
    assert_false(driver_load_steps(d, THREE, LINEAR "output: {y: value}}\n"));
    assert_has_text(driver_diag(d), "the model wants X float[3]");
    assert_false(
        driver_load_steps(d, THREE, LINEAR "inputs: {X: 'a, b, c'}, output: {y: label}}\n"));
    assert_has_text(driver_diag(d), "the model is a regressor and makes no label");
    driver_free(d);
}

static void
a_value_that_is_not_finite_fails_its_row(void **unused)
{
    driver *d = driver_new();

    (void)unused;
    write_regressor(d, 3);
    if (!driver_load_steps(d, THREE, LINEAR "inputs: {X: 'a, b, c'}, output: {y: value}}\n")) {
        fail_msg("%s", driver_diag(d));
    }
    driver_expect(d, "{\"a\":1e300,\"b\":0,\"c\":0}\n",
                  "last failed k0: predict: the model's answer cannot be held (dead_letter)\n");
    driver_free(d);
}

static void
a_model_with_other_inputs_is_not_taken_while_running(void **unused)
{
    driver *d = driver_new();
    hr_error err = {0};

    (void)unused;
    write_regressor(d, 3);
    if (!driver_load_steps(d, THREE, LINEAR "inputs: {X: 'a, b, c'}, output: {y: value}}\n")) {
        fail_msg("%s", driver_diag(d));
    }
    write_regressor(d, 2);
    assert_int_equal(reload(&driver_topology(d)->steps[0], &err), HR_ECONFIG);
    assert_has_text(err.msg, "its inputs or outputs differ");
    driver_expect(d, "{\"a\":2,\"b\":4,\"c\":1}\n", "out: {\"a\":2,\"b\":4,\"c\":1,\"y\":2.1}\n");
    driver_free(d);
}

/* Where rows or values lack, the model reads copies of the columns; where all are there, the
 * columns themselves. */
static void
an_answer_does_not_depend_on_what_lacks_beside_it(void **unused)
{
    static const char fields[] = TEXTS ", " DAYS ", " NULLABLE("DepDelay") ", " REAL("Distance");
    static const char *const filters[] = {"true", "DayOfMonth > 0 && Carrier != \"B6\""};
    static const char *const batches[] = {"7", "null"};
    char steps[512], json[8192], *one, *many;

    (void)unused;
    for (size_t i = 0; i < 4; i++) {
        driver *d = driver_with_model();
        size_t len = 0;

        snprintf(steps, sizeof steps,
                 "steps:\n  some:\n    from: in\n    filter: '%s'\n  last:\n    from: some\n"
                 "    predict: {model: m.onnx, output: {class: label, p: scores}, on_missing: "
                 "set_null}\n",
                 filters[i % 2]);
        if (!driver_load_steps(d, fields, steps)) {
            fail_msg("%s", driver_diag(d));
        }
        for (int k = 0; k < 5; k++) {
            len += (size_t)snprintf(json + len, sizeof json - len,
                                    RECORD("AA", "%d") RECORD("B6", "180.5") RECORD("UA", "%s")
                                        RECORD("??", "-3"),
                                    40 * k, batches[i / 2]);
        }
        one = driver_run(d, json, 1);
        many = driver_run(d, json, 1024);
        assert_string_equal(one, many);
        assert_has_text(many, "\"class\":0,\"p\":[");
        free(one);
        free(many);
        driver_free(d);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_gets_label_scores_and_version),
        cmocka_unit_test(scores_are_a_list_of_short_numbers),
        cmocka_unit_test(unseen_values_go_by_the_policy),
        cmocka_unit_test(unseen_values_are_counted_by_input_and_the_model_is_named),
        cmocka_unit_test(missing_values_do_not_reach_a_model_that_was_not_trained_for_them),
        cmocka_unit_test(an_answer_does_not_depend_on_what_lacks_beside_it),
        cmocka_unit_test(an_input_that_nothing_feeds_is_an_error_of_check),
        cmocka_unit_test(a_field_of_the_wrong_type_is_an_error_of_check),
        cmocka_unit_test(outputs_are_what_the_model_makes),
        cmocka_unit_test(a_file_that_is_no_model_is_an_error_of_check),
        cmocka_unit_test(inputs_can_have_other_names),
        cmocka_unit_test(describe_says_where_each_input_comes_from),
        cmocka_unit_test(a_changed_model_is_taken_and_a_broken_one_is_not),
        cmocka_unit_test(a_regressor_takes_a_matrix_and_makes_a_value),
        cmocka_unit_test(a_value_that_is_not_finite_fails_its_row),
        cmocka_unit_test(a_model_with_other_inputs_is_not_taken_while_running),
        cmocka_unit_test(a_model_is_not_looked_at_again_without_being_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
