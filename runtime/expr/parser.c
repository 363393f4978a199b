/* A path (a.b.c, a["b"]) becomes one node, because only the scope knows how much of it is a column.
 *
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

static hr_ast *parser_expr(parser *p);
static hr_ast *parser_unary(parser *p);

/* Functions that make a node return NULL, others false, where the error has been filled. */
static bool
parser_advance(parser *p)
{
    p->end = p->token.range.at + p->token.range.len;
    return hr_lexer_next(&p->lexer, &p->token) == HR_OK;
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

static hr_ast *
parser_unexpected(const parser *p, const char *wanted)
{
    static const char *const words[][2] = {{"and", "&&"}, {"or", "||"}};
    const hr_expr_token *token = &p->token;

    if (token->kind == HR_TOKEN_END) {
        hr_expr_fail(p->source, token->range, "syntax", "expected %s, the expression ends", wanted);
        return NULL;
    }
    hr_expr_fail(p->source, token->range, "syntax", "expected %s, found '%.*s'", wanted,
                 (int)(token->range.len > 40 ? 40 : token->range.len),
                 p->source->text->s + token->range.at);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (parser_at_word(p, words[i][0])) {
            hr_hint(p->source->err, "write '%s'", words[i][1]);
        }
    }
    return NULL;
}

static bool
parser_expect(parser *p, const char *symbol)
{
    char wanted[8] = {'\'', symbol[0], '\'', '\0'};

    return parser_at(p, symbol) ? parser_advance(p) : parser_unexpected(p, wanted) != NULL;
}

static hr_ast *
parser_no_memory(const parser *p)
{
    hr_expr_no_memory(p->source);
    return NULL;
}

/* A node that starts at `start` and ends with the token taken last. */
static hr_ast *
parser_node(parser *p, hr_ast_op op, uint32_t start, hr_range token, size_t n, hr_ast *const *args)
{
    hr_arena *arena = p->source->arena;
    hr_ast *node = hr_arena_calloc(arena, 1, sizeof *node);
    hr_ast **own = hr_arena_calloc(arena, n + 1, sizeof *own);

    if (node == NULL || own == NULL) {
        return parser_no_memory(p);
    }
    node->op = op;
    node->range = (hr_range){start, p->end - start};
    node->token = token;
    node->args = own;
    node->n = n;
    for (size_t i = 0; i < n; i++) {
        own[i] = args[i];
        node->height = args[i]->height > node->height ? args[i]->height : node->height;
    }
    if (++node->height > HR_EXPR_HEIGHT_MAX) {
        hr_expr_fail(p->source, token, "out-of-range", "more than %d operators in a row",
                     HR_EXPR_HEIGHT_MAX);
        return NULL;
    }
    return node;
}

/* A call of an operator or function. */
static hr_ast *
parser_named_node(parser *p, hr_ast_op op, const char *name, uint32_t start, hr_range token,
                  size_t n, hr_ast *const *args)
{
    hr_ast *node = parser_node(p, op, start, token, n, args);

    if (node != NULL) {
        node->name = name;
    }
    return node;
}

/* Takes the token that opens a nesting. */
static bool
parser_enter(parser *p)
{
    if (++p->nesting > HR_EXPR_NESTING_MAX) {
        hr_expr_fail(p->source, p->token.range, "out-of-range",
                     "the expression nests deeper than %d", HR_EXPR_NESTING_MAX);
        return false;
    }
    return parser_advance(p);
}

static void
parser_leave(parser *p)
{
    p->nesting--;
}

/* One more part of the path of a FIELD or SELECT. */
static hr_ast *
parser_extend_path(parser *p, hr_ast *node, const char *name, hr_range at)
{
    size_t n = node->n_path;
    const char **path = hr_arena_calloc(p->source->arena, n + 1, sizeof *path);
    hr_range *path_at = hr_arena_calloc(p->source->arena, n + 1, sizeof *path_at);

    if (path == NULL || path_at == NULL) {
        return parser_no_memory(p);
    }
    if (n > 0) {
        memcpy(path, node->path, n * sizeof *path);
        memcpy(path_at, node->path_at, n * sizeof *path_at);
    }
    path[n] = name;
    path_at[n] = at;
    node->path = path;
    node->path_at = path_at;
    node->n_path++;
    node->range.len = p->end - node->range.at;
    return node;
}

