/* What the option `match` of enrich and http_lookup is compiled to.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "match.h"

#include <string.h>

static const hr_opt_entry *
match_find(const hr_opt_map *match, const char *key)
{
    for (size_t i = 0; i < match->n; i++) {
        if (strcmp(match->v[i].key.s, key) == 0) {
            return &match->v[i];
        }
    }
    return NULL;
}

static bool
match_is_key(const hr_node *table, const char *name)
{
    for (size_t i = 0; i < table->select.n; i++) {
        if (strcmp(table->select.v[i].s, name) == 0) {
            return true;
        }
    }
    return false;
}

static const char *
match_key_list(hr_node *node, const hr_node *table)
{
    const char *list = "";

    for (size_t i = 0; i < table->select.n && list != NULL; i++) {
        list = hr_arena_printf(hr_node_arena(node), "%s%s%s", list, i > 0 ? ", " : "",
                               table->select.v[i].s);
    }
    return list != NULL ? list : "";
}

static int
match_extra_keys(hr_node *node, const hr_opt_map *match, const hr_node *table, hr_error *err)
{
    int rc = HR_OK;

    for (size_t i = 0; i < match->n; i++) {
        const hr_text *name = &match->v[i].key;

        if (!match_is_key(table, name->s)) {
            hr_fail_as(err, name->loc, "match", "'%s' is not a key field of the table '%s'",
                       name->s, table->name.s);
            err->width = hr_text_width(name);
            hr_hint(err, "its key is [%s]", match_key_list(node, table));
            hr_node_error(node, err);
            rc = HR_EREPORTED;
        }
    }
    return rc;
}

/* How to write an expression of that kind as the other. NULL: there is no way. */
static const char *
match_conversion(hr_kind want)
{
    return want == HR_KIND_STRING      ? "string"
           : want == HR_KIND_INT       ? "int"
           : want == HR_KIND_TIMESTAMP ? "timestamp"
           : want == HR_KIND_BYTES     ? "bytes"
           : want == HR_KIND_BOOL      ? "bool"
                                       : NULL;
}

static int
match_key_type(const hr_text *text, hr_kind have, const char *key, hr_kind want, hr_error *err)
{
    const char *conversion = match_conversion(want);

    if (have == want) {
        return HR_OK;
    }
    hr_fail_as(err, text->loc, "match", "the key field '%s' of the table is %s, and this is %s",
               key, hr_kind_name(want), hr_kind_name(have));
    err->width = hr_text_width(text);
    return conversion != NULL ? hr_hint(err, "write '%s(%s)'", conversion, text->s) : HR_ECONFIG;
}

static int
match_lacks(hr_node *node, const hr_node *table, const char *key, hr_error *err)
{
    hr_fail_as(err, hr_node_loc(node, "match"), "match",
               "match lacks '%s', a key field of the table '%s'", key, table->name.s);
    return hr_hint(err, "its key is [%s]", match_key_list(node, table));
}

static int
match_key(hr_node *node, const hr_opt_entry *entry, const hr_field *field, hr_expr **expr,
          hr_error *err)
{
    int rc = hr_node_expr(node, &entry->value, expr, err);

    return rc != HR_OK ? rc
                       : match_key_type(&entry->value, hr_expr_type(*expr).kind, field->name,
                                        field->type.kind, err);
}

int
hr_match_compile(hr_node *node, const hr_node *table, const hr_opt_map *match, hr_expr ***keys,
                 hr_error *err)
{
    /* A misspelt key field is an extra one and a missing one: one mistake, one error. */
    int worst = match_extra_keys(node, match, table, err);
    bool extra = worst != HR_OK;
    hr_expr **made = hr_arena_calloc(hr_node_arena(node), table->select.n, sizeof(hr_expr *));

    if (made == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    *keys = made;
    for (size_t k = 0; k < table->select.n; k++) {
        const char *key = table->select.v[k].s;
        const hr_opt_entry *entry = match_find(match, key);
        int rc = HR_OK;

        if (entry != NULL) {
            rc = match_key(node, entry, hr_fields_find(&table->fields, key), &made[k], err);
        } else if (!extra) {
            rc = match_lacks(node, table, key, err);
        }
        if (rc == HR_ENOMEM) {
            return rc;
        }
        if (rc != HR_OK) {
            hr_node_error(node, err);
            worst = HR_EREPORTED;
        }
    }
    return worst;
}
