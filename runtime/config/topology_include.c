/* `include:` - nodes of other files become nodes of this one, as if written here.
 *
 * The trees are joined before anything is made of them: a node that came from another file is read,
 * wired and checked by the code that knows nothing of files. Its places name its file, and that is
 * how its paths find their folder (topology_nodes.c) and its errors their line.
 *
 * A file that is reached on two ways is read once, and its nodes are the same nodes, not two of one
 * name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/file.h"
#include "config/topology_load.h"

#include <stdlib.h>
#include <string.h>

#define INCLUDE_DEPTH_MAX 8
#define INCLUDE_FILES_MAX 32 /* `include` items of all files together */
#define INCLUDE_BYTES_MAX HR_YAML_BYTES_MAX
#define INCLUDE_NODES_MAX 5000 /* taken, those too that were there already */

typedef struct include_file {
    const char *path, *real;
    hr_yaml_node *root;                /* NULL: it had an error */
    const struct include_file *parent; /* the file whose include is being read; while open */
    bool open;
    size_t index; /* in hr_topology.includes */
} include_file;

typedef struct includer {
    hr_loader *loader;
    hr_arena *arena;
    include_file *files[INCLUDE_FILES_MAX + 1]; /* the topology itself is the first */
    hr_included *shown;
    size_t n_files, n_items, n_nodes, bytes;
} includer;

static void
include_error(includer *in, const hr_text *at, const char *slug, const char *hint, const char *text)
{
    hr_load_error(in->loader, NULL, at->loc, hr_text_width(at), slug, hint, "%s", text);
}

/* --- sections ----------------------------------------------------------------------------------
 */

/* The i-th section of a topology file; NULL past the last. */
static const hr_option *
include_section(size_t i)
{
    for (const hr_option *row = hr_topology_options; row->name != NULL; row++) {
        if (row->kind == HR_OPT_NODE && i-- == 0) {
            return row;
        }
    }
    return NULL;
}

static bool
include_takes(const hr_include_block *block, const char *section)
{
    for (size_t i = 0; i < block->take.n; i++) {
        if (strcmp(block->take.v[i].s, section) == 0) {
            return true;
        }
    }
    return block->take.n == 0 && (strcmp(section, "tables") == 0 || strcmp(section, "steps") == 0);
}

/* Adds an entry to a map whose array may be too short. */
static int
include_append(includer *in, hr_yaml_node *map, hr_text key, hr_yaml_node *value)
{
    hr_yaml_entry *entries = hr_arena_calloc(in->arena, map->n + 1, sizeof *entries);

    if (entries == NULL) {
        return HR_ENOMEM;
    }
    if (map->n > 0) {
        memcpy(entries, map->entries, map->n * sizeof *entries);
    }
    entries[map->n] = (hr_yaml_entry){key, value};
    map->entries = entries;
    map->n++;
    return HR_OK;
}

/* The root's map of a section, made if it is not there. NULL: out of memory. */
static hr_yaml_node *
include_target(includer *in, hr_yaml_node *root, const char *section, const hr_text *at)
{
    hr_yaml_node *map = hr_yaml_get(root, section);
    hr_text key = {.s = section, .len = strlen(section), .loc = at->loc, .width = at->width};

    if (map == NULL) {
        map = hr_arena_calloc(in->arena, 1, sizeof *map);
        if (map == NULL || include_append(in, root, key, map) != HR_OK) {
            return NULL;
        }
        *map = (hr_yaml_node){.kind = HR_YAML_MAP, .loc = at->loc, .width = at->width};
    }
    return map;
}

/* What the item would have brought is not known: sections that only it could have filled stay
 * silent, and so does what looks for names in them. */
static int
include_unknown(includer *in, hr_yaml_node *root, const hr_include_block *item)
{
    const hr_option *row;

    in->loader->names_unsure = in->loader->wiring_unsure = in->loader->tables_unsure = true;
    for (size_t i = 0; (row = include_section(i)) != NULL; i++) {
        if (hr_yaml_get(root, row->name) == NULL && include_takes(item, row->name)) {
            hr_yaml_node *map = include_target(in, root, row->name, &item->file);

            if (map == NULL) {
                return HR_ENOMEM;
            }
            map->broken = true;
        }
    }
    return HR_OK;
}

/* --- taking ------------------------------------------------------------------------------------
 */

static void
include_name_taken(includer *in, const hr_yaml_entry *own, const hr_yaml_entry *taken)
{
    const hr_yaml_entry *both[] = {own, taken};
    char text[120], hint[200];

    for (size_t i = 0; i < 2; i++) {
        const hr_loc *other = &both[1 - i]->key.loc;

        snprintf(text, sizeof text, "'%.60s' is taken", both[i]->key.s);
        snprintf(hint, sizeof hint, "%.120s:%d:%d has one of this name too: rename one of them",
                 other->file, other->line, other->col);
        include_error(in, &both[i]->key, "duplicate-name", hint, text);
    }
    own->value->broken = true;
}

