/* Every built-in operator gives the same results for batches of 1, of 7 and of 1,024: its example
 * runs behind the features of the flight-delay topology, on its requests, some of them spoilt.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "hr_operator.h"
#include "hr_test.h"

#include <stdio.h>
#include <stdlib.h>

enum { RECORDS = 2500, LINE_MAX_BYTES = 600 };

#define STEPS                                                                                      \
    "tables:\n"                                                                                    \
    "  distances:\n"                                                                               \
    "    file: {path: distances.jsonl}\n"                                                          \
    "    format: json\n"                                                                           \
    "    schema: distance.avsc\n"                                                                  \
    "    key: [Origin, Dest]\n"                                                                    \
    "steps:\n"                                                                                     \
    "  features:\n"                                                                                \
    "    from: in\n"                                                                               \
    "    derive:\n"                                                                                \
    "      Route: 'Origin + \"-\" + Dest'\n"                                                       \
    "      DayOfYear: 'date(FlightDate).getDayOfYear() + 1'\n"                                     \
    "      DayOfMonth: 'date(FlightDate).getDate()'\n"                                             \
    "      DayOfWeek: '(date(FlightDate).getDayOfWeek() + 6) %% 7 + 1'\n"                          \
    "  distance:\n"                                                                                \
    "    from: features\n"                                                                         \
    "    enrich: {table: distances, match: {Origin: Origin, Dest: Dest}, add: [Distance]}\n"       \
    "  last:\n"                                                                                    \
    "    from: distance\n"

/* Spoils some of the lines: no JSON, an unknown airport, a carrier that the model has not seen. */
static void
spoil(char *line, int number)
{
    char *at;

    if (number % 50 == 7) {
        line[0] = '[';
    } else if (number % 31 == 3 && (at = strstr(line, "\"Origin\":\"")) != NULL) {
        at[10] = '#';
    } else if (number % 37 == 5 && (at = strstr(line, "\"Carrier\":\"")) != NULL) {
        at[11] = '#';
    } else if (number % 41 == 6 && (at = strstr(line, "\"FlightDate\":\"")) != NULL) {
        at[14] = 'x';
    }
}

static char *
records(void)
{
    FILE *file = fopen(HR_SOURCE_DIR "/topologies/flight_delay/data/requests.jsonl", "r");
    char *json = malloc(RECORDS * LINE_MAX_BYTES), *at = json;

    assert_non_null(file);
    assert_non_null(json);
    for (int i = 0; i < RECORDS && fgets(at, LINE_MAX_BYTES, file) != NULL; i++) {
        spoil(at, i);
        at += strlen(at);
    }
    fclose(file);
    return json;
}

static driver *
driver_with_example(const hr_op_type *type)
{
    driver *d = driver_new();
    char steps[4096];

    driver_copy(d, "in.avsc", "schemas/flight_delay_request.avsc");
    driver_copy(d, "distance.avsc", "schemas/origin_dest_distance.avsc");
    driver_copy(d, "distances.jsonl", "topologies/flight_delay/data/origin_dest_distances.jsonl");
    driver_copy(d, "models/flight_delay.onnx", "topologies/flight_delay/models/flight_delay.onnx");
    snprintf(steps, sizeof steps, STEPS "    %s: %s\n", type->name, type->example);
    if (!driver_load_steps(d, "", steps)) {
        fail_msg("%s: %s", type->name, driver_diag(d));
    }
    driver_tables(d);
    return d;
}

static void
expect_same_results(const hr_op_type *type, const char *json)
{
    static const size_t sizes[] = {7, HR_BATCH_ROWS};
    driver *d = driver_with_example(type);
    char *single = driver_run(d, json, 1);

    assert_has_text(single, "out: ");
    assert_has_text(single, "in failed");
    assert_has_text(single, "features failed");
    assert_has_text(single, "distance failed");
    for (size_t k = 0; k < 2; k++) {
        char *text = driver_run(d, json, sizes[k]);

        if (strcmp(text, single) != 0) {
            fail_msg("%s: batches of 1 and of %zu differ", type->name, sizes[k]);
        }
        free(text);
    }
    free(single);
    driver_free(d);
}

static void
results_do_not_depend_on_the_batch(void **unused)
{
    char *json = records();

    (void)unused;
    for (size_t i = 0; hr_builtin_operators[i] != NULL; i++) {
        if (hr_builtin_operators[i]->example == NULL) {
            fail_msg("the operator %s has no example", hr_builtin_operators[i]->name);
        }
        expect_same_results(hr_builtin_operators[i], json);
    }
    free(json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_do_not_depend_on_the_batch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
