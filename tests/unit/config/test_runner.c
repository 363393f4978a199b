/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/runner.h"

#include <sys/stat.h>
#include <unistd.h>

/* Loads the text from a file in a folder of its own; sets may be NULL. */
static hr_runner *
load(config_test *t, const char *text, const char *const *sets, size_t n)
{
    char path[] = "/tmp/hr_runner_XXXXXX";
    int fd = mkstemp(path);
    hr_runner *runner;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
    hr_diag_destroy(t->diag);
    t->diag = hr_diag_create();
    runner = hr_runner_load(path, sets, n, t->diag);
    unlink(path);
    return runner;
}

static const char *
refused(config_test *t, const char *text)
{
    assert_null(load(t, text, NULL, 0));
    assert_int_equal(hr_diag_errors(t->diag), 1);
    return config_shown(t, HR_DIAG_TEXT);
}

static void
without_a_file_everything_has_its_default(void **state)
{
    config_test *t = *state;
    hr_runner *runner = hr_runner_load(NULL, NULL, 0, t->diag);

    assert_non_null(runner);
    assert_int_equal(runner->threads, 1);
    assert_int_equal(runner->memory_bytes, 256 << 20);
    assert_int_equal(runner->profile, HR_PROFILE_LATENCY);
    assert_int_equal(runner->commit_interval_ms, 1000);
    assert_int_equal(runner->shutdown_timeout_ms, 30000);
    assert_int_equal(runner->log_level, 2);
    assert_int_equal(runner->log_format, 0);
    assert_int_equal(runner->group.session_timeout_ms, 45000);
    assert_int_equal(runner->group.max_poll_interval_ms, 300000);
    assert_int_equal(runner->n_connections, 0);
    hr_runner_destroy(runner);
    hr_runner_destroy(NULL);
}

static void
everything_can_be_written_in_a_file(void **state)
{
    config_test *t = *state;
    hr_runner *runner;

    setenv("HR_TEST_PASSWORD", "pw", 1);
    runner =
        load(t,
             "threads: 4\nmemory: 64MiB\nprofile: throughput\nlog: {level: debug, format: json}\n"
             "group: {instance_id: a, assignor: range, protocol: consumer,"
             " session_timeout: 3s, max_poll_interval: 1m}\n"
             "connections:\n"
             "  kafka:\n    type: kafka\n    bootstrap: a:9092,b:9092\n    tls: true\n"
             "    sasl: {mechanism: SCRAM-SHA-512, username: u,"
             " password: '${env:HR_TEST_PASSWORD}'}\n"
             "    properties: {client.rack: r1, socket.timeout.ms: 5000}\n"
             "  mongo: {type: mongo, uri: 'mongodb://a,b/?replicaSet=x', username: u,"
             " password: '${env:HR_TEST_PASSWORD}', auth_source: admin}\n",
             NULL, 0);
    assert_non_null(runner);
    assert_int_equal(runner->threads, 4);
    assert_int_equal(runner->profile, HR_PROFILE_THROUGHPUT);
    assert_int_equal(runner->log_level, 3);
    assert_int_equal(runner->log_format, 1);
    assert_string_equal(runner->group.instance_id.s, "a");
    assert_int_equal(runner->group.assignor, 1);
    assert_int_equal(runner->n_connections, 2);
    assert_string_equal(runner->connections[0].u.kafka.bootstrap.s, "a:9092,b:9092");
    assert_true(runner->connections[0].u.kafka.tls.enabled);
    assert_int_equal(runner->connections[0].u.kafka.sasl.mechanism, 3);
    assert_string_equal(runner->connections[0].u.kafka.sasl.password.s, "pw");
    assert_int_equal(runner->connections[0].u.kafka.properties.n, 2);
    assert_string_equal(runner->connections[1].u.mongo.auth_source.s, "admin");
    hr_runner_destroy(runner);
}

