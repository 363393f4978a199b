/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "codec_rig.h"

static const char schema[] = "{\"type\":\"record\",\"name\":\"T\",\"fields\":["
                             "{\"name\":\"a\",\"type\":[\"null\",\"int\"]},"
                             "{\"name\":\"b\",\"type\":[\"null\",\"string\"]},"
                             "{\"name\":\"c\",\"type\":[\"null\",\"double\"]},"
                             "{\"name\":\"d\",\"type\":\"int\",\"default\":9}]}";

static const hr_type type_int = {.kind = HR_KIND_INT, .nullable = true};
static const hr_type type_string = {.kind = HR_KIND_STRING, .nullable = true};

static codec_rig rig;

static void
set_int(int slot, int64_t value)
{
    rig.batch->columns[slot].lane[0] = HR_LANE_OK;
    rig.batch->columns[slot].v.i[0] = value;
}

static void
set_lane(int slot, uint8_t lane)
{
    rig.batch->columns[slot].lane[0] = lane;
}

/* Makes the encoder for all fields and all else ready. */
static void
ready(void)
{
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, NULL, 0), HR_OK);
    codec_rig_ready(&rig);
}

static void
decode(const char *text)
{
    const char *reason = codec_rig_decode_one(&rig, text);

    if (reason != NULL) {
        fail_msg("%s: %s", text, reason);
    }
}

typedef struct one_case {
    const char *in, *out;
} one_case;

static void
check(const one_case *cases, size_t n, int slot, int64_t value)
{
    for (size_t i = 0; i < n; i++) {
        decode(cases[i].in);
        if (slot >= 0) {
            set_int(slot, value);
        }
        assert_string_equal(codec_rig_encode(&rig, 0), cases[i].out);
    }
}

#define CHECK(cases, slot, value) check((cases), sizeof(cases) / sizeof(cases)[0], (slot), (value))

static void
what_nobody_changed_leaves_byte_for_byte(void **unused)
{
    static const char text[] =
        " {\"c\" : 1.50e0 ,\"zz\":[ 1 ,{ } ],\"a\":1,\"a\":2, \"b\":\"\\u0041\" } \n";

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    codec_rig_read(&rig, "a");
    ready();
    decode(text);
    assert_string_equal(codec_rig_encode(&rig, 0), text);
    codec_rig_close(&rig);
}

static void
an_overwritten_field_is_patched_in_its_place(void **unused)
{
    static const one_case cases[] = {
        {"{\"a\":1,\"b\":\"x\"}", "{\"a\":42,\"b\":\"x\"}"},
        {"{ \"b\":\"x\" , \"a\" : 1 }", "{ \"b\":\"x\" , \"a\" : 42 }"},
        {"{}", "{\"a\":42}"},
        {"{ }", "{\"a\":42 }"},
        {"{\"b\":\"x\" \n}", "{\"b\":\"x\",\"a\":42 \n}"},
        {"{\"\\u0061\":1}", "{\"\\u0061\":42}"},
        {"{\"a\":1,\"a\":2}", "{\"a\":42}"},
        {"{\"a\":1,\"c\":0,\"a\":2,\"b\":null,\"a\":3}", "{\"c\":0,\"b\":null,\"a\":42}"},
        {"{\"a\":null}", "{\"a\":42}"},
    };
    int slot;

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    slot = codec_rig_make(&rig, "a", type_int);
    ready();
    CHECK(cases, slot, 42);
    decode("{\"a\":1}");
    set_lane(slot, HR_LANE_NULL);
    assert_string_equal(codec_rig_encode(&rig, 0), "{\"a\":null}");
    set_lane(slot, HR_LANE_ERROR + 3);
    assert_string_equal(codec_rig_encode(&rig, 0),
                        "!field 'a' has no value: its expression failed");
    codec_rig_close(&rig);
}

static void
made_fields_follow_behind_the_last_member(void **unused)
{
    int one, two;

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    one = codec_rig_make(&rig, "one", type_int);
    two = codec_rig_make(&rig, "tw\"o", type_string);
    ready();
    decode("{\"a\":1}");
    set_int(one, 1);
    rig.batch->columns[two].lane[0] = HR_LANE_OK;
    rig.batch->columns[two].v.s[0] = HR_SPAN_LIT("\"");
    assert_string_equal(codec_rig_encode(&rig, 0), "{\"a\":1,\"one\":1,\"tw\\\"o\":\"\\\"\"}");
    decode("{}");
    set_int(one, 1);
    set_lane(two, HR_LANE_NULL);
    assert_string_equal(codec_rig_encode(&rig, 0), "{\"one\":1,\"tw\\\"o\":null}");
    codec_rig_close(&rig);
}

