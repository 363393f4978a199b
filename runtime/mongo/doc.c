/* Fields keep the place that they have in the source's JSON, overwritten ones too; what a step made
 * comes behind. With `fields:` they come in that order, and all of them (null where there is none).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/doc.h"
#include "mongo/bson_value.h"

#include <stdio.h>
#include <stdlib.h>

#define SCRATCH_BLOCK (16u << 10)
#define SCRATCH_MAX (64u << 20)

struct hr_doc {
    const hr_doc_plan *plan;
    hr_arena *scratch; /* reset for every row */
    uint8_t *put;      /* per field of the plan: it is in the document */
    bson_t key, filter, body;
};

hr_doc *
hr_doc_create(const hr_doc_plan *plan)
{
    hr_doc *doc = calloc(1, sizeof *doc);

    if (doc == NULL) {
        return NULL;
    }
    doc->plan = plan;
    bson_init(&doc->key);
    bson_init(&doc->filter);
    bson_init(&doc->body);
    doc->put = calloc(plan->n_fields + 1, 1);
    doc->scratch = hr_arena_create(SCRATCH_BLOCK, SCRATCH_MAX);
    if (doc->put == NULL || doc->scratch == NULL) {
        hr_doc_destroy(doc);
        return NULL;
    }
    return doc;
}

void
hr_doc_destroy(hr_doc *doc)
{
    if (doc == NULL) {
        return;
    }
    bson_destroy(&doc->key);
    bson_destroy(&doc->filter);
    bson_destroy(&doc->body);
    hr_arena_destroy(doc->scratch);
    free(doc->put);
    free(doc);
}

static hr_span
doc_span(const bson_t *bson)
{
    return (hr_span){bson_get_data(bson), bson->len};
}

/* Names the field in front of a reason; the name is the topology's or the schema's, no payload. */
static int
doc_fail(const hr_batch *batch, const hr_doc_field *field, int rc, const char **reason)
{
    char *text = hr_arena_printf(batch->arena, "field '%.*s': %s", (int)field->name.len,
                                 (const char *)field->name.data, *reason);

    *reason = text != NULL ? text : *reason;
    return rc;
}

static int
doc_put_column(hr_doc *doc, bson_t *to, const hr_doc_field *field, const hr_batch *batch,
               hr_row row, const char **reason)
{
    int rc = hr_bson_put_column(to, field->name, field->schema, &batch->columns[field->slot], row,
                                doc->scratch, reason);

    return rc == HR_OK ? HR_OK : doc_fail(batch, field, rc, reason);
}

/* A key that is missing or an object would find other documents than the row's own. */
static int
doc_key_usable(const hr_column *column, hr_row row, const char **reason)
{
    bool untyped = column->kind == HR_KIND_ANY && column->lane[row] == HR_LANE_OK;
    hr_json_kind kind = untyped ? hr_json_kind_of(column->v.s[row]) : HR_JSON_STRING;

    if (column->lane[row] == HR_LANE_NULL || kind == HR_JSON_NULL) {
        *reason = "the key is null";
        return HR_ERECORD;
    }
    if (kind == HR_JSON_OBJECT || kind == HR_JSON_ARRAY) {
        *reason = "the key is no single value";
        return HR_ERECORD;
    }
    return HR_OK;
}

int
hr_doc_key(hr_doc *doc, const hr_batch *batch, hr_row row, hr_span *key, const char **reason)
{
    const hr_doc_plan *plan = doc->plan;

    hr_arena_reset(doc->scratch);
    bson_reinit(&doc->key);
    for (size_t i = 0; i < plan->n_keys; i++) {
        const hr_doc_field *field = &plan->keys[i];
        int rc = doc_key_usable(&batch->columns[field->slot], row, reason);

        if (rc != HR_OK) {
            return doc_fail(batch, field, rc, reason);
        }
        rc = doc_put_column(doc, &doc->key, field, batch, row, reason);
        if (rc != HR_OK) {
            return rc;
        }
    }
    *key = plan->n_keys > 0 ? doc_span(&doc->key) : (hr_span){0};
    return HR_OK;
}

static int
doc_put_member(hr_doc *doc, const hr_batch *batch, hr_row row, hr_span name, hr_span raw,
               const char **reason)
{
    const hr_doc_plan *plan = doc->plan;
    int32_t i = hr_doc_plan_find(plan, name);
    int rc;

    if (i == HR_DOC_SKIP || (i == HR_DOC_UNKNOWN && !plan->keeps_unknown)) {
        return HR_OK;
    }
    if (i == HR_DOC_RESERVED) {
        *reason = "the record has a field of its own named _id or _src";
        return HR_ERECORD;
    }
    if (i == HR_DOC_UNKNOWN) {
        rc = hr_bson_name_check(name, reason);
        return rc == HR_OK ? hr_bson_put_json(&doc->body, name, NULL, raw, doc->scratch, reason)
                           : rc;
    }
    if (doc->put[i] != 0) {
        return HR_OK;
    }
    doc->put[i] = 1;
    if (plan->fields[i].slot != HR_SLOT_UNREAD) {
        return doc_put_column(doc, &doc->body, &plan->fields[i], batch, row, reason);
    }
    rc = hr_bson_put_json(&doc->body, plan->fields[i].name, plan->fields[i].schema, raw,
                          doc->scratch, reason);
    return rc == HR_OK ? HR_OK : doc_fail(batch, &plan->fields[i], rc, reason);
}

