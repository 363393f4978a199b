/* The fields of the records at one point of a topology, and the lineage (one per source) that says
 * which of them are read from the source's bytes. Check time only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_RECORD_FIELDS_H
#define HR_RECORD_FIELDS_H
#include "config/error.h"
#include "record/batch.h"

#define HR_SLOT_UNREAD (-1)

typedef struct hr_field {
    const char *name;
    hr_type type;
    int slot;                /* HR_SLOT_UNREAD: a source field that nothing reads so far */
    const char *source_name; /* its name in the source record; NULL: made by a step */
    bool broken;             /* its step has an error: whoever reads it gets HR_EREPORTED */
} hr_field;

typedef struct hr_fields {
    hr_field *v; /* in the order in which a sink shows them */
    size_t n, cap;
    bool open;    /* the source has no schema: any other name may exist and is `any` */
    bool unknown; /* fields that the schema does not name travel along (unknown_fields: keep) */
    bool broken;  /* a step before has an error: names not listed give HR_EREPORTED */
    const char **dropped; /* source names that a step dropped or overwrote */
    size_t n_dropped;
} hr_fields;

/* A path of the source record that the topology reads, e.g. {"address", "city"}. */
typedef struct hr_projection {
    const char *const *path;
    size_t n;
    hr_type type;
    int slot;
} hr_projection;

typedef enum hr_format { HR_FORMAT_JSON, HR_FORMAT_RAW } hr_format;

typedef enum hr_unknown { HR_UNKNOWN_KEEP, HR_UNKNOWN_DROP, HR_UNKNOWN_ERROR } hr_unknown;

/* What one source's records are read for. Filled while steps and sinks are compiled; afterwards the
 * decoder is made from it and it is read-only. */
typedef struct hr_lineage {
    hr_arena *arena;
    hr_format format;
    const hr_schema *schema; /* NULL: none */
    hr_unknown unknown;
    hr_projection *projections;
    size_t n_projections;
    const char *
        *touched; /* top-level source fields whose place in the bytes is kept, for splicing */
    size_t n_touched;
    hr_kind *slots;
    hr_layout layout; /* points at slots; valid after compile */
} hr_lineage;

/* A new slot of that kind. Negative HR_ENOMEM when out of memory. */
int hr_lineage_slot(hr_lineage *lineage, hr_kind kind);

/* The slot of a source path, projected once however often it is read. Negative HR_ENOMEM. */
int hr_lineage_project(hr_lineage *lineage, const char *const *path, size_t n, hr_type type);

/* The index under which the place of a top-level source field is kept in each row. Negative
 * HR_ENOMEM. */
int hr_lineage_touch(hr_lineage *lineage, const char *name);

/* The field of that name, or NULL. */
hr_field *hr_fields_find(const hr_fields *fields, const char *name);

/* Deep copy into the arena. HR_OK or HR_ENOMEM. */
int hr_fields_copy(hr_arena *arena, const hr_fields *from, hr_fields *to);

/* Adds a made field, or overwrites the one of that name in its place; the new value is in `slot`.
 */
int hr_fields_make(hr_arena *arena, hr_fields *fields, const char *name, hr_type type, int slot);

/* Drops a field. HR_OK, or HR_ENOMEM. */
int hr_fields_drop(hr_arena *arena, hr_fields *fields, const char *name);

/* Finds the longest declared path: sets *used (parts consumed), *type and *slot, projecting a
 * source field on its first use. HR_OK; HR_ECONFIG with the nearest name as hint when the field
 * does not exist; HR_EREPORTED for what is broken already; HR_ENOMEM. */
int hr_fields_resolve(hr_fields *fields, hr_lineage *lineage, const char *const *path, size_t n,
                      size_t *used, hr_type *type, int *slot, hr_error *err);

#endif
