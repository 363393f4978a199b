/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "codec/schema.h"
#include "record/fields.h"

static const hr_schema type_string = {.kind = HR_KIND_STRING};
static const hr_schema type_int = {.kind = HR_KIND_INT, .is_int32 = true};
static const hr_schema type_map = {.kind = HR_KIND_MAP, .items = &type_int};
static const hr_schema_field address_fields[] = {
    {.name = "city", .schema = &type_string},
    {.name = "zip", .schema = &type_int},
    {.name = "tags", .schema = &type_map},
};
static const hr_schema type_address = {
    .kind = HR_KIND_RECORD, .nullable = true, .fields = address_fields, .n_fields = 3};

typedef struct fixture {
    hr_arena *arena;
    hr_lineage lineage;
    hr_fields fields;
    hr_error err;
    size_t used;
    hr_type type;
    int slot;
} fixture;

static void
add_source_field(fixture *f, const char *name, const hr_schema *schema)
{
    assert_int_equal(
        hr_fields_make(f->arena, &f->fields, name, hr_schema_type(schema), HR_SLOT_UNREAD), HR_OK);
    hr_fields_find(&f->fields, name)->source_name = name;
}

static int
setup(void **state)
{
    static fixture f;

    f = (fixture){.arena = hr_arena_create(4096, 0)};
    f.lineage.arena = f.arena;
    f.slot = -9;
    add_source_field(&f, "name", &type_string);
    add_source_field(&f, "age", &type_int);
    add_source_field(&f, "address", &type_address);
    *state = &f;
    return 0;
}

static int
teardown(void **state)
{
    fixture *f = *state;

    hr_arena_destroy(f->arena);
    return 0;
}

static int
resolve(fixture *f, const char *a, const char *b, const char *c)
{
    const char *path[] = {a, b, c};
    size_t n = c != NULL ? 3 : b != NULL ? 2 : 1;

    return hr_fields_resolve(&f->fields, &f->lineage, path, n, &f->used, &f->type, &f->slot,
                             &f->err);
}

static void
a_source_field_is_projected_once(void **state)
{
    fixture *f = *state;
    int first;

    assert_int_equal(resolve(f, "age", NULL, NULL), HR_OK);
    first = f->slot;
    assert_int_equal(f->used, 1);
    assert_int_equal(f->type.kind, HR_KIND_INT);
    assert_int_equal(resolve(f, "age", NULL, NULL), HR_OK);
    assert_int_equal(f->slot, first);
    assert_int_equal(f->lineage.n_projections, 1);
    assert_int_equal(f->lineage.layout.n, 1);
    assert_int_equal(f->lineage.layout.slots[first], HR_KIND_INT);
    assert_int_equal(hr_fields_find(&f->fields, "age")->slot, first);
    assert_int_equal(hr_fields_find(&f->fields, "name")->slot, HR_SLOT_UNREAD);
}

static void
a_nested_path_is_projected_and_takes_over_the_null_of_its_parent(void **state)
{
    fixture *f = *state;

    assert_int_equal(resolve(f, "address", "city", NULL), HR_OK);
    assert_int_equal(f->used, 2);
    assert_int_equal(f->type.kind, HR_KIND_STRING);
    assert_true(f->type.nullable);
    assert_int_equal(f->lineage.projections[0].n, 2);
    assert_string_equal(f->lineage.projections[0].path[1], "city");
    assert_int_equal(hr_fields_find(&f->fields, "address")->slot, HR_SLOT_UNREAD);
}

static void
a_path_stops_at_a_map(void **state)
{
    fixture *f = *state;

    assert_int_equal(resolve(f, "address", "tags", "x"), HR_OK);
    assert_int_equal(f->used, 2);
    assert_int_equal(f->type.kind, HR_KIND_MAP);
    assert_ptr_equal(f->type.schema, &type_map);
}

static void
an_unknown_field_gives_the_nearest_name(void **state)
{
    fixture *f = *state;

    assert_int_equal(resolve(f, "nane", NULL, NULL), HR_ECONFIG);
    assert_string_equal(f->err.slug, "unknown-field");
    assert_string_equal(f->err.hint, "did you mean 'name'?");
    assert_int_equal(resolve(f, "address", "citi", NULL), HR_ECONFIG);
    assert_string_equal(f->err.msg, "the record 'address' has no field 'citi'");
    assert_string_equal(f->err.hint, "did you mean 'city'?");
    assert_int_equal(f->lineage.n_projections, 0);
}

static void
what_follows_from_an_error_is_reported_already(void **state)
{
    fixture *f = *state;

    hr_fields_find(&f->fields, "age")->broken = true;
    assert_int_equal(resolve(f, "age", NULL, NULL), HR_EREPORTED);
    f->fields.broken = true;
    assert_int_equal(resolve(f, "anything", NULL, NULL), HR_EREPORTED);
    assert_int_equal(resolve(f, "name", NULL, NULL), HR_OK);
}

