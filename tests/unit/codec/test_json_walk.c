/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "codec/json_walk.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static hr_arena *arena;

/* Exactly as long as the text, so that the sanitizers see a read beyond it. */
static hr_span
exact(const char *text)
{
    size_t len = strlen(text);
    uint8_t *copy = hr_arena_alloc(arena, len);

    memcpy(copy, text, len);
    return (hr_span){copy, len};
}

static void
assert_span(hr_span span, const char *text)
{
    assert_int_equal(span.len, strlen(text));
    assert_memory_equal(span.data, text, span.len);
}

/* The kinds of all members as letters, with "!" at the end where the text is broken. */
static const char *
kinds(const char *text)
{
    static char letters[32];
    hr_json_iter iter;
    hr_json_member member;
    size_t n = 0;
    int rc;

    if (!hr_json_iter_init(&iter, exact(text))) {
        return "?";
    }
    while ((rc = hr_json_next(&iter, &member)) == 1 && n < sizeof letters - 2) {
        letters[n++] = "zbnsao"[member.kind];
    }
    if (rc < 0) {
        letters[n++] = '!';
    }
    letters[n] = '\0';
    return letters;
}

static void
members_of_objects_and_arrays_come_in_order(void **unused)
{
    hr_json_iter iter;
    hr_json_member member;

    (void)unused;
    assert_true(hr_json_iter_init(&iter, exact(" { \"a\" : [1, {\"x\":2}] ,\"b\\n\":\"t\" } ")));
    assert_int_equal(hr_json_next(&iter, &member), 1);
    assert_span(member.name_raw, "a");
    assert_int_equal(member.kind, HR_JSON_ARRAY);
    assert_span(member.raw, "[1, {\"x\":2}]");
    assert_int_equal(hr_json_next(&iter, &member), 1);
    assert_span(member.name_raw, "b\\n");
    assert_span(member.raw, "\"t\"");
    assert_int_equal(hr_json_next(&iter, &member), 0);
    assert_int_equal(hr_json_next(&iter, &member), 0);
}

static void
every_kind_is_told_apart(void **unused)
{
    (void)unused;
    assert_string_equal(kinds("[null,true,false,-1.5e3,\"\",[],{}]"), "zbbnsao");
    assert_string_equal(kinds("[]"), "");
    assert_string_equal(kinds("{ }"), "");
}

static void
what_is_neither_object_nor_array_is_refused(void **unused)
{
    static const char *const texts[] = {"", "1", "\"a\"", "{", "[}", "{]", "null", " "};

    (void)unused;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_string_equal(kinds(texts[i]), "?");
    }
}

static void
a_broken_text_ends_the_walk(void **unused)
{
    static const char *const texts[] = {
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}]",
        "[[]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "[01]",
        "[1.]",
        "[-]",
        "[1e]",
        "[tru]",
        "[\"\\x\"]",
        "[\"\\ud800\"]",
        "[\"\x01\"]",
        "[\"\xc0\x80\"]",
        "[\"\xed\xa0\x80\"]",
        "[\"\xf5\x80\x80\x80\"]",
        "[\"abc]",
        "[{\"a\":[}]]",
        "{\"}",
        "[+1]",
        "[.5]",
        "[NaN]",
        "[1]]",
        "[\"\\u12\"]",
        "[\"\xe2\x82\"]",
    };

    (void)unused;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *seen = kinds(texts[i]);

        if (strchr(seen, '!') == NULL) {
            fail_msg("%s was walked as '%s'", texts[i], seen);
        }
    }
}

static void
nesting_has_a_limit(void **unused)
{
    char text[200] = "";

    (void)unused;
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    assert_string_equal(kinds(text), "a");
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    assert_string_equal(kinds(text), "!");
}

/* One character, by the definition: decode the bytes, then ask whether the shortest form is those
 * bytes. */
