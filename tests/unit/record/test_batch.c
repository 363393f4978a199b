/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "record/batch.h"

static const hr_kind all_kinds[] = {
    HR_KIND_ANY,   HR_KIND_BOOL,      HR_KIND_INT,  HR_KIND_DOUBLE, HR_KIND_STRING,
    HR_KIND_BYTES, HR_KIND_TIMESTAMP, HR_KIND_LIST, HR_KIND_MAP,    HR_KIND_RECORD,
};

static void
every_column_holds_a_full_batch(void **unused)
{
    hr_layout layout = {all_kinds, sizeof all_kinds / sizeof all_kinds[0]};
    hr_batch *batch = hr_batch_create(&layout, 0);

    (void)unused;
    assert_non_null(batch);
    for (int slot = 0; slot < (int)layout.n; slot++) {
        hr_column *column = hr_batch_column(batch, slot);

        assert_int_equal(column->kind, all_kinds[slot]);
        for (size_t row = 0; row < HR_BATCH_ROWS; row++) {
            column->lane[row] = HR_LANE_OK;
            if (hr_kind_is_span(column->kind)) {
                column->v.s[row] = HR_SPAN_LIT("x");
            } else if (column->kind == HR_KIND_BOOL) {
                column->v.b[row] = 1;
            } else if (column->kind == HR_KIND_DOUBLE) {
                column->v.d[row] = 1.0;
            } else {
                column->v.i[row] = (int64_t)row;
            }
        }
    }
    batch->records[HR_BATCH_ROWS - 1].offset = 5;
    batch->source[HR_BATCH_ROWS - 1] = HR_BATCH_ROWS - 1;
    assert_int_equal(hr_batch_record(batch, HR_BATCH_ROWS - 1)->offset, 5);
    hr_batch_destroy(batch);
}

static void
a_batch_may_have_no_columns(void **unused)
{
    hr_layout layout = {0};
    hr_batch *batch = hr_batch_create(&layout, 0);

    (void)unused;
    assert_non_null(batch);
    hr_batch_reset(batch);
    hr_batch_destroy(batch);
    hr_batch_destroy(NULL);
}

static int headers_read;

static bool
read_one_header(hr_record *record, hr_arena *arena)
{
    hr_header *header = hr_arena_calloc(arena, 1, (size_t)record->offset);

    headers_read++;
    if (header == NULL) {
        return false;
    }
    header->name = HR_SPAN_LIT("trace");
    record->headers = header;
    record->n_headers = 1;
    return true;
}

static hr_batch *
open_with_headers(void)
{
    static const hr_layout layout; /* the batch keeps its address */
    hr_batch *batch = hr_batch_create(&layout, 1u << 20);

    assert_non_null(batch);
    batch->read_headers = read_one_header;
    headers_read = 0;
    return batch;
}

static void
headers_are_read_when_they_are_asked_for_and_once(void **unused)
{
    hr_batch *batch = open_with_headers();

    (void)unused;
    batch->source[0] = 0;
    batch->source[1] = 1;
    batch->source[2] = 0; /* two rows of one record */
    batch->records[0] = (hr_record){.headers_unread = true, .offset = sizeof(hr_header)};
    batch->records[1] = (hr_record){.offset = 7};
    assert_int_equal(hr_batch_record(batch, 0)->n_headers, 0);
    assert_int_equal(hr_batch_whole_record(batch, 1)->n_headers, 0);
    assert_int_equal(headers_read, 0);
    assert_int_equal(hr_batch_whole_record(batch, 0)->n_headers, 1);
    assert_int_equal(hr_batch_whole_record(batch, 2)->n_headers, 1);
    assert_int_equal(headers_read, 1);
    hr_batch_destroy(batch);
}

static void
headers_without_memory_are_asked_for_again(void **unused)
{
    hr_batch *batch = open_with_headers();

    (void)unused;
    batch->records[0] = (hr_record){.headers_unread = true, .offset = 2 << 20};
    assert_null(hr_batch_whole_record(batch, 0));
    assert_null(hr_batch_whole_record(batch, 0));
    assert_int_equal(headers_read, 2);
    hr_batch_destroy(batch);
}

static void
a_reset_forgets_rows_and_derived_bytes(void **unused)
{
    hr_layout layout = {all_kinds, 3};
    hr_batch *batch = hr_batch_create(&layout, 1u << 20);

    (void)unused;
    batch->n_records = batch->n_rows = 7;
    batch->decoded = batch;
    assert_non_null(hr_arena_alloc(batch->arena, 100));
    hr_batch_reset(batch);
    assert_int_equal(batch->n_records, 0);
    assert_int_equal(batch->n_rows, 0);
    assert_null(batch->decoded);
    assert_int_equal(hr_arena_used(batch->arena), 0);
    hr_batch_destroy(batch);
}

static void
the_arena_of_a_batch_is_capped(void **unused)
{
    hr_layout layout = {0};
    hr_batch *batch = hr_batch_create(&layout, 1u << 20);

    (void)unused;
    assert_null(hr_arena_alloc(batch->arena, (1u << 20) + 1));
    assert_non_null(hr_arena_alloc(batch->arena, 1u << 20));
    hr_batch_destroy(batch);
}

static void
hashes_differ_by_bytes_and_seed(void **unused)
{
    uint64_t a = hr_hash64(HR_SPAN_LIT("JFK"), 0);

    (void)unused;
    assert_true(a == hr_hash64(HR_SPAN_LIT("JFK"), 0));
    assert_true(a != hr_hash64(HR_SPAN_LIT("JFL"), 0));
    assert_true(a != hr_hash64(HR_SPAN_LIT("JFK"), 1));
    hr_hash64((hr_span){NULL, 0}, 0);
}

static void
spans_are_ordered_as_memcmp_does_with_a_prefix_first(void **unused)
{
    (void)unused;
    assert_true(hr_span_cmp(HR_SPAN_LIT("a"), HR_SPAN_LIT("ab")) < 0);
    assert_true(hr_span_cmp(HR_SPAN_LIT("b"), HR_SPAN_LIT("ab")) > 0);
    assert_true(hr_span_cmp(HR_SPAN_LIT("\xff"), HR_SPAN_LIT("a")) > 0);
    assert_int_equal(hr_span_cmp(HR_SPAN_LIT(""), (hr_span){NULL, 0}), 0);
    assert_true(hr_span_eq(HR_SPAN_LIT(""), (hr_span){NULL, 0}));
    assert_false(hr_span_eq(HR_SPAN_LIT("a"), HR_SPAN_LIT("b")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_holds_a_full_batch),
        cmocka_unit_test(a_batch_may_have_no_columns),
        cmocka_unit_test(headers_are_read_when_they_are_asked_for_and_once),
        cmocka_unit_test(headers_without_memory_are_asked_for_again),
        cmocka_unit_test(a_reset_forgets_rows_and_derived_bytes),
        cmocka_unit_test(the_arena_of_a_batch_is_capped),
        cmocka_unit_test(hashes_differ_by_bytes_and_seed),
        cmocka_unit_test(spans_are_ordered_as_memcmp_does_with_a_prefix_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
