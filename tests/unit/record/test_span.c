/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "record/span.h"

/* Every length on both sides of what two loads cover, and a difference at every place. */
static void
bytes_are_equal_only_if_all_of_them_are(void **unused)
{
    uint8_t a[40], b[40];

    (void)unused;
    for (size_t n = 0; n <= sizeof a; n++) {
        memset(a, 'x', sizeof a);
        memset(b, 'y', sizeof b);
        memcpy(b, a, n);
        assert_true(hr_bytes_eq(a, b, n));
        for (size_t i = 0; i < n; i++) {
            b[i] ^= 0x80;
            assert_false(hr_bytes_eq(a, b, n));
            b[i] ^= 0x80;
        }
    }
}

static void
spans_of_different_lengths_differ(void **unused)
{
    (void)unused;
    assert_true(hr_span_eq(HR_SPAN_LIT("SEA"), HR_SPAN_LIT("SEA")));
    assert_false(hr_span_eq(HR_SPAN_LIT("SEA"), HR_SPAN_LIT("SEAT")));
    assert_true(hr_span_eq((hr_span){NULL, 0}, HR_SPAN_LIT("")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_equal_only_if_all_of_them_are),
        cmocka_unit_test(spans_of_different_lengths_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
