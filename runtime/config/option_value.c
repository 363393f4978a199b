/* One option's value from one node: the kinds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/option_value.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CHOICES_MAX 32

typedef struct unit {
    const char *name;
    int64_t factor;
} unit;

static const unit duration_units[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};
static const unit size_units[] = {
    {"TiB", INT64_C(1) << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1},
};

/* --- words ----------------------------------------------------------------------------------- */

int
hr_option_fail(const hr_opt_env *env, const hr_yaml_node *node, const char *slug, const char *hint,
               const char *fmt, ...)
{
    char text[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    hr_diag_add(env->diag, node->loc, node->width, slug, hint, "%s", text);
    return HR_ECONFIG;
}

static const char *
value_shown(const hr_yaml_node *node)
{
    return node->text.secret ? "${...}" : node->text.s;
}

const char *
hr_option_choice(const char *choices, size_t i, size_t *len)
{
    while (choices != NULL) {
        const char *bar = strchr(choices, '|');

        *len = bar != NULL ? (size_t)(bar - choices) : strlen(choices);
        if (i-- == 0) {
            return choices;
        }
        choices = bar != NULL ? bar + 1 : NULL;
    }
    return NULL;
}

bool
hr_option_range(const hr_option *row, double *min, double *max)
{
    *min = row->min;
    *max = row->max;
    if (row->max <= row->min) {
        *max = HUGE_VAL;
    }
    return row->min != 0 || row->max != 0;
}

static void
value_unit_text(const unit *units, size_t n, int64_t value, char *out, size_t size)
{
    for (size_t i = 0; i < n; i++) {
        if (value % units[i].factor == 0 && (value != 0 || i + 1 == n)) {
            snprintf(out, size, "%lld%s", (long long)(value / units[i].factor), units[i].name);
            return;
        }
    }
}

void
hr_option_number_text(const hr_option *row, double value, char *out, size_t size)
{
    if (row->kind == HR_OPT_DURATION_MS) {
        value_unit_text(duration_units, 5, (int64_t)value, out, size);
    } else if (row->kind == HR_OPT_SIZE) {
        value_unit_text(size_units, 5, (int64_t)value, out, size);
    } else {
        snprintf(out, size, "%.15g", value);
    }
}

static int
value_out_of_range(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node)
{
    char low[40], high[40];
    double min, max;

    hr_option_range(row, &min, &max);
    hr_option_number_text(row, min, low, sizeof low);
    if (isinf(max)) {
        return hr_option_fail(env, node, "out-of-range", NULL,
                              "'%s' of %s must be at least %s, and is %s", row->name, env->owner,
                              low, value_shown(node));
    }
    hr_option_number_text(row, max, high, sizeof high);
    return hr_option_fail(env, node, "out-of-range", NULL,
                          "'%s' of %s must be between %s and %s, and is %s", row->name, env->owner,
                          low, high, value_shown(node));
}

static bool
value_in_range(const hr_option *row, double value)
{
    double min, max;

    return !hr_option_range(row, &min, &max) || (value >= min && value <= max);
}

/* --- numbers --------------------------------------------------------------------------------- */

static bool
parse_int(const char *s, int64_t *out)
{
    const char *digits = s + (*s == '-');
    char *end;

    if (digits[0] < '0' || digits[0] > '9' || (digits[0] == '0' && digits[1] != '\0')) {
        return false;
    }
    errno = 0;
    *out = strtoll(s, &end, 10);
    return *end == '\0' && errno == 0;
}

static bool
parse_real(const char *s, double *out)
{
    char *end;

    /* No infinity, no nan, no hexadecimal: digits first. */
    if (strspn(s, "+-.0123456789eE") != strlen(s) || strpbrk(s, "0123456789") == NULL) {
        return false;
    }
    *out = strtod(s, &end);
    return *end == '\0' && isfinite(*out);
}

/* "12" followed by one of the units. */
static bool
parse_units(const char *s, const unit *units, size_t n, int64_t *out)
{
    size_t digits = strspn(s, "0123456789");
    int64_t number = 0;

    if (digits == 0 || digits > 18) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        number = number * 10 + (s[i] - '0');
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(s + digits, units[i].name) == 0) {
            return !__builtin_mul_overflow(number, units[i].factor, out);
        }
    }
    return false;
}

bool
hr_parse_duration_ms(const char *text, int64_t *ms)
{
    return parse_units(text, duration_units, sizeof duration_units / sizeof duration_units[0], ms);
}

