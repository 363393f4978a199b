/* From the map of a node to a node: its own keys, and exactly one key that names its type.
 *
 * The two kinds of keys stand side by side in the file, so a key that is neither needs the best
 * guess at what was meant: a misspelt operator, an option that belongs one level deeper, or
 * an operator of another section.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/file.h"
#include "config/topology_load.h"
#include "hr_registry.h"
#include "hr_sink.h"

#include <stdarg.h>
#include <string.h>

#define TYPES_MAX 64

/* A node while its map is read. */
typedef struct node_reader {
    hr_loader *loader;
    hr_node *node;
    hr_type_info info;  /* of the type; name NULL: none found so far */
    bool type_reported; /* a key was reported that was meant to be the type */
    hr_yaml_node own;   /* the map with the node's own keys only */
    const hr_option *own_rows;
    const char *base_dir; /* of its paths */
} node_reader;

void
hr_load_error(hr_loader *loader, hr_node *node, hr_loc loc, int width, const char *slug,
              const char *hint, const char *fmt, ...)
{
    char text[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (node != NULL) {
        node->broken = true;
    }
    hr_diag_add(loader->diag, loc, width, slug, hint, "%s", text);
}

static void
node_error(node_reader *r, const hr_text *at, const char *slug, const char *hint, const char *text)
{
    hr_load_error(r->loader, r->node, at->loc, hr_text_width(at), slug, hint, "%s", text);
}

/* --- keys that are not known -------------------------------------------------------------------
 */

static size_t
node_type_names(hr_node_kind kind, const char *names[TYPES_MAX])
{
    hr_type_info info;
    size_t n = 0;

    while (n < TYPES_MAX && hr_registry_at(kind, n, &info)) {
        names[n++] = info.name;
    }
    return n;
}

static void
node_list_types(hr_node_kind kind, char *out, size_t size)
{
    const char *names[TYPES_MAX];
    size_t n = node_type_names(kind, names), used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < n && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", names[i]);
    }
}

/* "it is an operator of steps": the key exists in another section. */
static bool
node_belongs_elsewhere(hr_node_kind kind, const char *key, char *hint, size_t size)
{
    for (int k = HR_NODE_SOURCE; k <= HR_NODE_ENDPOINT; k++) {
        hr_type_info info;

        if (k != (int)kind && hr_registry_find((hr_node_kind)k, key, &info)) {
            snprintf(hint, size, "%s is %s %s: write it under `%ss`", key,
                     k == HR_NODE_STEP ? "an" : "a", hr_node_type_word((hr_node_kind)k),
                     hr_node_kind_word((hr_node_kind)k));
            return true;
        }
        if (k != (int)kind && hr_options_find(hr_node_options((hr_node_kind)k), key) != NULL) {
            snprintf(hint, size, "it is a key of %ss", hr_node_kind_word((hr_node_kind)k));
            return true;
        }
    }
    return false;
}

/* The type or own key that was probably meant; NULL: none is near. */
static const char *
node_nearest(const node_reader *r, const char *key, bool *is_type)
{
    const char *names[TYPES_MAX + 16], *nearest;
    size_t types = node_type_names(r->node->kind, names), n = types;

    for (const hr_option *row = r->own_rows; row->name != NULL && n < TYPES_MAX + 16; row++) {
        names[n++] = row->name;
    }
    nearest = hr_diag_nearest(key, names, n);
    *is_type = false;
    for (size_t i = 0; i < types; i++) {
        *is_type |= nearest == names[i];
    }
    return nearest;
}

static void
node_own_add(node_reader *r, hr_text key, hr_yaml_node *value)
{
    r->own.entries[r->own.n++] = (hr_yaml_entry){key, value};
}

/* The key's value stands for `name`, with a mistake that is reported: it is not missing. */
static void
node_own_add_broken(node_reader *r, const hr_yaml_entry *entry, const char *name)
{
    hr_yaml_node *copy = hr_arena_calloc(r->loader->env.arena, 1, sizeof *copy);
    hr_text key = entry->key;

    if (copy != NULL && hr_yaml_get(r->node->yaml, name) == NULL) {
        *copy = *entry->value;
        copy->broken = true;
        key.s = name;
        key.len = strlen(name);
        node_own_add(r, key, copy);
    }
}

