/* One value: a literal, or the result of folding. And the kinds that exist inside expressions only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_VALUE_H
#define HR_EXPR_VALUE_H
#include "record/batch.h"

#define HR_KIND_NULL ((hr_kind)(HR_KIND_RECORD + 1))     /* the literal null */
#define HR_KIND_DURATION ((hr_kind)(HR_KIND_RECORD + 2)) /* int64_t: ms */

typedef struct hr_value {
    hr_kind kind;
    uint8_t lane;
    union {
        int64_t i;
        double d;
        uint8_t b;
        hr_span s;
    } v;
} hr_value;

/* As hr_kind_name(), for all kinds of an expression. */
const char *hr_value_kind_name(hr_kind kind);

/* With its article: "an int", "a list". */
const char *hr_value_a_kind(hr_kind kind);

/* The kind of column that holds such values. */
hr_kind hr_value_column_kind(hr_kind kind);

/* Bytes of one entry of such a column. */
size_t hr_value_size(hr_kind kind);

/* The value as a column of one row; it points into the value. */
hr_column hr_value_column(hr_value *value);

/* Same kind, lane and content. */
bool hr_value_same(const hr_value *a, const hr_value *b);

#endif
