/* Grammar, literals and the place of each mistake.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "expr_fixture.h"
#include "hr_test.h"

#include "expr/parser.h"

static void
operators_bind_as_in_cel(void **state)
{
    static const expr_case cases[] = {
        {"1 + 2 * 3", "7"},
        {"(1 + 2) * 3", "9"},
        {"10 - 4 - 3", "3"},
        {"100 / 10 / 5", "2"},
        {"7 % 4 * 2", "6"},
        {"-2 * -3", "6"},
        {"--i", "7"},
        {"- i", "-7"},
        {"-(i)", "-7"},
        {"1 - -1", "2"},
        {"1--1", "2"},
        {"!true || true", "true"},
        {"!(true || true)", "false"},
        {"true || false && false", "true"},
        {"(true || false) && false", "false"},
        {"1 + 1 == 2 && 3 > 2", "true"},
        {"false ? 1 : true ? 2 : 3", "2"},
        {"true ? (false ? 1 : 2) : 3", "2"},
        {"1 < 2 == true", "true"},
        {"i in [7] == true", "true"},
        {"i//comment\n+ 1 // more", "8"},
        {"\t i \n + \r 1", "8"},
        {"rec.a . b + 1", "13"},
        {"(rec).a.b + 1", "13"},
        {"rec[\"a\"]['b'] + 1", "13"},
        {"rec.a[\"b\"] + 1", "13"},
        {"[1, 2,]", "[[1,2]]"},
        {"[]", "[[]]"},
    };

    (void)state;
    EXPR_CHECK(cases);
}

static void
literals_are_those_of_cel(void **state)
{
    static const expr_case cases[] = {
        {"0", "0"},
        {"007", "7"},
        {"0x1F", "31"},
        {"0Xff", "255"},
        {"-0x10", "-16"},
        {"0x7fffffffffffffff", "9223372036854775807"},
        {"-0x8000000000000000", "-9223372036854775808"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"1.5", "1.5"},
        {".5", "0.5"},
        {"-.5", "-0.5"},
        {"00.25", "0.25"},
        {"1e3", "1000.0"},
        {"1E+3", "1000.0"},
        {"25e-1", "2.5"},
        {"1.5e300", "1.5000000000000001e+300"},
        {"'single'", "\"single\""},
        {"\"double\"", "\"double\""},
        {"'''triple 'quoted' text'''", "\"triple 'quoted' text\""},
        {"\"\"\"two\nlines\"\"\"", "\"two\nlines\""},
        {"''", "\"\""},
        {"'\\n\\t\\\\\\'\\\"\\`\\?'", "\"\n\t\\'\"`?\""},
        {"'\\a\\b\\f\\r\\v'", "\"\a\b\f\r\v\""},
        {"'\\x41\\X42\\103'", "\"ABC\""},
        {"'\\u00e9\\U0001F600'", "\"\xc3\xa9\xf0\x9f\x98\x80\""},
        {"'\\xe9'", "\"\xc3\xa9\""},
        {"r'\\n'", "\"\\n\""},
        {"R\"\\\"", "\"\\\""},
        {"b'\\xff\\377' == b\"\\xff\\xff\"", "true"},
        {"b'\xc3\xa9' == b'\\xc3\\xa9'", "true"},
        {"rb'\\x' == b'\\\\x'", "true"},
        {"br'\\x' == Rb'\\x'", "true"},
        {"true", "true"},
        {"false", "false"},
        {"`odd name` + `in`", "3"},
        {"`i`", "7"},
        {"r + 1", "1+1 unknown-field: there is no field 'r' here | did you mean 'i'?"},
    };

    (void)state;
    EXPR_CHECK(cases);
}

static void
each_mistake_has_its_place_and_width(void **state)
{
    static const expr_case cases[] = {
        {"", "1+0 syntax: expected a value, the expression ends"},
        {"  ", "3+0 syntax: expected a value, the expression ends"},
        {"i +", "4+0 syntax: expected a value, the expression ends"},
        {"i i", "3+1 syntax: expected an operator or the end, found 'i'"},
        {"i and b", "3+3 syntax: expected an operator or the end, found 'and' | write '&&'"},
        {"b or b", "3+2 syntax: expected an operator or the end, found 'or' | write '||'"},
        {"not b", "5+1 syntax: expected an operator or the end, found 'b'"},
        {"i = 7", "3+1 syntax: unexpected character | write '==' to compare"},
        {"b & b", "3+1 syntax: unexpected character | write '&&'"},
        {"b | b", "3+1 syntax: unexpected character | write '||'"},
        {"i # x", "3+1 syntax: unexpected character"},
        {"i \xe2\x82\xac x", "3+1 syntax: unexpected character"},
        {"(i", "3+0 syntax: expected ')', the expression ends"},
        {"i)", "2+1 syntax: expected an operator or the end, found ')'"},
        {"size(s", "7+0 syntax: expected ',' or ')', the expression ends"},
        {"size(s,)", "8+1 syntax: expected a value, found ')'"},
        {"[1, 2", "6+0 syntax: expected ',' or ']', the expression ends"},
        {"[,]", "2+1 syntax: expected a value, found ','"},
        {"list[0", "7+0 syntax: expected ']', the expression ends"},
        {"b ? 1", "6+0 syntax: expected ':', the expression ends"},
        {"b ? 1 : ", "9+0 syntax: expected a value, the expression ends"},
        {"'abc", "1+1 syntax: the string has no closing quote"},
        {"r'abc", "1+2 syntax: the string has no closing quote"},
        {"'abc\ndef'", "1+1 syntax: the string has no closing quote"},
        {"'''abc''", "1+1 syntax: the string has no closing quote"},
        {"'a\\q'", "3+2 syntax: '\\q' is not an escape | write '\\\\' for a backslash"},
        {"'a\\x4'", "3+3 syntax: the escape wants 2 hexadecimal digits"},
        {"'\\u12'", "2+4 syntax: the escape wants 4 hexadecimal digits"},
        {"'\\08'", "2+2 syntax: the escape wants 3 octal digits"},
        {"'\\ud800'", "2+6 syntax: the escape names no character"},
        {"'\\U00110000'", "2+10 syntax: the escape names no character"},
        {"b'\\u0041'", "3+2 syntax: '\\u' is not an escape | write '\\\\' for a backslash"},
        {"'\\400'", "2+2 syntax: '\\4' is not an escape | write '\\\\' for a backslash"},
        {"1u", "1+2 syntax: there are no unsigned numbers | write it without 'u'"},
        {"12abc", "1+3 syntax: a number must not run into a name"},
        {"9223372036854775808", "1+19 out-of-range: the number does not fit an int"},
        {"-9223372036854775809", "2+19 out-of-range: the number does not fit an int"},
        {"99999999999999999999", "1+20 out-of-range: the number does not fit an int"},
        {"1e400", "1+5 out-of-range: the number does not fit a double"},
        {"i.", "3+0 syntax: expected a name, the expression ends"},
        {"i.7", "2+2 syntax: expected an operator or the end, found '.7'"},
        {"`", "1+1 syntax: the name has no closing '`'"},
        {"``", "1+2 syntax: a name in backticks must not be empty"},
        {"{}", "1+1 syntax: there are no map literals"},
        {"-!b", "2+1 syntax: expected a value, found '!'"},
        {"!-i", "2+1 syntax: expected a value, found '-'"},
        {"in", "1+2 syntax: 'in' is a reserved word | a field of this name is written `in`, in "
               "backticks"},
        {"package", "1+7 syntax: 'package' is a reserved word | a field of this name is written "
                    "`package`, in backticks"},
        {"has(i + 1)", "1+3 syntax: has() takes one field, as in has(a.b)"},
        {"has()", "1+3 syntax: has() takes one field, as in has(a.b)"},
        {"has(s, s)", "1+3 syntax: has() takes one field, as in has(a.b)"},
        {"'\xc3\xa9\xc3\xa9' + foo", "8+3 unknown-field: there is no field 'foo' here | did you "
                                     "mean 'i'?"},
        {"\xff", "1+1 syntax: invalid UTF-8"},
    };

    (void)state;
    EXPR_CHECK(cases);
}

/* n times `open`, then `middle`, then n times `close`. */
static char *
nested(size_t n, const char *open, const char *middle, const char *close)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    for (size_t i = 0; i < n; i++) {
        fputs(open, out);
    }
    fputs(middle, out);
    for (size_t i = 0; i < n; i++) {
        fputs(close, out);
    }
    fclose(out);
    return text;
}