static void
node_unknown(node_reader *r, const hr_yaml_entry *entry)
{
    const hr_text *key = &entry->key;
    hr_node_kind kind = r->node->kind;
    bool is_type = false;
    const char *nearest = node_nearest(r, key->s, &is_type);
    char hint[240], text[200], types[160];

    node_list_types(kind, types, sizeof types);
    snprintf(text, sizeof text, "'%.60s' is neither a key of %s %s nor %s %s", key->s,
             kind == HR_NODE_ENDPOINT ? "an" : "a", hr_node_kind_word(kind),
             kind == HR_NODE_STEP ? "an" : "a", hr_node_type_word(kind));
    if (r->own_rows[0].name == NULL && hr_options_find(hr_node_options(kind), key->s) != NULL) {
        snprintf(hint, sizeof hint,
                 "remove it: dead letters leave as they came, from wherever they failed");
    } else if (r->info.name != NULL && hr_options_find(r->info.options, key->s) != NULL) {
        snprintf(hint, sizeof hint, "it is an option of %s: indent it below", r->info.name);
    } else if (nearest != NULL) {
        snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
        r->type_reported |= is_type;
        if (!is_type) {
            node_own_add_broken(r, entry, nearest);
            r->loader->wiring_unsure |= strcmp(nearest, "from") == 0;
        }
    } else if (node_belongs_elsewhere(kind, key->s, hint, sizeof hint)) {
        r->type_reported = true;
    } else {
        snprintf(hint, sizeof hint, "the %ss are: %s",
                 kind == HR_NODE_STEP ? "operator" : hr_node_kind_word(kind), types);
        r->type_reported = true;
    }
    node_error(r, key, "unknown-key", hint, text);
}

/* --- the type ----------------------------------------------------------------------------------
 */

static void
node_type_found(node_reader *r, const hr_yaml_entry *entry, const hr_type_info *info)
{
    hr_node *node = r->node;
    char text[200], hint[120];

    if (r->info.name == NULL) {
        r->info = *info;
        node->type = info->type;
        node->type_name = entry->key;
        node->options_yaml = entry->value;
        return;
    }
    snprintf(text, sizeof text, "%s '%.60s' has both %s and %s", hr_node_kind_word(node->kind),
             node->name.s, r->info.name, info->name);
    if (node->kind == HR_NODE_STEP) {
        snprintf(hint, sizeof hint, "make a second step of it that reads `from: %.60s`",
                 node->name.s);
    } else {
        snprintf(hint, sizeof hint, "make a second %s of it", hr_node_kind_word(node->kind));
    }
    node_error(r, &entry->key, "two-operators", hint, text);
}

static void
node_type_missing(node_reader *r)
{
    char types[160], text[120], hint[200];

    if (r->info.name != NULL) {
        return;
    }
    r->node->broken = true;
    if (!r->type_reported) {
        node_list_types(r->node->kind, types, sizeof types);
        snprintf(text, sizeof text, "%s '%.60s' has no %s", hr_node_kind_word(r->node->kind),
                 r->node->name.s, hr_node_type_word(r->node->kind));
        snprintf(hint, sizeof hint, "add one of: %s", types);
        node_error(r, &r->node->name, "no-operator", hint, text);
    }
}

/* `dead_letter` chosen where there are none. */
static void
node_check_choices(hr_loader *loader, hr_node *node, const hr_option *table,
                   const hr_yaml_node *yaml)
{
    for (; table->name != NULL; table++) {
        const hr_yaml_node *value = hr_yaml_get(yaml, table->name);

        if (table->kind == HR_OPT_BLOCK && value != NULL) {
            node_check_choices(loader, node, table->block, value);
        }
        if (table->kind == HR_OPT_ENUM && hr_options_given_as(table, yaml, "dead_letter") &&
            !loader->has_dead_letters) {
            value = value != NULL ? value : yaml;
            hr_load_error(loader, node, value->loc, value->width, "no-dead-letters",
                          "add `errors: {dead_letters: {kafka: {...}}}`, or write skip or fail",
                          "there are no dead letters to send it to");
        }
    }
}

static void
node_parse_options(node_reader *r)
{
    hr_node *node = r->node;
    hr_opt_env env = r->loader->env;

    if (r->info.name == NULL) {
        return;
    }
    env.owner =
        node->kind == HR_NODE_STEP
            ? r->info.name
            : hr_arena_printf(env.arena, "%s %s", hr_node_kind_word(node->kind), r->info.name);
    env.at_width = hr_text_width(&node->type_name);
    env.beside = r->own_rows;
    env.base_dir = r->base_dir;
    node->options = hr_arena_calloc(env.arena, 1, r->info.options_size + 1);
    if (node->options == NULL || env.owner == NULL) {
        hr_load_error(r->loader, node, node->name.loc, 1, "memory", NULL, "out of memory");
        return;
    }
    if (hr_options_parse(&env, r->info.options, node->options_yaml, node->type_name.loc,
                         node->options) != HR_OK) {
        node->broken = true;
    }
    node_check_choices(r->loader, node, r->info.options, node->options_yaml);
}

