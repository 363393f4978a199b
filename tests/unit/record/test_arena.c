/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "record/arena.h"

static void
pieces_are_aligned_and_apart(void **unused)
{
    hr_arena *arena = hr_arena_create(256, 0);
    uint8_t *pieces[100];

    (void)unused;
    for (size_t i = 0; i < 100; i++) {
        pieces[i] = hr_arena_alloc(arena, i);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 1; i < 100; i++) {
        assert_int_equal(pieces[i][0], i);
        assert_int_equal(pieces[i][i - 1], i);
    }
    hr_arena_destroy(arena);
}

static void
zeroed_pieces_are_zero_also_after_a_reset(void **unused)
{
    hr_arena *arena = hr_arena_create(256, 0);

    (void)unused;
    for (int round = 0; round < 2; round++) {
        uint8_t *piece = hr_arena_calloc(arena, 10, 10);

        for (size_t i = 0; i < 100; i++) {
            assert_int_equal(piece[i], 0);
        }
        memset(piece, 0xff, 100);
        hr_arena_reset(arena);
    }
    hr_arena_destroy(arena);
}

static void
the_limit_holds(void **unused)
{
    hr_arena *arena = hr_arena_create(256, 1024);
    size_t n = 0;

    (void)unused;
    while (n < 1000 && hr_arena_alloc(arena, 64) != NULL) {
        n++;
    }
    assert_int_equal(n, 16);
    assert_null(hr_arena_alloc(arena, 1));
    hr_arena_reset(arena);
    assert_non_null(hr_arena_alloc(arena, 1024));
    assert_null(hr_arena_alloc(arena, 1));
    hr_arena_destroy(arena);
}

static void
absurd_sizes_are_refused(void **unused)
{
    hr_arena *arena = hr_arena_create(256, 0);

    (void)unused;
    assert_null(hr_arena_alloc(arena, SIZE_MAX));
    assert_null(hr_arena_alloc(arena, SIZE_MAX / 2));
    assert_null(hr_arena_calloc(arena, SIZE_MAX / 2, 3));
    assert_null(hr_arena_calloc(arena, 3, SIZE_MAX / 2));
    assert_non_null(hr_arena_calloc(arena, 0, 8));
    hr_arena_destroy(arena);
    hr_arena_destroy(NULL);
}

static void
a_steady_load_uses_the_same_memory_again(void **unused)
{
    hr_arena *arena = hr_arena_create(1024, 0);
    uint8_t *first = NULL;

    (void)unused;
    for (int round = 0; round < 4; round++) {
        uint8_t *start = hr_arena_alloc(arena, 512);

        for (int i = 0; i < 15; i++) {
            assert_non_null(hr_arena_alloc(arena, 512));
        }
        if (round == 1) {
            first = start; /* the first round had to find out how much it takes */
        } else if (round > 1) {
            assert_ptr_equal(start, first);
        }
        assert_int_equal(hr_arena_used(arena), 16 * 512);
        hr_arena_reset(arena);
        assert_int_equal(hr_arena_used(arena), 0);
    }
    hr_arena_destroy(arena);
}

static void
a_huge_round_is_forgotten(void **unused)
{
    hr_arena *arena = hr_arena_create(64, 100000);

    (void)unused;
    for (int i = 0; i < 10; i++) {
        assert_non_null(hr_arena_alloc(arena, 90000));
        hr_arena_reset(arena);
        assert_non_null(hr_arena_alloc(arena, 16));
        assert_non_null(hr_arena_alloc(arena, 90000)); /* fits beside it: the old one is gone */
        hr_arena_reset(arena);
    }
    hr_arena_destroy(arena);
}

static void
texts_are_copied_and_formatted(void **unused)
{
    hr_arena *arena = hr_arena_create(64, 0);

    (void)unused;
    assert_string_equal(hr_arena_strndup(arena, "abcdef", 3), "abc");
    assert_string_equal(hr_arena_strdup(arena, ""), "");
    assert_string_equal(hr_arena_printf(arena, "%d-%s", 7, "x"), "7-x");
    assert_int_equal(strlen(hr_arena_printf(arena, "%500d", 1)), 500);
    hr_arena_destroy(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(zeroed_pieces_are_zero_also_after_a_reset),
        cmocka_unit_test(the_limit_holds),
        cmocka_unit_test(absurd_sizes_are_refused),
        cmocka_unit_test(a_steady_load_uses_the_same_memory_again),
        cmocka_unit_test(a_huge_round_is_forgotten),
        cmocka_unit_test(texts_are_copied_and_formatted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
