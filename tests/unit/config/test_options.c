/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/options.h"

typedef struct inner_options {
    int64_t records, per_ms;
} inner_options;

typedef struct test_options {
    double rate;
    int64_t seed, wait_ms, bytes;
    bool fast;
    int mode;
    const char *title;
    hr_text note, table, field, condition, password;
    hr_opt_list add;
    hr_opt_map match;
    inner_options limit;
} test_options;

static const hr_option inner_rows[] = {
    {.name = "records",
     .kind = HR_OPT_INT,
     .offset = offsetof(inner_options, records),
     .min = 1,
     .help = "How many."},
    {.name = "per",
     .kind = HR_OPT_DURATION_MS,
     .offset = offsetof(inner_options, per_ms),
     .fallback = "1m",
     .help = "In how long."},
    {0},
};

#define AT(member) offsetof(test_options, member)
static const hr_option rows[] = {
    {.name = "rate", .kind = HR_OPT_REAL, .offset = AT(rate), .min = 0, .max = 1, .help = "Share."},
    {.name = "seed", .kind = HR_OPT_INT, .offset = AT(seed), .fallback = "7", .help = "Seed."},
    {.name = "wait",
     .kind = HR_OPT_DURATION_MS,
     .offset = AT(wait_ms),
     .fallback = "5s",
     .min = 1000,
     .max = 3600000,
     .help = "Wait."},
    {.name = "bytes",
     .kind = HR_OPT_SIZE,
     .offset = AT(bytes),
     .fallback = "64MiB",
     .help = "Size."},
    {.name = "fast", .kind = HR_OPT_BOOL, .offset = AT(fast), .fallback = "false", .help = "Fast."},
    {.name = "mode",
     .kind = HR_OPT_ENUM,
     .offset = AT(mode),
     .fallback = "skip",
     .choices = "dead_letter|skip|fail",
     .help = "Mode."},
    {.name = "title",
     .kind = HR_OPT_STR,
     .offset = AT(title),
     .flags = HR_OPT_OPTIONAL,
     .help = "T."},
    {.name = "note",
     .kind = HR_OPT_TEXT,
     .offset = AT(note),
     .flags = HR_OPT_OPTIONAL,
     .help = "N."},
    {.name = "table",
     .kind = HR_OPT_NAME,
     .offset = AT(table),
     .flags = HR_OPT_OPTIONAL,
     .help = "N."},
    {.name = "field",
     .kind = HR_OPT_FIELD,
     .offset = AT(field),
     .flags = HR_OPT_OPTIONAL,
     .help = "F."},
    {.name = "condition",
     .kind = HR_OPT_EXPR,
     .offset = AT(condition),
     .flags = HR_OPT_OPTIONAL,
     .help = "E."},
    {.name = "password",
     .kind = HR_OPT_SECRET,
     .offset = AT(password),
     .flags = HR_OPT_OPTIONAL,
     .help = "S."},
    {.name = "add",
     .kind = HR_OPT_LIST,
     .offset = AT(add),
     .flags = HR_OPT_OPTIONAL | HR_OPT_FIELD_VALUES | HR_OPT_NONEMPTY,
     .help = "L."},
    {.name = "match",
     .kind = HR_OPT_MAP,
     .offset = AT(match),
     .flags = HR_OPT_OPTIONAL | HR_OPT_EXPR_VALUES,
     .help = "M."},
    {.name = "limit",
     .kind = HR_OPT_BLOCK,
     .offset = AT(limit),
     .block = inner_rows,
     .fallback = "{}",
     .help = "B."},
    {0},
};

static const hr_option main_rows[] = {
    {.name = "condition",
     .kind = HR_OPT_EXPR,
     .offset = AT(condition),
     .flags = HR_OPT_MAIN,
     .help = "E."},
    {.name = "seed", .kind = HR_OPT_INT, .offset = AT(seed), .fallback = "7", .help = "S."},
    {0},
};

static const hr_option all_rows[] = {
    {.name = "fields",
     .kind = HR_OPT_MAP,
     .offset = AT(match),
     .flags = HR_OPT_ALL_KEYS | HR_OPT_EXPR_VALUES | HR_OPT_NONEMPTY,
     .help = "F."},
    {0},
};

