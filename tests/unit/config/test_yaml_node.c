/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"

#include <sys/stat.h>
#include <unistd.h>

/* Parses what must be refused; returns what is printed. */
static const char *
refused(config_test *t, const char *text)
{
    assert_null(config_parse(t, text));
    return config_shown(t, HR_DIAG_TEXT);
}

static void
keys_and_values_keep_their_places(void **state)
{
    config_test *t = *state;
    hr_yaml_node *root = config_parse(t, "a: 1\nb:\n  - x\n  - 'it''s'\nc: {d: \"q\"}\n");
    hr_yaml_node *b, *d;

    assert_non_null(root);
    assert_int_equal(root->n, 3);
    assert_int_equal(root->entries[1].key.loc.line, 2);
    b = hr_yaml_get(root, "b");
    assert_int_equal(b->kind, HR_YAML_LIST);
    assert_int_equal(b->n, 2);
    assert_string_equal(b->entries[1].value->text.s, "it's");
    assert_int_equal(b->entries[1].value->loc.line, 4);
    assert_int_equal(b->entries[1].value->loc.col, 5);
    assert_int_equal(b->entries[1].value->width, 7);
    d = hr_yaml_get(hr_yaml_get(root, "c"), "d");
    assert_int_equal(d->loc.col, 8);
    assert_int_equal(d->text.style, HR_YAML_DOUBLE_QUOTED);
    assert_null(hr_yaml_get(root, "x"));
    assert_null(hr_yaml_get(b, "x"));
}

static void
places_inside_a_scalar_are_exact_where_they_can_be(void **state)
{
    config_test *t = *state;
    hr_yaml_node *root = config_parse(t, "plain: abc\n"
                                         "single: 'a''bc'\n"
                                         "double: \"abc\"\n"
                                         "escaped: \"a\\nbc\"\n"
                                         "block: |\n"
                                         "  first\n"
                                         "  second\n"
                                         "folded: >\n"
                                         "  first\n"
                                         "umlaut: '\xC3\xA4+b'\n");

    assert_int_equal(hr_text_loc(&hr_yaml_get(root, "plain")->text, 2).col, 10);
    assert_int_equal(hr_text_loc(&hr_yaml_get(root, "single")->text, 0).col, 10);
    assert_int_equal(hr_text_loc(&hr_yaml_get(root, "single")->text, 2).col, 13);
    assert_int_equal(hr_text_loc(&hr_yaml_get(root, "double")->text, 1).col, 11);
    assert_int_equal(hr_text_loc(&hr_yaml_get(root, "escaped")->text, 2).col, 10);
    assert_int_equal(hr_text_loc(&hr_yaml_get(root, "block")->text, 8).line, 7);
    assert_int_equal(hr_text_loc(&hr_yaml_get(root, "block")->text, 8).col, 5);
    assert_int_equal(hr_text_loc(&hr_yaml_get(root, "folded")->text, 2).line, 8);
    assert_int_equal(hr_text_loc(&hr_yaml_get(root, "umlaut")->text, 2).col, 11);
}

static void
a_piece_of_a_text_has_the_places_of_the_whole(void **state)
{
    config_test *t = *state;
    hr_yaml_node *node;

    hr_diag_source(t->diag, "--set", "threads=1\nmemory={a: 1}\n", 25);
    node = hr_yaml_parse_at(t->arena, t->diag, (hr_loc){"--set", 2, 8}, "{a: 1}", 6);
    assert_non_null(node);
    assert_int_equal(node->entries[0].value->loc.line, 2);
    assert_int_equal(node->entries[0].value->loc.col, 12);
}

static void
duplicate_keys_are_refused_at_the_second(void **state)
{
    assert_has_text(refused(*state, "a: 1\nb: 2\n  \na: 3\n"),
                    "a.yaml:4:1: error[duplicate-key]: 'a' is given twice\n"
                    "    4 | a: 3\n"
                    "      | ^ it is in line 1 already\n");
}

static void
anchors_aliases_tags_and_merge_keys_are_refused(void **state)
{
    config_test *t = *state;

    assert_has_text(refused(t, "a: &x 1\n"), "a.yaml:1:4: error[anchor]: ");
    assert_has_text(refused(t, "\nb: *x\n"), "a.yaml:2:4: error[alias]: ");
    assert_has_text(refused(t, "\n\nc: !!str 1\n"), "a.yaml:3:4: error[tag]: ");
    assert_has_text(refused(t, "\n\n\nd: !mine {e: 1}\n"), "a.yaml:4:4: error[tag]: ");
    assert_has_text(refused(t, "\n\n\n\nf: !nope!x 1\n"), "a.yaml:5:4: error[tag]: ");
    assert_has_text(refused(t, "\n\n\n\n\n<<: {a: 1}\n"), "a.yaml:6:1: error[merge-key]: ");
}

