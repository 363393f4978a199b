/* Any bytes as a JSON record: decoded with and without a schema, beside jansson as the judge of
 * what is JSON; what was accepted is encoded by splice and template and must be JSON again; and
 * walked.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"
#include "codec/json_walk.h"
#include "codec/schema.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NULLABLE(type) "[\"null\"," type "]"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"

static const char schema_text[] =
    "{\"type\":\"record\",\"name\":\"T\",\"fields\":["
    "{\"name\":\"i\",\"type\":\"int\",\"default\":1}," FIELD("l", NULLABLE("\"long\"")) "," FIELD("d", NULLABLE("\"double\"")) "," FIELD("b", NULLABLE("\"boolean\"")) "," FIELD("s", NULLABLE("\"string\"")) "," FIELD(
        "y",
        NULLABLE(
            "\"bytes\"")) "," FIELD("e",
                                    NULLABLE(
                                        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\","
                                        "\"BC\"]}")) "," FIELD("list",
                                                               NULLABLE(
                                                                   "{\"type\":\"array\",\"items\":"
                                                                   "\"int\"}")) "," FIELD("map",
                                                                                          NULLABLE(
                                                                                              "{\"t"
                                                                                              "ype"
                                                                                              "\":"
                                                                                              "\"ma"
                                                                                              "p\","
                                                                                              "\"va"
                                                                                              "lues"
                                                                                              "\":"
                                                                                              "\"do"
                                                                                              "uble"
                                                                                              "\""
                                                                                              "}")) "," FIELD("r",
                                                                                                              NULLABLE("{\"type\":\"record\",\"name\":\"R\",\"fields\":[" FIELD(
                                                                                                                  "x",
                                                                                                                  "\"long\"") "," FIELD("y",
                                                                                                                                        NULLABLE(
                                                                                                                                            "\"string\"")) "]}")) "]}";

/* A source with a decoder and two encoders. */
typedef struct rig {
    hr_lineage lineage;
    hr_fields fields;
    hr_decoder *decoder;
    hr_encoder *splice, *template;
    hr_batch *batch;
    void *state;
    int made;
} rig;

static hr_arena *arena;
static rig typed, open;

