/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "codec_rig.h"

#include <stdio.h>
#include <stdlib.h>

#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define FIELD_OR(name, type, fallback)                                                             \
    "{\"name\":\"" name "\",\"type\":" type ",\"default\":" fallback "}"
#define RECORD(name, fields) "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"

static const char everything[] = RECORD(
    "All",
    FIELD("i", "\"int\"") "," FIELD("l", "[\"null\",\"long\"]") "," FIELD(
        "d",
        "[\"null"
        "\","
        "\"doubl"
        "e\"]") "," FIELD("b", "[\"null\",\"boolean\"]") "," FIELD("s",
                                                                   "[\"null\","
                                                                   "\"string\"]") "," FIELD("y", "["
                                                                                                 "\"null\","
                                                                                                 "\"bytes\"]") "," FIELD("e",
                                                                                                                         "[\"null\",{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"BC\"]}]") "," FIELD("day", "[\"null\",{\"type\":\"int\",\"logicalType\":\"date\"}]") "," FIELD("at", "[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}]") "," FIELD("list",
                                                                                                                                                                                                                                                                                                                                                                                 "[\"null\",{\"type\":\"array\",\"items\":\"int\"}]") "," FIELD("map", "[\"null\",{\"type\":\"map\",\"values\":\"string\"}]") "," FIELD("fx", "[\"null\",{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}]") "," FIELD("r",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     "[\"null\"," RECORD(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "R",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         FIELD(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "x",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "\"int\"") "," FIELD("y",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  "[\"null\",\"string\"]")) "]"));

static const char *const everything_names[] = {"i",   "l",  "d",    "b",   "s",  "y", "e",
                                               "day", "at", "list", "map", "fx", "r"};

static codec_rig rig;

static void
open_everything(hr_unknown unknown)
{
    codec_rig_open(&rig, everything, unknown);
    for (size_t i = 0; i < sizeof everything_names / sizeof everything_names[0]; i++) {
        assert_int_equal(codec_rig_read(&rig, everything_names[i]), i);
    }
    codec_rig_ready(&rig);
}

static void
open_unread(void)
{
    codec_rig_open(&rig, everything, HR_UNKNOWN_KEEP);
    codec_rig_ready(&rig);
}

static const hr_column *
column(int slot)
{
    return &rig.batch->columns[slot];
}

static void
assert_text(int slot, hr_row row, const char *text)
{
    hr_span span = column(slot)->v.s[row];

    assert_int_equal(column(slot)->lane[row], HR_LANE_OK);
    assert_int_equal(span.len, strlen(text));
    assert_memory_equal(span.data, text, span.len);
}

static void
every_type_is_read(void **unused)
{
    (void)unused;
    open_everything(HR_UNKNOWN_KEEP);
    assert_null(codec_rig_decode_one(
        &rig, " {\"i\": -7, \"l\":9007199254740993,\"d\":1.25e1,\"b\":true,\"s\":\"a\\u00e9\\n\","
              "\"y\":\"Zm8=\",\"e\":\"BC\",\"day\":19000,\"at\":-5,\"list\":[1, 2] ,"
              "\"map\":{\"k\":\"v\"},\"fx\":\"AAE=\",\"r\":{\"x\":1},\"unknown\":[{}]} \n"));
    assert_int_equal(column(0)->v.i[0], -7);
    assert_true(column(1)->v.i[0] == 9007199254740993);
    assert_true(column(2)->v.d[0] == 12.5);
    assert_int_equal(column(3)->v.b[0], 1);
    assert_text(4, 0, "a\xc3\xa9\n");
    assert_text(5, 0, "fo");
    assert_text(6, 0, "BC");
    assert_true(column(7)->v.i[0] == 19000 * (int64_t)86400000);
    assert_int_equal(column(8)->v.i[0], -5);
    assert_text(9, 0, "[1, 2]");
    assert_text(10, 0, "{\"k\":\"v\"}");
    assert_int_equal(column(11)->v.s[0].len, 2);
    assert_text(12, 0, "{\"x\":1}");
    codec_rig_close(&rig);
}

/* Every spelling beside what libc makes of it; the shorter ones take another way than the longer.
 */
