/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/checker.h"

#include "codec/schema.h"
#include "config/diag.h"
#include "expr/overload.h"

typedef struct checker {
    const hr_expr_source *source;
    const hr_scope *scope;
} checker;

static const hr_type checker_any = {HR_KIND_ANY, true, NULL};

static bool
checker_has_members(hr_kind kind)
{
    return kind == HR_KIND_ANY || kind == HR_KIND_MAP || kind == HR_KIND_RECORD;
}

/* The text of a node for messages, cut. */
static int
checker_len(const hr_ast *node)
{
    return (int)(node->range.len > 60 ? 60 : node->range.len);
}

static const char *
checker_text(const checker *c, const hr_ast *node)
{
    return c->source->text->s + node->range.at;
}

static int
checker_resolve_failed(const checker *c, const hr_ast *node, size_t used, int rc)
{
    hr_error scope = *c->source->err; /* it knows the names, this knows the place */
    hr_range at = node->path_at[used < node->n_path ? used : node->n_path - 1];

    if (rc != HR_ECONFIG) {
        return rc;
    }
    hr_expr_fail(c->source, at, scope.slug != NULL ? scope.slug : "unknown-field", "%s", scope.msg);
    return scope.hint[0] != '\0' ? hr_hint(c->source->err, "%s", scope.hint) : rc;
}

static int
checker_field(const checker *c, hr_ast *node)
{
    size_t used = 0;
    int rc = c->scope->resolve(c->scope->ctx, node->path, node->n_path, &used, &node->type,
                               &node->slot, c->source->err);

    if (rc != HR_OK) {
        return checker_resolve_failed(c, node, used, rc);
    }
    node->n_known = used;
    if (used >= node->n_path) {
        return HR_OK;
    }
    if (!checker_has_members(node->type.kind)) {
        return hr_expr_fail(c->source, node->path_at[used], "unknown-field",
                            "'%s' is %s and has no fields", node->path[used - 1],
                            hr_value_a_kind(node->type.kind));
    }
    node->type = checker_any;
    node->kernel = hr_kernel_select;
    return HR_OK;
}

static int
checker_select(const checker *c, hr_ast *node)
{
    hr_kind kind = node->args[0]->type.kind;

    if (!checker_has_members(kind)) {
        return hr_expr_fail(c->source, node->path_at[0], "unknown-field",
                            "'%.*s' is %s and has no fields", checker_len(node->args[0]),
                            checker_text(c, node->args[0]), hr_value_a_kind(kind));
    }
    node->type = checker_any;
    node->kernel = hr_kernel_select;
    return HR_OK;
}

static int
checker_index(const checker *c, hr_ast *node)
{
    const hr_ast *list = node->args[0];

    if (list->type.kind != HR_KIND_LIST && list->type.kind != HR_KIND_ANY) {
        hr_expr_fail(c->source, node->token, "type-mismatch", "'%.*s' is %s, not a list",
                     checker_len(list), checker_text(c, list), hr_value_a_kind(list->type.kind));
        return checker_has_members(list->type.kind)
                   ? hr_hint(c->source->err, "write a constant name: %.*s[\"name\"]",
                             checker_len(list), checker_text(c, list))
                   : HR_ECONFIG;
    }
    if (!hr_overload_accepts(node->args[1], HR_KIND_INT)) {
        return hr_expr_fail(c->source, node->args[1]->range, "type-mismatch",
                            "a list is indexed by an int, not by %s",
                            hr_value_a_kind(node->args[1]->type.kind));
    }
    node->type = checker_any;
    node->kernel = hr_kernel_index;
    return hr_overload_convert(c->source, &node->args[1], HR_KIND_INT);
}

