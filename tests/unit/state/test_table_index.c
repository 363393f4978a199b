/* Tables against a naive map, and what a million rows cost.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "state/table_index.h"

#include "hr_test.h"

#include <stdio.h>
#include <time.h>

static const hr_kind kinds[] = {HR_KIND_INT, HR_KIND_DOUBLE, HR_KIND_STRING, HR_KIND_BOOL};
static const int slots[] = {0, 1, 2, 3};
enum { VALUES = 4 };
static const hr_layout layout = {kinds, VALUES};

static hr_batch *
batch_new(void)
{
    hr_batch *batch = hr_batch_create(&layout, 1 << 20);

    assert_non_null(batch);
    return batch;
}

/* Row 0 of the batch becomes (n, n / 2, "sN", n odd); every seventh double is null. */
static void
batch_fill(hr_batch *batch, int64_t n, const char *text)
{
    for (int i = 0; i < VALUES; i++) {
        batch->columns[i].lane[0] = HR_LANE_OK;
    }
    batch->columns[0].v.i[0] = n;
    batch->columns[1].v.d[0] = (double)n / 2;
    batch->columns[1].lane[0] = n % 7 == 0 ? HR_LANE_NULL : HR_LANE_OK;
    batch->columns[2].v.s[0] = hr_span_str(text);
    batch->columns[3].v.b[0] = (uint8_t)(n & 1);
}

static void
put(hr_table_builder *builder, hr_batch *batch, const char *key, int64_t n)
{
    char text[32];

    snprintf(text, sizeof text, "s%lld", (long long)n);
    batch_fill(batch, n, text);
    assert_int_equal(hr_table_builder_put(builder, hr_span_str(key), batch, slots, 0), HR_OK);
}

static void
expect_row(const hr_table_index *table, hr_batch *batch, const char *key, int64_t n)
{
    uint32_t row = hr_table_find(table, hr_span_str(key));
    char text[32];

    assert_int_not_equal(row, HR_TABLE_MISS);
    for (size_t i = 0; i < VALUES; i++) {
        hr_table_value(table, i, row, &batch->columns[i], 5);
    }
    snprintf(text, sizeof text, "s%lld", (long long)n);
    assert_int_equal(batch->columns[0].v.i[5], n);
    assert_int_equal(batch->columns[1].lane[5], n % 7 == 0 ? HR_LANE_NULL : HR_LANE_OK);
    if (n % 7 != 0) {
        assert_true(batch->columns[1].v.d[5] == (double)n / 2);
    }
    assert_true(hr_span_eq(batch->columns[2].v.s[5], hr_span_str(text)));
    assert_int_equal(batch->columns[3].v.b[5], n & 1);
}

static void
unref(hr_table_index *table)
{
    hr_snapshot_unref((hr_snapshot *)table);
}

static void
a_row_is_found_replaced_and_removed(void **unused)
{
    hr_batch *batch = batch_new();
    hr_table_builder *builder = hr_table_builder_create(kinds, VALUES, 1 << 20);
    hr_table_index *before, *after;

    (void)unused;
    put(builder, batch, "a", 1);
    put(builder, batch, "a key that is longer than fifteen bytes", 2);
    put(builder, batch, "", 3);
    before = hr_table_builder_snapshot(builder);
    put(builder, batch, "a", 4);
    hr_table_builder_remove(builder, HR_SPAN_LIT(""));
    hr_table_builder_remove(builder, HR_SPAN_LIT("never there"));
    assert_int_equal(hr_table_builder_count(builder), 2);
    after = hr_table_builder_snapshot(builder);
    hr_table_builder_destroy(builder);

    assert_int_equal(hr_table_rows(before), 3);
    expect_row(before, batch, "a", 1);
    expect_row(before, batch, "a key that is longer than fifteen bytes", 2);
    expect_row(before, batch, "", 3);
    assert_int_equal(hr_table_rows(after), 2);
    expect_row(after, batch, "a", 4);
    expect_row(after, batch, "a key that is longer than fifteen bytes", 2);
    assert_int_equal(hr_table_find(after, HR_SPAN_LIT("")), HR_TABLE_MISS);
    assert_int_equal(hr_table_find(after, HR_SPAN_LIT("a key that is longer than 15 bytes")),
                     HR_TABLE_MISS);
    unref(before);
    unref(after);
    hr_batch_destroy(batch);
}

