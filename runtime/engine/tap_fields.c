/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tap_fields.h"
#include "codec/json_walk.h"
#include "codec/json_write.h"
#include "expr/utf8.h"

#include <stdio.h>
#include <stdlib.h>

bool
hr_tap_write_text(hr_tap_writer *writer, const char *text)
{
    return hr_buf_append(writer->out, text, strlen(text)) == HR_OK;
}

/* ---- values -----------------------------------------------------------------------------------
 */

/* The first bytes of the text, up to a whole character. */
static hr_span
tap_cut(hr_span text)
{
    size_t n = HR_TAP_VALUE_BYTES;

    if (text.data == NULL || text.len <= n) {
        return text;
    }
    while (n > 0 && (text.data[n] & 0xc0) == 0x80) {
        n--;
    }
    return (hr_span){text.data, n};
}

/* JSON as it is, or a string of its beginning. */
static bool
tap_write_json(hr_tap_writer *writer, hr_span json)
{
    if (json.len <= HR_TAP_VALUE_BYTES) {
        return hr_buf_append(writer->out, json.data, json.len) == HR_OK;
    }
    writer->truncated = true;
    return hr_json_write_string(writer->out, tap_cut(json)) == HR_OK;
}

static bool
tap_write_column(hr_tap_writer *writer, const hr_field *field, const hr_batch *batch, hr_row row)
{
    hr_buf *value = &writer->value;

    value->len = 0;
    return hr_json_write_column(value, &batch->columns[field->slot], field->type, row) == HR_OK &&
           tap_write_json(writer, hr_buf_span(value));
}

/* A comma where there is something before, the name, a colon. name_raw is escaped. */
static bool
tap_write_name(hr_tap_writer *writer, size_t start, hr_span name_raw)
{
    hr_buf *out = writer->out;

    return (out->len == start || hr_buf_append(out, ",", 1) == HR_OK) &&
           hr_buf_append(out, "\"", 1) == HR_OK &&
           hr_buf_append(out, name_raw.data, name_raw.len) == HR_OK &&
           hr_buf_append(out, "\":", 2) == HR_OK;
}

bool
hr_tap_write_bytes(hr_tap_writer *writer, const char *name, hr_span bytes)
{
    bool text = bytes.data == NULL || hr_utf8_valid(bytes) == bytes.len;
    uint8_t lane = bytes.data != NULL ? HR_LANE_OK : HR_LANE_NULL;
    hr_kind kind = text ? HR_KIND_STRING : HR_KIND_BYTES;
    hr_column column = {.kind = kind, .lane = &lane, .v = {.s = &bytes}};

    if (bytes.len > HR_TAP_VALUE_BYTES) {
        bytes = text ? tap_cut(bytes) : (hr_span){bytes.data, HR_TAP_VALUE_BYTES};
        writer->truncated = true;
    }
    return hr_tap_write_text(writer, "\"") && hr_tap_write_text(writer, name) &&
           hr_tap_write_text(writer, text ? "\":" : "_base64\":") &&
           hr_json_write_column(writer->out, &column, (hr_type){.kind = kind}, 0) == HR_OK;
}

/* ---- fields -----------------------------------------------------------------------------------
 */

static bool
span_is(hr_span span, const char *text)
{
    return strlen(text) == span.len && memcmp(span.data, text, span.len) == 0;
}

/* The field that shows that member of the source record; NULL: none does. */
static const hr_field *
fields_by_source(const hr_fields *fields, hr_span name)
{
    for (size_t i = 0; i < fields->n; i++) {
        if (fields->v[i].source_name != NULL && span_is(name, fields->v[i].source_name)) {
            return &fields->v[i];
        }
    }
    return NULL;
}

