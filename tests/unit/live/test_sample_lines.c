/* SPDX-License-Identifier: Apache-2.0 */
#include "live/sample_lines.h"

#include "hr_test.h"

/* What hr_sample_lines() writes for a sample; free lines->buf. */
static const char *
sample(hr_lines *lines, const char *text)
{
    json_t *json = json_loads(text, 0, NULL);

    assert_non_null(json);
    hr_sample_lines(lines, json);
    assert_int_equal(hr_buf_append(&lines->buf, "", 1), HR_OK);
    json_decref(json);
    return (const char *)lines->buf.data;
}

static void
fields_stand_below_each_other(void **state)
{
    hr_lines lines = {0};

    (void)state;
    assert_string_equal(
        sample(&lines, "{\"topic\":\"t\",\"partition\":1,\"offset\":42,\"outcome\":\"emitted\","
                       "\"before\":{\"a\":1,\"b\":\"x\",\"c\":true},"
                       "\"after\":{\"a\":1000,\"d\":null}}"),
        "t[1]@42  emitted\n"
        "  before  a=1     b=\"x\"  c=true\n"
        "  after   a=1000  b=\"x\"  c=true  d=null\n");
    hr_buf_finish(&lines.buf);
}

static void
changed_and_made_fields_look_new(void **state)
{
    hr_lines lines = {.colour = true};
    const char *text = sample(&lines, "{\"before\":{\"a\":1,\"b\":2,\"c\":3},"
                                      "\"after\":{\"a\":1,\"b\":9,\"d\":4}}");

    (void)state;
    assert_has_text(text, "\x1b[36mb=9\x1b[0m");
    assert_has_text(text, "\x1b[36md=4\x1b[0m");
    assert_null(strstr(text, "36ma=1"));
    assert_null(strstr(text, "36mc=3"));
    hr_buf_finish(&lines.buf);
}

static void
fields_that_the_step_took_away_end(void **state)
{
    hr_lines lines = {.colour = true};
    const char *text =
        sample(&lines, "{\"before\":{\"a\":1,\"b\":2},\"after\":{},\"gone\":[\"a\",7]}");

    (void)state;
    assert_has_text(text, "\x1b[31ma=1\x1b[0m  b=2\n");
    assert_has_text(text, "after   \x1b[0m     b=2\n");
    hr_buf_finish(&lines.buf);
}

static void
a_record_that_failed_has_one_line_and_its_code(void **state)
{
    hr_lines lines = {0};

    (void)state;
    assert_string_equal(sample(&lines, "{\"topic\":\"t\",\"partition\":0,\"offset\":7,"
                                       "\"outcome\":\"failed\",\"code\":\"lookup-miss\","
                                       "\"before\":{\"a\":1},\"after\":null}"),
                        "t[0]@7  failed: lookup-miss\n  before  a=1\n");
    hr_buf_finish(&lines.buf);
}

static void
a_narrow_window_gets_several_pairs_of_lines(void **state)
{
    hr_lines lines = {.width = 24};

    (void)state;
    assert_string_equal(sample(&lines, "{\"topic\":\"t\",\"partition\":0,\"offset\":7,"
                                       "\"outcome\":\"emitted\","
                                       "\"before\":{\"one\":111,\"two\":222},"
                                       "\"after\":{\"one\":111,\"two\":223}}"),
                        "t[0]@7  emitted\n"
                        "  before  one=111\n"
                        "  after   one=111\n"
                        "          two=222\n"
                        "          two=223\n");
    hr_buf_finish(&lines.buf);
}

static void
controls_in_fields_do_not_reach_the_terminal(void **state)
{
    hr_lines lines = {0};
    const char *text =
        sample(&lines, "{\"before\":{\"\\u001b[2J\":\"\\u009b\\u001bc\"},\"after\":null}");

    (void)state;
    assert_null(strchr(text, '\x1b'));
    assert_null(strstr(text, "\xc2\x9b"));
    hr_buf_finish(&lines.buf);
}

static void
json_is_one_line(void **state)
{
    hr_lines lines = {0};
    json_t *json = json_loads("{\"before\": {\"a\": \"x\\ny\"}, \"after\": null}", 0, NULL);

    (void)state;
    hr_sample_json(&lines, json);
    assert_int_equal(hr_buf_append(&lines.buf, "", 1), HR_OK);
    assert_string_equal((const char *)lines.buf.data,
                        "{\"before\":{\"a\":\"x\\ny\"},\"after\":null}\n");
    json_decref(json);
    hr_buf_finish(&lines.buf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_stand_below_each_other),
        cmocka_unit_test(changed_and_made_fields_look_new),
        cmocka_unit_test(fields_that_the_step_took_away_end),
        cmocka_unit_test(a_record_that_failed_has_one_line_and_its_code),
        cmocka_unit_test(a_narrow_window_gets_several_pairs_of_lines),
        cmocka_unit_test(controls_in_fields_do_not_reach_the_terminal),
        cmocka_unit_test(json_is_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
