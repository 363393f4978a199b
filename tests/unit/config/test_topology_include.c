/* The broken includes are in tests/bad; here is what a joined topology holds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/topology_load.h"

#include <sys/stat.h>
#include <unistd.h>

#define HEAD "version: 1\ntopology: t\n"
#define SOURCE "sources:\n  a:\n    generate: {fields: {x: 'n'}}\n"
#define FILTER(name, from) "  " name ":\n    from: " from "\n    filter: 'x > 1'\n"
#define SINK(name, from) "sinks:\n  " name ":\n    from: " from "\n    blackhole: {}\n"
#define PART(name) "version: 1\nfragment: " name "\n"

static char before[4096];

/* The working directory is a new folder with a folder in it. */
static int
include_setup(void **state)
{
    static char dir[64];

    strcpy(dir, "/tmp/headrace-include-XXXXXX");
    return config_setup(state) != 0 || mkdtemp(dir) == NULL ||
           getcwd(before, sizeof before) == NULL || chdir(dir) != 0 || mkdir("parts", 0700) != 0;
}

static int
include_teardown(void **state)
{
    assert_int_equal(system("rm -r \"$PWD\""), 0);
    assert_int_equal(chdir(before), 0);
    return config_teardown(state);
}

static void
file(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static hr_topology *
load(config_test *t, const char *text)
{
    hr_topology *topology;

    file("main.yaml", text);
    hr_diag_destroy(t->diag);
    t->diag = hr_diag_create();
    topology = hr_topology_load("main.yaml", NULL, t->diag);
    assert_string_equal(config_shown(t, HR_DIAG_TEXT), "");
    assert_non_null(topology);
    return topology;
}

static void
included_steps_come_first_and_read_what_this_file_defines(void **state)
{
    hr_topology *t;

    file("parts/steps.yaml", PART("p") "steps:\n" FILTER("first", "a"));
    t = load(*state, HEAD "include: [parts/steps.yaml]\n" SOURCE
                          "steps:\n" FILTER("second", "first") SINK("out", "second"));
    assert_int_equal(t->n_steps, 2);
    assert_string_equal(t->steps[0].name.s, "first");
    assert_string_equal(t->steps[0].name.loc.file, "parts/steps.yaml");
    assert_int_equal(t->steps[0].name.loc.line, 4);
    assert_ptr_equal(t->steps[0].input, &t->sources[0]);
    assert_ptr_equal(t->steps[1].input, &t->steps[0]);
    assert_int_equal(t->n_includes, 1);
    assert_string_equal(t->includes[0].file, "parts/steps.yaml");
    assert_int_equal(t->includes[0].n_nodes, 1);
    assert_string_equal(t->name.s, "t");
    hr_topology_destroy(t);
}

static void
only_what_is_taken_comes_and_tables_and_steps_if_nothing_is_said(void **state)
{
    static const char whole[] = HEAD SOURCE "steps:\n" FILTER("first", "a") SINK("out", "first");
    hr_topology *t;

    file("whole.yaml", whole);
    t = load(*state, HEAD "include: [whole.yaml]\n" SOURCE SINK("mine", "first"));
    assert_int_equal(t->n_sinks, 1);
    assert_string_equal(t->sinks[0].name.s, "mine");
    hr_topology_destroy(t);
    t = load(*state, HEAD "include:\n  - {file: whole.yaml, take: [sources, steps, sinks]}\n");
    assert_string_equal(t->sources[0].name.s, "a");
    assert_string_equal(t->sinks[0].name.s, "out");
    hr_topology_destroy(t);
}

static void
a_variable_that_only_other_sections_need_need_not_be_set(void **state)
{
    hr_topology *t;

    unsetenv("HEADRACE_TEST_NOT_SET");
    file("whole.yaml", "version: 1\ntopology: w\n"
                       "sources:\n  a:\n    file: '${env:HEADRACE_TEST_NOT_SET}'\n"
                       "steps:\n" FILTER("first", "a") SINK("out", "first"));
    t = load(*state, HEAD "include: [whole.yaml]\n" SOURCE SINK("mine", "first"));
    assert_int_equal(t->n_steps, 1);
    hr_topology_destroy(t);
}

static void
what_a_variable_holds_is_not_expanded_again(void **state)
{
    hr_topology *t;

    setenv("HEADRACE_TEST_TEXT", "${env:HEADRACE_TEST_NOT_SET}", 1);
    file("inner.yaml",
         PART("p") "sinks:\n  out:\n    from: a\n"
                   "    kafka: {connection: k, topic: '${env:HEADRACE_TEST_TEXT}'}\n");
    file("outer.yaml", PART("q") "include:\n  - {file: inner.yaml, take: [sinks]}\n");
    t = load(*state, HEAD "include:\n  - {file: outer.yaml, take: [sinks]}\n" SOURCE);
    assert_string_equal(hr_yaml_get(t->sinks[0].options_yaml, "topic")->text.s,
                        "${env:HEADRACE_TEST_NOT_SET}");
    hr_topology_destroy(t);
}

static void
paths_start_at_the_folder_of_the_file_that_names_them(void **state)
{
    hr_topology *t;

    file("parts/rows.jsonl", "{}\n");
    file("rows.jsonl", "{}\n");
    file("parts/sources.yaml", PART("p") "sources:\n  there:\n    file: rows.jsonl\n");
    t = load(*state, HEAD "include:\n  - {file: parts/sources.yaml, take: [sources]}\n"
                          "sources:\n  here:\n    file: rows.jsonl\n"
                          "sinks:\n  a:\n    from: here\n    blackhole: {}\n"
                          "  b:\n    from: there\n    blackhole: {}\n");
    assert_string_equal(((hr_text *)t->sources[0].options)->s, "parts/rows.jsonl");
    assert_string_equal(((hr_text *)t->sources[1].options)->s, "rows.jsonl");
    hr_topology_destroy(t);
}

static void
a_file_that_is_reached_on_two_ways_brings_its_nodes_once(void **state)
{
    hr_topology *t;

    file("base.yaml", PART("base") "steps:\n" FILTER("first", "a"));
    file("left.yaml", PART("l") "include: [base.yaml]\nsteps:\n" FILTER("left", "first"));
    file("right.yaml",
         PART("r") "include: [parts/../base.yaml]\nsteps:\n" FILTER("right", "first"));
    t = load(*state, HEAD "include: [left.yaml, right.yaml, base.yaml]\n" SOURCE
                          "sinks:\n  l:\n    from: left\n    blackhole: {}\n"
                          "  r:\n    from: right\n    blackhole: {}\n");
    assert_int_equal(t->n_steps, 3);
    assert_int_equal(t->n_includes, 3);
    hr_topology_destroy(t);
}

static void
the_hash_is_of_all_files(void **state)
{
    static const char text[] = HEAD "include: [parts/steps.yaml]\n" SOURCE SINK("out", "first");
    uint64_t first;
    hr_topology *t;

    file("parts/steps.yaml", PART("p") "steps:\n" FILTER("first", "a"));
    t = load(*state, text);
    first = t->hash;
    hr_topology_destroy(t);
    t = load(*state, text);
    assert_true(t->hash == first);
    hr_topology_destroy(t);
    file("parts/steps.yaml", PART("p") "steps:\n" FILTER("first", "a") "# more\n");
    t = load(*state, text);
    assert_true(t->hash != first);
    hr_topology_destroy(t);
}

static void
a_fragment_can_be_read_alone(void **state)
{
    hr_topology *t =
        load(*state, PART("part") "steps:\n" FILTER("first", "a") FILTER("second", "first"));

    assert_true(t->fragment);
    assert_string_equal(t->name.s, "part");
    assert_int_equal(t->n_steps, 2);
    assert_null(t->steps[0].input);
    hr_topology_destroy(t);
    t = load(*state, HEAD SOURCE SINK("out", "a"));
    assert_false(t->fragment);
    hr_topology_destroy(t);
}

static void
more_than_a_mebibyte_of_includes_is_refused(void **state)
{
    config_test *t = *state;
    char *big = malloc(700000);
    hr_topology *topology;

    memset(big, '#', 699999);
    memcpy(big, PART("p"), strlen(PART("p")));
    big[699999] = '\0';
    file("a.yaml", big);
    file("b.yaml", big);
    free(big);
    file("main.yaml", HEAD "include: [a.yaml, b.yaml]\n" SOURCE SINK("out", "a"));
    topology = hr_topology_load("main.yaml", NULL, t->diag);
    assert_non_null(strstr(config_shown(t, HR_DIAG_TEXT),
                           "main.yaml:3:19: error[too-large]: the included files have more than 1 "
                           "MiB together"));
    hr_topology_destroy(topology);
}

static void
more_than_5000_nodes_of_includes_are_refused(void **state)
{
    config_test *t = *state;
    char *big = malloc(200000), *p = big;
    hr_topology *topology;

    p += sprintf(p, PART("p") "steps:\n");
    for (int i = 0; i < 5001; i++) {
        p += sprintf(p, "  s%d: {filter: 'x > 1'}\n", i);
    }
    file("a.yaml", big);
    free(big);
    file("main.yaml", HEAD "include: [a.yaml]\n" SOURCE SINK("out", "a"));
    topology = hr_topology_load("main.yaml", NULL, t->diag);
    assert_non_null(
        strstr(config_shown(t, HR_DIAG_TEXT), "the included files have more than 5000 nodes"));
    hr_topology_destroy(topology);
}

#define include_unit_test(f) cmocka_unit_test_setup_teardown(f, include_setup, include_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        include_unit_test(included_steps_come_first_and_read_what_this_file_defines),
        include_unit_test(only_what_is_taken_comes_and_tables_and_steps_if_nothing_is_said),
        include_unit_test(a_variable_that_only_other_sections_need_need_not_be_set),
        include_unit_test(what_a_variable_holds_is_not_expanded_again),
        include_unit_test(paths_start_at_the_folder_of_the_file_that_names_them),
        include_unit_test(a_file_that_is_reached_on_two_ways_brings_its_nodes_once),
        include_unit_test(the_hash_is_of_all_files),
        include_unit_test(a_fragment_can_be_read_alone),
        include_unit_test(more_than_a_mebibyte_of_includes_is_refused),
        include_unit_test(more_than_5000_nodes_of_includes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
