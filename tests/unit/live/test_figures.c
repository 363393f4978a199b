/* SPDX-License-Identifier: Apache-2.0 */
#include "live/figures.h"

#include "hr_test.h"

#include <math.h>

static void
numbers_have_few_figures_and_their_unit(void **state)
{
    char out[HR_FIGURE_MAX];

    (void)state;
    assert_string_equal(hr_figure_rate(0, out), "0/s");
    assert_string_equal(hr_figure_rate(0.417, out), "0.42/s");
    assert_string_equal(hr_figure_rate(4.2, out), "4.2/s");
    assert_string_equal(hr_figure_rate(49.96, out), "50/s");
    assert_string_equal(hr_figure_rate(99.97, out), "100/s");
    assert_string_equal(hr_figure_rate(999.6, out), "1k/s");
    assert_string_equal(hr_figure_rate(618000, out), "618k/s");
    assert_string_equal(hr_figure_nanoseconds(540, out), "540 ns");
    assert_string_equal(hr_figure_nanoseconds(1900, out), "1.9 us");
    assert_string_equal(hr_figure_nanoseconds(4.41e6, out), "4.4 ms");
    assert_string_equal(hr_figure_bytes(118784, out), "116 KiB");
    assert_string_equal(hr_figure_bytes(67108864, out), "64 MiB");
}

static void
counts_are_grouped(void **state)
{
    char out[HR_FIGURE_MAX];

    (void)state;
    assert_string_equal(hr_figure_count(0, out), "0");
    assert_string_equal(hr_figure_count(999, out), "999");
    assert_string_equal(hr_figure_count(1000, out), "1,000");
    assert_string_equal(hr_figure_count(1234567, out), "1,234,567");
}

static void
what_is_not_known_is_a_dash(void **state)
{
    static const double values[] = {HR_FIGURE_UNKNOWN, -INFINITY, INFINITY, NAN, 1e300};
    char out[HR_FIGURE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_string_equal(hr_figure_count(values[i], out), "-");
        assert_string_equal(hr_figure_rate(values[i], out), "-");
        assert_string_equal(hr_figure_nanoseconds(values[i], out), "-");
        assert_string_equal(hr_figure_bytes(values[i], out), "-");
    }
    assert_string_equal(hr_figure_age(-1, out), "-");
}

static void
ages_have_two_units_at_most(void **state)
{
    char out[HR_FIGURE_MAX];

    (void)state;
    assert_string_equal(hr_figure_age(38000, out), "38 s");
    assert_string_equal(hr_figure_age(840000, out), "14 min");
    assert_string_equal(hr_figure_age(11520000, out), "3 h 12 min");
    assert_string_equal(hr_figure_age(439200000, out), "5 d 2 h");
    assert_string_equal(hr_figure_age(INT64_MAX, out), "106751991167 d 7 h");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_few_figures_and_their_unit),
        cmocka_unit_test(counts_are_grouped),
        cmocka_unit_test(what_is_not_known_is_a_dash),
        cmocka_unit_test(ages_have_two_units_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
