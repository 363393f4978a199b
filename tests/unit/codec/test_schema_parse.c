/* SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "codec/schema.h"

#include <avro.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RECORD(fields) "{\"type\":\"record\",\"name\":\"T\",\"fields\":[" fields "]}"
#define FIELD(type) RECORD("{\"name\":\"f\",\"type\":" type "}")
#define FIELD_OR(type, fallback)                                                                   \
    RECORD("{\"name\":\"f\",\"type\":" type ",\"default\":" fallback "}")

static hr_arena *arena;
static hr_error err;

static const hr_schema *
parse(const char *text)
{
    const hr_schema *schema = NULL;

    memset(&err, 0, sizeof err);
    if (hr_schema_parse(arena, "t.avsc", text, strlen(text), &schema, &err) != HR_OK) {
        return NULL;
    }
    return schema;
}

/* The type of the only field, after avro-c has had its say too. */
static const hr_schema *
field_type(const char *text)
{
    const hr_schema *schema = parse(text);
    avro_schema_t theirs;

    if (schema == NULL) {
        fail_msg("%s: %d:%d: %s", text, err.loc.line, err.loc.col, err.msg);
        return NULL;
    }
    assert_int_equal(avro_schema_from_json_length(text, strlen(text), &theirs), 0);
    avro_schema_decref(theirs);
    return schema->fields[0].schema;
}

static void
primitive_types_have_their_kinds(void **unused)
{
    (void)unused;
    assert_int_equal(field_type(FIELD("\"int\""))->kind, HR_KIND_INT);
    assert_true(field_type(FIELD("\"int\""))->is_int32);
    assert_int_equal(field_type(FIELD("\"long\""))->kind, HR_KIND_INT);
    assert_false(field_type(FIELD("\"long\""))->is_int32);
    assert_int_equal(field_type(FIELD("\"float\""))->kind, HR_KIND_DOUBLE);
    assert_int_equal(field_type(FIELD("\"double\""))->kind, HR_KIND_DOUBLE);
    assert_int_equal(field_type(FIELD("\"string\""))->kind, HR_KIND_STRING);
    assert_int_equal(field_type(FIELD("\"boolean\""))->kind, HR_KIND_BOOL);
    assert_int_equal(field_type(FIELD("\"bytes\""))->kind, HR_KIND_BYTES);
    assert_int_equal(field_type(FIELD("{\"type\":\"string\",\"x\":1}"))->kind, HR_KIND_STRING);
}

static void
containers_and_named_types_are_built(void **unused)
{
    const hr_schema *s = field_type(FIELD("{\"type\":\"array\",\"items\":\"int\"}"));

    (void)unused;
    assert_int_equal(s->kind, HR_KIND_LIST);
    assert_int_equal(s->items->kind, HR_KIND_INT);
    s = field_type(FIELD("{\"type\":\"map\",\"values\":[\"null\",\"string\"]}"));
    assert_int_equal(s->kind, HR_KIND_MAP);
    assert_true(s->items->nullable);
    s = field_type(FIELD("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}"));
    assert_int_equal(s->kind, HR_KIND_STRING);
    assert_string_equal(s->name, "E");
    assert_int_equal(s->n_symbols, 2);
    assert_string_equal(s->symbols[1], "B");
    s = field_type(FIELD("{\"type\":\"fixed\",\"name\":\"F\",\"size\":16}"));
    assert_int_equal(s->kind, HR_KIND_BYTES);
    assert_int_equal(s->fixed_bytes, 16);
    s = field_type(FIELD("{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"fields\":"
                         "[{\"name\":\"x\",\"type\":\"int\"}]}"));
    assert_int_equal(s->kind, HR_KIND_RECORD);
    assert_string_equal(s->name, "R");
    assert_string_equal(hr_schema_find(s, "x")->name, "x");
    assert_null(hr_schema_find(s, "y"));
}

static void
a_union_with_null_is_nullable(void **unused)
{
    (void)unused;
    assert_true(field_type(FIELD("[\"null\",\"int\"]"))->nullable);
    assert_true(field_type(FIELD("[\"int\",\"null\"]"))->nullable);
    assert_false(field_type(FIELD("[\"int\"]"))->nullable);
    assert_false(field_type(FIELD("\"int\""))->nullable);
}

static void
logical_types_that_are_known_and_fit_are_used(void **unused)
{
    const hr_schema *s = field_type(FIELD("{\"type\":\"int\",\"logicalType\":\"date\"}"));

    (void)unused;
    assert_int_equal(s->kind, HR_KIND_TIMESTAMP);
    assert_int_equal(s->logical, HR_LOGICAL_DATE);
    assert_ptr_equal(hr_schema_type(s).schema, s);
    s = field_type(FIELD("[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}]"));
    assert_int_equal(s->logical, HR_LOGICAL_TIMESTAMP_MILLIS);
    assert_true(s->nullable);
    s = field_type(FIELD("{\"type\":\"string\",\"logicalType\":\"date\"}"));
    assert_int_equal(s->kind, HR_KIND_STRING);
    s = field_type(FIELD("{\"type\":\"long\",\"logicalType\":\"date\"}"));
    assert_int_equal(s->kind, HR_KIND_INT);
    s = field_type(FIELD("{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}"));
    assert_int_equal(s->kind, HR_KIND_INT);
}