static void
numbers_are_read_whatever_their_length(void **unused)
{
    static const char *const ints[] = {"0",
                                       "-0",
                                       "7",
                                       "-12",
                                       "2147483648",
                                       "99999999999999999",
                                       "999999999999999999",
                                       "-999999999999999999",
                                       "1000000000000000000",
                                       "9223372036854775807",
                                       "-9223372036854775808"};
    static const char *const doubles[] = {"0",
                                          "-0.0",
                                          "-5.0",
                                          "605.0",
                                          "0.1",
                                          "12345678901234.5",
                                          "123456789012345.6",
                                          "0.123456789012345",
                                          "0.12345678901234567",
                                          "99999999999999.9",
                                          "9007199254740993.5",
                                          "12345678901234567890.25",
                                          "1.5e3",
                                          "1.5E-3",
                                          "605",
                                          "0.00000000000001",
                                          "123456789.0000000000000000000001"};
    char record[128];

    (void)unused;
    open_everything(HR_UNKNOWN_KEEP);
    for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++) {
        snprintf(record, sizeof record, "{\"i\":1,\"l\":%s}", ints[i]);
        assert_null(codec_rig_decode_one(&rig, record));
        assert_true(column(1)->v.i[0] == strtoll(ints[i], NULL, 10));
    }
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
        double wanted = strtod(doubles[i], NULL);

        snprintf(record, sizeof record, "{\"i\":1,\"d\":%s}", doubles[i]);
        assert_null(codec_rig_decode_one(&rig, record));
        assert_memory_equal(&column(2)->v.d[0], &wanted, sizeof wanted);
    }
    codec_rig_close(&rig);
}

static void
what_is_no_number_is_refused_whatever_it_starts_like(void **unused)
{
    static const char *const bad[] = {
        "\"l\":01",   "\"l\":-01", "\"l\":-",    "\"l\":1.0",     "\"l\":1e2",
        "\"l\":1.",   "\"l\":+1",  "\"l\":1x",   "\"d\":01.5",    "\"d\":1.",
        "\"d\":-.5",  "\"d\":.5",  "\"d\":1.5e", "\"d\":1.5.5",   "\"d\":1.5x",
        "\"d\":00.5", "\"i\":12x", "\"l\":--1",  "\"d\":1.5e400", "\"l\":9223372036854775808",
        "\"d\":--1.5"};
    char record[128];

    (void)unused;
    open_everything(HR_UNKNOWN_KEEP);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(record, sizeof record, "{\"i\":1,%s}", bad[i]);
        assert_non_null(codec_rig_decode_one(&rig, record));
    }
    assert_non_null(codec_rig_decode_one(&rig, "{\"i\":2147483648}"));
    assert_non_null(codec_rig_decode_one(&rig, "{\"i\":-2147483649}"));
    assert_null(codec_rig_decode_one(&rig, "{\"i\":-2147483648}"));
    assert_null(codec_rig_decode_one(&rig, "{\"i\":2147483647}"));
    codec_rig_close(&rig);
}

/* Names around the 16 bytes that are compared at once, in the order of the record before and in
 * another, with the end of the text close by and far away. */
static void
names_of_any_length_are_told_apart(void **unused)
{
    static const char names[] = RECORD(
        "N", FIELD("a23456789012345", "\"int\"") "," FIELD("a234567890123456", "\"int\"") "," FIELD(
                 "a2345678901234567", "\"int\"") "," FIELD("a", "\"int\""));
    static const char *const fields[] = {"a23456789012345", "a234567890123456", "a2345678901234567",
                                         "a"};
    static const char *const records[] = {
        "{\"a23456789012345\":1,\"a234567890123456\":2,\"a2345678901234567\":3,\"a\":4}",
        "{\"a23456789012345\":1,\"a234567890123456\":2,\"a2345678901234567\":3,\"a\":4}",
        "{\"a\":4,\"a2345678901234567\":3,\"a234567890123456\":2,\"a23456789012345\":1}",
        "{\"a2345678901234567\":3,\"a\":4,\"a23456789012345\":1,\"a234567890123456\":2,\"z\":0}"};

    (void)unused;
    codec_rig_open(&rig, names, HR_UNKNOWN_KEEP);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(codec_rig_read(&rig, fields[i]), i);
    }
    codec_rig_ready(&rig);
    for (size_t r = 0; r < 2 * sizeof records / sizeof records[0]; r++) {
        assert_null(codec_rig_decode_one(&rig, records[r % 4]));
        for (int i = 0; i < 4; i++) {
            assert_int_equal(column(i)->v.i[0], i + 1);
        }
    }
    codec_rig_close(&rig);
}