static int
parse(config_test *t, const hr_option *table, const char *text, test_options *opt)
{
    hr_opt_env env = {.arena = t->arena, .diag = t->diag, .owner = "sample", .at_width = 6};
    hr_yaml_node *root = config_parse(t, text);
    const hr_yaml_node *node;

    assert_non_null(root);
    hr_yaml_expand(t->arena, t->diag, root);
    node = hr_yaml_get(root, "sample");
    memset(opt, 0, sizeof *opt);
    return hr_options_parse(&env, table, node, root->entries[0].key.loc, opt);
}

/* The one error that this body gives. */
static const char *
refused(config_test *t, const hr_option *table, const char *text)
{
    test_options opt;

    hr_diag_destroy(t->diag);
    t->diag = hr_diag_create();
    assert_int_equal(parse(t, table, text, &opt), HR_ECONFIG);
    assert_int_equal(hr_diag_errors(t->diag), 1);
    return config_shown(t, HR_DIAG_TEXT);
}

static void
every_kind_is_parsed(void **state)
{
    config_test *t = *state;
    test_options opt;

    setenv("HR_TEST_PASSWORD", "pw", 1);
    assert_int_equal(
        parse(t, rows,
              "sample:\n  rate: 0.5\n  seed: -3\n  wait: 2m\n  bytes: 4KiB\n  fast: true\n"
              "  mode: fail\n  title: x\n  note: y z\n  table: t_1\n  field: F\n"
              "  condition: 'a > 1'\n  password: ${env:HR_TEST_PASSWORD}\n  add: [A, B]\n"
              "  match: {k: 'v + 1', l: w}\n  limit: {records: 3, per: 2h}\n",
              &opt),
        HR_OK);
    assert_true(opt.rate == 0.5);
    assert_int_equal(opt.seed, -3);
    assert_int_equal(opt.wait_ms, 120000);
    assert_int_equal(opt.bytes, 4096);
    assert_true(opt.fast);
    assert_int_equal(opt.mode, 2);
    assert_string_equal(opt.title, "x");
    assert_string_equal(opt.note.s, "y z");
    assert_string_equal(opt.condition.s, "a > 1");
    assert_string_equal(opt.password.s, "pw");
    assert_int_equal(opt.add.n, 2);
    assert_string_equal(opt.add.v[1].s, "B");
    assert_int_equal(opt.match.n, 2);
    assert_string_equal(opt.match.v[0].key.s, "k");
    assert_string_equal(opt.match.v[0].value.s, "v + 1");
    assert_int_equal(opt.limit.records, 3);
    assert_int_equal(opt.limit.per_ms, 7200000);
}

static void
what_is_absent_takes_its_fallback(void **state)
{
    test_options opt;

    assert_int_equal(parse(*state, rows, "sample: {rate: 1}\n", &opt), HR_OK);
    assert_int_equal(opt.seed, 7);
    assert_int_equal(opt.wait_ms, 5000);
    assert_int_equal(opt.bytes, 64 << 20);
    assert_int_equal(opt.mode, 1);
    assert_null(opt.title);
    assert_int_equal(opt.add.n, 0);
    assert_int_equal(opt.limit.per_ms, 60000);
    assert_int_equal(opt.limit.records, 0);
}

static void
an_unknown_key_is_reported_once_with_the_nearest(void **state)
{
    assert_string_equal(refused(*state, rows, "sample:\n  rat: 0.5\n"),
                        "a.yaml:2:3: error[unknown-key]: 'rat' is not an option of sample\n"
                        "    2 |   rat: 0.5\n"
                        "      |   ^^^ did you mean 'rate'?\n");
    assert_has_text(refused(*state, main_rows, "sample: {condition: x, zzz: 1}\n"),
                    "^^^ it takes: condition, seed");
}

static void
missing_keys_are_reported_at_the_operator(void **state)
{
    assert_string_equal(refused(*state, rows, "sample: {}\n"),
                        "a.yaml:1:1: error[missing-key]: sample needs 'rate'\n"
                        "    1 | sample: {}\n"
                        "      | ^^^^^^ Share.\n");
    assert_has_text(refused(*state, rows, "sample: {rate: 1, limit: {per: 1s}}\n"),
                    "a.yaml:1:19: error[missing-key]: limit needs 'records'\n");
}

