/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "codec/json_pow10.h"

#include <stdbool.h>

/* Numbers of up to 2,560 bits, least word first: enough for 10^324 beside 2^1280. */
enum { WORDS = 80 };

typedef struct big {
    uint32_t w[WORDS];
} big;

static void
big_multiply(big *a, uint32_t factor)
{
    uint64_t carry = 0;

    for (int i = 0; i < WORDS; i++) {
        carry += (uint64_t)a->w[i] * factor;
        a->w[i] = (uint32_t)carry;
        carry >>= 32;
    }
    assert_int_equal(carry, 0);
}

/* Returns the remainder. */
static uint32_t
big_divide(big *a, uint32_t divisor)
{
    uint64_t rest = 0;

    for (int i = WORDS - 1; i >= 0; i--) {
        rest = rest << 32 | a->w[i];
        a->w[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint32_t)rest;
}

static int
big_bits(const big *a)
{
    for (int i = WORDS * 32 - 1; i >= 0; i--) {
        if ((a->w[i / 32] >> (i % 32) & 1) != 0) {
            return i + 1;
        }
    }
    return 0;
}

/* The 128 uppermost bits, plus one where `rest` or any bit below them is set. */
static void
big_top(const big *a, bool rest, uint64_t top[2])
{
    int low = big_bits(a) - 128;

    top[0] = top[1] = 0;
    for (int i = 0; i < 128; i++) {
        int bit = low + i;

        if (bit >= 0 && (a->w[bit / 32] >> (bit % 32) & 1) != 0) {
            top[i < 64] |= (uint64_t)1 << (i % 64);
        }
    }
    for (int bit = 0; bit < low; bit++) {
        rest |= (a->w[bit / 32] >> (bit % 32) & 1) != 0;
    }
    if (rest && ++top[1] == 0) {
        top[0]++;
    }
}

static void
positive_powers_are_exact_or_rounded_up(void **unused)
{
    big power = {{1}};

    (void)unused;
    for (int k = 0; k <= HR_JSON_POW10_MAX; k++) {
        uint64_t top[2];

        big_top(&power, false, top);
        assert_true(hr_json_pow10[k - HR_JSON_POW10_MIN][0] == top[0]);
        assert_true(hr_json_pow10[k - HR_JSON_POW10_MIN][1] == top[1]);
        big_multiply(&power, 10);
    }
}

static void
negative_powers_are_rounded_up(void **unused)
{
    big power = {{0}};
    bool rest = false;

    (void)unused;
    power.w[WORDS - 1] = 1u << 31; /* a power of two, as precise as 80 words allow */
    for (int k = -1; k >= HR_JSON_POW10_MIN; k--) {
        uint64_t top[2];

        rest |= big_divide(&power, 10) != 0;
        big_top(&power, rest, top);
        assert_true(hr_json_pow10[k - HR_JSON_POW10_MIN][0] == top[0]);
        assert_true(hr_json_pow10[k - HR_JSON_POW10_MIN][1] == top[1]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positive_powers_are_exact_or_rounded_up),
        cmocka_unit_test(negative_powers_are_rounded_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
