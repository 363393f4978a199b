/* Templates: the shape of the output is known, so keys are constant text and only values are
 * written; a field that nobody changed is copied as it stands in the source.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_encode.h"
#include "codec/json_write.h"

typedef struct template_part {
    hr_span lead; /* brace or comma, name, colon */
    hr_field field;
    int touch;           /* of a source field; -1: made */
    hr_span fallback;    /* what stands for a source field that is absent */
    bool null_is_absent; /* a null of the source means the default */
} template_part;

struct hr_json_template {
    template_part *parts;
    size_t n;
    size_t bytes; /* of all leads */
};

static void
template_fallback(const hr_lineage *lineage, template_part *part)
{
    const hr_schema_field *field =
        lineage->schema != NULL ? hr_schema_find(lineage->schema, part->field.source_name) : NULL;

    part->fallback = HR_SPAN_LIT("null");
    if (field != NULL && field->has_default) {
        part->fallback = field->default_json;
        part->null_is_absent = !field->schema->nullable;
    }
}

static int
template_part_of(hr_arena *arena, hr_lineage *lineage, const hr_field *field, bool first,
                 template_part *part)
{
    *part = (template_part){.field = *field, .touch = -1};
    part->lead = hr_json_encode_key(arena, first ? "{" : ",", field->name);
    if (part->lead.data == NULL) {
        return HR_ENOMEM;
    }
    if (field->source_name == NULL) {
        return HR_OK;
    }
    part->touch = hr_lineage_touch(lineage, field->source_name);
    template_fallback(lineage, part);
    return part->touch >= 0 ? HR_OK : HR_ENOMEM;
}

int
hr_json_template_create(hr_arena *arena, hr_lineage *lineage, const hr_field *fields, size_t n,
                        hr_json_template **out, hr_error *err)
{
    hr_json_template *template = hr_arena_calloc(arena, 1, sizeof *template);
    int rc = template != NULL ? HR_OK : HR_ENOMEM;

    if (rc == HR_OK) {
        template->n = n;
        template->parts = hr_arena_calloc(arena, n, sizeof *template->parts);
        rc = template->parts != NULL ? HR_OK : HR_ENOMEM;
    }
    for (size_t i = 0; rc == HR_OK && i < n; i++) {
        rc = template_part_of(arena, lineage, &fields[i], i == 0, &template->parts[i]);
        template->bytes += template->parts[i].lead.len;
    }
    if (rc != HR_OK) {
        return hr_fail(err, rc, HR_NO_LOC, "out of memory");
    }
    *out = template;
    return HR_OK;
}

/* The last place of a touched name; data NULL: the record has none. */
static hr_span
template_source(const hr_json_row *record, const uint8_t *text, uint32_t touch)
{
    for (uint32_t i = record->n; i > 0; i--) {
        const hr_json_place *place = &record->places[i - 1];

        if (place->touch == touch) {
            return (hr_span){text + place->value, place->end - place->value};
        }
    }
    return (hr_span){0};
}

static int
template_copy(const template_part *part, const hr_batch *batch, hr_row row, hr_buf *out)
{
    hr_span value = template_source(hr_json_row_of(batch, row),
                                    hr_batch_record(batch, row)->value.data, (uint32_t)part->touch);

    if (value.data == NULL || (part->null_is_absent && value.data[0] == 'n')) {
        value = part->fallback;
    }
    return hr_buf_append(out, value.data, value.len);
}

int
hr_json_template_run(const hr_json_template *template, const hr_batch *batch, hr_row row,
                     hr_buf *out, const char **reason)
{
    int rc = hr_buf_reserve(out, template->bytes + 32 * template->n + 2);

    for (size_t i = 0; rc == HR_OK && i < template->n; i++) {
        const template_part *part = &template->parts[i];

        rc = hr_buf_append(out, part->lead.data, part->lead.len);
        if (rc == HR_OK) {
            rc = part->touch >= 0 ? template_copy(part, batch, row, out)
                                  : hr_json_encode_value(batch, &part->field, row, out, reason);
        }
    }
    if (rc == HR_OK && template->n == 0) {
        rc = hr_buf_append(out, "{", 1);
    }
    return rc == HR_OK ? hr_buf_append(out, "}", 1) : rc;
}