static bool
is_utf8(const uint8_t *bytes, size_t n)
{
    uint32_t code, least = n == 2 ? 0x80 : n == 3 ? 0x800 : 0x10000;

    if ((n == 2 && (bytes[0] & 0xE0) != 0xC0) || (n == 3 && (bytes[0] & 0xF0) != 0xE0) ||
        (n == 4 && (bytes[0] & 0xF8) != 0xF0)) {
        return false;
    }
    code = bytes[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return false;
        }
        code = code << 6 | (bytes[i] & 0x3Fu);
    }
    return code >= least && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

/* One character after the other; in the first place where one fits. */
static bool
are_utf8(const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        size_t len = bytes[0] < 0x80 ? 1 : 2;

        while (len > 1 && len <= n && len <= 4 && !is_utf8(bytes, len)) {
            len++;
        }
        if (len > n || len > 4) {
            return false;
        }
        bytes += len;
        n -= len;
    }
    return true;
}

static void
check_utf8(const uint8_t *bytes, size_t n)
{
    uint8_t text[8] = {'[', '"'};
    hr_json_iter iter;
    hr_json_member member;

    memcpy(text + 2, bytes, n);
    text[2 + n] = '"';
    text[3 + n] = ']';
    assert_true(hr_json_iter_init(&iter, (hr_span){text, n + 4}));
    if ((hr_json_next(&iter, &member) == 1) != are_utf8(bytes, n)) {
        fail_msg("%02x %02x %02x %02x", bytes[0], bytes[1], n > 2 ? bytes[2] : 0,
                 n > 3 ? bytes[3] : 0);
    }
}

static void
only_wellformed_utf8_passes(void **unused)
{
    static const uint8_t tails[] = {0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    enum { TAILS = sizeof tails };

    (void)unused;
    for (unsigned lead = 0x80; lead <= 0xff; lead++) {
        for (unsigned second = 0x23; second <= 0xff; second++) {
            uint8_t bytes[4] = {(uint8_t)lead, (uint8_t)second, 0, 0};

            if (second == '\\') {
                continue; /* an escape, not a character */
            }
            check_utf8(bytes, 2);
            for (size_t t = 0; t < TAILS * TAILS; t++) {
                bytes[2] = tails[t % TAILS];
                bytes[3] = tails[t / TAILS];
                check_utf8(bytes, 3);
                check_utf8(bytes, 4);
            }
        }
    }
}

static void
escapes_become_utf8(void **unused)
{
    hr_span raw, plain;

    (void)unused;
    raw = exact("plain");
    assert_true(hr_json_unescape(arena, raw, &plain));
    assert_ptr_equal(plain.data, raw.data);
    assert_true(hr_json_unescape(arena, exact("\\\"\\\\\\/\\b\\f\\n\\r\\t"), &plain));
    assert_span(plain, "\"\\/\b\f\n\r\t");
    assert_true(hr_json_unescape(arena, exact("x\\u0041\\u00e9\\u20aC\\ud83d\\ude00y"), &plain));
    assert_span(plain, "xA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80y");
}

static void
bad_escapes_are_refused(void **unused)
{
    static const char *const texts[] = {
        "\\", "\\x", "\\u", "\\u12g4", "\\ud800", "\\ud800\\u0041", "\\udc00\\ud800", "\\u00"};
    hr_span plain;

    (void)unused;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(hr_json_unescape(arena, exact(texts[i]), &plain));
    }
}

