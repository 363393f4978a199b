/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "hr_test.h"

#define FIELDS                                                                                     \
    "{\"name\": \"delay\", \"type\": [\"null\", \"double\"]}, {\"name\": \"on\", \"type\": "       \
    "\"boolean\"}"

static void
records_go_on_where_the_condition_holds(void **unused)
{
    driver *d = driver_new();

    (void)unused;
    if (!driver_load_steps(d, FIELDS,
                           "steps:\n"
                           "  last:\n"
                           "    from: in\n"
                           "    filter: 'delay > 15.0 && on'\n")) {
        fail_msg("%s", driver_diag(d));
    }
    driver_expect(d,
                  "{\"delay\":15.0,\"on\":true}\n{\"delay\":15.5,\"on\":true}\n"
                  "{\"delay\":99,\"on\":false}\n{\"delay\":16,\"on\":true}\n",
                  "out: {\"delay\":15.5,\"on\":true}\nout: {\"delay\":16,\"on\":true}\n");
    driver_free(d);
}

static void
a_condition_without_an_answer_is_a_failure(void **unused)
{
    driver *d = driver_new();

    (void)unused;
    if (!driver_load_steps(d, FIELDS,
                           "steps:\n"
                           "  last:\n"
                           "    from: in\n"
                           "    on_error: fail\n"
                           "    filter: {condition: 'delay > 15.0'}\n")) {
        fail_msg("%s", driver_diag(d));
    }
    driver_expect(d, "{\"on\":true}\n{\"on\":true,\"delay\":20}\n",
                  "last failed k0: expression: field is null or missing (fail)\n"
                  "out: {\"on\":true,\"delay\":20}\n");
    driver_free(d);
}

static void
a_null_condition_is_a_failure(void **unused)
{
    driver *d = driver_new();

    (void)unused;
    if (!driver_load_steps(d, "{\"name\": \"on\", \"type\": [\"null\", \"boolean\"]}",
                           "steps:\n"
                           "  last:\n"
                           "    from: in\n"
                           "    filter: 'on'\n")) {
        fail_msg("%s", driver_diag(d));
    }
    driver_expect(d, "{\"on\":null}\n{\"on\":true}\n{\"on\":false}\n",
                  "last failed k0: expression: condition is null (dead_letter)\n"
                  "out: {\"on\":true}\n");
    driver_free(d);
}

static void
a_condition_that_is_not_a_bool_is_an_error_of_check(void **unused)
{
    driver *d = driver_new();

    (void)unused;
    assert_false(driver_load_steps(d, FIELDS,
                                   "steps:\n"
                                   "  last:\n"
                                   "    from: in\n"
                                   "    filter: 'delay'\n"));
    assert_has_text(driver_diag(d), "topology.yaml:11:13: error[type]: a condition is true or "
                                    "false, and this is double");
    driver_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_go_on_where_the_condition_holds),
        cmocka_unit_test(a_condition_without_an_answer_is_a_failure),
        cmocka_unit_test(a_null_condition_is_a_failure),
        cmocka_unit_test(a_condition_that_is_not_a_bool_is_an_error_of_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
