/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"

#include "expr/duration.h"

typedef struct duration_case {
    const char *text;
    hr_duration_result result;
    int64_t ms;
} duration_case;

static void
durations_are_read_as_cel_writes_them(void **state)
{
    static const duration_case cases[] = {
        {"0", HR_DURATION_OK, 0},
        {"-0", HR_DURATION_OK, 0},
        {"1h", HR_DURATION_OK, 3600000},
        {"1h30m", HR_DURATION_OK, 5400000},
        {"1.5h", HR_DURATION_OK, 5400000},
        {"-1.5s", HR_DURATION_OK, -1500},
        {"+2m", HR_DURATION_OK, 120000},
        {"250ms", HR_DURATION_OK, 250},
        {"1s1ms", HR_DURATION_OK, 1001},
        {".5s", HR_DURATION_OK, 500},
        {"5.s", HR_DURATION_OK, 5000},
        {"999us", HR_DURATION_OK, 0},
        {"999us1us", HR_DURATION_OK, 1},
        {"0.5ms500us", HR_DURATION_OK, 1},
        {"1000000ns", HR_DURATION_OK, 1},
        {"0.0000001h", HR_DURATION_OK, 0},
        {"0.001h", HR_DURATION_OK, 3600},
        {"1.999999999s", HR_DURATION_OK, 1999},
        {"1.9999999999999999999s", HR_DURATION_OK, 1999},
        {"315576000000s", HR_DURATION_OK, HR_DURATION_MAX_MS},
        {"315576000001s", HR_DURATION_RANGE, 0},
        {"320000000000s", HR_DURATION_RANGE, 0},
        {"-320000000000s", HR_DURATION_RANGE, 0},
        {"99999999999999999999s", HR_DURATION_RANGE, 0},
        {"9223372036854775807h", HR_DURATION_RANGE, 0},
        {"9223372036854775807ns", HR_DURATION_OK, 9223372036854},
        {"", HR_DURATION_BROKEN, 0},
        {"-", HR_DURATION_BROKEN, 0},
        {"5", HR_DURATION_BROKEN, 0},
        {"s", HR_DURATION_BROKEN, 0},
        {".s", HR_DURATION_BROKEN, 0},
        {"1d", HR_DURATION_BROKEN, 0},
        {"1h 30m", HR_DURATION_BROKEN, 0},
        {"1h-30m", HR_DURATION_BROKEN, 0},
        {"--1h", HR_DURATION_BROKEN, 0},
        {"1..5h", HR_DURATION_BROKEN, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = 0;
        hr_duration_result result = hr_duration_parse(hr_span_str(cases[i].text), &ms);

        if (result != cases[i].result || (result == HR_DURATION_OK && ms != cases[i].ms)) {
            fail_msg("%s: got %d, %lld", cases[i].text, (int)result, (long long)ms);
        }
    }
}

static void
durations_are_written_in_seconds(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0s"},
                 {5400000, "5400s"},
                 {-1500, "-1.5s"},
                 {1, "0.001s"},
                 {100, "0.1s"},
                 {-1, "-0.001s"},
                 {INT64_MIN, "-9223372036854775.808s"}};
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text[hr_duration_format(cases[i].ms, text)] = '\0';
        assert_string_equal(text, cases[i].text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_as_cel_writes_them),
        cmocka_unit_test(durations_are_written_in_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