/* .name or ["name"] behind a node. */
static hr_ast *
parser_select(parser *p, hr_ast *node, const char *name, hr_range at)
{
    if (node->op != HR_AST_FIELD && node->op != HR_AST_SELECT) {
        node = parser_node(p, HR_AST_SELECT, node->range.at, at, 1, &node);
    }
    return node != NULL ? parser_extend_path(p, node, name, at) : NULL;
}

typedef struct parser_args {
    hr_ast **v;
    size_t n, cap;
} parser_args;

static bool
parser_push(parser *p, parser_args *args, hr_ast *arg)
{
    if (args->n == args->cap) {
        size_t cap = args->cap > 0 ? 2 * args->cap : 4;
        hr_ast **v = hr_arena_calloc(p->source->arena, cap, sizeof *v);

        if (v == NULL) {
            return parser_no_memory(p) != NULL;
        }
        if (args->n > 0) {
            memcpy(v, args->v, args->n * sizeof *v);
        }
        args->v = v;
        args->cap = cap;
    }
    args->v[args->n++] = arg;
    return true;
}

/* Expressions up to `close`, which is taken. A trailing comma is allowed in lists only. */
static bool
parser_list(parser *p, const char *close, parser_args *args)
{
    bool is_list = close[0] == ']';

    while (!parser_at(p, close)) {
        hr_ast *arg = parser_expr(p);

        if (arg == NULL || !parser_push(p, args, arg)) {
            return false;
        }
        if (parser_at(p, close)) {
            break;
        }
        if (!parser_at(p, ",")) {
            return parser_unexpected(p, is_list ? "',' or ']'" : "',' or ')'") != NULL;
        }
        if (!parser_advance(p)) {
            return false;
        }
        if (!is_list && parser_at(p, close)) {
            return parser_unexpected(p, "a value") != NULL;
        }
    }
    return parser_advance(p);
}

static hr_ast *
parser_has(parser *p, hr_range token, const parser_args *args)
{
    hr_ast_op op = args->n == 1 ? args->v[0]->op : HR_AST_LITERAL;

    if (op != HR_AST_FIELD && op != HR_AST_SELECT && op != HR_AST_INDEX) {
        hr_expr_fail(p->source, token, "syntax", "has() takes one field, as in has(a.b)");
        return NULL;
    }
    return parser_node(p, HR_AST_HAS, token.at, token, 1, args->v);
}

/* name(args), the name taken already; with a receiver for a method. */
static hr_ast *
parser_call(parser *p, const char *name, hr_range token, hr_ast *receiver)
{
    parser_args args = {NULL, 0, 0};

    if ((receiver != NULL && !parser_push(p, &args, receiver)) || !parser_enter(p) ||
        !parser_list(p, ")", &args)) {
        return NULL;
    }
    parser_leave(p);
    if (receiver != NULL) {
        return parser_named_node(p, HR_AST_METHOD, name, receiver->range.at, token, args.n, args.v);
    }
    return strcmp(name, "has") == 0
               ? parser_has(p, token, &args)
               : parser_named_node(p, HR_AST_CALL, name, token.at, token, args.n, args.v);
}

/* The token is a literal with this value. */
static hr_ast *
parser_literal(parser *p, hr_value value)
{
    hr_range token = p->token.range;
    hr_ast *node =
        parser_advance(p) ? parser_node(p, HR_AST_LITERAL, token.at, token, 0, NULL) : NULL;

    if (node != NULL) {
        node->value = value;
    }
    return node;
}

static hr_ast *
parser_int(parser *p, bool negative)
{
    uint64_t magnitude = p->token.magnitude;
    hr_value value = {.kind = HR_KIND_INT};

    if (magnitude > (uint64_t)INT64_MAX + negative) {
        hr_expr_fail(p->source, p->token.range, "out-of-range", "the number does not fit an int");
        return NULL;
    }
    value.v.i = (int64_t)(negative ? 0 - magnitude : magnitude);
    return parser_literal(p, value);
}

static bool
parser_at_reserved_word(const parser *p)
{
    static const char *const words[] = {
        "as",  "break", "const", "continue", "else",      "for",    "if",      "import", "function",
        "let", "loop",  "in",    "void",     "namespace", "return", "package", "var",    "while"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (parser_at_word(p, words[i])) {
            return true;
        }
    }
    return false;
}

static hr_ast *
parser_reserved_word(const parser *p)
{
    const char *word = p->token.text;

    hr_expr_fail(p->source, p->token.range, "syntax", "'%s' is a reserved word", word);
    hr_hint(p->source->err, "a field of this name is written `%s`, in backticks", word);
    return NULL;
}

