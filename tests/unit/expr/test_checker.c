/* What the types refuse, where, and what to write instead.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "expr_fixture.h"
#include "hr_test.h"

static void
names_that_do_not_exist_are_pointed_at(void **state)
{
    static const expr_case cases[] = {
        {"foo", "1+3 unknown-field: there is no field 'foo' here | did you mean 'i'?"},
        {"1 + foo.bar", "5+3 unknown-field: there is no field 'foo' here | did you mean 'i'?"},
        {"s.len", "3+3 unknown-field: 's' is a string and has no fields"},
        {"i.a.b", "3+1 unknown-field: 'i' is an int and has no fields"},
        {"list.a", "6+1 unknown-field: 'list' is a list and has no fields"},
        {"(i + 1).foo", "9+3 unknown-field: '(i + 1)' is an int and has no fields"},
        {"1.foo", "3+3 unknown-field: '1' is an int and has no fields"},
        {"s.startsWit('h')",
         "3+9 unknown-function: there is no function 'startsWit' | did you mean 'startsWith'?"},
        {"dat(s)", "1+3 unknown-function: there is no function 'dat' | did you mean 'date'?"},
        {"startsWith(s, 'h')",
         "1+10 unknown-function: 'startsWith' is called as a method | write x.startsWith()"},
        {"s.date()", "3+4 unknown-function: 'date' is called as a function | write date(x)"},
        {"s.matches('h')", "3+7 unknown-function: there is no function 'matches' | write "
                           "startsWith, endsWith or contains"},
        {"list.exists(x, x > 1)", "13+1 unknown-field: there is no field 'x' here | did you mean "
                                  "'i'?"},
        {"list.all(1, 2)", "6+3 unknown-function: there is no function 'all' | expressions do not "
                           "loop; 'x in list' looks for a value"},
        {"i.frobnicate()", "3+10 unknown-function: there is no function 'frobnicate'"},
    };

    (void)state;
    EXPR_CHECK(cases);
}

static void
types_that_do_not_fit_come_with_a_remedy(void **state)
{
    static const expr_case cases[] = {
        {"i + d", "3+1 type-mismatch: '+' does not work on int and double | write double(i)"},
        {"d * (i + 1)",
         "3+1 type-mismatch: '*' does not work on double and int | write double(i + 1)"},
        {"d + (i + i + i + i + i + i + i + i + i + i + i + i + i + i + i + i + i)",
         "3+1 type-mismatch: '+' does not work on double and int | write double(...) around it"},
        {"d > i", "3+1 type-mismatch: '>' does not work on double and int | write double(i)"},
        {"d % 2.0", "3+1 type-mismatch: '%' does not work on double and double"},
        {"s + i", "3+1 type-mismatch: '+' does not work on string and int | write string(i)"},
        {"b + s", "3+1 type-mismatch: '+' does not work on bool and string | write string(b)"},
        {"s - s", "3+1 type-mismatch: '-' does not work on string and string"},
        {"s > 5", "3+1 type-mismatch: '>' does not work on string and int | write int(s)"},
        {"1.5 == s", "5+2 type-mismatch: '==' does not work on double and string | write "
                     "double(s)"},
        {"by == s", "4+2 type-mismatch: '==' does not work on bytes and string | write "
                    "string(by)"},
        {"t > FlightDate", "3+1 type-mismatch: '>' does not work on timestamp and string | write "
                           "timestamp(FlightDate)"},
        {"t > 0", "3+1 type-mismatch: '>' does not work on timestamp and int | write int(t)"},
        {"t + t", "3+1 type-mismatch: '+' does not work on timestamp and timestamp"},
        {"t - 5", "3+1 type-mismatch: '-' does not work on timestamp and int | write int(t)"},
        {"t - t", "1+5 type-mismatch: the result is a duration | write int(t - t)"},
        {"duration('1s')",
         "1+14 type-mismatch: the result is a duration | write int(duration('1s'))"},
        {"list == list", "6+2 type-mismatch: '==' does not work on list and list"},
        {"!i", "1+1 type-mismatch: '!' does not work on int"},
        {"-s", "1+1 type-mismatch: '-' does not work on string"},
        {"i && b", "3+2 type-mismatch: '&&' does not work on int and bool"},
        {"null", "1+4 type-mismatch: the result is always null"},
        {"null + 1", "6+1 type-mismatch: '+' does not work on null and int"},
        {"ni < null", "4+1 type-mismatch: '<' does not work on int and null"},
        {"i == null", "3+2 type-mismatch: 'i' is never null | leave the comparison out"},
        {"null != i + 1", "6+2 type-mismatch: 'i + 1' is never null | leave the comparison out"},
        {"i ? 1 : 2", "1+1 type-mismatch: the condition is an int, not a bool"},
        {"b ? 1 : 's'", "3+1 type-mismatch: the branches are int and string"},
        {"b ? i : d", "3+1 type-mismatch: the branches are int and double | write double(i)"},
        {"b ? d : i", "3+1 type-mismatch: the branches are double and int | write double(i)"},
        {"b ? null : null", "1+15 type-mismatch: the result is always null"},
        {"size(i)", "1+4 type-mismatch: size(int) does not exist | there is size(string) -> int"},
        {"date(i)", "1+4 type-mismatch: date(int) does not exist | there is date(string) -> "
                    "timestamp"},
        {"date()", "1+4 type-mismatch: date() does not exist | there is date(string) -> timestamp"},
        {"s.substring('a')", "3+9 type-mismatch: string.substring(string) does not exist | there "
                             "is string.substring(int) -> string"},
        {"i.trim()", "3+4 type-mismatch: int.trim() does not exist | there is string.trim() -> "
                     "string"},
        {"double(t)", "1+6 type-mismatch: double(timestamp) does not exist | there is "
                      "double(double) -> double"},
        {"FlightDate.getDate()", "12+7 type-mismatch: string.getDate() does not exist | there is "
                                 "timestamp.getDate() -> int"},
        {"t.getDate('CET')", "11+5 out-of-range: the only time zone is \"UTC\" | shift the "
                             "timestamp: (t + duration(\"1h\")).getDate()"},
        {"t.getDate(s)", "11+1 out-of-range: the only time zone is \"UTC\" | shift the timestamp: "
                         "(t + duration(\"1h\")).getDate()"},
        {"color == 'GREN'", "10+6 out-of-range: 'color' is never 'GREN' | did you mean 'GREEN'?"},
        {"color in ['RED', 'PURPLE']", "18+8 out-of-range: 'color' is never 'PURPLE'"},
    };

    (void)state;
    EXPR_CHECK(cases);
}

static void
values_without_a_schema_need_a_type_from_somewhere(void **state)
{
    static const expr_case cases[] = {
        {"any + any", "5+1 type-mismatch: both sides of '+' have no schema, so their type is not "
                      "known | write int(any), double(...) or string(...)"},
        {"any == anynum", "5+2 type-mismatch: both sides of '==' have no schema, so their type is "
                          "not known | write int(any), double(...) or string(...)"},
        {"-any", "1+1 type-mismatch: the operand of '-' has no schema, so its type is not known | "
                 "write int(any), double(...) or string(...)"},
        {"any in list", "5+2 type-mismatch: both sides of 'in' have no schema, so their type is "
                        "not known | write string(any)"},
        {"any in any", "5+2 type-mismatch: both sides of 'in' have no schema, so their type is "
                       "not known | write string(any)"},
        {"any in []", "5+2 type-mismatch: 'in' does not work on any"},
    };

    (void)state;
    EXPR_CHECK(cases);
}

static void
lists_hold_constants_of_one_type(void **state)
{
    static const expr_case cases[] = {
        {"i in [1, s]", "10+1 type-mismatch: list items must be constants | write 'x == a || x == "
                        "b' to compare with fields"},
        {"i in [1, 'a']", "10+3 type-mismatch: 'in' compares int with string"},
        {"i in [1, 2.5]", "10+3 type-mismatch: 'in' compares int with double"},
        {"ni in [1, null]",
         "11+4 type-mismatch: 'in' compares int with null | write '|| ni == null'"},
        {"i in [true ? null : 1]", "7+15 type-mismatch: this item is null"},
        {"b in [true]", "7+4 type-mismatch: 'in' compares bool with bool"},
        {"list in [1]", "10+1 type-mismatch: 'in' compares list with int"},
        {"i in s", "6+1 type-mismatch: 'in' wants a list, not a string | write s.contains(i)"},
        {"i in i", "6+1 type-mismatch: 'in' wants a list, not an int"},
        {"i in map", "3+2 type-mismatch: 'in' looks for an int among values of type string"},
        {"s in ints", "3+2 type-mismatch: 'in' looks for a string among values of type int"},
        {"d in ints", "3+2 type-mismatch: 'in' looks for a double among values of type int"},
        {"i in doubles", "3+2 type-mismatch: 'in' looks for an int among values of type double"},
        {"t in list", "3+2 type-mismatch: 'in' looks for a timestamp among values of type any"},
        {"[b'x']", "2+4 type-mismatch: a list cannot hold bytes"},
        {"[timestamp(0)]", "2+12 type-mismatch: a list cannot hold a timestamp"},
        {"size([b'x'])", "7+4 type-mismatch: a list cannot hold bytes"},
        {"map[i]", "4+1 type-mismatch: 'map' is a map, not a list | write a constant name: "
                   "map[\"name\"]"},
        {"list[s]", "6+1 type-mismatch: a list is indexed by an int, not by a string"},
        {"s[0]", "2+1 type-mismatch: 's' is a string, not a list"},
    };

    (void)state;
    EXPR_CHECK(cases);
}

static void
constant_parts_that_always_fail_are_mistakes(void **state)
{
    static const expr_case cases[] = {
        {"1 / 0", "1+5 out-of-range: this always fails: division by zero"},
        {"i + 9223372036854775807 * 2", "5+23 out-of-range: this always fails: integer overflow"},
        {"date('2013-02-29')",
         "1+18 out-of-range: this always fails: not a date of the form YYYY-MM-DD"},
        {"t > timestamp('yesterday')",
         "5+22 out-of-range: this always fails: not an RFC 3339 timestamp"},
        {"int('x')", "1+8 out-of-range: this always fails: not an int"},
        {"[1][5]", "1+6 out-of-range: this always fails: index out of range"},
    };

    (void)state;
    EXPR_CHECK(cases);
}

static void
what_follows_from_another_mistake_stays_silent(void **state)
{
    static const expr_case cases[] = {{"broken", "code -8"}, {"1 + broken.x * s", "code -8"}};

    (void)state;
    EXPR_CHECK(cases);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_do_not_exist_are_pointed_at),
        cmocka_unit_test(types_that_do_not_fit_come_with_a_remedy),
        cmocka_unit_test(values_without_a_schema_need_a_type_from_somewhere),
        cmocka_unit_test(lists_hold_constants_of_one_type),
        cmocka_unit_test(constant_parts_that_always_fail_are_mistakes),
        cmocka_unit_test(what_follows_from_another_mistake_stays_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