static void
types_are_found_by_name_and_namespace(void **unused)
{
    const hr_schema *s =
        parse("{\"type\":\"record\",\"name\":\"T\",\"namespace\":\"n\",\"fields\":["
              "{\"name\":\"a\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"X\"]}},"
              "{\"name\":\"b\",\"type\":\"E\"},{\"name\":\"c\",\"type\":[\"null\",\"n.E\"]},"
              "{\"name\":\"d\",\"type\":{\"type\":\"fixed\",\"name\":\"o.F\",\"size\":2}},"
              "{\"name\":\"e\",\"type\":\"o.F\"}]}");

    (void)unused;
    assert_non_null(s);
    assert_string_equal(s->fields[1].schema->symbols[0], "X");
    assert_true(s->fields[2].schema->nullable);
    assert_false(s->fields[1].schema->nullable);
    assert_int_equal(s->fields[4].schema->fixed_bytes, 2);
}

static const char *
default_of(const char *text)
{
    const hr_schema *s = parse(text);

    if (s == NULL) {
        return err.msg;
    }
    assert_true(s->fields[0].has_default);
    return hr_arena_strndup(arena, (const char *)s->fields[0].default_json.data,
                            s->fields[0].default_json.len);
}

static void
defaults_are_kept_as_records_hold_them(void **unused)
{
    (void)unused;
    assert_string_equal(default_of(FIELD_OR("\"int\"", "-1")), "-1");
    assert_string_equal(default_of(FIELD_OR("\"double\"", "1.50")), "1.50");
    assert_string_equal(default_of(FIELD_OR("\"double\"", "1")), "1");
    assert_string_equal(default_of(FIELD_OR("[\"null\",\"int\"]", "null")), "null");
    assert_string_equal(default_of(FIELD_OR("[\"int\",\"null\"]", "3")), "3");
    assert_string_equal(default_of(FIELD_OR("\"string\"", "\"a\\n\"")), "\"a\\n\"");
    assert_string_equal(default_of(FIELD_OR("\"bytes\"", "\"\\u00ff\\u0000a\"")), "\"/wBh\"");
    assert_string_equal(
        default_of(FIELD_OR("{\"type\":\"array\",\"items\":\"long\"}", "[ 1 , 2 ]")), "[1,2]");
    assert_string_equal(
        default_of(FIELD_OR("{\"type\":\"map\",\"values\":\"bytes\"}", "{\"k\" : \"a\"}")),
        "{\"k\":\"YQ==\"}");
    assert_string_equal(default_of(FIELD_OR("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                                            "{\"name\":\"x\",\"type\":\"int\",\"default\":4},"
                                            "{\"name\":\"y\",\"type\":[\"null\",\"int\"]},"
                                            "{\"name\":\"z\",\"type\":\"int\"}]}",
                                            "{\"z\":1}")),
                        "{\"x\":4,\"y\":null,\"z\":1}");
}

static const struct {
    const char *text;
    int line, col;
    const char *message, *hint;
} refused[] = {
    {"{\"type\":\"record\",\n \"name\":}", 2, 9, "unexpected token", ""},
    {"{\"type\":\"record\",\"type\":\"record\"}", 1, 23, "duplicate object key", ""},
    {"\"int\"", 1, 5, "'[' or '{' expected", ""},
    {"[\"null\"," RECORD("{\"name\":\"f\",\"type\":\"int\"}") "]", 1, 1,
     "the schema of a topic must be a record", "start with"},
    {"{\"type\":\"array\",\"items\":\"int\"}", 1, 1, "the schema of a topic must be a record", ""},
    {"{\"name\":\"T\"}", 1, 1, "\"type\" is missing", ""},
    {"{\"type\":\"record\",\"fields\":[]}", 1, 1, "\"name\" is missing", ""},
    {"{\"type\":\"record\",\"name\":\"T\"}", 1, 1, "\"fields\" is missing", ""},
    {"{\"type\":\"record\",\"name\":\"T\",\"fields\":{}}", 1, 38, "\"fields\" must be a list", ""},
    {"{\"type\":\"record\",\"name\":\"T\",\"fields\":[]}", 1, 38, "1 to 1000 fields", ""},
    {"{\"type\":\"record\",\"name\":\"1T\",\"fields\":[]}", 1, 25, "is no Avro name", "letters"},
    {RECORD("\n\n  {\"name\":\"f\",\"type\":\"strin\"}"), 3, 22, "unknown type 'strin'",
     "did you mean 'string'?"},
    {RECORD("\n{\"name\":\"f\"}"), 2, 9, "the field 'f' has no \"type\"", ""},
    {RECORD("\n{\"type\":\"int\"}"), 2, 1, "a field's \"name\" is missing", ""},
    {RECORD("\n{\"name\":\"f-g\",\"type\":\"int\"}"), 2, 9, "is no Avro name", ""},
    {RECORD("\n1"), 2, 1, "a field must be an object", ""},
    {RECORD("{\"name\":\"f\",\"type\":\"int\"},\n {\"name\":\"f\",\"type\":\"int\"}"), 2, 2,
     "the field 'f' is there twice", ""},
    {RECORD("\n{\"name\":\"f\",\"type\":\"null\"}"), 2, 20, "always null",
     "[\"null\", \"string\"]"},
    {RECORD("\n{\"name\":\"f\",\"type\":\"array\"}"), 2, 20, "needs the object form",
     "{\"type\": \"array\", ...}"},
    {RECORD("\n{\"name\":\"f\",\"type\":7}"), 2, 20, "a type must be a name", ""},
    {RECORD("\n{\"name\":\"f\",\"type\":[\"int\",\"string\"]}"), 2, 20, "holds 2 types",
     "[\"null\", TYPE]"},
    {RECORD("\n{\"name\":\"f\",\"type\":[\"null\",\"int\",\"string\"]}"), 2, 20,
     "holds 2 types and null", "[\"null\", TYPE]"},
    {RECORD("\n{\"name\":\"f\",\"type\":[\"null\"]}"), 2, 20, "holds 0 types and null", ""},
    {RECORD("\n{\"name\":\"f\",\"type\":[]}"), 2, 20, "holds 0 types", ""},
    {RECORD("\n{\"name\":\"f\",\"type\":[\"null\",[\"int\"]]}"), 2, 28, "directly in a union", ""},
    {RECORD("\n{\"name\":\"f\",\"type\":\"T\"}"), 2, 20, "the record T contains itself",
     "recursive"},
    {RECORD("\n{\"name\":\"f\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":-2}}"), 2, 54,
     "\"size\" must be 1 to 1048576", ""},
    {RECORD("\n{\"name\":\"f\",\"type\":{\"type\":\"fixed\",\"name\":\"F\"}}"), 2, 20,
     "\"size\" is missing", ""},
    {RECORD("\n{\"name\":\"f\",\"type\":{\"type\":\"fixed\",\"name\":\"T\",\"size\":1}}"), 2, 43,
     "the type T is defined twice", ""},
    {RECORD("\n{\"name\":\"f\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}}"), 2, 56,
     "1 to 10000 symbols", ""},
    {RECORD("\n{\"name\":\"f\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a b\"]}}"),
     2, 57, "is no Avro name", ""},
    {RECORD("\n{\"name\":\"f\",\"type\":{\"type\":\"array\"}}"), 2, 20, "\"items\" is missing", ""},
    {RECORD("\n{\"name\":\"f\",\"type\":{\"type\":\"map\"}}"), 2, 20, "\"values\" is missing", ""},
    {RECORD("\n{\"name\":\"f\",\"type\":\"int\",\"default\":1.5}"), 2, 36,
     "the default 1.5 does not fit the field's type, int", "[\"null\", TYPE]"},
    {RECORD("\n{\"name\":\"f\",\"type\":\"int\",\"default\":2147483648}"), 2, 36, "does not fit",
     ""},
    {RECORD("\n{\"name\":\"f\",\"type\":\"int\",\"default\":null}"), 2, 36, "does not fit",
     "[\"null\", TYPE]"},
    {RECORD("\n{\"name\":\"f\",\"type\":\"bytes\",\"default\":\"\\u0100\"}"), 2, 38, "does not fit",
     ""},
    {RECORD("\n{\"name\":\"f\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]},"
            "\"default\":\"B\"}"),
     2, 73, "does not fit", ""},
    {RECORD("\n{\"name\":\"Ünï\",\"type\":\"int\"}"), 2, 9, "is no Avro name", ""},
    {RECORD("\n{\"doc\":\"Ünï\",\"name\":\"f\",\"type\":\"x\"}"), 2, 32, "unknown type", ""},
};

