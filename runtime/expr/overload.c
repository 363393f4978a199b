/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/overload.h"

#include "config/diag.h"

typedef struct overload_conversion {
    hr_kind from, to;
    hr_kernel *kernel;
    unsigned cost;
} overload_conversion;

static const overload_conversion overload_conversions[] = {
    {HR_KIND_INT, HR_KIND_DOUBLE, hr_kernel_widen_int, 1}, /* constants only */
    {HR_KIND_ANY, HR_KIND_BOOL, hr_kernel_any_as_bool, 2},
    {HR_KIND_ANY, HR_KIND_INT, hr_kernel_any_as_int, 2},
    {HR_KIND_ANY, HR_KIND_DOUBLE, hr_kernel_any_as_double, 2},
    {HR_KIND_ANY, HR_KIND_STRING, hr_kernel_any_as_string, 2},
    {HR_KIND_ANY, HR_KIND_TIMESTAMP, hr_kernel_any_as_timestamp, 2},
};

#define OVERLOAD_NO_COST UINT32_MAX

static const overload_conversion *
overload_conversion_of(const hr_ast *arg, hr_kind want)
{
    for (size_t i = 0; i < sizeof overload_conversions / sizeof overload_conversions[0]; i++) {
        const overload_conversion *c = &overload_conversions[i];

        if (c->from == arg->type.kind && c->to == want &&
            (c->from != HR_KIND_INT || arg->constant)) {
            return c;
        }
    }
    return NULL;
}

bool
hr_overload_accepts(const hr_ast *arg, hr_kind want)
{
    return arg->type.kind == want || overload_conversion_of(arg, want) != NULL;
}

int
hr_overload_convert(const hr_expr_source *source, hr_ast **arg, hr_kind want)
{
    const overload_conversion *c;
    hr_ast *node, **args;

    if ((*arg)->type.kind == want) {
        return HR_OK;
    }
    c = overload_conversion_of(*arg, want);
    node = hr_arena_calloc(source->arena, 1, sizeof *node);
    args = hr_arena_calloc(source->arena, 1, sizeof *args);
    if (node == NULL || args == NULL) {
        return hr_expr_no_memory(source);
    }
    *node = (hr_ast){.op = HR_AST_CALL,
                     .range = (*arg)->range,
                     .token = (*arg)->token,
                     .args = args,
                     .n = 1,
                     .type = {want, (*arg)->type.nullable, NULL},
                     .constant = (*arg)->constant,
                     .kernel = c->kernel};
    args[0] = *arg;
    *arg = node;
    return HR_OK;
}

static uint32_t
overload_cost(const hr_function *fn, const hr_ast *node)
{
    uint32_t cost = 0;

    if (fn->n != node->n) {
        return OVERLOAD_NO_COST;
    }
    for (size_t i = 0; i < fn->n; i++) {
        const overload_conversion *c;

        if (node->args[i]->type.kind == fn->arg[i]) {
            continue;
        }
        c = overload_conversion_of(node->args[i], fn->arg[i]);
        if (c == NULL) {
            return OVERLOAD_NO_COST;
        }
        cost += c->cost;
    }
    return cost;
}

/* The cheapest row; *ambiguous if another costs the same. */
static const hr_function *
overload_find(const hr_ast *node, hr_function_form form, bool *ambiguous)
{
    const hr_function *best = NULL;
    uint32_t best_cost = OVERLOAD_NO_COST;

    *ambiguous = false;
    for (size_t i = 0; i < hr_n_functions; i++) {
        const hr_function *fn = &hr_functions[i];
        uint32_t cost =
            hr_function_fits(fn, node->name, form) ? overload_cost(fn, node) : OVERLOAD_NO_COST;

        if (cost < best_cost) {
            best = fn;
            best_cost = cost;
            *ambiguous = false;
        } else if (cost == best_cost && best != NULL) {
            *ambiguous = true;
        }
    }
    return best;
}

