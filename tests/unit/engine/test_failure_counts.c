/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/failure_counts.h"
#include "hr_test.h"

static void
failures_are_counted_by_node_code_and_action(void **state)
{
    static hr_failure_counts counts;
    hr_node a = {0}, b = {0};
    char same[] = "decode"; /* another pointer, the same code */

    (void)state;
    hr_failure_counts_add(&counts, &a, "decode", HR_ON_ERROR_SKIP);
    hr_failure_counts_add(&counts, &a, same, HR_ON_ERROR_SKIP);
    hr_failure_counts_add(&counts, &a, "decode", HR_ON_ERROR_FAIL);
    hr_failure_counts_add(&counts, &a, "other", HR_ON_ERROR_SKIP);
    hr_failure_counts_add(&counts, &b, "decode", HR_ON_ERROR_SKIP);
    assert_int_equal(hr_failure_counts_n(&counts), 4);
    assert_ptr_equal(counts.kinds[0].node, &a);
    assert_int_equal(hr_counter_get(&counts.kinds[0].n), 2);
    assert_string_equal(hr_on_error_word(counts.kinds[1].action), "fail");
    assert_int_equal(hr_counter_get(&counts.kinds[3].n), 1);
}

static void
kinds_past_the_limit_are_counted_together(void **state)
{
    static hr_failure_counts counts;
    static hr_node nodes[HR_FAILURE_KINDS_MAX + 2];

    (void)state;
    for (size_t i = 0; i < HR_FAILURE_KINDS_MAX + 2; i++) {
        hr_failure_counts_add(&counts, &nodes[i], "decode", HR_ON_ERROR_DEAD_LETTER);
    }
    assert_int_equal(hr_failure_counts_n(&counts), HR_FAILURE_KINDS_MAX);
    assert_int_equal(hr_counter_get(&counts.others), 2);
    hr_failure_counts_add(&counts, &nodes[5], "decode", HR_ON_ERROR_DEAD_LETTER);
    assert_int_equal(hr_counter_get(&counts.kinds[5].n), 2);
    assert_int_equal(hr_counter_get(&counts.others), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_are_counted_by_node_code_and_action),
        cmocka_unit_test(kinds_past_the_limit_are_counted_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
