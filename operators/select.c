/* select: keep, drop and rename fields.
 *
 * Nothing happens at run time: the step only changes which fields those behind it see and a sink
 * writes, and under which names; the values stay where they are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_operator.h"

#include <string.h>

typedef struct select_options {
    hr_opt_list keep, drop;
    hr_opt_map rename;
} select_options;

static const hr_option select_option_table[] = {
    {.name = "keep",
     .kind = HR_OPT_LIST,
     .offset = offsetof(select_options, keep),
     .help = "Only these fields, and those that are renamed, go on.",
     .flags = HR_OPT_MAIN | HR_OPT_FIELD_VALUES | HR_OPT_OPTIONAL | HR_OPT_NONEMPTY},
    {.name = "drop",
     .kind = HR_OPT_LIST,
     .offset = offsetof(select_options, drop),
     .help = "All fields but these go on.",
     .flags = HR_OPT_FIELD_VALUES | HR_OPT_OPTIONAL | HR_OPT_NONEMPTY},
    {.name = "rename",
     .kind = HR_OPT_MAP,
     .offset = offsetof(select_options, rename),
     .help = "New name: name of the field so far.",
     .flags = HR_OPT_OPTIONAL | HR_OPT_NONEMPTY},
    {0},
};

static bool
select_lists(const hr_opt_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->v[i].s, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool
select_renames(const hr_opt_map *rename, const char *name)
{
    for (size_t i = 0; i < rename->n; i++) {
        if (strcmp(rename->v[i].value.s, name) == 0) {
            return true;
        }
    }
    return false;
}

static int
select_nomem(hr_error *err)
{
    return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

/* Finds a field by name; one of a source without a schema becomes a declared one. */
static int
select_declare(hr_node *node, const hr_text *name, hr_error *err)
{
    hr_field *field = hr_fields_find(&node->fields, name->s);
    hr_type type;
    int slot, rc;

    if (field != NULL) {
        return field->broken ? hr_fail(err, HR_EREPORTED, HR_NO_LOC, "the field has an error")
                             : HR_OK;
    }
    if (strchr(name->s, '.') != NULL) {
        hr_fail_as(err, name->loc, "bad-name", "select works on whole fields, and '%s' is a part",
                   name->s);
        err->width = hr_text_width(name);
        return hr_hint(err, "derive a field from it first");
    }
    rc = hr_node_read(node, name, &type, &slot, err);
    if (rc != HR_OK) {
        return rc;
    }
    if (hr_fields_make(hr_node_arena(node), &node->fields, name->s, type, slot) != HR_OK) {
        return select_nomem(err);
    }
    hr_fields_find(&node->fields, name->s)->source_name = name->s;
    return HR_OK;
}

/* Reports what select_declare() says; HR_EREPORTED unless the field is there. */
static int
select_check(hr_node *node, const hr_text *name, hr_error *err)
{
    int rc = select_declare(node, name, err);

    if (rc == HR_OK || rc == HR_ENOMEM) {
        return rc;
    }
    hr_node_error(node, err);
    return HR_EREPORTED;
}

static int
select_check_all(hr_node *node, const select_options *opt, hr_error *err)
{
    const hr_opt_list *lists[] = {&opt->keep, &opt->drop};
    int worst = HR_OK;

    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < lists[k]->n && worst != HR_ENOMEM; i++) {
            int rc = select_check(node, &lists[k]->v[i], err);

            worst = rc != HR_OK ? rc : worst;
        }
    }
    for (size_t i = 0; i < opt->rename.n && worst != HR_ENOMEM; i++) {
        int rc = select_check(node, &opt->rename.v[i].value, err);

        worst = rc != HR_OK ? rc : worst;
    }
    return worst;
}

static int
select_words(hr_node *node, const select_options *opt, hr_error *err)
{
    if (opt->keep.n == 0 && opt->drop.n == 0 && opt->rename.n == 0) {
        hr_fail_as(err, node->type_name.loc, "missing-key", "select does nothing");
        return hr_hint(err, "give it keep, drop or rename");
    }
    if (opt->keep.n > 0 && opt->drop.n > 0) {
        hr_fail_as(err, hr_node_loc(node, "drop"), "conflict", "keep and drop exclude each other");
        return hr_hint(err, "what is not kept is dropped");
    }
    return HR_OK;
}

