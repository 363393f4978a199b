/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"

#include "expr/calendar.h"

static bool
is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Counts every day of ten thousand years by hand. */
static void
each_day_of_the_years_1_to_9999_goes_there_and_back(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = HR_TIME_MIN_MS / HR_DAY_MS;

    (void)state;
    for (int year = 1; year <= 9999; year++) {
        int of_year = 0;

        for (int month = 1; month <= 12; month++) {
            int length = lengths[month - 1] + (month == 2 && is_leap(year));

            for (int day = 1; day <= length; day++, days++) {
                hr_civil civil = hr_calendar_civil(days);

                of_year++;
                if (civil.year != year || civil.month != month || civil.day != day ||
                    civil.day_of_year != of_year || hr_calendar_days(year, month, day) != days) {
                    fail_msg("%04d-%02d-%02d", year, month, day);
                }
            }
        }
    }
    assert_int_equal(days, HR_TIME_MAX_MS / HR_DAY_MS + 1);
}

static void
days_far_outside_of_the_calendar_do_no_harm(void **state)
{
    (void)state;
    assert_int_equal(hr_calendar_day(INT64_MIN), INT64_MIN / HR_DAY_MS - 1);
    assert_true(hr_calendar_civil(hr_calendar_day(INT64_MIN)).year < -200000000);
    assert_true(hr_calendar_civil(hr_calendar_day(INT64_MAX)).year > 200000000);
    assert_true(hr_calendar_of_day(INT64_MIN) >= 0);
    assert_int_equal(hr_calendar_of_day(-1), HR_DAY_MS - 1);
    assert_int_equal(hr_calendar_day(-1), -1);
    assert_int_equal(hr_calendar_day(0), 0);
}

typedef struct time_case {
    const char *text;
    int64_t ms; /* INT64_MIN: refused */
} time_case;

#define REFUSED INT64_MIN

static void
check_times(const time_case *cases, size_t n, bool (*parse)(hr_span, int64_t *))
{
    for (size_t i = 0; i < n; i++) {
        int64_t ms = REFUSED;

        if (!parse(hr_span_str(cases[i].text), &ms)) {
            ms = REFUSED;
        }
        if (ms != cases[i].ms) {
            fail_msg("%s: got %lld, want %lld", cases[i].text, (long long)ms,
                     (long long)cases[i].ms);
        }
    }
}

static void
dates_are_checked_strictly(void **state)
{
    static const time_case cases[] = {
        {"1970-01-01", 0},
        {"1969-12-31", -HR_DAY_MS},
        {"2013-11-01", INT64_C(1383264000000)},
        {"2000-02-29", INT64_C(951782400000)},
        {"2012-02-29", INT64_C(1330473600000)},
        {"0001-01-01", HR_TIME_MIN_MS},
        {"9999-12-31", HR_TIME_MAX_MS - HR_DAY_MS + 1},
        {"1900-02-29", REFUSED},
        {"2100-02-29", REFUSED},
        {"2013-02-29", REFUSED},
        {"2013-02-30", REFUSED},
        {"2013-04-31", REFUSED},
        {"2013-00-10", REFUSED},
        {"2013-13-10", REFUSED},
        {"2013-01-00", REFUSED},
        {"2013-01-32", REFUSED},
        {"0000-01-01", REFUSED},
        {"", REFUSED},
        {"2013-1-01", REFUSED},
        {"2013-01-1", REFUSED},
        {"2013/01/01", REFUSED},
        {"20130101", REFUSED},
        {"2013-01-01 ", REFUSED},
        {" 2013-01-01", REFUSED},
        {"2013-01-01T", REFUSED},
        {"+013-01-01", REFUSED},
        {"2013-01-0a", REFUSED},
        {"2013-01-a1", REFUSED},
        {"2:13-01-01", REFUSED},
        {"201\xb3-01-01", REFUSED},
        {"2013-01\xad"
         "01",
         REFUSED},
    };

    (void)state;
    check_times(cases, sizeof cases / sizeof cases[0], hr_calendar_parse_date);
}

/* Any one byte of a good date replaced by any other gives a date or nothing, as the slow way says.
 */
