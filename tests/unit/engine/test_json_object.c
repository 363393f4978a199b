/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_json_object.h"
#include "../config/config_test.h"

/* A node of four fields and one row, made by hand. */
typedef struct rig {
    config_test *t;
    hr_topology topology;
    hr_lineage lineage;
    hr_node node;
    int name, n, share, scores;
    hr_batch *batch;
} rig;

static int
rig_field(rig *r, const char *name, hr_type type)
{
    int slot = hr_lineage_slot(&r->lineage, type.kind);

    assert_true(slot >= 0);
    assert_int_equal(hr_fields_make(r->t->arena, &r->node.fields, name, type, slot), HR_OK);
    return slot;
}

static rig
rig_make(void **state)
{
    static rig r;

    r = (rig){.t = *state};
    r.topology = (hr_topology){.arena = r.t->arena, .diag = r.t->diag, .file = "a.yaml"};
    r.lineage = (hr_lineage){.arena = r.t->arena};
    r.node = (hr_node){.topology = &r.topology, .lineage = &r.lineage};
    r.name = rig_field(&r, "Name", (hr_type){.kind = HR_KIND_STRING});
    r.n = rig_field(&r, "N", (hr_type){.kind = HR_KIND_INT, .nullable = true});
    r.share = rig_field(&r, "Share", (hr_type){.kind = HR_KIND_DOUBLE});
    r.scores = rig_field(&r, "Scores", (hr_type){.kind = HR_KIND_LIST});
    return r;
}

static hr_json_object *
rig_compile(rig *r, const char *yaml)
{
    hr_yaml_node *node = config_parse(r->t, yaml);
    hr_json_object *object = NULL;
    hr_error err = {0};

    assert_non_null(node);
    r->node.yaml = node;
    if (hr_json_object_compile(&r->node, node, &object, &err) != HR_OK) {
        assert_int_equal(err.code, HR_EREPORTED);
        return NULL;
    }
    return object;
}

static void
rig_row(rig *r)
{
    hr_batch *batch = hr_batch_create(&r->lineage.layout, 65536);

    assert_non_null(batch);
    r->batch = batch;
    batch->n_rows = batch->n_records = 1;
    hr_batch_column(batch, r->name)->v.s[0] = HR_SPAN_LIT("a \"b\"\n");
    hr_batch_column(batch, r->n)->v.i[0] = -7;
    hr_batch_column(batch, r->share)->v.d[0] = 0.1;
    hr_batch_column(batch, r->scores)->v.s[0] = HR_SPAN_LIT("[0.5, 0.25]");
    for (size_t i = 0; i < r->lineage.layout.n; i++) {
        hr_batch_column(batch, (int)i)->lane[0] = HR_LANE_OK;
    }
}

static int
rig_write(rig *r, const hr_json_object *object, hr_buf *out, hr_error *err)
{
    hr_json_frame *frame = hr_json_frame_create(object);
    int rc;

    assert_non_null(frame);
    rc = hr_json_object_write(object, frame, r->batch, 0, out, err);
    hr_json_frame_destroy(frame);
    return rc;
}

static void
rig_expect(rig *r, const char *yaml, const char *json)
{
    hr_json_object *object = rig_compile(r, yaml);
    hr_buf out = {0};
    hr_error err = {0};

    if (object == NULL) {
        fail_msg("%s", config_shown(r->t, HR_DIAG_TEXT));
    }
    rig_row(r);
    assert_int_equal(rig_write(r, object, &out, &err), HR_OK);
    assert_int_equal(hr_buf_append(&out, "", 1), HR_OK);
    assert_string_equal((const char *)out.data, json);
    hr_buf_finish(&out);
    hr_batch_destroy(r->batch);
}

static void
values_are_expressions_maps_and_lists(void **state)
{
    rig r = rig_make(state);

    rig_expect(&r,
               "status: '\"OK\"'\n"
               "one: 1\n"
               "prediction:\n"
               "  Name: Name\n"
               "  next: N + 1\n"
               "  deep: {Scores: Scores, share: Share}\n"
               "  empty: {}\n"
               "list: [Name, N > 0, [N]]\n",
               "{\"status\":\"OK\",\"one\":1,\"prediction\":{\"Name\":\"a \\\"b\\\"\\n\","
               "\"next\":-6,\"deep\":{\"Scores\":[0.5, 0.25],\"share\":0.1},\"empty\":{}},"
               "\"list\":[\"a \\\"b\\\"\\n\",false,[-7]]}");
}