static void
must(bool fine, const char *what)
{
    if (!fine) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void
rig_fields(rig *r, const hr_schema *schema)
{
    for (size_t i = 0; schema != NULL && i < schema->n_fields; i++) {
        const hr_schema_field *field = &schema->fields[i];

        must(hr_fields_make(arena, &r->fields, field->name, hr_schema_type(field->schema),
                            HR_SLOT_UNREAD) == HR_OK,
             "make");
        hr_fields_find(&r->fields, field->name)->source_name = field->name;
    }
}

static void
rig_read(rig *r, const char *a, const char *b)
{
    const char *path[] = {a, b};
    hr_type type;
    size_t used;
    int slot;

    must(hr_fields_resolve(&r->fields, &r->lineage, path, b != NULL ? 2 : 1, &used, &type, &slot,
                           NULL) == HR_OK,
         "resolve");
}

static void
rig_init(rig *r, const hr_schema *schema, const char *const *reads, size_t n)
{
    static const hr_text select[] = {
        {.s = "made", .len = 4}, {.s = "s", .len = 1}, {.s = "i", .len = 1}};
    hr_type type = {.kind = HR_KIND_STRING};

    r->lineage = (hr_lineage){.arena = arena, .schema = schema};
    r->fields = (hr_fields){.open = schema == NULL, .unknown = true};
    rig_fields(r, schema);
    for (size_t i = 0; i < n; i++) {
        rig_read(r, reads[i], NULL);
    }
    rig_read(r, "r", "x");
    rig_read(r, "r", "y");
    must(hr_encoder_create(arena, HR_FORMAT_JSON, &r->lineage, &r->fields, select + 1, 2,
                           &r->template, NULL) == HR_OK,
         "template");
    r->made = hr_lineage_slot(&r->lineage, HR_KIND_STRING);
    must(hr_fields_make(arena, &r->fields, "l", type, r->made) == HR_OK, "make l");
    must(hr_fields_make(arena, &r->fields, "made", type, r->made) == HR_OK, "make");
    must(hr_fields_drop(arena, &r->fields, "d") == HR_OK, "drop");
    must(hr_encoder_create(arena, HR_FORMAT_JSON, &r->lineage, &r->fields, NULL, 0, &r->splice,
                           NULL) == HR_OK,
         "splice");
    must(hr_decoder_create(arena, &r->lineage, &r->decoder, NULL) == HR_OK, "decoder");
    r->batch = hr_batch_create(&r->lineage.layout, 64u << 20);
    r->state = calloc(1, hr_decoder_state_size(r->decoder));
    must(r->batch != NULL && r->state != NULL, "memory");
}

static void
init(void)
{
    static const char *const reads[] = {"i", "l", "d", "b", "s", "y", "e", "list", "map", "r"};
    const hr_schema *schema;

    arena = hr_arena_create(1u << 16, 0);
    must(arena != NULL && hr_schema_parse(arena, "fuzz", schema_text, sizeof schema_text - 1,
                                          &schema, NULL) == HR_OK,
         "schema");
    rig_init(&typed, schema, reads, sizeof reads / sizeof reads[0]);
    rig_init(&open, NULL, reads, sizeof reads / sizeof reads[0]);
}

/* 1: an object, 0: not JSON or no object, -1: not for jansson to say (it refuses some texts for
 * reasons of its own, and swallows a NUL byte behind a number or literal). */
static int
verdict(hr_span text)
{
    json_error_t error;
    json_t *json =
        json_loadb((const char *)text.data, text.len, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    int object = json_is_object(json);

    json_decref(json);
    if (memchr(text.data, 0, text.len) != NULL) {
        return -1;
    }
    if (json == NULL &&
        (strstr(error.text, "too big") != NULL || strstr(error.text, "overflow") != NULL ||
         strstr(error.text, "NUL byte in object key") != NULL ||
         strstr(error.text, "maximum parsing depth") != NULL)) {
        return -1;
    }
    return object;
}

static bool
is_limit(const char *reason)
{
    return strstr(reason, "nested deeper") != NULL || strstr(reason, "100000") != NULL ||
           strstr(reason, "1 MiB") != NULL || strstr(reason, "memory") != NULL;
}

static void
check_output(rig *r, const hr_encoder *encoder, hr_span text)
{
    hr_buf out = {0};
    const char *reason = NULL;

    must(hr_encoder_run(encoder, r->batch, 0, &out, &reason) == HR_OK, "encode");
    if (verdict(text) == 1) {
        must(verdict(hr_buf_span(&out)) == 1, "the output is no JSON");
    }
    hr_buf_finish(&out);
}

/* True if the record was accepted. */
static bool
check_decoder(rig *r, hr_span text, bool judged)
{
    hr_row ok[1];
    hr_decode_failure failed[1];
    hr_decoded decoded = {.ok = ok, .failed = failed};
    int theirs = judged ? verdict(text) : -1;

    hr_batch_reset(r->batch);
    r->batch->records[0] = (hr_record){.value = text};
    r->batch->n_records = 1;
    hr_decoder_run(r->decoder, r->state, r->batch, &decoded);
    must(decoded.n_ok + decoded.n_failed == 1, "rows are lost");
    if (theirs >= 0 && !(decoded.n_failed == 1 && is_limit(failed[0].reason))) {
        must(theirs == (int)decoded.n_ok, "jansson sees it otherwise");
    }
    if (decoded.n_ok == 1) {
        r->batch->columns[r->made].lane[0] = HR_LANE_OK;
        r->batch->columns[r->made].v.s[0] = HR_SPAN_LIT("a \"new\" value");
        check_output(r, r->splice, text);
        check_output(r, r->template, text);
    }
    return decoded.n_ok == 1;
}

static void
walk(hr_span text, unsigned depth)
{
    hr_json_iter iter;
    hr_json_member member;
    hr_span plain;
    int64_t i;
    double d;

    hr_json_int(text, &i);
    hr_json_double(text, &d);
    hr_json_unescape(open.batch->arena, text, &plain);
    if (depth > 4 || !hr_json_iter_init(&iter, text)) {
        return;
    }
    while (hr_json_next(&iter, &member) == 1) {
        hr_json_unescape(open.batch->arena, member.name_raw, &plain);
        walk(member.raw, depth + 1);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_span text = {data, size};

    if (arena == NULL) {
        init();
    }
    if (size == 0) {
        return 0;
    }
    if (check_decoder(&typed, text, false)) {
        must(check_decoder(&open, text, true), "accepted with a schema and not without");
    } else {
        check_decoder(&open, text, true);
    }
    walk(text, 0);
    return 0;
}
