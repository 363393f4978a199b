/* SPDX-License-Identifier: Apache-2.0 */
#include "live/lines.h"

#include "hr_test.h"

/* The lines written so far, zero-terminated; ends the test's lines. */
static void
assert_lines(hr_lines *lines, const char *expected)
{
    assert_false(lines->failed);
    assert_int_equal(hr_buf_append(&lines->buf, "", 1), HR_OK);
    assert_string_equal((const char *)lines->buf.data, expected);
    hr_buf_finish(&lines->buf);
}

static void
no_control_character_passes(void **state)
{
    hr_lines lines = {0};

    (void)state;
    hr_lines_text(&lines, HR_LOOK_PLAIN,
                  "a\x1b[2Jb\nc\rd\x7f\xc2\x9b"
                  "0m\xe2\x80\xae"
                  "e\xff",
                  0);
    hr_lines_end(&lines);
    assert_lines(&lines, "a?[2Jb?c?d??0m?e?\n");
}

static void
text_of_any_language_passes(void **state)
{
    hr_lines lines = {0};

    (void)state;
    hr_lines_text(&lines, HR_LOOK_PLAIN, "Zürich 東京 ✈", 0);
    hr_lines_end(&lines);
    assert_lines(&lines, "Zürich 東京 ✈\n");
}

static void
lines_end_at_the_edge_of_the_window(void **state)
{
    hr_lines lines = {.width = 5};

    (void)state;
    hr_lines_text(&lines, HR_LOOK_PLAIN, "äbc", 0);
    hr_lines_text(&lines, HR_LOOK_PLAIN, "defg", 0);
    hr_lines_end(&lines);
    hr_lines_text(&lines, HR_LOOK_PLAIN, "next", 0);
    hr_lines_end(&lines);
    assert_int_equal(lines.rows, 2);
    assert_lines(&lines, "äbcde\nnext\n");
}

static void
cells_are_filled_and_cut_by_characters(void **state)
{
    hr_lines lines = {0};

    (void)state;
    hr_lines_cell(&lines, HR_LOOK_PLAIN, "äb", 4, false);
    hr_lines_cell(&lines, HR_LOOK_PLAIN, "12", 4, true);
    hr_lines_cell(&lines, HR_LOOK_PLAIN, "abcdef", 4, false);
    hr_lines_cell(&lines, HR_LOOK_PLAIN, "gone", 0, false);
    hr_lines_cell(&lines, HR_LOOK_PLAIN, "", 3, false);
    hr_lines_end(&lines);
    assert_lines(&lines, "äb    12abc…\n");
}

static void
colours_take_no_columns(void **state)
{
    hr_lines lines = {.width = 3, .colour = true};

    (void)state;
    hr_lines_text(&lines, HR_LOOK_BAD, "abc", 0);
    hr_lines_end(&lines);
    assert_lines(&lines, "\x1b[31mabc\x1b[0m\n");
}

static void
a_buffer_that_is_full_is_said(void **state)
{
    hr_lines lines = {.buf = {.cap_max = 4}};

    (void)state;
    hr_lines_text(&lines, HR_LOOK_PLAIN, "abcdefgh", 0);
    assert_true(lines.failed);
    hr_buf_finish(&lines.buf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_control_character_passes),
        cmocka_unit_test(text_of_any_language_passes),
        cmocka_unit_test(lines_end_at_the_edge_of_the_window),
        cmocka_unit_test(cells_are_filled_and_cut_by_characters),
        cmocka_unit_test(colours_take_no_columns),
        cmocka_unit_test(a_buffer_that_is_full_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
