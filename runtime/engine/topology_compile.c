/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/topology_compile.h"
#include "codec/codec.h"
#include "codec/schema.h"
#include "hr_endpoint.h"
#include "hr_operator.h"
#include "hr_sink.h"
#include "hr_source.h"
#include "hr_table.h"

#include <stdio.h>

/* Reports an error of a node; a place is added where there is none. */
static void
compile_error(hr_node *node, hr_error *err)
{
    if (err->loc.line == 0) {
        err->loc = node->type_name.s != NULL ? node->type_name.loc : node->name.loc;
    }
    hr_node_error(node, err);
}

static hr_lineage *
compile_lineage(hr_node *node)
{
    hr_lineage *lineage = hr_arena_calloc(node->topology->arena, 1, sizeof *lineage);

    if (lineage != NULL) {
        lineage->arena = node->topology->arena;
        lineage->format = node->format;
        lineage->unknown = node->unknown;
    }
    node->lineage = lineage;
    return lineage;
}

/* Loads the schema file and lists its fields, none of them read so far. */
static int
compile_schema(hr_node *node, hr_error *err)
{
    hr_arena *arena = node->topology->arena;
    int rc = HR_OK;

    if (node->schema == NULL && node->schema_path.s != NULL) {
        rc = hr_schema_load(arena, node->schema_path.s, &node->schema, err);
    }
    if (rc != HR_OK) {
        node->fields.broken = true;
        return rc;
    }
    node->lineage->schema = node->schema;
    node->fields.open = node->schema == NULL && node->format == HR_FORMAT_JSON && !node->broken;
    node->fields.unknown = node->unknown == HR_UNKNOWN_KEEP;
    for (size_t i = 0; node->schema != NULL && i < node->schema->n_fields; i++) {
        const hr_schema_field *field = &node->schema->fields[i];

        rc = hr_fields_make(arena, &node->fields, field->name, hr_schema_type(field->schema),
                            HR_SLOT_UNREAD);
        if (rc != HR_OK) {
            return hr_fail(err, rc, HR_NO_LOC, "out of memory");
        }
        hr_fields_find(&node->fields, field->name)->source_name = field->name;
    }
    return HR_OK;
}