static void
mistakes_are_reported_with_their_places(void **state)
{
    config_test *t = *state;

    assert_has_text(refused(t, "thread: 2\n"), "did you mean 'threads'?");
    assert_has_text(refused(t, "threads: 0\n"),
                    "'threads' of the configuration must be between 1 and 256, and is 0");
    assert_has_text(refused(t, "group: {assignor: sticky}\n"),
                    "write one of: cooperative-sticky, range");
    assert_has_text(refused(t, "group: {session_timeout: 2m, max_poll_interval: 1m}\n"),
                    "must not be shorter");
    assert_has_text(refused(t, "files_root: /no/such/folder\n"), "error[no-file]");
    assert_has_text(refused(t, "connections: {kafka: {type: kafka}}\n"),
                    "^^^^^ write `bootstrap: host:port`");
    assert_has_text(refused(t, "connections: {kafka: {bootstrap: 'a:1'}}\n"),
                    "write `type: kafka`, `type: mongo` or `type: http`");
    assert_has_text(refused(t, "connections: {kafka: {type: redis}}\n"), "error[choice]");
    assert_has_text(refused(t, "connections: {kafka: {type: kafka, bootstrap: 'a:1', uri: x}}\n"),
                    "'uri' is not an option of connection 'kafka'");
    assert_has_text(refused(t, "connections: {kafka: [a]}\n"), "it must be a map");
    assert_has_text(
        refused(t, "connections: {k: {type: kafka, bootstrap: 'a:1', embedded: true}}\n"),
        "error[conflict]");
    assert_has_text(refused(t, "connections: {k: {type: kafka, embedded: true, tls: true}}\n"),
                    "error[conflict]");
    assert_has_text(refused(t, "- a\n"), "the configuration takes a map of options");
}

static void
passwords_never_stand_in_the_file(void **state)
{
    config_test *t = *state;

    assert_has_text(refused(t, "connections: {k: {type: kafka, bootstrap: 'a:1', tls: true, sasl: "
                               "{mechanism: PLAIN, username: u, password: x}}}\n"),
                    "error[inline-secret]: 'password' of sasl must not stand in the file");
    assert_has_text(refused(t, "connections: {k: {type: kafka, bootstrap: 'a:1', properties: "
                               "{sasl.password: x}}}\n"),
                    "error[inline-secret]");
    assert_has_text(refused(t, "connections: {m: {type: mongo, uri: 'mongodb://u:p@h/'}}\n"),
                    "error[inline-secret]");
    assert_has_text(t->shown, "write `username` and `password: '${env:NAME}'` beside it");
    assert_has_text(refused(t, "connections: {m: {type: mongo, uri: "
                               "'mongodb://h/?tlsCertificateKeyFilePassword=x'}}\n"),
                    "error[inline-secret]");
    assert_has_text(refused(t, "connections: {m: {type: mongo, uri: 'mongodb://h', username: u, "
                               "password: p}}\n"),
                    "error[inline-secret]");
}

static void
a_password_is_not_sent_in_clear(void **state)
{
    setenv("HR_TEST_PASSWORD", "pw", 1);
    assert_has_text(refused(*state, "connections: {k: {type: kafka, bootstrap: 'a:1', sasl: "
                                    "{mechanism: PLAIN, username: u, password: "
                                    "'${env:HR_TEST_PASSWORD}'}}}\n"),
                    "error[plain-without-tls]");
    assert_has_text(refused(*state, "connections: {k: {type: kafka, bootstrap: 'a:1', tls: true, "
                                    "sasl: {mechanism: PLAIN, username: u}}}\n"),
                    "log-in needs a user and a password");
}

