/* SPDX-License-Identifier: Apache-2.0 */
#include "mongo/doc.h"
#include "hr_test.h"

#include <bson/bson.h>
#include <stdio.h>
#include <stdlib.h>

#define LEN(a) (sizeof(a) / sizeof(a)[0])

static const hr_schema string_type = {.kind = HR_KIND_STRING};
static const hr_schema nullable_string = {.kind = HR_KIND_STRING, .nullable = true};
static const hr_schema double_type = {.kind = HR_KIND_DOUBLE};
static const hr_schema int_type = {.kind = HR_KIND_INT, .is_int32 = true};
static const hr_schema long_type = {.kind = HR_KIND_INT};
static const hr_schema bool_type = {.kind = HR_KIND_BOOL};
static const hr_schema bytes_type = {.kind = HR_KIND_BYTES};
static const hr_schema time_type = {.kind = HR_KIND_TIMESTAMP,
                                    .logical = HR_LOGICAL_TIMESTAMP_MILLIS};
static const hr_schema date_type = {.kind = HR_KIND_TIMESTAMP, .logical = HR_LOGICAL_DATE};
static const hr_schema doubles_type = {.kind = HR_KIND_LIST, .items = &double_type};
static const hr_schema longs_type = {.kind = HR_KIND_MAP, .items = &long_type};
static const hr_schema_field address_fields[] = {
    {.name = "city", .schema = &string_type},
    {.name = "zip", .schema = &int_type},
    {.name = "height", .schema = &double_type},
};
static const hr_schema address_type = {
    .kind = HR_KIND_RECORD, .fields = address_fields, .n_fields = LEN(address_fields)};
static const hr_schema_field root_fields[] = {
    {.name = "UUID", .schema = &string_type},     {.name = "delay", .schema = &double_type},
    {.name = "num", .schema = &int_type},         {.name = "big", .schema = &long_type},
    {.name = "ok", .schema = &bool_type},         {.name = "raw", .schema = &bytes_type},
    {.name = "at", .schema = &time_type},         {.name = "day", .schema = &date_type},
    {.name = "scores", .schema = &doubles_type},  {.name = "counts", .schema = &longs_type},
    {.name = "address", .schema = &address_type}, {.name = "note", .schema = &nullable_string},
};
static const hr_schema root_type = {
    .kind = HR_KIND_RECORD, .fields = root_fields, .n_fields = LEN(root_fields)};

/* A sink behind a source with the schema above (or none), and one record on its way to it. */
typedef struct world {
    hr_arena *arena;
    hr_topology topology;
    hr_lineage lineage;
    hr_node node;
    hr_doc_plan plan;
    hr_batch *batch;
    hr_doc *doc;
    hr_error err;
} world;

static hr_text
name_of(const char *s)
{
    return (hr_text){.s = s, .len = strlen(s), .loc = {"t.yaml", 9, 5}};
}

static void
world_init(world *w, const hr_schema *schema)
{
    memset(w, 0, sizeof *w);
    w->arena = hr_arena_create(4096, 0);
    w->topology.arena = w->arena;
    w->lineage = (hr_lineage){.arena = w->arena, .format = HR_FORMAT_JSON, .schema = schema};
    w->node.topology = &w->topology;
    w->node.lineage = &w->lineage;
    w->node.type_name = name_of("mongo");
    w->node.fields.open = schema == NULL;
    w->node.fields.unknown = true;
    for (size_t i = 0; schema != NULL && i < schema->n_fields; i++) {
        const hr_schema_field *field = &schema->fields[i];

        hr_fields_make(w->arena, &w->node.fields, field->name, hr_schema_type(field->schema),
                       HR_SLOT_UNREAD);
        hr_fields_find(&w->node.fields, field->name)->source_name = field->name;
    }
}

static void
world_finish(world *w)
{
    hr_doc_destroy(w->doc);
    hr_batch_destroy(w->batch);
    hr_arena_destroy(w->arena);
}

static int
world_make(world *w, const char *name, hr_kind kind)
{
    hr_text text = name_of(name);
    int slot = -1;

    assert_int_equal(
        hr_node_make(&w->node, &text, (hr_type){.kind = kind, .nullable = true}, &slot, &w->err),
        HR_OK);
    return slot;
}

static int
world_plan(world *w, const char *key, bool insert, bool guard)
{
    hr_text text = name_of(key != NULL ? key : "");
    hr_opt_list list = {&text, key != NULL ? 1 : 0};

    return hr_doc_plan_make(&w->node, &list, insert, guard, &w->plan, &w->err);
}

