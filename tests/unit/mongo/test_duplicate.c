/* SPDX-License-Identifier: Apache-2.0 */
#include "mongo/duplicate.h"
#include "hr_test.h"

static const hr_span key[] = {{(const uint8_t *)"UUID", 4}};

static void
check(const char *json, const char *index, hr_mongo_duplicate expected)
{
    bson_t *error = bson_new_from_json((const uint8_t *)json, -1, NULL);

    assert_non_null(error);
    assert_int_equal(hr_mongo_duplicate_of(error, key, 1, index), expected);
    bson_destroy(error);
}

static void
the_fields_that_the_server_names_decide(void **unused)
{
    (void)unused;
    check("{\"code\":11000,\"keyPattern\":{\"UUID\":1},\"errmsg\":\"index: other_1 dup key\"}",
          "UUID_1", HR_MONGO_DUPLICATE_OF_KEY);
    check("{\"code\":11000,\"keyPattern\":{\"other\":1},\"errmsg\":\"index: UUID_1 dup key\"}",
          "UUID_1", HR_MONGO_DUPLICATE_OF_OTHER);
    check("{\"code\":11000,\"keyPattern\":{\"UUID\":1,\"other\":1}}", "UUID_1",
          HR_MONGO_DUPLICATE_OF_OTHER);
}

static void
else_the_name_of_the_index_in_the_text_decides(void **unused)
{
    (void)unused;
    check("{\"errmsg\":\"E11000 duplicate key error collection: db.c index: UUID_1 dup key: "
          "{ UUID: \\\"index: other_1 dup key\\\" }\"}",
          "UUID_1", HR_MONGO_DUPLICATE_OF_KEY);
    check("{\"errmsg\":\"E11000 duplicate key error collection: db.c index: other_1 dup key: "
          "{ other: \\\"index: UUID_1 dup key\\\" }\"}",
          "UUID_1", HR_MONGO_DUPLICATE_OF_OTHER);
    check("{\"errmsg\":\"E11000 duplicate key error index: db.c.$UUID_1 dup key: { : 1 }\"}",
          "UUID_1", HR_MONGO_DUPLICATE_OF_KEY);
}

static void
a_server_that_says_neither_is_not_guessed_at(void **unused)
{
    (void)unused;
    check("{\"errmsg\":\"E11000 duplicate key error collection: db.c\"}", "UUID_1",
          HR_MONGO_DUPLICATE_OF_UNKNOWN);
    check("{\"code\":11000}", "UUID_1", HR_MONGO_DUPLICATE_OF_UNKNOWN);
    check("{\"errmsg\":\"index: other_1 dup key: {}\"}", "", HR_MONGO_DUPLICATE_OF_UNKNOWN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fields_that_the_server_names_decide),
        cmocka_unit_test(else_the_name_of_the_index_in_the_text_decides),
        cmocka_unit_test(a_server_that_says_neither_is_not_guessed_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