static void
absent_and_null_are_the_same(void **unused)
{
    hr_span texts[] = {
        HR_SPAN_LIT("{\"i\":1}"),
        HR_SPAN_LIT("{\"i\":1,\"l\":null,\"d\":null,\"b\":null,\"s\":null,\"y\":null,\"e\":null,"
                    "\"day\":null,\"at\":null,\"list\":null,\"map\":null,\"fx\":null,\"r\":null}")};

    (void)unused;
    open_everything(HR_UNKNOWN_KEEP);
    codec_rig_decode(&rig, texts, 2);
    assert_int_equal(rig.decoded.n_ok, 2);
    for (int slot = 1; slot < 13; slot++) {
        assert_int_equal(column(slot)->lane[0], HR_LANE_NULL);
        assert_int_equal(column(slot)->lane[1], HR_LANE_NULL);
    }
    codec_rig_close(&rig);
}

/* Text and what the reason says; both with the fields read and unread. */
static const struct {
    const char *text, *reason;
} refused[] = {
    {"{}", "field 'i' is missing"},
    {"{\"i\":null}", "field 'i': expected int, got null at byte 5"},
    {"{\"i\":\"1\"}", "field 'i': expected int, got string at byte 5"},
    {"{\"i\":1.0}", "field 'i': not an int at byte 5"},
    {"{\"i\":1e2}", "field 'i': not an int at byte 5"},
    {"{\"i\":2147483648}", "field 'i': int out of range at byte 5"},
    {"{\"i\":-2147483649}", "field 'i': int out of range at byte 5"},
    {"{\"i\":1,\"l\":9223372036854775808}", "field 'l': int out of range at byte 11"},
    {"{\"i\":1,\"d\":\"x\"}", "field 'd': expected double, got string at byte 11"},
    {"{\"i\":1,\"d\":1e999}", "field 'd': double out of range at byte 11"},
    {"{\"i\":1,\"b\":1}", "field 'b': expected bool, got number at byte 11"},
    {"{\"i\":1,\"s\":{}}", "field 's': expected string, got object at byte 11"},
    {"{\"i\":1,\"y\":\"a\"}", "field 'y': not base64 at byte 11"},
    {"{\"i\":1,\"y\":\"Zm9=\"}", "field 'y': not base64 at byte 11"},
    {"{\"i\":1,\"e\":\"B\"}", "field 'e': not a symbol of the enum at byte 11"},
    {"{\"i\":1,\"e\":\"BCD\"}", "field 'e': not a symbol of the enum at byte 11"},
    {"{\"i\":1,\"e\":[1]}", "field 'e': expected string, got list at byte 11"},
    {"{\"i\":1,\"day\":\"2020-01-01\"}", "field 'day': expected int (days), got string at byte 13"},
    {"{\"i\":1,\"at\":true}", "field 'at': expected int, got bool at byte 12"},
    {"{\"i\":1,\"list\":{}}", "field 'list': expected list, got object at byte 14"},
    {"{\"i\":1,\"list\":[1,\"x\"]}", "field 'list': expected int, got string at byte 17"},
    {"{\"i\":1,\"list\":[null]}", "field 'list': expected int, got null at byte 15"},
    {"{\"i\":1,\"map\":[]}", "field 'map': expected map, got list at byte 13"},
    {"{\"i\":1,\"map\":{\"a\":1}}", "field 'map': expected string, got number at byte 18"},
    {"{\"i\":1,\"fx\":\"AA==\"}", "field 'fx': not as many bytes as the type has at byte 12"},
    {"{\"i\":1,\"r\":[]}", "field 'r': expected record, got list at byte 11"},
    {"{\"i\":1,\"r\":{}}", "field 'r.x' is missing"},
    {"{\"i\":1,\"r\":{\"x\":true}}", "field 'r.x': expected int, got bool at byte 16"},
    {"", "invalid JSON at byte 0: the text does not end with '}'"},
    {"{\"i\":1", "invalid JSON at byte 6: the text does not end with '}'"},
    {"[{}", "invalid JSON at byte 0: expected an object"},
    {"}", "invalid JSON at byte 0: expected an object"},
    {"{\"i\":1}}", "invalid JSON at byte 7: there is more behind the object"},
    {"{\"i\":1,}", "invalid JSON at byte 7: expected a name in quotes"},
    {"{,\"i\":1}", "invalid JSON at byte 1: expected a name in quotes"},
    {"{\"i\" 1}", "invalid JSON at byte 5: expected ':'"},
    {"{\"i\":}", "invalid JSON at byte 5: expected a value"},
    {"{\"i\":01}", "invalid JSON at byte 5: expected a value"},
    {"{\"i\":1 \"l\":2}", "invalid JSON at byte 7: expected ',' or '}'"},
    {"{\"i\":1,\"d\":1.}", "invalid JSON at byte 11: expected a value"},
    {"{\"i\":1,\"b\":tru}", "invalid JSON at byte 11: expected a value"},
    {"{\"i\":1,\"b\":nul}", "invalid JSON at byte 11: expected a value"},
    {"{\"i\":1,\"s\":\"a}", "invalid JSON at byte 14: a string does not end"},
    {"{\"i\":1,\"s\":\"\t\"}", "invalid JSON at byte 12: control character in a string"},
    {"{\"i\":1,\"s\":\"\\q\"}", "invalid JSON at byte 12: bad escape"},
    {"{\"i\":1,\"s\":\"\xc3\"}", "invalid JSON at byte 12: bad UTF-8"},
    {"{\"i\":1,\"z\":[1,{\"a\":}]}", "invalid JSON at byte 19: expected a value"},
    {"{\"i\":1,\"z\":[}", "invalid JSON at byte 12: expected a value"},
    {"{\"i\":1,\"z\":[{}}", "invalid JSON at byte 14: expected ',' or ']'"},
    {"{\"i\":1,\"list\":[1}", "invalid JSON at byte 16: expected ',' or ']'"},
    {"{\"i\":1,\"r\":{\"x\":1}", "invalid JSON at byte 18: the text ends early"},
    {"{\"i\":1,\"map\":{}", "invalid JSON at byte 15: the text ends early"},
    {"{\"i\":1,\"z\":{}", "invalid JSON at byte 13: the text ends early"},
};

