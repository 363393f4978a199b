/* Text to tokens, as CEL's grammar has them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_LEXER_H
#define HR_EXPR_LEXER_H
#include "expr/source.h"
#include "expr/value.h"

typedef enum hr_token_kind {
    HR_TOKEN_END,
    HR_TOKEN_NAME,
    HR_TOKEN_INT,     /* without sign: `magnitude` */
    HR_TOKEN_LITERAL, /* double, string or bytes: `value` */
    HR_TOKEN_SYMBOL,  /* operator or punctuation: `text` */
} hr_token_kind;

typedef struct hr_expr_token {
    hr_token_kind kind;
    hr_range range;
    const char *text; /* of a NAME (in the arena, without backticks) or SYMBOL (static) */
    bool quoted;      /* a NAME in backticks: never a keyword or function */
    uint64_t magnitude;
    hr_value value;
} hr_expr_token;

typedef struct hr_lexer {
    const hr_expr_source *source;
    uint32_t at;
} hr_lexer;

/* Reads the next token. HR_OK, HR_ECONFIG, HR_ENOMEM. */
int hr_lexer_next(hr_lexer *lexer, hr_expr_token *token);

#endif