static void
nesting_ends_at_32(void **state)
{
    static const char *const forms[][3] = {{"(", "i", ")"},   {"int(", "i", ")"},
                                           {"-", "i", ""},    {"[", "1", "]"},
                                           {"i+(", "1", ")"}, {"b ? (", "1", ") : 2"}};
    expr_fixture *fixture = expr_fixture_create();

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char *good = nested(HR_EXPR_NESTING_MAX, forms[i][0], forms[i][1], forms[i][2]);
        char *bad = nested(HR_EXPR_NESTING_MAX + 1, forms[i][0], forms[i][1], forms[i][2]);

        assert_null(strstr(expr_fixture_eval(fixture, good), "deeper"));
        assert_has_text(expr_fixture_eval(fixture, bad),
                        "out-of-range: the expression nests deeper than 32");
        free(good);
        free(bad);
    }
    expr_fixture_destroy(fixture);
}

static void
a_row_of_operators_ends_at_256(void **state)
{
    expr_fixture *fixture = expr_fixture_create();
    char *good = nested(HR_EXPR_HEIGHT_MAX - 1, "1+", "1", "");
    char *bad = nested(HR_EXPR_HEIGHT_MAX, "1+", "1", "");
    char *choices = nested(HR_EXPR_HEIGHT_MAX, "f ? 1 : ", "2", "");

    (void)state;
    assert_string_equal(expr_fixture_eval(fixture, good), "256");
    assert_has_text(expr_fixture_eval(fixture, bad), "more than 256 operators in a row");
    assert_has_text(expr_fixture_eval(fixture, choices), "more than 256 operators in a row");
    free(good);
    free(bad);
    free(choices);
    expr_fixture_destroy(fixture);
}