static void
check_refused(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const char *reason = codec_rig_decode_one(&rig, refused[i].text);

        if (reason == NULL || strcmp(reason, refused[i].reason) != 0) {
            fail_msg("%s: '%s', expected '%s'", refused[i].text, reason != NULL ? reason : "fine",
                     refused[i].reason);
        }
    }
}

static void
each_mistake_has_its_reason(void **unused)
{
    (void)unused;
    open_everything(HR_UNKNOWN_KEEP);
    check_refused();
    codec_rig_close(&rig);
}

static void
fields_that_nobody_reads_are_checked_all_the_same(void **unused)
{
    (void)unused;
    open_unread();
    check_refused();
    codec_rig_close(&rig);
}

static void
a_null_value_fails(void **unused)
{
    hr_span text = {NULL, 0};

    (void)unused;
    open_unread();
    codec_rig_decode(&rig, &text, 1);
    assert_int_equal(rig.decoded.n_failed, 1);
    assert_string_equal(rig.decoded.failed[0].reason, "the value is null");
    codec_rig_close(&rig);
}

static void
unknown_fields_can_be_refused(void **unused)
{
    (void)unused;
    open_everything(HR_UNKNOWN_ERROR);
    assert_null(codec_rig_decode_one(&rig, "{\"i\":1}"));
    assert_string_equal(codec_rig_decode_one(&rig, "{\"i\":1,\"zz\":2}"),
                        "a field that the schema does not name at byte 7 (unknown_fields: error)");
    assert_string_equal(codec_rig_decode_one(&rig, "{\"i\":1,\"r\":{\"x\":1,\"\\u0041\":2}}"),
                        "a field that the schema does not name at byte 18 (unknown_fields: error)");
    assert_null(codec_rig_decode_one(&rig, "{\"\\u0069\":1,\"r\":{\"x\":1}}"));
    codec_rig_close(&rig);
}

static void
of_a_name_that_comes_twice_the_last_counts(void **unused)
{
    (void)unused;
    open_everything(HR_UNKNOWN_KEEP);
    assert_null(codec_rig_decode_one(&rig, "{\"i\":1,\"s\":\"a\",\"i\":2,\"s\":null}"));
    assert_int_equal(column(0)->v.i[0], 2);
    assert_int_equal(column(4)->lane[0], HR_LANE_NULL);
    assert_non_null(codec_rig_decode_one(&rig, "{\"i\":\"x\",\"i\":2}"));
    codec_rig_close(&rig);
}

