/* SPDX-License-Identifier: Apache-2.0 */
#include "mongo/bson_text.h"
#include "config/error.h"
#include "hr_test.h"

#include <stdlib.h>

#define LEN(a) (sizeof(a) / sizeof(a)[0])

static const hr_schema string_type = {.kind = HR_KIND_STRING};
static const hr_schema double_type = {.kind = HR_KIND_DOUBLE, .nullable = true};
static const hr_schema int_type = {.kind = HR_KIND_INT, .is_int32 = true};
static const hr_schema bool_type = {.kind = HR_KIND_BOOL};
static const hr_schema bytes_type = {.kind = HR_KIND_BYTES};
static const hr_schema time_type = {.kind = HR_KIND_TIMESTAMP,
                                    .logical = HR_LOGICAL_TIMESTAMP_MILLIS};
static const hr_schema date_type = {.kind = HR_KIND_TIMESTAMP, .logical = HR_LOGICAL_DATE};
static const hr_schema list_type = {.kind = HR_KIND_LIST, .items = &double_type};
static const hr_schema map_type = {.kind = HR_KIND_MAP, .items = &int_type};
static const hr_schema_field inner_fields[] = {{.name = "s", .schema = &string_type}};
static const hr_schema inner_type = {
    .kind = HR_KIND_RECORD, .fields = inner_fields, .n_fields = LEN(inner_fields)};
static const hr_schema_field root_fields[] = {
    {.name = "s", .schema = &string_type}, {.name = "d", .schema = &double_type},
    {.name = "i", .schema = &int_type},    {.name = "b", .schema = &bool_type},
    {.name = "x", .schema = &bytes_type},  {.name = "t", .schema = &time_type},
    {.name = "day", .schema = &date_type}, {.name = "l", .schema = &list_type},
    {.name = "m", .schema = &map_type},    {.name = "r", .schema = &inner_type},
};
static const hr_schema root_type = {
    .kind = HR_KIND_RECORD, .fields = root_fields, .n_fields = LEN(root_fields)};

/* Converts a document that is given as extended JSON. */
static int
convert(const hr_schema *schema, const char *extended, hr_buf *out, const char **field,
        const char **reason)
{
    bson_error_t problem;
    bson_t *doc = bson_new_from_json((const uint8_t *)extended, -1, &problem);
    int rc;

    if (doc == NULL) {
        fail_msg("%s: %s", extended, problem.message);
        abort();
    }
    rc = hr_bson_to_json(doc, schema, out, field, reason);
    /* Names point into the document: only where the caller looks at them it must not be freed. */
    if (rc == HR_ERECORD && *field != NULL) {
        static char name[32];

        strncpy(name, *field, sizeof name - 1);
        *field = name;
    }
    bson_destroy(doc);
    return rc;
}

static void
check(const hr_schema *schema, const char *extended, const char *expected)
{
    hr_buf out = {0};
    const char *field, *reason = "";

    if (convert(schema, extended, &out, &field, &reason) != HR_OK) {
        fail_msg("%s: %s", extended, reason);
    }
    assert_int_equal(hr_buf_append(&out, "", 1), HR_OK);
    assert_string_equal((const char *)out.data, expected);
    hr_buf_finish(&out);
}

static void
check_refused(const char *extended, const char *where, const char *why)
{
    hr_buf out = {0};
    const char *field, *reason = "";

    assert_int_equal(convert(&root_type, extended, &out, &field, &reason), HR_ERECORD);
    assert_string_equal(field, where);
    assert_has_text(reason, why);
    hr_buf_finish(&out);
}

