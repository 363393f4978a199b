/* A path (a.b.c, a["b"]) becomes one node, because only the scope knows how much of it is a column.
 * SPDX-License-Identifier: Apache-2.0 */
#include "expr/parser.h"

#include "expr/lexer.h"
#include "expr/utf8.h"

typedef struct parser {
    const hr_expr_source *source;
    hr_lexer lexer;
    hr_expr_token token; /* the next one, not taken yet */
    uint32_t end;        /* of the one taken last */
    unsigned nesting;
} parser;

static int parser_expr(parser *p, hr_ast **out);
static int parser_unary(parser *p, hr_ast **out);

static int
parser_advance(parser *p)
{
    p->end = p->token.range.at + p->token.range.len;
    return hr_lexer_next(&p->lexer, &p->token);
}

static bool
parser_at(const parser *p, const char *symbol)
{
    return p->token.kind == HR_TOKEN_SYMBOL && strcmp(p->token.text, symbol) == 0;
}

static bool
parser_at_word(const parser *p, const char *word)
{
    return p->token.kind == HR_TOKEN_NAME && !p->token.quoted && strcmp(p->token.text, word) == 0;
}

static int
parser_unexpected(const parser *p, const char *wanted)
{
    static const char *const words[][2] = {{"and", "&&"}, {"or", "||"}};
    const hr_expr_token *token = &p->token;

    if (token->kind == HR_TOKEN_END) {
        return hr_expr_fail(p->source, token->range, "syntax", "expected %s, the expression ends",
                            wanted);
    }
    hr_expr_fail(p->source, token->range, "syntax", "expected %s, found '%.*s'", wanted,
                 (int)(token->range.len > 40 ? 40 : token->range.len),
                 p->source->text->s + token->range.at);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (parser_at_word(p, words[i][0])) {
            return hr_hint(p->source->err, "write '%s'", words[i][1]);
        }
    }
    return HR_ECONFIG;
}

static int
parser_expect(parser *p, const char *symbol)
{
    char wanted[8] = {'\'', symbol[0], '\'', '\0'};

    return parser_at(p, symbol) ? parser_advance(p) : parser_unexpected(p, wanted);
}

/* A node that starts at `start` and ends with the token taken last. */
static int
parser_node(parser *p, hr_ast_op op, uint32_t start, hr_range token, size_t n, hr_ast *const *args,
            hr_ast **out)
{
    hr_arena *arena = p->source->arena;
    hr_ast *node = hr_arena_calloc(arena, 1, sizeof *node);
    hr_ast **own = hr_arena_calloc(arena, n + 1, sizeof *own);

    if (node == NULL || own == NULL) {
        return hr_expr_no_memory(p->source);
    }
    node->op = op;
    node->range = (hr_range){start, p->end - start};
    node->token = token;
    node->args = own;
    node->n = n;
    for (size_t i = 0; i < n; i++) {
        own[i] = args[i];
        if (args[i]->height > node->height) {
            node->height = args[i]->height;
        }
    }
    if (++node->height > HR_EXPR_HEIGHT_MAX) {
        return hr_expr_fail(p->source, token, "out-of-range", "more than %d operators in a row",
                            HR_EXPR_HEIGHT_MAX);
    }
    *out = node;
    return HR_OK;
}

static int
parser_enter(parser *p)
{
    if (++p->nesting > HR_EXPR_NESTING_MAX) {
        return hr_expr_fail(p->source, p->token.range, "out-of-range",
                            "the expression nests deeper than %d", HR_EXPR_NESTING_MAX);
    }
    return HR_OK;
}

/* One more part of the path of a FIELD or SELECT. */
static int
parser_extend_path(parser *p, hr_ast *node, const char *name, hr_range at)
{
    size_t bytes = (node->n_path + 1) * sizeof(char *);
    const char **path = hr_arena_alloc(p->source->arena, bytes);
    hr_range *path_at = hr_arena_alloc(p->source->arena, (node->n_path + 1) * sizeof *path_at);

    if (path == NULL || path_at == NULL) {
        return hr_expr_no_memory(p->source);
    }
    if (node->n_path > 0) {
        memcpy(path, node->path, node->n_path * sizeof *path);
        memcpy(path_at, node->path_at, node->n_path * sizeof *path_at);
    }
    path[node->n_path] = name;
    path_at[node->n_path] = at;
    node->path = path;
    node->path_at = path_at;
    node->n_path++;
    node->range.len = p->end - node->range.at;
    return HR_OK;
}

