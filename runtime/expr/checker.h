/* Gives every node of a tree its type and instruction, or says what is wrong.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_CHECKER_H
#define HR_EXPR_CHECKER_H
#include "expr/ast.h"
#include "expr/expr.h"

/* HR_OK; HR_ECONFIG; HR_EREPORTED from the scope; HR_ENOMEM. The first mistake ends it. */
int hr_checker_run(const hr_expr_source *source, const hr_scope *scope, hr_ast *root);

#endif