/* A batch with one record; the key's column is filled by hand, as the decoder would. */
static void
world_record(world *w, const char *json)
{
    hr_batch *batch = w->batch = hr_batch_create(&w->lineage.layout, 1u << 20);

    w->doc = hr_doc_create(&w->plan);
    assert_non_null(batch);
    assert_non_null(w->doc);
    batch->topic = "requests";
    batch->partition = 3;
    batch->records[0] = (hr_record){.value = hr_span_str(json), .offset = 41};
    batch->source[0] = 0;
    batch->n_records = batch->n_rows = 1;
    for (size_t i = 0; i < w->lineage.layout.n; i++) {
        batch->columns[i].lane[0] = HR_LANE_NULL;
    }
    if (w->plan.n_keys > 0 && hr_kind_is_span(batch->columns[w->plan.keys[0].slot].kind)) {
        batch->columns[w->plan.keys[0].slot].lane[0] = HR_LANE_OK;
        batch->columns[w->plan.keys[0].slot].v.s[0] = HR_SPAN_LIT("u-1");
    }
}

static void
assert_bson(hr_span bson, const char *expected)
{
    bson_t view;
    char *text;

    assert_true(bson_init_static(&view, bson.data, bson.len));
    assert_true(bson_validate(&view, BSON_VALIDATE_UTF8 | BSON_VALIDATE_UTF8_ALLOW_NULL, NULL));
    text = bson_as_canonical_extended_json(&view, NULL);
    assert_string_equal(text, expected);
    bson_free(text);
}

static void
assert_document(world *w, const char *expected)
{
    hr_span key, filter, body;
    const char *reason = NULL;

    assert_int_equal(hr_doc_key(w->doc, w->batch, 0, &key, &reason), HR_OK);
    assert_int_equal(hr_doc_build(w->doc, w->batch, 0, &filter, &body, &reason), HR_OK);
    assert_bson(body, expected);
}

static void
assert_refused(world *w, const char *why)
{
    hr_span key, filter, body;
    const char *reason = NULL;
    int rc = hr_doc_key(w->doc, w->batch, 0, &key, &reason);

    if (rc == HR_OK) {
        rc = hr_doc_build(w->doc, w->batch, 0, &filter, &body, &reason);
    }
    assert_int_equal(rc, HR_ERECORD);
    assert_has_text(reason, why);
}

/* The document of one record of the schema above. */
static void
check_json(const char *json, const char *expected)
{
    world w;

    world_init(&w, &root_type);
    assert_int_equal(world_plan(&w, "UUID", false, false), HR_OK);
    world_record(&w, json);
    assert_document(&w, expected);
    world_finish(&w);
}

static void
check_refused(const hr_schema *schema, const char *json, const char *why)
{
    world w;

    world_init(&w, schema);
    assert_int_equal(world_plan(&w, schema != NULL ? "UUID" : NULL, schema == NULL, false), HR_OK);
    world_record(&w, json);
    assert_refused(&w, why);
    world_finish(&w);
}

static void
the_schema_gives_the_types(void **unused)
{
    (void)unused;
    check_json("{\"UUID\":\"u-1\",\"delay\":5,\"num\":5,\"big\":5,\"ok\":true,\"raw\":\"AAEC\"}",
               "{ \"UUID\" : \"u-1\", \"delay\" : { \"$numberDouble\" : \"5.0\" }, "
               "\"num\" : { \"$numberInt\" : \"5\" }, \"big\" : { \"$numberLong\" : \"5\" }, "
               "\"ok\" : true, \"raw\" : { \"$binary\" : { \"base64\" : \"AAEC\", "
               "\"subType\" : \"00\" } } }");
    check_json("{\"at\":1500,\"day\":1,\"note\":null}",
               "{ \"at\" : { \"$date\" : { \"$numberLong\" : \"1500\" } }, "
               "\"day\" : { \"$date\" : { \"$numberLong\" : \"86400000\" } }, \"note\" : null }");
    check_json(
        "{\"scores\":[1,2.5],\"counts\":{\"a\":1},\"address\":{\"city\":\"Bern\",\"zip\":3,"
        "\"height\":540,\"more\":[1]}}",
        "{ \"scores\" : [ { \"$numberDouble\" : \"1.0\" }, { \"$numberDouble\" : \"2.5\" } ], "
        "\"counts\" : { \"a\" : { \"$numberLong\" : \"1\" } }, "
        "\"address\" : { \"city\" : \"Bern\", \"zip\" : { \"$numberInt\" : \"3\" }, "
        "\"height\" : { \"$numberDouble\" : \"540.0\" }, "
        "\"more\" : [ { \"$numberInt\" : \"1\" } ] } }");
}