bool
hr_parse_size(const char *text, int64_t *bytes)
{
    return parse_units(text, size_units, sizeof size_units / sizeof size_units[0], bytes);
}

static int
value_mistyped(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node,
               const char *wanted, const char *hint)
{
    if (node->text.style != HR_YAML_PLAIN) {
        return hr_option_fail(env, node, "type", "write it without quotes",
                              "'%s' of %s must be %s, and this is a text", row->name, env->owner,
                              wanted);
    }
    return hr_option_fail(env, node, "type", hint, "'%s' of %s must be %s, and '%s' is not",
                          row->name, env->owner, wanted, value_shown(node));
}

static int
value_int(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, int64_t *target)
{
    bool plain = node->text.style == HR_YAML_PLAIN;

    if (!plain || !parse_int(node->text.s, target)) {
        return value_mistyped(env, row, node, "an integer", NULL);
    }
    return value_in_range(row, (double)*target) ? HR_OK : value_out_of_range(env, row, node);
}

static int
value_real(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, double *target)
{
    bool plain = node->text.style == HR_YAML_PLAIN;

    if (!plain || !parse_real(node->text.s, target)) {
        return value_mistyped(env, row, node, "a number", NULL);
    }
    return value_in_range(row, *target) ? HR_OK : value_out_of_range(env, row, node);
}

static int
value_bool(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, bool *target)
{
    const char *s = node->text.s;

    *target = strcmp(s, "true") == 0;
    if (node->text.style == HR_YAML_PLAIN && (*target || strcmp(s, "false") == 0)) {
        return HR_OK;
    }
    return value_mistyped(env, row, node, "true or false", NULL);
}

static int
value_duration(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node,
               int64_t *target)
{
    if (!hr_parse_duration_ms(node->text.s, target)) {
        return hr_option_fail(env, node, "type",
                              "write a whole number and its unit: 500ms, 5s, 1m, 2h or 1d",
                              "'%s' of %s must be a duration, and '%s' is not", row->name,
                              env->owner, value_shown(node));
    }
    return value_in_range(row, (double)*target) ? HR_OK : value_out_of_range(env, row, node);
}

static int
value_size(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, int64_t *target)
{
    if (!hr_parse_size(node->text.s, target)) {
        return hr_option_fail(
            env, node, "type", "write a whole number of bytes, or one with KiB, MiB or GiB",
            "'%s' of %s must be a size, and '%s' is not", row->name, env->owner, value_shown(node));
    }
    return value_in_range(row, (double)*target) ? HR_OK : value_out_of_range(env, row, node);
}

/* --- words that mean something ------------------------------------------------------------------
 */

/* "one of a, b, c", or the one that was meant. */
static int
value_no_choice(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node)
{
    char copies[CHOICES_MAX][48], hint[240];
    const char *names[CHOICES_MAX], *choice, *nearest;
    size_t n = 0, len, used;

    used = (size_t)snprintf(hint, sizeof hint, "write one of: ");
    while (n < CHOICES_MAX && (choice = hr_option_choice(row->choices, n, &len)) != NULL) {
        snprintf(copies[n], sizeof copies[n], "%.*s", (int)len, choice);
        if (used < sizeof hint) {
            used += (size_t)snprintf(hint + used, sizeof hint - used, "%s%s", n > 0 ? ", " : "",
                                     copies[n]);
        }
        names[n] = copies[n];
        n++;
    }
    nearest = node->text.secret ? NULL : hr_diag_nearest(node->text.s, names, n);
    if (nearest != NULL) {
        snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    }
    return hr_option_fail(env, node, "choice", hint, "'%s' of %s cannot be '%s'", row->name,
                          env->owner, value_shown(node));
}

static int
value_enum(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, int *target)
{
    const char *choice;
    size_t len;

    for (size_t i = 0; (choice = hr_option_choice(row->choices, i, &len)) != NULL; i++) {
        if (len == node->text.len && memcmp(choice, node->text.s, len) == 0) {
            *target = (int)i;
            return HR_OK;
        }
    }
    return value_no_choice(env, row, node);
}

static int
value_name(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, hr_text *target)
{
    const char *s = node->text.s;

    if (!(s[0] >= 'a' && s[0] <= 'z') ||
        strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") != node->text.len) {
        return hr_option_fail(env, node, "bad-name",
                              "a name has lower case letters, digits and underscores, a letter "
                              "first",
                              "'%s' of %s cannot be '%s'", row->name, env->owner,
                              value_shown(node));
    }
    *target = node->text;
    return HR_OK;
}

