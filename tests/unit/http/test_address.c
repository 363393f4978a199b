/* SPDX-License-Identifier: Apache-2.0 */
#include "http/address.h"
#include "hr_test.h"

#include <stdio.h>

/* "host port kind": kind is 4, 6 or n(ame), then l for loopback, a for any. */
static const char *
parsed(const char *text)
{
    static char shown[400];
    hr_http_address a;

    if (!hr_http_address_parse(hr_span_str(text), &a)) {
        return "-";
    }
    snprintf(shown, sizeof shown, "%s %d %s%s%s", a.host, a.has_port ? a.port : -1,
             a.is_ipv4   ? "4"
             : a.is_ipv6 ? "6"
                         : "n",
             hr_http_address_is_loopback(&a) ? "l" : "", hr_http_address_is_any(&a) ? "a" : "");
    return shown;
}

static void
addresses_are_names_or_literals(void **state)
{
    (void)state;
    assert_string_equal(parsed("localhost:80"), "localhost 80 nl");
    assert_string_equal(parsed("LocalHost"), "localhost -1 nl");
    assert_string_equal(parsed("127.0.0.1:0"), "127.0.0.1 0 4l");
    assert_string_equal(parsed("127.9.8.7:65535"), "127.9.8.7 65535 4l");
    assert_string_equal(parsed("0.0.0.0:1"), "0.0.0.0 1 4a");
    assert_string_equal(parsed("[::1]:1"), "::1 1 6l");
    assert_string_equal(parsed("[0:0::0001]"), "0:0::0001 -1 6l");
    assert_string_equal(parsed("[::]:1"), ":: 1 6a");
    assert_string_equal(parsed("a-b.example.com:8080"), "a-b.example.com 8080 n");
    assert_string_equal(parsed("127.0.0.1.example"), "127.0.0.1.example -1 n");
    assert_string_equal(parsed("localhost.example"), "localhost.example -1 n");
    assert_string_equal(parsed("127.1"), "127.1 -1 n"); /* inet_aton() would take it */
}

static void
what_is_no_address_is_refused(void **state)
{
    static const char *const texts[] = {
        "",         ":80",      "a:",    "a:b",        "a:-1",
        "a:65536",  "a:000080", "a b:1", "a/b",        "a@b",
        "user@a:1", "[::1",     "::1",   "[::1]x",     "[::1]:",
        "[a]:1",    "[]:1",     "a:1:2", "\xc3\xa4:1", "[fe80::1%lo]:1",
        "a\tb",     "a?:1",     "a#:1",
    };
    char longest[HR_HTTP_HOST_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(parsed(texts[i]), "-") != 0) {
            fail_msg("'%s' is %s", texts[i], parsed(texts[i]));
        }
    }
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_string_equal(parsed(longest), "-");
    longest[sizeof longest - 2] = '\0';
    assert_string_not_equal(parsed(longest), "-");
}

static void
hosts_are_compared_by_what_they_mean(void **state)
{
    hr_http_address a, b;

    (void)state;
    assert_true(hr_http_address_parse(HR_SPAN_LIT("[::1]"), &a));
    assert_true(hr_http_address_parse(HR_SPAN_LIT("[0::1]:7"), &b));
    assert_true(hr_http_address_same_host(&a, &b));
    assert_true(hr_http_address_parse(HR_SPAN_LIT("[::2]"), &b));
    assert_false(hr_http_address_same_host(&a, &b));
    assert_true(hr_http_address_parse(HR_SPAN_LIT("A.example"), &a));
    assert_true(hr_http_address_parse(HR_SPAN_LIT("a.EXAMPLE:7"), &b));
    assert_true(hr_http_address_same_host(&a, &b));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_names_or_literals),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(hosts_are_compared_by_what_they_mean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