/* A getter's time zone: UTC is what all of them count in. */
static int
checker_time_zone(const checker *c, hr_ast *node)
{
    const hr_ast *zone = node->n == 2 ? node->args[1] : NULL;

    if (node->op != HR_AST_METHOD || zone == NULL || strncmp(node->name, "get", 3) != 0 ||
        zone->type.kind != HR_KIND_STRING) {
        return HR_OK;
    }
    if (zone->op != HR_AST_LITERAL || !hr_span_eq(zone->value.v.s, HR_SPAN_LIT("UTC"))) {
        hr_expr_fail(c->source, zone->range, "out-of-range", "the only time zone is \"UTC\"");
        return hr_hint(c->source->err, "shift the timestamp: (t + duration(\"1h\")).%s()",
                       node->name);
    }
    node->n = 1;
    return HR_OK;
}

static bool
checker_is_comparison(const hr_ast *node)
{
    return node->n == 2 && strchr("=!<>", node->name[0]) != NULL;
}

/* An int constant that a double holds exactly, so that comparing as doubles is exact too. */
static bool
checker_is_small_int(const hr_ast *node)
{
    return node->op == HR_AST_LITERAL && node->value.kind == HR_KIND_INT &&
           node->value.v.i > -(INT64_C(1) << 53) && node->value.v.i < INT64_C(1) << 53;
}

/* A number without a schema may have a fraction, so 15 beside it means 15.0. */
static int
checker_compare_any(const checker *c, hr_ast **a, hr_ast **b)
{
    if ((*a)->type.kind == HR_KIND_ANY && checker_is_small_int(*b)) {
        return hr_overload_convert(c->source, b, HR_KIND_DOUBLE);
    }
    if ((*b)->type.kind == HR_KIND_ANY && checker_is_small_int(*a)) {
        return hr_overload_convert(c->source, a, HR_KIND_DOUBLE);
    }
    return HR_OK;
}

/* Comparing an enum with a word that is none of its symbols is a slip of the pen. */
static int
checker_enum(const checker *c, const hr_ast *field, const hr_ast *literal)
{
    const hr_schema *schema = field->type.schema;
    const char *nearest;
    char word[64];

    if (field->type.kind != HR_KIND_STRING || schema == NULL || schema->n_symbols == 0 ||
        literal->op != HR_AST_LITERAL || literal->value.kind != HR_KIND_STRING ||
        literal->value.v.s.len >= sizeof word) {
        return HR_OK;
    }
    for (size_t i = 0; i < schema->n_symbols; i++) {
        if (hr_span_eq(hr_span_str(schema->symbols[i]), literal->value.v.s)) {
            return HR_OK;
        }
    }
    memcpy(word, literal->value.v.s.data, literal->value.v.s.len);
    word[literal->value.v.s.len] = '\0';
    hr_expr_fail(c->source, literal->range, "out-of-range", "'%.*s' is never '%s'",
                 checker_len(field), checker_text(c, field), word);
    nearest = hr_diag_nearest(word, schema->symbols, schema->n_symbols);
    return nearest != NULL ? hr_hint(c->source->err, "did you mean '%s'?", nearest) : HR_ECONFIG;
}

static int
checker_call(const checker *c, hr_ast *node)
{
    bool is_operator = strchr("+-*/%!<>=&|", node->name[0]) != NULL;
    int rc = checker_time_zone(c, node);

    if (rc == HR_OK && is_operator && checker_is_comparison(node)) {
        if ((rc = checker_enum(c, node->args[0], node->args[1])) != HR_OK ||
            (rc = checker_enum(c, node->args[1], node->args[0])) != HR_OK) {
            return rc;
        }
        rc = checker_compare_any(c, &node->args[0], &node->args[1]);
    }
    if (rc != HR_OK) {
        return rc;
    }
    return hr_overload_resolve(c->source, node,
                               node->op == HR_AST_METHOD ? HR_FORM_METHOD
                               : is_operator             ? HR_FORM_OPERATOR
                                                         : HR_FORM_GLOBAL);
}

static hr_kernel *
checker_choose_kernel(hr_kind kind)
{
    kind = hr_value_column_kind(kind);
    if (hr_kind_is_span(kind)) {
        return hr_kernel_choose_span;
    }
    return kind == HR_KIND_BOOL     ? hr_kernel_choose_bool
           : kind == HR_KIND_DOUBLE ? hr_kernel_choose_double
                                    : hr_kernel_choose_int;
}