static void
a_uri_from_outside_may_hold_user_and_password(void **state)
{
    config_test *t = *state;
    const char *text = "connections: {m: {type: mongo, uri: '${env:HR_TEST_URI}'}}\n";
    hr_runner *runner;

    setenv("HR_TEST_URI", "mongodb://us%40er:p%3Aw@h1,h2/db?x=y@z", 1);
    runner = load(t, text, NULL, 0);
    assert_non_null(runner);
    assert_string_equal(runner->connections[0].u.mongo.uri.s, "mongodb://h1,h2/db?x=y@z");
    assert_string_equal(runner->connections[0].u.mongo.username.s, "us@er");
    assert_string_equal(runner->connections[0].u.mongo.password.s, "p:w");
    hr_runner_destroy(runner);
    setenv("HR_TEST_URI", "mongodb://u:%zz@h", 1);
    assert_has_text(refused(t, text), "not percent-encoded");
    setenv("HR_TEST_URI", "postgres://u:topsecret@h", 1);
    assert_has_text(refused(t, text), "it is no MongoDB uri");
    assert_null(strstr(t->shown, "topsecret"));
}

static void
keys_of_certificates_belong_to_their_owner(void **state)
{
    config_test *t = *state;
    char path[] = "/tmp/hr_key_XXXXXX", text[300];
    int fd = mkstemp(path);
    hr_runner *runner;

    close(fd);
    snprintf(text, sizeof text,
             "connections: {k: {type: kafka, bootstrap: 'a:1', tls: {certificate: %s, key: %s}}}\n",
             path, path);
    runner = load(t, text, NULL, 0);
    assert_non_null(runner);
    hr_runner_destroy(runner);
    assert_int_equal(chmod(path, 0640), 0);
    assert_has_text(refused(t, text), "error[secret-file]");
    assert_int_equal(chmod(path, 0600), 0);
    snprintf(text, sizeof text,
             "connections: {k: {type: kafka, bootstrap: 'a:1', tls: {certificate: %s}}}\n", path);
    assert_has_text(refused(t, text), "belong together");
    unlink(path);
    assert_has_text(refused(t, text), "error[no-file]");
}

static void
no_verification_is_warned_about(void **state)
{
    config_test *t = *state;
    hr_runner *runner = load(
        t, "connections: {k: {type: kafka, bootstrap: 'a:1', tls: {insecure: true}}}\n", NULL, 0);

    assert_non_null(runner);
    assert_int_equal(hr_diag_warnings(t->diag), 1);
    assert_has_text(config_shown(t, HR_DIAG_TEXT), "warning[insecure]");
    hr_runner_destroy(runner);
}

/* --- properties ----------------------------------------------------------------------------------
 */

static const char *
property(config_test *t, const char *property)
{
    char text[300];

    snprintf(text, sizeof text,
             "connections:\n  k:\n    type: kafka\n    bootstrap: a:1\n    properties: {%s}\n",
             property);
    return refused(t, text);
}

static void
properties_that_could_run_code_or_undo_security_are_refused(void **state)
{
    static const char *const names[] = {
        "plugin.library.paths",
        "sasl.kerberos.kinit.cmd",
        "ssl.engine.location",
        "ssl.engine.id",
        "ssl.providers",
        "builtin.features",
        "test.mock.num.brokers",
        "dr_msg_cb",
        "resolve_cb",
        "sasl.oauthbearer.config",
        "enable.sasl.oauthbearer.unsecure.jwt",
        "interceptors",
        "sasl.oauthbearer.token.endpoint.url",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[100];

        snprintf(text, sizeof text, "%s: x", names[i]);
        assert_has_text(property(*state, text), "error[refused-property]");
        assert_has_text(((config_test *)*state)->shown, names[i]);
    }
}

static void
properties_that_headrace_sets_are_named_with_the_reason(void **state)
{
    static const char *const names[] = {
        "group.id",
        "transactional.id",
        "isolation.level",
        "enable.auto.commit",
        "acks",
        "enable.auto.offset.store",
        "queue.buffering.max.ms",
        "queued.min.messages",
        "client.id",
        "bootstrap.servers",
        "partitioner",
        "security.protocol",
        "queue.buffering.max.kbytes",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[100];

        snprintf(text, sizeof text, "%s: x", names[i]);
        assert_has_text(property(*state, text), "error[reserved-property]");
    }
    assert_has_text(property(*state, "auto.offset.reset: earliest"),
                    "      |                  ^^^^^^^^^^^^^^^^^ write `start` of the kafka source");
}

