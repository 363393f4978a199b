/* JSON objects of expressions (hr_json_object.h).
 *
 * The shape is known when the topology is checked, so an object is compiled to a row of parts:
 * constant text, then a value. Maps and lists within it exist at check time only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_write.h"
#include "expr/frames.h"
#include "hr_json_object.h"

#include <stdlib.h>

#define OBJECT_VALUES_MAX 256
#define OBJECT_ALL "*"

typedef struct object_part {
    hr_span lead;  /* text before the value */
    hr_expr *expr; /* NULL: a field as it is */
    int slot;
    hr_type type;
    const char *name; /* of the value, for messages */
} object_part;

struct hr_json_object {
    object_part *parts;
    hr_expr **exprs; /* those of the parts that have one, in their order */
    size_t n, n_exprs;
    hr_span tail;
};

struct hr_json_frame {
    hr_frames frames;
};

/* An object while it is compiled. */
typedef struct object_maker {
    hr_node *node;
    const hr_fields *all; /* what a star means */
    hr_json_object *object;
    hr_buf text; /* what stands before the next value */
    int worst;   /* HR_EREPORTED once something was wrong */
    bool nomem;
} object_maker;

/* --- compile -------------------------------------------------------------------------------- */

static void
object_text(object_maker *m, const char *text)
{
    m->nomem |= hr_buf_append(&m->text, text, strlen(text)) != HR_OK;
}

/* Reports a mistake, and forgets it where it follows from another one. */
static void
object_report(object_maker *m, const hr_error *err)
{
    m->nomem |= err->code == HR_ENOMEM;
    m->worst = HR_EREPORTED;
    if (err->code != HR_ENOMEM) {
        hr_node_error(m->node, err);
    }
}

static hr_span
object_take_text(object_maker *m)
{
    uint8_t *copy = hr_arena_calloc(hr_node_arena(m->node), m->text.len + 1, 1);
    hr_span span = {copy, m->text.len};

    m->nomem |= copy == NULL;
    if (copy != NULL && m->text.len > 0) {
        memcpy(copy, m->text.data, m->text.len);
    }
    m->text.len = 0;
    return span;
}

static void
object_add(object_maker *m, hr_expr *expr, int slot, hr_type type, const char *name)
{
    hr_json_object *object = m->object;

    if (expr != NULL) {
        object->exprs[object->n_exprs++] = expr;
    }
    object->parts[object->n++] = (object_part){
        .lead = object_take_text(m), .expr = expr, .slot = slot, .type = type, .name = name};
}

static bool
object_has_room(object_maker *m, const hr_yaml_node *yaml)
{
    hr_error err = {0};

    if (m->object->n < OBJECT_VALUES_MAX) {
        return true;
    }
    if (m->worst == HR_OK) {
        hr_fail_as(&err, yaml->loc, "too-large", "more than %d values in one object",
                   OBJECT_VALUES_MAX);
        object_report(m, &err);
    }
    return false;
}

static void
object_field(object_maker *m, const hr_yaml_node *yaml, const hr_field *field)
{
    hr_text name = {.s = field->name, .len = strlen(field->name), .loc = yaml->loc};
    hr_error err = {0};
    hr_type type;
    int slot;

    if (hr_node_read(m->node, &name, &type, &slot, &err) != HR_OK) {
        object_report(m, &err);
    } else if (object_has_room(m, yaml)) {
        object_add(m, NULL, slot, type, field->name);
    }
}

static void
object_key(object_maker *m, const char *lead, const char *name)
{
    object_text(m, lead);
    m->nomem |= hr_json_write_string(&m->text, hr_span_str(name)) != HR_OK;
    object_text(m, ":");
}

static void
object_all_fields(object_maker *m, const hr_yaml_node *yaml)
{
    const hr_fields *fields = m->all;
    hr_error err = {0};

    if (fields->open) {
        hr_fail_as(&err, yaml->loc, "no-schema", "'*' means all fields, and there is no schema");
        hr_hint(&err, "name the fields one by one, or give a schema");
        object_report(m, &err);
        return;
    }
    m->worst = fields->broken ? HR_EREPORTED : m->worst;
    object_text(m, fields->n == 0 ? "{" : "");
    for (size_t i = 0; i < fields->n; i++) {
        object_key(m, i == 0 ? "{" : ",", fields->v[i].name);
        object_field(m, yaml, &fields->v[i]);
    }
    object_text(m, "}");
}

static void
object_scalar(object_maker *m, const hr_yaml_node *yaml, const char *name)
{
    hr_error err = {0};
    hr_expr *expr;

    if (hr_yaml_is_null(yaml)) {
        hr_fail_as(&err, yaml->loc, "null-value", "'%.60s' has no value", name);
        hr_hint(&err, "write an expression, or leave the key out");
    } else if (yaml->text.secret) {
        hr_fail_as(&err, yaml->loc, "expansion", "${...} cannot stand for an expression");
        hr_hint(&err, "write the expression out");
    } else if (strcmp(yaml->text.s, OBJECT_ALL) == 0) {
        object_all_fields(m, yaml);
        return;
    } else if (!object_has_room(m, yaml)) {
        return;
    } else if (hr_node_expr(m->node, &yaml->text, &expr, &err) == HR_OK) {
        object_add(m, expr, -1, hr_expr_type(expr), name);
        return;
    }
    err.width = err.width > 0 ? err.width : yaml->width;
    if (err.slug != NULL && strcmp(err.slug, "unknown-field") == 0 && err.hint[0] == '\0') {
        hr_hint(&err, "a text is written '\"%.60s\"'", yaml->text.s);
    }
    object_report(m, &err);
}