static void
documents_and_directives_are_refused(void **state)
{
    config_test *t = *state;

    assert_non_null(config_parse(t, "---\na: 1\n"));
    assert_has_text(refused(t, "a: 1\n---\nb: 1\n"), "a.yaml:2:1: error[documents]: ");
    assert_has_text(refused(t, "%YAML 1.1\n---\nb: 1\n"), "a.yaml:1:1: error[directive]: ");
}

static void
tabs_are_refused(void **state)
{
    assert_string_equal(refused(*state, "a:\n\tb: 1\n\tc: 1\n"),
                        "a.yaml:2:1: error[tab]: tabs are not allowed\n"
                        "    2 |  b: 1\n"
                        "      | ^ use blanks; in a quoted text write \"\\t\"\n");
}

static void
words_that_some_tools_read_as_booleans_are_refused(void **state)
{
    config_test *t = *state;
    const char *shown = refused(t, "a: yes\nb: [No, 'no', x]\nc: OFF\non: 1\n");

    assert_has_text(shown, "a.yaml:1:4: error[bool-word]: some YAML tools read 'yes' as true\n");
    assert_has_text(shown, "^^^ write true, or quote it: 'yes'");
    assert_has_text(shown, "a.yaml:2:5: error[bool-word]: some YAML tools read 'No' as false\n");
    assert_has_text(shown, "a.yaml:3:4: error[bool-word]: ");
    assert_has_text(shown, "a.yaml:4:1: error[bool-word]: ");
    assert_has_text(shown, "^^ quote it: 'on'");
    assert_int_equal(hr_diag_errors(t->diag), 4);
}

static void
what_is_not_yaml_is_explained(void **state)
{
    config_test *t = *state;

    assert_has_text(refused(t, "a: b: c\n"),
                    "a.yaml:1:5: error[yaml]: a colon is not expected here");
    assert_has_text(refused(t, "\na: 'open\nb: 1\n"),
                    "a.yaml:2:4: error[yaml]: the quote is not closed");
    assert_has_text(refused(t, "\n\na: [1, 2\nb: 1\n"), "error[yaml]: the list is not closed");
    assert_has_text(refused(t, "\n\n\n\n\na: 1\n   b: 2\n"), "error[yaml]: ");
    assert_has_text(refused(t, "? [a]\n: 1\n"), "a.yaml:1:3: error[yaml]: a key must be a text");
    assert_has_text(refused(t, "\n\n\n\n\n\n\n\na: @x\n"),
                    "a.yaml:9:4: error[yaml]: a text cannot begin with this character");
    assert_has_text(refused(t, "\n\n\n\n\n\n\n\n\n\n: 1\n"), "a.yaml:11:1: error[yaml]: ");
}

static void
an_empty_file_and_bytes_that_are_no_text_are_refused(void **state)
{
    config_test *t = *state;

    assert_has_text(refused(t, "# nothing\n"), "a.yaml:1:1: error[empty]: ");
    assert_has_text(refused(t, "\na: \xFF\n"), "a.yaml:2:4: error[yaml]: the file is not UTF-8");
    assert_has_text(refused(t, "\n\na: \x01\n"), "a.yaml:3:4: error[yaml]: control characters");
    assert_has_text(refused(t, "\n\n\na: \"x\\0y\"\n"), "a.yaml:4:4: error[yaml]: a text cannot");
}

static void
depth_nodes_and_bytes_are_capped(void **state)
{
    config_test *t = *state;
    char deep[200] = "a: ";
    char *many = malloc(HR_YAML_BYTES_MAX + 2);
    size_t n = 3;

    memset(deep + 3, '[', 100);
    assert_has_text(refused(t, deep), "nested deeper than 32 levels");
    memcpy(many, "a: [", 4);
    for (n = 4; n < 4 + 2 * 20000; n += 2) {
        memcpy(many + n, "1,", 2);
    }
    memcpy(many + n, "]", 2);
    assert_null(hr_yaml_parse(t->arena, t->diag, "many", many, n + 1));
    assert_has_text(config_shown(t, HR_DIAG_TEXT), "at most 20000 values");
    memset(many, '#', HR_YAML_BYTES_MAX + 1);
    assert_null(hr_yaml_parse(t->arena, t->diag, "large", many, HR_YAML_BYTES_MAX + 1));
    assert_has_text(config_shown(t, HR_DIAG_TEXT), "at most 1 MiB");
    free(many);
}

static void
all_mistakes_of_a_file_come_in_one_run(void **state)
{
    config_test *t = *state;

    refused(t, "a: &x 1\nb: yes\nb: 2\nc: !t 3\n");
    assert_int_equal(hr_diag_errors(t->diag), 4);
}