static void
each_mistake_has_its_place_and_remedy(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_null(parse(refused[i].text));
        assert_int_equal(err.code, HR_ECONFIG);
        if (err.loc.line != refused[i].line || err.loc.col != refused[i].col ||
            strstr(err.msg, refused[i].message) == NULL ||
            strstr(err.hint, refused[i].hint) == NULL) {
            fail_msg("%s:\n%d:%d %s (%s)\nexpected %d:%d %s (%s)", refused[i].text, err.loc.line,
                     err.loc.col, err.msg, err.hint, refused[i].line, refused[i].col,
                     refused[i].message, refused[i].hint);
        }
        assert_string_equal(err.loc.file, "t.avsc");
        assert_string_equal(err.slug, "bad-schema");
    }
}

static void
nesting_has_a_limit(void **unused)
{
    char text[2000];
    size_t n;

    (void)unused;
    for (int depth = 10; depth <= 40; depth += 10) {
        n = (size_t)sprintf(text, "{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"f\","
                                  "\"type\":");
        for (int i = 0; i < depth; i++) {
            n += (size_t)sprintf(text + n, "{\"type\":\"array\",\"items\":");
        }
        n += (size_t)sprintf(text + n, "\"int\"");
        memset(text + n, '}', (size_t)depth);
        memcpy(text + n + depth, "}]}", 4);
        if (depth == 10) {
            assert_non_null(parse(text));
        } else {
            assert_null(parse(text));
            assert_has_text(err.msg, "deep");
        }
    }
}

