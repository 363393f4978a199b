/* Fills an options block from a map by its table. Every key of the map is looked at, so that all
 * mistakes are reported at once, each where the person must type.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/options.h"
#include "config/option_value.h"

#include <string.h>

#define ROWS_MAX 64 /* of a table: one bit each */

const hr_option *
hr_options_find(const hr_option *table, const char *name)
{
    for (; table != NULL && table->name != NULL; table++) {
        if (strcmp(table->name, name) == 0) {
            return table;
        }
    }
    return NULL;
}

static const hr_option *
options_main_row(const hr_option *table)
{
    for (; table->name != NULL; table++) {
        if ((table->flags & HR_OPT_MAIN) != 0) {
            return table;
        }
    }
    return NULL;
}

/* --- what was not given ---------------------------------------------------------------------- */

static int options_absent_block(const hr_opt_env *env, const hr_option *row, hr_loc at,
                                char *target);

/* Sets the row's fallback. HR_ECONFIG can only come from a table that is wrong. */
static int
options_absent(const hr_opt_env *env, const hr_option *row, hr_loc at, char *block)
{
    hr_yaml_node node = {.kind = HR_YAML_SCALAR, .loc = at, .width = 1};

    if (row->kind == HR_OPT_BLOCK) {
        return options_absent_block(env, row, at, block + row->offset);
    }
    if (row->kind == HR_OPT_LIST || row->kind == HR_OPT_MAP || row->kind == HR_OPT_NODE ||
        row->kind == HR_OPT_BLOCKS) {
        return HR_OK; /* "[]" or "{}": empty, as it is */
    }
    node.text = (hr_text){
        .s = row->fallback, .len = strlen(row->fallback), .loc = at, .style = HR_YAML_PLAIN};
    return hr_option_value(env, row, &node, block + row->offset);
}

static int
options_absent_block(const hr_opt_env *env, const hr_option *row, hr_loc at, char *target)
{
    for (const hr_option *r = row->block; r->name != NULL; r++) {
        if (r->fallback != NULL && options_absent(env, r, at, target) != HR_OK) {
            return HR_ECONFIG;
        }
    }
    return HR_OK;
}

/* --- mistakes of the map ---------------------------------------------------------------------- */

/* Appends "'a', 'b' and 'c'" of the rows whose bit is set. */
static void
options_name_rows(const hr_option *table, uint64_t rows, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; table[i].name != NULL && used < size; i++) {
        uint64_t rest = rows >> i;

        if ((rest & 1u) != 0) {
            const char *between = used == 0 ? "" : rest >> 1 != 0 ? ", " : " and ";

            used += (size_t)snprintf(out + used, size - used, "%s'%s'", between, table[i].name);
        }
    }
}

static int
options_missing(const hr_opt_env *env, const hr_option *table, uint64_t rows, hr_loc at)
{
    char names[300];
    const char *hint = NULL;

    if (rows == 0) {
        return HR_OK;
    }
    options_name_rows(table, rows, names, sizeof names);
    if ((rows & (rows - 1)) == 0) {
        hint = table[__builtin_ctzll(rows)].help;
    }
    hr_diag_add(env->diag, at, env->at_width, "missing-key", hint, "%s needs %s", env->owner,
                names);
    return HR_ECONFIG;
}

/* Reports a key that is no row; marks the row that was probably meant as seen, so that it is not
 * reported as missing too. */
static void
options_unknown(const hr_opt_env *env, const hr_option *table, const hr_text *key, uint64_t *seen)
{
    const char *names[ROWS_MAX], *nearest;
    char hint[240];
    size_t n = 0, used;

    for (; n < ROWS_MAX && table[n].name != NULL; n++) {
        names[n] = table[n].name;
    }
    nearest = hr_diag_nearest(key->s, names, n);
    if (hr_options_find(env->beside, key->s) != NULL) {
        snprintf(hint, sizeof hint, "it stands beside %s, not below it", env->owner);
    } else if (nearest != NULL) {
        *seen |= UINT64_C(1) << (hr_options_find(table, nearest) - table);
        snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    } else {
        used = (size_t)snprintf(hint, sizeof hint, n > 0 ? "it takes: " : "it takes none");
        for (size_t i = 0; i < n && used < sizeof hint; i++) {
            used += (size_t)snprintf(hint + used, sizeof hint - used, "%s%s", i > 0 ? ", " : "",
                                     names[i]);
        }
    }
    hr_diag_add(env->diag, key->loc, hr_text_width(key), "unknown-key", hint,
                "'%s' is not an option of %s", key->s, env->owner);
}

/* --- parsing -----------------------------------------------------------------------------------
 */

static size_t
options_struct_bytes(const hr_option *rows)
{
    while (rows->name != NULL) {
        rows++;
    }
    return rows->offset;
}

/* A list of blocks. An item may be the scalar that its main row takes. */
static int
options_blocks(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *list,
               hr_opt_blocks *target)
{
    size_t size = options_struct_bytes(row->block);
    char *items = hr_arena_calloc(env->arena, list->n + 1, size);
    hr_opt_env inner = *env;
    int rc = items != NULL ? HR_OK : hr_option_fail(env, list, "memory", NULL, "out of memory");

    inner.owner = row->name;
    inner.beside = NULL;
    for (size_t i = 0; items != NULL && i < list->n; i++) {
        const hr_yaml_node *item = list->entries[i].value;

        inner.at_width = item->width;
        if (hr_options_parse(&inner, row->block, item, item->loc, items + i * size) != HR_OK) {
            rc = HR_ECONFIG;
        }
    }
    *target = (hr_opt_blocks){items, rc == HR_OK ? list->n : 0};
    return rc;
}