/* The kind that both branches have or become; false: there is none. */
static bool
checker_common_kind(const hr_ast *a, const hr_ast *b, hr_kind *kind)
{
    hr_kind ka = a->type.kind, kb = b->type.kind;

    if (ka == kb || kb == HR_KIND_NULL || hr_overload_accepts(b, ka)) {
        *kind = ka;
        return true;
    }
    *kind = kb;
    if (ka == HR_KIND_NULL || hr_overload_accepts(a, kb)) {
        return true;
    }
    *kind = HR_KIND_ANY; /* both are raw JSON */
    return (checker_has_members(ka) || ka == HR_KIND_LIST) &&
           (checker_has_members(kb) || kb == HR_KIND_LIST);
}

static int
checker_choose(const checker *c, hr_ast *node)
{
    hr_ast *a = node->args[1], *b = node->args[2];
    hr_kind kind;
    int rc = HR_OK;

    if (!hr_overload_accepts(node->args[0], HR_KIND_BOOL)) {
        return hr_expr_fail(c->source, node->args[0]->range, "type-mismatch",
                            "the condition is %s, not a bool",
                            hr_value_a_kind(node->args[0]->type.kind));
    }
    if (!checker_common_kind(a, b, &kind)) {
        hr_expr_fail(c->source, node->token, "type-mismatch", "the branches are %s and %s",
                     hr_value_kind_name(a->type.kind), hr_value_kind_name(b->type.kind));
        if (a->type.kind == HR_KIND_INT && b->type.kind == HR_KIND_DOUBLE) {
            return hr_overload_hint(c->source, "double", a);
        }
        return a->type.kind == HR_KIND_DOUBLE && b->type.kind == HR_KIND_INT
                   ? hr_overload_hint(c->source, "double", b)
                   : HR_ECONFIG;
    }
    node->kernel = checker_choose_kernel(kind);
    node->type = (hr_type){kind, a->type.nullable || b->type.nullable,
                           a->type.schema == b->type.schema ? a->type.schema : NULL};
    if ((rc = hr_overload_convert(c->source, &node->args[0], HR_KIND_BOOL)) != HR_OK) {
        return rc;
    }
    for (size_t i = 1; rc == HR_OK && i < 3; i++) {
        if (hr_overload_accepts(node->args[i], kind)) {
            rc = hr_overload_convert(c->source, &node->args[i], kind);
        }
    }
    return rc;
}

static bool
checker_is_listable(hr_kind kind)
{
    return kind == HR_KIND_BOOL || kind == HR_KIND_INT || kind == HR_KIND_DOUBLE ||
           kind == HR_KIND_STRING || kind == HR_KIND_NULL || kind == HR_KIND_LIST;
}

static int
checker_list(const checker *c, hr_ast *node)
{
    for (size_t i = 0; i < node->n; i++) {
        const hr_ast *item = node->args[i];

        if (!item->constant) {
            hr_expr_fail(c->source, item->range, "type-mismatch", "list items must be constants");
            return hr_hint(c->source->err, "write 'x == a || x == b' to compare with fields");
        }
    }
    node->type = (hr_type){.kind = HR_KIND_LIST};
    return HR_OK;
}

/* A list that is a value, not the right side of `in`: it becomes JSON. */
static int
checker_list_value(const checker *c, const hr_ast *node)
{
    for (size_t i = 0; node->op == HR_AST_LIST && i < node->n; i++) {
        const hr_ast *item = node->args[i];

        if (!checker_is_listable(item->type.kind)) {
            return hr_expr_fail(c->source, item->range, "type-mismatch", "a list cannot hold %s",
                                hr_value_a_kind(item->type.kind));
        }
    }
    return HR_OK;
}

