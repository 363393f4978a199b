/* Tokens to a tree: CEL's grammar, by recursive descent.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_PARSER_H
#define HR_EXPR_PARSER_H
#include "expr/ast.h"

#define HR_EXPR_TEXT_MAX 4096
#define HR_EXPR_NESTING_MAX 32
#define HR_EXPR_HEIGHT_MAX 256 /* operators in a row, a + b + c ...: bounds recursion */

/* Parses the whole text. NULL with source->err filled: HR_ECONFIG, HR_ENOMEM. */
hr_ast *hr_parser_run(const hr_expr_source *source);

#endif