/* Copies into `out` those of `from` that `map` lacks; the number of them. */
static size_t
include_choose(includer *in, const hr_yaml_node *map, const hr_yaml_node *from, hr_yaml_entry *out)
{
    size_t n = 0;

    for (size_t i = 0; i < from->n; i++) {
        const hr_yaml_entry *own = NULL;

        for (size_t k = 0; k < map->n && own == NULL; k++) {
            own = strcmp(map->entries[k].key.s, from->entries[i].key.s) == 0 ? &map->entries[k]
                                                                             : NULL;
        }
        if (own == NULL) {
            out[n++] = from->entries[i];
        } else if (own->value != from->entries[i].value) {
            include_name_taken(in, own, &from->entries[i]);
        }
    }
    return n;
}

/* Puts the nodes of `from` before those of `map`. */
static int
include_join(includer *in, hr_yaml_node *map, const hr_yaml_node *from, size_t *n)
{
    hr_yaml_entry *entries = hr_arena_calloc(in->arena, from->n + map->n + 1, sizeof *entries);

    if (entries == NULL) {
        return HR_ENOMEM;
    }
    *n = include_choose(in, map, from, entries);
    if (map->n > 0) {
        memcpy(entries + *n, map->entries, map->n * sizeof *entries);
    }
    map->entries = entries;
    map->n += *n;
    return HR_OK;
}

static void
include_no_section(includer *in, const include_file *file, const hr_include_block *item,
                   const char *section)
{
    char text[240];

    for (size_t i = 0; i < item->take.n; i++) {
        const hr_text *word = &item->take.v[i];

        if (strcmp(word->s, section) == 0) {
            snprintf(text, sizeof text, "%.150s has no '%.30s'", file->path, section);
            include_error(in, word, "unknown-section", "take what it has, or leave it out", text);
        }
    }
}

static int
include_take_section(includer *in, hr_yaml_node *root, include_file *file,
                     const hr_include_block *item, const char *section)
{
    hr_yaml_node *from = hr_yaml_get(file->root, section), *map;
    size_t n = 0;
    int rc;

    if (from == NULL) {
        include_no_section(in, file, item, section);
        return HR_OK;
    }
    hr_yaml_expand(in->arena, in->loader->diag, from);
    map = include_target(in, root, section, &item->file);
    if (map == NULL) {
        return HR_ENOMEM;
    }
    if (from->broken || from->kind != HR_YAML_MAP || map->kind != HR_YAML_MAP || map->broken) {
        map->broken |= from->broken; /* reported where the file's own keys were read */
        return HR_OK;
    }
    in->n_nodes += from->n;
    if (in->n_nodes > INCLUDE_NODES_MAX) {
        include_error(in, &item->file, "too-large", "",
                      "the included files have more than 5000 nodes");
        return include_unknown(in, root, item);
    }
    rc = include_join(in, map, from, &n);
    in->shown[file->index].n_nodes += n;
    return rc;
}

static int
include_take(includer *in, hr_yaml_node *root, include_file *file, const hr_include_block *item)
{
    const hr_option *row;
    int rc = HR_OK;

    for (size_t i = 0; rc == HR_OK && (row = include_section(i)) != NULL; i++) {
        if (include_takes(item, row->name)) {
            rc = include_take_section(in, root, file, item, row->name);
        }
    }
    return rc;
}

/* --- files -------------------------------------------------------------------------------------
 */

static int include_all(includer *in, include_file *file, int depth);

static void
include_circle(includer *in, const hr_text *at, const include_file *from, const include_file *to)
{
    const include_file *way[INCLUDE_DEPTH_MAX + 2];
    char text[400];
    size_t n = 0, used;

    for (const include_file *f = from; f != to && n < INCLUDE_DEPTH_MAX; f = f->parent) {
        way[n++] = f;
    }
    used = (size_t)snprintf(text, sizeof text, "files include each other in a circle: %.100s",
                            to->path);
    while (n > 0 && used < sizeof text) {
        used += (size_t)snprintf(text + used, sizeof text - used, " -> %.100s", way[--n]->path);
    }
    if (used < sizeof text) {
        snprintf(text + used, sizeof text - used, " -> %.100s", to->path);
    }
    include_error(in, at, "cycle", "move what both need into a file that includes neither", text);
}