int
hr_overload_hint(const hr_expr_source *source, const char *function, const hr_ast *arg)
{
    const char *text = source->text->s + arg->range.at;
    int len = (int)arg->range.len;

    if (len > 60) {
        return hr_hint(source->err, "write %s(...) around it", function);
    }
    if (text[0] == '(') {
        return hr_hint(source->err, "write %s%.*s", function, len, text);
    }
    return hr_hint(source->err, "write %s(%.*s)", function, len, text);
}

/* Functions that a reader of CEL's manual may look for. */
static int
overload_missing_hint(const hr_expr_source *source, const char *name)
{
    static const char *const known[][2] = {
        {"matches", "write startsWith, endsWith or contains"},
        {"all", "expressions do not loop; 'x in list' looks for a value"},
        {"exists", "expressions do not loop; 'x in list' looks for a value"},
        {"exists_one", "expressions do not loop; 'x in list' looks for a value"},
        {"filter", "expressions do not loop; use a filter step"},
        {"map", "expressions do not loop"},
        {"uint", "write int()"},
        {"len", "write size()"},
        {"length", "write size()"},
        {"float", "write double()"},
        {"str", "write string()"},
    };
    const char *names[128];
    const char *nearest;
    size_t n = 0;

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i][0]) == 0) {
            return hr_hint(source->err, "%s", known[i][1]);
        }
    }
    for (size_t i = 0; i < hr_n_functions && n < 127; i++) {
        if (hr_functions[i].form != HR_FORM_OPERATOR) {
            names[n++] = hr_functions[i].name;
        }
    }
    names[n++] = "has";
    nearest = hr_diag_nearest(name, names, n);
    return nearest != NULL ? hr_hint(source->err, "did you mean '%s'?", nearest) : HR_ECONFIG;
}

static const hr_function *
overload_named(const char *name, hr_function_form form)
{
    for (size_t i = 0; i < hr_n_functions; i++) {
        if (hr_function_fits(&hr_functions[i], name, form)) {
            return &hr_functions[i];
        }
    }
    return NULL;
}

static int
overload_unknown_function(const hr_expr_source *source, const hr_ast *node, hr_function_form form)
{
    bool is_method = form == HR_FORM_METHOD;
    const hr_function *other =
        overload_named(node->name, is_method ? HR_FORM_GLOBAL : HR_FORM_METHOD);

    if (other != NULL) {
        hr_expr_fail(source, node->token, "unknown-function", "'%s' is called as %s", node->name,
                     is_method ? "a function" : "a method");
        return hr_hint(source->err, is_method ? "write %s(x)" : "write x.%s()", node->name);
    }
    hr_expr_fail(source, node->token, "unknown-function", "there is no function '%s'", node->name);
    return overload_missing_hint(source, node->name);
}

/* "(int, string)" */
static const char *
overload_kinds(const hr_ast *node, size_t first, char text[128])
{
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = first; i < node->n && len < 100; i++) {
        len += (size_t)snprintf(text + len, 128 - len, "%s%s", i > first ? ", " : "",
                                hr_value_kind_name(node->args[i]->type.kind));
    }
    return text;
}

static int
overload_bad_arguments(const hr_expr_source *source, const hr_ast *node, hr_function_form form)
{
    bool is_method = form == HR_FORM_METHOD;
    char kinds[128], signature[128];

    overload_kinds(node, is_method ? 1 : 0, kinds);
    if (is_method) {
        hr_expr_fail(source, node->token, "type-mismatch", "%s.%s(%s) does not exist",
                     hr_value_kind_name(node->args[0]->type.kind), node->name, kinds);
    } else {
        hr_expr_fail(source, node->token, "type-mismatch", "%s(%s) does not exist", node->name,
                     kinds);
    }
    return hr_hint(source->err, "there is %s",
                   hr_function_signature(overload_named(node->name, form), signature));
}