static hr_span
doc_trim(hr_span text)
{
    while (text.len > 0 && memchr(" \t\r\n", text.data[0], 4) != NULL) {
        text.data++;
        text.len--;
    }
    return text;
}

static int
doc_walk(hr_doc *doc, const hr_batch *batch, hr_row row, const char **reason)
{
    const hr_record *record = hr_batch_record(batch, row);
    hr_json_members object = {0};
    int rc = HR_OK;

    memset(doc->put, 0, doc->plan->n_fields);
    if (record->value.data != NULL) {
        rc = hr_json_members_read(doc->scratch, doc_trim(record->value), &object, reason);
    }
    for (size_t i = 0; i < object.n && rc == HR_OK; i++) {
        if (object.name[i].data != NULL) {
            rc = doc_put_member(doc, batch, row, object.name[i], object.member[i].raw, reason);
        }
    }
    return rc;
}

/* Whatever is a column and has not been put in the place of a member. */
static int
doc_put_rest(hr_doc *doc, const hr_batch *batch, hr_row row, const char **reason)
{
    const hr_doc_plan *plan = doc->plan;
    int rc = HR_OK;

    for (size_t i = 0; i < plan->n_fields && rc == HR_OK; i++) {
        if (plan->fields[i].slot != HR_SLOT_UNREAD && (!plan->walks || doc->put[i] == 0)) {
            rc = doc_put_column(doc, &doc->body, &plan->fields[i], batch, row, reason);
        }
    }
    return rc;
}

static bool
doc_put_id(hr_doc *doc, const hr_batch *batch, int64_t offset)
{
    char id[320];
    int n = snprintf(id, sizeof id, "%s#%d#%lld", batch->topic != NULL ? batch->topic : "",
                     (int)batch->partition, (long long)offset);

    return n > 0 && (size_t)n < sizeof id && bson_append_utf8(&doc->body, "_id", 3, id, n);
}

static bool
doc_put_source(bson_t *body, const char *topic, int32_t partition, int64_t offset)
{
    bson_t src;

    return bson_append_document_begin(body, "_src", 4, &src) &&
           bson_append_utf8(&src, "t", 1, topic, -1) &&
           bson_append_int32(&src, "p", 1, partition) && bson_append_int64(&src, "o", 1, offset) &&
           bson_append_document_end(body, &src);
}

/* {key, $or: [the stored document has no source, another one, or an older offset of this one]} */
static void
doc_make_filter(hr_doc *doc, const char *topic, int32_t partition, int64_t offset)
{
    bson_reinit(&doc->filter);
    bson_concat(&doc->filter, &doc->key);
    BCON_APPEND(&doc->filter, "$or", "[", "{", "_src", "{", "$exists", BCON_BOOL(false), "}", "}",
                "{", "_src.t", "{", "$ne", BCON_UTF8(topic), "}", "}", "{", "_src.p", "{", "$ne",
                BCON_INT32(partition), "}", "}", "{", "_src.o", "{", "$lt", BCON_INT64(offset), "}",
                "}", "]");
}

int
hr_doc_build(hr_doc *doc, const hr_batch *batch, hr_row row, hr_span *filter, hr_span *body,
             const char **reason)
{
    const hr_doc_plan *plan = doc->plan;
    const char *topic = batch->topic != NULL ? batch->topic : "";
    int64_t offset = hr_batch_record(batch, row)->offset;
    int rc = HR_OK;

    *reason = "the document is larger than MongoDB takes (16 MiB)";
    *filter = (hr_span){0};
    bson_reinit(&doc->body);
    if (plan->insert && !doc_put_id(doc, batch, offset)) {
        *reason = "the name of the source is too long for an _id";
        return HR_ERECORD;
    }
    rc = plan->walks ? doc_walk(doc, batch, row, reason) : HR_OK;
    rc = rc == HR_OK ? doc_put_rest(doc, batch, row, reason) : rc;
    if (rc != HR_OK) {
        return rc;
    }
    if (plan->guard && !doc_put_source(&doc->body, topic, batch->partition, offset)) {
        return HR_ERECORD;
    }
    if (doc->body.len > HR_DOC_BYTES_MAX) {
        return HR_ERECORD;
    }
    if (plan->guard) {
        doc_make_filter(doc, topic, batch->partition, offset);
        *filter = doc_span(&doc->filter);
    }
    *body = doc_span(&doc->body);
    return HR_OK;
}