/* A misspelt key counts: it is reported, and nothing else for want of it. */
static bool
include_has_endpoints(const hr_yaml_node *root)
{
    static const char *const name = "endpoints";

    for (size_t i = 0; root->kind == HR_YAML_MAP && i < root->n; i++) {
        if (hr_diag_nearest(root->entries[i].key.s, &name, 1) != NULL) {
            return true;
        }
    }
    return false;
}

const hr_yaml_node *
hr_load_own_keys(hr_loader *loader, const hr_yaml_node *root)
{
    static const char *const needed[] = {"sources", "sinks", "topology"};
    static hr_yaml_node absent = {.kind = HR_YAML_SCALAR, .broken = true};
    hr_arena *arena = loader->topology->arena;
    size_t n_needed = hr_yaml_get(root, "fragment") != NULL ? 3
                      : include_has_endpoints(root)         ? 2
                                                            : 0;
    hr_yaml_node *own;

    if (n_needed == 0) {
        return root;
    }
    own = hr_arena_calloc(arena, 1, sizeof *own);
    if (own == NULL) {
        return root;
    }
    *own = *root;
    own->entries = hr_arena_calloc(arena, root->n + 3, sizeof *own->entries);
    if (own->entries == NULL) {
        return root;
    }
    memcpy(own->entries, root->entries, root->n * sizeof *own->entries);
    for (size_t i = 0; i < n_needed; i++) {
        if (hr_yaml_get(root, needed[i]) == NULL) {
            hr_text key = {.s = needed[i], .len = strlen(needed[i])};

            own->entries[own->n++] = (hr_yaml_entry){key, &absent};
        }
    }
    return own;
}

/* Only what makes it a topology or a fragment, and the sections; its guarantee, its errors and its
 * description hold where it runs itself. */
static int
include_check_keys(includer *in, const include_file *file)
{
    const hr_yaml_node *root = hr_load_own_keys(in->loader, file->root);
    hr_topology_block block = {0};
    hr_opt_env env = in->loader->env;
    hr_yaml_node own = *root;

    if (hr_yaml_get(root, "topology") == NULL) {
        hr_text at = {.loc = root->loc, .width = root->n > 0 ? root->entries[0].key.width : 1};

        include_error(in, &at, "missing-key",
                      "add `fragment: NAME`: a part that topologies include",
                      "the included file is neither a topology nor a fragment");
        return HR_OK;
    }
    own.entries = hr_arena_calloc(in->arena, root->n + 1, sizeof *own.entries);
    env.base_dir = hr_file_dir(in->arena, file->path);
    if (own.entries == NULL || env.base_dir == NULL) {
        return HR_ENOMEM;
    }
    own.n = 0;
    for (size_t i = 0; i < root->n; i++) {
        const char *key = root->entries[i].key.s;

        if (strcmp(key, "errors") != 0 && strcmp(key, "guarantee") != 0 &&
            strcmp(key, "description") != 0) {
            own.entries[own.n++] = root->entries[i];
        }
    }
    env.owner = "the topology";
    env.at_width = root->n > 0 ? hr_text_width(&root->entries[0].key) : 1;
    hr_options_parse(&env, hr_topology_options, &own, root->loc, &block);
    hr_load_check_version(in->loader, file->root, &block);
    if (block.fragment.s != NULL) {
        hr_load_check_fragment(in->loader, file->root);
    }
    return HR_OK;
}

/* Reads the file and what it includes. */
static int
include_read(includer *in, include_file *file, const hr_text *at, int depth)
{
    hr_topology *t = in->loader->topology;
    size_t len = 0, errors = hr_diag_errors(in->loader->diag);
    const char *text = hr_yaml_read(in->arena, in->loader->diag, file->path, &len);
    int rc;

    if (text == NULL) {
        return HR_OK;
    }
    in->bytes += len;
    if (in->bytes > INCLUDE_BYTES_MAX) {
        include_error(in, at, "too-large", "", "the included files have more than 1 MiB together");
        return HR_OK;
    }
    t->hash = hr_hash64((hr_span){(const uint8_t *)text, len}, t->hash);
    file->root = hr_yaml_parse(in->arena, in->loader->diag, file->path, text, len);
    if (file->root == NULL) {
        return HR_OK;
    }
    rc = include_all(in, file, depth);
    if (rc == HR_OK && file->root->kind == HR_YAML_MAP) {
        rc = include_check_keys(in, file);
    } else if (rc == HR_OK) {
        hr_text root = {.loc = file->root->loc, .width = file->root->width};

        include_error(in, &root, "type", "begin with `version: 1`", "a topology file is a map");
    }
    if (hr_diag_errors(in->loader->diag) > errors) {
        file->root = NULL;
    }
    return rc;
}