static const hr_ast *
overload_operand(const hr_ast *node, hr_kind kind)
{
    for (size_t i = 0; i < node->n; i++) {
        if (node->args[i]->type.kind == kind) {
            return node->args[i];
        }
    }
    return NULL;
}

/* What to write so that the operands fit: by the kinds of both, the operand to convert. */
static int
overload_operator_hint(const hr_expr_source *source, const hr_ast *node)
{
    static const struct {
        hr_kind have, beside;
        const char *function;
    } remedies[] = {
        {HR_KIND_INT, HR_KIND_DOUBLE, "double"},
        {HR_KIND_TIMESTAMP, HR_KIND_INT, "int"},
        {HR_KIND_DURATION, HR_KIND_INT, "int"},
        {HR_KIND_STRING, HR_KIND_TIMESTAMP, "timestamp"},
        {HR_KIND_STRING, HR_KIND_DURATION, "duration"},
        {HR_KIND_BYTES, HR_KIND_STRING, "string"},
    };
    const hr_ast *string = overload_operand(node, HR_KIND_STRING);
    const hr_ast *other = string == node->args[0] ? node->args[1] : node->args[0];

    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++) {
        const hr_ast *arg = overload_operand(node, remedies[i].have);

        if (arg != NULL && overload_operand(node, remedies[i].beside) != NULL) {
            return hr_overload_hint(source, remedies[i].function, arg);
        }
    }
    if (string != NULL && strcmp(node->name, "+") == 0 && !hr_kind_is_span(other->type.kind)) {
        return hr_overload_hint(source, "string", other);
    }
    if (string != NULL && string != other &&
        (other->type.kind == HR_KIND_INT || other->type.kind == HR_KIND_DOUBLE)) {
        return hr_overload_hint(source, hr_value_kind_name(other->type.kind), string);
    }
    return HR_ECONFIG;
}

static int
overload_bad_operands(const hr_expr_source *source, const hr_ast *node, bool ambiguous)
{
    const hr_ast *a = node->args[0], *b = node->args[node->n - 1];
    const char *kind = hr_value_kind_name(a->type.kind);

    if (ambiguous) {
        hr_expr_fail(source, node->token, "type-mismatch",
                     node->n == 1 ? "the operand of '%s' has no schema, so its type is not known"
                                  : "both sides of '%s' have no schema, so their type is not known",
                     node->name);
        hr_hint(source->err, "write int(%.*s), double(...) or string(...)",
                (int)(a->range.len > 60 ? 60 : a->range.len), source->text->s + a->range.at);
        return HR_ECONFIG;
    }
    if (node->n == 1) {
        return hr_expr_fail(source, node->token, "type-mismatch", "'%s' does not work on %s",
                            node->name, kind);
    }
    hr_expr_fail(source, node->token, "type-mismatch", "'%s' does not work on %s and %s",
                 node->name, kind, hr_value_kind_name(b->type.kind));
    return overload_operator_hint(source, node);
}

static int
overload_fail(const hr_expr_source *source, const hr_ast *node, hr_function_form form,
              bool ambiguous)
{
    if (form == HR_FORM_OPERATOR) {
        return overload_bad_operands(source, node, ambiguous);
    }
    if (overload_named(node->name, form) == NULL) {
        return overload_unknown_function(source, node, form);
    }
    return overload_bad_arguments(source, node, form);
}

int
hr_overload_resolve(const hr_expr_source *source, hr_ast *node, hr_function_form form)
{
    bool ambiguous;
    const hr_function *fn = overload_find(node, form, &ambiguous);

    if (fn == NULL || ambiguous) {
        return overload_fail(source, node, form, ambiguous);
    }
    for (size_t i = 0; i < fn->n; i++) {
        int rc = hr_overload_convert(source, &node->args[i], fn->arg[i]);

        if (rc != HR_OK) {
            return rc;
        }
    }
    node->kernel = fn->kernel;
    node->type = (hr_type){.kind = fn->result};
    return HR_OK;
}
