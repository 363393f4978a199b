/* From lineage to plan: first the schema's tree, then projections and touched names are put in,
 * and at the end each object gets its look-up table and its place in the state.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_plan.h"

#define PLAN_FIELDS_MAX 10000u /* per object */
#define PLAN_TOUCHED_MAX 1024u

typedef struct plan_builder {
    hr_arena *arena;
    bool refuse_unknown;
    size_t state_size;
} plan_builder;

static hr_json_object *plan_record(plan_builder *b, const hr_schema *schema, const char *path);

static hr_json_op
plan_op(const hr_schema *schema)
{
    switch (schema->kind) {
    case HR_KIND_BOOL:
        return HR_JSON_OP_BOOL;
    case HR_KIND_INT:
        return HR_JSON_OP_INT;
    case HR_KIND_DOUBLE:
        return HR_JSON_OP_DOUBLE;
    case HR_KIND_STRING:
        return schema->n_symbols > 0 ? HR_JSON_OP_ENUM : HR_JSON_OP_STRING;
    case HR_KIND_BYTES:
        return HR_JSON_OP_BYTES;
    case HR_KIND_TIMESTAMP:
        return schema->logical == HR_LOGICAL_DATE ? HR_JSON_OP_DATE : HR_JSON_OP_INT;
    case HR_KIND_LIST:
        return HR_JSON_OP_LIST;
    case HR_KIND_MAP:
        return HR_JSON_OP_MAP;
    case HR_KIND_RECORD:
        return HR_JSON_OP_RECORD;
    case HR_KIND_ANY:
        break;
    }
    return HR_JSON_OP_ANY;
}

static bool
plan_value(plan_builder *b, const hr_schema *schema, const char *path, hr_json_value *out)
{
    const char *below;

    *out = (hr_json_value){
        .op = plan_op(schema),
        .nullable = schema->nullable,
        .is_int32 = schema->is_int32 || schema->logical == HR_LOGICAL_DATE,
        .slot = HR_JSON_NO_SLOT,
        .schema = schema,
    };
    if (out->op == HR_JSON_OP_RECORD) {
        out->object = plan_record(b, schema, path);
        return out->object != NULL;
    }
    if (out->op == HR_JSON_OP_LIST || out->op == HR_JSON_OP_MAP) {
        below = hr_arena_printf(b->arena, out->op == HR_JSON_OP_LIST ? "%s[]" : "%s.*", path);
        out->items = hr_arena_calloc(b->arena, 1, sizeof *out->items);
        return below != NULL && out->items != NULL &&
               plan_value(b, schema->items, below, out->items);
    }
    return true;
}

static bool
plan_is_plain(const char *name)
{
    for (; *name != '\0'; name++) {
        if ((uint8_t)*name < 0x20 || *name == '"' || *name == '\\') {
            return false;
        }
    }
    return true;
}

/* A new field at the end; capacities are powers of two. NULL: too many, or out of memory. */
static hr_json_field *
plan_add(plan_builder *b, hr_json_object *object, const char *name, const char *path)
{
    size_t n = object->n, len = strlen(name);
    hr_json_field *fields = object->fields, *field;
    char *quoted = hr_arena_alloc(b->arena, len + 8);

    if (n == PLAN_FIELDS_MAX || quoted == NULL) {
        return NULL;
    }
    if ((n & (n - 1)) == 0) {
        fields = hr_arena_calloc(b->arena, n != 0 ? 2 * n : 1, sizeof *fields);
        if (fields == NULL) {
            return NULL;
        }
        if (n > 0) {
            memcpy(fields, object->fields, n * sizeof *fields);
        }
        object->fields = fields;
    }
    memset(quoted, 0, len + 8);
    memcpy(quoted, name, len);
    quoted[len] = '"';
    field = &fields[object->n++];
    *field = (hr_json_field){.name = quoted,
                             .name_len = (uint32_t)len,
                             .index = (uint16_t)n,
                             .path = path,
                             .touch = HR_JSON_NO_TOUCH};
    field->value.slot = HR_JSON_NO_SLOT;
    field->value.nullable = true;
    memcpy(field->head, quoted, len + 1 < HR_JSON_HEAD ? len + 1 : HR_JSON_HEAD);
    field->head_mask = len + 1 < HR_JSON_HEAD ? (1u << (len + 1)) - 1 : 0xffff;
    field->plain = plan_is_plain(name);
    return field;
}

static hr_json_field *
plan_find(const hr_json_object *object, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < object->n; i++) {
        if (object->fields[i].name_len == len && memcmp(object->fields[i].name, name, len) == 0) {
            return &object->fields[i];
        }
    }
    return NULL;
}

static const char *
plan_path(plan_builder *b, const char *path, const char *name)
{
    return path[0] == '\0' ? name : hr_arena_printf(b->arena, "%s.%s", path, name);
}

/* The default with a bracket behind it, at which the scanner stops. */
static bool
plan_fallback(plan_builder *b, const hr_schema_field *from, hr_json_field *to)
{
    char *text;

    if (!from->has_default) {
        return true;
    }
    text = hr_arena_alloc(b->arena, from->default_json.len + 1);
    if (text != NULL) {
        memcpy(text, from->default_json.data, from->default_json.len);
        text[from->default_json.len] = '}';
        to->fallback = (hr_span){(const uint8_t *)text, from->default_json.len};
    }
    return text != NULL;
}

