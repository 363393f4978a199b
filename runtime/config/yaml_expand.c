/* ${env:NAME}, ${env:NAME:-default} and ${file:/path} in whole scalars.
 *
 * Expanding after parsing, and never a part of a scalar, means that a value from outside can change
 * nothing but the one value it stands for: it cannot add keys, nor become part of an expression.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/file.h"
#include "config/yaml_node.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define EXPAND_FILE_BYTES_MAX (64u << 10)

typedef struct expand {
    hr_arena *arena;
    hr_diag *diag;
} expand;

static void
expand_fail(const expand *x, hr_yaml_node *node, const char *slug, const char *hint,
            const char *text)
{
    node->broken = true;
    hr_diag_add(x->diag, node->loc, node->width, slug, hint, "%s", text);
}

static void
expand_set(const expand *x, hr_yaml_node *node, const char *value, size_t len)
{
    char *copy = hr_arena_strndup(x->arena, value, len);

    if (copy == NULL) {
        expand_fail(x, node, "memory", NULL, "out of memory");
        return;
    }
    node->text.s = copy;
    node->text.len = len;
    node->text.style = HR_YAML_PLAIN;
    node->text.secret = true;
}

static bool
expand_is_name(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] != '_' && !isalnum((unsigned char)s[i])) {
            return false;
        }
    }
    return len > 0 && !isdigit((unsigned char)s[0]);
}

/* body: NAME or NAME:-default. As in a shell, an empty variable counts as not set. */
static void
expand_env(const expand *x, hr_yaml_node *node, const char *body, size_t len)
{
    char *copy = hr_arena_strndup(x->arena, body, len);
    char *fallback = copy != NULL ? strstr(copy, ":-") : NULL;
    const char *value;
    char text[160];

    if (fallback != NULL) {
        *fallback = '\0';
        fallback += 2;
    }
    if (copy == NULL || !expand_is_name(copy, strlen(copy))) {
        expand_fail(x, node, "expansion", "write ${env:NAME} or ${env:NAME:-default}",
                    "this names no environment variable");
        return;
    }
    value = getenv(copy);
    if (value == NULL || value[0] == '\0') {
        value = fallback;
    }
    if (value == NULL) {
        char hint[200];

        snprintf(text, sizeof text, "the environment variable %.100s is not set", copy);
        snprintf(hint, sizeof hint, "set it, or write ${env:%.100s:-default}", copy);
        expand_fail(x, node, "not-set", hint, text);
        return;
    }
    expand_set(x, node, value, strlen(value));
}

static void
expand_file(const expand *x, hr_yaml_node *node, const char *body, size_t len)
{
    char *path = hr_arena_strndup(x->arena, body, len);
    const char *text = NULL;
    hr_error err = {0};
    size_t n = 0;

    if (path == NULL || path[0] != '/') {
        expand_fail(x, node, "expansion", "write ${file:/path/to/file}",
                    "the path must begin with '/'");
        return;
    }
    if (hr_file_read(x->arena, path, EXPAND_FILE_BYTES_MAX, true, &text, &n, &err) != HR_OK) {
        expand_fail(x, node, err.slug != NULL ? err.slug : "file", err.hint, err.msg);
        return;
    }
    if (memchr(text, '\0', n) != NULL) {
        expand_fail(x, node, "expansion", NULL, "the file holds the character 0");
        return;
    }
    if (n > 0 && text[n - 1] == '\n') {
        n -= n > 1 && text[n - 2] == '\r' ? 2 : 1;
    }
    expand_set(x, node, text, n);
}

static void
expand_scalar(const expand *x, hr_yaml_node *node)
{
    const char *s = node->text.s;
    size_t len = node->text.len;

    if (node->text.secret || strstr(s, "${") == NULL) {
        return; /* a value that was expanded may hold anything */
    }
    if (strncmp(s, "${", 2) != 0 || strchr(s, '}') != s + len - 1) {
        expand_fail(x, node, "expansion", "let ${...} be the whole value",
                    "${...} cannot be a part of a value, nor stand in an expression");
    } else if (strncmp(s, "${env:", 6) == 0) {
        expand_env(x, node, s + 6, len - 7);
    } else if (strncmp(s, "${file:", 7) == 0) {
        expand_file(x, node, s + 7, len - 8);
    } else {
        expand_fail(x, node, "expansion", "write ${env:NAME} or ${file:/path}",
                    "only env and file can be expanded");
    }
}

static void
expand_key(const expand *x, hr_yaml_node *value, const hr_text *key)
{
    if (key->s != NULL && strstr(key->s, "${") != NULL) {
        value->broken = true;
        hr_diag_add(x->diag, key->loc, key->width, "expansion", "write the key out",
                    "${...} cannot stand in a key");
    }
}

/* The depth is capped by the parser. */
static void
expand_node(const expand *x, hr_yaml_node *node)
{
    if (node->kind == HR_YAML_SCALAR) {
        expand_scalar(x, node);
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        expand_key(x, node->entries[i].value, &node->entries[i].key);
        expand_node(x, node->entries[i].value);
    }
}

void
hr_yaml_expand(hr_arena *arena, hr_diag *diag, hr_yaml_node *root)
{
    expand x = {arena, diag};

    expand_node(&x, root);
}