static hr_kernel *
checker_set_kernel(hr_kind kind)
{
    switch ((int)hr_value_column_kind(kind)) {
    case HR_KIND_INT:
    case HR_KIND_TIMESTAMP:
        return hr_kernel_int_in;
    case HR_KIND_DOUBLE:
        return hr_kernel_double_in;
    case HR_KIND_STRING:
    case HR_KIND_BYTES:
        return hr_kernel_span_in;
    default:
        return NULL;
    }
}

static hr_kernel *
checker_json_kernel(hr_kind kind)
{
    switch ((int)kind) {
    case HR_KIND_BOOL:
        return hr_kernel_bool_in_json;
    case HR_KIND_INT:
        return hr_kernel_int_in_json;
    case HR_KIND_DOUBLE:
        return hr_kernel_double_in_json;
    case HR_KIND_STRING:
        return hr_kernel_string_in_json;
    default:
        return NULL;
    }
}

/* The kind in which x and all items are compared; ANY where nothing says which. */
static hr_kind
checker_set_kind(const hr_ast *x, const hr_ast *list)
{
    hr_kind kind = x->type.kind;

    for (size_t i = 0; kind == HR_KIND_ANY && i < list->n; i++) {
        const hr_ast *item = list->args[i];

        kind = checker_is_small_int(item) ? HR_KIND_DOUBLE : item->type.kind;
    }
    return kind;
}

static int
checker_in_set(const checker *c, hr_ast *node)
{
    hr_ast *list = node->args[1];
    hr_kind kind = checker_set_kind(node->args[0], list);
    int rc = HR_OK;

    node->kernel = checker_set_kernel(kind);
    for (size_t i = 0; rc == HR_OK && i < list->n; i++) {
        hr_ast *item = list->args[i];

        if (node->kernel == NULL || !hr_overload_accepts(item, kind)) {
            hr_expr_fail(c->source, item->range, "type-mismatch", "'in' compares %s with %s",
                         hr_value_kind_name(kind), hr_value_kind_name(item->type.kind));
            return item->type.kind == HR_KIND_NULL
                       ? hr_hint(c->source->err, "write '|| %.*s == null'",
                                 checker_len(node->args[0]), checker_text(c, node->args[0]))
                       : HR_ECONFIG;
        }
        rc = checker_enum(c, node->args[0], item);
        rc = rc == HR_OK ? hr_overload_convert(c->source, &list->args[i], kind) : rc;
    }
    if (rc == HR_OK && (node->kernel == NULL || !hr_overload_accepts(node->args[0], kind))) {
        return hr_expr_fail(c->source, node->token, "type-mismatch", "'in' does not work on %s",
                            hr_value_kind_name(node->args[0]->type.kind));
    }
    return rc == HR_OK ? hr_overload_convert(c->source, &node->args[0], kind) : rc;
}

/* What the items of a list field are, where its schema says so; else ANY. */
static hr_kind
checker_item_kind(const hr_type *list)
{
    if (list->kind == HR_KIND_MAP || list->kind == HR_KIND_RECORD) {
        return HR_KIND_STRING; /* its keys */
    }
    return list->kind == HR_KIND_LIST && list->schema != NULL && list->schema->items != NULL
               ? hr_schema_type(list->schema->items).kind
               : HR_KIND_ANY;
}

static int
checker_in_json(const checker *c, hr_ast *node)
{
    const hr_ast *list = node->args[1];
    hr_kind items = checker_item_kind(&list->type);
    hr_kind kind = node->args[0]->type.kind;

    if (kind == HR_KIND_ANY || (kind == HR_KIND_INT && items == HR_KIND_DOUBLE)) {
        kind = items;
    }
    node->kernel = checker_json_kernel(kind);
    if (kind == HR_KIND_ANY) {
        hr_expr_fail(c->source, node->token, "type-mismatch",
                     "both sides of 'in' have no schema, so their type is not known");
        return hr_overload_hint(c->source, "string", node->args[0]);
    }
    if (node->kernel == NULL || !hr_overload_accepts(node->args[0], kind) ||
        (items != HR_KIND_ANY && items != kind)) {
        return hr_expr_fail(c->source, node->token, "type-mismatch",
                            "'in' looks for %s among values of type %s",
                            hr_value_a_kind(node->args[0]->type.kind), hr_value_kind_name(items));
    }
    return hr_overload_convert(c->source, &node->args[0], kind);
}

