/* The broken topologies are in tests/bad; here is what a loaded one holds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/topology_load.h"

#include <unistd.h>

#define HEAD "version: 1\ntopology: t\n"
#define SOURCE "sources:\n  a:\n    generate: {fields: {x: 'n'}}\n"
#define SINK(from) "sinks:\n  out:\n    from: " from "\n    blackhole: {}\n"

static hr_topology *
load(config_test *t, const char *text)
{
    hr_topology *topology;

    hr_diag_destroy(t->diag);
    t->diag = hr_diag_create();
    topology = hr_topology_load_text("topologies/a.yaml", text, strlen(text), NULL, t->diag);
    assert_non_null(topology);
    return topology;
}

static hr_topology *
loaded(config_test *t, const char *text)
{
    hr_topology *topology = load(t, text);

    assert_string_equal(config_shown(t, HR_DIAG_TEXT), "");
    return topology;
}

static void
nodes_are_wired_and_ordered(void **state)
{
    hr_topology *t = loaded(*state, HEAD SOURCE "steps:\n"
                                                "  third:\n    from: second\n    filter: 'x > 3'\n"
                                                "  second:\n    from: first\n    filter: 'x > 2'\n"
                                                "  first:\n    from: a\n    filter: 'x > 1'\n"
                                                "  side:\n    from: first\n    filter: 'x > 9'\n"
                                                "sinks:\n"
                                                "  out:\n    from: third\n    blackhole: {}\n"
                                                "  also:\n    from: side\n    blackhole: {}\n");
    const hr_node *first = hr_topology_find(t, HR_NODE_STEP, "first");

    assert_string_equal(t->name.s, "t");
    assert_int_equal(t->n_steps, 4);
    assert_ptr_equal(t->order[0], first);
    assert_ptr_equal(t->order[3], hr_topology_find(t, HR_NODE_STEP, "third"));
    assert_ptr_equal(first->input, &t->sources[0]);
    assert_int_equal(first->n_outputs, 2);
    assert_ptr_equal(t->sinks[0].input, t->order[3]);
    assert_string_equal(first->type_name.s, "filter");
    assert_int_equal(first->name.loc.line, 13);
    assert_null(hr_topology_find(t, HR_NODE_SINK, "first"));
    assert_true(t->hash != 0);
    hr_topology_destroy(t);
}

static void
a_source_may_go_straight_to_a_sink(void **state)
{
    hr_topology *t = loaded(*state, HEAD SOURCE SINK("a"));

    assert_int_equal(t->n_steps, 0);
    assert_ptr_equal(t->sinks[0].input, &t->sources[0]);
    assert_int_equal(t->sinks[0].format, HR_FORMAT_JSON);
    assert_int_equal(t->sources[0].unknown, HR_UNKNOWN_KEEP);
    hr_topology_destroy(t);
    hr_topology_destroy(NULL);
}

static void
records_fail_the_topology_unless_there_are_dead_letters(void **state)
{
    hr_topology *t = loaded(*state, HEAD SOURCE SINK("a"));

    assert_int_equal(t->on_error, HR_ON_ERROR_FAIL);
    assert_int_equal(t->sources[0].on_error, HR_ON_ERROR_FAIL);
    assert_null(t->dead_letters);
    hr_topology_destroy(t);

    t = loaded(*state,
               HEAD "sources:\n  a:\n    generate: {fields: {x: 'n'}}\n    on_error: skip\n" SINK(
                   "a") "errors:\n  dead_letters: {stdout: {}}\n"
                        "  max_rate: {records: 100, per: 2m}\n");
    assert_int_equal(t->on_error, HR_ON_ERROR_DEAD_LETTER);
    assert_int_equal(t->sources[0].on_error, HR_ON_ERROR_SKIP);
    assert_true(t->sources[0].on_error_given);
    assert_int_equal(t->sinks[0].on_error, HR_ON_ERROR_DEAD_LETTER);
    assert_non_null(t->dead_letters);
    assert_string_equal(t->dead_letters->name.s, "dead_letters");
    assert_string_equal(t->dead_letters->type_name.s, "stdout");
    assert_int_equal(t->max_rate_records, 100);
    assert_int_equal(t->max_rate_per_ms, 120000);
    hr_topology_destroy(t);
}

static void
the_topology_is_returned_as_far_as_it_is_known(void **state)
{
    config_test *c = *state;
    hr_topology *t = load(c, HEAD "sources:\n  a:\n    genrate: {}\n" SINK("a"));

    assert_int_equal(hr_diag_errors(c->diag), 1);
    assert_true(t->sources[0].broken);
    assert_null(t->sources[0].type);
    assert_ptr_equal(t->sinks[0].input, &t->sources[0]);
    hr_topology_destroy(t);
    t = load(c, "- a\n- list\n");
    assert_int_equal(t->n_sources, 0);
    hr_topology_destroy(t);
}

static void
files_lie_beneath_the_working_directory_or_the_topology(void **state)
{
    config_test *c = *state;
    char cwd[4096];
    hr_topology *t = loaded(c, HEAD SOURCE SINK("a"));

    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_string_equal(t->files_root, cwd);
    assert_string_equal(t->dir, "topologies");
    hr_topology_destroy(t);
    t = hr_topology_load_text("/tmp/a.yaml", HEAD SOURCE SINK("a"),
                              sizeof(HEAD SOURCE SINK("a")) - 1, NULL, c->diag);
    assert_string_equal(t->files_root, "/tmp");
    hr_topology_destroy(t);
    t = hr_topology_load_text("/tmp/a.yaml", HEAD SOURCE SINK("a"),
                              sizeof(HEAD SOURCE SINK("a")) - 1, "/", c->diag);
    assert_string_equal(t->files_root, "/");
    hr_topology_destroy(t);
}

static void
a_long_circle_is_found_and_what_hangs_on_it_is_silent(void **state)
{
    config_test *c = *state;
    char *text = malloc(400000), *p = text;
    hr_topology *t;

    p += sprintf(p, HEAD SOURCE "steps:\n");
    for (int i = 0; i < 2000; i++) {
        p += sprintf(p, "  s%d:\n    from: s%d\n    filter: 'x > 1'\n", i, (i + 1) % 2000);
    }
    sprintf(p, "  tail:\n    from: s7\n    filter: 'x > 1'\n"
               "sinks:\n  out:\n    from: tail\n    blackhole: {}\n"
               "  b:\n    from: a\n    blackhole: {}\n");
    t = load(c, text);
    assert_int_equal(hr_diag_errors(c->diag), 1);
    assert_has_text(config_shown(c, HR_DIAG_TEXT), "in a circle: s0 -> ... -> s15 -> ");
    assert_true(hr_topology_find(t, HR_NODE_STEP, "tail")->fields.broken);
    assert_null(t->order[0]);
    hr_topology_destroy(t);
    free(text);
}

static void
a_file_that_is_not_there_or_no_yaml_gives_nothing(void **state)
{
    config_test *c = *state;

    assert_null(hr_topology_load("no/such/file.yaml", NULL, c->diag));
    assert_null(hr_topology_load_text("a.yaml", "a: 'b", 5, NULL, c->diag));
    assert_int_equal(hr_diag_errors(c->diag), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        config_unit_test(nodes_are_wired_and_ordered),
        config_unit_test(a_source_may_go_straight_to_a_sink),
        config_unit_test(records_fail_the_topology_unless_there_are_dead_letters),
        config_unit_test(the_topology_is_returned_as_far_as_it_is_known),
        config_unit_test(files_lie_beneath_the_working_directory_or_the_topology),
        config_unit_test(a_long_circle_is_found_and_what_hangs_on_it_is_silent),
        config_unit_test(a_file_that_is_not_there_or_no_yaml_gives_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