static void
wrong_types_and_ranges_name_the_option(void **state)
{
    config_test *t = *state;

    assert_string_equal(
        refused(t, rows, "sample: {rate: 3}\n"),
        "a.yaml:1:16: error[out-of-range]: 'rate' of sample must be between 0 and 1, and is 3\n"
        "    1 | sample: {rate: 3}\n"
        "      |                ^\n");
    assert_has_text(refused(t, rows, "sample: {rate: 1, seed: '5'}\n"), "write it without quotes");
    assert_has_text(refused(t, rows, "sample: {rate: 1, seed: 010}\n"),
                    "'seed' of sample must be an integer, and '010' is not");
    assert_has_text(refused(t, rows, "sample: {rate: nan}\n"), "must be a number");
    assert_has_text(refused(t, rows, "sample: {rate: 1e999}\n"), "must be a number");
    assert_has_text(refused(t, rows, "sample: {rate: 1, wait: 5}\n"), "write a whole number and");
    assert_has_text(refused(t, rows, "sample: {rate: 1, wait: 2d}\n"), "between 1s and 1h");
    assert_has_text(refused(t, rows, "sample: {rate: 1, bytes: 64MB}\n"), "KiB, MiB or GiB");
    assert_has_text(refused(t, rows, "sample: {rate: 1, fast: True}\n"), "true or false");
    assert_has_text(refused(t, rows, "sample: {rate: 1, limit: {records: 0}}\n"),
                    "'records' of limit must be at least 1, and is 0");
    assert_has_text(refused(t, rows, "sample: {rate: [1]}\n"),
                    "must be a single value, not a list");
}

static void
choices_and_names_are_checked(void **state)
{
    config_test *t = *state;

    assert_has_text(refused(t, rows, "sample: {rate: 1, mode: skp}\n"), "did you mean 'skip'?");
    assert_has_text(refused(t, rows, "sample: {rate: 1, mode: zero}\n"),
                    "write one of: dead_letter, skip, fail");
    assert_has_text(refused(t, rows, "sample: {rate: 1, table: Big}\n"), "error[bad-name]");
    assert_has_text(refused(t, rows, "sample: {rate: 1, field: ''}\n"), "error[empty]");
}

static void
a_bare_null_is_no_value(void **state)
{
    config_test *t = *state;

    assert_has_text(refused(t, rows, "sample: {rate: 1, seed: null}\n"), "error[null-value]");
    assert_has_text(refused(t, rows, "sample:\n  rate: 1\n  title:\n"), "error[null-value]");
    assert_has_text(refused(t, rows, "sample: {rate: 1, add: ~}\n"), "error[null-value]");
    assert_has_text(refused(t, rows, "sample: {rate: 1, add: [a, ~]}\n"), "error[null-value]");
    assert_has_text(refused(t, all_rows, "sample: {x: null}\n"), "error[null-value]");
    assert_has_text(refused(t, rows, "sample:\n"), "error[null-value]");
    assert_has_text(refused(t, main_rows, "sample: null\n"), "error[null-value]");
}

static void
lists_and_maps_are_checked_item_by_item(void **state)
{
    config_test *t = *state;

    assert_has_text(refused(t, rows, "sample: {rate: 1, add: Distance}\n"), "write [Distance]");
    assert_has_text(refused(t, rows, "sample: {rate: 1, add: []}\n"), "error[empty]");
    assert_has_text(refused(t, rows, "sample: {rate: 1, add: [a, {b: c}]}\n"), "single value");
    assert_has_text(refused(t, rows, "sample: {rate: 1, add: [a, b, a]}\n"),
                    "error[duplicate-item]");
    assert_has_text(refused(t, rows, "sample: {rate: 1, match: [a]}\n"), "must be a map");
    assert_has_text(refused(t, rows, "sample: {rate: 1, match: {a: [b]}}\n"), "single value");
}

static void
a_scalar_may_stand_for_the_main_option(void **state)
{
    config_test *t = *state;
    test_options opt;

    assert_int_equal(parse(t, main_rows, "sample: 'x > 1'\n", &opt), HR_OK);
    assert_string_equal(opt.condition.s, "x > 1");
    assert_int_equal(opt.seed, 7);
    assert_int_equal(parse(t, main_rows, "sample: {condition: y, seed: 2}\n", &opt), HR_OK);
    assert_int_equal(opt.seed, 2);
    assert_has_text(refused(t, rows, "sample: x\n"), "sample takes a map of options");
    assert_has_text(refused(t, main_rows, "sample: [x]\n"), "single value");
}