static void
a_date_with_one_byte_changed_is_read_as_its_digits_say(void **state)
{
    (void)state;
    for (size_t at = 0; at < 10; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[] = "2016-10-22";
            bool is_dash = at == 4 || at == 7;
            int y, m, d;
            int64_t ms;
            bool good = is_dash ? byte == '-' : byte >= '0' && byte <= '9';

            text[at] = (char)byte;
            y = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] -
                '0';
            m = (text[5] - '0') * 10 + text[6] - '0';
            d = (text[8] - '0') * 10 + text[9] - '0';
            good = good && m >= 1 && m <= 12 && d >= 1 && d <= 31 && (d <= 30 || m == 10);
            if (hr_calendar_parse_date((hr_span){(uint8_t *)text, 10}, &ms) != good ||
                (good && ms != hr_calendar_days(y, m, d) * HR_DAY_MS)) {
                fail_msg("byte %zu = %d", at, byte);
            }
        }
    }
}

static void
timestamps_are_rfc_3339_in_its_strict_form(void **state)
{
    static const time_case cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2009-02-13T23:31:30Z", INT64_C(1234567890000)},
        {"2009-02-13T23:31:30.1Z", INT64_C(1234567890100)},
        {"2009-02-13T23:31:30.123Z", INT64_C(1234567890123)},
        {"2009-02-13T23:31:30.123999999Z", INT64_C(1234567890123)},
        {"2009-02-14T01:01:30+01:30", INT64_C(1234567890000)},
        {"2009-02-13T18:31:30-05:00", INT64_C(1234567890000)},
        {"1969-12-31T23:59:59.999Z", -1},
        {"0001-01-01T00:00:00Z", HR_TIME_MIN_MS},
        {"9999-12-31T23:59:59.999Z", HR_TIME_MAX_MS},
        {"9999-12-31T23:59:59-00:01", REFUSED},
        {"0001-01-01T00:00:00+00:01", REFUSED},
        {"2009-02-13T23:31:30", REFUSED},
        {"2009-02-13t23:31:30Z", REFUSED},
        {"2009-02-13T23:31:30z", REFUSED},
        {"2009-02-13 23:31:30Z", REFUSED},
        {"2009-02-13T24:00:00Z", REFUSED},
        {"2009-02-13T23:60:00Z", REFUSED},
        {"2009-02-13T23:59:60Z", REFUSED},
        {"2009-02-13T23:31:30.Z", REFUSED},
        {"2009-02-13T23:31:30,5Z", REFUSED},
        {"2009-02-13T23:31:30+0130", REFUSED},
        {"2009-02-13T23:31:30+24:00", REFUSED},
        {"2009-02-13T23:31:30+01:60", REFUSED},
        {"2009-02-13T23:31:30ZZ", REFUSED},
        {"2009-02-13T23-31:30Z", REFUSED},
        {"2009-02-29T23:31:30Z", REFUSED},
        {"10000-01-01T00:00:00Z", REFUSED},
        {"2009-02-13", REFUSED},
        {"", REFUSED},
    };

    (void)state;
    check_times(cases, sizeof cases / sizeof cases[0], hr_calendar_parse_timestamp);
}

static void
a_timestamp_is_written_as_short_as_it_can_be_read_back(void **state)
{
    static const int64_t times[] = {0,  -1, 1234567890123,  1234567890120,  1234567890100,
                                    10, 1,  HR_TIME_MIN_MS, HR_TIME_MAX_MS, 1234567890000};
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        size_t len = hr_calendar_format(times[i], text);
        int64_t back = 0;

        assert_true(len >= 20 && len <= 24);
        assert_true(hr_calendar_parse_timestamp((hr_span){(uint8_t *)text, len}, &back));
        assert_int_equal(back, times[i]);
        assert_true(len == 20 || text[len - 2] != '0');
    }
    assert_int_equal(hr_calendar_format(HR_TIME_MAX_MS + 1, text), 0);
    assert_int_equal(hr_calendar_format(HR_TIME_MIN_MS - 1, text), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_day_of_the_years_1_to_9999_goes_there_and_back),
        cmocka_unit_test(days_far_outside_of_the_calendar_do_no_harm),
        cmocka_unit_test(dates_are_checked_strictly),
        cmocka_unit_test(a_date_with_one_byte_changed_is_read_as_its_digits_say),
        cmocka_unit_test(timestamps_are_rfc_3339_in_its_strict_form),
        cmocka_unit_test(a_timestamp_is_written_as_short_as_it_can_be_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
