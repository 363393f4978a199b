/* A topology file: its own keys, then its nodes, then their wiring. Everything is read even when
 * something before was wrong, so that all mistakes of a file come in one run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/topology_load.h"
#include "config/file.h"

#include <stdlib.h>
#include <string.h>

#define TOPOLOGY_VERSION 1

void
hr_load_check_version(hr_loader *loader, const hr_yaml_node *root, const hr_topology_block *block)
{
    const hr_yaml_node *version = hr_yaml_get(root, "version");

    if (version != NULL && block->version != 0 && block->version != TOPOLOGY_VERSION) {
        hr_load_error(loader, NULL, version->loc, version->width, "version", "write version: 1",
                      "version %lld of topology files is not known", (long long)block->version);
    }
}

static void
load_check_guarantee(hr_loader *loader, const hr_yaml_node *root, const hr_topology_block *block)
{
    const hr_yaml_node *guarantee = hr_yaml_get(root, "guarantee");

    loader->topology->exactly_once = block->guarantee == 1;
    if (guarantee != NULL && block->guarantee == 1) {
        hr_load_error(loader, NULL, guarantee->loc, guarantee->width, "guarantee",
                      "write at-least-once, and let sinks be written by key (mongo: `write: "
                      "upsert`), where a repeated record changes nothing",
                      "this version keeps at-least-once, not exactly-once");
    }
}

/* The key of dead_letters with its place. */
static const hr_yaml_entry *
load_letters_entry(const hr_yaml_node *root)
{
    const hr_yaml_node *errors = hr_yaml_get(root, "errors");

    for (size_t i = 0; errors != NULL && errors->kind == HR_YAML_MAP && i < errors->n; i++) {
        if (strcmp(errors->entries[i].key.s, "dead_letters") == 0) {
            return &errors->entries[i];
        }
    }
    return NULL;
}

static int
load_errors(hr_loader *loader, const hr_yaml_node *root, const hr_topology_block *block)
{
    const hr_yaml_node *on_error = hr_yaml_get(hr_yaml_get(root, "errors"), "on_error");
    const hr_yaml_entry *letters = load_letters_entry(root);
    hr_topology *t = loader->topology;

    loader->has_dead_letters = letters != NULL || t->fragment;
    t->max_rate_records = block->errors.max_rate.records;
    t->max_rate_per_ms = block->errors.max_rate.per_ms;
    t->on_error = loader->has_dead_letters ? HR_ON_ERROR_DEAD_LETTER : HR_ON_ERROR_FAIL;
    if (on_error != NULL) {
        t->on_error = (hr_on_error)block->errors.on_error;
    }
    if (on_error != NULL && !loader->has_dead_letters && on_error->kind == HR_YAML_SCALAR &&
        strcmp(on_error->text.s, "dead_letter") == 0) {
        hr_load_error(loader, NULL, on_error->loc, on_error->width, "no-dead-letters",
                      "add `dead_letters: {kafka: {...}}` beside it, or write skip or fail",
                      "there are no dead letters to send it to");
    }
    return block->errors.dead_letters != NULL
               ? hr_load_dead_letters(loader, &letters->key, block->errors.dead_letters)
               : HR_OK;
}

static int
load_sections(hr_loader *loader, const hr_yaml_node *root, const hr_topology_block *block)
{
    int rc = load_errors(loader, root, block);

    if (rc == HR_OK) {
        rc = hr_load_nodes(loader, HR_NODE_SOURCE, block->sources);
    }
    if (rc == HR_OK) {
        rc = hr_load_nodes(loader, HR_NODE_TABLE, block->tables);
    }
    if (rc == HR_OK) {
        rc = hr_load_nodes(loader, HR_NODE_STEP, block->steps);
    }
    if (rc == HR_OK) {
        rc = hr_load_nodes(loader, HR_NODE_SINK, block->sinks);
    }
    if (rc == HR_OK) {
        rc = hr_load_nodes(loader, HR_NODE_ENDPOINT, block->endpoints);
    }
    if (rc == HR_OK) {
        hr_load_check_names(loader);
        rc = hr_load_wire(loader);
    }
    return rc;
}

void
hr_load_check_fragment(hr_loader *loader, const hr_yaml_node *root)
{
    static const char *const of_topologies[] = {"guarantee", "errors"};
    const hr_yaml_node *name = hr_yaml_get(root, "topology");

    for (size_t i = 0; i < root->n; i++) {
        const hr_text *key = &root->entries[i].key;

        for (size_t k = 0; k < 2; k++) {
            if (strcmp(key->s, of_topologies[k]) == 0) {
                hr_load_error(loader, NULL, key->loc, hr_text_width(key), "conflict",
                              "write it in the topology", "a fragment has no '%s'", key->s);
            }
        }
    }
    if (name != NULL) {
        hr_load_error(
            loader, NULL, name->loc, name->width, "conflict",
            "keep `topology` in a file that runs, `fragment` in a part that others include",
            "a file is a topology or a fragment, not both");
    }
}

