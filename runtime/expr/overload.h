/* Which row of the function table a call means, and the conversions that it needs.
 *
 * Two conversions happen by themselves: an int constant becomes a double where only a double fits,
 * and a value without a schema becomes what the other operand or the function asks for. Where more
 * than one row would do, the person must say which.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_OVERLOAD_H
#define HR_EXPR_OVERLOAD_H
#include "expr/ast.h"
#include "expr/function.h"

/* Sets kernel and type of a call whose arguments are checked, and wraps arguments in conversions.
 * HR_OK; HR_ECONFIG with the remedy; HR_ENOMEM. */
int hr_overload_resolve(const hr_expr_source *source, hr_ast *node, hr_function_form form);

/* True if the value has this kind or becomes it by itself. */
bool hr_overload_accepts(const hr_ast *arg, hr_kind want);

/* Wraps the argument if it must be converted. accepts() must hold. HR_OK or HR_ENOMEM. */
int hr_overload_convert(const hr_expr_source *source, hr_ast **arg, hr_kind want);

/* "write double(DepDelay)" as the error's hint. Returns HR_ECONFIG. */
int hr_overload_hint(const hr_expr_source *source, const char *function, const hr_ast *arg);

#endif
