/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/table_row.h"
#include "driver.h"
#include "hr_test.h"

#include <stdio.h>

#define FIELDS                                                                                     \
    "{\"name\": \"s\", \"type\": \"string\"}, "                                                    \
    "{\"name\": \"i\", \"type\": \"long\"}, "                                                      \
    "{\"name\": \"b\", \"type\": \"boolean\"}, "                                                   \
    "{\"name\": \"raw\", \"type\": \"bytes\"}, "                                                   \
    "{\"name\": \"day\", \"type\": {\"type\": \"int\", \"logicalType\": \"date\"}}, "              \
    "{\"name\": \"at\", \"type\": {\"type\": \"long\", \"logicalType\": \"timestamp-millis\"}}, "  \
    "{\"name\": \"x\", \"type\": [\"null\", \"double\"]}, "                                        \
    "{\"name\": \"l\", \"type\": {\"type\": \"array\", \"items\": \"int\"}}"

#define ROW                                                                                        \
    "{\"s\":\"a/b\\n\",\"i\":-7,\"b\":true,\"raw\":\"AP8=\",\"day\":16000,\"at\":1700000000123,"   \
    "\"x\":null,\"l\":[1,2]}"

/* A topology with the table `rows` of that key, over a file with one row. match: the key with
 * itself, since a table that no step reads is a mistake. */
static driver *
driver_with_rows(const char *key, const char *match, const hr_node **node)
{
    driver *d = driver_new();
    char steps[512];

    snprintf(steps, sizeof steps,
             "tables:\n  rows:\n    file: {path: rows.jsonl}\n    format: json\n"
             "    schema: row.avsc\n    key: [%s]\nsteps:\n  last:\n    from: in\n"
             "    enrich: {table: rows, match: {%s}, add: [x], on_miss: set_null}\n",
             key, match);
    driver_file(d, "row.avsc",
                "{\"type\": \"record\", \"name\": \"row\", \"fields\": [" FIELDS "]}");
    driver_file(d, "rows.jsonl", ROW "\n");
    if (!driver_load_steps(d, FIELDS, steps)) {
        fail_msg("%s", driver_diag(d));
    }
    *node = &driver_topology(d)->tables[0];
    return d;
}

/* The row's JSON, "no row", or the message; static. */
static const char *
look_up(const hr_node *node, const char *const *texts, size_t n)
{
    static char answer[512];
    hr_span parts[8];
    hr_buf key = {0}, json = {0};
    hr_cell_hold hold = {0};
    hr_error err = {0};
    const hr_table_index *index = hr_table_hold(node, &hold);
    uint32_t row;

    for (size_t i = 0; i < n; i++) {
        parts[i] = hr_span_str(texts[i]);
    }
    snprintf(answer, sizeof answer, "no row");
    if (hr_table_key_from_text(node, parts, n, &key, &err) != HR_OK) {
        assert_int_equal(err.code, HR_ERECORD);
        snprintf(answer, sizeof answer, "%s", err.msg);
    } else if (index == NULL) {
        snprintf(answer, sizeof answer, "not loaded");
    } else if ((row = hr_table_find(index, hr_buf_span(&key))) != HR_TABLE_MISS) {
        assert_int_equal(hr_table_row_json(node, index, row, &json), HR_OK);
        snprintf(answer, sizeof answer, "%.*s", (int)json.len, (const char *)json.data);
    }
    hr_cell_release(&hold);
    hr_buf_finish(&key);
    hr_buf_finish(&json);
    return answer;
}

#define LOOK_UP(node, ...)                                                                         \
    look_up(node, (const char *[]){__VA_ARGS__},                                                   \
            sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *))

static void
a_row_is_found_by_a_key_of_every_kind(void **state)
{
    const hr_node *node;
    driver *d = driver_with_rows("s, i, b, raw, day, at",
                                 "s: s, i: i, b: b, raw: raw, day: day, at: at", &node);

    (void)state;
    assert_string_equal(LOOK_UP(node, "a/b\n", "-7", "true", "AP8=", "16000", "1700000000123"),
                        "not loaded");
    driver_tables(d);
    assert_string_equal(LOOK_UP(node, "a/b\n", "-7", "true", "AP8=", "16000", "1700000000123"),
                        ROW);
    assert_string_equal(LOOK_UP(node, "a/b\n", "-7", "false", "AP8=", "16000", "1700000000123"),
                        "no row");
    assert_string_equal(LOOK_UP(node, "a/b\n", "-8", "true", "AP8=", "16000", "1700000000123"),
                        "no row");
    assert_string_equal(LOOK_UP(node, "a/b\n", "-7", "true", "AP8=", "16001", "1700000000123"),
                        "no row");
    driver_free(d);
}

static void
a_key_of_another_kind_is_told(void **state)
{
    const hr_node *node;
    driver *d = driver_with_rows("i, b, raw, day", "i: i, b: b, raw: raw, day: day", &node);

    (void)state;
    driver_tables(d);
    assert_string_equal(LOOK_UP(node, "-7", "true", "AP8=", "16000"), ROW);
    assert_string_equal(LOOK_UP(node, "7x", "true", "AP8=", "16000"), "'i' must be a whole number");
    assert_string_equal(LOOK_UP(node, "", "true", "AP8=", "16000"), "'i' must be a whole number");
    assert_string_equal(LOOK_UP(node, "99999999999999999999", "true", "AP8=", "16000"),
                        "'i' must be a whole number");
    assert_string_equal(LOOK_UP(node, "-7", "TRUE", "AP8=", "16000"), "'b' must be true or false");
    assert_string_equal(LOOK_UP(node, "-7", "true", "AP8", "16000"), "'raw' must be base64");
    assert_string_equal(LOOK_UP(node, "-7", "true", "AP8=", "9223372036854775807"),
                        "'day' must be a time as a whole number");
    driver_free(d);
}

static void
a_key_of_too_few_or_too_many_parts_names_the_fields(void **state)
{
    const hr_node *node;
    driver *d = driver_with_rows("s, i", "s: s, i: i", &node);

    (void)state;
    driver_tables(d);
    assert_string_equal(LOOK_UP(node, "a"), "the key of 'rows' is s, i: 2 parts, not 1");
    assert_string_equal(LOOK_UP(node, "a", "1", "2"), "the key of 'rows' is s, i: 2 parts, not 3");
    assert_string_equal(LOOK_UP(node, "a/b\n", "-7"), ROW);
    driver_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_found_by_a_key_of_every_kind),
        cmocka_unit_test(a_key_of_another_kind_is_told),
        cmocka_unit_test(a_key_of_too_few_or_too_many_parts_names_the_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
