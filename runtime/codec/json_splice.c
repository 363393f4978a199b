/* Splicing: what the topology did not touch leaves byte for byte.
 *
 * The decoder notes the places of touched names in the order of the bytes, so one walk over them
 * makes the output. A name that comes twice is left only where it comes last. The comma that a
 * dropped member leaves behind is the one after it, or, for the last member, the one before, which
 * has been written already and is taken back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_encode.h"
#include "codec/json_write.h"

typedef enum splice_kind { SPLICE_KEEP, SPLICE_DROP, SPLICE_PATCH, SPLICE_RENAME } splice_kind;

/* What happens to a touched name. */
typedef struct splice_action {
    splice_kind kind;
    const hr_field *field; /* PATCH */
    hr_span key;           /* RENAME: the new name and its colon */
} splice_action;

/* A made field that may have to be appended. */
typedef struct splice_made {
    const hr_field *field;
    int touch;   /* appended only where this name was not patched; -1: always */
    hr_span key; /* comma, name, colon */
} splice_made;

#define SPLICE_WORDS_MAX 16 /* hr_json_plan allows 1,024 touched names */

struct hr_json_splice {
    splice_action *actions; /* by touched name */
    size_t n_actions, n_words;
    splice_made *made;
    size_t n_made;
};

hr_span
hr_json_encode_key(hr_arena *arena, const char *lead, const char *name)
{
    hr_buf text = {0};
    hr_span key = {0};
    char *kept = NULL;

    if (hr_buf_append(&text, lead, strlen(lead)) == HR_OK &&
        hr_json_write_string(&text, hr_span_str(name)) == HR_OK &&
        hr_buf_append(&text, ":", 1) == HR_OK) {
        kept = hr_arena_strndup(arena, (const char *)text.data, text.len);
    }
    if (kept != NULL) {
        key = (hr_span){(const uint8_t *)kept, text.len};
    }
    hr_buf_finish(&text);
    return key;
}

static int __attribute__((noinline))
encode_failed(const hr_batch *batch, const hr_field *field, const char **reason)
{
    *reason = hr_arena_printf(batch->arena, "field '%s' has no value: its expression failed",
                              field->name);
    return *reason != NULL ? HR_ERECORD : HR_ENOMEM;
}

int
hr_json_encode_value(const hr_batch *batch, const hr_field *field, hr_row row, hr_buf *out,
                     const char **reason)
{
    const hr_column *column = &batch->columns[field->slot];

    if (column->lane[row] >= HR_LANE_ERROR) {
        return encode_failed(batch, field, reason);
    }
    return hr_json_write_column(out, column, field->type, row);
}

/* True if records of the source can hold a field of that name. */
static bool
splice_may_hold(const hr_lineage *lineage, const char *name)
{
    return lineage->schema == NULL || lineage->unknown == HR_UNKNOWN_KEEP ||
           hr_schema_find(lineage->schema, name) != NULL;
}

/* Touches every source name that the output holds differently. */
static int
splice_touch(hr_lineage *lineage, const hr_fields *fields)
{
    for (size_t i = 0; i < fields->n_dropped; i++) {
        if (hr_lineage_touch(lineage, fields->dropped[i]) < 0) {
            return HR_ENOMEM;
        }
    }
    for (size_t i = 0; i < fields->n; i++) {
        const hr_field *field = &fields->v[i];

        if (field->source_name != NULL && strcmp(field->source_name, field->name) == 0) {
            continue;
        }
        if (field->source_name != NULL && hr_lineage_touch(lineage, field->source_name) < 0) {
            return HR_ENOMEM;
        }
        if (splice_may_hold(lineage, field->name) && hr_lineage_touch(lineage, field->name) < 0) {
            return HR_ENOMEM;
        }
    }
    return HR_OK;
}

/* True if the name is one that this encoder's fields have changed; others touched it otherwise. */
static bool
splice_concerns(const hr_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->n_dropped; i++) {
        if (strcmp(fields->dropped[i], name) == 0) {
            return true;
        }
    }
    return hr_fields_find(fields, name) != NULL;
}

/* What becomes of a source field: it is some field's source (perhaps under a new name), it has been
 * replaced by a made field of its name, or it is gone. */