/* --- the node's own keys -------------------------------------------------------------------------
 */

/* `from: [a, b]` has a place in the language, but not yet. */
static void
node_check_from(node_reader *r)
{
    for (size_t i = 0; i < r->own.n; i++) {
        hr_yaml_entry *entry = &r->own.entries[i];

        if (strcmp(entry->key.s, "from") == 0 && entry->value->kind == HR_YAML_LIST) {
            hr_text at = {.loc = entry->value->loc, .width = entry->value->width};

            node_error(r, &at, "from-list",
                       "a list is kept for merge, which this version does not have",
                       "'from' names one source or step");
            entry->value->broken = true;
        }
    }
}

static void
node_take_own(node_reader *r, const hr_node_block *block)
{
    hr_node *node = r->node;

    node->from = block->from;
    node->format = (hr_format)block->format;
    node->unknown = (hr_unknown)block->unknown;
    node->schema_path = block->schema;
    node->select = block->select;
    node->on_error_given = hr_yaml_get(&r->own, "on_error") != NULL;
    node->on_error = node->on_error_given ? (hr_on_error)block->on_error : node->topology->on_error;
}

static void
node_check_raw(node_reader *r)
{
    const hr_yaml_node *schema = hr_yaml_get(&r->own, "schema");

    if (r->node->format == HR_FORMAT_RAW && schema != NULL) {
        r->node->schema_path = (hr_text){0};
        hr_load_error(r->loader, r->node, schema->loc, schema->width, "conflict",
                      "remove it, or write `format: json`", "raw bytes have no schema");
    }
}

static void
node_parse_own(node_reader *r)
{
    hr_opt_env env = r->loader->env;
    hr_node_block block = {0};

    env.owner =
        hr_arena_printf(env.arena, "%s '%s'", hr_node_kind_word(r->node->kind), r->node->name.s);
    env.at_width = hr_text_width(&r->node->name);
    env.base_dir = r->base_dir;
    node_check_from(r);
    if (env.owner == NULL ||
        hr_options_parse(&env, r->own_rows, &r->own, r->node->name.loc, &block) != HR_OK) {
        r->node->broken = true;
    }
    node_take_own(r, &block);
    node_check_choices(r->loader, r->node, r->own_rows, &r->own);
    node_check_raw(r);
    if (hr_options_find(r->own_rows, "from") != NULL && block.from.s == NULL) {
        r->loader->wiring_unsure = true;
    }
}

/* --- nodes
 * ----------------------------------------------------------------------------------------- */

static void
node_sort_keys(node_reader *r)
{
    const hr_yaml_node *yaml = r->node->yaml;
    hr_type_info info;

    for (size_t i = 0; i < yaml->n; i++) {
        const hr_yaml_entry *entry = &yaml->entries[i];

        if (hr_options_find(r->own_rows, entry->key.s) != NULL) {
            node_own_add(r, entry->key, entry->value);
        } else if (hr_registry_find(r->node->kind, entry->key.s, &info)) {
            node_type_found(r, entry, &info);
        }
    }
    for (size_t i = 0; i < yaml->n; i++) {
        const hr_yaml_entry *entry = &yaml->entries[i];

        if (hr_options_find(r->own_rows, entry->key.s) == NULL &&
            !hr_registry_find(r->node->kind, entry->key.s, &info)) {
            node_unknown(r, entry);
        }
    }
}

static void
node_check_name(node_reader *r)
{
    const hr_text *name = &r->node->name;

    if (!(name->s[0] >= 'a' && name->s[0] <= 'z') ||
        strspn(name->s, "abcdefghijklmnopqrstuvwxyz0123456789_") != name->len) {
        char text[120];

        snprintf(text, sizeof text, "'%.60s' cannot be the name of %s %s", name->s,
                 r->node->kind == HR_NODE_ENDPOINT ? "an" : "a", hr_node_kind_word(r->node->kind));
        node_error(r, name, "bad-name",
                   "a name has lower case letters, digits and underscores, a letter first", text);
    }
}

/* Paths start at the folder of the file that the node is written in. */
static const char *
node_base_dir(const hr_loader *loader, const hr_node *node)
{
    const char *file = node->name.loc.file;

    return file == NULL || strcmp(file, node->topology->file) == 0
               ? loader->env.base_dir
               : hr_file_dir(loader->env.arena, file);
}

