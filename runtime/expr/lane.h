/* Why a row has no value: the error lanes of the expression machine and their texts. The first one
 * is HR_LANE_ERROR, so that "a null was used" is the null lane plus one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_LANE_H
#define HR_EXPR_LANE_H
#include "record/batch.h"

#define HR_EXPR_LANES(X)                                                                           \
    X(NULL_USED, "field is null or missing")                                                       \
    X(INT_OVERFLOW, "integer overflow")                                                            \
    X(ZERO_DIVISION, "division by zero")                                                           \
    X(NOT_FINITE, "result is not a finite number")                                                 \
    X(NOT_BOOL, "not a bool")                                                                      \
    X(NOT_INT, "not an int")                                                                       \
    X(NOT_DOUBLE, "not a double")                                                                  \
    X(NOT_STRING, "not a string")                                                                  \
    X(NOT_TEXT, "has no text form")                                                                \
    X(NOT_UTF8, "bytes are not UTF-8")                                                             \
    X(NOT_LIST, "not a list")                                                                      \
    X(NOT_OBJECT, "not an object")                                                                 \
    X(NOT_SIZED, "has no size")                                                                    \
    X(NOT_DATE, "not a date of the form YYYY-MM-DD")                                               \
    X(NOT_TIMESTAMP, "not an RFC 3339 timestamp")                                                  \
    X(NOT_DURATION, "not a duration such as 1h30m")                                                \
    X(TIME_RANGE, "time out of range")                                                             \
    X(INDEX_RANGE, "index out of range")                                                           \
    X(BROKEN_JSON, "broken JSON")                                                                  \
    X(NO_MEMORY, "out of batch memory")

enum hr_expr_lane {
    HR_EXPR_LANE_BEFORE = HR_LANE_ERROR - 1,
#define HR_EXPR_LANE_ROW(name, text) HR_LANE_##name,
    HR_EXPR_LANES(HR_EXPR_LANE_ROW)
#undef HR_EXPR_LANE_ROW
        HR_EXPR_LANE_END
};

/* The lane of a result made from values that must be there: a null becomes an error. */
static inline uint8_t
hr_lane_use(uint8_t a)
{
    return (uint8_t)(a + (a == HR_LANE_NULL));
}

static inline uint8_t
hr_lane_use2(uint8_t a, uint8_t b)
{
    return hr_lane_use(a > b ? a : b);
}

#endif