/* .name or ["name"] behind a node. */
static int
parser_select(parser *p, const char *name, hr_range at, hr_ast **node)
{
    if ((*node)->op != HR_AST_FIELD && (*node)->op != HR_AST_SELECT) {
        int rc = parser_node(p, HR_AST_SELECT, (*node)->range.at, at, 1, node, node);

        if (rc != HR_OK) {
            return rc;
        }
    }
    return parser_extend_path(p, *node, name, at);
}

typedef struct parser_args {
    hr_ast **v;
    size_t n, cap;
} parser_args;

static int
parser_push(parser *p, parser_args *args, hr_ast *arg)
{
    if (args->n == args->cap) {
        size_t cap = args->cap > 0 ? 2 * args->cap : 4;
        hr_ast **v = hr_arena_alloc(p->source->arena, cap * sizeof *v);

        if (v == NULL) {
            return hr_expr_no_memory(p->source);
        }
        if (args->n > 0) {
            memcpy(v, args->v, args->n * sizeof *v);
        }
        args->v = v;
        args->cap = cap;
    }
    args->v[args->n++] = arg;
    return HR_OK;
}

/* Expressions up to `close`, which is taken. A trailing comma is allowed in lists only. */
static int
parser_list(parser *p, const char *close, parser_args *args)
{
    bool is_list = close[0] == ']';
    int rc = HR_OK;

    if (parser_at(p, close)) {
        return parser_advance(p);
    }
    for (;;) {
        hr_ast *arg = NULL;

        if ((rc = parser_expr(p, &arg)) != HR_OK || (rc = parser_push(p, args, arg)) != HR_OK) {
            return rc;
        }
        if (!parser_at(p, ",")) {
            return parser_at(p, close)
                       ? parser_advance(p)
                       : parser_unexpected(p, is_list ? "',' or ']'" : "',' or ')'");
        }
        if ((rc = parser_advance(p)) != HR_OK) {
            return rc;
        }
        if (is_list && parser_at(p, close)) {
            return parser_advance(p);
        }
    }
}

static int
parser_has(parser *p, hr_range token, const parser_args *args, hr_ast **out)
{
    hr_ast_op op = args->n == 1 ? args->v[0]->op : HR_AST_LITERAL;

    if (op != HR_AST_FIELD && op != HR_AST_SELECT && op != HR_AST_INDEX) {
        return hr_expr_fail(p->source, token, "syntax", "has() takes one field, as in has(a.b)");
    }
    return parser_node(p, HR_AST_HAS, token.at, token, 1, args->v, out);
}

/* name(args), the name taken already; with a receiver for a method. */
static int
parser_call(parser *p, const char *name, hr_range token, hr_ast *receiver, hr_ast **out)
{
    parser_args args = {NULL, 0, 0};
    uint32_t start = receiver != NULL ? receiver->range.at : token.at;
    int rc = parser_enter(p);

    if (rc == HR_OK && receiver != NULL) {
        rc = parser_push(p, &args, receiver);
    }
    if (rc != HR_OK || (rc = parser_advance(p)) != HR_OK ||
        (rc = parser_list(p, ")", &args)) != HR_OK) {
        return rc;
    }
    p->nesting--;
    if (receiver == NULL && strcmp(name, "has") == 0) {
        return parser_has(p, token, &args, out);
    }
    rc = parser_node(p, receiver != NULL ? HR_AST_METHOD : HR_AST_CALL, start, token, args.n,
                     args.v, out);
    if (rc == HR_OK) {
        (*out)->name = name;
    }
    return rc;
}

static int
parser_literal(parser *p, const hr_value *value, hr_ast **out)
{
    hr_range token = p->token.range;
    hr_value copy = *value;
    int rc = parser_advance(p);

    if (rc == HR_OK) {
        rc = parser_node(p, HR_AST_LITERAL, token.at, token, 0, NULL, out);
    }
    if (rc == HR_OK) {
        (*out)->value = copy;
    }
    return rc;
}

