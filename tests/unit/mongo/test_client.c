/* SPDX-License-Identifier: Apache-2.0 */
#include "mongo/client.h"
#include "hr_test.h"
#include "mongo/driver.h"

static hr_text
text(const char *s)
{
    return (hr_text){.s = s, .len = s != NULL ? strlen(s) : 0, .loc = {"c.yaml", 3, 10}};
}

static hr_connection
connection(const char *uri)
{
    hr_connection c = {.name = text("mongo"), .type = HR_CONNECTION_MONGO};

    c.u.mongo.uri = text(uri);
    return c;
}

static void
user_info_never_shows(void **unused)
{
    char out[64];

    (void)unused;
    hr_mongo_redact("cannot reach mongodb://me:s3cret@h:1/db now", out, sizeof out);
    assert_string_equal(out, "cannot reach mongodb://***@h:1/db now");
    hr_mongo_redact("'mongodb://a:b@c@h/' and 'http://x/y'", out, sizeof out);
    assert_string_equal(out, "'mongodb://***@h/' and 'http://x/y'");
    hr_mongo_redact("a mail to a@b", out, sizeof out);
    assert_string_equal(out, "a mail to a@b");
}

static void
a_short_buffer_cuts_the_text_and_not_the_secret_open(void **unused)
{
    const char *message = "mongodb://me:s3cret@h:1/";

    (void)unused;
    for (size_t size = 1; size <= strlen(message) + 1; size++) {
        char out[64];

        memset(out, 'x', sizeof out);
        hr_mongo_redact(message, out, size);
        assert_true(strlen(out) < size);
        assert_null(strstr(out, "s3"));
    }
}

static void
assert_refused(const char *uri, const char *why)
{
    hr_connection c = connection(uri);
    hr_error err = {0};

    assert_int_equal(hr_mongo_connection_check(&c, &err), HR_ECONFIG);
    assert_has_text(err.msg, why);
    assert_int_equal(err.loc.line, 3);
}

static void
a_uri_that_is_wrong_or_holds_a_secret_is_refused_without_being_quoted(void **unused)
{
    hr_connection c = connection("mongodb://me:s3cret@localhost/");
    hr_error err = {0};

    (void)unused;
    assert_refused("localhost:27017", "must start with mongodb://");
    assert_refused("http://localhost", "must start with mongodb://");
    assert_refused("mongodb://", "is wrong");
    assert_refused("mongodb://h/?w=0", "w=0");
    assert_int_equal(hr_mongo_connection_check(&c, &err), HR_ECONFIG);
    assert_has_text(err.msg, "must not hold a user");
    assert_null(strstr(err.msg, "s3cret"));
    assert_null(strstr(err.hint, "s3cret"));
}

static void
timeouts_and_write_concern_are_ours_unless_the_uri_says_otherwise(void **unused)
{
    hr_connection c = connection("mongodb://h/?socketTimeoutMS=777&w=2");
    hr_mongo_client *client = NULL;
    hr_error err = {0};
    const mongoc_uri_t *uri;

    (void)unused;
    assert_int_equal(hr_mongo_client_create(&c, &client, &err), HR_OK);
    uri = mongoc_client_get_uri(client->driver);
    assert_int_equal(mongoc_uri_get_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, 0), 777);
    assert_int_equal(mongoc_uri_get_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 0),
                     5000);
    assert_false(mongoc_uri_get_option_as_bool(uri, MONGOC_URI_SERVERSELECTIONTRYONCE, true));
    assert_int_equal(mongoc_write_concern_get_w(mongoc_client_get_write_concern(client->driver)),
                     2);
    hr_mongo_client_destroy(client);

    c = connection("mongodb://h");
    assert_int_equal(hr_mongo_client_create(&c, &client, &err), HR_OK);
    uri = mongoc_client_get_uri(client->driver);
    assert_int_equal(mongoc_uri_get_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, 0), 10000);
    assert_true(
        mongoc_write_concern_get_wmajority(mongoc_client_get_write_concern(client->driver)));
    assert_int_equal(
        mongoc_write_concern_get_wtimeout(mongoc_client_get_write_concern(client->driver)), 5000);
    hr_mongo_client_destroy(client);
}

static void
login_and_tls_reach_the_driver(void **unused)
{
    hr_connection c = connection("mongodb://h/?authMechanism=SCRAM-SHA-256");
    hr_mongo_client *client = NULL;
    hr_error err = {0};
    const mongoc_uri_t *uri;

    (void)unused;
    c.u.mongo.username = text("me@x/\xc3\xa9%");
    c.u.mongo.password = text("p:/@%");
    c.u.mongo.auth_source = text("people");
    c.u.mongo.tls.enabled = true;
    c.u.mongo.tls.insecure = true;
    assert_int_equal(hr_mongo_client_create(&c, &client, &err), HR_OK);
    uri = mongoc_client_get_uri(client->driver);
    assert_string_equal(mongoc_uri_get_username(uri), "me@x/\xc3\xa9%");
    assert_string_equal(mongoc_uri_get_password(uri), "p:/@%");
    assert_string_equal(mongoc_uri_get_auth_source(uri), "people");
    assert_string_equal(mongoc_uri_get_auth_mechanism(uri), "SCRAM-SHA-256");
    assert_true(mongoc_uri_get_tls(uri));
    assert_true(mongoc_uri_get_option_as_bool(uri, MONGOC_URI_TLSINSECURE, false));
    hr_mongo_client_destroy(client);
}

static void
names_that_the_server_would_refuse_are_refused_before(void **unused)
{
    (void)unused;
    assert_null(hr_mongo_database_problem("agile_data_science"));
    assert_non_null(hr_mongo_database_problem(""));
    assert_non_null(hr_mongo_database_problem("a.b"));
    assert_non_null(hr_mongo_database_problem("a b"));
    assert_null(hr_mongo_collection_problem("flight.delays"));
    assert_non_null(hr_mongo_collection_problem("a$b"));
    assert_non_null(hr_mongo_collection_problem("system.users"));
    assert_non_null(hr_mongo_collection_problem("a..b"));
    assert_non_null(hr_mongo_collection_problem("a."));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(user_info_never_shows),
        cmocka_unit_test(a_short_buffer_cuts_the_text_and_not_the_secret_open),
        cmocka_unit_test(a_uri_that_is_wrong_or_holds_a_secret_is_refused_without_being_quoted),
        cmocka_unit_test(timeouts_and_write_concern_are_ours_unless_the_uri_says_otherwise),
        cmocka_unit_test(login_and_tls_reach_the_driver),
        cmocka_unit_test(names_that_the_server_would_refuse_are_refused_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
