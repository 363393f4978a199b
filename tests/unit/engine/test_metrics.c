/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/metrics.h"
#include "hr_test.h"

static void
quantiles_are_within_a_bucket(void **state)
{
    static hr_histogram h;
    uint64_t counts[HR_HISTOGRAM_BUCKETS] = {0};
    const double qs[] = {0.5, 0.9, 0.99, 1.0};

    (void)state;
    for (uint64_t us = 1; us <= 100000; us++) {
        hr_histogram_add(&h, us, 1);
    }
    hr_histogram_sum(&h, counts);
    for (size_t i = 0; i < sizeof qs / sizeof qs[0]; i++) {
        double want = qs[i] * 100000;
        double got = (double)hr_histogram_quantile(counts, qs[i]);

        assert_true(got >= want * 0.999 && got <= want * 1.04);
    }
}

static void
every_value_has_a_bucket(void **state)
{
    static hr_histogram h;
    uint64_t counts[HR_HISTOGRAM_BUCKETS] = {0};

    (void)state;
    assert_int_equal(hr_histogram_quantile(counts, 0.5), 0);
    hr_histogram_add(&h, 0, 1);
    hr_histogram_add(&h, UINT64_MAX, 1);
    hr_histogram_sum(&h, counts);
    assert_int_equal(hr_histogram_quantile(counts, 0.4), 0);
    assert_true(hr_histogram_quantile(counts, 1.0) > 1000000000);
}

static void
what_lies_below_an_edge_is_counted_exactly(void **state)
{
    static hr_histogram h;
    uint64_t counts[HR_HISTOGRAM_BUCKETS] = {0};

    (void)state;
    for (uint64_t us = 0; us < 1000; us++) {
        hr_histogram_add(&h, us, 2);
    }
    hr_histogram_sum(&h, counts);
    for (uint64_t edge = 100; edge <= 800; edge *= 2) {
        assert_int_equal(hr_histogram_below(counts, edge), 2 * edge);
    }
    assert_int_equal(hr_histogram_below(counts, UINT64_MAX), 2000);
    assert_int_equal(hr_counter_get(&h.sum_us), 999000);
}

static void
what_is_noted_is_counted_at_the_next_other_value_or_flush(void **state)
{
    static hr_histogram h;
    uint64_t counts[HR_HISTOGRAM_BUCKETS] = {0};

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        hr_histogram_note(&h, 0);
    }
    for (unsigned i = 0; i < 5; i++) {
        hr_histogram_note(&h, 20);
    }
    hr_histogram_sum(&h, counts);
    assert_int_equal(counts[0], 10);
    assert_int_equal(counts[20], 0);
    hr_histogram_flush(&h);
    hr_histogram_flush(&h);
    hr_histogram_sum(&h, counts);
    assert_int_equal(counts[0], 20); /* sums add up */
    assert_int_equal(counts[20], 5);
    assert_int_equal(hr_counter_get(&h.sum_us), 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_within_a_bucket),
        cmocka_unit_test(every_value_has_a_bucket),
        cmocka_unit_test(what_lies_below_an_edge_is_counted_exactly),
        cmocka_unit_test(what_is_noted_is_counted_at_the_next_other_value_or_flush),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