static void
a_file_that_is_not_there_is_an_error_of_the_file(void **state)
{
    config_test *t = *state;

    assert_null(hr_yaml_load(t->arena, t->diag, "no/such.yaml"));
    assert_string_equal(config_shown(t, HR_DIAG_TEXT),
                        "no/such.yaml: error[file]: No such file or directory\n");
    assert_null(hr_yaml_load(t->arena, t->diag, "/dev/null"));
    assert_has_text(config_shown(t, HR_DIAG_TEXT), "/dev/null: error[file]: not a file\n");
}

/* --- expansion -----------------------------------------------------------------------------------
 */

static const hr_text *
expanded(config_test *t, const char *text)
{
    hr_yaml_node *root = config_parse(t, text);

    hr_yaml_expand(t->arena, t->diag, root);
    return &hr_yaml_get(root, "a")->text;
}

static void
variables_are_expanded_with_their_defaults(void **state)
{
    config_test *t = *state;

    setenv("HR_TEST_SET", "value: {x}", 1);
    setenv("HR_TEST_EMPTY", "", 1);
    assert_string_equal(expanded(t, "a: '${env:HR_TEST_SET}'\n")->s, "value: {x}");
    assert_true(expanded(t, "a: '${env:HR_TEST_SET}'\n")->secret);
    assert_string_equal(expanded(t, "a: '${env:HR_TEST_EMPTY:-x:-y}'\n")->s, "x:-y");
    assert_string_equal(expanded(t, "a: ${env:HR_TEST_NOT_SET:-}\n")->s, "");
    assert_false(expanded(t, "a: $x\n")->secret);
    assert_int_equal(hr_diag_errors(t->diag), 0);
}

static void
a_variable_that_is_not_set_is_named(void **state)
{
    config_test *t = *state;

    expanded(t, "a: '${env:HR_TEST_NOT_SET}'\n");
    assert_string_equal(
        config_shown(t, HR_DIAG_TEXT),
        "a.yaml:1:4: error[not-set]: the environment variable HR_TEST_NOT_SET is not set\n"
        "    1 | a: '${env:HR_TEST_NOT_SET}'\n"
        "      |    ^^^^^^^^^^^^^^^^^^^^^^^^ set it, or write ${env:HR_TEST_NOT_SET:-default}\n");
}

static void
expansions_stand_alone_and_never_in_keys(void **state)
{
    config_test *t = *state;

    expanded(t, "a: 'x-${env:HOME}'\n");
    expanded(t, "\na: '${env:HOME}${env:HOME}'\n");
    expanded(t, "\n\na: '${vault:x}'\n");
    expanded(t, "\n\n\na: '${env:1 2}'\n");
    expanded(t, "\n\n\n\na: '${file:relative}'\n");
    expanded(t, "\n\n\n\n\na: 1\n'${env:HOME}': 1\n");
    assert_int_equal(hr_diag_errors(t->diag), 6);
    assert_has_text(config_shown(t, HR_DIAG_TEXT), "a.yaml:7:1: error[expansion]: ");
}

static void
secret_files_are_read_when_only_their_owner_can(void **state)
{
    config_test *t = *state;
    char path[] = "/tmp/hr_secret_XXXXXX", text[80];
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "s3cret\n", 7), 7);
    close(fd);
    snprintf(text, sizeof text, "a: ${file:%s}\n", path);
    assert_string_equal(expanded(t, text)->s, "s3cret");
    assert_int_equal(chmod(path, 0644), 0);
    expanded(t, text);
    assert_has_text(config_shown(t, HR_DIAG_TEXT), "error[secret-file]: ");
    assert_has_text(t->shown, "is open to group or others");
    assert_has_text(t->shown, "chmod 600 ");
    unlink(path);
    expanded(t, "\na: ${file:/no/such/file}\n");
    assert_has_text(config_shown(t, HR_DIAG_TEXT), "a.yaml:2:4: error[file]: ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        config_unit_test(keys_and_values_keep_their_places),
        config_unit_test(places_inside_a_scalar_are_exact_where_they_can_be),
        config_unit_test(a_piece_of_a_text_has_the_places_of_the_whole),
        config_unit_test(duplicate_keys_are_refused_at_the_second),
        config_unit_test(anchors_aliases_tags_and_merge_keys_are_refused),
        config_unit_test(documents_and_directives_are_refused),
        config_unit_test(tabs_are_refused),
        config_unit_test(words_that_some_tools_read_as_booleans_are_refused),
        config_unit_test(what_is_not_yaml_is_explained),
        config_unit_test(an_empty_file_and_bytes_that_are_no_text_are_refused),
        config_unit_test(depth_nodes_and_bytes_are_capped),
        config_unit_test(all_mistakes_of_a_file_come_in_one_run),
        config_unit_test(a_file_that_is_not_there_is_an_error_of_the_file),
        config_unit_test(variables_are_expanded_with_their_defaults),
        config_unit_test(a_variable_that_is_not_set_is_named),
        config_unit_test(expansions_stand_alone_and_never_in_keys),
        config_unit_test(secret_files_are_read_when_only_their_owner_can),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