/* Keys of one letter, around the 15 bytes that are kept beside the row. */
static void
keys_of_any_length_are_told_apart(void **unused)
{
    static const char letters[] = "xxxxxxxxxxxxxxxxxxxx";
    hr_batch *batch = batch_new();
    hr_table_builder *builder = hr_table_builder_create(kinds, VALUES, 1 << 20);
    hr_table_index *table;

    (void)unused;
    for (size_t len = 0; len <= 20; len += 2) {
        put(builder, batch, letters + 20 - len, (int64_t)len);
    }
    table = hr_table_builder_snapshot(builder);
    for (size_t len = 0; len <= 20; len++) {
        if (len % 2 == 0) {
            expect_row(table, batch, letters + 20 - len, (int64_t)len);
        } else {
            assert_int_equal(hr_table_find(table, hr_span_str(letters + 20 - len)), HR_TABLE_MISS);
        }
    }
    assert_int_equal(hr_table_find(table, HR_SPAN_LIT("xxxxxxxxxxxxxxxy")), HR_TABLE_MISS);
    assert_int_equal(hr_table_find(table, HR_SPAN_LIT("xxxxxxxxxxxxxy")), HR_TABLE_MISS);
    unref(table);
    hr_table_builder_destroy(builder);
    hr_batch_destroy(batch);
}

static void
an_empty_table_finds_nothing(void **unused)
{
    hr_table_builder *builder = hr_table_builder_create(kinds, 0, 1 << 20);
    hr_table_index *table = hr_table_builder_snapshot(builder);
    hr_span keys[2] = {HR_SPAN_LIT("x"), {NULL, 0}};
    uint32_t rows[2] = {0, 0};

    (void)unused;
    assert_int_equal(hr_table_rows(table), 0);
    assert_int_equal(hr_table_find(table, HR_SPAN_LIT("x")), HR_TABLE_MISS);
    hr_table_find_batch(table, keys, 2, rows);
    assert_int_equal(rows[0], HR_TABLE_MISS);
    assert_int_equal(rows[1], HR_TABLE_MISS);
    hr_table_builder_destroy(builder);
    unref(table);
}

static void
the_builder_stops_at_its_bytes_and_keeps_what_it_has(void **unused)
{
    hr_batch *batch = batch_new();
    hr_table_builder *builder = hr_table_builder_create(kinds, VALUES, 1000);
    hr_table_index *table;
    char text[2000];
    int n = 0;

    (void)unused;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put(builder, batch, "a", 1);
    batch_fill(batch, 2, text);
    assert_int_equal(hr_table_builder_put(builder, HR_SPAN_LIT("a"), batch, slots, 0), HR_ENOMEM);
    batch_fill(batch, 2, "short");
    for (char key[2] = "b"; n < 100; key[0]++, n++) {
        if (hr_table_builder_put(builder, hr_span_str(key), batch, slots, 0) != HR_OK) {
            break;
        }
    }
    assert_in_range(n, 5, 20);
    assert_in_range(hr_table_builder_bytes(builder), 800, 1000);
    table = hr_table_builder_snapshot(builder);
    expect_row(table, batch, "a", 1);
    assert_int_equal(hr_table_rows(table), n + 1);
    hr_table_builder_destroy(builder);
    unref(table);
    hr_batch_destroy(batch);
}

