/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"

#include "expr/utf8.h"

static void
each_code_point_goes_there_and_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x110000; code++) {
        uint8_t bytes[4];
        size_t n = hr_utf8_encode(code, bytes);
        uint32_t back = 0;

        if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
            assert_int_equal(n, 0);
            continue;
        }
        if (hr_utf8_decode((hr_span){bytes, n}, &back) != n || back != code ||
            hr_utf8_decode((hr_span){bytes, n - 1}, &back) != 0) {
            fail_msg("U+%04X", (unsigned)code);
        }
    }
}

static void
ill_formed_sequences_are_found(void **state)
{
    static const char *const bad[] = {
        "\x80",         "\xc0\xaf",         "\xc1\xbf",         "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff",         "\xe2\x82",         "\xe2\x28\xa1"};
    uint32_t code;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(hr_utf8_decode(hr_span_str(bad[i]), &code), 0);
    }
    assert_int_equal(hr_utf8_valid(hr_span_str("ab\xc3\xa9\xff")), 4);
    assert_int_equal(hr_utf8_valid(hr_span_str("ab\xc3\xa9")), 4);
}

static void
positions_count_code_points(void **state)
{
    hr_span text = hr_span_str("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");

    (void)state;
    assert_int_equal(hr_utf8_count(text), 5);
    assert_int_equal(hr_utf8_offset(text, 0), 0);
    assert_int_equal(hr_utf8_offset(text, 2), 3);
    assert_int_equal(hr_utf8_offset(text, 4), 10);
    assert_int_equal(hr_utf8_offset(text, 5), text.len);
    assert_true(hr_utf8_offset(text, 6) == SIZE_MAX);
    assert_int_equal(hr_utf8_offset((hr_span){NULL, 0}, 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_point_goes_there_and_back),
        cmocka_unit_test(ill_formed_sequences_are_found),
        cmocka_unit_test(positions_count_code_points),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