static int
node_read(hr_loader *loader, hr_node *node, const hr_option *own_rows)
{
    node_reader r = {.loader = loader, .node = node, .own_rows = own_rows};
    char text[120];

    if (node->yaml->broken) {
        node->broken = true;
        loader->wiring_unsure = true;
        return HR_OK;
    }
    node_check_name(&r);
    if (node->yaml->kind != HR_YAML_MAP) {
        snprintf(text, sizeof text, "%s '%.60s' must be a map", hr_node_kind_word(node->kind),
                 node->name.s);
        node_error(&r, &node->name, "type", "write its keys below it, indented", text);
        loader->wiring_unsure = true;
        return HR_OK;
    }
    r.own = (hr_yaml_node){.kind = HR_YAML_MAP, .loc = node->yaml->loc, .width = node->yaml->width};
    r.own.entries =
        hr_arena_calloc(loader->env.arena, node->yaml->n * 2 + 1, sizeof *r.own.entries);
    r.base_dir = node_base_dir(loader, node);
    if (r.own.entries == NULL || r.base_dir == NULL) {
        return HR_ENOMEM;
    }
    node_sort_keys(&r);
    node_type_missing(&r);
    node_parse_own(&r);
    node_parse_options(&r);
    loader->tables_unsure |=
        (node->kind == HR_NODE_STEP || node->kind == HR_NODE_ENDPOINT) && node->broken;
    return HR_OK;
}

int
hr_load_nodes(hr_loader *loader, hr_node_kind kind, const hr_yaml_node *section)
{
    hr_topology *t = loader->topology;
    size_t n = section != NULL ? section->n : 0;
    hr_node *nodes = hr_arena_calloc(t->arena, n + 1, sizeof *nodes);
    hr_node **place = kind == HR_NODE_SOURCE  ? &t->sources
                      : kind == HR_NODE_TABLE ? &t->tables
                      : kind == HR_NODE_STEP  ? &t->steps
                      : kind == HR_NODE_SINK  ? &t->sinks
                                              : &t->endpoints;
    size_t *count = kind == HR_NODE_SOURCE  ? &t->n_sources
                    : kind == HR_NODE_TABLE ? &t->n_tables
                    : kind == HR_NODE_STEP  ? &t->n_steps
                    : kind == HR_NODE_SINK  ? &t->n_sinks
                                            : &t->n_endpoints;

    if (nodes == NULL) {
        return HR_ENOMEM;
    }
    *place = nodes;
    *count = n;
    for (size_t i = 0; i < n; i++) {
        nodes[i] = (hr_node){.kind = kind,
                             .name = section->entries[i].key,
                             .topology = t,
                             .index = (uint32_t)i,
                             .yaml = section->entries[i].value};
        if (node_read(loader, &nodes[i], hr_node_options(kind)) != HR_OK) {
            return HR_ENOMEM;
        }
    }
    return HR_OK;
}

/* --- dead letters
 * ---------------------------------------------------------------------------------- */

/* A dead letter has the source's bytes and no fields, so no expression can be computed for it. */
static void
node_check_letters(hr_loader *loader, hr_node *node)
{
    const hr_sink_type *type = node->type;
    hr_type_info info;

    if (type == NULL || !hr_registry_find(HR_NODE_SINK, type->name, &info)) {
        return;
    }
    if (type->write_letter == NULL) {
        hr_load_error(loader, node, node->type_name.loc, hr_text_width(&node->type_name),
                      "no-dead-letters", "use kafka, file or stdout",
                      "sink %s cannot take dead letters", type->name);
    }
    for (const hr_option *row = info.options; row->name != NULL; row++) {
        const hr_yaml_node *value = hr_yaml_get(node->options_yaml, row->name);

        if (row->kind == HR_OPT_EXPR && value != NULL) {
            hr_load_error(loader, node, value->loc, value->width, "conflict",
                          "remove it: the record's own key is kept",
                          "a dead letter has no fields that '%s' could read", row->name);
        }
    }
}

int
hr_load_dead_letters(hr_loader *loader, const hr_text *key, const hr_yaml_node *yaml)
{
    static const hr_option no_rows[] = {{0}};
    hr_topology *t = loader->topology;
    hr_node *node = hr_arena_calloc(t->arena, 1, sizeof *node);

    if (node == NULL) {
        return HR_ENOMEM;
    }
    *node = (hr_node){.kind = HR_NODE_SINK, .name = *key, .topology = t, .yaml = yaml};
    if (node_read(loader, node, no_rows) != HR_OK) {
        return HR_ENOMEM;
    }
    node->on_error = HR_ON_ERROR_FAIL;
    node_check_letters(loader, node);
    t->dead_letters = node;
    return HR_OK;
}