static int
value_expression(const hr_opt_env *env, const hr_yaml_node *node, hr_text *target)
{
    if (node->text.secret) {
        return hr_option_fail(env, node, "expansion", "write the expression out",
                              "${...} cannot stand for an expression");
    }
    *target = node->text;
    return HR_OK;
}

static int
value_secret(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, hr_text *target)
{
    if (!node->text.secret) {
        return hr_option_fail(env, node, "inline-secret",
                              "write ${env:NAME} or ${file:/path/to/secret}",
                              "'%s' of %s must not stand in the file", row->name, env->owner);
    }
    *target = node->text;
    return HR_OK;
}

static int
value_path(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, hr_text *target)
{
    bool created = (row->flags & HR_OPT_CREATED) != 0, folder = (row->flags & HR_OPT_FOLDER) != 0;
    const char *resolved;
    hr_error err = {0};
    int rc;

    if (env->files_root == NULL) {
        *target = node->text;
        return HR_OK;
    }
    rc = (created  ? hr_path_resolve_new
          : folder ? hr_path_resolve_folder
                   : hr_path_resolve)(env->arena, env->files_root, env->base_dir, &node->text,
                                      &resolved, &err);
    if (rc != HR_OK) {
        hr_diag_error(env->diag, &err);
        return HR_ECONFIG;
    }
    *target = node->text;
    target->s = resolved;
    target->len = strlen(resolved);
    return HR_OK;
}

/* --- scalars, lists, maps ------------------------------------------------------------------------
 */

static int
value_text(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, hr_text *target)
{
    if (node->text.len == 0 && (row->kind != HR_OPT_TEXT || (row->flags & HR_OPT_NONEMPTY) != 0)) {
        return hr_option_fail(env, node, "empty", NULL, "'%s' of %s cannot be empty", row->name,
                              env->owner);
    }
    *target = node->text;
    return HR_OK;
}

static int
value_string(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node,
             const char **target)
{
    if (node->text.len == 0 && (row->flags & HR_OPT_NONEMPTY) != 0) {
        return hr_option_fail(env, node, "empty", NULL, "'%s' of %s cannot be empty", row->name,
                              env->owner);
    }
    *target = node->text.s;
    return HR_OK;
}

static int
value_scalar(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, void *target)
{
    switch (row->kind) {
    case HR_OPT_INT:
        return value_int(env, row, node, target);
    case HR_OPT_REAL:
        return value_real(env, row, node, target);
    case HR_OPT_BOOL:
        return value_bool(env, row, node, target);
    case HR_OPT_DURATION_MS:
        return value_duration(env, row, node, target);
    case HR_OPT_SIZE:
        return value_size(env, row, node, target);
    case HR_OPT_ENUM:
        return value_enum(env, row, node, target);
    case HR_OPT_NAME:
        return value_name(env, row, node, target);
    case HR_OPT_EXPR:
        return value_expression(env, node, target);
    case HR_OPT_SECRET:
        return value_secret(env, row, node, target);
    case HR_OPT_PATH:
        return value_path(env, row, node, target);
    case HR_OPT_STR:
        return value_string(env, row, node, target);
    default:
        return value_text(env, row, node, target);
    }
}

static int
value_is_scalar(const hr_opt_env *env, const char *what, const hr_yaml_node *node)
{
    if (node->broken) {
        return HR_ECONFIG;
    }
    if (node->kind != HR_YAML_SCALAR) {
        return hr_option_fail(env, node, "type", NULL, "%s of %s must be a single value, not a %s",
                              what, env->owner, node->kind == HR_YAML_MAP ? "map" : "list");
    }
    if (hr_yaml_is_null(node)) {
        return hr_option_fail(env, node, "null-value", "give it a value or leave the key out",
                              "%s of %s has no value", what, env->owner);
    }
    return HR_OK;
}

/* An item of a list or a value of a map. */
static int
value_item(const hr_opt_env *env, const hr_option *row, const char *what, const hr_yaml_node *node,
           hr_text *target)
{
    hr_option item = {.name = row->name, .kind = HR_OPT_TEXT};
    int rc = value_is_scalar(env, what, node), choice;

    if (rc == HR_OK && row->choices != NULL) {
        item = (hr_option){.name = row->name, .kind = HR_OPT_TEXT, .choices = row->choices};
        rc = value_enum(env, &item, node, &choice);
    } else if ((row->flags & HR_OPT_EXPR_VALUES) != 0) {
        item.kind = HR_OPT_EXPR;
    } else if ((row->flags & HR_OPT_FIELD_VALUES) != 0) {
        item.kind = HR_OPT_FIELD;
    }
    return rc == HR_OK ? value_scalar(env, &item, node, target) : rc;
}

