/* Names of the source's members are looked up by hash, because documents are made by walking the
 * source's own JSON: that keeps its order and the fields that no schema names.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/doc_plan.h"
#include "mongo/bson_value.h"

static int
plan_no_memory(hr_error *err)
{
    return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

int32_t
hr_doc_plan_find(const hr_doc_plan *plan, hr_span name)
{
    size_t at;

    if (plan->n_names == 0) {
        return HR_DOC_UNKNOWN;
    }
    at = (size_t)hr_hash64(name, 0) & (plan->n_names - 1);
    while (plan->names[at].name.data != NULL) {
        if (hr_span_eq(plan->names[at].name, name)) {
            return plan->names[at].field;
        }
        at = (at + 1) & (plan->n_names - 1);
    }
    return HR_DOC_UNKNOWN;
}

/* The first to name something wins. */
static void
plan_name(hr_doc_plan *plan, const char *text, int32_t field)
{
    hr_span name = hr_span_str(text);
    size_t at = (size_t)hr_hash64(name, 0) & (plan->n_names - 1);

    while (plan->names[at].name.data != NULL) {
        if (hr_span_eq(plan->names[at].name, name)) {
            return;
        }
        at = (at + 1) & (plan->n_names - 1);
    }
    plan->names[at] = (hr_doc_name){name, field};
}

static int
plan_names(hr_arena *arena, const hr_fields *fields, hr_doc_plan *plan, hr_error *err)
{
    plan->n_names = 16;
    while (plan->n_names < 4 * (2 * fields->n + fields->n_dropped + 2)) {
        plan->n_names *= 2;
    }
    plan->names = hr_arena_calloc(arena, plan->n_names, sizeof *plan->names);
    if (plan->names == NULL) {
        return plan_no_memory(err);
    }
    for (size_t i = 0; i < fields->n; i++) {
        if (fields->v[i].source_name != NULL) {
            plan_name(plan, fields->v[i].source_name, (int32_t)i);
        }
    }
    for (size_t i = 0; i < fields->n; i++) {
        bool made = fields->v[i].source_name == NULL;

        /* A member that bears the new name of a renamed field is hidden by it. */
        plan_name(plan, fields->v[i].name, made ? (int32_t)i : HR_DOC_SKIP);
    }
    for (size_t i = 0; i < fields->n_dropped; i++) {
        plan_name(plan, fields->dropped[i], HR_DOC_SKIP);
    }
    if (plan->insert) {
        plan_name(plan, "_id", HR_DOC_RESERVED);
    }
    if (plan->guard) {
        plan_name(plan, "_src", HR_DOC_RESERVED);
    }
    return HR_OK;
}

/* Names of schemas and of derived fields are identifiers; those of a source without a schema may be
 * anything. */
static int
plan_check_name(const hr_doc_plan *plan, const char *name, hr_loc loc, hr_error *err)
{
    const char *reason = NULL;

    if (plan->insert && strcmp(name, "_id") == 0) {
        hr_fail_as(err, loc, "reserved-field",
                   "`write: insert` makes _id itself, and the records "
                   "have a field of that name");
        return hr_hint(err, "rename it with a select step, or write: upsert with key: [_id]");
    }
    if (plan->guard && strcmp(name, "_src") == 0) {
        hr_fail_as(err, loc, "reserved-field",
                   "the offset guard keeps its own field _src, and the "
                   "records have a field of that name");
        return hr_hint(err, "rename it with a select step, or write guard: none");
    }
    if (hr_bson_name_check(hr_span_str(name), &reason) != HR_OK) {
        return hr_fail_as(err, loc, "bad-name", "MongoDB takes no field '%s': %s", name, reason);
    }
    return HR_OK;
}

static const hr_schema *
plan_source_schema(const hr_node *node, const char *source_name)
{
    const hr_schema *root = node->lineage->schema;
    const hr_schema_field *field =
        root != NULL && source_name != NULL ? hr_schema_find(root, source_name) : NULL;

    return field != NULL ? field->schema : NULL;
}

/* The schema of a field as it is here: the source's while it is the source's value. */
static const hr_schema *
plan_field_schema(const hr_node *node, const char *name, hr_type type)
{
    const hr_field *field = hr_fields_find(&node->fields, name);
    const hr_schema *schema = field != NULL ? plan_source_schema(node, field->source_name) : NULL;

    return schema != NULL ? schema : type.schema;
}

/* A field that is read as a column. */
static int
plan_column(hr_node *node, const hr_text *name, hr_doc_field *out, hr_type *type, hr_error *err)
{
    int rc = hr_node_read(node, name, type, &out->slot, err);

    if (rc == HR_OK) {
        out->name = hr_span_str(name->s);
        out->schema = plan_field_schema(node, name->s, *type);
    }
    return rc;
}

static int
plan_columns(hr_node *node, const hr_text *names, size_t n, hr_doc_plan *plan, hr_error *err)
{
    for (size_t i = 0; i < n; i++) {
        hr_type type;
        int rc = plan_check_name(plan, names[i].s, names[i].loc, err);

        if (rc == HR_OK) {
            rc = plan_column(node, &names[i], &plan->fields[plan->n_fields++], &type, err);
        }
        if (rc != HR_OK) {
            return rc;
        }
    }
    return HR_OK;
}