static int
checker_in(const checker *c, hr_ast *node)
{
    const hr_ast *list = node->args[1];
    hr_kind kind = list->type.kind;

    node->type = (hr_type){.kind = HR_KIND_BOOL};
    if (list->op == HR_AST_LIST) {
        return checker_in_set(c, node);
    }
    if (kind != HR_KIND_LIST && !checker_has_members(kind)) {
        hr_expr_fail(c->source, list->range, "type-mismatch", "'in' wants a list, not %s",
                     hr_value_a_kind(kind));
        return kind == HR_KIND_STRING
                   ? hr_hint(c->source->err, "write %.*s.contains(%.*s)", checker_len(list),
                             checker_text(c, list), checker_len(node->args[0]),
                             checker_text(c, node->args[0]))
                   : HR_ECONFIG;
    }
    return checker_in_json(c, node);
}

/* has(x), x != null, x == null */
static int
checker_there(const checker *c, hr_ast *node)
{
    const hr_ast *arg = node->args[0];
    bool is_any = arg->type.kind == HR_KIND_ANY;
    bool has = node->op == HR_AST_HAS;

    node->type = (hr_type){.kind = HR_KIND_BOOL};
    node->kernel = is_any ? (has ? hr_kernel_any_has : hr_kernel_any_lacks)
                          : (has ? hr_kernel_has : hr_kernel_lacks);
    if (node->name != NULL && !arg->type.nullable) {
        hr_expr_fail(c->source, node->token, "type-mismatch", "'%.*s' is never null",
                     checker_len(arg), checker_text(c, arg));
        return hr_hint(c->source->err, "leave the comparison out");
    }
    return HR_OK;
}

static int
checker_node(const checker *c, hr_ast *node)
{
    int rc = HR_OK;

    node->constant = node->op != HR_AST_FIELD;
    for (size_t i = 0; i < node->n; i++) {
        rc = checker_node(c, node->args[i]);
        if (rc == HR_OK && !(node->op == HR_AST_IN && i == 1)) {
            rc = checker_list_value(c, node->args[i]);
        }
        if (rc != HR_OK) {
            return rc;
        }
        node->constant = node->constant && node->args[i]->constant;
    }
    switch (node->op) {
    case HR_AST_LITERAL:
        node->type = (hr_type){node->value.kind, node->value.kind == HR_KIND_NULL, NULL};
        return HR_OK;
    case HR_AST_FIELD:
        return checker_field(c, node);
    case HR_AST_LIST:
        return checker_list(c, node);
    case HR_AST_CALL:
    case HR_AST_METHOD:
        return checker_call(c, node);
    case HR_AST_SELECT:
        return checker_select(c, node);
    case HR_AST_INDEX:
        return checker_index(c, node);
    case HR_AST_CHOOSE:
        return checker_choose(c, node);
    case HR_AST_IN:
        return checker_in(c, node);
    case HR_AST_HAS:
    case HR_AST_LACKS:
        return checker_there(c, node);
    }
    return HR_OK;
}

int
hr_checker_run(const hr_expr_source *source, const hr_scope *scope, hr_ast *root)
{
    checker c = {source, scope};
    int rc = checker_node(&c, root);

    if (rc == HR_OK) {
        rc = checker_list_value(&c, root);
    }
    if (rc != HR_OK) {
        return rc;
    }
    if (root->type.kind == HR_KIND_DURATION) {
        hr_expr_fail(source, root->range, "type-mismatch", "the result is a duration");
        return hr_overload_hint(source, "int", root);
    }
    if (root->type.kind == HR_KIND_NULL) {
        return hr_expr_fail(source, root->range, "type-mismatch", "the result is always null");
    }
    return HR_OK;
}
