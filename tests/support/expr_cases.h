/* Expressions that compile, with their values for the fixture's first row: a table of conformance
 * in the manner of CEL's, and what the property tests run on all rows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPR_CASES_H
#define EXPR_CASES_H
#include "expr_fixture.h"

extern const expr_case expr_cases[];
extern const size_t n_expr_cases;

#endif
