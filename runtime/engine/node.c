/* What compile() of a node may ask and declare (hr_node.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_node.h"
#include "hr_operator.h"

#include <string.h>

#define PATH_PARTS_MAX 16

hr_loc
hr_node_loc(const hr_node *node, const char *option)
{
    const hr_yaml_node *options = node->options_yaml;

    if (options != NULL && options->kind == HR_YAML_MAP && hr_yaml_get(options, option) != NULL) {
        return hr_options_loc(options, option);
    }
    return node->type_name.loc;
}

void
hr_node_error(hr_node *node, const hr_error *err)
{
    hr_error marked = *err;

    node->broken = true;
    if (node->topology->diag == NULL) {
        return;
    }
    if (marked.width == 0 && node->yaml != NULL && marked.loc.file != NULL &&
        node->yaml->loc.file != NULL && strcmp(marked.loc.file, node->yaml->loc.file) == 0) {
        marked.width = hr_yaml_width_at(node->yaml, marked.loc);
    }
    hr_diag_error(node->topology->diag, &marked);
}

void
hr_node_warn(hr_node *node, const hr_error *err)
{
    if (node->topology->diag != NULL) {
        hr_diag_warn(node->topology->diag, err->loc, err->width,
                     err->slug != NULL ? err->slug : "warning", err->hint, "%s", err->msg);
    }
}

hr_arena *
hr_node_arena(const hr_node *node)
{
    return node->topology->arena;
}

static int
node_resolve(void *ctx, const char *const *path, size_t n, size_t *used, hr_type *type, int *slot,
             hr_error *err)
{
    hr_node *node = ctx;

    return hr_fields_resolve(&node->fields, node->lineage, path, n, used, type, slot, err);
}

int
hr_node_expr(hr_node *node, const hr_text *text, hr_expr **out, hr_error *err)
{
    hr_scope scope = {node, node_resolve};

    return hr_expr_compile(node->topology->arena, text, &scope, out, err);
}

/* Splits "a.b.c" into the arena. The number of parts, or 0 when there are too many. */
static size_t
node_path(hr_arena *arena, const char *name, const char *path[PATH_PARTS_MAX])
{
    size_t n = 0;

    for (;;) {
        const char *dot = strchr(name, '.');
        size_t len = dot != NULL ? (size_t)(dot - name) : strlen(name);

        if (n == PATH_PARTS_MAX || (path[n++] = hr_arena_strndup(arena, name, len)) == NULL) {
            return 0;
        }
        if (dot == NULL) {
            return n;
        }
        name = dot + 1;
    }
}

int
hr_node_read(hr_node *node, const hr_text *name, hr_type *type, int *slot, hr_error *err)
{
    const char *path[PATH_PARTS_MAX];
    size_t n = node_path(node->topology->arena, name->s, path);
    size_t used = 0;
    int rc;

    if (n == 0) {
        return hr_fail_as(err, name->loc, "bad-name", "'%s' is no field path", name->s);
    }
    rc = node_resolve(node, path, n, &used, type, slot, err);
    if (rc == HR_OK && used < n) {
        rc = hr_fail_as(err, name->loc, "unknown-field", "'%s' is %s and has no field '%s'",
                        path[used - 1], hr_kind_name(type->kind), path[used]);
    }
    if (rc == HR_ECONFIG) {
        err->loc = name->loc;
        err->width = hr_text_width(name);
    }
    return rc;
}

int
hr_node_check_name(const hr_text *name, hr_error *err)
{
    size_t n = strspn(name->s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

    if (n == name->len && n > 0 && !(name->s[0] >= '0' && name->s[0] <= '9')) {
        return HR_OK;
    }
    hr_fail_as(err, name->loc, "bad-name", "'%s' cannot be the name of a field", name->s);
    err->width = hr_text_width(name);
    return hr_hint(err, "use letters, digits and underscores, and no digit first");
}

int
hr_node_make(hr_node *node, const hr_text *name, hr_type type, int *slot, hr_error *err)
{
    int rc = hr_node_check_name(name, err);

    if (rc != HR_OK) {
        return rc;
    }
    *slot = hr_lineage_slot(node->lineage, type.kind);
    if (*slot < 0 ||
        hr_fields_make(node->topology->arena, &node->fields, name->s, type, *slot) != HR_OK) {
        return hr_fail(err, HR_ENOMEM, name->loc, "out of memory");
    }
    return HR_OK;
}

void
hr_node_make_broken(hr_node *node, const char *name)
{
    hr_type type = {.kind = HR_KIND_ANY, .nullable = true};
    hr_field *field;

    if (hr_fields_make(node->topology->arena, &node->fields, name, type, HR_SLOT_UNREAD) == HR_OK) {
        field = hr_fields_find(&node->fields, name);
        field->source_name = NULL;
        field->broken = true;
    }
}

int
hr_node_table(hr_node *node, const hr_text *name, hr_node **table, hr_error *err)
{
    hr_topology *topology = node->topology;
    const char *names[64];
    const char *nearest;
    size_t n = 0;

    *table = hr_topology_find(topology, HR_NODE_TABLE, name->s);
    if (*table != NULL) {
        return (*table)->broken ? hr_fail(err, HR_EREPORTED, HR_NO_LOC, "table has errors") : HR_OK;
    }
    for (size_t i = 0; i < topology->n_tables && n < 64; i++) {
        names[n++] = topology->tables[i].name.s;
    }
    nearest = hr_diag_nearest(name->s, names, n);
    hr_fail_as(err, name->loc, "unknown-table", "there is no table '%s'", name->s);
    err->width = hr_text_width(name);
    return nearest != NULL ? hr_hint(err, "did you mean '%s'?", nearest)
                           : hr_hint(err, "declare it under `tables:`");
}
