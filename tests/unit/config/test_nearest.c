/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "config/diag.h"

static const char *const names[] = {"on_miss", "on_unseen", "from", "match", "add", "id"};

static const char *
nearest(const char *wrong)
{
    return hr_diag_nearest(wrong, names, sizeof names / sizeof names[0]);
}

static void
a_letter_that_is_missing_wrong_or_too_much_is_found(void **unused)
{
    (void)unused;
    assert_string_equal(nearest("on_mis"), "on_miss");
    assert_string_equal(nearest("matsh"), "match");
    assert_string_equal(nearest("froom"), "from");
    assert_string_equal(nearest("on_unsen"), "on_unseen");
}

static void
swapped_neighbours_count_once(void **unused)
{
    (void)unused;
    assert_string_equal(nearest("dad"), "add");
    assert_string_equal(nearest("form"), "from");
}

static void
what_is_far_or_short_has_no_nearest(void **unused)
{
    (void)unused;
    assert_null(nearest("timestamp"));
    assert_null(nearest("ix"));
    assert_null(nearest(""));
    assert_null(hr_diag_nearest("from", names, 0));
    assert_null(
        nearest("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_that_is_missing_wrong_or_too_much_is_found),
        cmocka_unit_test(swapped_neighbours_count_once),
        cmocka_unit_test(what_is_far_or_short_has_no_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