/* A fragment lacks what the topology that includes it has: what needs that is not known. */
static void
load_fragment(hr_loader *loader, const hr_yaml_node *root)
{
    loader->topology->fragment = true;
    loader->names_unsure = loader->wiring_unsure = loader->tables_unsure = true;
    hr_load_check_fragment(loader, root);
}

static int
load_root(hr_loader *loader, const hr_yaml_node *written)
{
    hr_topology_block block = {0};
    size_t errors = hr_diag_errors(loader->diag);
    const hr_yaml_node *root = hr_load_own_keys(loader, written);

    if (root->kind == HR_YAML_MAP && root->n > 0) {
        loader->env.at_width = hr_text_width(&root->entries[0].key);
    }
    hr_options_parse(&loader->env, hr_topology_options, root, root->loc, &block);
    if (root->kind != HR_YAML_MAP) {
        return HR_OK;
    }
    /* A misspelt section is reported, and nothing that lacks because of it. */
    if (hr_diag_errors(loader->diag) > errors) {
        loader->names_unsure |= block.sources == NULL || block.steps == NULL;
        loader->wiring_unsure |= loader->names_unsure || block.sinks == NULL;
        loader->tables_unsure |=
            block.steps == NULL || block.tables == NULL || block.endpoints == NULL;
    }
    if (block.fragment.s != NULL) {
        load_fragment(loader, written);
    }
    loader->topology->name = block.fragment.s != NULL ? block.fragment : block.name;
    loader->topology->description = block.description;
    hr_load_check_version(loader, root, &block);
    load_check_guarantee(loader, root, &block);
    return load_sections(loader, root, &block);
}

static int
load_files(hr_topology *t, const char *path, const char *config_files_root)
{
    t->file = hr_arena_strdup(t->arena, path);
    t->dir = hr_file_dir(t->arena, path);
    if (t->dir == NULL) {
        return HR_ENOMEM;
    }
    t->files_root = config_files_root != NULL ? hr_arena_strdup(t->arena, config_files_root)
                                              : hr_file_root(t->arena, t->dir);
    return t->file != NULL && t->files_root != NULL ? HR_OK : HR_ENOMEM;
}

static hr_topology *
load_new(hr_diag *diag)
{
    hr_arena *arena = hr_arena_create(65536, 0);
    hr_topology *t = arena != NULL ? hr_arena_calloc(arena, 1, sizeof *t) : NULL;

    if (t == NULL) {
        hr_arena_destroy(arena);
        hr_diag_add(diag, HR_NO_LOC, 1, "memory", NULL, "out of memory");
        return NULL;
    }
    t->arena = arena;
    t->diag = diag;
    return t;
}

static hr_topology *
load_text(hr_topology *t, const char *path, const char *text, size_t len,
          const char *config_files_root)
{
    hr_diag *diag = t->diag;
    hr_yaml_node *root = hr_yaml_parse(t->arena, diag, path, text, len);
    hr_loader loader = {.topology = t, .diag = diag};

    if (root == NULL) {
        hr_topology_destroy(t);
        return NULL;
    }
    t->hash = hr_hash64((hr_span){(const uint8_t *)text, len}, 0);
    hr_yaml_expand(t->arena, diag, root);
    loader.env = (hr_opt_env){.arena = t->arena, .diag = diag, .owner = "the topology"};
    if (load_files(t, path, config_files_root) == HR_OK) {
        loader.env.files_root = t->files_root;
        loader.env.base_dir = t->dir;
        if (hr_load_includes(&loader, root) == HR_OK && load_root(&loader, root) == HR_OK) {
            return t;
        }
    }
    hr_diag_add(diag, root->loc, 1, "memory", NULL, "out of memory");
    hr_topology_destroy(t);
    return NULL;
}

hr_topology *
hr_topology_load_text(const char *path, const char *text, size_t len, const char *config_files_root,
                      hr_diag *diag)
{
    hr_topology *t = load_new(diag);

    return t != NULL ? load_text(t, path, text, len, config_files_root) : NULL;
}

hr_topology *
hr_topology_load(const char *path, const char *config_files_root, hr_diag *diag)
{
    hr_topology *t = load_new(diag);
    size_t len = 0;
    const char *text = t != NULL ? hr_yaml_read(t->arena, diag, path, &len) : NULL;

    if (text == NULL) {
        hr_topology_destroy(t);
        return NULL;
    }
    return load_text(t, path, text, len, config_files_root);
}