/* The depth of the tree is bounded by HR_YAML_DEPTH_MAX. */
static void
object_value(object_maker *m, const hr_yaml_node *yaml, const char *name)
{
    bool map = yaml->kind == HR_YAML_MAP;

    if (yaml->broken) {
        m->worst = HR_EREPORTED;
        return;
    }
    if (yaml->kind == HR_YAML_SCALAR) {
        object_scalar(m, yaml, name);
        return;
    }
    object_text(m, map ? "{" : "[");
    for (size_t i = 0; i < yaml->n; i++) {
        const hr_yaml_entry *entry = &yaml->entries[i];

        if (map) {
            object_key(m, i > 0 ? "," : "", entry->key.s);
        } else {
            object_text(m, i > 0 ? "," : "");
        }
        object_value(m, entry->value, map ? entry->key.s : name);
    }
    object_text(m, map ? "}" : "]");
}

int
hr_json_object_compile(hr_node *node, const hr_yaml_node *yaml, hr_json_object **out, hr_error *err)
{
    return hr_json_object_compile_for(node, yaml, &node->fields, out, err);
}

int
hr_json_object_compile_for(hr_node *node, const hr_yaml_node *yaml, const hr_fields *all,
                           hr_json_object **out, hr_error *err)
{
    hr_arena *arena = hr_node_arena(node);
    hr_json_object *object = hr_arena_calloc(arena, 1, sizeof *object);
    object_maker m = {.node = node, .all = all, .object = object, .worst = HR_OK};

    if (object == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    object->parts = hr_arena_calloc(arena, OBJECT_VALUES_MAX, sizeof *object->parts);
    object->exprs = hr_arena_calloc(arena, OBJECT_VALUES_MAX, sizeof *object->exprs);
    if (object->parts != NULL && object->exprs != NULL) {
        object_value(&m, yaml, "");
        object->tail = object_take_text(&m);
    }
    hr_buf_finish(&m.text);
    if (object->parts == NULL || object->exprs == NULL || m.nomem) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    *out = object;
    return m.worst == HR_OK ? HR_OK
                            : hr_fail(err, HR_EREPORTED, HR_NO_LOC, "the object has errors");
}

/* --- write ---------------------------------------------------------------------------------- */

hr_json_frame *
hr_json_frame_create(const hr_json_object *object)
{
    hr_json_frame *frame = calloc(1, sizeof *frame);

    if (frame != NULL &&
        hr_frames_init(&frame->frames, object->exprs, object->n_exprs, NULL) != HR_OK) {
        hr_json_frame_destroy(frame);
        frame = NULL;
    }
    return frame;
}

void
hr_json_frame_destroy(hr_json_frame *frame)
{
    if (frame != NULL) {
        hr_frames_finish(&frame->frames);
        free(frame);
    }
}

static int
object_write_part(const object_part *part, hr_expr_frame *frame, hr_batch *batch, hr_row row,
                  hr_buf *out, hr_error *err)
{
    const hr_rows rows = {&row, 1};
    const hr_column *column = part->expr != NULL ? hr_expr_run(part->expr, frame, batch, rows, NULL)
                                                 : hr_batch_column(batch, part->slot);

    if (column->lane[row] >= HR_LANE_ERROR) {
        return hr_fail(err, HR_ERECORD, HR_NO_LOC, "%.60s: %s", part->name,
                       hr_expr_error(column->lane[row]));
    }
    if (hr_buf_append(out, part->lead.data, part->lead.len) != HR_OK ||
        hr_json_write_column(out, column, part->type, row) != HR_OK) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "the object is too large");
    }
    return HR_OK;
}

int
hr_json_object_write(const hr_json_object *object, hr_json_frame *frame, hr_batch *batch,
                     hr_row row, hr_buf *out, hr_error *err)
{
    size_t start = out->len, e = 0;
    int rc = HR_OK;

    for (size_t i = 0; i < object->n && rc == HR_OK; i++) {
        const object_part *part = &object->parts[i];
        hr_expr_frame *registers = part->expr != NULL ? frame->frames.v[e++] : NULL;

        rc = object_write_part(part, registers, batch, row, out, err);
    }
    if (rc == HR_OK && hr_buf_append(out, object->tail.data, object->tail.len) != HR_OK) {
        rc = hr_fail(err, HR_ENOMEM, HR_NO_LOC, "the object is too large");
    }
    if (rc != HR_OK) {
        out->len = start;
    }
    return rc;
}
