/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/lexer.h"

#include "codec/json_walk.h"
#include "expr/literal.h"

/* Longer symbols first. */
static const char *const lexer_symbols[] = {"&&", "||", "==", "!=", "<=", ">=", "<", ">",
                                            "+",  "-",  "*",  "/",  "%",  "!",  "?", ":",
                                            ".",  ",",  "(",  ")",  "[",  "]",  "{", "}"};

static char
lexer_peek(const hr_lexer *lexer, size_t ahead)
{
    size_t at = lexer->at + ahead;

    return at < lexer->source->text->len ? lexer->source->text->s[at] : '\0';
}

static bool
lexer_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
lexer_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
lexer_is_hex(char c)
{
    return lexer_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static void
lexer_skip_blanks(hr_lexer *lexer)
{
    size_t len = lexer->source->text->len;

    while (lexer->at < len) {
        char c = lexer_peek(lexer, 0);

        if (c == '/' && lexer_peek(lexer, 1) == '/') {
            while (lexer->at < len && lexer_peek(lexer, 0) != '\n') {
                lexer->at++;
            }
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
            lexer->at++;
        } else {
            return;
        }
    }
}

static int
lexer_fail(const hr_lexer *lexer, uint32_t start, const char *slug, const char *msg)
{
    uint32_t len = lexer->at > start ? lexer->at - start : 1;

    return hr_expr_fail(lexer->source, (hr_range){start, len}, slug, "%s", msg);
}

static int
lexer_name(hr_lexer *lexer, hr_expr_token *token)
{
    uint32_t start = lexer->at;

    while (lexer_is_letter(lexer_peek(lexer, 0)) || lexer_is_digit(lexer_peek(lexer, 0))) {
        lexer->at++;
    }
    token->kind = HR_TOKEN_NAME;
    token->text =
        hr_arena_strndup(lexer->source->arena, lexer->source->text->s + start, lexer->at - start);
    return token->text != NULL ? HR_OK : hr_expr_no_memory(lexer->source);
}

/* `any name`: for fields whose names are no identifiers or are words of the language. */
static int
lexer_quoted_name(hr_lexer *lexer, hr_expr_token *token)
{
    uint32_t start = lexer->at++;

    while (lexer_peek(lexer, 0) != '`') {
        if (lexer->at >= lexer->source->text->len || lexer_peek(lexer, 0) == '\n') {
            return lexer_fail(lexer, start, "syntax", "the name has no closing '`'");
        }
        lexer->at++;
    }
    lexer->at++;
    if (lexer->at - start <= 2) {
        return lexer_fail(lexer, start, "syntax", "a name in backticks must not be empty");
    }
    token->kind = HR_TOKEN_NAME;
    token->quoted = true;
    token->text = hr_arena_strndup(lexer->source->arena, lexer->source->text->s + start + 1,
                                   lexer->at - start - 2);
    return token->text != NULL ? HR_OK : hr_expr_no_memory(lexer->source);
}

static int
lexer_int(const hr_lexer *lexer, uint32_t start, unsigned base, hr_expr_token *token)
{
    const char *text = lexer->source->text->s;

    token->kind = HR_TOKEN_INT;
    for (uint32_t i = start + (base == 16 ? 2 : 0); i < lexer->at; i++) {
        char c = text[i];
        unsigned digit =
            lexer_is_digit(c) ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;

        if (__builtin_mul_overflow(token->magnitude, base, &token->magnitude) ||
            __builtin_add_overflow(token->magnitude, digit, &token->magnitude)) {
            return lexer_fail(lexer, start, "out-of-range", "the number does not fit an int");
        }
    }
    return HR_OK;
}

/* Rewritten as JSON writes numbers: no leading zeros, a digit before the point. */
static int
lexer_double(const hr_lexer *lexer, uint32_t start, hr_expr_token *token)
{
    const char *text = lexer->source->text->s + start;
    size_t len = lexer->at - start;
    char *number = hr_arena_alloc(lexer->source->arena, len + 1);

    if (number == NULL) {
        return hr_expr_no_memory(lexer->source);
    }
    while (len > 1 && text[0] == '0' && lexer_is_digit(text[1])) {
        text++;
        len--;
    }
    number[0] = '0';
    memcpy(number + 1, text, len);
    if (text[0] != '.') {
        number++;
    } else {
        len++;
    }
    token->kind = HR_TOKEN_LITERAL;
    token->value.kind = HR_KIND_DOUBLE;
    if (!hr_json_double((hr_span){(const uint8_t *)number, len}, &token->value.v.d)) {
        return lexer_fail(lexer, start, "out-of-range", "the number does not fit a double");
    }
    return HR_OK;
}

static void
lexer_skip_digits(hr_lexer *lexer)
{
    while (lexer_is_digit(lexer_peek(lexer, 0))) {
        lexer->at++;
    }
}

static bool
lexer_skip_exponent(hr_lexer *lexer)
{
    size_t sign = lexer_peek(lexer, 1) == '+' || lexer_peek(lexer, 1) == '-';

    if ((lexer_peek(lexer, 0) | 0x20) != 'e' || !lexer_is_digit(lexer_peek(lexer, 1 + sign))) {
        return false;
    }
    lexer->at += 1 + (uint32_t)sign;
    lexer_skip_digits(lexer);
    return true;
}

static int
lexer_number_end(hr_lexer *lexer, uint32_t start)
{
    if ((lexer_peek(lexer, 0) | 0x20) == 'u') {
        lexer->at++;
        lexer_fail(lexer, start, "syntax", "there are no unsigned numbers");
        return hr_hint(lexer->source->err, "write it without 'u'");
    }
    lexer->at++;
    return lexer_fail(lexer, start, "syntax", "a number must not run into a name");
}

static int
lexer_number(hr_lexer *lexer, hr_expr_token *token)
{
    uint32_t start = lexer->at;
    bool is_hex = lexer_peek(lexer, 0) == '0' && (lexer_peek(lexer, 1) | 0x20) == 'x' &&
                  lexer_is_hex(lexer_peek(lexer, 2));
    bool is_double = false;

    if (is_hex) {
        lexer->at += 2;
        while (lexer_is_hex(lexer_peek(lexer, 0))) {
            lexer->at++;
        }
    } else {
        lexer_skip_digits(lexer);
        if (lexer_peek(lexer, 0) == '.' && lexer_is_digit(lexer_peek(lexer, 1))) {
            is_double = true;
            lexer->at++;
            lexer_skip_digits(lexer);
        }
        is_double |= lexer_skip_exponent(lexer);
    }
    if (lexer_is_letter(lexer_peek(lexer, 0))) {
        return lexer_number_end(lexer, start);
    }
    return is_double ? lexer_double(lexer, start, token)
                     : lexer_int(lexer, start, is_hex ? 16 : 10, token);
}

/* The characters of r"", b"", rb"" and so on before the quote; SIZE_MAX: not a string. */
static size_t
lexer_string_prefix(const hr_lexer *lexer, bool *raw, bool *bytes)
{
    size_t n = 0;

    *raw = *bytes = false;
    for (; n < 2; n++) {
        int c = lexer_peek(lexer, n) | 0x20;

        if (c == 'r' && !*raw) {
            *raw = true;
        } else if (c == 'b' && !*bytes) {
            *bytes = true;
        } else {
            break;
        }
    }
    return lexer_peek(lexer, n) == '"' || lexer_peek(lexer, n) == '\'' ? n : SIZE_MAX;
}

/* Moves behind the closing quotes and sets the range of what they hold. */
static bool
lexer_string_body(hr_lexer *lexer, bool raw, hr_range *body)
{
    char quote = lexer_peek(lexer, 0);
    uint32_t quotes = lexer_peek(lexer, 1) == quote && lexer_peek(lexer, 2) == quote ? 3 : 1;

    lexer->at += quotes;
    body->at = lexer->at;
    while (lexer->at < lexer->source->text->len) {
        char c = lexer_peek(lexer, 0);

        if (c == quote &&
            (quotes == 1 || (lexer_peek(lexer, 1) == quote && lexer_peek(lexer, 2) == quote))) {
            body->len = lexer->at - body->at;
            lexer->at += quotes;
            return true;
        }
        if (quotes == 1 && (c == '\n' || c == '\r')) {
            return false;
        }
        lexer->at += c == '\\' && !raw && lexer->at + 1 < lexer->source->text->len ? 2 : 1;
    }
    return false;
}

static int
lexer_string(hr_lexer *lexer, size_t prefix, bool raw, bool bytes, hr_expr_token *token)
{
    uint32_t start = lexer->at;
    hr_range body;

    lexer->at += (uint32_t)prefix;
    if (!lexer_string_body(lexer, raw, &body)) {
        lexer->at = start + (uint32_t)prefix + 1;
        return lexer_fail(lexer, start, "syntax", "the string has no closing quote");
    }
    token->kind = HR_TOKEN_LITERAL;
    token->value.kind = bytes ? HR_KIND_BYTES : HR_KIND_STRING;
    return hr_literal_decode(lexer->source, body, raw, bytes, &token->value.v.s);
}

static int
lexer_symbol(hr_lexer *lexer, hr_expr_token *token)
{
    const hr_text *text = lexer->source->text;
    uint32_t start = lexer->at;

    for (size_t i = 0; i < sizeof lexer_symbols / sizeof lexer_symbols[0]; i++) {
        size_t n = strlen(lexer_symbols[i]);

        if (text->len - start >= n && memcmp(text->s + start, lexer_symbols[i], n) == 0) {
            lexer->at += (uint32_t)n;
            token->kind = HR_TOKEN_SYMBOL;
            token->text = lexer_symbols[i];
            return HR_OK;
        }
    }
    while (lexer->at + 1 < text->len && ((uint8_t)text->s[lexer->at + 1] & 0xC0) == 0x80) {
        lexer->at++;
    }
    lexer->at++;
    lexer_fail(lexer, start, "syntax", "unexpected character");
    switch (text->s[start]) {
    case '=':
        return hr_hint(lexer->source->err, "write '==' to compare");
    case '&':
    case '|':
        return hr_hint(lexer->source->err, "write '%c%c'", text->s[start], text->s[start]);
    default:
        return HR_ECONFIG;
    }
}

static int
lexer_token(hr_lexer *lexer, hr_expr_token *token)
{
    char c = lexer_peek(lexer, 0);
    bool raw, bytes;
    size_t prefix = lexer_string_prefix(lexer, &raw, &bytes);

    if (prefix != SIZE_MAX) {
        return lexer_string(lexer, prefix, raw, bytes, token);
    }
    if (lexer_is_letter(c)) {
        return lexer_name(lexer, token);
    }
    if (c == '`') {
        return lexer_quoted_name(lexer, token);
    }
    if (lexer_is_digit(c) || (c == '.' && lexer_is_digit(lexer_peek(lexer, 1)))) {
        return lexer_number(lexer, token);
    }
    return lexer_symbol(lexer, token);
}

int
hr_lexer_next(hr_lexer *lexer, hr_expr_token *token)
{
    int rc = HR_OK;

    memset(token, 0, sizeof *token);
    lexer_skip_blanks(lexer);
    token->range.at = lexer->at;
    if (lexer->at < lexer->source->text->len) {
        rc = lexer_token(lexer, token);
    }
    token->range.len = lexer->at - token->range.at;
    return rc;
}