static void
a_table_may_take_all_keys(void **state)
{
    config_test *t = *state;
    test_options opt;

    assert_int_equal(parse(t, all_rows, "sample: {A: 'x + 1', B: A}\n", &opt), HR_OK);
    assert_int_equal(opt.match.n, 2);
    assert_has_text(refused(t, all_rows, "sample: {}\n"), "error[empty]");
    assert_has_text(refused(t, all_rows, "sample: 5\n"), "takes a map");
}

static void
secrets_come_from_outside_and_expressions_do_not(void **state)
{
    config_test *t = *state;

    setenv("HR_TEST_X", "hidden", 1);
    assert_has_text(refused(t, rows, "sample: {rate: 1, password: hunter2}\n"),
                    "error[inline-secret]: 'password' of sample must not stand in the file");
    assert_has_text(t->shown, "write ${env:NAME} or ${file:/path/to/secret}");
    assert_has_text(refused(t, rows, "sample: {rate: 1, condition: '${env:HR_TEST_X}'}\n"),
                    "error[expansion]");
    assert_has_text(refused(t, rows, "sample: {rate: 1, match: {a: '${env:HR_TEST_X}'}}\n"),
                    "error[expansion]");
    assert_has_text(refused(t, main_rows, "sample: 'a + \"${env:HR_TEST_X}\"'\n"),
                    "error[expansion]");
    assert_has_text(refused(t, rows, "sample: {rate: '${env:HR_TEST_X}'}\n"), "'${...}' is not");
    assert_null(strstr(t->shown, "hidden"));
    assert_has_text(refused(t, rows, "sample: {rate: 1, mode: '${env:HR_TEST_X}'}\n"), "'${...}'");
    assert_null(strstr(t->shown, "hidden"));
}

static void
durations_and_sizes_have_units(void **state)
{
    int64_t v;

    (void)state;
    assert_true(hr_parse_duration_ms("250ms", &v));
    assert_int_equal(v, 250);
    assert_true(hr_parse_duration_ms("1d", &v));
    assert_int_equal(v, 86400000);
    assert_false(hr_parse_duration_ms("5", &v));
    assert_false(hr_parse_duration_ms("-5s", &v));
    assert_false(hr_parse_duration_ms("1.5s", &v));
    assert_false(hr_parse_duration_ms("999999999999999999d", &v));
    assert_false(hr_parse_duration_ms("99999999999999999999s", &v));
    assert_true(hr_parse_size("512", &v));
    assert_int_equal(v, 512);
    assert_true(hr_parse_size("1GiB", &v));
    assert_int_equal(v, 1 << 30);
    assert_false(hr_parse_size("GiB", &v));
}

static void
paths_lie_beneath_the_root(void **state)
{
    config_test *t = *state;
    char *root = realpath(HR_SOURCE_DIR "/tests", NULL);
    hr_text path = {.s = "hr_test.h", .len = 9};
    const char *out = NULL;
    hr_error err = {0};

    assert_int_equal(hr_path_resolve(t->arena, root, "tests/support", &path, &out, &err), HR_OK);
    assert_string_equal(out, "tests/support/hr_test.h");
    path.s = "../../CMakeLists.txt";
    assert_int_equal(hr_path_resolve(t->arena, root, "tests/support", &path, &out, &err),
                     HR_ECONFIG);
    assert_string_equal(err.slug, "outside-root");
    path.s = "../support";
    assert_int_equal(hr_path_resolve(t->arena, root, "tests/support", &path, &out, &err),
                     HR_ECONFIG);
    assert_has_text(err.msg, "is no file");
    path.s = "none.txt";
    assert_int_equal(hr_path_resolve(t->arena, root, "tests/support", &path, &out, &err),
                     HR_ECONFIG);
    assert_has_text(err.msg, "'none.txt' is not there");
    assert_int_equal(hr_path_resolve_new(t->arena, root, "tests/support", &path, &out, &err),
                     HR_OK);
    path.s = "../../none.txt";
    assert_int_equal(hr_path_resolve_new(t->arena, root, "tests/support", &path, &out, &err),
                     HR_ECONFIG);
    assert_string_equal(err.slug, "outside-root");
    path.s = "no/none.txt";
    assert_int_equal(hr_path_resolve_new(t->arena, root, "tests/support", &path, &out, &err),
                     HR_ECONFIG);
    free(root);
}