static void
text_ends_at_4_kib(void **state)
{
    expr_fixture *fixture = expr_fixture_create();
    char *text = malloc(HR_EXPR_TEXT_MAX + 2);

    (void)state;
    memset(text, ' ', HR_EXPR_TEXT_MAX + 1);
    text[0] = 'i';
    assert_string_equal(expr_fixture_eval_n(fixture, text, HR_EXPR_TEXT_MAX), "7");
    assert_string_equal(expr_fixture_eval_n(fixture, text, HR_EXPR_TEXT_MAX + 1),
                        "1+1 out-of-range: the expression is longer than 4096 bytes");
    free(text);
    expr_fixture_destroy(fixture);
}

static void
a_zero_byte_is_an_error_wherever_it_stands(void **state)
{
    expr_fixture *fixture = expr_fixture_create();

    (void)state;
    assert_has_text(expr_fixture_eval_n(fixture, "i\0", 2), "unexpected character");
    assert_has_text(expr_fixture_eval_n(fixture, "map[\"a\\000b\"]", 13), "constant name");
    expr_fixture_destroy(fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_bind_as_in_cel),
        cmocka_unit_test(literals_are_those_of_cel),
        cmocka_unit_test(each_mistake_has_its_place_and_width),
        cmocka_unit_test(nesting_ends_at_32),
        cmocka_unit_test(a_row_of_operators_ends_at_256),
        cmocka_unit_test(text_ends_at_4_kib),
        cmocka_unit_test(a_zero_byte_is_an_error_wherever_it_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