static void
put_as(hr_table_builder *builder, hr_batch *batch, const char *id, const char *key, int64_t n)
{
    char text[32];

    snprintf(text, sizeof text, "s%lld", (long long)n);
    batch_fill(batch, n, text);
    assert_int_equal(
        hr_table_builder_put_as(builder, hr_span_str(id), hr_span_str(key), batch, slots, 0),
        HR_OK);
}

static void
a_row_with_an_id_moves_with_its_id(void **unused)
{
    hr_batch *batch = batch_new();
    hr_table_builder *builder = hr_table_builder_create(kinds, VALUES, 1 << 20);
    hr_table_index *table;

    (void)unused;
    put_as(builder, batch, "1", "a", 1);
    put_as(builder, batch, "2", "b", 2);
    put_as(builder, batch, "1", "a key that is longer than fifteen bytes", 3);
    table = hr_table_builder_snapshot(builder);
    assert_int_equal(hr_table_rows(table), 2);
    assert_int_equal(hr_table_find(table, HR_SPAN_LIT("a")), HR_TABLE_MISS);
    expect_row(table, batch, "a key that is longer than fifteen bytes", 3);
    expect_row(table, batch, "b", 2);
    unref(table);
    hr_table_builder_remove(builder, HR_SPAN_LIT("b"));
    hr_table_builder_remove(builder, HR_SPAN_LIT("2"));
    table = hr_table_builder_snapshot(builder);
    assert_int_equal(hr_table_rows(table), 1);
    assert_int_equal(hr_table_find(table, HR_SPAN_LIT("b")), HR_TABLE_MISS);
    unref(table);
    hr_table_builder_destroy(builder);
    hr_batch_destroy(batch);
}

/* A restart that reads what compaction left must come to the same table. */
static void
of_two_ids_with_one_key_the_last_put_is_found_and_the_other_comes_back(void **unused)
{
    hr_batch *batch = batch_new();
    hr_table_builder *builder = hr_table_builder_create(kinds, VALUES, 1 << 20);
    hr_table_index *table;

    (void)unused;
    put_as(builder, batch, "1", "a", 1);
    put_as(builder, batch, "2", "a", 2);
    put_as(builder, batch, "3", "c", 3);
    table = hr_table_builder_snapshot(builder);
    assert_int_equal(hr_table_rows(table), 2);
    expect_row(table, batch, "a", 2);
    unref(table);
    put_as(builder, batch, "1", "a", 4);
    table = hr_table_builder_snapshot(builder);
    expect_row(table, batch, "a", 4);
    unref(table);
    hr_table_builder_remove(builder, HR_SPAN_LIT("1"));
    table = hr_table_builder_snapshot(builder);
    expect_row(table, batch, "a", 2);
    expect_row(table, batch, "c", 3);
    unref(table);
    hr_table_builder_destroy(builder);
    hr_batch_destroy(batch);
}

/* --- against a naive map -------------------------------------------------------------------- */

enum { ORACLE_KEYS = 700, ORACLE_STEPS = 60000 };

static uint32_t
next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void
oracle_key(uint32_t k, char *key, size_t size)
{
    snprintf(key, size, k % 3 == 0 ? "key number %u, a long one" : "%u", k);
}

static void
oracle_compare(const hr_table_builder *builder, const int64_t *oracle, hr_batch *batch)
{
    hr_table_index *table = hr_table_builder_snapshot(builder);
    char text[ORACLE_KEYS][40];
    hr_span keys[ORACLE_KEYS];
    uint32_t rows[ORACLE_KEYS];
    size_t there = 0;

    assert_non_null(table);
    for (uint32_t k = 0; k < ORACLE_KEYS; k++) {
        oracle_key(k, text[k], sizeof text[k]);
        keys[k] = hr_span_str(text[k]);
    }
    hr_table_find_batch(table, keys, ORACLE_KEYS, rows);
    for (uint32_t k = 0; k < ORACLE_KEYS; k++) {
        assert_int_equal(rows[k], hr_table_find(table, keys[k]));
        if (oracle[k] < 0) {
            assert_int_equal(rows[k], HR_TABLE_MISS);
        } else {
            expect_row(table, batch, text[k], oracle[k]);
            there++;
        }
    }
    assert_int_equal(hr_table_rows(table), there);
    unref(table);
}