static void
an_overwrite_stays_in_its_place_and_drops_the_source_field(void **state)
{
    fixture *f = *state;
    hr_type type = {.kind = HR_KIND_DOUBLE};
    int slot = hr_lineage_slot(&f->lineage, HR_KIND_DOUBLE);

    assert_int_equal(hr_fields_make(f->arena, &f->fields, "age", type, slot), HR_OK);
    assert_int_equal(f->fields.n, 3);
    assert_string_equal(f->fields.v[1].name, "age");
    assert_null(f->fields.v[1].source_name);
    assert_int_equal(f->fields.n_dropped, 1);
    assert_string_equal(f->fields.dropped[0], "age");
    assert_int_equal(resolve(f, "age", NULL, NULL), HR_OK);
    assert_int_equal(f->slot, slot);
    assert_int_equal(f->type.kind, HR_KIND_DOUBLE);
    assert_int_equal(f->lineage.n_projections, 0);
}

static void
a_dropped_field_cannot_be_read(void **state)
{
    fixture *f = *state;

    assert_int_equal(hr_fields_drop(f->arena, &f->fields, "name"), HR_OK);
    assert_int_equal(f->fields.n, 2);
    assert_string_equal(f->fields.v[0].name, "age");
    assert_int_equal(resolve(f, "name", NULL, NULL), HR_ECONFIG);
    assert_string_equal(f->err.msg, "the field 'name' was dropped by a step before");
}

static void
without_a_schema_every_path_is_any(void **state)
{
    fixture *f = *state;
    hr_type type = {.kind = HR_KIND_INT};

    f->fields = (hr_fields){.open = true};
    assert_int_equal(resolve(f, "a", "b", "c"), HR_OK);
    assert_int_equal(f->used, 3);
    assert_int_equal(f->type.kind, HR_KIND_ANY);
    assert_true(f->type.nullable);
    assert_int_equal(hr_fields_make(f->arena, &f->fields, "made", type, 5), HR_OK);
    assert_int_equal(hr_fields_drop(f->arena, &f->fields, "made"), HR_OK);
    assert_int_equal(hr_fields_drop(f->arena, &f->fields, "other"), HR_OK);
    assert_int_equal(f->fields.n_dropped, 2);
    assert_int_equal(resolve(f, "made", NULL, NULL), HR_ECONFIG);
    assert_int_equal(resolve(f, "other", "x", NULL), HR_ECONFIG);
}

static void
a_renamed_field_is_read_under_its_new_name_only(void **state)
{
    fixture *f = *state;

    f->fields.open = true;
    hr_fields_find(&f->fields, "name")->name = "label";
    assert_int_equal(resolve(f, "label", NULL, NULL), HR_OK);
    assert_string_equal(f->lineage.projections[0].path[0], "name");
    assert_int_equal(resolve(f, "name", NULL, NULL), HR_ECONFIG);
}

static void
a_copy_is_independent(void **state)
{
    fixture *f = *state;
    hr_type type = {.kind = HR_KIND_INT};
    hr_fields copy;

    assert_int_equal(hr_fields_drop(f->arena, &f->fields, "name"), HR_OK);
    assert_int_equal(hr_fields_copy(f->arena, &f->fields, &copy), HR_OK);
    for (int i = 0; i < 20; i++) {
        char *name = hr_arena_printf(f->arena, "f%d", i);

        assert_int_equal(hr_fields_make(f->arena, &copy, name, type, i), HR_OK);
    }
    assert_int_equal(hr_fields_drop(f->arena, &copy, "address"), HR_OK);
    assert_int_equal(hr_fields_drop(f->arena, &copy, "age"), HR_OK);
    assert_int_equal(copy.n, 20);
    assert_int_equal(copy.n_dropped, 3);
    assert_int_equal(f->fields.n, 2);
    assert_int_equal(f->fields.n_dropped, 1);
    assert_string_equal(copy.v[19].name, "f19");
    assert_non_null(hr_fields_find(&f->fields, "age"));
}

static void
touched_names_have_one_index_each(void **state)
{
    fixture *f = *state;

    assert_int_equal(hr_lineage_touch(&f->lineage, "a"), 0);
    assert_int_equal(hr_lineage_touch(&f->lineage, "b"), 1);
    assert_int_equal(hr_lineage_touch(&f->lineage, "c"), 2);
    assert_int_equal(hr_lineage_touch(&f->lineage, "b"), 1);
    assert_int_equal(f->lineage.n_touched, 3);
}

static void
an_exhausted_arena_is_an_error(void **state)
{
    fixture *f = *state;
    hr_arena *small = hr_arena_create(64, 64);
    hr_lineage lineage = {.arena = small};
    int slot = 0;

    for (int i = 0; i < 100 && slot >= 0; i++) {
        slot = hr_lineage_slot(&lineage, HR_KIND_INT);
    }
    assert_int_equal(slot, HR_ENOMEM);
    assert_int_equal(hr_fields_copy(small, &f->fields, &f->fields), HR_ENOMEM);
    hr_arena_destroy(small);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_source_field_is_projected_once),
        TEST(a_nested_path_is_projected_and_takes_over_the_null_of_its_parent),
        TEST(a_path_stops_at_a_map),
        TEST(an_unknown_field_gives_the_nearest_name),
        TEST(what_follows_from_an_error_is_reported_already),
        TEST(an_overwrite_stays_in_its_place_and_drops_the_source_field),
        TEST(a_dropped_field_cannot_be_read),
        TEST(without_a_schema_every_path_is_any),
        TEST(a_renamed_field_is_read_under_its_new_name_only),
        TEST(a_copy_is_independent),
        TEST(touched_names_have_one_index_each),
        TEST(an_exhausted_arena_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