static void
a_star_is_an_object_of_all_fields(void **state)
{
    rig r = rig_make(state);

    rig_expect(&r, "row: '*'\nend: true\n",
               "{\"row\":{\"Name\":\"a \\\"b\\\"\\n\",\"N\":-7,\"Share\":0.1,\"Scores\":"
               "[0.5, 0.25]},\"end\":true}");
}

static void
a_null_field_is_null(void **state)
{
    rig r = rig_make(state);
    hr_json_object *object = rig_compile(&r, "n: N\nrow: '*'\n");
    hr_buf out = {0};
    hr_error err = {0};

    rig_row(&r);
    hr_batch_column(r.batch, r.n)->lane[0] = HR_LANE_NULL;
    assert_int_equal(rig_write(&r, object, &out, &err), HR_OK);
    assert_int_equal(hr_buf_append(&out, "", 1), HR_OK);
    assert_has_text((const char *)out.data, "{\"n\":null,");
    assert_has_text((const char *)out.data, "\"N\":null,");
    hr_buf_finish(&out);
    hr_batch_destroy(r.batch);
}

static void
an_error_of_an_expression_leaves_the_buffer_as_it_was(void **state)
{
    rig r = rig_make(state);
    hr_json_object *object = rig_compile(&r, "name: Name\nshare: 1 / (N + 7)\n");
    hr_buf out = {0};
    hr_error err = {0};

    rig_row(&r);
    assert_int_equal(hr_buf_append(&out, "x", 1), HR_OK);
    assert_int_equal(rig_write(&r, object, &out, &err), HR_ERECORD);
    assert_string_equal(err.msg, "share: division by zero");
    assert_int_equal(out.len, 1);
    hr_buf_finish(&out);
    hr_batch_destroy(r.batch);
}

static void
an_object_larger_than_the_buffer_is_no_memory(void **state)
{
    rig r = rig_make(state);
    hr_json_object *object = rig_compile(&r, "row: '*'\n");
    hr_buf out = {.cap_max = 20};
    hr_error err = {0};

    rig_row(&r);
    assert_int_equal(rig_write(&r, object, &out, &err), HR_ENOMEM);
    assert_int_equal(out.len, 0);
    hr_buf_finish(&out);
    hr_batch_destroy(r.batch);
}

static void
every_mistake_is_reported_with_its_place(void **state)
{
    rig r = rig_make(state);
    const char *shown;

    assert_null(rig_compile(&r, "status: OK\ndeep: {name: Nane}\nempty:\nsum: Name + N\n"));
    shown = config_shown(r.t, HR_DIAG_TEXT);
    assert_has_text(shown, "a.yaml:1:9: error[unknown-field]");
    assert_has_text(shown, "a text is written '\"OK\"'");
    assert_has_text(shown, "a.yaml:2:14: error[unknown-field]");
    assert_has_text(shown, "did you mean 'Name'?");
    assert_has_text(shown, "a.yaml:3:7: error[null-value]: 'empty' has no value");
    assert_has_text(shown, "a.yaml:4:11: error[type-mismatch]");
    assert_int_equal(hr_diag_errors(r.t->diag), 4);
    assert_true(r.node.broken);
}

static void
a_star_needs_a_schema(void **state)
{
    rig r = rig_make(state);

    r.node.fields.open = true;
    assert_null(rig_compile(&r, "row: '*'\n"));
    assert_has_text(config_shown(r.t, HR_DIAG_TEXT), "a.yaml:1:6: error[no-schema]");
}

static void
an_object_has_a_largest_size(void **state)
{
    rig r = rig_make(state);
    char *yaml = NULL;
    size_t size;
    FILE *out = open_memstream(&yaml, &size);

    for (int i = 0; i < 300; i++) {
        fprintf(out, "f%d: %d\n", i, i);
    }
    fclose(out);
    assert_null(rig_compile(&r, yaml));
    assert_has_text(config_shown(r.t, HR_DIAG_TEXT), "error[too-large]: more than 256 values");
    assert_int_equal(hr_diag_errors(r.t->diag), 1);
    free(yaml);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        config_unit_test(values_are_expressions_maps_and_lists),
        config_unit_test(a_star_is_an_object_of_all_fields),
        config_unit_test(a_null_field_is_null),
        config_unit_test(an_error_of_an_expression_leaves_the_buffer_as_it_was),
        config_unit_test(an_object_larger_than_the_buffer_is_no_memory),
        config_unit_test(every_mistake_is_reported_with_its_place),
        config_unit_test(a_star_needs_a_schema),
        config_unit_test(an_object_has_a_largest_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