static void
other_properties_are_checked_by_name_and_value(void **state)
{
    config_test *t = *state;

    assert_has_text(property(t, "fetch.min.byte: 1"), "did you mean 'fetch.min.bytes'?");
    assert_has_text(property(t, "something.else: 1"), "error[unknown-property]");
    assert_has_text(property(t, "fetch.wait.max.ms: -1"), "must be between 0 and 300000");
    assert_has_text(property(t, "compression.codec: brotli"), "error[choice]");
    assert_has_text(property(t, "debug: null"), "error[null-value]");
}

/* --- overrides -----------------------------------------------------------------------------------
 */

static void
overrides_replace_and_add(void **state)
{
    config_test *t = *state;
    const char *sets[] = {"threads=3", "log.level=warn", "connections.k.bootstrap='b:2'",
                          "connections.k.properties.fetch.min.bytes=2",
                          "connections.m={type: mongo, uri: 'mongodb://h'}"};
    hr_runner *runner =
        load(t, "threads: 2\nconnections: {k: {type: kafka, bootstrap: 'a:1'}}\n", sets, 5);

    assert_string_equal(config_shown(t, HR_DIAG_TEXT), "");
    assert_non_null(runner);
    assert_int_equal(runner->threads, 3);
    assert_int_equal(runner->log_level, 1);
    assert_string_equal(runner->connections[0].u.kafka.bootstrap.s, "b:2");
    assert_string_equal(runner->connections[0].u.kafka.properties.v[0].key.s, "fetch.min.bytes");
    assert_int_equal(runner->n_connections, 2);
    hr_runner_destroy(runner);
    runner = hr_runner_load(NULL, sets, 2, t->diag);
    assert_non_null(runner);
    assert_int_equal(runner->threads, 3);
    hr_runner_destroy(runner);
}

static void
mistakes_in_overrides_are_shown_like_those_in_files(void **state)
{
    config_test *t = *state;
    const char *sets[] = {"profile=latency", "threads=abc", "nothing",
                          "a..b=1",          "profile.x=1", "threadz=1"};

    assert_null(hr_runner_load(NULL, sets, 2, t->diag));
    assert_string_equal(
        config_shown(t, HR_DIAG_TEXT),
        "--set:2:9: error[type]: 'threads' of the configuration must be an integer, and 'abc' is "
        "not\n"
        "    2 | threads=abc\n"
        "      |         ^^^\n");
    assert_null(hr_runner_load(NULL, sets, 5, t->diag));
    assert_has_text(config_shown(t, HR_DIAG_TEXT), "--set:3:1: error[usage]");
    assert_has_text(t->shown, "--set:4:3: error[usage]");
    assert_has_text(t->shown, "--set:5:9: error[usage]");
    assert_null(hr_runner_load(NULL, sets + 5, 1, t->diag));
    assert_has_text(config_shown(t, HR_DIAG_TEXT), "did you mean 'threads'?");
}

static void
connections_are_found_by_name_and_type(void **state)
{
    config_test *t = *state;
    hr_runner *runner = load(t,
                             "connections:\n  kafka: {type: kafka, embedded: true}\n"
                             "  mongo: {type: mongo, uri: 'mongodb://h'}\n",
                             NULL, 0);
    hr_text name = {.s = "kafka", .len = 5, .loc = {"t.yaml", 3, 4}};
    hr_error err = {0};

    assert_ptr_equal(hr_runner_connection(runner, &name, HR_CONNECTION_KAFKA, &err),
                     &runner->connections[0]);
    assert_null(hr_runner_connection(runner, &name, HR_CONNECTION_MONGO, &err));
    assert_string_equal(err.slug, "wrong-connection");
    name.s = "kafak";
    assert_null(hr_runner_connection(runner, &name, HR_CONNECTION_KAFKA, &err));
    assert_string_equal(err.hint, "did you mean 'kafka'?");
    assert_int_equal(err.loc.line, 3);
    name.s = "other";
    assert_null(hr_runner_connection(runner, &name, HR_CONNECTION_KAFKA, &err));
    assert_string_equal(err.hint, "it has: kafka");
    hr_runner_destroy(runner);
}

