/* The one table of what expressions can call: functions and operators alike, an overload per row.
 * Type checks, messages and the reference are made from it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_FUNCTION_H
#define HR_EXPR_FUNCTION_H
#include "expr/kernel.h"
#include "expr/value.h"

#include <stdio.h>

#define HR_FUNCTION_ARGS_MAX 3

typedef enum hr_function_form {
    HR_FORM_OPERATOR,
    HR_FORM_GLOBAL, /* f(a, b) */
    HR_FORM_METHOD, /* a.f(b) */
    HR_FORM_BOTH,
} hr_function_form;

typedef struct hr_function {
    const char *name;
    hr_function_form form;
    size_t n;
    hr_kind arg[HR_FUNCTION_ARGS_MAX]; /* of a method, arg[0] is what stands before the dot */
    hr_kind result;
    hr_kernel *kernel;
    const char *doc; /* one line; operators have none */
} hr_function;

extern const hr_function hr_functions[];
extern const size_t hr_n_functions;

/* True if a row of that name can be written so: as an operator, as f(...) or as x.f(...). */
bool hr_function_fits(const hr_function *fn, const char *name, hr_function_form form);

/* "string.startsWith(string) -> bool" or "date(string) -> timestamp". Returns text. */
const char *hr_function_signature(const hr_function *fn, char text[128]);

/* The functions of the language as a Markdown table. */
void hr_expr_functions_markdown(FILE *out);

#endif