static int
select_keep(hr_node *node, const select_options *opt, hr_error *err)
{
    hr_fields *fields = &node->fields;

    for (size_t i = fields->n; i > 0; i--) {
        const char *name = fields->v[i - 1].name;

        if (!select_lists(&opt->keep, name) && !select_renames(&opt->rename, name) &&
            hr_fields_drop(hr_node_arena(node), fields, name) != HR_OK) {
            return select_nomem(err);
        }
    }
    fields->open = false;
    fields->unknown = false;
    return HR_OK;
}

static int
select_drop(hr_node *node, const select_options *opt, hr_error *err)
{
    for (size_t i = 0; i < opt->drop.n; i++) {
        const hr_text *name = &opt->drop.v[i];

        if (select_renames(&opt->rename, name->s)) {
            return hr_fail_as(err, name->loc, "conflict", "'%s' is dropped and renamed", name->s);
        }
        if (hr_fields_drop(hr_node_arena(node), &node->fields, name->s) != HR_OK) {
            return select_nomem(err);
        }
    }
    return HR_OK;
}

/* A member that the schema does not name must not appear beside the field that takes its name. */
static int
select_hide_unknown(hr_node *node, const char *name, hr_error *err)
{
    const hr_fields *fields = &node->fields;

    for (size_t i = 0; i < fields->n; i++) {
        if (strcmp(fields->v[i].name, name) == 0 ||
            (fields->v[i].source_name != NULL && strcmp(fields->v[i].source_name, name) == 0)) {
            return HR_OK;
        }
    }
    return hr_fields_drop(hr_node_arena(node), &node->fields, name) == HR_OK ? HR_OK
                                                                             : select_nomem(err);
}

static size_t
select_count(const hr_fields *fields, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < fields->n; i++) {
        n += strcmp(fields->v[i].name, name) == 0;
    }
    return n;
}

/* After renaming: does field `i` of the list have its new name, and no other field has it? */
static int
select_check_renamed(hr_node *node, const hr_opt_entry *entry, const hr_field *field, hr_error *err)
{
    if (field->name != entry->key.s) {
        hr_fail_as(err, entry->value.loc, "conflict", "'%s' is renamed twice", entry->value.s);
        return hr_hint(err, "derive a copy of it first");
    }
    if (select_count(&node->fields, entry->key.s) > 1) {
        hr_fail_as(err, entry->key.loc, "duplicate-field", "there is a field '%s' already",
                   entry->key.s);
        err->width = hr_text_width(&entry->key);
        return hr_hint(err, "drop it, or choose another name");
    }
    return HR_OK;
}

/* All at once, so that two fields can change names. */
static int
select_rename(hr_node *node, const hr_opt_map *rename, hr_error *err)
{
    hr_field **old = hr_arena_calloc(hr_node_arena(node), rename->n, sizeof(hr_field *));
    int rc = HR_OK;

    if (old == NULL) {
        return select_nomem(err);
    }
    for (size_t i = 0; i < rename->n && rc == HR_OK; i++) {
        rc = hr_node_check_name(&rename->v[i].key, err);
        if (rc == HR_OK) {
            rc = select_hide_unknown(node, rename->v[i].key.s, err);
        }
        old[i] = hr_fields_find(&node->fields, rename->v[i].value.s);
    }
    for (size_t i = 0; i < rename->n && rc == HR_OK; i++) {
        old[i]->name = rename->v[i].key.s;
    }
    for (size_t i = 0; i < rename->n && rc == HR_OK; i++) {
        rc = select_check_renamed(node, &rename->v[i], old[i], err);
    }
    return rc;
}

static int
select_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const select_options *opt = options;
    int rc = select_words(node, opt, err);

    (void)shared;
    if (rc == HR_OK) {
        rc = select_check_all(node, opt, err);
    }
    if (rc == HR_OK && opt->keep.n > 0) {
        rc = select_keep(node, opt, err);
    } else if (rc == HR_OK) {
        rc = select_drop(node, opt, err);
    }
    return rc == HR_OK && opt->rename.n > 0 ? select_rename(node, &opt->rename, err) : rc;
}

static int
select_process(hr_op *op, void *state, hr_batch *batch, hr_rows rows, hr_error *err)
{
    (void)state;
    (void)batch;
    (void)err;
    for (size_t i = 0; i < rows.n; i++) {
        hr_op_emit(op, rows.row[i]);
    }
    return HR_OK;
}

const hr_op_type hr_op_select = {
    .abi = HR_OP_ABI,
    .flags = HR_OP_STATELESS,
    .name = "select",
    .summary = "Keep, drop and rename fields.",
    .example = "{drop: [Timestamp], rename: {Flight: FlightNum}}",
    .options = select_option_table,
    .options_size = sizeof(select_options),
    .compile = select_compile,
    .process = select_process,
};