static void
named_types_used_again_and_again_count_in_full(void **unused)
{
    /* R0 has 10 fields, R1 ten times R0 ...: 10^5 types in a small file. */
    static char text[20000];
    size_t n = (size_t)sprintf(text, "{\"type\":\"record\",\"name\":\"T\",\"fields\":[");

    (void)unused;
    for (int level = 0; level < 5; level++) {
        n += (size_t)sprintf(text + n,
                             "%s{\"name\":\"r%d\",\"type\":{\"type\":\"record\",\"name\":\"R%d\","
                             "\"fields\":[",
                             level > 0 ? "," : "", level, level);
        for (int i = 0; i < 10; i++) {
            n += (size_t)sprintf(text + n, "%s{\"name\":\"f%d\",\"type\":\"", i > 0 ? "," : "", i);
            n += (size_t)(level == 0 ? sprintf(text + n, "int")
                                     : sprintf(text + n, "R%d", level - 1));
            n += (size_t)sprintf(text + n, "\"}");
        }
        n += (size_t)sprintf(text + n, "]}}");
    }
    sprintf(text + n, "]}");
    assert_null(parse(text));
    assert_has_text(err.msg, "more than 10000 types");
}

static void
files_are_read_whole_or_refused(void **unused)
{
    const hr_schema *schema = NULL;
    char path[] = "/tmp/hr_schema_XXXXXX";
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "wb");

    (void)unused;
    assert_int_equal(
        hr_schema_load(arena, HR_SOURCE_DIR "/schemas/flight_delay_request.avsc", &schema, &err),
        HR_OK);
    assert_int_equal(schema->n_fields, 12);
    assert_int_equal(hr_schema_find(schema, "DepDelay")->schema->kind, HR_KIND_DOUBLE);
    assert_true(hr_schema_find(schema, "FlightNum")->schema->nullable);
    assert_int_equal(hr_schema_load(arena, "/nonexistent.avsc", &schema, &err), HR_EIO);
    assert_has_text(err.msg, "No such file");
    for (int i = 0; i < 1100000; i++) {
        fputc(' ', f);
    }
    fclose(f);
    assert_int_equal(hr_schema_load(arena, path, &schema, &err), HR_ECONFIG);
    assert_has_text(err.msg, "larger than 1 MiB");
    unlink(path);
}

static void
out_of_memory_is_an_error(void **unused)
{
    const char *text = FIELD_OR("{\"type\":\"array\",\"items\":\"long\"}", "[1,2]");
    const hr_schema *schema;
    int rc = HR_ENOMEM;

    (void)unused;
    for (size_t limit = 16; rc == HR_ENOMEM; limit += 64) {
        hr_arena *small = hr_arena_create(16, limit);

        rc = hr_schema_parse(small, "t", text, strlen(text), &schema, &err);
        hr_arena_destroy(small);
        assert_true(limit < 1u << 20);
    }
    assert_int_equal(rc, HR_OK);
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
        cmocka_unit_test(primitive_types_have_their_kinds),
        cmocka_unit_test(containers_and_named_types_are_built),
        cmocka_unit_test(a_union_with_null_is_nullable),
        cmocka_unit_test(logical_types_that_are_known_and_fit_are_used),
        cmocka_unit_test(types_are_found_by_name_and_namespace),
        cmocka_unit_test(defaults_are_kept_as_records_hold_them),
        cmocka_unit_test(each_mistake_has_its_place_and_remedy),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(named_types_used_again_and_again_count_in_full),
        cmocka_unit_test(files_are_read_whole_or_refused),
        cmocka_unit_test(out_of_memory_is_an_error),
    };

    return cmocka_run_group_tests(tests, create, destroy);
}