static int
parser_int(parser *p, bool negative, hr_ast **out)
{
    uint64_t magnitude = p->token.magnitude;
    hr_value value = {.kind = HR_KIND_INT};

    if (magnitude > (uint64_t)INT64_MAX + negative) {
        return hr_expr_fail(p->source, p->token.range, "out-of-range",
                            "the number does not fit an int");
    }
    value.v.i = (int64_t)(negative ? 0 - magnitude : magnitude);
    return parser_literal(p, &value, out);
}

static bool
parser_is_reserved(const char *name)
{
    static const char *const words[] = {
        "as",  "break", "const",   "continue",  "else",   "for", "function", "if",    "import",
        "let", "loop",  "package", "namespace", "return", "var", "void",     "while", "in"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static int
parser_word(parser *p, hr_ast **out)
{
    hr_value yes = {.kind = HR_KIND_BOOL, .v.b = 1}, no = {.kind = HR_KIND_BOOL};
    hr_value null = {.kind = HR_KIND_NULL, .lane = HR_LANE_NULL};

    if (parser_at_word(p, "true") || parser_at_word(p, "false")) {
        return parser_literal(p, parser_at_word(p, "true") ? &yes : &no, out);
    }
    if (parser_at_word(p, "null")) {
        return parser_literal(p, &null, out);
    }
    hr_expr_fail(p->source, p->token.range, "syntax", "'%s' is a reserved word", p->token.text);
    return hr_hint(p->source->err, "a field of this name is written `%s`, in backticks",
                   p->token.text);
}

/* A field or a call. */
static int
parser_name(parser *p, hr_ast **out)
{
    const char *name = p->token.text;
    hr_range token = p->token.range;
    bool quoted = p->token.quoted;
    int rc;

    if (!quoted && (parser_is_reserved(name) || strcmp(name, "true") == 0 ||
                    strcmp(name, "false") == 0 || strcmp(name, "null") == 0)) {
        return parser_word(p, out);
    }
    if ((rc = parser_advance(p)) != HR_OK) {
        return rc;
    }
    if (parser_at(p, "(") && !quoted) {
        return parser_call(p, name, token, NULL, out);
    }
    rc = parser_node(p, HR_AST_FIELD, token.at, token, 0, NULL, out);
    return rc == HR_OK ? parser_extend_path(p, *out, name, token) : rc;
}

static int
parser_parens(parser *p, hr_ast **out)
{
    uint32_t start = p->token.range.at;
    int rc = parser_enter(p);

    if (rc != HR_OK || (rc = parser_advance(p)) != HR_OK || (rc = parser_expr(p, out)) != HR_OK ||
        (rc = parser_expect(p, ")")) != HR_OK) {
        return rc;
    }
    p->nesting--;
    if ((*out)->op == HR_AST_FIELD || (*out)->op == HR_AST_SELECT) {
        return HR_OK; /* (a).b is a.b */
    }
    (*out)->range = (hr_range){start, p->end - start};
    return HR_OK;
}

static int
parser_brackets(parser *p, hr_ast **out)
{
    parser_args args = {NULL, 0, 0};
    hr_range token = p->token.range;
    int rc = parser_enter(p);

    if (rc != HR_OK || (rc = parser_advance(p)) != HR_OK ||
        (rc = parser_list(p, "]", &args)) != HR_OK) {
        return rc;
    }
    p->nesting--;
    return parser_node(p, HR_AST_LIST, token.at, token, args.n, args.v, out);
}

static int
parser_primary(parser *p, hr_ast **out)
{
    switch (p->token.kind) {
    case HR_TOKEN_NAME:
        return parser_name(p, out);
    case HR_TOKEN_INT:
        return parser_int(p, false, out);
    case HR_TOKEN_LITERAL:
        return parser_literal(p, &p->token.value, out);
    case HR_TOKEN_SYMBOL:
        if (parser_at(p, "(")) {
            return parser_parens(p, out);
        }
        if (parser_at(p, "[")) {
            return parser_brackets(p, out);
        }
        if (parser_at(p, "{")) {
            return hr_expr_fail(p->source, p->token.range, "syntax", "there are no map literals");
        }
        break;
    case HR_TOKEN_END:
        break;
    }
    return parser_unexpected(p, "a value");
}

/* .name or .name(args), the dot taken already. */
static int
parser_dot(parser *p, hr_ast **node)
{
    const char *name = p->token.text;
    hr_range token = p->token.range;
    bool quoted = p->token.quoted;
    int rc;

    if (p->token.kind != HR_TOKEN_NAME) {
        return parser_unexpected(p, "a name");
    }
    if ((rc = parser_advance(p)) != HR_OK) {
        return rc;
    }
    if (parser_at(p, "(") && !quoted) {
        return parser_call(p, name, token, *node, node);
    }
    return parser_select(p, name, token, node);
}

/* A name given as a string holds no zero byte, as no field's name does. */
static bool
parser_is_name(const hr_ast *node)
{
    return node->op == HR_AST_LITERAL && node->value.kind == HR_KIND_STRING &&
           memchr(node->value.v.s.data, 0, node->value.v.s.len) == NULL;
}

/* [expr], the bracket not taken yet. */
static int
parser_index(parser *p, hr_ast **node)
{
    hr_range token = p->token.range;
    hr_ast *args[2] = {*node, NULL};
    const char *name;
    int rc = parser_enter(p);

    if (rc != HR_OK || (rc = parser_advance(p)) != HR_OK ||
        (rc = parser_expr(p, &args[1])) != HR_OK || (rc = parser_expect(p, "]")) != HR_OK) {
        return rc;
    }
    p->nesting--;
    if (!parser_is_name(args[1])) {
        return parser_node(p, HR_AST_INDEX, (*node)->range.at, token, 2, args, node);
    }
    name = hr_arena_strndup(p->source->arena, (const char *)args[1]->value.v.s.data,
                            args[1]->value.v.s.len);
    return name != NULL ? parser_select(p, name, args[1]->range, node)
                        : hr_expr_no_memory(p->source);
}

static int
parser_member(parser *p, hr_ast **out)
{
    int rc = parser_primary(p, out);

    while (rc == HR_OK) {
        if (parser_at(p, ".")) {
            rc = parser_advance(p);
            rc = rc == HR_OK ? parser_dot(p, out) : rc;
        } else if (parser_at(p, "[")) {
            rc = parser_index(p, out);
        } else {
            break;
        }
    }
    return rc;
}

static bool
parser_at_number(const parser *p)
{
    return p->token.kind == HR_TOKEN_INT ||
           (p->token.kind == HR_TOKEN_LITERAL && p->token.value.kind == HR_KIND_DOUBLE);
}

/* A minus right before a number is part of it: only so can the smallest int be written. */
static int
parser_negative(parser *p, uint32_t start, hr_ast **out)
{
    int rc;

    if (p->token.kind == HR_TOKEN_INT) {
        rc = parser_int(p, true, out);
    } else {
        p->token.value.v.d = -p->token.value.v.d;
        rc = parser_literal(p, &p->token.value, out);
    }
    if (rc == HR_OK) {
        (*out)->range = (*out)->token = (hr_range){start, p->end - start};
    }
    return rc;
}

/* `--x` and `!!x`, but not `-!x`, as in CEL. */
static int
parser_unary(parser *p, hr_ast **out)
{
    hr_range token = p->token.range;
    const char *name = parser_at(p, "-") ? "-" : parser_at(p, "!") ? "!" : NULL;
    hr_ast *arg = NULL;
    int rc;

    if (name == NULL) {
        return parser_member(p, out);
    }
    if ((rc = parser_enter(p)) != HR_OK || (rc = parser_advance(p)) != HR_OK) {
        return rc;
    }
    if (name[0] == '-' && parser_at_number(p)) {
        p->nesting--;
        return parser_negative(p, token.at, out);
    }
    rc = parser_at(p, name) ? parser_unary(p, &arg) : parser_member(p, &arg);
    p->nesting--;
    if (rc == HR_OK && (rc = parser_node(p, HR_AST_CALL, token.at, token, 1, &arg, out)) == HR_OK) {
        (*out)->name = name;
    }
    return rc;
}

/* The operators of each level, loosest first; `in` is a word. */
static const char *const parser_levels[][7] = {
    {"||"}, {"&&"}, {"<", "<=", ">", ">=", "==", "!="}, {"+", "-"}, {"*", "/", "%"},
};

#define PARSER_LEVELS (sizeof parser_levels / sizeof parser_levels[0])
#define PARSER_RELATIONS 2

static const char *
parser_operator(const parser *p, size_t level)
{
    for (size_t i = 0; parser_levels[level][i] != NULL; i++) {
        if (parser_at(p, parser_levels[level][i])) {
            return parser_levels[level][i];
        }
    }
    return level == PARSER_RELATIONS && parser_at_word(p, "in") ? "in" : NULL;
}

static bool
parser_is_null(const hr_ast *node)
{
    return node->op == HR_AST_LITERAL && node->value.kind == HR_KIND_NULL;
}

/* x == null and null == x ask whether x is there. */
static int
parser_binary_node(parser *p, const char *name, hr_range token, hr_ast **args, hr_ast **out)
{
    bool is_equality = strcmp(name, "==") == 0 || strcmp(name, "!=") == 0;
    hr_ast *tested = parser_is_null(args[0]) ? args[1] : args[0];
    uint32_t start = args[0]->range.at;
    int rc;

    if (is_equality && (parser_is_null(args[0]) || parser_is_null(args[1]))) {
        rc = parser_node(p, name[0] == '!' ? HR_AST_HAS : HR_AST_LACKS, start, token, 1, &tested,
                         out);
    } else {
        rc = parser_node(p, strcmp(name, "in") == 0 ? HR_AST_IN : HR_AST_CALL, start, token, 2,
                         args, out);
    }
    if (rc == HR_OK) {
        (*out)->name = name;
    }
    return rc;
}

static int
parser_binary(parser *p, size_t level, hr_ast **out)
{
    hr_ast *args[2] = {NULL, NULL};
    const char *name;
    int rc = level + 1 < PARSER_LEVELS ? parser_binary(p, level + 1, &args[0])
                                       : parser_unary(p, &args[0]);

    while (rc == HR_OK && (name = parser_operator(p, level)) != NULL) {
        hr_range token = p->token.range;

        if ((rc = parser_advance(p)) != HR_OK) {
            return rc;
        }
        rc = level + 1 < PARSER_LEVELS ? parser_binary(p, level + 1, &args[1])
                                       : parser_unary(p, &args[1]);
        if (rc == HR_OK) {
            rc = parser_binary_node(p, name, token, args, &args[0]);
        }
    }
    *out = args[0];
    return rc;
}

static int
parser_expr(parser *p, hr_ast **out)
{
    hr_ast *args[3] = {NULL, NULL, NULL};
    hr_range token;
    int rc = parser_binary(p, 0, &args[0]);

    *out = args[0];
    token = p->token.range;
    if (rc != HR_OK || !parser_at(p, "?")) {
        return rc;
    }
    if ((rc = parser_advance(p)) != HR_OK || (rc = parser_binary(p, 0, &args[1])) != HR_OK ||
        (rc = parser_expect(p, ":")) != HR_OK || (rc = parser_expr(p, &args[2])) != HR_OK) {
        return rc;
    }
    return parser_node(p, HR_AST_CHOOSE, args[0]->range.at, token, 3, args, out);
}

static int
parser_check_text(const hr_expr_source *source)
{
    const hr_text *text = source->text;
    size_t good;

    if (text->len > HR_EXPR_TEXT_MAX) {
        return hr_expr_fail(source, (hr_range){0, 1}, "out-of-range",
                            "the expression is longer than %d bytes", HR_EXPR_TEXT_MAX);
    }
    good = hr_utf8_valid((hr_span){(const uint8_t *)text->s, text->len});
    if (good < text->len) {
        return hr_expr_fail(source, (hr_range){(uint32_t)good, 1}, "syntax", "invalid UTF-8");
    }
    return HR_OK;
}

int
hr_parser_run(const hr_expr_source *source, hr_ast **out)
{
    parser p = {.source = source, .lexer = {source, 0}};
    int rc = parser_check_text(source);

    if (rc != HR_OK || (rc = parser_advance(&p)) != HR_OK || (rc = parser_expr(&p, out)) != HR_OK) {
        return rc;
    }
    return p.token.kind == HR_TOKEN_END ? HR_OK : parser_unexpected(&p, "an operator or the end");
}
