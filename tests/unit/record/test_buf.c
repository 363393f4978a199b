/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "config/error.h"
#include "record/buf.h"

static void
what_is_appended_stays_in_order(void **unused)
{
    hr_buf buf = {0};

    (void)unused;
    for (int i = 0; i < 1000; i++) {
        char digit = (char)('0' + i % 10);

        assert_int_equal(hr_buf_append(&buf, &digit, 1), HR_OK);
    }
    assert_int_equal(hr_buf_append(&buf, NULL, 0), HR_OK);
    assert_int_equal(hr_buf_span(&buf).len, 1000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(hr_buf_span(&buf).data[i], '0' + i % 10);
    }
    hr_buf_finish(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    hr_buf_finish(&buf);
}

static void
reserving_makes_room_without_growing_again(void **unused)
{
    hr_buf buf = {0};
    uint8_t *data;

    (void)unused;
    assert_int_equal(hr_buf_reserve(&buf, 5000), HR_OK);
    data = buf.data;
    assert_true(buf.cap >= 5000);
    for (int i = 0; i < 500; i++) {
        assert_int_equal(hr_buf_append(&buf, "0123456789", 10), HR_OK);
    }
    assert_ptr_equal(buf.data, data);
    hr_buf_finish(&buf);
}

static void
the_cap_holds_and_keeps_what_is_there(void **unused)
{
    hr_buf buf = {.cap_max = 300};

    (void)unused;
    for (int i = 0; i < 30; i++) {
        assert_int_equal(hr_buf_append(&buf, "0123456789", 10), HR_OK);
    }
    assert_int_equal(hr_buf_append(&buf, "x", 1), HR_ENOMEM);
    assert_int_equal(buf.len, 300);
    assert_true(buf.cap <= 300);
    assert_int_equal(hr_buf_reserve(&buf, SIZE_MAX), HR_ENOMEM);
    assert_int_equal(hr_buf_reserve(&buf, SIZE_MAX / 2), HR_ENOMEM);
    assert_memory_equal(buf.data + 290, "0123456789", 10);
    hr_buf_finish(&buf);
    assert_int_equal(buf.cap_max, 300);
}

static void
a_small_cap_is_kept_from_the_start(void **unused)
{
    hr_buf buf = {.cap_max = 10};

    (void)unused;
    assert_int_equal(hr_buf_append(&buf, "0123456789", 10), HR_OK);
    assert_int_equal(hr_buf_append(&buf, "x", 1), HR_ENOMEM);
    hr_buf_finish(&buf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_stays_in_order),
        cmocka_unit_test(reserving_makes_room_without_growing_again),
        cmocka_unit_test(the_cap_holds_and_keeps_what_is_there),
        cmocka_unit_test(a_small_cap_is_kept_from_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
