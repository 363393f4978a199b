/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"

static const char source[] = "steps:\n  distance:\n    enrich:\n      on_mis: dead_letter\n";

static void
text_shows_place_source_line_caret_and_hint(void **state)
{
    config_test *t = *state;
    hr_loc loc = {"a.yaml", 4, 7};

    hr_diag_source(t->diag, "a.yaml", source, sizeof source - 1);
    hr_diag_add(t->diag, loc, 6, "unknown-key", "did you mean 'on_miss'?",
                "'%s' is not an option of enrich", "on_mis");
    assert_string_equal(config_shown(t, HR_DIAG_TEXT),
                        "a.yaml:4:7: error[unknown-key]: 'on_mis' is not an option of enrich\n"
                        "    4 |       on_mis: dead_letter\n"
                        "      |       ^^^^^^ did you mean 'on_miss'?\n");
}

static void
a_mistake_without_hint_or_width_marks_one_character(void **state)
{
    config_test *t = *state;

    hr_diag_source(t->diag, "a.yaml", source, sizeof source - 1);
    hr_diag_add(t->diag, (hr_loc){"a.yaml", 1, 1}, 0, NULL, NULL, "no");
    assert_string_equal(config_shown(t, HR_DIAG_TEXT), "a.yaml:1:1: error[invalid]: no\n"
                                                       "    1 | steps:\n"
                                                       "      | ^\n");
}

static void
one_place_gives_one_error(void **state)
{
    config_test *t = *state;
    hr_loc loc = {"a.yaml", 4, 7};

    hr_diag_add(t->diag, loc, 1, "x", NULL, "first");
    hr_diag_add(t->diag, loc, 1, "y", NULL, "second");
    hr_diag_warn(t->diag, loc, 1, "z", NULL, "a warning is another matter");
    assert_int_equal(hr_diag_errors(t->diag), 1);
    assert_int_equal(hr_diag_warnings(t->diag), 1);
    assert_has_text(config_shown(t, HR_DIAG_TEXT), "first");
}

static void
errors_come_by_file_line_and_column(void **state)
{
    config_test *t = *state;

    hr_diag_source(t->diag, "b.yaml", "", 0);
    hr_diag_add(t->diag, (hr_loc){"a.yaml", 2, 1}, 1, "x", NULL, "three");
    hr_diag_add(t->diag, (hr_loc){"a.yaml", 1, 9}, 1, "x", NULL, "two");
    hr_diag_add(t->diag, (hr_loc){"b.yaml", 7, 1}, 1, "x", NULL, "one");
    assert_string_equal(config_shown(t, HR_DIAG_TEXT), "b.yaml:7:1: error[x]: one\n"
                                                       "a.yaml:1:9: error[x]: two\n"
                                                       "a.yaml:2:1: error[x]: three\n");
}

static void
an_error_without_a_line_names_the_file_only(void **state)
{
    config_test *t = *state;

    hr_diag_add(t->diag, (hr_loc){"a.yaml", 0, 0}, 1, "file", "try another", "is not there");
    hr_diag_add(t->diag, HR_NO_LOC, 1, "usage", NULL, "no file");
    assert_string_equal(config_shown(t, HR_DIAG_TEXT), "error[usage]: no file\n"
                                                       "a.yaml: error[file]: is not there\n"
                                                       "      | try another\n");
}

static void
a_reported_error_is_not_reported_again(void **state)
{
    config_test *t = *state;
    hr_error err = {0};

    hr_fail(&err, HR_EREPORTED, HR_NO_LOC, "follows");
    hr_diag_error(t->diag, &err);
    assert_int_equal(hr_diag_errors(t->diag), 0);
    hr_fail_as(&err, (hr_loc){"a.yaml", 1, 2}, "type", "not an int");
    hr_hint(&err, "write one");
    hr_diag_error(t->diag, &err);
    assert_has_text(config_shown(t, HR_DIAG_JSON), "\"hint\":\"write one\"");
}

static void
a_long_line_is_shown_around_the_column(void **state)
{
    config_test *t = *state;
    char line[2001];

    memset(line, 'a', 2000);
    line[1000] = 'X';
    line[2000] = '\0';
    hr_diag_source(t->diag, "a.yaml", line, 2000);
    hr_diag_add(t->diag, (hr_loc){"a.yaml", 1, 1001}, 1, "x", NULL, "here");
    assert_has_text(config_shown(t, HR_DIAG_TEXT), "    1 | ...aaa");
    assert_true(strlen(t->shown) < 400);
    assert_int_equal(strstr(t->shown, "X") - strstr(t->shown, "| ...a"),
                     strstr(t->shown, "^") - strstr(t->shown, "|  "));
}