static hr_json_object *
plan_record(plan_builder *b, const hr_schema *schema, const char *path)
{
    hr_json_object *object = hr_arena_calloc(b->arena, 1, sizeof *object);

    for (size_t i = 0; object != NULL && i < schema->n_fields; i++) {
        const hr_schema_field *from = &schema->fields[i];
        const char *below = plan_path(b, path, from->name);
        hr_json_field *field = below != NULL ? plan_add(b, object, from->name, below) : NULL;

        if (field == NULL || !plan_value(b, from->schema, below, &field->value) ||
            !plan_fallback(b, from, field)) {
            return NULL;
        }
        field->required = !from->schema->nullable && !from->has_default;
    }
    if (object != NULL) {
        object->refuse_unknown = b->refuse_unknown;
    }
    return object;
}

static bool
plan_project(plan_builder *b, hr_json_object *object, const hr_projection *projection)
{
    const char *path = "";
    hr_json_field *field = NULL;

    for (size_t i = 0; i < projection->n; i++) {
        if (object == NULL && field->value.op == HR_JSON_OP_ANY) {
            object = hr_arena_calloc(b->arena, 1, sizeof *object);
            field->value.object = object;
        }
        path = plan_path(b, path, projection->path[i]);
        if (object == NULL || path == NULL) {
            return false;
        }
        field = plan_find(object, projection->path[i]);
        if (field == NULL) {
            field = plan_add(b, object, projection->path[i], path);
        }
        if (field == NULL) {
            return false;
        }
        object = field->value.object;
    }
    if (field != NULL) {
        field->value.slot = projection->slot;
    }
    return field != NULL;
}

/* A name that no record can hold (the schema lacks it and unknown fields are refused) is not looked
 * for, so that it stays unknown. */
static bool
plan_touch(plan_builder *b, hr_json_object *root, const char *name, int touch)
{
    hr_json_field *field = plan_find(root, name);

    if (field == NULL && !root->refuse_unknown) {
        field = plan_add(b, root, name, name);
        if (field == NULL) {
            return false;
        }
    }
    if (field != NULL) {
        field->touch = touch;
    }
    return true;
}

static bool plan_finish(plan_builder *b, hr_json_object *object);

/* Finishes what lies below the value and notes whether anything in it is stored. */
static bool
plan_finish_value(plan_builder *b, hr_json_value *value)
{
    value->stored = value->slot != HR_JSON_NO_SLOT;
    if (value->items != NULL && !plan_finish_value(b, value->items)) {
        return false;
    }
    if (value->object != NULL) {
        if (!plan_finish(b, value->object)) {
            return false;
        }
        for (size_t i = 0; i < value->object->n; i++) {
            value->stored |= value->object->fields[i].value.stored;
        }
    }
    return true;
}

static bool
plan_buckets(plan_builder *b, hr_json_object *object)
{
    uint16_t *buckets;
    size_t size = 8;

    while (size < 2 * object->n) {
        size *= 2;
    }
    buckets = hr_arena_alloc(b->arena, size * sizeof *buckets);
    if (buckets == NULL) {
        return false;
    }
    memset(buckets, 0xff, size * sizeof *buckets); /* HR_JSON_NO_FIELD */
    object->bucket_mask = (uint32_t)size - 1;
    for (size_t i = 0; i < object->n; i++) {
        hr_json_field *field = &object->fields[i];
        uint32_t at = hr_json_name_hash((const uint8_t *)field->name, field->name_len);

        field->next = buckets[at & object->bucket_mask];
        buckets[at & object->bucket_mask] = field->index;
    }
    object->buckets = buckets;
    return true;
}

static bool
plan_finish(plan_builder *b, hr_json_object *object)
{
    uint64_t *due;

    object->n_words = (object->n + 63) / 64;
    due = hr_arena_calloc(b->arena, object->n_words + 1, sizeof *due);
    if (due == NULL || !plan_buckets(b, object)) {
        return false;
    }
    object->seen_at = b->state_size;
    b->state_size += object->n_words * sizeof(uint64_t);
    object->order_at = b->state_size;
    b->state_size += ((object->n + 1) * sizeof(uint16_t) + 7) & ~(size_t)7;
    for (size_t i = 0; i < object->n; i++) {
        hr_json_field *field = &object->fields[i];

        if (!plan_finish_value(b, &field->value)) {
            return false;
        }
        field->due = field->required || field->value.stored;
        due[i / 64] |= (uint64_t)field->due << (i % 64);
    }
    object->due = due;
    return true;
}

int
hr_json_plan_create(hr_arena *arena, const hr_lineage *lineage, hr_json_plan **out, hr_error *err)
{
    plan_builder b = {.arena = arena};
    hr_json_plan *plan = hr_arena_calloc(arena, 1, sizeof *plan);
    bool fine = plan != NULL;

    if (lineage->n_touched > PLAN_TOUCHED_MAX) {
        return hr_fail(err, HR_ECONFIG, HR_NO_LOC, "more than %u source fields are changed",
                       PLAN_TOUCHED_MAX);
    }
    b.refuse_unknown = lineage->schema != NULL && lineage->unknown == HR_UNKNOWN_ERROR;
    if (fine) {
        plan->n_touched = lineage->n_touched;
        plan->root = lineage->schema != NULL ? plan_record(&b, lineage->schema, "")
                                             : hr_arena_calloc(arena, 1, sizeof *plan->root);
        fine = plan->root != NULL;
    }
    for (size_t i = 0; fine && i < lineage->n_projections; i++) {
        fine = plan_project(&b, plan->root, &lineage->projections[i]);
    }
    for (size_t i = 0; fine && i < lineage->n_touched; i++) {
        fine = plan_touch(&b, plan->root, lineage->touched[i], (int)i);
    }
    if (!fine || !plan_finish(&b, plan->root)) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    plan->state_size = b.state_size;
    *out = plan;
    return HR_OK;
}
