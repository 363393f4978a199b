/* Constants are folded by the kernels themselves, over columns of one row: what a constant part
 * gives cannot differ from what the machine would compute. A constant part that fails is reported,
 * although CEL would fail only where the value is used: it is a mistake wherever it stands.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "expr/compiler.h"

#include "expr/set.h"

typedef struct compiler {
    const hr_expr_source *source;
    hr_expr *expr;
    size_t cap;                             /* of expr->instructions */
    hr_value values[HR_EXPR_REGISTERS_MAX]; /* of the constants */
    bool taken[HR_EXPR_REGISTERS_MAX];      /* registers */
} compiler;

/* What a node became: a constant, or a column. */
typedef struct emitted {
    bool is_constant;
    hr_value value;
    hr_operand operand;
} emitted;

/* The arguments of one instruction. */
typedef struct emitted_args {
    emitted *v;
    size_t n, cap;
} emitted_args;

static int compiler_node(compiler *c, const hr_ast *node, emitted *out);

static int
compiler_push(compiler *c, emitted_args *args, const emitted *arg)
{
    if (args->n == args->cap) {
        size_t cap = args->cap > 0 ? 2 * args->cap : 4;
        emitted *v = hr_arena_alloc(c->source->arena, cap * sizeof *v);

        if (v == NULL) {
            return hr_expr_no_memory(c->source);
        }
        if (args->n > 0) {
            memcpy(v, args->v, args->n * sizeof *v);
        }
        args->v = v;
        args->cap = cap;
    }
    args->v[args->n++] = *arg;
    return HR_OK;
}

static int
compiler_too_many(const compiler *c, const hr_ast *node)
{
    hr_expr_fail(c->source, node->token, "out-of-range",
                 "the expression needs more than %d registers", HR_EXPR_REGISTERS_MAX);
    return hr_hint(c->source->err, "derive a part of it as a field of its own");
}

/* A register for values of that kind; negative: there is none left. */
static int
compiler_take(compiler *c, hr_kind kind)
{
    hr_expr *expr = c->expr;
    uint8_t bytes = (uint8_t)hr_value_size(kind);
    int at = 0;

    while (at < HR_EXPR_REGISTERS_MAX && c->taken[at]) {
        at++;
    }
    if ((size_t)at + expr->n_constants >= HR_EXPR_REGISTERS_MAX) {
        return -1;
    }
    c->taken[at] = true;
    if ((size_t)at >= expr->n_registers) {
        expr->n_registers = (size_t)at + 1;
    }
    if (expr->register_bytes[at] < bytes) {
        expr->register_bytes[at] = bytes;
    }
    return at;
}

static void
compiler_release(compiler *c, const emitted *value)
{
    if (!value->is_constant && value->operand.from == HR_OPERAND_REGISTER) {
        c->taken[value->operand.index] = false;
    }
}

/* Where a value is read from at run time; equal constants share a column. */
static bool
compiler_operand(compiler *c, const emitted *value, hr_operand *out)
{
    hr_expr *expr = c->expr;
    size_t at = 0;

    *out = value->operand;
    if (!value->is_constant) {
        return true;
    }
    while (at < expr->n_constants && !hr_value_same(&c->values[at], &value->value)) {
        at++;
    }
    if (at == expr->n_constants) {
        if (expr->n_constants + expr->n_registers >= HR_EXPR_REGISTERS_MAX) {
            return false;
        }
        c->values[expr->n_constants++] = value->value;
    }
    *out = (hr_operand){HR_OPERAND_CONSTANT, (int)at};
    return true;
}

static bool
compiler_all_constant(const emitted_args *args)
{
    for (size_t i = 0; i < args->n; i++) {
        if (!args->v[i].is_constant) {
            return false;
        }
    }
    return true;
}

/* Runs the kernel on constants. */
static int
compiler_fold(compiler *c, const hr_ast *node, emitted_args *args, const void *aux, emitted *out)
{
    hr_column *columns = hr_arena_alloc(c->source->arena, (args->n + 1) * sizeof *columns);
    const hr_column **arg = hr_arena_alloc(c->source->arena, (args->n + 1) * sizeof *arg);
    hr_column result;
    hr_kernel_call call = {.arg = arg,
                           .n_args = args->n,
                           .out = &result,
                           .n = 1,
                           .arena = c->source->arena,
                           .aux = aux};

    if (columns == NULL || arg == NULL) {
        return hr_expr_no_memory(c->source);
    }
    *out = (emitted){.is_constant = true, .value.kind = node->type.kind};
    for (size_t i = 0; i < args->n; i++) {
        columns[i] = hr_value_column(&args->v[i].value);
        arg[i] = &columns[i];
    }
    result = hr_value_column(&out->value);
    node->kernel(&call);
    if (out->value.lane == HR_LANE_NO_MEMORY) {
        return hr_expr_no_memory(c->source);
    }
    if (out->value.lane >= HR_LANE_ERROR) {
        return hr_expr_fail(c->source, node->range, "out-of-range", "this always fails: %s",
                            hr_expr_error(out->value.lane));
    }
    return HR_OK;
}

