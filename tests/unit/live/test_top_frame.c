/* SPDX-License-Identifier: Apache-2.0 */
#include "live/top_frame.h"

#include "hr_test.h"

#include <stdio.h>

#define HEAD "\"version\":\"1\",\"started_ms\":%d,\"time_ms\":%d,\"ready\":true,"
#define NODES                                                                                      \
    "\"nodes\":[{\"name\":\"a\",\"kind\":\"source\",\"type\":\"kafka\",\"in\":%d,\"out\":%d,"      \
    "\"failed\":%d,\"dropped\":0,\"processing_ns\":%d},"                                           \
    "{\"name\":\"b\",\"kind\":\"sink\",\"type\":\"kafka\",\"in\":%d,\"out\":%d,\"failed\":0}]"

static json_t *
answer(int started_ms, int time_ms, int n)
{
    char text[2048];
    hr_error err = {0};
    json_t *json;

    snprintf(text, sizeof text, "{" HEAD "\"topologies\":[{\"name\":\"t\"," NODES "}]}", started_ms,
             time_ms, n, n, n / 10, n * 1000, n, n);
    json = hr_answer_parse(hr_span_str(text), "topologies", &err);
    assert_non_null(json);
    return json;
}

/* The frame as text; free with hr_buf_finish(). Takes the answers. */
static const char *
frame(hr_lines *lines, json_t *now, json_t *before)
{
    hr_top_frame(lines, "http://h:1", now, before);
    assert_int_equal(hr_buf_append(&lines->buf, "", 1), HR_OK);
    json_decref(now);
    json_decref(before);
    return (const char *)lines->buf.data;
}

static void
rates_are_differences_by_the_time_of_the_process(void **state)
{
    hr_lines lines = {0};
    const char *text = frame(&lines, answer(1, 3001, 700), answer(1, 1001, 100));

    (void)state;
    assert_has_text(text, "in 300/s   written 300/s   failed 30/s");
    assert_has_text(text, "300/s    300/s          700          0       70        1 us");
    hr_buf_finish(&lines.buf);
}

static void
a_first_answer_has_no_rates(void **state)
{
    hr_lines lines = {0};

    (void)state;
    assert_has_text(frame(&lines, answer(1, 1001, 100), NULL), "in -   written -   failed -");
    hr_buf_finish(&lines.buf);
}

static void
a_process_that_started_again_has_no_rates(void **state)
{
    hr_lines lines = {0};

    (void)state;
    assert_has_text(frame(&lines, answer(2000, 3000, 10), answer(1, 1001, 100)), "in -");
    hr_buf_finish(&lines.buf);
}

static void
counters_that_shrink_and_clocks_set_back_have_no_rates(void **state)
{
    hr_lines lines = {0};

    (void)state;
    assert_has_text(frame(&lines, answer(1, 2001, 10), answer(1, 1001, 100)), "in -");
    hr_buf_finish(&lines.buf);
    lines = (hr_lines){0};
    assert_has_text(frame(&lines, answer(1, 1001, 200), answer(1, 2001, 100)), "in -");
    hr_buf_finish(&lines.buf);
}

static void
members_of_another_kind_are_passed_over(void **state)
{
    static const char text[] =
        "{\"topologies\":[7,null,{\"name\":3,\"nodes\":[1,{\"in\":\"x\",\"kind\":[]}],"
        "\"partitions\":{},\"memory\":[[]],\"counters\":{\"a\":\"b\"},\"dead_letters\":[{}],"
        "\"waiting_for\":[5]}]}";
    hr_error err = {0};
    hr_lines lines = {0};
    json_t *json = hr_answer_parse(hr_span_str(text), "topologies", &err);

    (void)state;
    assert_non_null(json);
    assert_has_text(frame(&lines, json, NULL), "LAST DEAD LETTERS");
    hr_buf_finish(&lines.buf);
}

static void
what_is_not_an_answer_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "[]",
                                        "{}",
                                        "{\"topologies\":{}}",
                                        "{\"topologies\":[",
                                        "{\"topologies\":[],\"topologies\":[]}"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        hr_error err = {0};

        assert_null(hr_answer_parse(hr_span_str(texts[i]), "topologies", &err));
        assert_int_equal(err.code, HR_EIO);
        assert_true(err.msg[0] != '\0');
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_differences_by_the_time_of_the_process),
        cmocka_unit_test(a_first_answer_has_no_rates),
        cmocka_unit_test(a_process_that_started_again_has_no_rates),
        cmocka_unit_test(counters_that_shrink_and_clocks_set_back_have_no_rates),
        cmocka_unit_test(members_of_another_kind_are_passed_over),
        cmocka_unit_test(what_is_not_an_answer_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
