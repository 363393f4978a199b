/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "hr_test.h"

#include <stdio.h>
#include <stdlib.h>

enum { RECORDS = 10000 };

/* RECORDS records {"n":0} ... */
static char *
records(void)
{
    char *json = malloc(RECORDS * 16), *at = json;

    assert_non_null(json);
    for (int i = 0; i < RECORDS; i++) {
        at += sprintf(at, "{\"n\":%d}\n", i);
    }
    return json;
}

/* What `sample: OPTIONS` lets through, one line each. */
static char *
sampled(const char *options)
{
    driver *d = driver_new();
    char steps[256], *json = records(), *out;

    snprintf(steps, sizeof steps, "steps:\n  last:\n    from: in\n    sample: %s\n", options);
    if (!driver_load_steps(d, "{\"name\": \"n\", \"type\": \"long\"}", steps)) {
        fail_msg("%s", driver_diag(d));
    }
    out = driver_run(d, json, 1024);
    free(json);
    driver_free(d);
    return out;
}

static size_t
count_lines(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        n += *text == '\n';
    }
    return n;
}

static void
rate_is_the_share_of_keys(void **unused)
{
    char *tenth = sampled("0.1"), *all = sampled("{rate: 1}");

    (void)unused;
    assert_in_range(count_lines(tenth), 800, 1200);
    assert_int_equal(count_lines(all), RECORDS);
    free(tenth);
    free(all);
}

static void
the_choice_is_the_same_each_time_and_another_for_another_seed(void **unused)
{
    char *first = sampled("{rate: 0.5}"), *again = sampled("{rate: 0.5}");
    char *other = sampled("{rate: 0.5, seed: 7}");

    (void)unused;
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    free(first);
    free(again);
    free(other);
}

static void
expect_error(const char *options, const char *text)
{
    driver *d = driver_new();
    char steps[256];

    snprintf(steps, sizeof steps, "steps:\n  last:\n    from: in\n    sample: %s\n", options);
    assert_false(driver_load_steps(d, NULL, steps));
    assert_has_text(driver_diag(d), text);
    driver_free(d);
}

static void
a_rate_that_keeps_nothing_is_a_config_error(void **unused)
{
    (void)unused;
    expect_error("{rate: 0}", "topology.yaml:10:20: error[out-of-range]: rate 0 keeps nothing");
    expect_error("{rate: 2}", "rate");
    expect_error("{}", "rate");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_is_the_share_of_keys),
        cmocka_unit_test(the_choice_is_the_same_each_time_and_another_for_another_seed),
        cmocka_unit_test(a_rate_that_keeps_nothing_is_a_config_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
