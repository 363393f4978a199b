/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_rig.h"
#include "hr_test.h"

#include <stdlib.h>

void
codec_rig_open(codec_rig *rig, const char *schema, hr_unknown unknown)
{
    memset(rig, 0, sizeof *rig);
    rig->arena = hr_arena_create(1u << 16, 0);
    rig->lineage = (hr_lineage){.arena = rig->arena, .unknown = unknown};
    rig->fields = (hr_fields){.open = schema == NULL, .unknown = unknown == HR_UNKNOWN_KEEP};
    if (schema == NULL) {
        return;
    }
    if (hr_schema_parse(rig->arena, "test.avsc", schema, strlen(schema), &rig->schema, &rig->err) !=
        HR_OK) {
        fail_msg("test.avsc:%d:%d: %s", rig->err.loc.line, rig->err.loc.col, rig->err.msg);
    }
    rig->lineage.schema = rig->schema;
    for (size_t i = 0; i < rig->schema->n_fields; i++) {
        const hr_schema_field *field = &rig->schema->fields[i];

        assert_int_equal(hr_fields_make(rig->arena, &rig->fields, field->name,
                                        hr_schema_type(field->schema), HR_SLOT_UNREAD),
                         HR_OK);
        hr_fields_find(&rig->fields, field->name)->source_name = field->name;
    }
}

static void
rig_free_texts(codec_rig *rig)
{
    for (size_t i = 0; i < HR_BATCH_ROWS; i++) {
        free(rig->texts[i]);
        rig->texts[i] = NULL;
    }
}

void
codec_rig_close(codec_rig *rig)
{
    rig_free_texts(rig);
    hr_batch_destroy(rig->batch);
    hr_buf_finish(&rig->out);
    free(rig->state);
    hr_arena_destroy(rig->arena);
}

int
codec_rig_read(codec_rig *rig, const char *path)
{
    const char *parts[8];
    char *copy = hr_arena_strdup(rig->arena, path), *dot;
    size_t n = 0, used = 0;
    hr_type type;
    int slot = -1;

    for (; copy != NULL; copy = dot != NULL ? dot + 1 : NULL) {
        dot = strchr(copy, '.');
        if (dot != NULL) {
            *dot = '\0';
        }
        parts[n++] = copy;
    }
    if (hr_fields_resolve(&rig->fields, &rig->lineage, parts, n, &used, &type, &slot, &rig->err) !=
        HR_OK) {
        fail_msg("%s: %s", path, rig->err.msg);
    }
    assert_int_equal(used, n);
    return slot;
}

int
codec_rig_make(codec_rig *rig, const char *name, hr_type type)
{
    int slot = hr_lineage_slot(&rig->lineage, type.kind);

    assert_true(slot >= 0);
    assert_int_equal(hr_fields_make(rig->arena, &rig->fields, name, type, slot), HR_OK);
    return slot;
}

void
codec_rig_drop(codec_rig *rig, const char *name)
{
    assert_int_equal(hr_fields_drop(rig->arena, &rig->fields, name), HR_OK);
}

void
codec_rig_rename(codec_rig *rig, const char *from, const char *to)
{
    hr_field *field = hr_fields_find(&rig->fields, from);

    assert_non_null(field);
    field->name = to;
}

int
codec_rig_encoder(codec_rig *rig, hr_format format, const char *const *select, size_t n)
{
    hr_text names[16] = {0};

    assert_true(n <= 16);
    for (size_t i = 0; i < n; i++) {
        names[i] =
            (hr_text){.s = select[i], .len = strlen(select[i]), .loc = {"t.yaml", 7, (int)i + 1}};
    }
    return hr_encoder_create(rig->arena, format, &rig->lineage, &rig->fields, names, n,
                             &rig->encoder, &rig->err);
}

void
codec_rig_ready(codec_rig *rig)
{
    size_t size;

    assert_int_equal(hr_decoder_create(rig->arena, &rig->lineage, &rig->decoder, &rig->err), HR_OK);
    rig->batch = hr_batch_create(&rig->lineage.layout, 64u << 20);
    size = hr_decoder_state_size(rig->decoder);
    rig->state = calloc(1, size > 0 ? size : 1);
    rig->decoded.ok = rig->ok;
    rig->decoded.failed = rig->failed;
    assert_non_null(rig->batch);
    assert_non_null(rig->state);
}

void
codec_rig_decode(codec_rig *rig, const hr_span *texts, size_t n)
{
    assert_true(n <= HR_BATCH_ROWS);
    hr_batch_reset(rig->batch);
    rig_free_texts(rig);
    for (size_t i = 0; i < n; i++) {
        rig->texts[i] = malloc(texts[i].len > 0 ? texts[i].len : 1);
        assert_non_null(rig->texts[i]);
        if (texts[i].len > 0) {
            memcpy(rig->texts[i], texts[i].data, texts[i].len);
        }
        rig->batch->records[i] = (hr_record){
            .value = {texts[i].data != NULL ? rig->texts[i] : NULL, texts[i].len},
            .timestamp_ms = (int64_t)i,
        };
    }
    rig->batch->n_records = (uint32_t)n;
    hr_decoder_run(rig->decoder, rig->state, rig->batch, &rig->decoded);
    assert_int_equal(rig->decoded.n_ok + rig->decoded.n_failed, n);
}

const char *
codec_rig_decode_one(codec_rig *rig, const char *text)
{
    hr_span span = hr_span_str(text);

    codec_rig_decode(rig, &span, 1);
    return rig->decoded.n_failed > 0 ? rig->decoded.failed[0].reason : NULL;
}

const char *
codec_rig_encode(codec_rig *rig, hr_row row)
{
    const char *reason = "?";
    int rc;

    rig->out.len = 0;
    rc = hr_encoder_run(rig->encoder, rig->batch, row, &rig->out, &reason);
    if (rc == HR_ERECORD) {
        assert_int_equal(rig->out.len, 0);
        assert_int_equal(hr_buf_append(&rig->out, "!", 1), HR_OK);
        assert_int_equal(hr_buf_append(&rig->out, reason, strlen(reason)), HR_OK);
    } else {
        assert_int_equal(rc, HR_OK);
    }
    assert_int_equal(hr_buf_append(&rig->out, "", 1), HR_OK);
    return (const char *)rig->out.data;
}