/* A word of the language, a field or a call. */
static hr_ast *
parser_name(parser *p)
{
    const char *name = p->token.text;
    hr_range token = p->token.range;
    bool quoted = p->token.quoted;
    hr_ast *node;

    if (parser_at_word(p, "true") || parser_at_word(p, "false")) {
        return parser_literal(p, (hr_value){.kind = HR_KIND_BOOL, .v.b = name[0] == 't'});
    }
    if (parser_at_word(p, "null")) {
        return parser_literal(p, (hr_value){.kind = HR_KIND_NULL, .lane = HR_LANE_NULL});
    }
    if (parser_at_reserved_word(p)) {
        return parser_reserved_word(p);
    }
    if (!parser_advance(p)) {
        return NULL;
    }
    if (parser_at(p, "(") && !quoted) {
        return parser_call(p, name, token, NULL);
    }
    node = parser_node(p, HR_AST_FIELD, token.at, token, 0, NULL);
    return node != NULL ? parser_extend_path(p, node, name, token) : NULL;
}

static hr_ast *
parser_parens(parser *p)
{
    uint32_t start = p->token.range.at;
    hr_ast *node = parser_enter(p) ? parser_expr(p) : NULL;

    if (node == NULL || !parser_expect(p, ")")) {
        return NULL;
    }
    parser_leave(p);
    if (node->op != HR_AST_FIELD && node->op != HR_AST_SELECT) { /* (a).b is a.b */
        node->range = (hr_range){start, p->end - start};
    }
    return node;
}

static hr_ast *
parser_brackets(parser *p)
{
    parser_args args = {NULL, 0, 0};
    hr_range token = p->token.range;

    if (!parser_enter(p) || !parser_list(p, "]", &args)) {
        return NULL;
    }
    parser_leave(p);
    return parser_node(p, HR_AST_LIST, token.at, token, args.n, args.v);
}

static hr_ast *
parser_primary(parser *p)
{
    switch (p->token.kind) {
    case HR_TOKEN_NAME:
        return parser_name(p);
    case HR_TOKEN_INT:
        return parser_int(p, false);
    case HR_TOKEN_LITERAL:
        return parser_literal(p, p->token.value);
    default:
        break;
    }
    if (parser_at(p, "(")) {
        return parser_parens(p);
    }
    if (parser_at(p, "[")) {
        return parser_brackets(p);
    }
    if (parser_at(p, "{")) {
        hr_expr_fail(p->source, p->token.range, "syntax", "there are no map literals");
        return NULL;
    }
    return parser_unexpected(p, "a value");
}

/* .name or .name(args) */
static hr_ast *
parser_dot(parser *p, hr_ast *node)
{
    hr_expr_token name;

    if (!parser_advance(p)) {
        return NULL;
    }
    name = p->token;
    if (name.kind != HR_TOKEN_NAME) {
        return parser_unexpected(p, "a name");
    }
    if (!parser_advance(p)) {
        return NULL;
    }
    return parser_at(p, "(") && !name.quoted ? parser_call(p, name.text, name.range, node)
                                             : parser_select(p, node, name.text, name.range);
}

/* A name given as a string holds no zero byte, as no field's name does. */
static bool
parser_is_name(const hr_ast *node)
{
    return node->op == HR_AST_LITERAL && node->value.kind == HR_KIND_STRING &&
           memchr(node->value.v.s.data, 0, node->value.v.s.len) == NULL;
}

/* [expr] */
static hr_ast *
parser_index(parser *p, hr_ast *node)
{
    hr_range token = p->token.range;
    hr_ast *index = parser_enter(p) ? parser_expr(p) : NULL;
    const char *name;

    if (index == NULL || !parser_expect(p, "]")) {
        return NULL;
    }
    parser_leave(p);
    if (!parser_is_name(index)) {
        return parser_node(p, HR_AST_INDEX, node->range.at, token, 2, (hr_ast *[]){node, index});
    }
    name = hr_arena_strndup(p->source->arena, (const char *)index->value.v.s.data,
                            index->value.v.s.len);
    return name != NULL ? parser_select(p, node, name, index->range) : parser_no_memory(p);
}

static hr_ast *
parser_member(parser *p)
{
    hr_ast *node = parser_primary(p);

    while (node != NULL && (parser_at(p, ".") || parser_at(p, "["))) {
        node = parser_at(p, ".") ? parser_dot(p, node) : parser_index(p, node);
    }
    return node;
}

