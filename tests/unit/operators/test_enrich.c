/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "hr_test.h"

#include <stdio.h>

#define FIELDS                                                                                     \
    "{\"name\": \"from\", \"type\": \"string\"}, {\"name\": \"to\", \"type\": [\"null\", "         \
    "\"string\"]}, {\"name\": \"n\", \"type\": \"long\"}, {\"name\": \"miles\", \"type\": "        \
    "[\"null\", \"double\"]}"
#define ROUTE                                                                                      \
    "{\"type\": \"record\", \"name\": \"route\", \"fields\": [{\"name\": \"origin\", \"type\": "   \
    "\"string\"}, {\"name\": \"dest\", \"type\": \"string\"}, {\"name\": \"miles\", \"type\": "    \
    "\"double\"}, {\"name\": \"note\", \"type\": [\"null\", \"string\"]}]}"
#define TABLES                                                                                     \
    "tables:\n"                                                                                    \
    "  routes:\n"                                                                                  \
    "    file: {path: routes.jsonl}\n"                                                             \
    "    format: json\n"                                                                           \
    "    schema: route.avsc\n"                                                                     \
    "    key: [origin, dest]\n"

static driver *
driver_with_routes(void)
{
    driver *d = driver_new();

    driver_file(d, "route.avsc", ROUTE);
    driver_file(d, "routes.jsonl",
                "{\"origin\":\"ATL\",\"dest\":\"SFO\",\"miles\":2139.0,\"note\":\"far\"}\n"
                "\n"
                "{\"origin\":\"AT\",\"dest\":\"LSFO\",\"miles\":1}\n"
                "{\"origin\":\"SFO\",\"dest\":\"ATL\",\"miles\":7}\n"
                "{\"origin\":\"SFO\",\"dest\":\"ATL\",\"miles\":2139.5,\"note\":null}\n");
    return d;
}

static driver *
driver_with_step(const char *on_error, const char *options)
{
    driver *d = driver_with_routes();
    char steps[1024];

    snprintf(steps, sizeof steps,
             TABLES "steps:\n  last:\n    from: in\n    on_error: %s\n    enrich: {%s}\n", on_error,
             options);
    if (!driver_load_steps(d, FIELDS, steps)) {
        fail_msg("%s", driver_diag(d));
    }
    driver_tables(d);
    return d;
}

static void
a_record_gets_the_fields_of_its_row(void **unused)
{
    driver *d = driver_with_step("dead_letter", "table: routes, match: {dest: to, origin: from}, "
                                                "add: [miles, note]");

    (void)unused;
    driver_expect(
        d,
        "{\"from\":\"ATL\",\"to\":\"SFO\",\"n\":1,\"miles\":5}\n"
        "{\"from\":\"SFO\",\"to\":\"ATL\",\"n\":2}\n"
        "{\"from\":\"AT\",\"to\":\"LSFO\",\"n\":2}\n",
        "out: {\"from\":\"ATL\",\"to\":\"SFO\",\"n\":1,\"miles\":2139.0,\"note\":\"far\"}\n"
        "out: {\"from\":\"SFO\",\"to\":\"ATL\",\"n\":2,\"miles\":2139.5,\"note\":null}\n"
        "out: {\"from\":\"AT\",\"to\":\"LSFO\",\"n\":2,\"miles\":1.0,\"note\":null}\n");
    driver_free(d);
}

static void
a_key_can_be_an_expression_and_its_error_is_not_a_miss(void **unused)
{
    driver *d = driver_with_step("dead_letter",
                                 "table: routes, match: {origin: 'n / n == 1 ? from : from', "
                                 "dest: '\"S\" + to'}, add: [miles], on_miss: skip");

    (void)unused;
    driver_expect(
        d,
        "{\"from\":\"ATL\",\"to\":\"FO\",\"n\":1}\n{\"from\":\"ATL\",\"to\":\"FO\",\"n\":0}\n"
        "{\"from\":\"ATL\",\"to\":\"fo\",\"n\":1}\n",
        "out: {\"from\":\"ATL\",\"to\":\"FO\",\"n\":1,\"miles\":2139.0}\n"
        "last failed k1: expression: match origin: division by zero (dead_letter)\n"
        "last failed k2: lookup-miss: the table 'routes' has no row for the record's key "
        "(skip)\n");
    driver_free(d);
}

#define MISSES                                                                                     \
    "{\"from\":\"ATL\",\"to\":null,\"n\":1,\"miles\":3}\n"                                         \
    "{\"from\":\"SFO\",\"to\":\"ATL\",\"n\":2}\n"                                                  \
    "{\"from\":\"ATL\",\"to\":\"atl\",\"n\":3,\"miles\":3}\n"

