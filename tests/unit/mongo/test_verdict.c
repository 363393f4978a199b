/* SPDX-License-Identifier: Apache-2.0 */
#include "mongo/verdict.h"
#include "hr_test.h"
#include "mongo/stored.h"

#define N 4

static const hr_span key[] = {{(const uint8_t *)"UUID", 4}};
static const hr_mongo_target target = {
    .database = "db", .collection = "c", .key = key, .n_key = 1, .create_index = true};

static struct {
    hr_arena *arena;
    hr_mongo_op ops[N];
    hr_error err;
    bool stored, lost; /* what the look for a stored document gives */
    int looked;
} w;

static int
setup(void **unused)
{
    (void)unused;
    memset(&w, 0, sizeof w);
    w.arena = hr_arena_create(1024, 0);
    return 0;
}

static int
teardown(void **unused)
{
    (void)unused;
    hr_arena_destroy(w.arena);
    return 0;
}

static int
find_stored(void *ctx, const hr_mongo_op *op, bool *stored, hr_error *err)
{
    (void)ctx;
    (void)op;
    w.looked++;
    *stored = w.stored;
    return w.lost ? hr_fail(err, HR_EIO, HR_NO_LOC, "lost") : HR_OK;
}

/* The verdict over n operations; problem: of the driver, or 0. */
static hr_mongo_next
judge(const char *json, uint32_t domain, uint32_t code, size_t n)
{
    hr_mongo_judge who = {&target, "UUID_1", find_stored, NULL};
    bson_t *reply = bson_new_from_json((const uint8_t *)json, -1, NULL);
    bson_error_t problem = {.domain = domain, .code = code, .message = "a message"};
    hr_mongo_next next;

    assert_non_null(reply);
    next = hr_mongo_verdict(&who, domain == 0, reply, &problem, w.ops, n, w.arena, &w.err);
    bson_destroy(reply);
    return next;
}

/* One letter an operation: Open, Done, Taken, Clash, Refused. */
static void
assert_outcomes(const char *expected)
{
    static const char letters[] = {[HR_MONGO_OPEN] = 'O',
                                   [HR_MONGO_DONE] = 'D',
                                   [HR_MONGO_TAKEN] = 'T',
                                   [HR_MONGO_CLASH] = 'C',
                                   [HR_MONGO_REFUSED] = 'R'};
    char found[N + 1] = "";

    for (size_t i = 0; i < strlen(expected); i++) {
        found[i] = letters[w.ops[i].outcome];
    }
    assert_string_equal(found, expected);
}

static void
a_full_count_is_done(void **unused)
{
    (void)unused;
    assert_int_equal(judge("{\"nMatched\":3,\"nUpserted\":1}", 0, 0, 4), HR_MONGO_SETTLED);
    assert_outcomes("DDDD");
}

static void
errors_of_operations_are_told_apart(void **unused)
{
    (void)unused;
    assert_int_equal(
        judge("{\"nMatched\":2,\"writeErrors\":[{\"index\":1,\"code\":121,\"errmsg\":\"secret\"},"
              "{\"index\":3,\"code\":11000,\"keyPattern\":{\"UUID\":1}}]}",
              MONGOC_ERROR_SERVER, 121, 4),
        HR_MONGO_SETTLED);
    assert_outcomes("DRDT");
    assert_string_equal(w.ops[1].reason,
                        "MongoDB refused the document, code 121 (document validation)");
}

static void
a_passing_error_of_an_operation_is_trouble_and_leaves_it_open(void **unused)
{
    (void)unused;
    assert_int_equal(judge("{\"nMatched\":3,\"writeErrors\":[{\"index\":2,\"code\":112,"
                           "\"errmsg\":\"conflict at mongodb://u:p@h/\"}]}",
                           MONGOC_ERROR_SERVER, 112, 4),
                     HR_MONGO_WAIT);
    assert_outcomes("DDOD");
    assert_string_equal(w.err.msg, "db.c: conflict at mongodb://***@h/ (code 112)");
}

static void
a_clash_elsewhere_is_done_when_the_document_is_found_to_be_stored(void **unused)
{
    const char *reply = "{\"nMatched\":3,\"writeErrors\":[{\"index\":0,\"code\":11000,"
                        "\"keyPattern\":{\"other\":1}}]}";

    (void)unused;
    assert_int_equal(judge(reply, MONGOC_ERROR_SERVER, 11000, 4), HR_MONGO_SETTLED);
    assert_outcomes("CDDD");
    w.stored = true;
    assert_int_equal(judge(reply, MONGOC_ERROR_SERVER, 11000, 4), HR_MONGO_SETTLED);
    assert_outcomes("DDDD");
    w.lost = true;
    assert_int_equal(judge(reply, MONGOC_ERROR_SERVER, 11000, 4), HR_MONGO_WAIT);
    assert_outcomes("ODDD");
    assert_int_equal(w.looked, 3);
}