static void
a_made_field_replaces_an_unknown_one_of_its_name(void **unused)
{
    static const one_case cases[] = {
        {"{\"Route\":\"x\",\"a\":1}", "{\"Route\":5,\"a\":1}"},
        {"{\"a\":1}", "{\"a\":1,\"Route\":5}"},
        {"{\"Route\":1,\"Route\":2}", "{\"Route\":5}"},
    };
    int slot;

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    slot = codec_rig_make(&rig, "Route", type_int);
    ready();
    CHECK(cases, slot, 5);
    codec_rig_close(&rig);
}

static void
dropped_fields_go_with_their_comma(void **unused)
{
    static const one_case cases[] = {
        {"{\"a\":1,\"b\":\"x\",\"c\":2}", "{\"c\":2}"},
        {"{\"c\":2,\"a\":1,\"b\":\"x\"}", "{\"c\":2}"},
        {"{\"a\":1,\"c\":2,\"b\":\"x\"}", "{\"c\":2}"},
        {"{ \"a\" : 1 , \"c\" : 2 , \"b\" : \"x\" }", "{ \"c\" : 2 }"},
        {"{\"a\":1,\"b\":\"x\"}", "{}"},
        {"{ \"a\":1 }", "{}"},
        {"{\"a\":1,\"a\":2,\"c\":3,\"a\":4}", "{\"c\":3}"},
        {"{\"c\":3}", "{\"c\":3}"},
        {"{}", "{}"},
    };

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    codec_rig_drop(&rig, "a");
    codec_rig_drop(&rig, "b");
    ready();
    CHECK(cases, -1, 0);
    codec_rig_close(&rig);
}

static void
dropped_and_made_go_together(void **unused)
{
    static const one_case cases[] = {
        {"{\"b\":\"x\"}", "{\"n\":7}"},
        {"{\"a\":1,\"b\":\"x\"}", "{\"a\":1,\"n\":7}"},
        {"{\"n\":1,\"b\":\"x\"}", "{\"n\":7}"},
        {"{\"b\":\"x\",\"n\":1,\"b\":\"y\"}", "{\"n\":7}"},
    };
    int slot;

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    codec_rig_drop(&rig, "b");
    slot = codec_rig_make(&rig, "n", type_int);
    ready();
    CHECK(cases, slot, 7);
    codec_rig_close(&rig);
}

static void
renamed_fields_keep_their_value_and_place(void **unused)
{
    static const one_case cases[] = {
        {"{\"c\":2,\"b\" : \"\\u0041\" ,\"a\":1}", "{\"c\":2,\"label\":\"\\u0041\" ,\"a\":1}"},
        {"{\"b\":\"x\",\"label\":5}", "{\"label\":\"x\"}"},
        {"{\"label\":5}", "{}"},
        {"{\"b\":\"x\",\"b\":\"y\"}", "{\"label\":\"y\"}"},
    };

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    codec_rig_rename(&rig, "b", "label");
    ready();
    CHECK(cases, -1, 0);
    codec_rig_close(&rig);
}

static void
two_names_can_change_places(void **unused)
{
    static const one_case cases[] = {
        {"{\"a\":1,\"b\":\"x\"}", "{\"b\":1,\"a\":\"x\"}"},
        {"{\"b\":\"x\"}", "{\"a\":\"x\"}"},
    };
    hr_field *a, *b;

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    a = hr_fields_find(&rig.fields, "a");
    b = hr_fields_find(&rig.fields, "b");
    a->name = "b";
    b->name = "a";
    ready();
    CHECK(cases, -1, 0);
    codec_rig_close(&rig);
}

static void
a_made_field_may_take_the_name_of_a_renamed_one(void **unused)
{
    static const one_case cases[] = {
        {"{\"a\":1,\"c\":2}", "{\"old_a\":1,\"c\":2,\"a\":3}"},
        {"{\"c\":2}", "{\"c\":2,\"a\":3}"},
    };
    int slot;

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    codec_rig_rename(&rig, "a", "old_a");
    slot = codec_rig_make(&rig, "a", type_int);
    ready();
    CHECK(cases, slot, 3);
    codec_rig_close(&rig);
}

