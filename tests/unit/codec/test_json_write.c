/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "codec/json_walk.h"
#include "codec/json_write.h"
#include "codec/schema.h"
#include "config/error.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static hr_buf out;

static const char *
text(void)
{
    assert_int_equal(hr_buf_append(&out, "", 1), HR_OK);
    out.len = 0;
    return (const char *)out.data;
}

static const char *
double_text(double value)
{
    assert_int_equal(hr_json_write_double(&out, value), HR_OK);
    return text();
}

static uint64_t
next_random(void)
{
    static uint64_t x = 88172645463325252u;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

static void
ints_are_written_to_their_ends(void **unused)
{
    static const int64_t values[] = {0, 7, -1, 10, 99, 100, -4321, INT64_MAX, INT64_MIN};

    (void)unused;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char expected[32];

        snprintf(expected, sizeof expected, "%lld", (long long)values[i]);
        assert_int_equal(hr_json_write_int(&out, values[i]), HR_OK);
        assert_string_equal(text(), expected);
    }
}

static void
assert_whole(int64_t value)
{
    char expected[32];

    snprintf(expected, sizeof expected, "%lld", (long long)value);
    assert_int_equal(hr_json_write_int(&out, value), HR_OK);
    assert_string_equal(text(), expected);
    if (llabs(value) <= (int64_t)1 << 53) {
        snprintf(expected, sizeof expected, "%.1f", (double)value);
        assert_string_equal(double_text((double)value), expected);
    }
}

static void
whole_numbers_have_all_their_digits(void **unused)
{
    (void)unused;
    for (int64_t power = 1; power <= INT64_MAX / 10; power *= 10) {
        for (int64_t off = -2; off <= 2; off++) {
            assert_whole(power + off);
            assert_whole(-power + off);
            assert_whole(power * 5 + off);
        }
    }
    for (int i = 0; i < 63; i++) {
        assert_whole((int64_t)1 << i);
        assert_whole(((int64_t)1 << i) - 1);
    }
}

static void
doubles_are_as_short_as_people_write_them(void **unused)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {-5.0, "-5.0"},
        {1.5, "1.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {100.0, "100.0"},
        {1234567.25, "1234567.25"},
        {0.001, "0.001"},
        {0.0001, "0.0001"},
        {0.00001, "1e-5"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e16"},
        {9007199254740993.0, "9007199254740992.0"},
        {1e22, "1e22"},
        {1e23, "1e23"},
        {9.5367431640625e-7, "9.5367431640625e-7"},
        {DBL_MAX, "1.7976931348623157e308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {5e-324, "5e-324"},
        {2.0 / 3.0, "0.6666666666666666"},
        {9007199254740991.0, "9007199254740991.0"},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(double_text(cases[i].value), cases[i].text);
    }
}

/* Digits of a text, without sign, point, exponent and the zeros at either end. */
static int
significant(const char *number)
{
    int n = 0, zeros = 0;

    for (; *number != '\0' && *number != 'e'; number++) {
        if (*number >= '0' && *number <= '9') {
            zeros = *number == '0' ? zeros + 1 : 0;
            n += n > 0 || *number != '0';
        }
    }
    return n - zeros;
}

static void
check_double(double value)
{
    char shortest[40];
    double back = 0.0;
    const char *mine = double_text(value);

    for (int digits = 1; digits <= 17; digits++) {
        snprintf(shortest, sizeof shortest, "%.*e", digits - 1, value);
        if (strtod(shortest, NULL) == value) {
            break;
        }
    }
    if (strtod(mine, NULL) != value || significant(mine) > significant(shortest)) {
        fail_msg("%.17g was written as %s", value, mine);
    }
    /* Of the shortest the nearest: printf's is that where it has the same length. */
    if (strtod(shortest, NULL) != strtod(mine, NULL)) {
        fail_msg("%s differs from %s", mine, shortest);
    }
    assert_true(hr_json_double(hr_span_str(mine), &back));
    assert_memory_equal(&back, &value, sizeof back);
    assert_true(strpbrk(mine, ".e") != NULL);
}

static void
any_double_reads_back_the_same_and_none_is_shorter(void **unused)
{
    (void)unused;
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = next_random();
        double value;

        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            check_double(value);
        }
        check_double((double)(int64_t)next_random() / 1e6);
        check_double((double)(next_random() % 100000) / 100.0);
        check_double((double)next_random() / 18446744073709551616.0);
    }
}

