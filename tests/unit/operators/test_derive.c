/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "hr_test.h"

#include <stdlib.h>

#define FIELDS                                                                                     \
    "{\"name\": \"a\", \"type\": \"long\"}, {\"name\": \"b\", \"type\": [\"null\", \"long\"]},"    \
    "{\"name\": \"s\", \"type\": \"string\"}"

static void
an_entry_sees_the_ones_before_it_and_overwrites_fields(void **unused)
{
    driver *d = driver_new();

    (void)unused;
    if (!driver_load_steps(d, FIELDS,
                           "steps:\n"
                           "  last:\n"
                           "    from: in\n"
                           "    derive:\n"
                           "      twice: 'a * 2'\n"
                           "      a: 'twice + 1'\n"
                           "      text: 's + \"-\" + s'\n")) {
        fail_msg("%s", driver_diag(d));
    }
    driver_expect(d, "{\"a\":1,\"b\":2,\"s\":\"x\"}\n{\"a\":10,\"s\":\"\\u00e9\",\"b\":null}\n",
                  "out: {\"a\":3,\"b\":2,\"s\":\"x\",\"twice\":2,\"text\":\"x-x\"}\n"
                  "out: {\"a\":21,\"s\":\"\\u00e9\",\"b\":null,\"twice\":20,\"text\":\"é-é\"}\n");
    driver_free(d);
}

static void
an_error_fails_its_row_and_names_the_field(void **unused)
{
    driver *d = driver_new();
    char *text;

    (void)unused;
    if (!driver_load_steps(d, FIELDS,
                           "steps:\n"
                           "  last:\n"
                           "    from: in\n"
                           "    on_error: skip\n"
                           "    derive: {x: '10 / a', y: 'x + 1'}\n")) {
        fail_msg("%s", driver_diag(d));
    }
    driver_expect(d, "{\"a\":5,\"s\":\"\"}\n{\"a\":0,\"s\":\"\"}\n{\"a\":2,\"s\":\"\"}\n",
                  "out: {\"a\":5,\"s\":\"\",\"x\":2,\"y\":3}\n"
                  "last failed k1: expression: x: division by zero (skip)\n"
                  "out: {\"a\":2,\"s\":\"\",\"x\":5,\"y\":6}\n");
    text = driver_run(d, "{\"a\":9223372036854775807,\"s\":\"\"}\n", 1);
    assert_string_equal(text, "out: {\"a\":9223372036854775807,\"s\":\"\",\"x\":0,\"y\":1}\n");
    free(text);
    driver_free(d);
}

static void
null_in_arithmetic_is_a_failure_and_a_plain_null_is_null(void **unused)
{
    driver *d = driver_new();

    (void)unused;
    if (!driver_load_steps(d, FIELDS,
                           "steps:\n"
                           "  copy:\n"
                           "    from: in\n"
                           "    derive: {c: b}\n"
                           "  last:\n"
                           "    from: copy\n"
                           "    derive: {d: 'c + 1'}\n")) {
        fail_msg("%s", driver_diag(d));
    }
    driver_expect(d, "{\"a\":1,\"b\":2,\"s\":\"\"}\n{\"a\":1,\"b\":null,\"s\":\"\"}\n",
                  "out: {\"a\":1,\"b\":2,\"s\":\"\",\"c\":2,\"d\":3}\n"
                  "last failed k1: expression: d: field is null or missing (dead_letter)\n");
    driver_free(d);
}

static void
each_wrong_entry_is_one_error_and_its_readers_stay_silent(void **unused)
{
    driver *d = driver_new();

    (void)unused;
    assert_false(driver_load_steps(d, FIELDS,
                                   "steps:\n"
                                   "  first:\n"
                                   "    from: in\n"
                                   "    derive:\n"
                                   "      x: 'aa + 1'\n"
                                   "      y: 'a + s'\n"
                                   "      z: 'x + y'\n"
                                   "  last:\n"
                                   "    from: first\n"
                                   "    derive: {w: 'x + 1'}\n"));
    assert_int_equal(hr_diag_errors(driver_topology(d)->diag), 2);
    assert_has_text(driver_diag(d), "topology.yaml:12:11: error[unknown-field]");
    assert_has_text(driver_diag(d), "'aa'");
    assert_has_text(driver_diag(d), "topology.yaml:13:13: error[type-mismatch]");
    driver_free(d);
}

static void
a_name_that_no_expression_could_read_is_refused(void **unused)
{
    driver *d = driver_new();

    (void)unused;
    assert_false(driver_load_steps(d, FIELDS,
                                   "steps:\n"
                                   "  last:\n"
                                   "    from: in\n"
                                   "    derive: {flight-no: 'a + 1'}\n"));
    assert_has_text(driver_diag(d), "'flight-no' cannot be the name of a field");
    driver_free(d);
}

/* A date and its day are kept from one row to the next. */
static void
a_date_does_not_depend_on_the_row_before(void **unused)
{
    driver *d = driver_new();

    (void)unused;
    if (!driver_load_steps(d, FIELDS,
                           "steps:\n"
                           "  last:\n"
                           "    from: in\n"
                           "    derive:\n"
                           "      y: 'date(s).getFullYear()'\n"
                           "      m: 'date(s).getMonth()'\n"
                           "      d: 'date(s).getDate()'\n"
                           "      n: 'date(s).getDayOfYear()'\n")) {
        fail_msg("%s", driver_diag(d));
    }
    driver_expect(d,
                  "{\"a\":1,\"s\":\"2013-02-28\"}\n{\"a\":2,\"s\":\"2013-02-28\"}\n"
                  "{\"a\":3,\"s\":\"2013-02-29\"}\n{\"a\":4,\"s\":\"2013-02-28\"}\n"
                  "{\"a\":5,\"s\":\"2013-02-281\"}\n{\"a\":6,\"s\":\"2014-02-28\"}\n"
                  "{\"a\":7,\"s\":\"2014-03-28\"}\n{\"a\":8,\"s\":\"1970-01-01\"}\n",
                  "out: {\"a\":1,\"s\":\"2013-02-28\",\"y\":2013,\"m\":1,\"d\":28,\"n\":58}\n"
                  "out: {\"a\":2,\"s\":\"2013-02-28\",\"y\":2013,\"m\":1,\"d\":28,\"n\":58}\n"
                  "last failed k2: expression: y: not a date of the form YYYY-MM-DD (dead_letter)\n"
                  "out: {\"a\":4,\"s\":\"2013-02-28\",\"y\":2013,\"m\":1,\"d\":28,\"n\":58}\n"
                  "last failed k4: expression: y: not a date of the form YYYY-MM-DD (dead_letter)\n"
                  "out: {\"a\":6,\"s\":\"2014-02-28\",\"y\":2014,\"m\":1,\"d\":28,\"n\":58}\n"
                  "out: {\"a\":7,\"s\":\"2014-03-28\",\"y\":2014,\"m\":2,\"d\":28,\"n\":86}\n"
                  "out: {\"a\":8,\"s\":\"1970-01-01\",\"y\":1970,\"m\":0,\"d\":1,\"n\":0}\n");
    driver_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_sees_the_ones_before_it_and_overwrites_fields),
        cmocka_unit_test(an_error_fails_its_row_and_names_the_field),
        cmocka_unit_test(null_in_arithmetic_is_a_failure_and_a_plain_null_is_null),
        cmocka_unit_test(a_date_does_not_depend_on_the_row_before),
        cmocka_unit_test(each_wrong_entry_is_one_error_and_its_readers_stay_silent),
        cmocka_unit_test(a_name_that_no_expression_could_read_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
