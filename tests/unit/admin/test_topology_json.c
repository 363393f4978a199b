/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/topology_json.h"
#include "hr_test.h"
#include "stats_fixture.h"

#include <stdlib.h>

/* The value at a path of member names and indices, as "topologies.0.name". */
static const json_t *
at(const json_t *json, const char *path)
{
    char part[64];

    while (*path != '\0') {
        size_t len = strcspn(path, ".");

        memcpy(part, path, len);
        part[len] = '\0';
        json = json_is_array(json) ? json_array_get(json, (size_t)strtoul(part, NULL, 10))
                                   : json_object_get(json, part);
        if (json == NULL) {
            fail_msg("there is no '%s'", part);
        }
        path += len + (path[len] == '.' ? 1 : 0);
    }
    return json;
}

static void
expect_int(const json_t *json, const char *path, json_int_t value)
{
    assert_true(json_is_integer(at(json, path)));
    assert_int_equal(json_integer_value(at(json, path)), value);
}

static void
expect_text(const json_t *json, const char *path, const char *value)
{
    assert_true(json_is_string(at(json, path)));
    assert_string_equal(json_string_value(at(json, path)), value);
}

#define RUN "topologies.0."
#define NODE(n) RUN "nodes." #n "."

static void
a_topology_is_shown_with_its_numbers(void **state)
{
    json_t *json = hr_topology_json(&stats_fixture_make()->stats);

    (void)state;
    assert_non_null(json);
    expect_text(json, "version", "0.1.0");
    expect_int(json, "time_ms", 1700000000000);
    expect_text(json, RUN "name", "flights");
    assert_true(json_is_null(at(json, RUN "description")));
    expect_text(json, RUN "state", "running");
    expect_text(json, RUN "waiting_for.0", "sink answers: broker \"away\"");
    expect_int(json, RUN "threads", 2);
    expect_int(json, RUN "counters.backpressure_ms", 1500);
    expect_int(json, RUN "counters.records_done", 11);
    expect_int(json, RUN "latency_us.count", 3);
    expect_int(json, RUN "latency_us.p50", 20);
    expect_int(json, RUN "latency_us.max", 20);
    expect_int(json, RUN "partitions.0.lag", 1);
    expect_int(json, RUN "partitions.1.end", -1);
    expect_int(json, RUN "memory.0.limit", 67108864);
    expect_text(json, RUN "dead_letters.0.code", "decode");
    expect_text(json, RUN "failures.0.action", "dead_letter");
    expect_int(json, RUN "failures.0.count", 1);
    json_decref(json);
}

static void
nodes_have_what_their_kind_has(void **state)
{
    json_t *json = hr_topology_json(&stats_fixture_make()->stats);

    (void)state;
    assert_non_null(json);
    expect_int(json, NODE(0) "in", 12);
    assert_true(json_is_null(at(json, NODE(0) "trouble")));
    expect_int(json, NODE(1) "rows", 4095);
    assert_null(json_object_get(at(json, RUN "nodes.1"), "latency_us"));
    expect_text(json, NODE(2) "from.0", "requests");
    expect_text(json, NODE(2) "metrics.1.labels.input", "Carrier");
    expect_int(json, NODE(2) "metrics.1.value", 2);
    expect_text(json, NODE(3) "trouble", "broker \"away\"\n");
    expect_int(json, NODE(3) "latency_us.count", 3);
    assert_true(json_is_true(at(json, NODE(3) "armed")));
    assert_true(json_is_false(at(json, NODE(4) "armed")));
    assert_true(json_is_null(at(json, NODE(4) "latency_us")));
    json_decref(json);
}

static void
a_text_that_is_not_utf8_does_not_cost_the_answer(void **state)
{
    stats_fixture *f = stats_fixture_make();
    json_t *json;

    (void)state;
    f->run.file = "a\xff\xfe.yaml";
    json = hr_topology_json(&f->stats);
    assert_non_null(json);
    expect_text(json, RUN "file", "a??.yaml");
    json_decref(json);
}

static void
readiness_names_what_is_waited_for(void **state)
{
    stats_fixture *f = stats_fixture_make();
    json_t *json = hr_ready_json(&f->stats);

    (void)state;
    assert_non_null(json);
    expect_text(json, "status", "waiting");
    expect_text(json, "waiting_for.0.topology", "flights");
    expect_text(json, "waiting_for.0.for", "sink answers: broker \"away\"");
    json_decref(json);
    f->stats.ready = true;
    f->run.n_waiting_for = 0;
    json = hr_ready_json(&f->stats);
    assert_non_null(json);
    expect_text(json, "status", "ready");
    assert_int_equal(json_array_size(json_object_get(json, "waiting_for")), 0);
    json_decref(json);
}

static void
a_thread_that_does_not_turn_any_more_is_named(void **state)
{
    stats_fixture *f = stats_fixture_make();
    bool healthy = false;
    json_t *json = hr_health_json(&f->stats, &healthy);

    (void)state;
    assert_true(healthy);
    assert_non_null(json);
    expect_text(json, "status", "ok");
    json_decref(json);
    f->turned_ago_ms[1] = HR_HEALTH_TURN_MS_MAX + 1;
    json = hr_health_json(&f->stats, &healthy);
    assert_false(healthy);
    assert_non_null(json);
    expect_text(json, "status", "stuck");
    expect_text(json, "stuck.0.topology", "flights");
    expect_int(json, "stuck.0.thread", 1);
    json_decref(json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topology_is_shown_with_its_numbers),
        cmocka_unit_test(nodes_have_what_their_kind_has),
        cmocka_unit_test(a_text_that_is_not_utf8_does_not_cost_the_answer),
        cmocka_unit_test(readiness_names_what_is_waited_for),
        cmocka_unit_test(a_thread_that_does_not_turn_any_more_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