static int
compiler_append(compiler *c, const hr_instruction *instruction)
{
    hr_expr *expr = c->expr;

    if (expr->n_instructions == c->cap) {
        size_t cap = c->cap > 0 ? 2 * c->cap : 8;
        hr_instruction *grown = hr_arena_alloc(c->source->arena, cap * sizeof *grown);

        if (grown == NULL) {
            return hr_expr_no_memory(c->source);
        }
        if (c->cap > 0) {
            memcpy(grown, expr->instructions, c->cap * sizeof *grown);
        }
        expr->instructions = grown;
        c->cap = cap;
    }
    expr->instructions[expr->n_instructions++] = *instruction;
    if (instruction->n_args > expr->n_args_max) {
        expr->n_args_max = instruction->n_args;
    }
    return HR_OK;
}

/* The node's instruction over these arguments, or its value where all of them are constant. */
static int
compiler_emit(compiler *c, const hr_ast *node, emitted_args *args, const void *aux, emitted *out)
{
    hr_kind kind = hr_value_column_kind(node->type.kind);
    hr_operand *arg;
    int reg;

    if (compiler_all_constant(args)) {
        return compiler_fold(c, node, args, aux, out);
    }
    arg = hr_arena_alloc(c->source->arena, args->n * sizeof *arg);
    if (arg == NULL) {
        return hr_expr_no_memory(c->source);
    }
    for (size_t i = 0; i < args->n; i++) {
        if (!compiler_operand(c, &args->v[i], &arg[i])) {
            return compiler_too_many(c, node);
        }
    }
    reg = compiler_take(c, kind); /* before the arguments' are released: they must differ */
    if (reg < 0) {
        return compiler_too_many(c, node);
    }
    for (size_t i = 0; i < args->n; i++) {
        compiler_release(c, &args->v[i]);
    }
    *out = (emitted){.operand = {HR_OPERAND_REGISTER, reg}};
    return compiler_append(c, &(hr_instruction){node->kernel, arg, args->n, reg, kind, aux});
}

static int
compiler_path(compiler *c, const char *const *names, size_t n, const void **aux)
{
    hr_kernel_path *path = hr_arena_alloc(c->source->arena, sizeof *path);
    hr_span *name = hr_arena_alloc(c->source->arena, n * sizeof *name);

    if (path == NULL || name == NULL) {
        return hr_expr_no_memory(c->source);
    }
    for (size_t i = 0; i < n; i++) {
        name[i] = hr_span_str(names[i]);
    }
    *path = (hr_kernel_path){name, n};
    *aux = path;
    return HR_OK;
}

static int
compiler_field(compiler *c, const hr_ast *node, emitted *out)
{
    emitted column = {.operand = {HR_OPERAND_SLOT, node->slot}};
    emitted_args args = {&column, 1, 1};
    const void *aux = NULL;
    int rc;

    if (node->kernel == NULL) {
        *out = column;
        return HR_OK;
    }
    rc = compiler_path(c, node->path + node->n_known, node->n_path - node->n_known, &aux);
    return rc == HR_OK ? compiler_emit(c, node, &args, aux, out) : rc;
}

/* a + b + c becomes one instruction; constants that meet become one. */
static int
compiler_concat_parts(compiler *c, const hr_ast *node, const hr_ast *part, emitted_args *args)
{
    emitted value = {0}, joined = {0};
    emitted_args pair;
    int rc = HR_OK;

    if (part->kernel == hr_kernel_concat) {
        for (size_t i = 0; rc == HR_OK && i < part->n; i++) {
            rc = compiler_concat_parts(c, node, part->args[i], args);
        }
        return rc;
    }
    if ((rc = compiler_node(c, part, &value)) != HR_OK) {
        return rc;
    }
    if (args->n == 0 || !value.is_constant || !args->v[args->n - 1].is_constant) {
        return compiler_push(c, args, &value);
    }
    pair = (emitted_args){(emitted[]){args->v[args->n - 1], value}, 2, 2};
    rc = compiler_fold(c, node, &pair, NULL, &joined);
    args->v[args->n - 1] = joined;
    return rc;
}

static int
compiler_concat(compiler *c, const hr_ast *node, emitted *out)
{
    emitted_args args = {NULL, 0, 0};
    int rc = compiler_concat_parts(c, node, node, &args);

    if (rc == HR_OK && args.n == 1) {
        *out = args.v[0]; /* all of it was constant */
        return HR_OK;
    }
    return rc == HR_OK ? compiler_emit(c, node, &args, NULL, out) : rc;
}

/* The constant items of a list. */
static int
compiler_items(compiler *c, const hr_ast *list, hr_value **out)
{
    hr_value *items = hr_arena_alloc(c->source->arena, (list->n + 1) * sizeof *items);

    *out = items;
    if (items == NULL) {
        return hr_expr_no_memory(c->source);
    }
    for (size_t i = 0; i < list->n; i++) {
        emitted item = {0};
        int rc = compiler_node(c, list->args[i], &item);

        if (rc != HR_OK) {
            return rc;
        }
        items[i] = item.value; /* the checker lets constants pass only */
    }
    return HR_OK;
}

