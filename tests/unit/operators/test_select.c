/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "hr_test.h"

#include <stdio.h>

#define FIELDS                                                                                     \
    "{\"name\": \"a\", \"type\": \"long\"}, {\"name\": \"b\", \"type\": \"double\"},"              \
    "{\"name\": \"c\", \"type\": \"string\"}"
#define RECORD "{\"a\":1,\"b\":2.50,\"x\":[1, 2],\"c\":\"s\"}\n"

/* Runs RECORD through `select: OPTIONS` and a derive behind it. */
static void
expect_selected(const char *fields, const char *options, const char *derive, const char *out)
{
    driver *d = driver_new();
    char steps[512];

    snprintf(steps, sizeof steps,
             "steps:\n  chosen:\n    from: in\n    select: %s\n  last:\n    from: chosen\n"
             "    derive: {%s}\n",
             options, derive);
    if (!driver_load_steps(d, fields, steps)) {
        fail_msg("%s: %s", options, driver_diag(d));
    }
    driver_expect(d, RECORD, out);
    driver_free(d);
}

static void
only_kept_fields_go_on(void **unused)
{
    (void)unused;
    expect_selected(FIELDS, "[a, c]", "z: 'a + 1'", "out: {\"a\":1,\"c\":\"s\",\"z\":2}\n");
    expect_selected(FIELDS, "{keep: [b]}", "z: '1'", "out: {\"b\":2.50,\"z\":1}\n");
}

static void
dropped_fields_do_not_go_on_and_unknown_ones_do(void **unused)
{
    (void)unused;
    expect_selected(FIELDS, "{drop: [a, b]}", "z: 'c'",
                    "out: {\"x\":[1, 2],\"c\":\"s\",\"z\":\"s\"}\n");
}

static void
renamed_fields_are_read_by_their_new_names(void **unused)
{
    (void)unused;
    expect_selected(FIELDS, "{keep: [c], rename: {n: a}}", "z: 'n + 1'",
                    "out: {\"n\":1,\"c\":\"s\",\"z\":2}\n");
    expect_selected(FIELDS, "{drop: [b], rename: {a: c, c: a}}", "z: 'a + \"!\"'",
                    "out: {\"c\":1,\"x\":[1, 2],\"a\":\"s\",\"z\":\"s!\"}\n");
}

static void
a_dropped_name_can_be_made_again(void **unused)
{
    (void)unused;
    expect_selected(FIELDS, "{drop: [a]}", "a: 'b'",
                    "out: {\"a\":2.5,\"b\":2.50,\"x\":[1, 2],\"c\":\"s\"}\n");
}

static void
without_a_schema_fields_are_taken_as_they_come(void **unused)
{
    (void)unused;
    expect_selected(NULL, "[x, nowhere]", "z: '1'",
                    "out: {\"x\":[1, 2],\"nowhere\":null,\"z\":1}\n");
    expect_selected(NULL, "{drop: [x], rename: {y: c}}", "z: '1'",
                    "out: {\"a\":1,\"b\":2.50,\"y\":\"s\",\"z\":1}\n");
}

static void
expect_error(const char *options, const char *text)
{
    driver *d = driver_new();
    char steps[512];

    snprintf(steps, sizeof steps, "steps:\n  last:\n    from: in\n    select: %s\n", options);
    assert_false(driver_load_steps(d, FIELDS, steps));
    assert_int_equal(hr_diag_errors(driver_topology(d)->diag), 1);
    assert_has_text(driver_diag(d), text);
    driver_free(d);
}

static void
mistakes_are_told_where_they_stand(void **unused)
{
    (void)unused;
    expect_error("{}", "select does nothing");
    expect_error("{keep: [a], drop: [b]}", "keep and drop exclude each other");
    expect_error("[a, bb]", "topology.yaml:11:17: error[unknown-field]: there is no field 'bb'");
    expect_error("{drop: [a], rename: {n: a}}", "'a' is dropped and renamed");
    expect_error("{rename: {b: a}}", "there is a field 'b' already");
    expect_error("{rename: {n: a, m: a}}", "'a' is renamed twice");
    expect_error("{rename: {n-1: a}}", "'n-1' cannot be the name of a field");
    expect_error("{keep: b}", "write [b]");
    expect_error("{keep: [a.b]}", "select works on whole fields");
}

static void
a_dropped_field_cannot_be_read(void **unused)
{
    driver *d = driver_new();

    (void)unused;
    assert_false(driver_load_steps(d, FIELDS,
                                   "steps:\n"
                                   "  chosen:\n"
                                   "    from: in\n"
                                   "    select: {drop: [a]}\n"
                                   "  last:\n"
                                   "    from: chosen\n"
                                   "    derive: {z: 'a + 1'}\n"));
    assert_has_text(driver_diag(d), "the field 'a' was dropped by a step before");
    driver_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_kept_fields_go_on),
        cmocka_unit_test(dropped_fields_do_not_go_on_and_unknown_ones_do),
        cmocka_unit_test(renamed_fields_are_read_by_their_new_names),
        cmocka_unit_test(a_dropped_name_can_be_made_again),
        cmocka_unit_test(without_a_schema_fields_are_taken_as_they_come),
        cmocka_unit_test(mistakes_are_told_where_they_stand),
        cmocka_unit_test(a_dropped_field_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
