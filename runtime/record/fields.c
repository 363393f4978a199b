/* Fields and lineage. Arrays grow in the arena by doubling and the old ones stay there until the
 * topology goes: check time only, so the waste does not matter.
 *
 * Names and paths are compared as bytes; strings handed in must live as long as the arena, paths
 * given to hr_lineage_project() are copied.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "record/fields.h"
#include "codec/schema.h"
#include "config/diag.h"

/* Room for one more element behind n: capacities are powers of two, so n itself says when the array
 * is full. NULL when out of memory; the array is `old` or its copy. */
static void *
fields_grow(hr_arena *arena, void *old, size_t n, size_t size)
{
    void *fresh;

    if (n != 0 && (n & (n - 1)) != 0) {
        return old;
    }
    fresh = hr_arena_calloc(arena, n != 0 ? 2 * n : 1, size);
    if (fresh != NULL && n != 0) {
        memcpy(fresh, old, n * size);
    }
    return fresh;
}

int
hr_lineage_slot(hr_lineage *lineage, hr_kind kind)
{
    size_t n = lineage->layout.n;
    hr_kind *slots = fields_grow(lineage->arena, lineage->slots, n, sizeof *slots);

    if (slots == NULL) {
        return HR_ENOMEM;
    }
    slots[n] = kind;
    lineage->slots = slots;
    lineage->layout = (hr_layout){slots, n + 1};
    return (int)n;
}

static bool
lineage_same_path(const hr_projection *projection, const char *const *path, size_t n)
{
    if (projection->n != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(projection->path[i], path[i]) != 0) {
            return false;
        }
    }
    return true;
}

static const char *const *
lineage_copy_path(hr_arena *arena, const char *const *path, size_t n)
{
    const char **copy = hr_arena_calloc(arena, n, sizeof *copy);

    for (size_t i = 0; copy != NULL && i < n; i++) {
        copy[i] = hr_arena_strdup(arena, path[i]);
        if (copy[i] == NULL) {
            return NULL;
        }
    }
    return copy;
}

int
hr_lineage_project(hr_lineage *lineage, const char *const *path, size_t n, hr_type type)
{
    hr_projection *v = lineage->projections;
    hr_projection fresh = {.n = n, .type = type};

    for (size_t i = 0; i < lineage->n_projections; i++) {
        if (lineage_same_path(&v[i], path, n)) {
            return v[i].slot;
        }
    }
    v = fields_grow(lineage->arena, v, lineage->n_projections, sizeof *v);
    fresh.path = lineage_copy_path(lineage->arena, path, n);
    if (v == NULL || fresh.path == NULL) {
        return HR_ENOMEM;
    }
    fresh.slot = hr_lineage_slot(lineage, type.kind);
    if (fresh.slot >= 0) {
        v[lineage->n_projections++] = fresh;
    }
    lineage->projections = v;
    return fresh.slot;
}

int
hr_lineage_touch(hr_lineage *lineage, const char *name)
{
    const char **touched = lineage->touched;
    size_t n = lineage->n_touched;

    for (size_t i = 0; i < n; i++) {
        if (strcmp(touched[i], name) == 0) {
            return (int)i;
        }
    }
    touched = fields_grow(lineage->arena, touched, n, sizeof *touched);
    if (touched == NULL) {
        return HR_ENOMEM;
    }
    touched[n] = name;
    lineage->touched = touched;
    lineage->n_touched = n + 1;
    return (int)n;
}

hr_field *
hr_fields_find(const hr_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->n; i++) {
        if (strcmp(fields->v[i].name, name) == 0) {
            return &fields->v[i];
        }
    }
    return NULL;
}

static size_t
fields_capacity(size_t n)
{
    size_t cap = 1;

    while (cap < n) {
        cap *= 2;
    }
    return cap;
}