static int
value_repeated(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, size_t i)
{
    const hr_text *item = &node->entries[i].value->text;

    for (size_t k = 0; k < i && node->n <= 1000; k++) {
        const hr_text *other = &node->entries[k].value->text;

        if (other->s != NULL && !item->secret && other->len == item->len &&
            memcmp(other->s, item->s, item->len) == 0) {
            return hr_option_fail(env, node->entries[i].value, "duplicate-item", NULL,
                                  "'%s' is twice in '%s' of %s", item->s, row->name, env->owner);
        }
    }
    return HR_OK;
}

static int
value_nomem(const hr_opt_env *env, const hr_yaml_node *node)
{
    return hr_option_fail(env, node, "memory", NULL, "out of memory");
}

static int
value_list(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node,
           hr_opt_list *target)
{
    hr_text *items = hr_arena_calloc(env->arena, node->n + 1, sizeof *items);
    char what[80];
    int rc = items != NULL ? HR_OK : value_nomem(env, node);

    snprintf(what, sizeof what, "an item in '%.60s'", row->name);
    for (size_t i = 0; items != NULL && i < node->n; i++) {
        int item = value_item(env, row, what, node->entries[i].value, &items[i]);

        item = item == HR_OK ? value_repeated(env, row, node, i) : item;
        rc = item != HR_OK ? item : rc;
    }
    *target = (hr_opt_list){items, rc == HR_OK ? node->n : 0};
    return rc;
}

static int
value_map(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, hr_opt_map *target)
{
    hr_opt_entry *entries = hr_arena_calloc(env->arena, node->n + 1, sizeof *entries);
    char what[80];
    int rc = entries != NULL ? HR_OK : value_nomem(env, node);

    for (size_t i = 0; entries != NULL && i < node->n; i++) {
        int item;

        snprintf(what, sizeof what, "'%.60s'", node->entries[i].key.s);
        entries[i].key = node->entries[i].key;
        item = value_item(env, row, what, node->entries[i].value, &entries[i].value);
        rc = item != HR_OK ? item : rc;
    }
    *target = (hr_opt_map){entries, rc == HR_OK ? node->n : 0};
    return rc;
}

static int
value_not_a(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, const char *kind)
{
    bool list = row->kind == HR_OPT_LIST || row->kind == HR_OPT_BLOCKS;
    char hint[120];

    if (node->kind == HR_YAML_SCALAR && list && node->text.len < 60 && !node->text.secret &&
        !hr_yaml_is_null(node)) {
        snprintf(hint, sizeof hint, "write [%s]", node->text.s);
    } else {
        snprintf(hint, sizeof hint, "%s",
                 row->kind == HR_OPT_LIST     ? "write [a, b]"
                 : row->kind == HR_OPT_BLOCKS ? "write [{...}, {...}]"
                                              : "write keys and values below it");
    }
    return hr_option_fail(env, node, "type", hint, "'%s' of %s must be a %s", row->name, env->owner,
                          kind);
}

int
hr_option_value(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node, void *target)
{
    bool list = row->kind == HR_OPT_LIST || row->kind == HR_OPT_BLOCKS;
    hr_yaml_kind wanted = list                                                  ? HR_YAML_LIST
                          : row->kind == HR_OPT_MAP || row->kind == HR_OPT_NODE ? HR_YAML_MAP
                                                                                : HR_YAML_SCALAR;
    char what[80];
    int rc;

    snprintf(what, sizeof what, "'%.60s'", row->name);
    if (wanted == HR_YAML_SCALAR) {
        rc = value_is_scalar(env, what, node);
        return rc == HR_OK ? value_scalar(env, row, node, target) : rc;
    }
    if (node->broken) {
        return HR_ECONFIG;
    }
    if (node->kind != wanted) {
        return hr_yaml_is_null(node)
                   ? value_is_scalar(env, what, node)
                   : value_not_a(env, row, node, wanted == HR_YAML_LIST ? "list" : "map");
    }
    if (node->n == 0 && (row->flags & HR_OPT_NONEMPTY) != 0) {
        return hr_option_fail(env, node, "empty", NULL, "'%s' of %s cannot be empty", row->name,
                              env->owner);
    }
    if (row->kind == HR_OPT_NODE) {
        *(const hr_yaml_node **)target = node;
        return HR_OK;
    }
    return row->kind == HR_OPT_LIST ? value_list(env, row, node, target)
                                    : value_map(env, row, node, target);
}