static void
puts_and_removes_agree_with_a_naive_map(void **unused)
{
    hr_batch *batch = batch_new();
    hr_table_builder *builder = hr_table_builder_create(kinds, VALUES, 1 << 24);
    static int64_t oracle[ORACLE_KEYS];
    uint32_t random = 7;
    char key[40];

    (void)unused;
    memset(oracle, 0xff, sizeof oracle);
    for (int64_t i = 0; i < ORACLE_STEPS; i++) {
        uint32_t k = next_random(&random) % ORACLE_KEYS;
        /* phases in which the map grows and in which it shrinks */
        bool adds = next_random(&random) % 100 < (i / 5000 % 2 == 0 ? 80u : 20u);

        oracle_key(k, key, sizeof key);
        if (adds) {
            put(builder, batch, key, i);
            oracle[k] = i;
        } else {
            hr_table_builder_remove(builder, hr_span_str(key));
            oracle[k] = -1;
        }
        if (i % 2999 == 0) {
            oracle_compare(builder, oracle, batch);
        }
    }
    oracle_compare(builder, oracle, batch);
    hr_table_builder_destroy(builder);
    hr_batch_destroy(batch);
}

/* --- keys ----------------------------------------------------------------------------------- */

static void
key_of_two(hr_buf *key, const char *a, const char *b)
{
    uint8_t lane = HR_LANE_OK;
    hr_span value = hr_span_str(a);
    hr_column column = {.kind = HR_KIND_STRING, .lane = &lane, .v.s = &value};

    key->len = 0;
    assert_int_equal(hr_table_key_append(key, &column, 0), HR_OK);
    value = hr_span_str(b);
    assert_int_equal(hr_table_key_append(key, &column, 0), HR_OK);
}

static void
parts_of_a_key_do_not_run_into_each_other(void **unused)
{
    static const char *const pairs[][2] = {{"AB", "C"}, {"A", "BC"}, {"", "ABC"}, {"ABC", ""}};
    hr_buf key = {0}, other = {0};

    (void)unused;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            key_of_two(&key, pairs[i][0], pairs[i][1]);
            key_of_two(&other, pairs[k][0], pairs[k][1]);
            assert_int_equal(hr_span_eq(hr_buf_span(&key), hr_buf_span(&other)), i == k);
        }
    }
    hr_buf_finish(&key);
    hr_buf_finish(&other);
}

static void
long_parts_carry_their_whole_length(void **unused)
{
    static char a[600], b[600];
    hr_buf key = {0}, other = {0};

    (void)unused;
    memset(a, 'x', 256);
    memset(b, 'x', 512);
    key_of_two(&key, a, b);
    key_of_two(&other, b, a);
    assert_false(hr_span_eq(hr_buf_span(&key), hr_buf_span(&other)));
    assert_int_equal(key.len, 6 + 256 + 6 + 512);
    memset(a, 0, sizeof a);
    memset(a, 'x', 255);
    key_of_two(&key, a, "");
    assert_int_equal(key.len, 6 + 255 + 2);
    hr_buf_finish(&key);
    hr_buf_finish(&other);
}