static void
powers_of_two_and_their_neighbours_read_back(void **unused)
{
    (void)unused;
    for (int e = -1074; e <= 1023; e++) {
        double value = ldexp(1.0, e);

        check_double(value);
        check_double(nextafter(value, INFINITY));
        check_double(nextafter(value, 0.0) > 0.0 ? nextafter(value, 0.0) : value);
    }
}

static void
check_float(float value)
{
    char shortest[40];
    const char *mine;

    assert_int_equal(hr_json_write_float(&out, value), HR_OK);
    mine = text();
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(shortest, sizeof shortest, "%.*e", digits - 1, (double)value);
        if (strtof(shortest, NULL) == value) {
            break;
        }
    }
    if (strtof(mine, NULL) != value || significant(mine) > significant(shortest)) {
        fail_msg("%.9g was written as %s", (double)value, mine);
    }
    if (significant(mine) == significant(shortest) &&
        strtod(mine, NULL) != strtod(shortest, NULL)) {
        fail_msg("%s differs from %s", mine, shortest);
    }
}

static void
any_float_reads_back_the_same_and_none_is_shorter(void **unused)
{
    static const float edges[] = {0.0f,    -0.0f,   1.0f,        0.1f,   -0.3f, 16777216.0f,
                                  FLT_MAX, FLT_MIN, 1.4013e-45f, 1e-10f, 1e10f, 0.000568181812f};

    (void)unused;
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        check_float(edges[i]);
    }
    for (int e = -149; e <= 127; e++) {
        check_float(ldexpf(1.0f, e));
        check_float(nextafterf(ldexpf(1.0f, e), INFINITY));
    }
    for (int i = 0; i < 300000; i++) {
        uint32_t bits = (uint32_t)next_random();
        float value;

        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            check_float(value);
        }
        check_float((float)(next_random() >> 40) / 16777216.0f);
    }
}

static void
strings_are_escaped_where_they_must(void **unused)
{
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"", "\"\""},
        {"plain text that is longer than sixteen bytes",
         "\"plain text that is longer than sixteen bytes\""},
        {"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
        {"\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\""},
        {"0123456789abcde\n0123456789abcdef\"", "\"0123456789abcde\\n0123456789abcdef\\\"\""},
        {"Zürich", "\"Zürich\""},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(hr_json_write_string(&out, hr_span_str(cases[i].text)), HR_OK);
        assert_string_equal(text(), cases[i].json);
    }
}

static const char *
column_text(hr_kind kind, const hr_schema *schema, void *values)
{
    uint8_t lane[1] = {HR_LANE_OK};
    hr_column column = {.kind = kind, .lane = lane, .v.s = values};
    hr_type type = {.kind = kind, .schema = schema};

    assert_int_equal(hr_json_write_column(&out, &column, type, 0), HR_OK);
    return text();
}

/* Each length, each place of each byte that cannot stand as it is; from memory of just that size.
 */
static void
strings_of_any_length_are_escaped_in_any_place(void **unused)
{
    static const struct {
        char byte;
        const char *text;
    } cases[] = {{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\x1f', "\\u001f"}, {'x', "x"}};
    char expected[64];

    (void)unused;
    for (size_t len = 0; len <= 20; len++) {
        for (size_t at = 0; at < len; at++) {
            for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
                uint8_t *bytes = malloc(len);

                assert_non_null(bytes);
                memset(bytes, '\x7f', len);
                bytes[at] = (uint8_t)cases[c].byte;
                snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"", (int)at,
                         "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f"
                         "\x7f\x7f",
                         cases[c].text, (int)(len - at - 1),
                         "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f"
                         "\x7f\x7f");
                assert_int_equal(hr_json_write_string(&out, (hr_span){bytes, len}), HR_OK);
                assert_string_equal(text(), expected);
                free(bytes);
            }
        }
    }
}