static void
without_a_schema_a_splice_works_alike(void **unused)
{
    static const one_case cases[] = {
        {"{\"x\":1,\"y\":2,\"z\":3}", "{\"x\":8,\"z\":3}"},
        {"{\"y\":2}", "{\"x\":8}"},
    };
    int slot;

    (void)unused;
    codec_rig_open(&rig, NULL, HR_UNKNOWN_KEEP);
    slot = codec_rig_make(&rig, "x", type_int);
    codec_rig_drop(&rig, "y");
    ready();
    CHECK(cases, slot, 8);
    codec_rig_close(&rig);
}

static void
several_encoders_share_a_decoder(void **unused)
{
    hr_encoder *first;
    hr_fields before;
    int slot;

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    assert_int_equal(hr_fields_copy(rig.arena, &rig.fields, &before), HR_OK);
    slot = codec_rig_make(&rig, "a", type_int);
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, NULL, 0), HR_OK);
    first = rig.encoder;
    rig.fields = before;
    codec_rig_drop(&rig, "c");
    ready();
    decode("{\"a\":1,\"c\":2,\"b\":null}");
    set_int(slot, 4);
    assert_string_equal(codec_rig_encode(&rig, 0), "{\"a\":1,\"b\":null}");
    rig.encoder = first;
    assert_string_equal(codec_rig_encode(&rig, 0), "{\"a\":4,\"c\":2,\"b\":null}");
    codec_rig_close(&rig);
}

static void
a_select_list_makes_a_template(void **unused)
{
    static const char *const select[] = {"made", "c", "a", "d"};
    static const one_case cases[] = {
        {"{\"a\":1,\"b\":\"x\",\"c\": 1.50e0 ,\"zz\":0}",
         "{\"made\":6,\"c\":1.50e0,\"a\":1,\"d\":9}"},
        {"{\"a\":1,\"a\":2}", "{\"made\":6,\"c\":null,\"a\":2,\"d\":9}"},
        {"{\"d\":null,\"c\":null}", "{\"made\":6,\"c\":null,\"a\":null,\"d\":9}"},
        {"{\"d\":3}", "{\"made\":6,\"c\":null,\"a\":null,\"d\":3}"},
    };
    int slot;

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    slot = codec_rig_make(&rig, "made", type_int);
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, select, 4), HR_OK);
    codec_rig_ready(&rig);
    CHECK(cases, slot, 6);
    set_lane(slot, HR_LANE_ERROR);
    assert_string_equal(codec_rig_encode(&rig, 0),
                        "!field 'made' has no value: its expression failed");
    codec_rig_close(&rig);
}

static void
without_a_schema_any_name_can_be_selected(void **unused)
{
    static const char *const select[] = {"x", "y"}, *const gone[] = {"gone"};
    static const one_case cases[] = {
        {"{\"y\":[1, 2],\"z\":1,\"x\":\"\\n\"}", "{\"x\":\"\\n\",\"y\":[1, 2]}"},
        {"{}", "{\"x\":null,\"y\":null}"},
    };

    (void)unused;
    codec_rig_open(&rig, NULL, HR_UNKNOWN_KEEP);
    codec_rig_drop(&rig, "gone");
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, gone, 1), HR_ECONFIG);
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, select, 2), HR_OK);
    codec_rig_ready(&rig);
    CHECK(cases, -1, 0);
    codec_rig_close(&rig);
}

static void
unknown_fields_are_dropped_where_they_shall_not_pass(void **unused)
{
    static const one_case cases[] = {
        {"{\"zz\":1,\"b\":\"x\"}", "{\"a\":null,\"b\":\"x\",\"c\":null,\"d\":9}"},
    };

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_DROP);
    ready();
    CHECK(cases, -1, 0);
    codec_rig_close(&rig);
    /* As a step that keeps only some fields leaves it. */
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    rig.fields.unknown = false;
    ready();
    CHECK(cases, -1, 0);
    codec_rig_close(&rig);
}