int
hr_fields_copy(hr_arena *arena, const hr_fields *from, hr_fields *to)
{
    hr_fields copy = *from;

    copy.cap = fields_capacity(from->n);
    copy.v = hr_arena_calloc(arena, copy.cap, sizeof *copy.v);
    copy.dropped = hr_arena_calloc(arena, fields_capacity(from->n_dropped), sizeof *copy.dropped);
    if (copy.v == NULL || copy.dropped == NULL) {
        return HR_ENOMEM;
    }
    if (from->n > 0) {
        memcpy(copy.v, from->v, from->n * sizeof *copy.v);
    }
    if (from->n_dropped > 0) {
        memcpy(copy.dropped, from->dropped, from->n_dropped * sizeof *copy.dropped);
    }
    *to = copy;
    return HR_OK;
}

static bool
fields_is_dropped(const hr_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->n_dropped; i++) {
        if (strcmp(fields->dropped[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static int
fields_note_dropped(hr_arena *arena, hr_fields *fields, const char *name)
{
    const char **dropped;

    if (fields_is_dropped(fields, name)) {
        return HR_OK;
    }
    dropped = fields_grow(arena, fields->dropped, fields->n_dropped, sizeof *dropped);
    if (dropped == NULL) {
        return HR_ENOMEM;
    }
    dropped[fields->n_dropped++] = name;
    fields->dropped = dropped;
    return HR_OK;
}

static hr_field *
fields_append(hr_arena *arena, hr_fields *fields)
{
    if (fields->n == fields->cap) {
        size_t cap = fields->cap != 0 ? 2 * fields->cap : 8;
        hr_field *v = hr_arena_calloc(arena, cap, sizeof *v);

        if (v == NULL) {
            return NULL;
        }
        if (fields->n > 0) {
            memcpy(v, fields->v, fields->n * sizeof *v);
        }
        fields->v = v;
        fields->cap = cap;
    }
    return &fields->v[fields->n++];
}

int
hr_fields_make(hr_arena *arena, hr_fields *fields, const char *name, hr_type type, int slot)
{
    hr_field *field = hr_fields_find(fields, name);

    if (field == NULL) {
        field = fields_append(arena, fields);
    } else if (field->source_name != NULL &&
               fields_note_dropped(arena, fields, field->source_name) != HR_OK) {
        return HR_ENOMEM;
    }
    if (field == NULL) {
        return HR_ENOMEM;
    }
    *field = (hr_field){.name = name, .type = type, .slot = slot};
    return HR_OK;
}

int
hr_fields_drop(hr_arena *arena, hr_fields *fields, const char *name)
{
    hr_field *field = hr_fields_find(fields, name);
    const char *source = field != NULL ? field->source_name : NULL;
    int rc = HR_OK;

    if (source != NULL) {
        rc = fields_note_dropped(arena, fields, source);
    } else if (fields->open || fields->unknown) {
        rc = fields_note_dropped(arena, fields, name); /* the source may hold it all the same */
    }
    if (rc == HR_OK && field != NULL) {
        size_t behind = fields->n - (size_t)(field - fields->v) - 1;

        memmove(field, field + 1, behind * sizeof *field);
        fields->n--;
    }
    return rc;
}

/* How far the schema knows a path: follows records, stops at all else. Sets *used and *type; false:
 * a record has no such field, *used is then its index. */
static bool
fields_walk(const hr_type *first, const char *const *path, size_t n, size_t *used, hr_type *type)
{
    size_t i = 1;

    *type = *first;
    while (i < n && type->kind == HR_KIND_RECORD && type->schema != NULL) {
        const hr_schema_field *sub = hr_schema_find(type->schema, path[i]);
        bool nullable = type->nullable;

        if (sub == NULL) {
            *used = i;
            return false;
        }
        *type = hr_schema_type(sub->schema);
        type->nullable |= nullable;
        i++;
    }
    *used = type->kind == HR_KIND_ANY ? n : i; /* without a schema all of the path may be there */
    return true;
}

static int
fields_unknown_sub(const hr_field *field, const char *const *path, size_t n, size_t bad,
                   hr_error *err)
{
    const char *names[64];
    const char *nearest;
    hr_type record;
    size_t used, n_names = 0;

    fields_walk(&field->type, path, bad < n ? bad : n, &used, &record);
    for (size_t i = 0; i < record.schema->n_fields && n_names < 64; i++) {
        names[n_names++] = record.schema->fields[i].name;
    }
    nearest = hr_diag_nearest(path[bad], names, n_names);
    hr_fail_as(err, HR_NO_LOC, "unknown-field", "the record '%s' has no field '%s'", path[bad - 1],
               path[bad]);
    return nearest != NULL ? hr_hint(err, "did you mean '%s'?", nearest) : HR_ECONFIG;
}

static int
fields_project(hr_lineage *lineage, const char *source_name, const char *const *path, size_t n,
               hr_type type)
{
    const char **full = hr_arena_calloc(lineage->arena, n, sizeof *full);

    if (full == NULL) {
        return HR_ENOMEM;
    }
    memcpy(full, path, n * sizeof *full);
    full[0] = source_name;
    return hr_lineage_project(lineage, full, n, type);
}

static int
fields_no_memory(hr_error *err)
{
    return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

/* A field that still is what the source holds: nested parts are projected each by itself. */
static int
fields_resolve_source(hr_field *field, hr_lineage *lineage, const char *const *path, size_t n,
                      size_t *used, hr_type *type, int *slot, hr_error *err)
{
    if (!fields_walk(&field->type, path, n, used, type)) {
        return fields_unknown_sub(field, path, n, *used, err);
    }
    *slot = fields_project(lineage, field->source_name, path, *used, *type);
    if (*slot < 0) {
        return fields_no_memory(err);
    }
    if (*used == 1) {
        field->slot = *slot;
    }
    return HR_OK;
}

static bool
fields_is_taken(const hr_fields *fields, const char *source_name)
{
    for (size_t i = 0; i < fields->n; i++) {
        if (fields->v[i].source_name != NULL &&
            strcmp(fields->v[i].source_name, source_name) == 0) {
            return true;
        }
    }
    return fields_is_dropped(fields, source_name);
}

static int
fields_unknown(const hr_fields *fields, const char *name, hr_error *err)
{
    const char *names[256];
    const char *nearest;
    size_t n = 0;

    if (fields->broken) {
        return hr_fail(err, HR_EREPORTED, HR_NO_LOC, "a step before has an error");
    }
    for (size_t i = 0; i < fields->n && n < 256; i++) {
        names[n++] = fields->v[i].name;
    }
    nearest = hr_diag_nearest(name, names, n);
    if (fields_is_dropped(fields, name)) {
        hr_fail_as(err, HR_NO_LOC, "unknown-field", "the field '%s' was dropped by a step before",
                   name);
    } else {
        hr_fail_as(err, HR_NO_LOC, "unknown-field", "there is no field '%s' here", name);
    }
    return nearest != NULL ? hr_hint(err, "did you mean '%s'?", nearest) : HR_ECONFIG;
}

int
hr_fields_resolve(hr_fields *fields, hr_lineage *lineage, const char *const *path, size_t n,
                  size_t *used, hr_type *type, int *slot, hr_error *err)
{
    hr_field *field = hr_fields_find(fields, path[0]);

    if (field != NULL && field->broken) {
        return hr_fail(err, HR_EREPORTED, HR_NO_LOC, "the field's step has an error");
    }
    if (field != NULL && field->source_name != NULL) {
        return fields_resolve_source(field, lineage, path, n, used, type, slot, err);
    }
    if (field != NULL) {
        *used = 1;
        *type = field->type;
        *slot = field->slot;
        return HR_OK;
    }
    if (!fields->open || fields_is_taken(fields, path[0])) {
        return fields_unknown(fields, path[0], err);
    }
    *used = n;
    *type = (hr_type){.kind = HR_KIND_ANY, .nullable = true};
    *slot = hr_lineage_project(lineage, path, n, *type);
    return *slot >= 0 ? HR_OK : fields_no_memory(err);
}
