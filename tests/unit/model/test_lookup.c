/* Tables of categories against a list that is searched from its front.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "config/error.h"
#include "model/lookup.h"

#include <stdlib.h>

enum { KEYS = 3000, KEY_MAX = 20, SEED = 7 };

static hr_arena *arena;
static uint8_t bytes[2 * KEYS][KEY_MAX];
static hr_span keys[2 * KEYS];

/* Texts of up to 20 bytes of a small alphabet, so that many begin alike and short ones come twice;
 * zeros among them. */
static void
make_keys(void)
{
    static const char letters[] = {'A', 'B', '\0', '-'};
    uint64_t x = 88172645463325252u;

    for (size_t i = 0; i < 2 * KEYS; i++) {
        keys[i] = (hr_span){bytes[i], i % (KEY_MAX + 1)};
        for (size_t k = 0; k < KEY_MAX; k++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            bytes[i][k] = (uint8_t)letters[x >> 20 & 3];
        }
    }
}

/* The first of the keys that is equal, as an index among the different ones; HR_LOOKUP_NONE. */
static uint32_t
naive_index(const uint32_t *first, size_t n, hr_span key)
{
    for (size_t i = 0; i < n; i++) {
        if (hr_span_eq(keys[i], key)) {
            return first[i];
        }
    }
    return HR_LOOKUP_NONE;
}

static void
texts_of_any_length_are_found_in_batches_of_any_size(void **unused)
{
    static const size_t batches[] = {1, 7, 16, 17, 1024};
    static uint32_t wanted[2 * KEYS], got[2 * KEYS];
    hr_lookup l;

    (void)unused;
    make_keys();
    assert_int_equal(hr_lookup_init_strings(&l, arena, KEYS, SEED), HR_OK);
    for (size_t i = 0; i < KEYS; i++) {
        uint32_t known = naive_index(wanted, i, keys[i]);

        wanted[i] = known != HR_LOOKUP_NONE ? known : l.n;
        assert_int_equal(hr_lookup_add_string(&l, keys[i]), wanted[i]);
    }
    for (size_t i = KEYS; i < 2 * KEYS; i++) {
        wanted[i] = naive_index(wanted, KEYS, keys[i]);
    }
    for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
        for (size_t i = 0; i < 2 * KEYS; i += batches[b]) {
            size_t n = 2 * KEYS - i < batches[b] ? 2 * KEYS - i : batches[b];

            hr_lookup_strings(&l, keys + i, n, got + i);
        }
        assert_memory_equal(got, wanted, sizeof got);
    }
}

/* A table for one key has one bucket: all others go on behind it, around the end. */
static void
a_table_that_is_full_still_ends_its_search(void **unused)
{
    static const char *const texts[] = {"A", "B", "seven77", "eight888", "a text of many bytes"};
    hr_lookup l;

    (void)unused;
    for (size_t n = 1; n <= 5; n++) {
        assert_int_equal(hr_lookup_init_strings(&l, arena, n, SEED), HR_OK);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(hr_lookup_add_string(&l, hr_span_str(texts[i])), i);
        }
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(hr_lookup_string(&l, hr_span_str(texts[i])),
                             i < n ? (uint32_t)i : HR_LOOKUP_NONE);
        }
    }
}

static void
an_absent_text_is_no_key_and_an_empty_one_is(void **unused)
{
    const hr_span asked[] = {{NULL, 0}, HR_SPAN_LIT(""), HR_SPAN_LIT("\0"), {NULL, 0}};
    uint32_t got[4];
    hr_lookup l;

    (void)unused;
    assert_int_equal(hr_lookup_init_strings(&l, arena, 2, SEED), HR_OK);
    hr_lookup_strings(&l, asked, 4, got);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(got[i], HR_LOOKUP_NONE);
    }
    assert_int_equal(hr_lookup_add_string(&l, HR_SPAN_LIT("")), 0);
    hr_lookup_strings(&l, asked, 4, got);
    assert_int_equal(got[0], HR_LOOKUP_NONE);
    assert_int_equal(got[1], 0);
    assert_int_equal(got[2], HR_LOOKUP_NONE);
    assert_int_equal(got[3], HR_LOOKUP_NONE);
}

static void
numbers_are_found_and_others_are_not(void **unused)
{
    hr_lookup l;

    (void)unused;
    assert_int_equal(hr_lookup_init_numbers(&l, arena, 1000, SEED), HR_OK);
    for (int64_t i = 0; i < 1000; i++) {
        assert_int_equal(hr_lookup_add_number(&l, i * i - 500), i);
    }
    for (int64_t i = 0; i < 1000; i++) {
        assert_int_equal(hr_lookup_add_number(&l, i * i - 500), i);
        assert_int_equal(hr_lookup_number(&l, i * i - 500), i);
        assert_int_equal(hr_lookup_number(&l, -501 - i), HR_LOOKUP_NONE);
    }
}

static int
start(void **unused)
{
    (void)unused;
    arena = hr_arena_create(4096, 4 << 20);
    return arena != NULL ? 0 : 1;
}

static int
finish(void **unused)
{
    (void)unused;
    hr_arena_destroy(arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_any_length_are_found_in_batches_of_any_size),
        cmocka_unit_test(a_table_that_is_full_still_ends_its_search),
        cmocka_unit_test(an_absent_text_is_no_key_and_an_empty_one_is),
        cmocka_unit_test(numbers_are_found_and_others_are_not),
    };

    return cmocka_run_group_tests(tests, start, finish);
}