static void
a_mistake_in_the_select_list_has_its_place(void **unused)
{
    static const char *const wrong[] = {"a", "bb"}, *const twice[] = {"a", "c", "a"};

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    hr_fields_find(&rig.fields, "b")->name = "bbb";
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, wrong, 2), HR_ECONFIG);
    assert_string_equal(rig.err.msg, "there is no field 'bb' here");
    assert_int_equal(rig.err.loc.line, 7);
    assert_int_equal(rig.err.loc.col, 2);
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, twice, 3), HR_ECONFIG);
    assert_int_equal(rig.err.loc.col, 3);
    rig.fields.broken = true;
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, wrong, 2), HR_EREPORTED);
    hr_fields_find(&rig.fields, "a")->broken = true;
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, wrong, 1), HR_EREPORTED);
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, NULL, 0), HR_EREPORTED);
    codec_rig_close(&rig);
}

static void
raw_passes_the_value_and_nothing_else(void **unused)
{
    static const char *const select[] = {"a"};

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_RAW, select, 1), HR_ECONFIG);
    assert_string_equal(rig.err.hint, "use format: json");
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_RAW, NULL, 0), HR_OK);
    codec_rig_ready(&rig);
    decode(" {\"d\":1} ");
    assert_string_equal(codec_rig_encode(&rig, 0), " {\"d\":1} ");
    codec_rig_make(&rig, "made", type_int);
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_RAW, NULL, 0), HR_ECONFIG);
    assert_string_equal(rig.err.msg,
                        "format: raw passes bytes through, and the field 'made' was changed");
    rig.fields.n--;
    codec_rig_drop(&rig, "a");
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_RAW, NULL, 0), HR_ECONFIG);
    codec_rig_close(&rig);
}

static void
json_from_raw_needs_made_fields(void **unused)
{
    int slot;

    (void)unused;
    codec_rig_open(&rig, NULL, HR_UNKNOWN_KEEP);
    rig.lineage.format = HR_FORMAT_RAW;
    rig.fields.open = false;
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, NULL, 0), HR_ECONFIG);
    assert_string_equal(rig.err.slug, "no-fields");
    slot = codec_rig_make(&rig, "made", type_int);
    ready();
    decode("bytes");
    set_int(slot, 1);
    assert_string_equal(codec_rig_encode(&rig, 0), "{\"made\":1}");
    codec_rig_close(&rig);
}

static void
output_that_does_not_fit_is_cut_off_again(void **unused)
{
    hr_buf small = {.cap_max = 300};
    const char *reason;
    int slot, rc = HR_OK;

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    slot = codec_rig_make(&rig, "made", type_int);
    ready();
    decode("{\"b\":\"0123456789012345678901234567890123456789\"}");
    set_int(slot, 1);
    while (rc == HR_OK) {
        size_t len = small.len;

        rc = hr_encoder_run(rig.encoder, rig.batch, 0, &small, &reason);
        assert_true(rc == HR_OK || small.len == len);
    }
    assert_int_equal(rc, HR_ENOMEM);
    hr_buf_finish(&small);
    codec_rig_close(&rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_changed_leaves_byte_for_byte),
        cmocka_unit_test(an_overwritten_field_is_patched_in_its_place),
        cmocka_unit_test(made_fields_follow_behind_the_last_member),
        cmocka_unit_test(a_made_field_replaces_an_unknown_one_of_its_name),
        cmocka_unit_test(dropped_fields_go_with_their_comma),
        cmocka_unit_test(dropped_and_made_go_together),
        cmocka_unit_test(renamed_fields_keep_their_value_and_place),
        cmocka_unit_test(two_names_can_change_places),
        cmocka_unit_test(a_made_field_may_take_the_name_of_a_renamed_one),
        cmocka_unit_test(without_a_schema_a_splice_works_alike),
        cmocka_unit_test(several_encoders_share_a_decoder),
        cmocka_unit_test(a_select_list_makes_a_template),
        cmocka_unit_test(without_a_schema_any_name_can_be_selected),
        cmocka_unit_test(unknown_fields_are_dropped_where_they_shall_not_pass),
        cmocka_unit_test(a_mistake_in_the_select_list_has_its_place),
        cmocka_unit_test(raw_passes_the_value_and_nothing_else),
        cmocka_unit_test(json_from_raw_needs_made_fields),
        cmocka_unit_test(output_that_does_not_fit_is_cut_off_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