static include_file *
include_known(includer *in, const char *real)
{
    for (size_t i = 0; i < in->n_files; i++) {
        if (strcmp(in->files[i]->real, real) == 0) {
            return in->files[i];
        }
    }
    return NULL;
}

static include_file *
include_add(includer *in, const char *path, const char *real)
{
    include_file *file = hr_arena_calloc(in->arena, 1, sizeof *file);

    if (file != NULL) {
        file->path = path;
        file->real = hr_arena_strdup(in->arena, real);
        file->index = in->n_files > 0 ? in->n_files - 1 : 0;
        in->shown[file->index] = (hr_included){.file = path};
        in->files[in->n_files++] = file;
    }
    return file != NULL && file->real != NULL ? file : NULL;
}

/* One item of `from`'s list. */
static int
include_one(includer *in, include_file *from, const hr_include_block *item, int depth)
{
    const hr_text *at = &item->file;
    char *real = realpath(at->s, NULL);
    include_file *file = real != NULL ? include_known(in, real) : NULL;
    int rc = HR_OK;

    if (in->n_items++ >= INCLUDE_FILES_MAX || depth > INCLUDE_DEPTH_MAX) {
        include_error(in, at, "too-many", "",
                      depth > INCLUDE_DEPTH_MAX ? "files include each other more than 8 deep"
                                                : "more than 32 files are included");
        free(real);
        return include_unknown(in, from->root, item);
    }
    if (file != NULL && file->open) {
        include_circle(in, at, from, file);
        file = NULL;
    } else if (real != NULL && file == NULL) {
        file = include_add(in, at->s, real);
        rc = HR_ENOMEM;
        if (file != NULL) {
            file->open = true;
            file->parent = from;
            rc = include_read(in, file, at, depth);
            file->open = false;
        }
    }
    free(real);
    if (rc != HR_OK) {
        return rc;
    }
    return file != NULL && file->root != NULL ? include_take(in, from->root, file, item)
                                              : include_unknown(in, from->root, item);
}

/* The items of `include`; what is wrong with them is said when the whole file is read too, and an
 * error is kept once. */
static int
include_items(includer *in, const include_file *file, const hr_yaml_node *list, hr_opt_blocks *out)
{
    hr_topology_block block = {0};
    hr_opt_env env = in->loader->env;
    hr_yaml_entry entry = {.key = {.s = "include", .len = 7}, .value = (hr_yaml_node *)list};
    hr_yaml_node map = {.kind = HR_YAML_MAP, .loc = list->loc, .entries = &entry, .n = 1};
    const hr_option rows[] = {*hr_options_find(hr_topology_options, "include"), {0}};
    int rc;

    env.owner = "the topology";
    env.base_dir = hr_file_dir(in->arena, file->path);
    rc = env.base_dir != NULL ? hr_options_parse(&env, rows, &map, list->loc, &block) : HR_ENOMEM;
    *out = block.include;
    return rc;
}

/* Everything that `file` includes, into its own tree. */
static int
include_all(includer *in, include_file *file, int depth)
{
    static const hr_include_block nothing = {0};
    hr_yaml_node *list = hr_yaml_get(file->root, "include");
    hr_opt_blocks items = {0};
    int rc = HR_OK;

    if (list == NULL) {
        return HR_OK;
    }
    hr_yaml_expand(in->arena, in->loader->diag, list);
    if (include_items(in, file, list, &items) != HR_OK) {
        return include_unknown(in, file->root, &nothing);
    }
    for (size_t i = 0; rc == HR_OK && i < items.n; i++) {
        rc = include_one(in, file, (const hr_include_block *)items.v + i, depth + 1);
    }
    return rc;
}

int
hr_load_includes(hr_loader *loader, hr_yaml_node *root)
{
    includer in = {.loader = loader, .arena = loader->topology->arena};
    char *real = realpath(loader->topology->file, NULL);
    include_file *main_file;

    if (hr_yaml_get(root, "include") == NULL) {
        free(real);
        return HR_OK;
    }
    in.shown = hr_arena_calloc(in.arena, INCLUDE_FILES_MAX + 1, sizeof *in.shown);
    main_file = in.shown != NULL
                    ? include_add(&in, loader->topology->file, real != NULL ? real : "")
                    : NULL;
    free(real);
    if (main_file == NULL) {
        return HR_ENOMEM;
    }
    main_file->root = root;
    main_file->open = true;
    loader->topology->includes = in.shown;
    if (include_all(&in, main_file, 0) != HR_OK) {
        return HR_ENOMEM;
    }
    loader->topology->n_includes = in.n_files - 1;
    return HR_OK;
}