static void
nested_paths_are_read_in_the_same_pass(void **unused)
{
    hr_span texts[] = {
        HR_SPAN_LIT("{\"i\":1,\"r\":{\"x\":5,\"y\":\"in\"}}"),
        HR_SPAN_LIT("{\"i\":1,\"r\":{\"x\":5}}"),
        HR_SPAN_LIT("{\"i\":1,\"r\":null}"),
        HR_SPAN_LIT("{\"i\":1}"),
        HR_SPAN_LIT("{\"i\":1,\"r\":{\"x\":5,\"y\":\"in\"},\"r\":{\"x\":6}}"),
        HR_SPAN_LIT("{\"i\":1,\"r\":{\"x\":5,\"y\":\"in\"},\"r\":null}"),
    };
    int x, y, r;

    (void)unused;
    codec_rig_open(&rig, everything, HR_UNKNOWN_KEEP);
    y = codec_rig_read(&rig, "r.y");
    x = codec_rig_read(&rig, "r.x");
    r = codec_rig_read(&rig, "r");
    codec_rig_ready(&rig);
    codec_rig_decode(&rig, texts, 6);
    assert_int_equal(rig.decoded.n_ok, 6);
    assert_text(y, 0, "in");
    assert_text(r, 0, "{\"x\":5,\"y\":\"in\"}");
    assert_int_equal(column(x)->v.i[1], 5);
    assert_int_equal(column(y)->lane[1], HR_LANE_NULL);
    for (hr_row row = 2; row < 4; row++) {
        assert_int_equal(column(x)->lane[row], HR_LANE_NULL);
        assert_int_equal(column(y)->lane[row], HR_LANE_NULL);
        assert_int_equal(column(r)->lane[row], HR_LANE_NULL);
    }
    assert_int_equal(column(x)->v.i[4], 6);
    assert_int_equal(column(y)->lane[4], HR_LANE_NULL);
    assert_int_equal(column(x)->lane[5], HR_LANE_NULL);
    codec_rig_close(&rig);
}

static void
without_a_schema_fields_are_their_json(void **unused)
{
    int a, bc, b;

    (void)unused;
    codec_rig_open(&rig, NULL, HR_UNKNOWN_KEEP);
    a = codec_rig_read(&rig, "a");
    bc = codec_rig_read(&rig, "b.c");
    b = codec_rig_read(&rig, "b");
    codec_rig_ready(&rig);
    assert_null(codec_rig_decode_one(&rig, "{\"a\": \"x\\n\" ,\"b\":{\"c\":[1],\"d\":2}}"));
    assert_text(a, 0, "\"x\\n\"");
    assert_text(bc, 0, "[1]");
    assert_text(b, 0, "{\"c\":[1],\"d\":2}");
    assert_null(codec_rig_decode_one(&rig, "{\"b\":7,\"z\":1e999}"));
    assert_int_equal(column(a)->lane[0], HR_LANE_NULL);
    assert_int_equal(column(bc)->lane[0], HR_LANE_NULL);
    assert_text(b, 0, "7");
    assert_null(codec_rig_decode_one(&rig, "{\"b\":{\"c\":null}}"));
    assert_int_equal(column(bc)->lane[0], HR_LANE_NULL);
    assert_null(codec_rig_decode_one(&rig, "{}"));
    assert_int_equal(column(b)->lane[0], HR_LANE_NULL);
    codec_rig_close(&rig);
}

static void
odd_names_are_found_by_their_meaning(void **unused)
{
    static const char *const path[] = {"a\"b"};
    hr_type any = {.kind = HR_KIND_ANY, .nullable = true};
    int slot;

    (void)unused;
    codec_rig_open(&rig, NULL, HR_UNKNOWN_KEEP);
    slot = hr_lineage_project(&rig.lineage, path, 1, any);
    codec_rig_ready(&rig);
    for (int i = 0; i < 3; i++) {
        assert_null(codec_rig_decode_one(&rig, "{\"a\\\"b\":1,\"aaaaaaaaaaaaa\":2}"));
        assert_text(slot, 0, "1");
        assert_non_null(codec_rig_decode_one(&rig, "{\"a\"b\":1,\"aaaaaaaaaaaaa\":2}"));
    }
    codec_rig_close(&rig);
}