static void
without_a_schema_the_json_gives_the_types(void **unused)
{
    world w;

    (void)unused;
    world_init(&w, NULL);
    assert_int_equal(world_plan(&w, NULL, true, false), HR_OK);
    world_record(&w, "{\"i\":2147483647,\"l\":-2147483649,\"d\":1.0,\"e\":1e3,"
                     "\"h\":18446744073709551616,\"s\":\"\\u00e9\\u0000\",\"n\":null,"
                     "\"o\":{\"\":false}}");
    assert_document(&w,
                    "{ \"_id\" : \"requests#3#41\", \"i\" : { \"$numberInt\" : \"2147483647\" }, "
                    "\"l\" : { \"$numberLong\" : \"-2147483649\" }, "
                    "\"d\" : { \"$numberDouble\" : \"1.0\" }, "
                    "\"e\" : { \"$numberDouble\" : \"1000.0\" }, "
                    "\"h\" : { \"$numberDouble\" : \"18446744073709551616.0\" }, "
                    "\"s\" : \"\xc3\xa9\\u0000\", \"n\" : null, \"o\" : { \"\" : false } }");
    world_finish(&w);
}

static void
overwritten_fields_keep_their_place_and_made_ones_come_last(void **unused)
{
    world w;
    int route, num;

    (void)unused;
    world_init(&w, &root_type);
    route = world_make(&w, "Route", HR_KIND_STRING);
    num = world_make(&w, "num", HR_KIND_INT);
    assert_int_equal(world_plan(&w, "UUID", false, false), HR_OK);
    world_record(&w, "{\"num\":1,\"UUID\":\"u-1\",\"extra\":2}");
    w.batch->columns[route].lane[0] = HR_LANE_OK;
    w.batch->columns[route].v.s[0] = HR_SPAN_LIT("A-B");
    w.batch->columns[num].lane[0] = HR_LANE_OK;
    w.batch->columns[num].v.i[0] = 7;
    assert_document(&w, "{ \"num\" : { \"$numberLong\" : \"7\" }, \"UUID\" : \"u-1\", "
                        "\"extra\" : { \"$numberInt\" : \"2\" }, \"Route\" : \"A-B\" }");
    world_finish(&w);
}

/* The schema does not know Route, but the request brings one all the same. */
static void
a_made_field_hides_an_unknown_one_of_its_name(void **unused)
{
    world w;
    int route;

    (void)unused;
    world_init(&w, &root_type);
    route = world_make(&w, "Route", HR_KIND_STRING);
    assert_int_equal(world_plan(&w, "UUID", false, false), HR_OK);
    world_record(&w, "{\"Route\":\"wrong\",\"UUID\":\"u-1\"}");
    w.batch->columns[route].lane[0] = HR_LANE_OK;
    w.batch->columns[route].v.s[0] = HR_SPAN_LIT("right");
    assert_document(&w, "{ \"Route\" : \"right\", \"UUID\" : \"u-1\" }");
    world_finish(&w);
}

static void
dropped_and_renamed_fields_are_followed(void **unused)
{
    world w;

    (void)unused;
    world_init(&w, &root_type);
    hr_fields_drop(w.arena, &w.node.fields, "big");
    hr_fields_drop(w.arena, &w.node.fields, "secret");
    hr_fields_find(&w.node.fields, "num")->name = "number";
    assert_int_equal(world_plan(&w, "UUID", false, false), HR_OK);
    world_record(&w, "{\"num\":1,\"big\":2,\"secret\":3,\"number\":4,\"other\":5}");
    assert_document(&w, "{ \"number\" : { \"$numberInt\" : \"1\" }, "
                        "\"other\" : { \"$numberInt\" : \"5\" } }");
    world_finish(&w);
}

static void
unknown_fields_are_left_out_where_the_source_says_so(void **unused)
{
    world w;

    (void)unused;
    world_init(&w, &root_type);
    w.node.fields.unknown = false;
    assert_int_equal(world_plan(&w, "UUID", false, false), HR_OK);
    world_record(&w, "{\"UUID\":\"u-1\",\"other\":5}");
    assert_document(&w, "{ \"UUID\" : \"u-1\" }");
    world_finish(&w);
}