static int
compiler_list(compiler *c, const hr_ast *node, emitted *out)
{
    hr_value *items;
    int rc = compiler_items(c, node, &items);

    *out = (emitted){.is_constant = true, .value.kind = HR_KIND_LIST};
    if (rc == HR_OK && !hr_set_json(c->source->arena, items, node->n, &out->value.v.s)) {
        return hr_expr_no_memory(c->source);
    }
    return rc;
}

static int
compiler_in_set(compiler *c, const hr_ast *node, emitted *out)
{
    const hr_ast *list = node->args[1];
    emitted value = {0};
    emitted_args args = {&value, 1, 1};
    hr_kernel_set *set;
    hr_value *items;
    int rc = compiler_node(c, node->args[0], &value);

    if (rc != HR_OK || (rc = compiler_items(c, list, &items)) != HR_OK) {
        return rc;
    }
    for (size_t i = 0; i < list->n; i++) {
        if (items[i].lane != HR_LANE_OK) {
            return hr_expr_fail(c->source, list->args[i]->range, "type-mismatch",
                                "this item is null");
        }
    }
    set = hr_set_make(c->source->arena, items, list->n);
    return set != NULL ? compiler_emit(c, node, &args, set, out) : hr_expr_no_memory(c->source);
}

static int
compiler_call(compiler *c, const hr_ast *node, emitted *out)
{
    emitted_args args = {NULL, 0, 0};
    const void *aux = NULL;
    int rc = HR_OK;

    for (size_t i = 0; i < node->n; i++) {
        emitted arg = {0};

        if ((rc = compiler_node(c, node->args[i], &arg)) != HR_OK ||
            (rc = compiler_push(c, &args, &arg)) != HR_OK) {
            return rc;
        }
    }
    if (node->op == HR_AST_SELECT) {
        rc = compiler_path(c, node->path, node->n_path, &aux);
    }
    return rc == HR_OK ? compiler_emit(c, node, &args, aux, out) : rc;
}

static int
compiler_node(compiler *c, const hr_ast *node, emitted *out)
{
    switch (node->op) {
    case HR_AST_LITERAL:
        *out = (emitted){.is_constant = true, .value = node->value};
        return HR_OK;
    case HR_AST_FIELD:
        return compiler_field(c, node, out);
    case HR_AST_LIST:
        return compiler_list(c, node, out);
    case HR_AST_IN:
        if (node->args[1]->op == HR_AST_LIST) {
            return compiler_in_set(c, node, out);
        }
        break;
    default:
        break;
    }
    return node->kernel == hr_kernel_concat ? compiler_concat(c, node, out)
                                            : compiler_call(c, node, out);
}

static bool
compiler_fill(hr_arena *arena, const hr_value *value, hr_column *column)
{
    size_t size = hr_value_size(value->kind);
    uint8_t *entries = hr_arena_calloc(arena, HR_BATCH_ROWS, size);

    column->kind = hr_value_column_kind(value->kind);
    column->lane = hr_arena_alloc(arena, HR_BATCH_ROWS);
    column->v.b = entries;
    if (entries == NULL || column->lane == NULL) {
        return false;
    }
    memset(column->lane, value->lane, HR_BATCH_ROWS);
    for (size_t i = 0; value->lane == HR_LANE_OK && i < HR_BATCH_ROWS; i++) {
        memcpy(entries + i * size, &value->v, size);
    }
    return true;
}

static int
compiler_constants(compiler *c)
{
    hr_expr *expr = c->expr;

    expr->constants =
        hr_arena_calloc(c->source->arena, expr->n_constants + 1, sizeof *expr->constants);
    if (expr->constants == NULL) {
        return hr_expr_no_memory(c->source);
    }
    for (size_t i = 0; i < expr->n_constants; i++) {
        if (!compiler_fill(c->source->arena, &c->values[i], &expr->constants[i])) {
            return hr_expr_no_memory(c->source);
        }
    }
    return HR_OK;
}

int
hr_compiler_run(const hr_expr_source *source, const hr_ast *root, hr_expr **out)
{
    compiler *c = hr_arena_calloc(source->arena, 1, sizeof *c);
    hr_expr *expr = hr_arena_calloc(source->arena, 1, sizeof *expr);
    emitted result = {0};
    int rc;

    if (c == NULL || expr == NULL) {
        return hr_expr_no_memory(source);
    }
    c->source = source;
    c->expr = expr;
    expr->type = root->type;
    if ((rc = compiler_node(c, root, &result)) != HR_OK) {
        return rc;
    }
    if (!compiler_operand(c, &result, &expr->result)) {
        return compiler_too_many(c, root);
    }
    *out = expr;
    return compiler_constants(c);
}
