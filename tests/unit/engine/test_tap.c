/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tap.h"
#include "app_rig.h"
#include "hr_test.h"

#include <stdio.h>
#include <stdlib.h>

static const char topology_text[] =
    "version: 1\n"
    "topology: shop\n"
    "sources:\n"
    "  orders: {file: {path: orders.jsonl}, format: json, schema: order.avsc}\n"
    "  raw: {file: {path: raw.txt}, format: raw}\n"
    "steps:\n"
    "  priced:\n"
    "    from: orders\n"
    "    derive: {id: 'id + \"!\"', share: '100 / n'}\n"
    "  few:\n"
    "    from: priced\n"
    "    filter: 'n < 3'\n"
    "  short:\n"
    "    from: few\n"
    "    select: {keep: [id, share]}\n"
    "sinks:\n"
    "  out: {from: short, blackhole: {}, format: json}\n"
    "  bytes: {from: raw, blackhole: {}, format: raw}\n"
    "errors:\n"
    "  dead_letters: {blackhole: {}}\n";

static const char order_schema[] =
    "{\"type\":\"record\",\"name\":\"order\",\"fields\":["
    "{\"name\":\"id\",\"type\":\"string\"},{\"name\":\"n\",\"type\":\"long\"}]}";

/* One that is fine, one that is dropped, one that fails, one that is no JSON; a long one. */
static const char orders[] = "{\"id\":\"a\",\"n\":2,\"more\":[1, 2]}\n"
                             "{\"id\":\"b\",\"n\":5}\n"
                             "{\"id\":\"c\",\"n\":0}\n"
                             "{\"id\":\"d\"\n";

static app_rig rig;
static hr_buf samples;
static char got[1 << 20];

/* The samples at a node of a whole run, as text. */
static const char *
samples_of(const char *node, const char *records, unsigned rate)
{
    hr_error err = {0};
    hr_tap *tap;
    size_t n;

    app_rig_init(&rig);
    driver_file(rig.files, "orders.jsonl", records);
    driver_bytes(rig.files, "raw.txt", "one\n\xff\xfe\n", 7);
    driver_file(rig.files, "order.avsc", order_schema);
    app_rig_add(&rig, topology_text, 1, true);
    tap = hr_tap_open(rig.app, NULL, node, rate, &err);
    assert_non_null(tap);
    assert_int_equal(hr_app_loop(rig.app), 0);
    samples.len = 0;
    n = hr_tap_take(tap, &samples, 1000, 0);
    assert_int_equal(hr_buf_append(&samples, "", 1), HR_OK);
    snprintf(got, sizeof got, "%zu: %s", n, n > 0 ? (const char *)samples.data : "");
    hr_tap_close(tap);
    app_rig_finish(&rig);
    return got;
}

static void
a_step_shows_what_came_what_it_made_and_took_away_and_what_became_of_it(void **state)
{
    const char *text = samples_of("priced", orders, 100);

    (void)state;
    assert_has_text(text, "3: {\"topic\":\"");
    assert_has_text(text, "/orders.jsonl\",\"partition\":0,\"offset\":31,\"timestamp_ms\":");
    assert_has_text(text, ",\"key\":null,\"before\":{\"id\":\"a\",\"n\":2,\"more\":[1, 2]},"
                          "\"after\":{\"id\":\"a!\",\"share\":50},\"outcome\":\"emitted\"}");
    assert_has_text(text, "\"before\":{\"id\":\"c\",\"n\":0},\"after\":null,\"outcome\":\"failed\","
                          "\"code\":\"expression\",\"reason\":\"share: division by zero\"}");
    text = samples_of("few", orders, 100);
    assert_has_text(text, "2: ");
    assert_has_text(text, "\"before\":{\"n\":2,\"more\":[1, 2],\"id\":\"a!\",\"share\":50},"
                          "\"after\":{},\"outcome\":\"emitted\"}");
    assert_has_text(text, "\"before\":{\"n\":5,\"id\":\"b!\",\"share\":20},\"after\":null,"
                          "\"outcome\":\"dropped\"}");
    text = samples_of("short", orders, 100);
    assert_has_text(text, "\"before\":{\"n\":2,\"more\":[1, 2],\"id\":\"a!\",\"share\":50},"
                          "\"after\":{},\"gone\":[\"n\",\"more\"],\"outcome\":\"emitted\"}");
}

static void
sources_show_what_they_gave_and_sinks_what_they_got(void **state)
{
    const char *text = samples_of("orders", orders, 100);

    (void)state;
    assert_has_text(text, "4: ");
    assert_has_text(text, "\"before\":null,\"after\":{\"id\":\"a\",\"n\":2,\"more\":[1, 2]},");
    assert_has_text(text, "\"before\":null,\"after\":null,\"value\":\"{\\\"id\\\":\\\"d\\\"\","
                          "\"outcome\":\"failed\",\"code\":\"decode\",\"reason\":\"invalid JSON");
    text = samples_of("out", orders, 100);
    assert_has_text(text, "1: ");
    assert_has_text(text, "\"before\":{\"id\":\"a!\",\"share\":50},\"after\":null,"
                          "\"outcome\":\"emitted\"}");
}