static void
of_equal_names_the_last_counts(void **unused)
{
    world w;
    char json[4096] = "{\"x\":0";
    char last[64];
    size_t n = strlen(json);

    (void)unused;
    check_json("{\"num\":1,\"a\":{\"b\":1,\"\\u0062\":2},\"num\":3}",
               "{ \"a\" : { \"b\" : { \"$numberInt\" : \"2\" } }, "
               "\"num\" : { \"$numberInt\" : \"3\" } }");
    world_init(&w, NULL);
    for (int i = 0; i < 100; i++) { /* enough for the hashed search */
        n += (size_t)snprintf(json + n, sizeof json - n, ",\"k%d\":%d", i % 10, i);
    }
    snprintf(json + n, sizeof json - n, ",\"x\":1}");
    assert_int_equal(world_plan(&w, NULL, true, false), HR_OK);
    world_record(&w, json);
    snprintf(last, sizeof last, "\"k3\" : { \"$numberInt\" : \"93\" }");
    {
        hr_span key, filter, body;
        const char *reason = NULL;
        bson_t view;
        char *text;

        assert_int_equal(hr_doc_key(w.doc, w.batch, 0, &key, &reason), HR_OK);
        assert_int_equal(hr_doc_build(w.doc, w.batch, 0, &filter, &body, &reason), HR_OK);
        assert_true(bson_init_static(&view, body.data, body.len));
        assert_int_equal(bson_count_keys(&view), 12);
        text = bson_as_canonical_extended_json(&view, NULL);
        assert_has_text(text, last);
        bson_free(text);
    }
    world_finish(&w);
}

static void
a_selection_comes_in_its_order_with_null_for_what_is_missing(void **unused)
{
    world w;
    hr_text fields[] = {name_of("num"), name_of("UUID"), name_of("note")};

    (void)unused;
    world_init(&w, &root_type);
    w.node.select = (hr_opt_list){fields, LEN(fields)};
    assert_int_equal(world_plan(&w, "UUID", false, false), HR_OK);
    world_record(&w, "{}");
    w.batch->columns[w.plan.fields[0].slot].lane[0] = HR_LANE_OK;
    w.batch->columns[w.plan.fields[0].slot].v.i[0] = 12;
    assert_document(&w, "{ \"num\" : { \"$numberInt\" : \"12\" }, \"UUID\" : \"u-1\", "
                        "\"note\" : null }");
    world_finish(&w);
}

static void
a_guard_adds_the_source_and_a_filter_that_lets_only_newer_ones_in(void **unused)
{
    world w;
    hr_span key, filter, body;
    const char *reason = NULL;

    (void)unused;
    world_init(&w, &root_type);
    assert_int_equal(world_plan(&w, "UUID", false, true), HR_OK);
    world_record(&w, "{\"UUID\":\"u-1\"}");
    assert_int_equal(hr_doc_key(w.doc, w.batch, 0, &key, &reason), HR_OK);
    assert_int_equal(hr_doc_build(w.doc, w.batch, 0, &filter, &body, &reason), HR_OK);
    assert_bson(key, "{ \"UUID\" : \"u-1\" }");
    assert_bson(body,
                "{ \"UUID\" : \"u-1\", \"_src\" : { \"t\" : \"requests\", "
                "\"p\" : { \"$numberInt\" : \"3\" }, \"o\" : { \"$numberLong\" : \"41\" } } }");
    assert_bson(filter, "{ \"UUID\" : \"u-1\", \"$or\" : [ { \"_src\" : { \"$exists\" : false } }, "
                        "{ \"_src.t\" : { \"$ne\" : \"requests\" } }, "
                        "{ \"_src.p\" : { \"$ne\" : { \"$numberInt\" : \"3\" } } }, "
                        "{ \"_src.o\" : { \"$lt\" : { \"$numberLong\" : \"41\" } } } ] }");
    world_finish(&w);
}

static void
what_bson_or_the_schema_cannot_take_is_refused_with_its_place(void **unused)
{
    char deep[400] = "{\"UUID\":\"u-1\",\"x\":";
    size_t n = strlen(deep);

    (void)unused;
    check_refused(&root_type, "{\"num\":\"5\"}",
                  "field 'num': a value is not of the schema's type");
    check_refused(&root_type, "{\"num\":2147483648}", "field 'num': an int is beyond 32 bits");
    check_refused(&root_type, "{\"num\":1.5}", "field 'num'");
    check_refused(&root_type, "{\"raw\":\"A\"}", "field 'raw': bytes are not base64");
    check_refused(&root_type, "{\"raw\":\"A=AA\"}", "field 'raw': bytes are not base64");
    check_refused(&root_type, "{\"day\":9223372036854775807}",
                  "field 'day': a date is out of range");
    check_refused(&root_type, "{\"address\":{\"zip\":\"x\"}}", "field 'address'");
    check_refused(NULL, "{\"$set\":1}", "starts with '$'");
    check_refused(NULL, "{\"a\":[{\"b.c\":1}]}", "holds '.'");
    check_refused(NULL, "{\"a\\u0000\":1}", "holds NUL");
    check_refused(NULL, "{\"x\":1e999}", "beyond the range of a double");
    check_refused(NULL, "{\"_id\":1}", "of its own named _id");
    check_refused(NULL, "[1]", "not a JSON object");
    check_refused(NULL, "{\"x\":\"\xff\"}", "");
    memset(deep + n, '[', 70);
    memset(deep + n + 70, ']', 70);
    memcpy(deep + n + 140, "}", 2);
    check_refused(NULL, deep, "");
}

