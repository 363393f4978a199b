/* Files of other trainers and exporters (tests/support/models/make_models.py), with their golden
 * rows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"

#include "model/model.h"

#include <stdio.h>

#define GOLDEN_ROWS 80

static int
fixture_load(const char *name, hr_model **m, hr_error *err)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/tests/support/models/%s.onnx", HR_SOURCE_DIR, name);
    return hr_model_load(path, NULL, m, err);
}

static void
what_other_trainers_export_gives_their_answers(void **state)
{
    static const struct {
        const char *name;
        size_t classes; /* 0: a regressor */
    } cases[] = {
        {"extra_trees", 4},        {"hist_boosting_nan", 4}, {"logistic_blocks", 4},
        {"logistic_min_max", 2},   {"lightgbm_4", 4},        {"lightgbm_2_zipmap", 2},
        {"lightgbm_regressor", 0}, {"xgboost_4_nan", 4},     {"xgboost_2", 2},
        {"xgboost_regressor", 0},  {"xgboost_poisson", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        hr_model *m = NULL;
        hr_error err = {0};
        size_t rows = 0;

        if (fixture_load(cases[i].name, &m, &err) != HR_OK) {
            fail_msg("%s", err.msg);
        }
        assert_int_equal(hr_model_golden_check(m, &rows, &err), HR_OK);
        assert_int_equal(rows, GOLDEN_ROWS);
        assert_int_equal(hr_model_class_count(m), cases[i].classes);
        hr_model_unref(m);
    }
}

static void
golden_rows_show_what_an_exporter_got_wrong(void **state)
{
    const char *names[] = {"wrong_forest_nan", "wrong_lightgbm_zero"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        hr_model *m = NULL;
        hr_error err = {0};

        assert_int_equal(fixture_load(names[i], &m, &err), HR_ECONFIG);
        assert_null(m);
        assert_string_equal(err.slug, "golden-rows");
        assert_has_text(err.msg, ".onnx: golden row ");
    }
}

static void
a_trainer_whose_graph_is_not_evaluated_is_refused_by_operator(void **state)
{
    hr_model *m = NULL;
    hr_error err = {0};

    (void)state;
    assert_int_equal(fixture_load("unknown_ada_boost", &m, &err), HR_ECONFIG);
    assert_has_text(err.msg, "unknown_ada_boost.onnx: Shape (node 'Shape')");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_other_trainers_export_gives_their_answers),
        cmocka_unit_test(golden_rows_show_what_an_exporter_got_wrong),
        cmocka_unit_test(a_trainer_whose_graph_is_not_evaluated_is_refused_by_operator),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
