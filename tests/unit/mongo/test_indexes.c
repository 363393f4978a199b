/* What of a collection's indexes is the one that is wanted. Creating them is tested on a server.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "mongo/indexes.h"

static const hr_mongo_index by_route = {
    .fields = {{{(const uint8_t *)"Origin", 6}, 1}, {{(const uint8_t *)"Dest", 4}, -1}}, .n = 2};

static hr_mongo_index_match
compare(const char *json, const hr_mongo_index *wanted, const char **why)
{
    bson_error_t problem;
    bson_t *found = bson_new_from_json((const uint8_t *)json, -1, &problem);
    hr_mongo_index_match match;

    assert_non_null(found);
    match = hr_mongo_index_compare(found, wanted, why);
    bson_destroy(found);
    return match;
}

static void
the_same_fields_in_the_same_order_and_directions_are_the_same(void **state)
{
    const char *why;

    (void)state;
    assert_int_equal(
        compare("{\"key\": {\"Origin\": 1, \"Dest\": -1}, \"name\": \"x\"}", &by_route, &why),
        HR_MONGO_INDEX_SAME);
    assert_int_equal(
        compare("{\"key\": {\"Origin\": 1.0, \"Dest\": -1.0}, \"unique\": false}", &by_route, &why),
        HR_MONGO_INDEX_SAME);
    assert_null(why);
}

static void
other_fields_orders_and_directions_are_another_index(void **state)
{
    static const char *const others[] = {
        "{\"key\": {\"Dest\": -1, \"Origin\": 1}}",
        "{\"key\": {\"Origin\": 1, \"Dest\": 1}}",
        "{\"key\": {\"Origin\": 1}}",
        "{\"key\": {\"Origin\": 1, \"Dest\": -1, \"Carrier\": 1}}",
        "{\"key\": {\"Origin\": \"text\", \"Dest\": -1}}",
        "{\"key\": {\"_id\": 1}, \"name\": \"_id_\"}",
        "{\"name\": \"x\"}",
        "{\"key\": 1}",
    };
    const char *why;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(compare(others[i], &by_route, &why), HR_MONGO_INDEX_OTHER);
        assert_null(why);
    }
}

#define ROUTE "{\"key\": {\"Origin\": 1, \"Dest\": -1}, \"name\": \"r\""

static void
other_options_of_the_same_fields_clash_and_are_named(void **state)
{
    static const struct {
        const char *json, *why;
    } cases[] = {
        {ROUTE ", \"unique\": true}", "it is unique"},
        {ROUTE ", \"sparse\": true}", "it is sparse"},
        {ROUTE ", \"partialFilterExpression\": {\"x\": 1}}", "it is partial"},
        {ROUTE ", \"expireAfterSeconds\": 0}", "its documents expire"},
    };
    hr_mongo_index unique = by_route, named = by_route;
    const char *why;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(compare(cases[i].json, &by_route, &why), HR_MONGO_INDEX_CLASHES);
        assert_string_equal(why, cases[i].why);
    }
    unique.unique = true;
    assert_int_equal(compare(ROUTE "}", &unique, &why), HR_MONGO_INDEX_CLASHES);
    assert_string_equal(why, "it is not unique");
    named.name = "by_route";
    assert_int_equal(compare(ROUTE "}", &named, &why), HR_MONGO_INDEX_CLASHES);
    assert_string_equal(why, "it has another name");
    named.name = "r";
    assert_int_equal(compare(ROUTE "}", &named, &why), HR_MONGO_INDEX_SAME);
    assert_int_equal(compare("{\"key\": {\"a\": 1}, \"name\": \"r\"}", &named, &why),
                     HR_MONGO_INDEX_CLASHES);
    assert_string_equal(why, "it has other fields");
}

static void
an_index_is_called_by_its_fields_unless_it_has_a_name(void **state)
{
    hr_mongo_index named = by_route;
    char text[64];

    (void)state;
    hr_mongo_index_name(&by_route, text, sizeof text);
    assert_string_equal(text, "Origin_1_Dest_-1");
    hr_mongo_index_text(&by_route, text, sizeof text);
    assert_string_equal(text, "{Origin: 1, Dest: -1}");
    named.name = "by_route";
    hr_mongo_index_name(&named, text, sizeof text);
    assert_string_equal(text, "by_route");
    hr_mongo_index_text(&by_route, text, 8);
    assert_string_equal(text, "{Origin");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_fields_in_the_same_order_and_directions_are_the_same),
        cmocka_unit_test(other_fields_orders_and_directions_are_another_index),
        cmocka_unit_test(other_options_of_the_same_fields_clash_and_are_named),
        cmocka_unit_test(an_index_is_called_by_its_fields_unless_it_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
