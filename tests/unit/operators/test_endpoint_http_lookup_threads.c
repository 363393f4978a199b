/* Look-ups as clients see them: a topology's endpoints on a server of their own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "engine/endpoint.h"
#include "http_client.h"

#include <stdio.h>
#include <stdlib.h>

#define ROW                                                                                        \
    "{\"type\": \"record\", \"name\": \"row\", \"fields\": [{\"name\": \"id\", \"type\": "         \
    "\"string\"}, {\"name\": \"n\", \"type\": \"int\"}, {\"name\": \"scores\", \"type\": "         \
    "[\"null\", {\"type\": \"array\", \"items\": \"double\"}], \"default\": null}]}"
#define HEAD                                                                                       \
    "version: 1\ntopology: t\ntables:\n  rows:\n    file: rows.jsonl\n    schema: row.avsc\n"      \
    "    key: [id]\nendpoints:\n  answer:\n    http_lookup:\n      connection: web\n"              \
    "      table: rows\n"
#define MAX_ENDPOINTS 4

typedef struct rig {
    driver *d;
    hr_http_conf conf;
    hr_runner runner;
    hr_http_server *server;
    hr_endpoint *endpoints[MAX_ENDPOINTS];
    http_answer answer;
} rig;

static rig *
rig_open(const char *endpoint)
{
    rig *r = calloc(1, sizeof *r);
    char yaml[2048];
    hr_error err = {0};

    r->d = driver_new();
    driver_file(r->d, "row.avsc", ROW);
    driver_file(r->d, "rows.jsonl",
                "{\"id\":\"a\",\"n\":1,\"scores\":[0.5,0.25]}\n{\"id\":\"b c\",\"n\":0}\n");
    snprintf(yaml, sizeof yaml, HEAD "%s", endpoint);
    if (!driver_load(r->d, yaml)) {
        fail_msg("%s", driver_diag(r->d));
    }
    r->conf.listen = (hr_text){.s = "127.0.0.1:0", .len = 11};
    assert_int_equal(hr_http_server_create(&r->conf, &r->server, &err), HR_OK);
    for (size_t i = 0; i < driver_topology(r->d)->n_endpoints; i++) {
        r->endpoints[i] = hr_endpoint_open(&driver_topology(r->d)->endpoints[i], &r->runner,
                                           r->server, NULL, &err);
        if (r->endpoints[i] == NULL) {
            fail_msg("%s", err.msg);
        }
    }
    assert_int_equal(hr_http_server_start(r->server, &err), HR_OK);
    hr_http_server_ready(r->server, true);
    return r;
}

static void
rig_close(rig *r)
{
    for (size_t i = 0; i < MAX_ENDPOINTS; i++) {
        hr_endpoint_close(r->endpoints[i]);
    }
    hr_http_server_destroy(r->server);
    driver_free(r->d);
    free(r);
}

static void
rig_expect(rig *r, const char *path, int status, const char *body)
{
    char text[512];

    snprintf(text, sizeof text, "GET %s HTTP/1.1\nHost: @\nConnection: close\n\n", path);
    http_client_ask(hr_http_server_address(r->server), text, &r->answer);
    r->answer.body[strcspn(r->answer.body, "\n")] = '\0'; /* errors are a line */
    assert_string_equal(r->answer.body, body);
    assert_int_equal(r->answer.status, status);
}

static void
a_row_is_answered_by_the_template(void **unused)
{
    rig *r = rig_open("      route: /rows/{key}\n      match: {id: key}\n"
                      "      found: {status: 201, body: {asked: key, deep: {row: '*'}}}\n"
                      "      missing: {status: 200, body: {none: key}}\n");

    (void)unused;
    driver_tables(r->d);
    rig_expect(r, "/rows/a", 201,
               "{\"asked\":\"a\",\"deep\":{\"row\":{\"id\":\"a\",\"n\":1,\"scores\":[0.5,0.25]}}}");
    assert_string_equal(http_answer_header(&r->answer, "Content-Type"), "application/json");
    assert_string_equal(http_answer_header(&r->answer, "Cache-Control"), "no-store");
    rig_expect(r, "/rows/b%20c", 201,
               "{\"asked\":\"b c\",\"deep\":{\"row\":{\"id\":\"b c\",\"n\":0,\"scores\":null}}}");
    rig_expect(r, "/rows/%22%5C", 200, "{\"none\":\"\\\"\\\\\"}");
    rig_close(r);
}

