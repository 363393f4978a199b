/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tracker.h"
#include "hr_test.h"

#include <stdlib.h>

static void
the_watermark_is_the_first_record_that_is_not_done(void **state)
{
    hr_tracker t;
    uint32_t a, b, c;

    (void)state;
    assert_int_equal(hr_tracker_init(&t, 8), HR_OK);
    hr_tracker_reset(&t, 100);
    assert_int_equal(hr_tracker_watermark(&t), 100);
    a = hr_tracker_add(&t, 100, 0, -1);
    b = hr_tracker_add(&t, 101, 0, -1);
    c = hr_tracker_add(&t, 105, 0, -1); /* offsets have holes */
    assert_true(hr_tracker_done(&t, c));
    assert_true(hr_tracker_done(&t, b));
    assert_int_equal(hr_tracker_watermark(&t), 100);
    assert_true(hr_tracker_done(&t, a));
    assert_int_equal(hr_tracker_watermark(&t), 106);
    assert_int_equal(hr_tracker_count(&t), 0);
    hr_tracker_finish(&t);
}

static void
a_record_is_done_when_all_its_outputs_are(void **state)
{
    hr_tracker t;
    uint32_t a;

    (void)state;
    assert_int_equal(hr_tracker_init(&t, 8), HR_OK);
    hr_tracker_reset(&t, 0);
    a = hr_tracker_add(&t, 0, 0, -1);
    hr_tracker_at(&t, a)->open += 2;
    assert_false(hr_tracker_done(&t, a));
    assert_false(hr_tracker_done(&t, a));
    assert_int_equal(hr_tracker_watermark(&t), 0);
    assert_true(hr_tracker_done(&t, a));
    assert_int_equal(hr_tracker_watermark(&t), 1);
    hr_tracker_finish(&t);
}

static void
a_reset_forgets_what_was_under_way(void **state)
{
    hr_tracker t;
    uint32_t a;

    (void)state;
    assert_int_equal(hr_tracker_init(&t, 8), HR_OK);
    hr_tracker_reset(&t, 10);
    a = hr_tracker_add(&t, 10, 0, -1);
    hr_tracker_reset(&t, 10);
    assert_false(hr_tracker_holds(&t, a));
    assert_int_equal(hr_tracker_watermark(&t), 10);
    hr_tracker_finish(&t);
}

static void
the_ring_grows_and_keeps_what_is_under_way(void **state)
{
    hr_tracker t;
    uint32_t first;

    (void)state;
    assert_int_equal(hr_tracker_init(&t, 8192), HR_OK);
    hr_tracker_reset(&t, 0);
    t.head = t.tail = UINT32_MAX - 1000;
    first = t.tail;
    for (int64_t i = 0; i < 8192; i++) {
        assert_int_equal(hr_tracker_reserve(&t, 1), 1);
        hr_tracker_add(&t, i, i, -1);
    }
    assert_int_equal(hr_tracker_reserve(&t, 1), 0);
    for (uint32_t i = 0; i < 8192; i++) {
        assert_int_equal(hr_tracker_at(&t, first + i)->offset, i);
        assert_int_equal(hr_tracker_watermark(&t), i);
        assert_true(hr_tracker_done(&t, first + i));
    }
    assert_int_equal(hr_tracker_watermark(&t), 8192);
    hr_tracker_finish(&t);
}

/* Against the definition, spelled out: random additions and endings, and sequences that wrap. */
static void
random_endings_agree_with_the_definition(void **state)
{
    enum { N = 64, ROUNDS = 20000 };
    hr_tracker t;
    int64_t offsets[N];
    uint32_t sequences[N], open[N];
    size_t n = 0;
    int64_t next = 5;

    (void)state;
    srand(7);
    assert_int_equal(hr_tracker_init(&t, N), HR_OK);
    hr_tracker_reset(&t, next);
    t.head = t.tail = UINT32_MAX - 100;
    for (int round = 0; round < ROUNDS; round++) {
        size_t k;

        if (n < N && rand() % 2 == 0) {
            offsets[n] = next + rand() % 3;
            sequences[n] = hr_tracker_add(&t, offsets[n], 0, -1);
            open[n] = 1 + (uint32_t)(rand() % 3);
            hr_tracker_at(&t, sequences[n])->open = open[n];
            next = offsets[n++] + 1;
        } else if (n > 0 && open[k = (size_t)rand() % n] > 0) {
            hr_tracker_done(&t, sequences[k]);
            open[k]--;
            for (k = 0; k < n && open[k] == 0; k++) {
                continue;
            }
            memmove(offsets, offsets + k, (n - k) * sizeof *offsets);
            memmove(sequences, sequences + k, (n - k) * sizeof *sequences);
            memmove(open, open + k, (n - k) * sizeof *open);
            n -= k;
        }
        assert_int_equal(hr_tracker_count(&t), n);
        assert_int_equal(hr_tracker_watermark(&t), n > 0 ? offsets[0] : next);
    }
    hr_tracker_finish(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_watermark_is_the_first_record_that_is_not_done),
        cmocka_unit_test(a_record_is_done_when_all_its_outputs_are),
        cmocka_unit_test(a_reset_forgets_what_was_under_way),
        cmocka_unit_test(the_ring_grows_and_keeps_what_is_under_way),
        cmocka_unit_test(random_endings_agree_with_the_definition),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
