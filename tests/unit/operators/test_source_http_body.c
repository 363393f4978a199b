/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "source_http_body.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW INT64_C(1385269500123) /* 2013-11-24T05:05:00.123Z */

static const char schema_text[] =
    "{\"type\": \"record\", \"name\": \"q\", \"fields\": ["
    "{\"name\": \"Id\", \"type\": \"string\"}, {\"name\": \"Delay\", \"type\": \"double\"}, "
    "{\"name\": \"Day\", \"type\": [\"null\", \"int\"]}, {\"name\": \"Late\", \"type\": "
    "\"boolean\"}, "
    "{\"name\": \"At\", \"type\": {\"type\": \"long\", \"logicalType\": \"timestamp-millis\"}}]}";

static const hr_body_field time_field[] = {{.name = "At", .make = HR_BODY_TIME}};
static const hr_body_field ms_field[] = {{.name = "At", .make = HR_BODY_TIME, .as_ms = true}};
static const hr_body_field id_field[] = {{.name = "Id", .make = HR_BODY_UUID}};

static void
expect_json(const hr_body_plan *plan, const char *body, const char *expected)
{
    hr_buf out = {0};
    hr_error err = {0};

    assert_int_equal(hr_body_from_json(plan, hr_span_str(body), NOW, &out, &err), HR_OK);
    hr_buf_append(&out, "", 1);
    assert_string_equal((const char *)out.data, expected);
    hr_buf_finish(&out);
}

static void
a_body_passes_as_it_came(void **unused)
{
    static const hr_body_plan plain = {0};

    (void)unused;
    expect_json(&plain, " {\"a\" : 1.50} \r\n\t", " {\"a\" : 1.50}");
    expect_json(&plain, "{}", "{}");
}

static void
made_fields_stand_behind_the_others(void **unused)
{
    static const hr_body_plan plan = {.fields = time_field, .n = 1};

    (void)unused;
    expect_json(&plan, " {\"a\" : 1.50 } \n",
                " {\"a\" : 1.50 ,\"At\":\"2013-11-24T05:05:00.123Z\"}");
    expect_json(&plan, "{}", "{\"At\":\"2013-11-24T05:05:00.123Z\"}");
    expect_json(&plan, "{ }", "{ \"At\":\"2013-11-24T05:05:00.123Z\"}");
}

static void
what_a_client_sends_for_a_made_field_is_left_out(void **unused)
{
    static const hr_body_plan plan = {.fields = ms_field, .n = 1};

    (void)unused;
    expect_json(&plan, "{\"At\":{\"x\":[1,2]}, \"a\":\"}\", \"At\" : 7}",
                "{\"a\":\"}\",\"At\":1385269500123}");
    expect_json(&plan, "{\"\\u0041t\":1}", "{\"At\":1385269500123}");
    expect_json(&plan, "{\"At\\u0000\":1,\"\\u0061t\":2}",
                "{\"At\\u0000\":1,\"\\u0061t\":2,\"At\":1385269500123}");
}

static void
what_is_no_object_is_refused_with_its_place(void **unused)
{
    static const hr_body_plan plans[] = {{0}, {.fields = ms_field, .n = 1}};
    static const char *const bodies[][2] = {
        {"", "byte 0: the text does not end with '}'"},
        {"  ", "byte 0: the text does not end with '}'"},
        {"7", "byte 1: the text does not end with '}'"},
        {"[{}]", "byte 4: the text does not end with '}'"},
        {" 7}", "byte 1: expected an object"},
        {"}", "byte 0: expected an object"},
        {"{\"At\":1", "byte 7: the text does not end with '}'"},
        {"{\"At\"}", "byte 5: expected ':'"},
        {"{\"At\":1,}", "byte 8: expected a name in quotes"},
        {"{\"At\":1}}", "byte 8: there is more behind the object"},
        {"{\"At\":1}{}", "byte 8: there is more behind the object"},
        {"{At:1}", "byte 1: expected a name in quotes"},
        {"{\"a\":01}", "byte "},
        {"{\"\x80\":1}", "byte 2: "},
        {"{\"a\":\"}", "byte "},
    };

    (void)unused;
    for (size_t i = 0; i < 2 * sizeof bodies / sizeof *bodies; i++) {
        hr_buf out = {0};
        hr_error err = {0};

        assert_int_equal(
            hr_body_from_json(&plans[i % 2], hr_span_str(bodies[i / 2][0]), NOW, &out, &err),
            HR_ERECORD);
        assert_int_equal(strncmp(err.msg, "invalid JSON at ", 16), 0);
        assert_has_text(err.msg, bodies[i / 2][1]);
        hr_buf_finish(&out);
    }
}