static int
options_row(const hr_opt_env *env, const hr_option *row, const hr_yaml_entry *entry, char *block)
{
    hr_opt_env inner = *env;

    if (row->kind == HR_OPT_BLOCKS && entry->value->kind == HR_YAML_LIST && !entry->value->broken &&
        (entry->value->n > 0 || (row->flags & HR_OPT_NONEMPTY) == 0)) {
        return options_blocks(env, row, entry->value,
                              (hr_opt_blocks *)(void *)(block + row->offset));
    }
    if (row->kind != HR_OPT_BLOCK) {
        return hr_option_value(env, row, entry->value, block + row->offset);
    }
    inner.owner = row->name;
    inner.beside = NULL;
    inner.at_width = hr_text_width(&entry->key);
    return hr_options_parse(&inner, row->block, entry->value, entry->key.loc, block + row->offset);
}

static int
options_fill_absent(const hr_opt_env *env, const hr_option *table, uint64_t seen, hr_loc at,
                    char *block)
{
    uint64_t missing = 0;
    int rc = HR_OK;

    for (size_t i = 0; table[i].name != NULL; i++) {
        if ((seen >> i & 1u) != 0) {
            continue;
        }
        if (table[i].fallback != NULL) {
            rc = options_absent(env, &table[i], at, block) != HR_OK ? HR_ECONFIG : rc;
        } else if ((table[i].flags & HR_OPT_OPTIONAL) == 0) {
            missing |= UINT64_C(1) << i;
        }
    }
    return options_missing(env, table, missing, at) != HR_OK ? HR_ECONFIG : rc;
}

static int
options_map(const hr_opt_env *env, const hr_option *table, const hr_yaml_node *node, hr_loc at,
            char *block)
{
    uint64_t seen = 0;
    int rc = HR_OK;

    for (size_t i = 0; i < node->n; i++) {
        const hr_yaml_entry *entry = &node->entries[i];
        const hr_option *row = hr_options_find(table, entry->key.s);

        if (row == NULL) {
            options_unknown(env, table, &entry->key, &seen);
            rc = HR_ECONFIG;
            continue;
        }
        seen |= UINT64_C(1) << (row - table);
        rc = options_row(env, row, entry, block) != HR_OK ? HR_ECONFIG : rc;
    }
    return options_fill_absent(env, table, seen, at, block) != HR_OK ? HR_ECONFIG : rc;
}

/* Something else than a map in its place. */
static int
options_no_map(const hr_opt_env *env, const hr_option *table, const hr_yaml_node *node)
{
    char hint[240];
    size_t used = (size_t)snprintf(hint, sizeof hint, "its options are: ");

    for (size_t i = 0; table[i].name != NULL && used < sizeof hint; i++) {
        used += (size_t)snprintf(hint + used, sizeof hint - used, "%s%s", i > 0 ? ", " : "",
                                 table[i].name);
    }
    if (hr_yaml_is_null(node)) {
        const hr_option *row = options_main_row(table);

        return hr_option_fail(env, node, "null-value",
                              row != NULL             ? row->help
                              : table[0].name != NULL ? hint
                                                      : "write {} behind the colon",
                              "%s has no value", env->owner);
    }
    return hr_option_fail(env, node, "type", hint, "%s takes a map of options", env->owner);
}

int
hr_options_parse(const hr_opt_env *env, const hr_option *table, const hr_yaml_node *node, hr_loc at,
                 void *block)
{
    const hr_option *row = options_main_row(table);
    uint64_t seen;
    int rc;

    if (node->broken) {
        return HR_ECONFIG;
    }
    if (table[0].name != NULL && (table[0].flags & HR_OPT_ALL_KEYS) != 0) {
        return node->kind == HR_YAML_MAP || hr_yaml_is_null(node) || node->kind == HR_YAML_LIST
                   ? hr_option_value(env, table, node, (char *)block + table->offset)
                   : options_no_map(env, table, node);
    }
    if (node->kind == HR_YAML_MAP) {
        return options_map(env, table, node, at, block);
    }
    if (row == NULL || hr_yaml_is_null(node)) {
        return options_no_map(env, table, node);
    }
    seen = UINT64_C(1) << (row - table);
    rc = hr_option_value(env, row, node, (char *)block + row->offset);
    return options_fill_absent(env, table, seen, at, block) != HR_OK ? HR_ECONFIG : rc;
}

bool
hr_options_given_as(const hr_option *row, const hr_yaml_node *node, const char *text)
{
    const hr_yaml_node *value = node;

    if (node->kind == HR_YAML_MAP) {
        value = hr_yaml_get(node, row->name);
    } else if ((row->flags & HR_OPT_MAIN) == 0) {
        value = NULL;
    }
    return value != NULL && value->kind == HR_YAML_SCALAR && strcmp(value->text.s, text) == 0;
}

hr_loc
hr_options_loc(const hr_yaml_node *node, const char *option)
{
    const hr_yaml_node *value = hr_yaml_get(node, option);

    return value != NULL ? value->loc : node->loc;
}