static void
columns_are_characters_and_control_characters_are_not_printed(void **state)
{
    config_test *t = *state;
    const char text[] = "k: \xC3\xA4\xC3\xB6 \x1B[31m x";

    hr_diag_source(t->diag, "a.yaml", text, sizeof text - 1);
    hr_diag_add(t->diag, (hr_loc){"a.yaml", 1, 7}, 1, "x", NULL, "got '\x1B[31m'");
    assert_string_equal(config_shown(t, HR_DIAG_TEXT), "a.yaml:1:7: error[x]: got '?[31m'\n"
                                                       "    1 | k: \xC3\xA4\xC3\xB6 ?[31m x\n"
                                                       "      |       ^\n");
}

/* A secret of one character a byte keeps the columns behind it. */
static void
secrets_in_a_shown_line_are_hidden(void **state)
{
    static const char *const lines[][2] = {
        {"  password: hunter2", "  password: *******"},
        {"sasl: {mechanism: PLAIN, password: 'h, 2', x: y}",
         "sasl: {mechanism: PLAIN, password: '****', x: y}"},
        {"ssl.key.password = a", "ssl.key.password = *"},
        {"Passwort: geheim", "Passwort: ******"},
        {"client_secret=abc&x=1", "client_secret=***&x=1"},
        {"password: ${env:PW}", "password: ${env:PW}"},
        {"password: \"${file:/run/pw}\"", "password: \"${file:/run/pw}\""},
        {"uri: mongodb://u:p@ss@host:1/db", "uri: mongodb://u:****@host:1/db"},
        {"uri: 'mongodb://host:27017/'", "uri: 'mongodb://host:27017/'"},
        {"a passenger waits", "a passenger waits"},
        {"password:", "password:"},
        {"password", "password"},
    };
    config_test *t = *state;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        hr_diag_destroy(t->diag);
        t->diag = hr_diag_create();
        hr_diag_source(t->diag, "a.yaml", lines[i][0], strlen(lines[i][0]));
        hr_diag_add(t->diag, (hr_loc){"a.yaml", 1, 1}, 1, "x", NULL, "here");
        config_shown(t, HR_DIAG_TEXT);
        assert_has_text(t->shown, lines[i][1]);
    }
}

static void
json_is_one_object_a_line(void **state)
{
    config_test *t = *state;

    hr_diag_add(t->diag, (hr_loc){"a\"b.yaml", 4, 7}, 6, "unknown-key", NULL, "say \"%s\"", "x\\y");
    hr_diag_warn(t->diag, HR_NO_LOC, 1, "old", "hint", "text");
    assert_string_equal(
        config_shown(t, HR_DIAG_JSON),
        "{\"file\":null,\"line\":0,\"column\":0,\"width\":1,\"severity\":\"warning\","
        "\"code\":\"old\",\"message\":\"text\",\"hint\":\"hint\"}\n"
        "{\"file\":\"a\\\"b.yaml\",\"line\":4,\"column\":7,\"width\":6,\"severity\":\"error\","
        "\"code\":\"unknown-key\",\"message\":\"say \\\"x\\\\y\\\"\",\"hint\":null}\n");
}

static void
json_is_valid_when_a_text_was_cut_in_a_character(void **state)
{
    config_test *t = *state;

    hr_diag_add(t->diag, HR_NO_LOC, 1, "x", NULL, "cut \xC3");
    assert_has_text(config_shown(t, HR_DIAG_JSON), "\"cut ?\"");
}

static void
github_commands_are_escaped(void **state)
{
    config_test *t = *state;

    hr_diag_add(t->diag, (hr_loc){"a,b.yaml", 4, 7}, 6, "unknown-key", "did you mean 'x'?",
                "100%% wrong");
    assert_string_equal(config_shown(t, HR_DIAG_GITHUB),
                        "::error file=a%2Cb.yaml,line=4,col=7,title=unknown-key::100%25 wrong: did "
                        "you mean 'x'?\n");
}

static void
more_errors_than_anyone_reads_are_counted(void **state)
{
    config_test *t = *state;

    for (int i = 1; i <= 1200; i++) {
        hr_diag_add(t->diag, (hr_loc){"a.yaml", i, 1}, 1, "x", NULL, "again");
    }
    assert_int_equal(hr_diag_errors(t->diag), 1200);
    assert_has_text(config_shown(t, HR_DIAG_TEXT), "and 200 more\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        config_unit_test(text_shows_place_source_line_caret_and_hint),
        config_unit_test(a_mistake_without_hint_or_width_marks_one_character),
        config_unit_test(one_place_gives_one_error),
        config_unit_test(errors_come_by_file_line_and_column),
        config_unit_test(an_error_without_a_line_names_the_file_only),
        config_unit_test(a_reported_error_is_not_reported_again),
        config_unit_test(a_long_line_is_shown_around_the_column),
        config_unit_test(columns_are_characters_and_control_characters_are_not_printed),
        config_unit_test(secrets_in_a_shown_line_are_hidden),
        config_unit_test(json_is_one_object_a_line),
        config_unit_test(json_is_valid_when_a_text_was_cut_in_a_character),
        config_unit_test(github_commands_are_escaped),
        config_unit_test(more_errors_than_anyone_reads_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
