/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/expr.h"

#include "expr/checker.h"
#include "expr/compiler.h"
#include "expr/lane.h"
#include "expr/parser.h"

int
hr_expr_compile(hr_arena *arena, const hr_text *text, const hr_scope *scope, hr_expr **out,
                hr_error *err)
{
    hr_error ignored;
    hr_expr_source source = {text, arena, err != NULL ? err : &ignored};
    hr_ast *root = hr_parser_run(&source);
    int rc = root != NULL ? hr_checker_run(&source, scope, root) : source.err->code;

    return rc == HR_OK ? hr_compiler_run(&source, root, out) : rc;
}

hr_type
hr_expr_type(const hr_expr *expr)
{
    return expr->type;
}

bool
hr_expr_is_slot(const hr_expr *expr, int *slot)
{
    if (expr->result.from != HR_OPERAND_SLOT) {
        return false;
    }
    *slot = expr->result.index;
    return true;
}

const char *
hr_expr_error(uint8_t lane)
{
    static const char *const texts[] = {
#define EXPR_LANE_TEXT(name, text) text,
        HR_EXPR_LANES(EXPR_LANE_TEXT)
#undef EXPR_LANE_TEXT
    };

    return lane >= HR_LANE_ERROR && lane < HR_EXPR_LANE_END ? texts[lane - HR_LANE_ERROR]
                                                            : "no value";
}