static void
columns_are_written_by_kind(void **unused)
{
    static const hr_schema date = {.kind = HR_KIND_TIMESTAMP, .logical = HR_LOGICAL_DATE};
    int64_t ms = -1, day = 19000 * (int64_t)86400000 + 5;
    uint8_t yes = 1, no = 0;
    hr_span bytes[] = {hr_span_str("f"), hr_span_str("fo"), hr_span_str("foo"),
                       hr_span_str("\xff\xfe\xfd\xfc"), hr_span_str("")};
    hr_span list = HR_SPAN_LIT("[1, 2]");

    (void)unused;
    assert_string_equal(column_text(HR_KIND_BOOL, NULL, &yes), "true");
    assert_string_equal(column_text(HR_KIND_BOOL, NULL, &no), "false");
    assert_string_equal(column_text(HR_KIND_TIMESTAMP, NULL, &ms), "-1");
    assert_string_equal(column_text(HR_KIND_TIMESTAMP, &date, &ms), "-1");
    assert_string_equal(column_text(HR_KIND_TIMESTAMP, &date, &day), "19000");
    assert_string_equal(column_text(HR_KIND_BYTES, NULL, &bytes[0]), "\"Zg==\"");
    assert_string_equal(column_text(HR_KIND_BYTES, NULL, &bytes[1]), "\"Zm8=\"");
    assert_string_equal(column_text(HR_KIND_BYTES, NULL, &bytes[2]), "\"Zm9v\"");
    assert_string_equal(column_text(HR_KIND_BYTES, NULL, &bytes[3]), "\"//79/A==\"");
    assert_string_equal(column_text(HR_KIND_BYTES, NULL, &bytes[4]), "\"\"");
    assert_string_equal(column_text(HR_KIND_LIST, NULL, &list), "[1, 2]");
}

static void
a_lane_that_holds_no_value_is_null(void **unused)
{
    uint8_t lane[2] = {HR_LANE_NULL, HR_LANE_ERROR};
    int64_t values[2] = {1, 2};
    hr_column column = {.kind = HR_KIND_INT, .lane = lane, .v.i = values};
    hr_type type = {.kind = HR_KIND_INT};

    (void)unused;
    assert_int_equal(hr_json_write_column(&out, &column, type, 0), HR_OK);
    assert_string_equal(text(), "null");
    assert_int_equal(hr_json_write_column(&out, &column, type, 1), HR_OK);
    assert_string_equal(text(), "null");
}

static void
a_full_buffer_is_an_error(void **unused)
{
    hr_buf small = {.cap_max = 300};
    static const char long_text[] =
        "0123456789012345678901234567890123456789012345678901234567890123"
        "0123456789012345678901234567890123456789012345678901234567890123";
    int rc = HR_OK;

    (void)unused;
    for (int i = 0; i < 10 && rc == HR_OK; i++) {
        rc = hr_json_write_string(&small, hr_span_str(long_text));
    }
    assert_int_equal(rc, HR_ENOMEM);
    assert_true(small.len <= 300);
    hr_buf_finish(&small);
}

static int
finish(void **unused)
{
    (void)unused;
    hr_buf_finish(&out);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ints_are_written_to_their_ends),
        cmocka_unit_test(whole_numbers_have_all_their_digits),
        cmocka_unit_test(doubles_are_as_short_as_people_write_them),
        cmocka_unit_test(any_double_reads_back_the_same_and_none_is_shorter),
        cmocka_unit_test(powers_of_two_and_their_neighbours_read_back),
        cmocka_unit_test(any_float_reads_back_the_same_and_none_is_shorter),
        cmocka_unit_test(strings_are_escaped_where_they_must),
        cmocka_unit_test(strings_of_any_length_are_escaped_in_any_place),
        cmocka_unit_test(columns_are_written_by_kind),
        cmocka_unit_test(a_lane_that_holds_no_value_is_null),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, finish);
}