static bool
splice_action_of(hr_arena *arena, const hr_fields *fields, const char *name, splice_action *out)
{
    const hr_field *named;

    for (size_t i = 0; i < fields->n; i++) {
        const hr_field *field = &fields->v[i];

        if (field->source_name == NULL || strcmp(field->source_name, name) != 0) {
            continue;
        }
        if (strcmp(field->name, name) != 0) {
            *out =
                (splice_action){SPLICE_RENAME, field, hr_json_encode_key(arena, "", field->name)};
            return out->key.data != NULL;
        }
        *out = (splice_action){.kind = SPLICE_KEEP};
        return true;
    }
    named = hr_fields_find(fields, name);
    if (named != NULL && named->source_name == NULL) {
        *out = (splice_action){.kind = SPLICE_PATCH, .field = named};
    } else {
        *out = (splice_action){.kind = splice_concerns(fields, name) ? SPLICE_DROP : SPLICE_KEEP};
    }
    return true;
}

static int
splice_made_fields(hr_arena *arena, const hr_lineage *lineage, const hr_fields *fields,
                   hr_json_splice *splice)
{
    splice->made = hr_arena_calloc(arena, fields->n, sizeof *splice->made);
    if (splice->made == NULL) {
        return HR_ENOMEM;
    }
    for (size_t i = 0; i < fields->n; i++) {
        splice_made *made = &splice->made[splice->n_made];

        if (fields->v[i].source_name != NULL) {
            continue;
        }
        *made = (splice_made){&fields->v[i], -1, hr_json_encode_key(arena, ",", fields->v[i].name)};
        for (size_t t = 0; t < splice->n_actions; t++) {
            if (splice->actions[t].kind == SPLICE_PATCH &&
                strcmp(lineage->touched[t], made->field->name) == 0) {
                made->touch = (int)t;
            }
        }
        if (made->key.data == NULL) {
            return HR_ENOMEM;
        }
        splice->n_made++;
    }
    return HR_OK;
}

static int
splice_fill(hr_arena *arena, hr_lineage *lineage, const hr_fields *from, hr_json_splice *splice)
{
    hr_fields fields;

    /* The step's own list may still change; what is kept here points into a copy. */
    if (hr_fields_copy(arena, from, &fields) != HR_OK || splice_touch(lineage, &fields) != HR_OK) {
        return HR_ENOMEM;
    }
    splice->n_actions = lineage->n_touched;
    splice->n_words = (splice->n_actions + 63) / 64;
    splice->actions = hr_arena_calloc(arena, splice->n_actions, sizeof *splice->actions);
    if (splice->actions == NULL) {
        return HR_ENOMEM;
    }
    for (size_t t = 0; t < splice->n_actions; t++) {
        if (!splice_action_of(arena, &fields, lineage->touched[t], &splice->actions[t])) {
            return HR_ENOMEM;
        }
    }
    return splice_made_fields(arena, lineage, &fields, splice);
}

int
hr_json_splice_create(hr_arena *arena, hr_lineage *lineage, const hr_fields *fields,
                      hr_json_splice **out, hr_error *err)
{
    hr_json_splice *splice = hr_arena_calloc(arena, 1, sizeof *splice);

    if (splice == NULL || splice_fill(arena, lineage, fields, splice) != HR_OK) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    *out = splice;
    return HR_OK;
}

/* One record on its way out. */
typedef struct splice_run {
    const hr_json_splice *splice;
    const hr_batch *batch;
    hr_row row;
    hr_buf *out;
    size_t out_start;
    const uint8_t *text;
    uint32_t copied; /* source bytes before this one are dealt with */
    const char **reason;
    uint64_t patched[SPLICE_WORDS_MAX]; /* by touched name; as many words as there are names for */
} splice_run;

static bool
splice_is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static int
splice_copy(splice_run *run, uint32_t to)
{
    int rc = hr_buf_append(run->out, run->text + run->copied, to - run->copied);

    run->copied = to;
    return rc;
}

/* The last byte written of this record that is no blank. */
static size_t
splice_last(const splice_run *run)
{
    size_t len = run->out->len;

    while (len > run->out_start + 1 && splice_is_blank(run->out->data[len - 1])) {
        len--;
    }
    return len - 1;
}