static void
fields_are_written_as_the_schema_has_them(void **unused)
{
    (void)unused;
    check(&root_type,
          "{\"_id\":{\"$oid\":\"5f0000000000000000000001\"},\"s\":\"a\\\"\xc3\xa9\","
          "\"d\":{\"$numberInt\":\"7\"},\"i\":{\"$numberLong\":\"8\"},\"b\":true,"
          "\"other\":1}",
          "{\"s\":\"a\\\"\xc3\xa9\",\"d\":7,\"i\":8,\"b\":true}");
    check(&root_type,
          "{\"x\":{\"$binary\":{\"base64\":\"AAEC\",\"subType\":\"00\"}},"
          "\"t\":{\"$date\":{\"$numberLong\":\"1500\"}},"
          "\"day\":{\"$date\":{\"$numberLong\":\"-1\"}}}",
          "{\"x\":\"AAEC\",\"t\":1500,\"day\":-1}");
    check(&root_type, "{\"l\":[1,null,2.5],\"m\":{\"a\":1,\"b\":2},\"r\":{\"s\":\"x\",\"q\":1}}",
          "{\"l\":[1,null,2.5],\"m\":{\"a\":1,\"b\":2},\"r\":{\"s\":\"x\"}}");
    check(&root_type, "{}", "{}");
    check(&root_type, "{\"d\":null}", "{\"d\":null}");
}

static void
what_the_shell_of_mongodb_writes_fits(void **unused)
{
    (void)unused;
    check(&root_type, "{\"i\":{\"$numberDouble\":\"42.0\"}}", "{\"i\":42}");
    check(&root_type, "{\"i\":{\"$numberDouble\":\"-0.0\"}}", "{\"i\":0}");
    check(&root_type, "{\"s\":{\"$oid\":\"5f0000000000000000000001\"}}",
          "{\"s\":\"5f0000000000000000000001\"}");
    check(&root_type, "{\"d\":{\"$numberDecimal\":\"1.5\"}}", "{\"d\":1.5}");
    check(&root_type, "{\"t\":{\"$numberLong\":\"1500\"}}", "{\"t\":1500}");
}

static void
without_a_schema_all_but_the_id_is_written(void **unused)
{
    (void)unused;
    check(NULL,
          "{\"_id\":1,\"a\":{\"$numberLong\":\"9007199254740993\"},\"b\":[{\"c\":\"d\"}],"
          "\"e\":{\"$date\":{\"$numberLong\":\"7\"}},\"f\":{\"$numberDouble\":\"5.0\"}}",
          "{\"a\":9007199254740993,\"b\":[{\"c\":\"d\"}],\"e\":7,\"f\":5.0}");
}

static void
what_would_change_a_value_is_refused(void **unused)
{
    (void)unused;
    check_refused("{\"i\":{\"$numberDouble\":\"4.5\"}}", "i", "not a whole number");
    check_refused("{\"i\":{\"$numberDouble\":\"1e300\"}}", "i", "not a whole number");
    check_refused("{\"i\":{\"$numberDouble\":\"NaN\"}}", "i", "not a whole number");
    check_refused("{\"i\":\"5\"}", "i", "not an int");
    check_refused("{\"d\":{\"$numberDouble\":\"Infinity\"}}", "d", "not finite");
    check_refused("{\"d\":{\"$numberDecimal\":\"NaN\"}}", "d", "no finite number");
    check_refused("{\"d\":\"1\"}", "d", "not a number");
    check_refused("{\"s\":1}", "s", "not a string");
    check_refused("{\"b\":1}", "b", "not a boolean");
    check_refused("{\"x\":\"AAEC\"}", "x", "not binary");
    check_refused("{\"l\":{\"a\":1}}", "l", "a document");
    check_refused("{\"r\":[1]}", "r", "an array");
    check_refused("{\"r\":5}", "r", "not a document");
}

static void
depth_is_bounded(void **unused)
{
    hr_buf out = {0};
    const char *field, *reason = "";
    bson_t *doc = bson_new();

    (void)unused;
    for (int i = 0; i < 100; i++) {
        bson_t *outer = bson_new();

        BSON_APPEND_DOCUMENT(outer, "a", doc);
        bson_destroy(doc);
        doc = outer;
    }
    assert_int_equal(hr_bson_to_json(doc, NULL, &out, &field, &reason), HR_ERECORD);
    assert_has_text(reason, "too deep");
    hr_buf_finish(&out);
    bson_destroy(doc);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_written_as_the_schema_has_them),
        cmocka_unit_test(what_the_shell_of_mongodb_writes_fits),
        cmocka_unit_test(without_a_schema_all_but_the_id_is_written),
        cmocka_unit_test(what_would_change_a_value_is_refused),
        cmocka_unit_test(depth_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