static void
bytes_that_are_no_text_are_base64(void **state)
{
    const char *text = samples_of("bytes", orders, 100);

    (void)state;
    assert_has_text(text, "\"before\":{\"value\":\"one\"},");
    assert_has_text(text, "\"before\":{\"value_base64\":\"//4=\"},");
}

/* A record of one long field, or of many short ones. */
static char *
long_record(size_t fields, size_t bytes)
{
    hr_buf buf = {0};

    assert_int_equal(hr_buf_append(&buf, "{\"id\":\"x\",\"n\":1", 15), HR_OK);
    for (size_t i = 0; i < fields; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, ",\"f%zu\":\"", i);

        assert_int_equal(hr_buf_append(&buf, name, (size_t)len), HR_OK);
        assert_int_equal(hr_buf_reserve(&buf, bytes + 8), HR_OK);
        memset(buf.data + buf.len, 'y', bytes);
        buf.len += bytes;
        assert_int_equal(hr_buf_append(&buf, "\"", 1), HR_OK);
    }
    assert_int_equal(hr_buf_append(&buf, "}\n", 3), HR_OK);
    return (char *)buf.data;
}

static void
a_sample_of_a_huge_record_is_cut_and_says_so(void **state)
{
    const size_t shapes[][2] = {{1, 300000}, {20000, 10}, {300, 1500}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char *record = long_record(shapes[i][0], shapes[i][1]);
        const char *text = samples_of("priced", record, 100);

        assert_has_text(text, "\"id\":\"x\"");
        assert_has_text(text, "\"share\":100}");
        assert_has_text(text, "\"truncated\":true}");
        assert_in_range(strlen(text), 200, HR_TAP_SAMPLE_BYTES + 300);
        free(record);
    }
}

static void
no_more_than_the_rate_is_taken_and_rows_come_from_all_over_the_batch(void **state)
{
    hr_buf buf = {0};
    const char *text;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(hr_buf_append(&buf, "{\"id\":\"a\",\"n\":2}\n", 17), HR_OK);
    }
    assert_int_equal(hr_buf_append(&buf, "", 1), HR_OK);
    text = samples_of("orders", (const char *)buf.data, 4);
    assert_has_text(text, "4: ");
    assert_has_text(text, "\"offset\":0,");
    assert_has_text(text, "\"offset\":4250,");
    assert_has_text(text, "\"offset\":8500,");
    assert_has_text(text, "\"offset\":12750,");
    hr_buf_finish(&buf);
}

static void
an_unknown_node_is_an_error_with_a_hint_and_so_is_a_tap_too_many(void **state)
{
    hr_tap *taps[HR_TAPS_MAX];
    hr_error err = {0};

    (void)state;
    app_rig_init(&rig);
    driver_file(rig.files, "orders.jsonl", orders);
    driver_file(rig.files, "raw.txt", "");
    driver_file(rig.files, "order.avsc", order_schema);
    app_rig_add(&rig, topology_text, 1, true);
    assert_null(hr_tap_open(rig.app, NULL, "prized", 1, &err));
    assert_int_equal(err.code, HR_ECONFIG);
    assert_has_text(err.msg, "there is no source, step or sink 'prized'");
    assert_has_text(err.hint, "did you mean 'priced'?");
    assert_null(hr_tap_open(rig.app, "other", "priced", 1, &err));
    for (size_t i = 0; i < HR_TAPS_MAX; i++) {
        taps[i] = hr_tap_open(rig.app, "shop", "priced", 1, &err);
        assert_non_null(taps[i]);
    }
    assert_null(hr_tap_open(rig.app, "shop", "priced", 1, &err));
    assert_int_equal(err.code, HR_EAGAIN);
    samples.len = 0;
    assert_int_equal(hr_tap_take(taps[0], &samples, 1, 5), 0);
    assert_int_equal(hr_tap_missed(taps[0]), 0);
    for (size_t i = 0; i < HR_TAPS_MAX; i++) {
        hr_tap_close(taps[i]);
    }
    hr_tap_close(hr_tap_open(rig.app, "shop", "priced", 1, &err));
    hr_tap_close(NULL);
    app_rig_finish(&rig);
}

static int
finish(void **state)
{
    (void)state;
    hr_buf_finish(&samples);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_shows_what_came_what_it_made_and_took_away_and_what_became_of_it),
        cmocka_unit_test(sources_show_what_they_gave_and_sinks_what_they_got),
        cmocka_unit_test(bytes_that_are_no_text_are_base64),
        cmocka_unit_test(a_sample_of_a_huge_record_is_cut_and_says_so),
        cmocka_unit_test(no_more_than_the_rate_is_taken_and_rows_come_from_all_over_the_batch),
        cmocka_unit_test(an_unknown_node_is_an_error_with_a_hint_and_so_is_a_tap_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, finish);
}