static void
fewer_writes_than_sent_are_sent_again_one_by_one(void **unused)
{
    (void)unused;
    assert_int_equal(judge("{\"nMatched\":1,\"writeErrors\":[{\"index\":0,\"code\":11000}]}",
                           MONGOC_ERROR_SERVER, 11000, 4),
                     HR_MONGO_ALONE);
    assert_outcomes("OOOO");
    assert_int_equal(judge("{\"nMatched\":0}", 0, 0, 1), HR_MONGO_WAIT);
    assert_outcomes("O");
    assert_has_text(w.err.msg, "fewer writes");
}

static void
an_error_of_an_operation_that_was_not_sent_settles_nothing(void **unused)
{
    (void)unused;
    assert_int_equal(judge("{\"nMatched\":3,\"writeErrors\":[{\"index\":9,\"code\":121}]}",
                           MONGOC_ERROR_SERVER, 121, 4),
                     HR_MONGO_ALONE);
    assert_outcomes("OOOO");
}

static void
a_write_concern_error_leaves_all_open_although_they_are_stored(void **unused)
{
    (void)unused;
    assert_int_equal(
        judge("{\"nMatched\":4,\"writeConcernErrors\":[{\"code\":64,\"errmsg\":\"t\"}]}",
              MONGOC_ERROR_WRITE_CONCERN, 64, 4),
        HR_MONGO_WAIT);
    assert_outcomes("OOOO");
    judge("{\"nMatched\":4,\"writeConcernErrors\":[{\"code\":100,\"errmsg\":\"t\"}]}",
          MONGOC_ERROR_WRITE_CONCERN, 100, 4);
    assert_has_text(w.err.msg, "code 100; this needs a change of rights or settings");
}

static void
a_lost_connection_leaves_all_open(void **unused)
{
    (void)unused;
    assert_int_equal(judge("{\"nMatched\":0}", MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET, 4),
                     HR_MONGO_WAIT);
    assert_outcomes("OOOO");
}

static void
a_command_that_one_document_spoils_is_taken_apart(void **unused)
{
    (void)unused;
    assert_int_equal(judge("{}", MONGOC_ERROR_SERVER, 10334, 4), HR_MONGO_ALONE);
    assert_outcomes("OOOO");
    assert_int_equal(judge("{}", MONGOC_ERROR_SERVER, 10334, 1), HR_MONGO_SETTLED);
    assert_outcomes("R");
    assert_int_equal(judge("{}", MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, 1),
                     HR_MONGO_SETTLED);
    assert_outcomes("R");
}

static hr_span
bytes(const bson_t *doc)
{
    return (hr_span){bson_get_data(doc), doc->len};
}

static void
check_query(const char *filter, const char *body, bool insert, const char *expected)
{
    bson_t *f = bson_new_from_json((const uint8_t *)filter, -1, NULL);
    bson_t *b = bson_new_from_json((const uint8_t *)body, -1, NULL);
    hr_mongo_op op = {.filter = bytes(f), .body = bytes(b)};
    bson_t query = BSON_INITIALIZER;
    bool found = hr_mongo_stored_query(&op, insert, &query);
    char *text = bson_as_relaxed_extended_json(&query, NULL);

    assert_int_equal(found, expected != NULL);
    if (expected != NULL) {
        assert_string_equal(text, expected);
    }
    bson_free(text);
    bson_destroy(&query);
    bson_destroy(f);
    bson_destroy(b);
}

static void
the_look_for_a_stored_document_asks_for_this_record_or_a_newer_one(void **unused)
{
    (void)unused;
    check_query("{\"UUID\":\"u\",\"$or\":[{\"x\":1}]}",
                "{\"UUID\":\"u\",\"_src\":{\"t\":\"a\",\"p\":3,\"o\":7}}", false,
                "{ \"UUID\" : \"u\", \"_src.t\" : \"a\", \"_src.p\" : 3, "
                "\"_src.o\" : { \"$gte\" : 7 } }");
    check_query("{}", "{\"_id\":\"a#3#7\",\"UUID\":\"u\"}", true, "{ \"_id\" : \"a#3#7\" }");
    check_query("{\"UUID\":\"u\"}", "{\"UUID\":\"u\"}", false, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_full_count_is_done, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_of_operations_are_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_passing_error_of_an_operation_is_trouble_and_leaves_it_open, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_clash_elsewhere_is_done_when_the_document_is_found_to_be_stored, setup, teardown),
        cmocka_unit_test_setup_teardown(fewer_writes_than_sent_are_sent_again_one_by_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_error_of_an_operation_that_was_not_sent_settles_nothing,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_write_concern_error_leaves_all_open_although_they_are_stored, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lost_connection_leaves_all_open, setup, teardown),
        cmocka_unit_test_setup_teardown(a_command_that_one_document_spoils_is_taken_apart, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            the_look_for_a_stored_document_asks_for_this_record_or_a_newer_one, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