static bool
parser_at_number(const parser *p)
{
    return p->token.kind == HR_TOKEN_INT ||
           (p->token.kind == HR_TOKEN_LITERAL && p->token.value.kind == HR_KIND_DOUBLE);
}

/* A minus right before a number is part of it: only so can the smallest int be written. */
static hr_ast *
parser_negative(parser *p, uint32_t start)
{
    hr_value value = p->token.value;
    hr_ast *node;

    if (p->token.kind == HR_TOKEN_INT) {
        node = parser_int(p, true);
    } else {
        value.v.d = -value.v.d;
        node = parser_literal(p, value);
    }
    if (node != NULL) {
        node->range = node->token = (hr_range){start, p->end - start};
    }
    return node;
}

/* `--x` and `!!x`, but not `-!x`, as in CEL. */
static hr_ast *
parser_unary(parser *p)
{
    hr_range token = p->token.range;
    const char *name = parser_at(p, "-") ? "-" : parser_at(p, "!") ? "!" : NULL;
    hr_ast *arg;

    if (name == NULL) {
        return parser_member(p);
    }
    if (!parser_enter(p)) {
        return NULL;
    }
    if (name[0] == '-' && parser_at_number(p)) {
        parser_leave(p);
        return parser_negative(p, token.at);
    }
    arg = parser_at(p, name) ? parser_unary(p) : parser_member(p);
    parser_leave(p);
    return arg != NULL ? parser_named_node(p, HR_AST_CALL, name, token.at, token, 1, &arg) : NULL;
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
static hr_ast *
parser_binary_node(parser *p, const char *name, hr_range token, hr_ast *a, hr_ast *b)
{
    bool is_equality = strcmp(name, "==") == 0 || strcmp(name, "!=") == 0;
    hr_ast *args[] = {a, b};

    if (is_equality && (parser_is_null(a) || parser_is_null(b))) {
        return parser_named_node(p, name[0] == '!' ? HR_AST_HAS : HR_AST_LACKS, name, a->range.at,
                                 token, 1, parser_is_null(a) ? &b : &a);
    }
    return parser_named_node(p, strcmp(name, "in") == 0 ? HR_AST_IN : HR_AST_CALL, name,
                             a->range.at, token, 2, args);
}

static hr_ast *
parser_binary(parser *p, size_t level)
{
    bool tightest = level + 1 == PARSER_LEVELS;
    hr_ast *left = tightest ? parser_unary(p) : parser_binary(p, level + 1);
    const char *name;

    while (left != NULL && (name = parser_operator(p, level)) != NULL) {
        hr_range token = p->token.range;
        hr_ast *right = NULL;

        if (parser_advance(p)) {
            right = tightest ? parser_unary(p) : parser_binary(p, level + 1);
        }
        left = right != NULL ? parser_binary_node(p, name, token, left, right) : NULL;
    }
    return left;
}

static hr_ast *
parser_expr(parser *p)
{
    hr_ast *args[3] = {parser_binary(p, 0), NULL, NULL};
    hr_range token = p->token.range;

    if (args[0] == NULL || !parser_at(p, "?")) {
        return args[0];
    }
    if (!parser_advance(p) || (args[1] = parser_binary(p, 0)) == NULL || !parser_expect(p, ":") ||
        (args[2] = parser_expr(p)) == NULL) {
        return NULL;
    }
    return parser_node(p, HR_AST_CHOOSE, args[0]->range.at, token, 3, args);
}

static bool
parser_check_text(const hr_expr_source *source)
{
    const hr_text *text = source->text;
    size_t good;

    if (text->len > HR_EXPR_TEXT_MAX) {
        hr_expr_fail(source, (hr_range){0, 1}, "out-of-range",
                     "the expression is longer than %d bytes", HR_EXPR_TEXT_MAX);
        return false;
    }
    good = hr_utf8_valid((hr_span){(const uint8_t *)text->s, text->len});
    if (good < text->len) {
        hr_expr_fail(source, (hr_range){(uint32_t)good, 1}, "syntax", "invalid UTF-8");
    }
    return good == text->len;
}

hr_ast *
hr_parser_run(const hr_expr_source *source)
{
    parser p = {.source = source, .lexer = {source, 0}};
    hr_ast *root = parser_check_text(source) && parser_advance(&p) ? parser_expr(&p) : NULL;

    if (root != NULL && p.token.kind != HR_TOKEN_END) {
        return parser_unexpected(&p, "an operator or the end");
    }
    return root;
}