static void
defaults_stand_in_for_what_is_absent(void **unused)
{
    int i, s, y, list, x, n;

    (void)unused;
    codec_rig_open(
        &rig,
        RECORD(
            "D",
            FIELD_OR("i", "\"int\"", "-3") "," FIELD_OR("s", "\"string\"", "\"a\\nb\"") "," FIELD_OR(
                "y", "\"bytes\"",
                "\"\\u00ff\\u0001\"") "," FIELD_OR("list",
                                                   "{\"type\":\"array\",\"items\":\"long\"}",
                                                   "[1,2]") "," FIELD_OR("r",
                                                                         RECORD("R",
                                                                                FIELD_OR("x",
                                                                                         "\"int\"",
                                                                                         "4")),
                                                                         "{}") "," FIELD_OR("n",
                                                                                            "[\"nul"
                                                                                            "l\","
                                                                                            "\"int"
                                                                                            "\"]",
                                                                                            "nul"
                                                                                            "l")),
        HR_UNKNOWN_KEEP);
    i = codec_rig_read(&rig, "i");
    s = codec_rig_read(&rig, "s");
    y = codec_rig_read(&rig, "y");
    list = codec_rig_read(&rig, "list");
    x = codec_rig_read(&rig, "r.x");
    n = codec_rig_read(&rig, "n");
    codec_rig_ready(&rig);
    assert_null(codec_rig_decode_one(&rig, "{}"));
    assert_int_equal(column(i)->v.i[0], -3);
    assert_text(s, 0, "a\nb");
    assert_text(y, 0, "\xff\x01");
    assert_text(list, 0, "[1,2]");
    assert_int_equal(column(x)->v.i[0], 4);
    assert_int_equal(column(n)->lane[0], HR_LANE_NULL);
    assert_null(codec_rig_decode_one(&rig, "{\"i\":null,\"s\":\"\",\"r\":{}}"));
    assert_int_equal(column(i)->v.i[0], -3);
    assert_text(s, 0, "");
    assert_int_equal(column(x)->v.i[0], 4);
    codec_rig_close(&rig);
}

static void
nesting_and_size_have_limits(void **unused)
{
    static char text[400000];
    size_t n;

    (void)unused;
    codec_rig_open(&rig, NULL, HR_UNKNOWN_KEEP);
    codec_rig_read(&rig, "a");
    codec_rig_ready(&rig);
    for (int depth = 62; depth <= 64; depth++) {
        n = (size_t)sprintf(text, "{\"a\":");
        memset(text + n, '[', (size_t)depth);
        memset(text + n + depth, ']', (size_t)depth);
        memcpy(text + n + 2 * depth, "}", 2);
        if (depth <= 63) {
            assert_null(codec_rig_decode_one(&rig, text));
        } else {
            assert_has_text(codec_rig_decode_one(&rig, text), "nested deeper than 64");
        }
    }
    n = (size_t)sprintf(text, "{\"z\":[");
    for (int i = 0; i < 100001; i++) {
        n += (size_t)sprintf(text + n, "%d,", i % 10);
    }
    memcpy(text + n - 1, "]}", 3);
    assert_has_text(codec_rig_decode_one(&rig, text), "more than 100000 values");
    codec_rig_close(&rig);
}

static void
a_string_has_a_limit(void **unused)
{
    size_t limit = 1u << 20;
    char *text = malloc(limit + 32);

    (void)unused;
    assert_non_null(text);
    codec_rig_open(&rig, NULL, HR_UNKNOWN_KEEP);
    codec_rig_ready(&rig);
    memcpy(text, "{\"a\":\"", 6);
    memset(text + 6, 'x', limit + 1);
    memcpy(text + 6 + limit, "\"}", 3);
    assert_null(codec_rig_decode_one(&rig, text));
    memcpy(text + 6 + limit, "x\"}", 4);
    assert_has_text(codec_rig_decode_one(&rig, text), "longer than 1 MiB");
    free(text);
    codec_rig_close(&rig);
}

