/* Every built-in operator gives the same results for batches of 1, of 7 and of 1,024.
 * SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "hr_operator.h"
#include "hr_test.h"

#include <stdio.h>
#include <stdlib.h>

enum { RECORDS = 2500 };

#define ROUTE                                                                                      \
    "{\"type\": \"record\", \"name\": \"route\", \"fields\": [{\"name\": \"from\", \"type\": "     \
    "\"string\"}, {\"name\": \"miles\", \"type\": [\"null\", \"double\"]}]}"
#define TABLES                                                                                     \
    "tables:\n"                                                                                    \
    "  routes:\n"                                                                                  \
    "    file: {path: routes.jsonl}\n"                                                             \
    "    format: json\n"                                                                           \
    "    schema: route.avsc\n"                                                                     \
    "    key: [from]\n"
#define PREDICT                                                                                    \
    "steps:\n"                                                                                     \
    "  features:\n"                                                                                \
    "    from: in\n"                                                                               \
    "    derive:\n"                                                                                \
    "      Carrier: carrier\n"                                                                     \
    "      Origin: from\n"                                                                         \
    "      Dest: '\"MIA\"'\n"                                                                      \
    "      Route: 'from + \"-MIA\"'\n"                                                             \
    "      DepDelay: 'double(n % 100)'\n"                                                          \
    "      Distance: '500.0 + double(n)'\n"                                                        \
    "      DayOfMonth: 'n % 28 + 1'\n"                                                             \
    "      DayOfWeek: 'n % 7 + 1'\n"                                                               \
    "      DayOfYear: 'n % 365 + 1'\n"                                                             \
    "  last:\n"                                                                                    \
    "    from: features\n"                                                                         \
    "    predict:\n"                                                                               \
    "      model: flight_delay.onnx\n"                                                             \
    "      output: {class: label, scores: scores, by: version}\n"

/* One for each operator: a new one needs a case here, or the last test fails. */
static const struct {
    const char *op, *steps;
} cases[] = {
    {"derive", "steps:\n  last:\n    from: in\n    derive: {q: '1000 / (n % 10)', n: 'q + 1', w: "
               "'from + string(n)', c: carrier}\n"},
    {"filter", "steps:\n  last:\n    from: in\n    filter: '100 / (n % 7) > 20 && carrier != "
               "\"AA\"'\n"},
    {"select", "steps:\n  last:\n    from: in\n    select: {drop: [n], rename: {f: from}}\n"},
    {"sample", "steps:\n  last:\n    from: in\n    sample: {rate: 0.3}\n"},
    {"enrich", TABLES "steps:\n  some:\n    from: in\n    enrich: {table: routes, match: {from: "
                      "from}, add: [miles]}\n  last:\n    from: some\n    enrich: {table: routes, "
                      "match: {from: carrier}, add: [miles], on_miss: set_null}\n"},
    {"predict", PREDICT},
};

static uint32_t
next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Records of all sorts: some with nulls, some without fields, some that are no JSON. */
static char *
records(void)
{
    static const char *const airports[] = {"JFK", "EWR", "LGA", "BOS", "\\u00e9", ""};
    static const char *const carriers[] = {"\"AA\"", "\"UA\"", "null", "\"zz\""};
    char *json = malloc(RECORDS * 80), *at = json;
    uint32_t random = 11;

    assert_non_null(json);
    for (int i = 0; i < RECORDS; i++) {
        if (next_random(&random) % 50 == 0) {
            at += sprintf(at, "{\"n\":oops}\n");
            continue;
        }
        at += sprintf(at, "{\"from\":\"%s\",\"n\":%u,\"x\":1.50%s%s}\n",
                      airports[next_random(&random) % 6], next_random(&random) % 1000,
                      next_random(&random) % 3 != 0 ? ",\"carrier\":" : ",\"other\":",
                      carriers[next_random(&random) % 4]);
    }
    return json;
}

static void
load_case(driver *d, size_t i)
{
    driver_file(d, "route.avsc", ROUTE);
    driver_file(d, "routes.jsonl",
                "{\"from\":\"JFK\",\"miles\":1.5}\n{\"from\":\"BOS\"}\n{\"from\":\"UA\",\"miles\":"
                "3}\n{\"from\":\"\\u00e9\",\"miles\":2}\n");
    driver_copy(d, "flight_delay.onnx", "topologies/flight_delay/models/flight_delay.onnx");
    if (!driver_load_steps(
            d,
            "{\"name\": \"from\", \"type\": \"string\"}, {\"name\": \"n\", \"type\": "
            "\"long\"}, {\"name\": \"carrier\", \"type\": [\"null\", \"string\"]}",
            cases[i].steps)) {
        fail_msg("%s: %s", cases[i].op, driver_diag(d));
    }
    driver_tables(d);
}

static void
results_do_not_depend_on_the_batch(void **unused)
{
    char *json = records();

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const size_t sizes[] = {7, 1024};
        driver *d = driver_new();
        char *single;

        load_case(d, i);
        single = driver_run(d, json, 1);
        assert_has_text(single, "out: ");
        assert_has_text(single, "in failed");
        for (size_t k = 0; k < 2; k++) {
            char *text = driver_run(d, json, sizes[k]);

            if (strcmp(text, single) != 0) {
                fail_msg("%s: batches of 1 and of %zu differ", cases[i].op, sizes[k]);
            }
            free(text);
        }
        free(single);
        driver_free(d);
    }
    free(json);
}

static void
every_operator_has_a_case(void **unused)
{
    (void)unused;
    for (size_t i = 0; hr_builtin_operators[i] != NULL; i++) {
        size_t k = 0;

        while (k < sizeof cases / sizeof *cases &&
               strcmp(cases[k].op, hr_builtin_operators[i]->name) != 0) {
            k++;
        }
        if (k == sizeof cases / sizeof *cases) {
            fail_msg("the operator %s has no case in this test", hr_builtin_operators[i]->name);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_do_not_depend_on_the_batch),
        cmocka_unit_test(every_operator_has_a_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