static void
numbers_in_keys_are_equal_when_they_are(void **unused)
{
    uint8_t lane[4] = {0};
    int64_t ints[4] = {1, 256, -1, 1};
    double reals[4] = {0.0, -0.0, 1.0, 1.5};
    hr_column i = {.kind = HR_KIND_INT, .lane = lane, .v.i = ints};
    hr_column d = {.kind = HR_KIND_DOUBLE, .lane = lane, .v.d = reals};
    hr_buf keys[8] = {{0}};

    (void)unused;
    for (hr_row row = 0; row < 4; row++) {
        assert_int_equal(hr_table_key_append(&keys[row], &i, row), HR_OK);
        assert_int_equal(hr_table_key_append(&keys[4 + row], &d, row), HR_OK);
    }
    assert_true(hr_span_eq(hr_buf_span(&keys[0]), hr_buf_span(&keys[3])));
    assert_false(hr_span_eq(hr_buf_span(&keys[0]), hr_buf_span(&keys[1])));
    assert_false(hr_span_eq(hr_buf_span(&keys[0]), hr_buf_span(&keys[2])));
    assert_true(hr_span_eq(hr_buf_span(&keys[4]), hr_buf_span(&keys[5])));
    assert_false(hr_span_eq(hr_buf_span(&keys[6]), hr_buf_span(&keys[7])));
    assert_false(hr_span_eq(hr_buf_span(&keys[0]), hr_buf_span(&keys[6])));
    for (size_t k = 0; k < 8; k++) {
        hr_buf_finish(&keys[k]);
    }
}

/* --- cost ----------------------------------------------------------------------------------- */

static double
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

enum { LOOKUPS = 1 << 20 };

static double
lookup_ns(const hr_table_index *table, uint32_t n_keys)
{
    static char text[HR_BATCH_ROWS][16];
    hr_span keys[HR_BATCH_ROWS];
    uint32_t rows[HR_BATCH_ROWS], random = 3, misses = 0;
    double spent = 0;

    for (uint32_t done = 0; done < LOOKUPS; done += HR_BATCH_ROWS) {
        double start;

        for (size_t i = 0; i < HR_BATCH_ROWS; i++) {
            snprintf(text[i], sizeof text[i], "%07u", next_random(&random) % n_keys);
            keys[i] = (hr_span){(uint8_t *)text[i], 7};
        }
        start = now_ms();
        hr_table_find_batch(table, keys, HR_BATCH_ROWS, rows);
        spent += now_ms() - start;
        for (size_t i = 0; i < HR_BATCH_ROWS; i++) {
            misses += rows[i] == HR_TABLE_MISS;
        }
    }
    assert_int_equal(misses, 0);
    return spent * 1e6 / LOOKUPS;
}

static void
report_cost(uint32_t n_keys, hr_batch *batch)
{
    hr_table_builder *builder = hr_table_builder_create(kinds, 1, (size_t)1 << 30);
    hr_table_index *table;
    double start = now_ms(), built, copied;
    char key[16];

    for (uint32_t k = 0; k < n_keys; k++) {
        snprintf(key, sizeof key, "%07u", k);
        batch->columns[0].v.i[0] = k;
        assert_int_equal(
            hr_table_builder_put(builder, (hr_span){(uint8_t *)key, 7}, batch, slots, 0), HR_OK);
    }
    built = now_ms();
    table = hr_table_builder_snapshot(builder);
    copied = now_ms();
    assert_int_equal(hr_table_rows(table), n_keys);
    print_message("%7u rows: build %.0f ms, snapshot %.0f ms, %.1f ns per look-up\n", n_keys,
                  built - start, copied - built, lookup_ns(table, n_keys));
    hr_table_builder_destroy(builder);
    unref(table);
}

static void
a_million_rows_are_found(void **unused)
{
    hr_batch *batch = batch_new();

    (void)unused;
    report_cost(5000, batch);
    report_cost(100000, batch);
    report_cost(1000000, batch);
    hr_batch_destroy(batch);
}