/* All fields of a source whose bytes are no JSON. */
static int
plan_all_columns(hr_node *node, hr_doc_plan *plan, hr_error *err)
{
    hr_text *names = hr_arena_calloc(hr_node_arena(node), node->fields.n, sizeof *names);

    if (names == NULL) {
        return plan_no_memory(err);
    }
    for (size_t i = 0; i < node->fields.n; i++) {
        const char *name = node->fields.v[i].name;

        names[i] = (hr_text){.s = name, .len = strlen(name), .loc = node->type_name.loc};
    }
    return plan_columns(node, names, node->fields.n, plan, err);
}

static int
plan_walk(hr_node *node, hr_doc_plan *plan, hr_error *err)
{
    const hr_fields *fields = &node->fields;

    plan->walks = true;
    plan->keeps_unknown = fields->open || fields->unknown;
    plan->n_fields = fields->n;
    for (size_t i = 0; i < fields->n; i++) {
        const hr_field *field = &fields->v[i];
        bool made = field->source_name == NULL;
        int rc = plan_check_name(plan, field->name, node->type_name.loc, err);

        if (rc != HR_OK) {
            return rc;
        }
        if (field->broken) {
            return hr_fail(err, HR_EREPORTED, HR_NO_LOC, "the field's step has an error");
        }
        plan->fields[i].name = hr_span_str(field->name);
        plan->fields[i].slot = made ? field->slot : HR_SLOT_UNREAD;
        plan->fields[i].schema =
            made ? field->type.schema : plan_source_schema(node, field->source_name);
    }
    return plan_names(hr_node_arena(node), fields, plan, err);
}

static int
plan_key_type(const hr_text *name, hr_type type, hr_error *err)
{
    if (type.kind >= HR_KIND_LIST) {
        hr_fail_as(err, name->loc, "key-type", "a key field cannot be %s, and '%s' is",
                   hr_kind_name(type.kind), name->s);
        err->width = (int)name->len;
        return hr_hint(err, "a key is made of single values");
    }
    if (type.kind != HR_KIND_ANY && type.nullable) {
        hr_fail_as(err, name->loc, "key-nullable", "a key field cannot be null, and '%s' may be",
                   name->s);
        err->width = (int)name->len;
        return hr_hint(err, "take null out of its type in the schema, or derive a key field");
    }
    return HR_OK;
}

/* The document must hold its own key, or the next write would not find it. */
static int
plan_key_selected(const hr_node *node, const hr_text *name, hr_error *err)
{
    size_t top = strcspn(name->s, ".");

    for (size_t i = 0; i < node->select.n; i++) {
        const hr_text *field = &node->select.v[i];

        if (strlen(field->s) == top && memcmp(field->s, name->s, top) == 0) {
            return HR_OK;
        }
    }
    if (node->select.n == 0) {
        return HR_OK;
    }
    hr_fail_as(err, name->loc, "key-missing", "`fields` leaves out the key field '%s'", name->s);
    err->width = (int)name->len;
    return hr_hint(err, "add '%.*s' to `fields`", (int)top, name->s);
}

static int
plan_keys(hr_node *node, const hr_opt_list *key, hr_doc_plan *plan, hr_error *err)
{
    if (key->n > HR_DOC_KEYS_MAX) {
        return hr_fail_as(err, key->v[HR_DOC_KEYS_MAX].loc, "out-of-range",
                          "a key has at most %d fields", HR_DOC_KEYS_MAX);
    }
    for (size_t i = 0; i < key->n; i++) {
        hr_type type;
        int rc = plan_column(node, &key->v[i], &plan->keys[i], &type, err);

        for (size_t k = 0; rc == HR_OK && k < i; k++) {
            if (hr_span_eq(plan->keys[k].name, plan->keys[i].name)) {
                rc = hr_fail_as(err, key->v[i].loc, "duplicate-key", "'%s' is in the key twice",
                                key->v[i].s);
            }
        }
        if (rc == HR_OK) {
            rc = plan_key_type(&key->v[i], type, err);
        }
        if (rc == HR_OK) {
            rc = plan_key_selected(node, &key->v[i], err);
        }
        if (rc != HR_OK) {
            return rc;
        }
    }
    plan->n_keys = key->n;
    return HR_OK;
}

int
hr_doc_plan_make(hr_node *node, const hr_opt_list *key, bool insert, bool guard, hr_doc_plan *plan,
                 hr_error *err)
{
    size_t n = node->select.n > 0 ? node->select.n : node->fields.n;
    int rc = plan_keys(node, key, plan, err);

    plan->insert = insert;
    plan->guard = guard;
    plan->fields = hr_arena_calloc(hr_node_arena(node), n, sizeof *plan->fields);
    if (rc != HR_OK) {
        return rc;
    }
    if (plan->fields == NULL) {
        return plan_no_memory(err);
    }
    if (node->select.n > 0) {
        return plan_columns(node, node->select.v, node->select.n, plan, err);
    }
    if (node->lineage->format == HR_FORMAT_JSON) {
        return plan_walk(node, plan, err);
    }
    if (node->fields.n == 0) {
        hr_fail_as(err, node->type_name.loc, "no-fields",
                   "a document is made of fields, and these "
                   "records have none");
        return hr_hint(err, "give the source `format: json`");
    }
    return plan_all_columns(node, plan, err);
}
