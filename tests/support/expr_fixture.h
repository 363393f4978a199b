/* Expressions against a batch with fields of every kind: compile, run, and the result as text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPR_FIXTURE_H
#define EXPR_FIXTURE_H
#include "expr/expr.h"

/* Its fields and their values in the first row are a table in expr_fixture.c; a field `broken`
 * gives HR_EREPORTED. */
typedef struct expr_fixture expr_fixture;

typedef struct expr_case {
    const char *text, *want;
} expr_case;

expr_fixture *expr_fixture_create(void);
void expr_fixture_destroy(expr_fixture *fixture);

hr_arena *expr_fixture_arena(expr_fixture *fixture);
hr_batch *expr_fixture_batch(expr_fixture *fixture);
const hr_scope *expr_fixture_scope(const expr_fixture *fixture);

/* The column of a field. */
hr_column *expr_fixture_column(expr_fixture *fixture, const char *name);

/* Compiles and runs the text for the first row. "5", "2.5", "\"text\"", "true", "null",
 * "[raw JSON]", "@12" (a timestamp), "b\"bytes\"", "!division by zero"; or, where it does not
 * compile, "COL+WIDTH slug: message | hint". Valid until the next call. */
const char *expr_fixture_eval(expr_fixture *fixture, const char *text);

/* As expr_fixture_eval() for text that may hold zero bytes. */
const char *expr_fixture_eval_n(expr_fixture *fixture, const char *text, size_t len);

/* The value of a row of a column, as above. */
const char *expr_fixture_show(expr_fixture *fixture, const hr_column *column, hr_kind kind,
                              hr_row row);

/* Evaluates each case and fails the test unless all are as wanted; shows those that are not. */
void expr_fixture_check(const expr_case *cases, size_t n);

#define EXPR_CHECK(cases) expr_fixture_check(cases, sizeof(cases) / sizeof((cases)[0]))

#endif
