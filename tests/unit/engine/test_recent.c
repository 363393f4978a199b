/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/recent.h"
#include "hr_test.h"

static void
note(hr_recent *recent, int64_t now_ms, uint64_t count)
{
    if (hr_recent_due(recent, now_ms)) {
        hr_recent_slot *slot = hr_recent_add(recent, now_ms);

        memset(slot->counts, 0, sizeof slot->counts);
        slot->counts[7] = count;
    }
}

static void
what_was_ten_seconds_ago_is_found_again(void **state)
{
    hr_recent recent = {0};

    (void)state;
    assert_int_equal(hr_recent_init(&recent), 0);
    assert_null(hr_recent_from(&recent, 0));
    for (int64_t now = 0; now <= 60000; now += 500) {
        note(&recent, now, (uint64_t)now);
    }
    assert_in_range(hr_recent_from(&recent, 60000)->counts[7], 49000, 50000);
    assert_in_range(hr_recent_from(&recent, 60400)->counts[7], 49400, 50400);
    hr_recent_finish(&recent);
}

static void
counts_are_kept_once_a_second_however_often_one_asks(void **state)
{
    hr_recent recent = {0};
    unsigned due = 0;

    (void)state;
    assert_int_equal(hr_recent_init(&recent), 0);
    for (int64_t now = 0; now < 5000; now += 10) {
        due += hr_recent_due(&recent, now) ? 1 : 0;
        note(&recent, now, (uint64_t)now);
    }
    assert_int_equal(due, 5);
    hr_recent_finish(&recent);
}

static void
after_a_pause_the_newest_counts_are_taken(void **state)
{
    hr_recent recent = {0};

    (void)state;
    assert_int_equal(hr_recent_init(&recent), 0);
    note(&recent, 1000, 1);
    note(&recent, 2000, 2);
    assert_int_equal(hr_recent_from(&recent, 5000)->counts[7], 1);
    assert_int_equal(hr_recent_from(&recent, 100000)->counts[7], 2);
    hr_recent_finish(&recent);
    hr_recent_finish(&recent);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_ten_seconds_ago_is_found_again),
        cmocka_unit_test(counts_are_kept_once_a_second_however_often_one_asks),
        cmocka_unit_test(after_a_pause_the_newest_counts_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