/* ---- fields -------------------------------------------------------------------------------- */

static hr_arena *arena;
static hr_body_plan form_plan = {.fields = ms_field, .n = 1};

static int
set_up(void **unused)
{
    (void)unused;
    arena = hr_arena_create(4096, 0);
    return hr_schema_parse(arena, "q.avsc", schema_text, strlen(schema_text), &form_plan.schema,
                           NULL) == HR_OK
               ? 0
               : 1;
}

static int
tear_down(void **unused)
{
    (void)unused;
    hr_arena_destroy(arena);
    return 0;
}

/* names and values one after the other, ending with NULL. */
static int
from_fields(const char *const *pairs, hr_buf *out, hr_error *err)
{
    hr_http_field fields[16];
    size_t n = 0;

    for (; pairs[2 * n] != NULL; n++) {
        fields[n] = (hr_http_field){pairs[2 * n], hr_span_str(pairs[2 * n + 1])};
    }
    return hr_body_from_fields(&form_plan, fields, n, NOW, out, err);
}

static void
expect_fields(const char *const *pairs, const char *expected)
{
    hr_buf out = {0};
    hr_error err = {0};

    assert_int_equal(from_fields(pairs, &out, &err), HR_OK);
    hr_buf_append(&out, "", 1);
    assert_string_equal((const char *)out.data, expected);
    hr_buf_finish(&out);
}

static void
fields_get_the_types_of_the_schema(void **unused)
{
    (void)unused;
    expect_fields((const char *const[]){"Id", "7", "Delay", "-5", "Day", "12", "Late", "on", NULL},
                  "{\"Id\":\"7\",\"Delay\":-5,\"Day\":12,\"Late\":true,\"At\":1385269500123}");
    expect_fields((const char *const[]){"Delay", ".5", "Late", "false", NULL},
                  "{\"Delay\":0.5,\"Late\":false,\"At\":1385269500123}");
    expect_fields((const char *const[]){"Delay", "-.5", NULL},
                  "{\"Delay\":-0.5,\"At\":1385269500123}");
}

/* So that the decoder can say "field 'Delay': expected double, got string". */
static void
what_is_no_such_value_stays_a_text(void **unused)
{
    static const char *const bad[] = {"1,5", "abc", "0x10", "1 ",  " 1",  "01", "+1",  "-",
                                      ".",   "1e",  "-.",   "--1", "NaN", "1}", "1\"", "null"};

    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hr_buf out = {0};
        hr_error err = {0};

        assert_int_equal(from_fields((const char *const[]){"Delay", bad[i], NULL}, &out, &err),
                         HR_OK);
        assert_memory_equal(out.data, "{\"Delay\":\"", 10);
        hr_buf_finish(&out);
    }
    expect_fields((const char *const[]){"Late", "yes", NULL},
                  "{\"Late\":\"yes\",\"At\":1385269500123}");
}

static void
an_empty_value_is_a_missing_one(void **unused)
{
    (void)unused;
    expect_fields((const char *const[]){"Id", "", "Day", "", "Delay", "1", NULL},
                  "{\"Delay\":1,\"At\":1385269500123}");
    expect_fields((const char *const[]){NULL}, "{\"At\":1385269500123}");
}