static void
expect_misses(const char *on_error, const char *on_miss, const char *action)
{
    char options[256], out[512];
    driver *d;

    snprintf(options, sizeof options,
             "table: routes, match: {origin: from, dest: to}, add: [miles]%s", on_miss);
    snprintf(out, sizeof out,
             "last failed k0: lookup-miss: the record's key for the table 'routes' has a null "
             "(%s)\nout: {\"from\":\"SFO\",\"to\":\"ATL\",\"n\":2,\"miles\":2139.5}\n"
             "last failed k2: lookup-miss: the table 'routes' has no row for the record's key "
             "(%s)\n",
             action, action);
    d = driver_with_step(on_error, options);
    driver_expect(d, MISSES, out);
    driver_free(d);
}

static void
on_miss_decides_and_else_on_error_does(void **unused)
{
    (void)unused;
    expect_misses("skip", "", "skip");
    expect_misses("skip", ", on_miss: dead_letter", "dead_letter");
    expect_misses("dead_letter", ", on_miss: skip", "skip");
    expect_misses("dead_letter", ", on_miss: fail", "fail");
}

static void
a_miss_can_set_null(void **unused)
{
    driver *d = driver_with_step("fail", "table: routes, match: {origin: from, dest: to}, "
                                         "add: [miles], on_miss: set_null");

    (void)unused;
    driver_expect(d, MISSES,
                  "out: {\"from\":\"ATL\",\"to\":null,\"n\":1,\"miles\":null}\n"
                  "out: {\"from\":\"SFO\",\"to\":\"ATL\",\"n\":2,\"miles\":2139.5}\n"
                  "out: {\"from\":\"ATL\",\"to\":\"atl\",\"n\":3,\"miles\":null}\n");
    driver_free(d);
}

static void
expect_error(const char *options, const char *text)
{
    driver *d = driver_with_routes();
    char steps[1024];

    snprintf(steps, sizeof steps,
             TABLES "steps:\n  first:\n    from: in\n    enrich: {%s}\n  last:\n    from: first\n"
                    "    derive: {z: 'note'}\n",
             options);
    assert_false(driver_load_steps(d, FIELDS, steps));
    if (hr_diag_errors(driver_topology(d)->diag) != 1) {
        fail_msg("%s", driver_diag(d));
    }
    assert_has_text(driver_diag(d), text);
    driver_free(d);
}

static void
mistakes_are_told_once_and_with_their_remedy(void **unused)
{
    (void)unused;
    expect_error("table: route, match: {origin: from, dest: to}, add: [note]",
                 "did you mean 'routes'?");
    expect_error("table: routes, match: {origin: from}, add: [note]",
                 "match lacks 'dest', a key field of the table 'routes'");
    expect_error("table: routes, match: {origin: from, dst: to}, add: [note]",
                 "'dst' is not a key field of the table 'routes'");
    expect_error("table: routes, match: {origin: from, dst: to}, add: [note]",
                 "its key is [origin, dest]");
    expect_error("table: routes, match: {origin: from, dest: n}, add: [note]",
                 "the key field 'dest' of the table is string, and this is int");
    expect_error("table: routes, match: {origin: from, dest: n}, add: [note]", "write 'string(n)'");
    expect_error("table: routes, match: {origin: from, dest: too}, add: [note]",
                 "did you mean 'to'?");
    expect_error("table: routes, match: {origin: from, dest: to}, add: [note, mile]",
                 "did you mean 'miles'?");
}

static void
a_table_with_an_error_is_reported_there_and_not_again(void **unused)
{
    driver *d = driver_with_routes();

    (void)unused;
    driver_file(d, "route.avsc", "{\"type\": \"record\"}");
    assert_false(driver_load_steps(d, FIELDS,
                                   TABLES
                                   "steps:\n  last:\n    from: in\n    enrich: {table: "
                                   "routes, match: {origin: from, dest: to}, add: [miles]}\n"));
    assert_int_equal(hr_diag_errors(driver_topology(d)->diag), 1);
    driver_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_gets_the_fields_of_its_row),
        cmocka_unit_test(a_key_can_be_an_expression_and_its_error_is_not_a_miss),
        cmocka_unit_test(on_miss_decides_and_else_on_error_does),
        cmocka_unit_test(a_miss_can_set_null),
        cmocka_unit_test(mistakes_are_told_once_and_with_their_remedy),
        cmocka_unit_test(a_table_with_an_error_is_reported_there_and_not_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
