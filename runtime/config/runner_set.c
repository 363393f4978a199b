/* Overrides are put into the tree before anything is parsed, so that they are checked like what
 * stands in the file.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/runner_set.h"
#include "record/buf.h"

#include <string.h>

#define SET_DEPTH_MAX 8

typedef struct set {
    hr_arena *arena;
    hr_diag *diag;
    const char *text;
    hr_loc loc; /* of its first character */
} set;

static int
set_fail(const set *s, size_t at, size_t width, const char *text)
{
    hr_loc loc = s->loc;

    loc.col += (int)at;
    hr_diag_add(s->diag, loc, (int)width, "usage", "write --set a.b=c", "%s", text);
    return HR_ECONFIG;
}

/* The value of that key, appended (as an empty map) when it is not there. NULL: out of memory. */
static hr_yaml_node **
set_slot(const set *s, hr_yaml_node *map, const char *key, size_t len, size_t at)
{
    hr_yaml_entry *entries;

    for (size_t i = 0; i < map->n; i++) {
        if (map->entries[i].key.len == len && memcmp(map->entries[i].key.s, key, len) == 0) {
            return &map->entries[i].value;
        }
    }
    entries = hr_arena_calloc(s->arena, map->n + 1, sizeof *entries);
    if (entries == NULL) {
        return NULL;
    }
    if (map->n > 0) {
        memcpy(entries, map->entries, map->n * sizeof *entries);
    }
    map->entries = entries;
    entries += map->n;
    entries->key = (hr_text){.s = hr_arena_strndup(s->arena, key, len),
                             .len = len,
                             .loc = {s->loc.file, s->loc.line, s->loc.col + (int)at},
                             .width = (int)len};
    entries->value = hr_arena_calloc(s->arena, 1, sizeof *entries->value);
    if (entries->key.s == NULL || entries->value == NULL) {
        return NULL;
    }
    *entries->value = (hr_yaml_node){.kind = HR_YAML_MAP, .loc = entries->key.loc, .width = 1};
    map->n++;
    return &entries->value;
}

static int
set_value(const set *s, hr_yaml_node **slot, size_t at)
{
    hr_loc loc = s->loc;
    hr_yaml_node *value;

    loc.col += (int)at;
    value = hr_yaml_parse_at(s->arena, s->diag, loc, s->text + at, strlen(s->text + at));
    if (value == NULL) {
        return HR_ECONFIG;
    }
    *slot = value;
    return HR_OK;
}

static int
set_apply(const set *s, hr_yaml_node *root)
{
    size_t end = strcspn(s->text, "=");
    hr_yaml_node *node = root, **slot = NULL;
    bool rest = false;

    if (s->text[end] != '=') {
        return set_fail(s, 0, end, "an override has a name and a value");
    }
    for (size_t at = 0, depth = 0; at <= end; depth++) {
        size_t len = rest ? end - at : strcspn(s->text + at, ".=");

        if (len == 0 || depth == SET_DEPTH_MAX || strpbrk(s->text + at, " \n") == s->text + at) {
            return set_fail(s, at, 1, "an override's name is made of keys and full stops");
        }
        if (node->kind != HR_YAML_MAP) {
            return set_fail(s, at, len, "what is before it holds a value, not keys");
        }
        slot = set_slot(s, node, s->text + at, len, at);
        if (slot == NULL) {
            return set_fail(s, at, len, "out of memory");
        }
        rest = len == strlen("properties") && memcmp(s->text + at, "properties", len) == 0;
        node = *slot;
        at += len + 1;
    }
    return set_value(s, slot, end + 1);
}

/* What diag shows: one override a line. */
static void
set_show(hr_diag *diag, const char *const *sets, size_t n)
{
    hr_buf buf = {.cap_max = HR_YAML_BYTES_MAX};
    bool ok = true;

    for (size_t i = 0; i < n && ok; i++) {
        ok = hr_buf_append(&buf, sets[i], strlen(sets[i])) == HR_OK &&
             hr_buf_append(&buf, "\n", 1) == HR_OK;
    }
    hr_diag_source(diag, HR_RUNNER_SET_FILE, (const char *)buf.data, buf.len);
    hr_buf_finish(&buf);
}

int
hr_runner_set(hr_arena *arena, hr_diag *diag, hr_yaml_node *root, const char *const *sets, size_t n)
{
    int rc = HR_OK;

    if (n > 0) {
        set_show(diag, sets, n);
    }
    for (size_t i = 0; i < n; i++) {
        set s = {arena, diag, sets[i], {HR_RUNNER_SET_FILE, (int)i + 1, 1}};

        rc = set_apply(&s, root) != HR_OK ? HR_ECONFIG : rc;
    }
    return rc;
}