/* The arena ends ever later, until it is large enough. */
static void
running_out_of_memory_is_an_error(void **state)
{
    const char *text = "sample:\n  rate: 0.5\n  add: [A, B, C]\n  match: {k: 'v', l: w}\n"
                       "  limit: {records: 3}\n  note: '${env:HR_TEST_NOT_SET:-some text}'\n";
    bool done = false;

    (void)state;
    for (size_t room = 16; room < 100000 && !done; room += 16) {
        hr_arena *arena = hr_arena_create(64, room);
        hr_diag *diag = hr_diag_create();
        hr_opt_env env = {.arena = arena, .diag = diag, .owner = "sample"};
        hr_yaml_node *root = hr_yaml_parse(arena, diag, "a.yaml", text, strlen(text));
        test_options opt = {0};

        if (root != NULL) {
            root = hr_yaml_get(root, "sample");
            hr_yaml_expand(arena, diag, root);
            done = hr_options_parse(&env, rows, root, root->loc, &opt) == HR_OK;
        }
        assert_int_equal(hr_diag_errors(diag) == 0, done);
        assert_int_equal(opt.match.n == 2 && opt.add.n == 3 && opt.note.s != NULL, done);
        hr_diag_destroy(diag);
        hr_arena_destroy(arena);
    }
    assert_true(done);
}

static void
the_given_text_of_an_option_can_be_asked_for(void **state)
{
    config_test *t = *state;
    hr_yaml_node *root = config_parse(t, "a: {mode: skip}\nb: skip\nc: [x]\n");
    hr_option row = *hr_options_find(rows, "mode");

    assert_null(hr_options_find(rows, "none"));
    assert_true(hr_options_given_as(&row, hr_yaml_get(root, "a"), "skip"));
    assert_false(hr_options_given_as(&row, hr_yaml_get(root, "a"), "fail"));
    assert_false(hr_options_given_as(&row, hr_yaml_get(root, "b"), "skip"));
    row.flags = HR_OPT_MAIN;
    assert_true(hr_options_given_as(&row, hr_yaml_get(root, "b"), "skip"));
    assert_false(hr_options_given_as(&row, hr_yaml_get(root, "c"), "skip"));
    assert_int_equal(hr_options_loc(hr_yaml_get(root, "a"), "mode").col, 11);
    assert_int_equal(hr_options_loc(hr_yaml_get(root, "a"), "none").col, 4);
}

typedef void print_fn(FILE *out, const hr_option *table);

static const char *
printed(config_test *t, print_fn *print)
{
    size_t size;
    FILE *out;

    free(t->shown);
    out = open_memstream(&t->shown, &size);
    print(out, rows);
    fclose(out);
    return t->shown;
}

static void
print_schema(FILE *out, const hr_option *table)
{
    hr_options_json_schema(out, table, 0);
}

static void
help_manual_and_schema_come_from_the_same_rows(void **state)
{
    config_test *t = *state;

    assert_has_text(printed(t, hr_options_help), "  rate                real, 0 to 1, required");
    assert_has_text(t->shown, "    records           integer, at least 1, required");
    assert_has_text(t->shown, "duration, 1s to 1h, default 5s");
    assert_has_text(printed(t, hr_options_markdown),
                    "| `mode` | dead_letter \\| skip \\| fail | default skip | Mode. |\n");
    assert_has_text(t->shown, "| `limit.records` | integer, at least 1 | required | How many. |\n");
    assert_has_text(printed(t, print_schema), "\"required\": [\"rate\"]");
    assert_has_text(t->shown, "{\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}");
    assert_has_text(t->shown, "\"enum\": [\"dead_letter\", \"skip\", \"fail\"]");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        config_unit_test(every_kind_is_parsed),
        config_unit_test(what_is_absent_takes_its_fallback),
        config_unit_test(an_unknown_key_is_reported_once_with_the_nearest),
        config_unit_test(missing_keys_are_reported_at_the_operator),
        config_unit_test(wrong_types_and_ranges_name_the_option),
        config_unit_test(choices_and_names_are_checked),
        config_unit_test(a_bare_null_is_no_value),
        config_unit_test(lists_and_maps_are_checked_item_by_item),
        config_unit_test(a_scalar_may_stand_for_the_main_option),
        config_unit_test(a_table_may_take_all_keys),
        config_unit_test(secrets_come_from_outside_and_expressions_do_not),
        config_unit_test(durations_and_sizes_have_units),
        config_unit_test(paths_lie_beneath_the_root),
        config_unit_test(running_out_of_memory_is_an_error),
        config_unit_test(the_given_text_of_an_option_can_be_asked_for),
        config_unit_test(help_manual_and_schema_come_from_the_same_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