static void
a_document_of_more_than_16_mib_is_refused(void **unused)
{
    const size_t part = 900000, parts = 19;
    char *json = malloc(parts * (part + 3) + 20);
    char *at = json + sprintf(json, "{\"x\":[0");

    (void)unused;
    for (size_t i = 0; i < parts; i++) {
        at += sprintf(at, ",\"");
        memset(at, 'x', part);
        at += part;
        at += sprintf(at, "\"");
    }
    memcpy(at, "]}", 3);
    check_refused(NULL, json, "16 MiB");
    free(json);
}

static void
a_row_whose_key_or_made_field_is_missing_is_refused(void **unused)
{
    world w;
    int made;

    (void)unused;
    world_init(&w, NULL);
    made = world_make(&w, "made", HR_KIND_INT);
    assert_int_equal(world_plan(&w, "UUID", false, false), HR_OK);
    world_record(&w, "{}");
    assert_int_equal(w.batch->columns[w.plan.keys[0].slot].kind, HR_KIND_ANY);
    w.batch->columns[w.plan.keys[0].slot].v.s[0] = HR_SPAN_LIT("null");
    assert_refused(&w, "field 'UUID': the key is null");
    w.batch->columns[w.plan.keys[0].slot].v.s[0] = HR_SPAN_LIT("{}");
    assert_refused(&w, "field 'UUID': the key is no single value");
    w.batch->columns[w.plan.keys[0].slot].v.s[0] = HR_SPAN_LIT("7");
    w.batch->columns[made].lane[0] = HR_LANE_ERROR;
    assert_refused(&w, "field 'made': the field has an error");
    world_finish(&w);
}

static void
check_plan(const hr_schema *schema, const char *key, bool insert, bool guard, const char *why)
{
    world w;

    world_init(&w, schema);
    assert_int_equal(world_plan(&w, key, insert, guard), HR_ECONFIG);
    assert_has_text(w.err.msg, why);
    assert_int_equal(w.err.loc.line, 9);
    world_finish(&w);
}

static void
a_key_that_cannot_identify_is_an_error_of_the_topology(void **unused)
{
    static const hr_schema_field own[] = {{.name = "_src", .schema = &string_type},
                                          {.name = "_id", .schema = &string_type}};
    static const hr_schema own_type = {.kind = HR_KIND_RECORD, .fields = own, .n_fields = 2};
    world w;
    hr_text fields[] = {name_of("num")};

    (void)unused;
    check_plan(&root_type, "nothing", false, false, "no field 'nothing'");
    check_plan(&root_type, "note", false, false, "cannot be null");
    check_plan(&root_type, "scores", false, false, "a key field cannot be list");
    check_plan(&own_type, "_id", false, true, "its own field _src");
    check_plan(&own_type, NULL, true, false, "makes _id itself");
    world_init(&w, &root_type);
    w.node.select = (hr_opt_list){fields, 1};
    assert_int_equal(world_plan(&w, "UUID", false, false), HR_ECONFIG);
    assert_has_text(w.err.msg, "leaves out the key field 'UUID'");
    world_finish(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_gives_the_types),
        cmocka_unit_test(without_a_schema_the_json_gives_the_types),
        cmocka_unit_test(overwritten_fields_keep_their_place_and_made_ones_come_last),
        cmocka_unit_test(a_made_field_hides_an_unknown_one_of_its_name),
        cmocka_unit_test(dropped_and_renamed_fields_are_followed),
        cmocka_unit_test(unknown_fields_are_left_out_where_the_source_says_so),
        cmocka_unit_test(of_equal_names_the_last_counts),
        cmocka_unit_test(a_selection_comes_in_its_order_with_null_for_what_is_missing),
        cmocka_unit_test(a_guard_adds_the_source_and_a_filter_that_lets_only_newer_ones_in),
        cmocka_unit_test(what_bson_or_the_schema_cannot_take_is_refused_with_its_place),
        cmocka_unit_test(a_document_of_more_than_16_mib_is_refused),
        cmocka_unit_test(a_row_whose_key_or_made_field_is_missing_is_refused),
        cmocka_unit_test(a_key_that_cannot_identify_is_an_error_of_the_topology),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
