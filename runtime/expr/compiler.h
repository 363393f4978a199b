/* A checked tree to a program.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_COMPILER_H
#define HR_EXPR_COMPILER_H
#include "expr/ast.h"
#include "expr/program.h"

/* HR_OK; HR_ECONFIG (a constant part that always fails, too many registers); HR_ENOMEM. */
int hr_compiler_run(const hr_expr_source *source, const hr_ast *root, hr_expr **out);

#endif
