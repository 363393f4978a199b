/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/kept.h"
#include "hr_test.h"

#include <stdlib.h>

static void
a_kept_record_is_its_own_copy(void **unused)
{
    char topic[] = "orders", key[] = "k1", value[] = "{\"id\":1}", name[] = "trace", id[] = "7f";
    hr_header headers[] = {{hr_span_str(name), hr_span_str(id)},
                           {hr_span_str(name), {NULL, 0}},
                           {hr_span_str(name), {(const uint8_t *)id, 0}}};
    hr_record record = {.key = hr_span_str(key),
                        .value = hr_span_str(value),
                        .headers = headers,
                        .n_headers = 3,
                        .timestamp_ms = 1700000000000,
                        .offset = 42,
                        .token = 9,
                        .origin = headers};
    hr_kept *kept = hr_kept_make(&record, topic, 3);

    (void)unused;
    assert_non_null(kept);
    memset(topic, 'x', sizeof topic - 1);
    memset(key, 'x', sizeof key - 1);
    memset(value, 'x', sizeof value - 1);
    memset(name, 'x', sizeof name - 1);
    memset(id, 'x', sizeof id - 1);
    memset(headers, 0, sizeof headers);
    assert_string_equal(kept->topic, "orders");
    assert_int_equal(kept->partition, 3);
    assert_int_equal(kept->record.offset, 42);
    assert_int_equal(kept->record.timestamp_ms, 1700000000000);
    assert_null(kept->record.origin);
    assert_true(hr_span_eq(kept->record.key, HR_SPAN_LIT("k1")));
    assert_true(hr_span_eq(kept->record.value, HR_SPAN_LIT("{\"id\":1}")));
    assert_int_equal(kept->record.n_headers, 3);
    assert_true(hr_span_eq(kept->record.headers[0].name, HR_SPAN_LIT("trace")));
    assert_true(hr_span_eq(kept->record.headers[0].value, HR_SPAN_LIT("7f")));
    assert_null(kept->record.headers[1].value.data);
    assert_non_null(kept->record.headers[2].value.data);
    assert_int_equal(kept->record.headers[2].value.len, 0);
    assert_true(kept->size >= sizeof *kept + sizeof headers + 7 + 2 + 8 + 15 + 2);
    hr_kept_free(kept);
}

static void
a_null_key_and_a_null_value_stay_null(void **unused)
{
    hr_record record = {.timestamp_ms = -1};
    hr_kept *kept = hr_kept_make(&record, "t", 0);

    (void)unused;
    assert_non_null(kept);
    assert_null(kept->record.key.data);
    assert_null(kept->record.value.data);
    assert_int_equal(kept->record.n_headers, 0);
    hr_kept_free(kept);
    hr_kept_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_record_is_its_own_copy),
        cmocka_unit_test(a_null_key_and_a_null_value_stay_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