/* True if a member that no field shows travels along all the same. */
static bool
fields_keep(const hr_fields *fields, hr_span name)
{
    for (size_t i = 0; i < fields->n_dropped; i++) {
        if (span_is(name, fields->dropped[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < fields->n; i++) {
        if (span_is(name, fields->v[i].name)) {
            return false; /* replaced */
        }
    }
    return fields->unknown || fields->open;
}

static bool
field_is_new(const hr_field *field, const hr_fields *since)
{
    const hr_field *before = since != NULL ? hr_fields_find(since, field->name) : NULL;

    if (before == NULL) {
        return true;
    }
    if (field->source_name != NULL) {
        return before->source_name == NULL || strcmp(before->source_name, field->source_name) != 0;
    }
    return before->source_name != NULL || before->slot != field->slot;
}

/* True if there is room for one more member. */
static bool
tap_has_room(hr_tap_writer *writer)
{
    bool room = writer->out->len + 2 * HR_TAP_VALUE_BYTES < writer->bytes_max;

    writer->truncated |= !room;
    return room;
}

static bool
tap_write_member(hr_tap_writer *writer, size_t start, const hr_fields *fields,
                 const hr_fields *since, const hr_json_member *member)
{
    const hr_field *field = fields_by_source(fields, member->name_raw);
    hr_span name = field != NULL ? hr_span_str(field->name) : member->name_raw;

    if (field != NULL ? !field_is_new(field, since)
                      : since != NULL || !fields_keep(fields, member->name_raw)) {
        return true;
    }
    if (name.len > HR_TAP_VALUE_BYTES) {
        writer->truncated = true;
        return true;
    }
    return tap_write_name(writer, start, name) && tap_write_json(writer, member->raw);
}

static bool
tap_write_source(hr_tap_writer *writer, size_t start, const hr_fields *fields,
                 const hr_fields *since, hr_span value)
{
    hr_json_iter iter;
    hr_json_member member;
    int more;

    if (value.data == NULL || hr_json_kind_of(value) != HR_JSON_OBJECT ||
        !hr_json_iter_init(&iter, value)) {
        return false;
    }
    while ((more = hr_json_next(&iter, &member)) > 0) {
        if (!tap_has_room(writer)) {
            return true; /* no use to read on */
        }
        if (!tap_write_member(writer, start, fields, since, &member)) {
            return false;
        }
    }
    return more == 0;
}

static bool
tap_write_made(hr_tap_writer *writer, size_t start, const hr_fields *fields, const hr_fields *since,
               const hr_batch *batch, hr_row row)
{
    for (size_t i = 0; i < fields->n; i++) {
        const hr_field *field = &fields->v[i];

        if (field->source_name != NULL || field->slot < 0 || !field_is_new(field, since) ||
            !tap_has_room(writer)) {
            continue;
        }
        if (!tap_write_name(writer, start, hr_span_str(field->name)) ||
            !tap_write_column(writer, field, batch, row)) {
            return false;
        }
    }
    return true;
}

bool
hr_tap_write_fields(hr_tap_writer *writer, const hr_lineage *lineage, const hr_fields *fields,
                    const hr_fields *since, const hr_batch *batch, hr_row row)
{
    hr_span value = hr_batch_record(batch, row)->value;
    hr_buf *out = writer->out;
    size_t begin = out->len;
    bool ok = hr_tap_write_text(writer, "{");
    size_t start = out->len;

    if (ok && lineage->format == HR_FORMAT_RAW) {
        ok = since != NULL || hr_tap_write_bytes(writer, "value", value);
    } else if (ok) {
        ok = tap_write_source(writer, start, fields, since, value) &&
             tap_write_made(writer, start, fields, since, batch, row);
    }
    ok = ok && hr_tap_write_text(writer, "}");
    if (!ok) {
        out->len = begin;
    }
    return ok;
}

/* ---- fields that are gone ----------------------------------------------------------------------
 */

static bool
fields_have(const hr_fields *fields, hr_span name)
{
    for (size_t i = 0; i < fields->n; i++) {
        if (span_is(name, fields->v[i].name)) {
            return true;
        }
    }
    return fields_keep(fields, name);
}

static bool
tap_write_gone_name(hr_tap_writer *writer, bool first, hr_span name)
{
    hr_buf *out = writer->out;

    if (name.len > HR_TAP_VALUE_BYTES || !tap_has_room(writer)) {
        writer->truncated = true;
        return true;
    }
    return hr_tap_write_text(writer, first ? ",\"gone\":[\"" : ",\"") &&
           hr_buf_append(out, name.data, name.len) == HR_OK && hr_tap_write_text(writer, "\"");
}

/* Of what the source record holds; names as they are in its JSON. */
static bool
tap_write_gone_members(hr_tap_writer *writer, size_t begin, const hr_fields *before,
                       const hr_fields *after, hr_span value)
{
    hr_json_iter iter;
    hr_json_member member;

    if (value.data == NULL || hr_json_kind_of(value) != HR_JSON_OBJECT ||
        !hr_json_iter_init(&iter, value)) {
        return true;
    }
    while (hr_json_next(&iter, &member) > 0) {
        const hr_field *field = fields_by_source(before, member.name_raw);
        hr_span name = field != NULL ? hr_span_str(field->name) : member.name_raw;
        bool was = field != NULL || fields_keep(before, member.name_raw);

        if (was && !fields_have(after, name) &&
            !tap_write_gone_name(writer, writer->out->len == begin, name)) {
            return false;
        }
    }
    return true;
}

bool
hr_tap_write_gone(hr_tap_writer *writer, const hr_lineage *lineage, const hr_fields *before,
                  const hr_fields *after, const hr_batch *batch, hr_row row)
{
    size_t begin = writer->out->len;
    bool ok =
        lineage->format == HR_FORMAT_RAW ||
        tap_write_gone_members(writer, begin, before, after, hr_batch_record(batch, row)->value);

    for (size_t i = 0; i < before->n && ok; i++) {
        const hr_field *field = &before->v[i];

        if (field->source_name == NULL && !fields_have(after, hr_span_str(field->name))) {
            ok = tap_write_gone_name(writer, writer->out->len == begin, hr_span_str(field->name));
        }
    }
    return ok && (writer->out->len == begin || hr_tap_write_text(writer, "]"));
}
