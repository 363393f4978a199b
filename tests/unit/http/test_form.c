/* SPDX-License-Identifier: Apache-2.0 */
#include "http/form.h"
#include "hr_test.h"

#include <stdio.h>
#include <stdlib.h>

#define URLENCODED "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data; boundary=b"

static char shown[2048];

/* "name=value|" of all fields, or the error's text. */
static const char *
parsed_bytes(const char *type, hr_span body)
{
    hr_arena *arena = hr_arena_create(4096, 1 << 20);
    const hr_http_field *fields = NULL;
    hr_error err = {0};
    size_t n = 0, used = 0;

    assert_non_null(arena);
    shown[0] = '\0';
    if (hr_http_form_parse(arena, type, body, &fields, &n, &err) != HR_OK) {
        assert_int_equal(err.code, HR_ERECORD);
        snprintf(shown, sizeof shown, "error: %s", err.msg);
        n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(strlen((const char *)fields[i].value.data), fields[i].value.len);
        used += (size_t)snprintf(shown + used, sizeof shown - used, "%s=%s|", fields[i].name,
                                 (const char *)fields[i].value.data);
    }
    hr_arena_destroy(arena);
    return shown;
}

static const char *
parsed(const char *type, const char *body)
{
    return parsed_bytes(type, hr_span_str(body));
}

static void
urlencoded_forms_are_decoded_in_order(void **state)
{
    (void)state;
    assert_string_equal(parsed(URLENCODED, "b=1&a=x+y%2B&b=2&c&=d&&e="),
                        "b=1|a=x y+|b=2|c=|=d|e=|");
    assert_string_equal(parsed(URLENCODED ";charset=utf-8", ""), "");
    assert_string_equal(parsed("APPLICATION/X-WWW-FORM-URLENCODED", "a=%c3%a4"), "a=\xc3\xa4|");
}

static void
urlencoded_forms_that_are_no_text_are_refused(void **state)
{
    (void)state;
    assert_has_text(parsed(URLENCODED, "a=%"), "error: ");
    assert_has_text(parsed(URLENCODED, "a=%4"), "error: ");
    assert_has_text(parsed(URLENCODED, "a=%00"), "error: ");
    assert_has_text(parsed(URLENCODED, "%ff=1"), "error: ");
    assert_has_text(parsed(URLENCODED, "a=\xc3"), "error: ");
    assert_has_text(parsed_bytes(URLENCODED, HR_SPAN_LIT("a=\0")), "error: ");
}

static void
fields_are_bounded(void **state)
{
    char body[HR_HTTP_FIELDS_MAX * 4 + 8] = "";
    size_t n = 0;

    (void)state;
    for (int i = 0; i < HR_HTTP_FIELDS_MAX; i++) {
        n += (size_t)snprintf(body + n, sizeof body - n, "a=1&");
    }
    body[n - 1] = '\0';
    assert_has_text(parsed(URLENCODED, body), "a=1|a=1|");
    body[n - 1] = '&';
    assert_has_text(parsed(URLENCODED, body), "more than 128");
}

#define PART(name, value)                                                                          \
    "--b\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

static void
multipart_forms_are_read(void **state)
{
    (void)state;
    assert_string_equal(parsed(MULTIPART, PART("a", "1") PART("b", "") "--b--\r\n"), "a=1|b=|");
    assert_string_equal(parsed(MULTIPART, PART("a", "x\r\n--c\r\n-") "--b--"), "a=x\r\n--c\r\n-|");
    assert_string_equal(
        parsed("Multipart/Form-Data; charset=utf-8; boundary=\"b\"", PART("a b", "1") "--b--"),
        "a b=1|");
    assert_string_equal(parsed(MULTIPART, "--b\r\nContent-Type: text/plain\r\n"
                                          "content-disposition:form-data;name=a\r\n\r\n1\r\n--b--"),
                        "a=1|");
    assert_string_equal(parsed(MULTIPART, "--b--\r\n"), "");
}

static void
multipart_forms_that_are_not_well_formed_are_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "--b",
        "--b\r\n",
        "x--b--",
        "\r\n--b--",
        "--b--x",
        "--b--\r\nx",
        PART("a", "1"),
        PART("a", "1") "--b",
        PART("a", "1") "--b-",
        "--b\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n"
        "Content-Disposition: form-data; name=b\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\n\n1\n--b--",
        PART("a", "\xff") "--b--",
        PART("\xff", "1") "--b--",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        if (strncmp(parsed(MULTIPART, bodies[i]), "error: ", 7) != 0) {
            fail_msg("%zu: %s", i, shown);
        }
    }
    assert_has_text(parsed_bytes(MULTIPART, HR_SPAN_LIT(PART("a", "\0") "--b--")), "error: ");
    assert_has_text(parsed(MULTIPART, "--b\r\nContent-Disposition: form-data; name=a; "
                                      "filename=x\r\n\r\n1\r\n--b--"),
                    "files are not taken");
}

static void
a_boundary_must_be_said(void **state)
{
    char type[200];

    (void)state;
    assert_has_text(parsed("multipart/form-data", "--b--"), "boundary");
    assert_has_text(parsed("multipart/form-data; boundary=", "--b--"), "boundary");
    assert_has_text(parsed("multipart/form-data; boundary=\"b", "--b--"), "boundary");
    assert_has_text(parsed("multipart/form-data; boundary=a; boundary=b", "--b--"), "boundary");
    snprintf(type, sizeof type, "multipart/form-data; boundary=%071d", 1);
    assert_has_text(parsed(type, "--b--"), "boundary");
}

static void
other_bodies_are_no_forms(void **state)
{
    (void)state;
    assert_has_text(parsed(NULL, "a=1"), "not a form");
    assert_has_text(parsed("application/json", "{}"), "not a form");
    assert_has_text(parsed("multipart/form-dataX; boundary=b", "--b--"), "not a form");
    assert_has_text(parsed("text/plain", "a=1"), "not a form");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urlencoded_forms_are_decoded_in_order),
        cmocka_unit_test(urlencoded_forms_that_are_no_text_are_refused),
        cmocka_unit_test(fields_are_bounded),
        cmocka_unit_test(multipart_forms_are_read),
        cmocka_unit_test(multipart_forms_that_are_not_well_formed_are_refused),
        cmocka_unit_test(a_boundary_must_be_said),
        cmocka_unit_test(other_bodies_are_no_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