static int
splice_drop(splice_run *run, const hr_json_place *place)
{
    int rc = splice_copy(run, place->key);
    uint32_t at = place->end;
    size_t last;

    while (splice_is_blank(run->text[at])) {
        at++;
    }
    if (run->text[at] == ',') {
        at++;
        while (splice_is_blank(run->text[at])) {
            at++;
        }
    } else if (rc == HR_OK) {
        last = splice_last(run);
        run->out->len = run->out->data[last] == ',' ? last : last + 1;
    }
    run->copied = at;
    return rc;
}

/* True if the name comes again later. */
static bool
splice_comes_again(const hr_json_row *record, uint32_t i)
{
    for (uint32_t k = i + 1; record->repeated && k < record->n; k++) {
        if (record->places[k].touch == record->places[i].touch) {
            return true;
        }
    }
    return false;
}

static int
splice_patch(splice_run *run, const splice_action *action, const hr_json_place *place)
{
    int rc = splice_copy(run, place->value);

    run->copied = place->end;
    run->patched[place->touch / 64] |= (uint64_t)1 << place->touch % 64;
    return rc == HR_OK
               ? hr_json_encode_value(run->batch, action->field, run->row, run->out, run->reason)
               : rc;
}

static int
splice_rename(splice_run *run, const splice_action *action, const hr_json_place *place)
{
    int rc = splice_copy(run, place->key);

    run->copied = place->value;
    return rc == HR_OK ? hr_buf_append(run->out, action->key.data, action->key.len) : rc;
}

static int
splice_place(splice_run *run, const hr_json_row *record, uint32_t i)
{
    const hr_json_place *place = &record->places[i];
    const splice_action *action;

    if (place->touch >= run->splice->n_actions) {
        return HR_OK; /* touched for an encoder made later */
    }
    action = &run->splice->actions[place->touch];
    if (action->kind == SPLICE_KEEP) {
        return HR_OK;
    }
    if (action->kind == SPLICE_DROP || splice_comes_again(record, i)) {
        return splice_drop(run, place);
    }
    return action->kind == SPLICE_PATCH ? splice_patch(run, action, place)
                                        : splice_rename(run, action, place);
}

/* The made fields that the source did not hold, behind the last member. */
static int
splice_append(splice_run *run)
{
    bool empty = run->out->data[splice_last(run)] == '{';
    int rc = HR_OK;

    for (size_t i = 0; rc == HR_OK && i < run->splice->n_made; i++) {
        const splice_made *made = &run->splice->made[i];
        size_t comma = empty ? 1 : 0;

        if (made->touch >= 0 && (run->patched[made->touch / 64] >> made->touch % 64 & 1) != 0) {
            continue;
        }
        rc = hr_buf_append(run->out, made->key.data + comma, made->key.len - comma);
        if (rc == HR_OK) {
            rc = hr_json_encode_value(run->batch, made->field, run->row, run->out, run->reason);
        }
        empty = false;
    }
    return rc;
}

/* `patched` is cleared as far as it is used: all of it would take longer than a small record. */
static inline void
splice_begin(splice_run *run, const hr_json_splice *splice, const hr_batch *batch, hr_row row,
             hr_buf *out, const char **reason)
{
    run->splice = splice;
    run->batch = batch;
    run->row = row;
    run->out = out;
    run->out_start = out->len;
    run->text = hr_batch_record(batch, row)->value.data;
    run->copied = 0;
    run->reason = reason;
    run->patched[0] = 0;
    if (splice->n_words > 1) {
        memset(run->patched, 0, splice->n_words * sizeof run->patched[0]);
    }
}

int
hr_json_splice_run(const hr_json_splice *splice, const hr_batch *batch, hr_row row, hr_buf *out,
                   const char **reason)
{
    const hr_json_row *record = hr_json_row_of(batch, row);
    hr_span text = hr_batch_record(batch, row)->value;
    splice_run run;
    uint32_t last = record->close;
    int rc = hr_buf_reserve(out, text.len + 64 * splice->n_made);

    splice_begin(&run, splice, batch, row, out, reason);
    for (uint32_t i = 0; rc == HR_OK && i < record->n; i++) {
        rc = splice_place(&run, record, i);
    }
    if (rc == HR_OK && splice->n_made > 0) {
        while (last > run.copied && splice_is_blank(text.data[last - 1])) {
            last--;
        }
        rc = splice_copy(&run, last);
        rc = rc == HR_OK ? splice_append(&run) : rc;
    }
    return rc == HR_OK ? splice_copy(&run, (uint32_t)text.len) : rc;
}
