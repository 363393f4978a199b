/* Encoders: raw, JSON by splice, JSON by template.
 *
 * A splice needs JSON in and out and the whole record; where the output's fields are a list, or
 * fields that nobody names must not pass, or the source is no JSON, a template is made.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"
#include "codec/json_encode.h"
#include "config/diag.h"

#define ENCODER_NAMES_MAX 256

struct hr_encoder {
    hr_json_splice *splice;
    hr_json_template *template; /* both NULL: raw */
};

static int
encoder_no_memory(hr_error *err)
{
    return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

/* Raw output is the source's value: nothing may have been changed on the way. */
static int
encoder_raw(const hr_fields *fields, const hr_text *select, size_t n_select, hr_error *err)
{
    hr_loc loc = n_select > 0 ? select[0].loc : HR_NO_LOC;
    const char *name = n_select > 0 ? select[0].s : NULL;

    for (size_t i = 0; i < fields->n && name == NULL; i++) {
        const hr_field *field = &fields->v[i];

        if (field->source_name == NULL || strcmp(field->source_name, field->name) != 0) {
            name = field->name;
        }
    }
    if (name == NULL && fields->n_dropped > 0) {
        name = fields->dropped[0];
    }
    if (name == NULL) {
        return HR_OK;
    }
    hr_fail_as(err, loc, "raw-fields",
               n_select > 0 ? "format: raw passes bytes through and cannot pick the field '%s'"
                            : "format: raw passes bytes through, and the field '%s' was changed",
               name);
    return hr_hint(err, "use format: json");
}

static int
encoder_unknown(const hr_fields *fields, const hr_text *name, hr_error *err)
{
    const char *names[ENCODER_NAMES_MAX];
    const char *nearest;
    size_t n = 0;

    for (size_t i = 0; i < fields->n && n < ENCODER_NAMES_MAX; i++) {
        names[n++] = fields->v[i].name;
    }
    nearest = hr_diag_nearest(name->s, names, n);
    hr_fail_as(err, name->loc, "unknown-field", "there is no field '%s' here", name->s);
    if (err != NULL) {
        err->width = (int)name->len;
    }
    return nearest != NULL ? hr_hint(err, "did you mean '%s'?", nearest) : HR_ECONFIG;
}

static bool
encoder_was_dropped(const hr_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->n_dropped; i++) {
        if (strcmp(fields->dropped[i], name) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < fields->n; i++) {
        if (fields->v[i].source_name != NULL && strcmp(fields->v[i].source_name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The field of a name in a select list; without a schema any name that the source may hold. */
static int
encoder_find(const hr_fields *fields, const hr_text *name, hr_field *out, hr_error *err)
{
    const hr_field *field = hr_fields_find(fields, name->s);

    if (field != NULL) {
        *out = *field;
        return field->broken ? hr_fail(err, HR_EREPORTED, name->loc, "its step has an error")
                             : HR_OK;
    }
    if (fields->broken) {
        return hr_fail(err, HR_EREPORTED, name->loc, "a step before has an error");
    }
    if (!fields->open || encoder_was_dropped(fields, name->s)) {
        return encoder_unknown(fields, name, err);
    }
    *out = (hr_field){.name = name->s,
                      .type = {.kind = HR_KIND_ANY, .nullable = true},
                      .slot = HR_SLOT_UNREAD,
                      .source_name = name->s};
    return HR_OK;
}

/* A raw source has no fields, whatever a schema says. */
static int
encoder_has_source(const hr_lineage *lineage, const hr_field *field, hr_loc loc, hr_error *err)
{
    if (lineage->format == HR_FORMAT_JSON || field->source_name == NULL) {
        return HR_OK;
    }
    hr_fail_as(err, loc, "raw-fields", "the source is raw bytes and has no field '%s'",
               field->name);
    return hr_hint(err, "give the source format: json");
}

/* True if whatever fields the source holds beside the known ones may leave. */
static bool
encoder_passes_unknown(const hr_lineage *lineage, const hr_fields *fields)
{
    if (lineage->schema == NULL) {
        return fields->open;
    }
    return fields->unknown || lineage->unknown == HR_UNKNOWN_ERROR; /* error: there are none */
}

static int
encoder_select(hr_arena *arena, hr_lineage *lineage, const hr_fields *fields, const hr_text *select,
               size_t n, hr_encoder *encoder, hr_error *err)
{
    hr_field *chosen = hr_arena_calloc(arena, n, sizeof *chosen);

    if (chosen == NULL) {
        return encoder_no_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        int rc = encoder_find(fields, &select[i], &chosen[i], err);

        if (rc == HR_OK) {
            rc = encoder_has_source(lineage, &chosen[i], select[i].loc, err);
        }
        for (size_t k = 0; rc == HR_OK && k < i; k++) {
            if (strcmp(chosen[k].name, chosen[i].name) == 0) {
                rc = hr_fail_as(err, select[i].loc, "duplicate-field",
                                "the field '%s' is listed twice", select[i].s);
            }
        }
        if (rc != HR_OK) {
            return rc;
        }
    }
    return hr_json_template_create(arena, lineage, chosen, n, &encoder->template, err);
}

static int
encoder_whole(hr_arena *arena, hr_lineage *lineage, const hr_fields *fields, hr_encoder *encoder,
              hr_error *err)
{
    bool json = lineage->format == HR_FORMAT_JSON;

    for (size_t i = 0; i < fields->n; i++) {
        const hr_field *field = &fields->v[i];
        int rc = field->broken ? hr_fail(err, HR_EREPORTED, HR_NO_LOC, "a step before has an error")
                               : encoder_has_source(lineage, field, HR_NO_LOC, err);

        if (rc != HR_OK) {
            return rc;
        }
    }
    if (!json && fields->n == 0 && fields->broken) {
        return hr_fail(err, HR_EREPORTED, HR_NO_LOC, "the source has an error");
    }
    if (!json && fields->n == 0) {
        hr_fail_as(err, HR_NO_LOC, "no-fields",
                   "format: json needs fields, and the source is raw bytes");
        return hr_hint(err, "use format: raw, or give the source format: json");
    }
    if (json && encoder_passes_unknown(lineage, fields)) {
        return hr_json_splice_create(arena, lineage, fields, &encoder->splice, err);
    }
    return hr_json_template_create(arena, lineage, fields->v, fields->n, &encoder->template, err);
}

int
hr_encoder_create(hr_arena *arena, hr_format format, hr_lineage *lineage, hr_fields *fields,
                  const hr_text *select, size_t n_select, hr_encoder **out, hr_error *err)
{
    hr_encoder *encoder = hr_arena_calloc(arena, 1, sizeof *encoder);
    int rc;

    if (encoder == NULL) {
        return encoder_no_memory(err);
    }
    if (format == HR_FORMAT_RAW) {
        rc = encoder_raw(fields, select, n_select, err);
    } else if (n_select > 0) {
        rc = encoder_select(arena, lineage, fields, select, n_select, encoder, err);
    } else {
        rc = encoder_whole(arena, lineage, fields, encoder, err);
    }
    if (rc == HR_OK) {
        *out = encoder;
    }
    return rc;
}

int
hr_encoder_run(const hr_encoder *encoder, const hr_batch *batch, hr_row row, hr_buf *out,
               const char **reason)
{
    size_t start = out->len;
    hr_span value;
    int rc;

    if (encoder->splice != NULL) {
        rc = hr_json_splice_run(encoder->splice, batch, row, out, reason);
    } else if (encoder->template != NULL) {
        rc = hr_json_template_run(encoder->template, batch, row, out, reason);
    } else {
        value = hr_batch_record(batch, row)->value;
        rc = hr_buf_append(out, value.data, value.len);
    }
    if (rc != HR_OK) {
        out->len = start;
    }
    return rc;
}