static void
a_full_arena_fails_rows_and_not_the_batch(void **unused)
{
    hr_span texts[100];

    (void)unused;
    codec_rig_open(&rig, NULL, HR_UNKNOWN_KEEP);
    codec_rig_ready(&rig);
    hr_batch_destroy(rig.batch);
    rig.batch = hr_batch_create(&rig.lineage.layout, 1);
    for (size_t i = 0; i < 100; i++) {
        texts[i] = HR_SPAN_LIT("{\"a\":1}");
    }
    codec_rig_decode(&rig, texts, 100);
    assert_int_equal(rig.decoded.n_failed, 100);
    assert_string_equal(rig.decoded.failed[99].reason, "out of memory");
    codec_rig_close(&rig);
}

static void
raw_passes_everything(void **unused)
{
    hr_span texts[] = {{NULL, 0}, HR_SPAN_LIT("not json"), HR_SPAN_LIT("")};

    (void)unused;
    codec_rig_open(&rig, NULL, HR_UNKNOWN_KEEP);
    rig.lineage.format = HR_FORMAT_RAW;
    codec_rig_ready(&rig);
    codec_rig_decode(&rig, texts, 3);
    assert_int_equal(rig.decoded.n_ok, 3);
    assert_int_equal(rig.batch->n_rows, 3);
    assert_int_equal(rig.batch->source[2], 2);
    assert_int_equal(rig.batch->timestamp_ms[2], 2);
    codec_rig_close(&rig);
}

static void
raw_has_no_fields_to_read(void **unused)
{
    static const char *const path[] = {"a"};
    hr_type any = {.kind = HR_KIND_ANY, .nullable = true};
    hr_decoder *decoder;

    (void)unused;
    codec_rig_open(&rig, NULL, HR_UNKNOWN_KEEP);
    rig.lineage.format = HR_FORMAT_RAW;
    assert_true(hr_lineage_project(&rig.lineage, path, 1, any) >= 0);
    assert_int_equal(hr_decoder_create(rig.arena, &rig.lineage, &decoder, &rig.err), HR_ECONFIG);
    assert_string_equal(rig.err.msg, "the source is raw bytes and has no field 'a'");
    codec_rig_close(&rig);
}

static void
many_fields_are_all_looked_for(void **unused)
{
    static char text[8192];
    size_t n = 0;

    (void)unused;
    codec_rig_open(&rig, NULL, HR_UNKNOWN_KEEP);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(codec_rig_read(&rig, hr_arena_printf(rig.arena, "name_%d", i)), i);
    }
    codec_rig_ready(&rig);
    for (int i = 199; i >= 0; i -= 2) {
        n += (size_t)sprintf(text + n, "%c\"name_%d\":%d", i == 199 ? '{' : ',', i, i);
    }
    memcpy(text + n, "}", 2);
    for (int again = 0; again < 2; again++) {
        assert_null(codec_rig_decode_one(&rig, text));
        for (int i = 0; i < 200; i++) {
            if (i % 2 == 0) {
                assert_int_equal(column(i)->lane[0], HR_LANE_NULL);
            } else {
                assert_text(i, 0, hr_arena_printf(rig.arena, "%d", i));
            }
        }
    }
    codec_rig_close(&rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(numbers_are_read_whatever_their_length),
        cmocka_unit_test(what_is_no_number_is_refused_whatever_it_starts_like),
        cmocka_unit_test(names_of_any_length_are_told_apart),
        cmocka_unit_test(absent_and_null_are_the_same),
        cmocka_unit_test(each_mistake_has_its_reason),
        cmocka_unit_test(fields_that_nobody_reads_are_checked_all_the_same),
        cmocka_unit_test(a_null_value_fails),
        cmocka_unit_test(unknown_fields_can_be_refused),
        cmocka_unit_test(of_a_name_that_comes_twice_the_last_counts),
        cmocka_unit_test(nested_paths_are_read_in_the_same_pass),
        cmocka_unit_test(without_a_schema_fields_are_their_json),
        cmocka_unit_test(odd_names_are_found_by_their_meaning),
        cmocka_unit_test(defaults_stand_in_for_what_is_absent),
        cmocka_unit_test(nesting_and_size_have_limits),
        cmocka_unit_test(a_string_has_a_limit),
        cmocka_unit_test(a_full_arena_fails_rows_and_not_the_batch),
        cmocka_unit_test(raw_passes_everything),
        cmocka_unit_test(raw_has_no_fields_to_read),
        cmocka_unit_test(many_fields_are_all_looked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