static void
http_servers_are_the_processs_own_or_connections(void **state)
{
    config_test *t = *state;
    hr_runner *runner;

    setenv("HR_TEST_TOKEN", "0123456789abcdef012345", 1);
    runner =
        load(t,
             "http: {listen: '0.0.0.0:8686', token: '${env:HR_TEST_TOKEN}', hosts: [a, 'b:1']}\n"
             "connections: {web: {type: http, listen: '[::1]:0'}}\n",
             NULL, 0);
    assert_non_null(runner);
    assert_string_equal(runner->http.token.s, "0123456789abcdef012345");
    assert_true(runner->http.token.secret);
    assert_int_equal(runner->http.hosts.n, 2);
    assert_string_equal(runner->http.hosts.v[1].s, "b:1");
    assert_int_equal(runner->connections[0].type, HR_CONNECTION_HTTP);
    assert_string_equal(runner->connections[0].u.http.listen.s, "[::1]:0");
    assert_null(runner->connections[0].u.http.token.s);
    hr_runner_destroy(runner);
    runner = load(t, "http: 'localhost:1'\n", NULL, 0);
    assert_non_null(runner);
    assert_string_equal(runner->http.listen.s, "localhost:1");
    hr_runner_destroy(runner);
}

static void
an_http_server_may_be_off_and_a_token_empty(void **state)
{
    config_test *t = *state;
    hr_runner *runner =
        load(t, "http: {listen: 'off', token: '${env:HR_TEST_NO_TOKEN:-}'}\n", NULL, 0);

    assert_non_null(runner);
    assert_string_equal(runner->http.listen.s, "off");
    assert_null(runner->http.token.s);
    hr_runner_destroy(runner);
    runner = load(t, "threads: 1\n", NULL, 0);
    assert_null(runner->http.listen.s);
    hr_runner_destroy(runner);
    assert_has_text(refused(t, "http: {listen: '0.0.0.0:1', token: '${env:HR_TEST_NO_TOKEN:-}'}\n"),
                    "error[token-needed]");
}

static void
the_configurations_of_the_repository_load(void **state)
{
    static const char *const files[] = {"config/local.yaml", "config/embedded.yaml",
                                        "config/docker.yaml"};
    config_test *t = *state;

    for (size_t i = 0; i < 3; i++) {
        hr_runner *runner = hr_runner_load(files[i], NULL, 0, t->diag);

        assert_string_equal(config_shown(t, HR_DIAG_TEXT), "");
        assert_non_null(runner);
        assert_int_equal(runner->n_connections, 3);
        hr_runner_destroy(runner);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        config_unit_test(without_a_file_everything_has_its_default),
        config_unit_test(everything_can_be_written_in_a_file),
        config_unit_test(mistakes_are_reported_with_their_places),
        config_unit_test(passwords_never_stand_in_the_file),
        config_unit_test(a_password_is_not_sent_in_clear),
        config_unit_test(a_uri_from_outside_may_hold_user_and_password),
        config_unit_test(keys_of_certificates_belong_to_their_owner),
        config_unit_test(no_verification_is_warned_about),
        config_unit_test(properties_that_could_run_code_or_undo_security_are_refused),
        config_unit_test(properties_that_headrace_sets_are_named_with_the_reason),
        config_unit_test(other_properties_are_checked_by_name_and_value),
        config_unit_test(overrides_replace_and_add),
        config_unit_test(mistakes_in_overrides_are_shown_like_those_in_files),
        config_unit_test(connections_are_found_by_name_and_type),
        config_unit_test(http_servers_are_the_processs_own_or_connections),
        config_unit_test(an_http_server_may_be_off_and_a_token_empty),
        config_unit_test(the_configurations_of_the_repository_load),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