static int
compile_block(hr_node *node, size_t shared_size,
              int (*compile)(hr_node *, const void *, void *, hr_error *), hr_error *err)
{
    int rc = HR_OK;

    node->shared = hr_arena_calloc(node->topology->arena, 1, shared_size);
    if (node->shared == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    if (compile != NULL) {
        rc = compile(node, node->options, node->shared, err);
    }
    node->compiled = true; /* release() accepts what a failed compile() left */
    return rc;
}

static void
compile_source(hr_node *node)
{
    const hr_source_type *type = node->type;
    hr_error err = {0};
    int rc = HR_OK;

    if (compile_lineage(node) == NULL) {
        rc = hr_fail(&err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    if (rc == HR_OK && type != NULL && !node->broken) {
        rc = compile_block(node, type->shared_size, type->compile, &err);
    }
    if (rc == HR_OK) {
        rc = compile_schema(node, &err);
    }
    if (rc == HR_OK && type != NULL && type->compile_fields != NULL && !node->broken) {
        rc = type->compile_fields(node, node->options, node->shared, &err);
    }
    if (rc != HR_OK) {
        compile_error(node, &err);
    }
    node->fields.broken |= node->broken;
}

/* Every field of the schema is a value of the table; the key fields are found among them. */
static int
compile_table_slots(hr_node *node, hr_error *err)
{
    hr_arena *arena = node->topology->arena;
    hr_table_shared *shared = node->shared;
    size_t n = node->fields.n;
    int *slots = hr_arena_calloc(arena, n, sizeof *slots);
    hr_kind *kinds = hr_arena_calloc(arena, n, sizeof *kinds);
    int *keys = hr_arena_calloc(arena, node->select.n, sizeof *keys);

    if (slots == NULL || kinds == NULL || keys == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        hr_text name = {.s = node->fields.v[i].name, .loc = node->name.loc};
        hr_type type;
        int rc = hr_node_read(node, &name, &type, &slots[i], err);

        if (rc != HR_OK) {
            return rc;
        }
        kinds[i] = type.kind;
    }
    for (size_t i = 0; i < node->select.n; i++) {
        hr_type type;
        int rc = hr_node_read(node, &node->select.v[i], &type, &keys[i], err);

        if (rc != HR_OK) {
            return rc;
        }
        if (type.kind == HR_KIND_DOUBLE || type.kind >= HR_KIND_LIST || type.kind == HR_KIND_ANY) {
            hr_fail_as(err, node->select.v[i].loc, "key-type",
                       "a key field cannot be %s, and '%s' is", hr_kind_name(type.kind),
                       node->select.v[i].s);
            return hr_hint(err, "a key is made of strings, ints, bools, bytes or timestamps");
        }
    }
    shared->slots = slots;
    shared->kinds = kinds;
    shared->n_values = n;
    shared->key_slots = keys;
    shared->n_keys = node->select.n;
    return HR_OK;
}

static int
compile_finish_lineage(hr_node *node, hr_error *err)
{
    hr_lineage *lineage = node->lineage;
    hr_decoder *decoder = NULL;
    int rc = hr_decoder_create(node->topology->arena, lineage, &decoder, err);

    node->decoder = decoder;
    return rc;
}

static void
compile_table(hr_node *node)
{
    const hr_table_type *type = node->type;
    hr_error err = {0};
    int rc = HR_OK;

    if (compile_lineage(node) == NULL) {
        rc = hr_fail(&err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    if (rc == HR_OK && type != NULL && !node->broken) {
        rc = compile_block(node, type->shared_size, type->compile, &err);
        if (node->shared != NULL) {
            hr_cell_init(&((hr_table_shared *)node->shared)->cell);
        }
    }
    if (rc == HR_OK) {
        rc = compile_schema(node, &err);
    }
    if (rc == HR_OK && !node->broken) {
        rc = compile_table_slots(node, &err);
    }
    if (rc == HR_OK && !node->broken) {
        rc = compile_finish_lineage(node, &err);
    }
    if (rc != HR_OK) {
        compile_error(node, &err);
    }
    node->fields.broken |= node->broken;
}

/* Takes over what the input hands on. False when that is not known because of an error before. */
static bool
compile_inherit(hr_node *node, hr_error *err)
{
    if (node->input == NULL) {
        node->fields.broken = true;
        return false;
    }
    node->lineage = node->input->lineage;
    if (hr_fields_copy(node->topology->arena, &node->input->fields, &node->fields) != HR_OK) {
        hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        compile_error(node, err);
        return false;
    }
    return node->lineage != NULL;
}

static void
compile_step(hr_node *node)
{
    const hr_op_type *type = node->type;
    hr_error err = {0};

    if (compile_inherit(node, &err) && type != NULL && !node->broken) {
        if (compile_block(node, type->shared_size, type->compile, &err) != HR_OK) {
            compile_error(node, &err);
        }
    }
    node->fields.broken |= node->broken;
}

static void
compile_sink(hr_node *node)
{
    const hr_sink_type *type = node->type;
    hr_error err = {0};
    hr_encoder *encoder = NULL;
    int rc;

    if (!compile_inherit(node, &err) || type == NULL || node->broken) {
        return;
    }
    rc = compile_block(node, type->shared_size, type->compile, &err);
    if (rc == HR_OK && ((type->flags & HR_SINK_ENCODES) != 0 || node->topology->dry)) {
        rc = hr_encoder_create(node->topology->arena, node->format, node->lineage, &node->fields,
                               node->select.v, node->select.n, &encoder, &err);
        node->encoder = encoder;
    }
    if (rc != HR_OK) {
        compile_error(node, &err);
    }
}

/* An endpoint's fields are what its compile() declares: there is no source to read them from. */
static void
compile_endpoint(hr_node *node)
{
    const hr_endpoint_type *type = node->type;
    hr_error err = {0};
    int rc = HR_OK;

    if (type == NULL || node->broken) {
        return;
    }
    if (compile_lineage(node) == NULL) {
        rc = hr_fail(&err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    if (rc == HR_OK) {
        rc = compile_block(node, type->shared_size, type->compile, &err);
    }
    if (rc != HR_OK) {
        compile_error(node, &err);
    }
}

/* Dead letters carry the source's bytes: no fields, no encoder. */
static void
compile_dead_letters(hr_node *node)
{
    const hr_sink_type *type = node->type;
    hr_error err = {0};

    if (type == NULL || node->broken) {
        return;
    }
    if (type->write_letter == NULL) {
        hr_fail_as(&err, node->type_name.loc, "no-dead-letters", "sink %s cannot take dead letters",
                   type->name);
        hr_hint(&err, "use kafka, file or stdout");
        compile_error(node, &err);
    } else if (compile_block(node, type->shared_size, type->compile, &err) != HR_OK) {
        compile_error(node, &err);
    }
}

int
hr_topology_compile(hr_topology *topology, hr_diag *diag)
{
    hr_error err = {0};

    topology->diag = diag;
    for (size_t i = 0; i < topology->n_tables; i++) {
        compile_table(&topology->tables[i]);
    }
    for (size_t i = 0; i < topology->n_sources; i++) {
        compile_source(&topology->sources[i]);
    }
    for (size_t i = 0; i < topology->n_steps && topology->order != NULL; i++) {
        if (topology->order[i] != NULL) {
            compile_step(topology->order[i]);
        }
    }
    for (size_t i = 0; i < topology->n_sinks; i++) {
        compile_sink(&topology->sinks[i]);
    }
    for (size_t i = 0; i < topology->n_endpoints; i++) {
        compile_endpoint(&topology->endpoints[i]);
    }
    if (topology->dead_letters != NULL) {
        compile_dead_letters(topology->dead_letters);
    }
    for (size_t i = 0; i < topology->n_sources && hr_diag_errors(diag) == 0; i++) {
        if (compile_finish_lineage(&topology->sources[i], &err) != HR_OK) {
            compile_error(&topology->sources[i], &err);
        }
    }
    return hr_diag_errors(diag) == 0 ? HR_OK : HR_ECONFIG;
}
