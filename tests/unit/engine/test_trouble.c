/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/trouble.h"
#include "engine/clock.h"
#include "hr_test.h"

static const hr_node node = {.name = {.s = "out"}};

static int
real_time(void **state)
{
    (void)state;
    hr_clock_set_us(-1);
    return 0;
}

static void
trouble_lasts_from_its_first_word_to_its_end_and_shows_the_last(void **state)
{
    hr_trouble trouble;
    char text[100] = "";

    (void)state;
    hr_trouble_init(&trouble);
    assert_int_equal(hr_trouble_get(&trouble, text, sizeof text), -1);
    hr_clock_set_us(5000000);
    hr_trouble_note(&trouble, "sink", &node, "no server");
    hr_clock_set_us(7000000);
    hr_trouble_note(&trouble, "sink", &node, "another cause");
    hr_clock_set_us(9500000);
    assert_int_equal(hr_trouble_get(&trouble, text, sizeof text), 4500);
    assert_string_equal(text, "another cause");
    hr_trouble_note(&trouble, "sink", &node, NULL);
    assert_int_equal(hr_trouble_get(&trouble, text, sizeof text), -1);
    hr_trouble_note(&trouble, "sink", &node, "again");
    assert_int_equal(hr_trouble_get(&trouble, text, sizeof text), 0);
    hr_trouble_finish(&trouble);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(trouble_lasts_from_its_first_word_to_its_end_and_shows_the_last,
                                  real_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
