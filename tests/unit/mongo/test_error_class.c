/* SPDX-License-Identifier: Apache-2.0 */
#include "mongo/error_class.h"
#include "hr_test.h"

#include <mongoc/mongoc.h>

static void
the_table_of_reliability_8_holds(void **unused)
{
    static const int transient[] = {6,     7,     89,    91,    189,   262, 9001,
                                    10107, 11600, 11602, 13435, 13436, 112};
    static const int setup[] = {13, 18, 73, 100};
    static const int record[] = {121, 10334, 22, 2};

    (void)unused;
    for (size_t i = 0; i < sizeof transient / sizeof transient[0]; i++) {
        assert_int_equal(
            hr_mongo_classify(HR_MONGO_OF_COMMAND, MONGOC_ERROR_SERVER, transient[i], false),
            HR_MONGO_TRANSIENT);
        assert_int_equal(hr_mongo_classify(HR_MONGO_OF_OPERATION, 0, transient[i], false),
                         HR_MONGO_TRANSIENT);
    }
    for (size_t i = 0; i < sizeof setup / sizeof setup[0]; i++) {
        assert_int_equal(
            hr_mongo_classify(HR_MONGO_OF_COMMAND, MONGOC_ERROR_SERVER, setup[i], false),
            HR_MONGO_SETUP);
    }
    for (size_t i = 0; i < sizeof record / sizeof record[0]; i++) {
        assert_int_equal(hr_mongo_classify(HR_MONGO_OF_OPERATION, 0, record[i], false),
                         HR_MONGO_RECORD);
    }
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_OPERATION, 0, 11000, false), HR_MONGO_DUPLICATE);
}

static void
an_unknown_code_blames_the_operation_but_never_a_whole_command(void **unused)
{
    (void)unused;
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_OPERATION, 0, 424242, false), HR_MONGO_RECORD);
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_COMMAND, MONGOC_ERROR_SERVER, 424242, false),
                     HR_MONGO_TRANSIENT);
}

static void
a_write_concern_error_is_transient_but_for_one_that_cannot_be_met(void **unused)
{
    (void)unused;
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_WRITE_CONCERN, 0, 64, false),
                     HR_MONGO_TRANSIENT);
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_WRITE_CONCERN, 0, 121, false),
                     HR_MONGO_TRANSIENT);
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_WRITE_CONCERN, 0, 4242, false),
                     HR_MONGO_TRANSIENT);
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_WRITE_CONCERN, 0, 100, false), HR_MONGO_SETUP);
}

/* The driver numbers its own errors from 1, so 13 of the stream domain is not Unauthorized. */
static void
codes_of_the_driver_are_not_read_as_codes_of_the_server(void **unused)
{
    (void)unused;
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_COMMAND, MONGOC_ERROR_STREAM,
                                       MONGOC_ERROR_STREAM_SOCKET, false),
                     HR_MONGO_TRANSIENT);
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_COMMAND, MONGOC_ERROR_CLIENT, 13, false),
                     HR_MONGO_TRANSIENT);
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_COMMAND, MONGOC_ERROR_CLIENT,
                                       MONGOC_ERROR_CLIENT_AUTHENTICATE, false),
                     HR_MONGO_SETUP);
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_COMMAND, MONGOC_ERROR_SCRAM, 1, false),
                     HR_MONGO_SETUP);
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_COMMAND, MONGOC_ERROR_BSON, 18, false),
                     HR_MONGO_RECORD);
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_COMMAND, MONGOC_ERROR_SERVER_SELECTION,
                                       MONGOC_ERROR_SERVER_SELECTION_FAILURE, false),
                     HR_MONGO_TRANSIENT);
}

static void
the_retryable_label_wins_over_the_code(void **unused)
{
    (void)unused;
    assert_int_equal(hr_mongo_classify(HR_MONGO_OF_COMMAND, MONGOC_ERROR_SERVER, 13, true),
                     HR_MONGO_TRANSIENT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_reliability_8_holds),
        cmocka_unit_test(an_unknown_code_blames_the_operation_but_never_a_whole_command),
        cmocka_unit_test(a_write_concern_error_is_transient_but_for_one_that_cannot_be_met),
        cmocka_unit_test(codes_of_the_driver_are_not_read_as_codes_of_the_server),
        cmocka_unit_test(the_retryable_label_wins_over_the_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