static void
unknown_fields_are_texts_and_made_ones_are_left_out(void **unused)
{
    (void)unused;
    expect_fields((const char *const[]){"more \"x\"", "1\n2", "At", "3", NULL},
                  "{\"more \\\"x\\\"\":\"1\\n2\",\"At\":1385269500123}");
}

static void
a_field_that_comes_twice_is_an_error(void **unused)
{
    hr_buf out = {0};
    hr_error err = {0};

    (void)unused;
    assert_int_equal(
        from_fields((const char *const[]){"Id", "1", "Day", "2", "Id", "1", NULL}, &out, &err),
        HR_ERECORD);
    assert_string_equal(err.msg, "field 'Id' is there twice");
    hr_buf_finish(&out);
}

static void
too_many_fields_are_an_error(void **unused)
{
    enum { N = 1001 };
    static char names[N][8];
    static hr_http_field fields[N];
    hr_buf out = {0};
    hr_error err = {0};

    (void)unused;
    for (int i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "f%d", i);
        fields[i] = (hr_http_field){names[i], HR_SPAN_LIT("1")};
    }
    assert_int_equal(hr_body_from_fields(&form_plan, fields, N, NOW, &out, &err), HR_ERECORD);
    assert_has_text(err.msg, "1000");
    assert_int_equal(hr_body_from_fields(&form_plan, fields, N - 1, NOW, &out, &err), HR_OK);
    hr_buf_finish(&out);
}

/* ---- made values --------------------------------------------------------------------------- */

static void
a_time_has_milliseconds_always(void **unused)
{
    char text[32];

    (void)unused;
    hr_body_time(NOW, text);
    assert_string_equal(text, "2013-11-24T05:05:00.123Z");
    hr_body_time(INT64_C(1792886399000), text);
    assert_string_equal(text, "2026-10-24T23:59:59.000Z");
}

static void
uuids_are_of_version_4_and_differ(void **unused)
{
    enum { N = 200 };
    static char all[N][37];

    (void)unused;
    for (int i = 0; i < N; i++) {
        assert_int_equal(hr_body_uuid(all[i]), HR_OK);
        assert_int_equal(strlen(all[i]), 36);
        assert_int_equal(strspn(all[i], "0123456789abcdef-"), 36);
        assert_int_equal(all[i][8], '-');
        assert_int_equal(all[i][13], '-');
        assert_int_equal(all[i][14], '4');
        assert_int_equal(all[i][18], '-');
        assert_non_null(strchr("89ab", all[i][19]));
        assert_int_equal(all[i][23], '-');
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(all[i], all[k]);
        }
    }
}

static void
each_record_gets_a_uuid(void **unused)
{
    static const hr_body_plan plan = {.fields = id_field, .n = 1};
    hr_buf out = {0};
    hr_error err = {0};

    (void)unused;
    assert_int_equal(hr_body_from_json(&plan, HR_SPAN_LIT("{\"Id\":\"mine\"}"), NOW, &out, &err),
                     HR_OK);
    assert_int_equal(out.len, sizeof "{\"Id\":\"\"}" - 1 + 36);
    assert_memory_equal(out.data, "{\"Id\":\"", 7);
    assert_memory_not_equal(out.data + 7, "mine", 4);
    hr_buf_finish(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_passes_as_it_came),
        cmocka_unit_test(made_fields_stand_behind_the_others),
        cmocka_unit_test(what_a_client_sends_for_a_made_field_is_left_out),
        cmocka_unit_test(what_is_no_object_is_refused_with_its_place),
        cmocka_unit_test(fields_get_the_types_of_the_schema),
        cmocka_unit_test(what_is_no_such_value_stays_a_text),
        cmocka_unit_test(an_empty_value_is_a_missing_one),
        cmocka_unit_test(unknown_fields_are_texts_and_made_ones_are_left_out),
        cmocka_unit_test(a_field_that_comes_twice_is_an_error),
        cmocka_unit_test(too_many_fields_are_an_error),
        cmocka_unit_test(a_time_has_milliseconds_always),
        cmocka_unit_test(uuids_are_of_version_4_and_differ),
        cmocka_unit_test(each_record_gets_a_uuid),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