/* 1,000 rows with stamps 0 to 99, every third put again with a later stamp. */
static void
rows_expire_by_their_stamp(void **unused)
{
    hr_table_builder *builder = hr_table_builder_create(kinds, VALUES, SIZE_MAX);
    hr_batch *batch = batch_new();
    hr_table_index *table;
    char key[16];

    (void)unused;
    for (int i = 0; i < 1000; i++) {
        hr_table_builder_stamp(builder, i / 10);
        snprintf(key, sizeof key, "k%d", i);
        put(builder, batch, key, i);
    }
    for (int i = 0; i < 1000; i += 3) {
        hr_table_builder_stamp(builder, 100);
        snprintf(key, sizeof key, "k%d", i);
        put(builder, batch, key, i + 1);
    }
    assert_int_equal(hr_table_builder_expire(builder, 0), 0);
    assert_int_equal(hr_table_builder_expire(builder, 60), 400);
    assert_int_equal(hr_table_builder_expire(builder, 60), 0);
    assert_int_equal(hr_table_builder_count(builder), 600);
    table = hr_table_builder_snapshot(builder);
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        if (i % 3 == 0 || i >= 600) {
            expect_row(table, batch, key, i % 3 == 0 ? i + 1 : i);
        } else {
            assert_int_equal(hr_table_find(table, hr_span_str(key)), HR_TABLE_MISS);
        }
    }
    assert_int_equal(hr_table_builder_expire(builder, 101), 600);
    assert_int_equal(hr_table_builder_count(builder), 0);
    assert_int_equal(hr_table_builder_bytes(builder), 0);
    hr_table_builder_stamp(builder, 5);
    put(builder, batch, "again", 7);
    assert_int_equal(hr_table_builder_expire(builder, 5), 0);
    assert_int_equal(hr_table_builder_expire(builder, 6), 1);
    unref(table);
    hr_table_builder_destroy(builder);
    hr_batch_destroy(batch);
}

static void
the_parts_of_a_key_are_read_back(void **unused)
{
    hr_batch *batch = batch_new();
    char text[300];
    hr_buf key = {0};
    hr_span rest;
    hr_table_key_part part;

    (void)unused;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    batch_fill(batch, 41, text);
    for (int i = 0; i < VALUES; i++) {
        assert_int_equal(hr_table_key_append(&key, &batch->columns[i], 0), HR_OK);
    }
    batch_fill(batch, -3, "");
    assert_int_equal(hr_table_key_append(&key, &batch->columns[2], 0), HR_OK);
    rest = hr_buf_span(&key);
    assert_true(hr_table_key_next(&rest, &part) && part.kind == HR_KIND_INT && part.i == 41);
    assert_true(hr_table_key_next(&rest, &part) && part.kind == HR_KIND_DOUBLE);
    assert_true(hr_table_key_next(&rest, &part) && part.kind == HR_KIND_STRING);
    assert_true(hr_span_eq(part.s, hr_span_str(text)));
    assert_true(hr_table_key_next(&rest, &part) && part.kind == HR_KIND_BOOL && part.i == 1);
    assert_true(hr_table_key_next(&rest, &part) && part.s.len == 0);
    assert_false(hr_table_key_next(&rest, &part));
    for (size_t cut = 1; cut < key.len; cut++) {
        rest = (hr_span){key.data, cut};
        while (hr_table_key_next(&rest, &part)) {
            assert_true(rest.data <= key.data + cut);
        }
    }
    hr_buf_finish(&key);
    hr_batch_destroy(batch);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_found_replaced_and_removed),
        cmocka_unit_test(keys_of_any_length_are_told_apart),
        cmocka_unit_test(an_empty_table_finds_nothing),
        cmocka_unit_test(the_builder_stops_at_its_bytes_and_keeps_what_it_has),
        cmocka_unit_test(a_row_with_an_id_moves_with_its_id),
        cmocka_unit_test(of_two_ids_with_one_key_the_last_put_is_found_and_the_other_comes_back),
        cmocka_unit_test(puts_and_removes_agree_with_a_naive_map),
        cmocka_unit_test(parts_of_a_key_do_not_run_into_each_other),
        cmocka_unit_test(long_parts_carry_their_whole_length),
        cmocka_unit_test(numbers_in_keys_are_equal_when_they_are),
        cmocka_unit_test(a_million_rows_are_found),
        cmocka_unit_test(rows_expire_by_their_stamp),
        cmocka_unit_test(the_parts_of_a_key_are_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