static void
a_field_hides_the_parameter_of_its_name_where_there_is_a_row(void **unused)
{
    rig *r = rig_open("      route: /rows/{n}\n      match: {id: n}\n"
                      "      found: {body: {n: n}}\n      missing: {body: {n: n}}\n");

    (void)unused;
    driver_tables(r->d);
    rig_expect(r, "/rows/a", 200, "{\"n\":1}");
    rig_expect(r, "/rows/z", 404, "{\"n\":\"z\"}");
    rig_close(r);
}

static void
a_table_that_is_not_loaded_is_not_ready(void **unused)
{
    rig *r = rig_open("      route: /rows/{key}\n      match: {id: key}\n"
                      "      found: {body: {n: n}}\n");

    (void)unused;
    rig_expect(r, "/rows/a", 503,
               "{\"status\":\"ERROR\",\"code\":\"not-ready\",\"message\":\"the table 'rows' is not "
               "loaded yet\"}");
    driver_tables(r->d);
    rig_expect(r, "/rows/a", 200, "{\"n\":1}");
    rig_close(r);
}

static void
an_error_of_an_expression_is_the_servers_where_it_is_not_the_keys(void **unused)
{
    rig *r = rig_open("      route: /rows/{key}/{by}\n"
                      "      match: {id: 'int(by) > 0 ? key : key'}\n"
                      "      found: {body: {share: 10 / n}}\n");

    (void)unused;
    driver_tables(r->d);
    rig_expect(r, "/rows/a/1", 200, "{\"share\":10}");
    rig_expect(r, "/rows/b%20c/1", 500,
               "{\"status\":\"ERROR\",\"code\":\"expression\",\"message\":\"share: division by "
               "zero\"}");
    rig_expect(r, "/rows/a/x", 400,
               "{\"status\":\"ERROR\",\"code\":\"bad-key\",\"message\":\"id: not an int\"}");
    rig_close(r);
}

static void
answers_are_counted_by_what_they_meant(void **unused)
{
    rig *r = rig_open("      route: /rows/{key}\n      match: {id: key}\n"
                      "      found: {body: {n: n}}\n");
    hr_endpoint_stats *stats = calloc(1, sizeof *stats);
    const char *const paths[] = {"/rows/a", "/rows/a", "/rows/z", "/none"};

    (void)unused;
    driver_tables(r->d);
    for (size_t i = 0; i < 4; i++) {
        char text[128];

        snprintf(text, sizeof text, "GET %s HTTP/1.1\nHost: @\nConnection: close\n\n", paths[i]);
        http_client_ask(hr_http_server_address(r->server), text, &r->answer);
    }
    hr_endpoint_stats_get(r->endpoints[0], stats);
    assert_int_equal(stats->requests, 3);
    assert_int_equal(stats->answers[2], 2);
    assert_int_equal(stats->answers[4], 1);
    assert_int_equal(stats->found, 2);
    assert_int_equal(stats->missing, 1);
    assert_int_equal(stats->bytes, 2 * 7);
    free(stats);
    rig_close(r);
}

static void
two_endpoints_of_one_server_answer_each_for_itself(void **unused)
{
    rig *r = rig_open("      route: /rows/{key}\n      match: {id: key}\n"
                      "      found: {body: {n: n}}\n"
                      "  twice:\n    http_lookup:\n      connection: web\n      table: rows\n"
                      "      route: /rows/{key}/twice\n      match: {id: key}\n"
                      "      found: {body: {n: n * 2}}\n");

    (void)unused;
    driver_tables(r->d);
    rig_expect(r, "/rows/a", 200, "{\"n\":1}");
    rig_expect(r, "/rows/a/twice", 200, "{\"n\":2}");
    hr_endpoint_stop(r->endpoints[0]);
    rig_expect(r, "/rows/a/twice", 200, "{\"n\":2}");
    rig_expect(r, "/rows/a", 404,
               "{\"status\":\"ERROR\",\"code\":\"not-found\",\"message\":\"there is no such "
               "path\"}");
    rig_close(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_answered_by_the_template),
        cmocka_unit_test(a_field_hides_the_parameter_of_its_name_where_there_is_a_row),
        cmocka_unit_test(a_table_that_is_not_loaded_is_not_ready),
        cmocka_unit_test(an_error_of_an_expression_is_the_servers_where_it_is_not_the_keys),
        cmocka_unit_test(answers_are_counted_by_what_they_meant),
        cmocka_unit_test(two_endpoints_of_one_server_answer_each_for_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