static void
ints_are_exact_or_refused(void **unused)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "1.0",
                                      "1e3",
                                      "9223372036854775808",
                                      "01",
                                      "1 ",
                                      " 1",
                                      "+1",
                                      "-9223372036854775809",
                                      "0x1",
                                      "1e0",
                                      "99999999999999999999999"};
    int64_t value = 0;

    (void)unused;
    assert_true(hr_json_int(exact("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_true(hr_json_int(exact("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(hr_json_int(exact("-0"), &value));
    assert_true(value == 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(hr_json_int(exact(bad[i]), &value));
    }
}

static void
check_double(const char *text)
{
    double mine = 0.0, theirs = strtod(text, NULL);
    bool fine = hr_json_double(exact(text), &mine);

    if (fine != (bool)isfinite(theirs) || (fine && memcmp(&mine, &theirs, sizeof mine) != 0)) {
        fail_msg("%s: %.17g, expected %.17g", text, mine, theirs);
    }
}

static void
doubles_are_rounded_as_strtod_does(void **unused)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "-0.0",
        "1",
        "0.1",
        "-12.75",
        "9007199254740993",
        "123456789012345678",
        "1e22",
        "1e23",
        "0.000001e28",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "1e309",
        "-1e309",
        "1e-400",
        "5e-324",
        "2.4703282292062328e-324",
        "2.4703282292062327e-324",
        "2.2250738585072011e-308",
        "1e999999999999999999999",
        "1e-999999999999999999999",
        "0e999999999999999999999",
        "12345678901234567890123456789012345678901234567890",
        "0.00000000000000000000000000000000000000000000000012345",
        "9007199254740992.99999999999999999999999999999999999999999999999999999999999999999999",
        "9007199254740993.00000000000000000000000000000000000000000000000000000000000000000001",
    };
    char text[64];
    uint64_t x = 12345;

    (void)unused;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        check_double(texts[i]);
    }
    for (int i = 0; i < 200000; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        snprintf(text, sizeof text, "%s%u.%0*u", (x & 1) != 0 ? "-" : "", (unsigned)(x >> 40),
                 (int)(x >> 8 & 15) + 1, (unsigned)(x >> 1) & 0xfff);
        check_double(text);
        snprintf(text, sizeof text, "%llue%d", (unsigned long long)x, (int)(x >> 20 % 700) % 350);
        check_double(text);
    }
}

static void
very_long_numbers_round_by_all_their_digits(void **unused)
{
    /* Half way between two doubles, then a digit behind 1,000 zeros decides. */
    static char text[2100];
    double value = 0.0;

    (void)unused;
    memset(text, '0', sizeof text - 1);
    memcpy(text, "9007199254740993.", 17);
    assert_true(hr_json_double(exact(text), &value));
    assert_true(value == 9007199254740992.0);
    text[2050] = '1';
    assert_true(hr_json_double(exact(text), &value));
    assert_true(value == 9007199254740994.0);
    memset(text, '0', sizeof text - 1);
    memcpy(text, "0.", 2);
    memcpy(text + 1500, "12e1499", 8);
    assert_true(hr_json_double(exact(text), &value));
    assert_true(value == 1.2);
}

static void
the_locale_does_not_matter(void **unused)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
    double value = 0.0;

    (void)unused;
    for (size_t i = 0; i < 3 && setlocale(LC_ALL, names[i]) == NULL; i++) {
    }
    assert_true(hr_json_double(exact("3.14159265358979323846"), &value));
    assert_true(value == 3.14159265358979323846);
    setlocale(LC_ALL, "C");
}

static int
create(void **unused)
{
    (void)unused;
    arena = hr_arena_create(1u << 16, 0);
    return arena != NULL ? 0 : -1;
}

static int
destroy(void **unused)
{
    (void)unused;
    hr_arena_destroy(arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_of_objects_and_arrays_come_in_order),
        cmocka_unit_test(every_kind_is_told_apart),
        cmocka_unit_test(what_is_neither_object_nor_array_is_refused),
        cmocka_unit_test(a_broken_text_ends_the_walk),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(only_wellformed_utf8_passes),
        cmocka_unit_test(escapes_become_utf8),
        cmocka_unit_test(bad_escapes_are_refused),
        cmocka_unit_test(ints_are_exact_or_refused),
        cmocka_unit_test(doubles_are_rounded_as_strtod_does),
        cmocka_unit_test(very_long_numbers_round_by_all_their_digits),
        cmocka_unit_test(the_locale_does_not_matter),
    };

    return cmocka_run_group_tests(tests, create, destroy);
}
