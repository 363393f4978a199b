/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/value.h"

const char *
hr_value_kind_name(hr_kind kind)
{
    if (kind == HR_KIND_NULL) {
        return "null";
    }
    return kind == HR_KIND_DURATION ? "duration" : hr_kind_name(kind);
}

const char *
hr_value_a_kind(hr_kind kind)
{
    static const char *const names[] = {"a value without schema",
                                        "a bool",
                                        "an int",
                                        "a double",
                                        "a string",
                                        "bytes",
                                        "a timestamp",
                                        "a list",
                                        "a map",
                                        "a record",
                                        "null",
                                        "a duration"};

    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

hr_kind
hr_value_column_kind(hr_kind kind)
{
    if (kind == HR_KIND_NULL) {
        return HR_KIND_ANY;
    }
    return kind == HR_KIND_DURATION ? HR_KIND_TIMESTAMP : kind;
}

size_t
hr_value_size(hr_kind kind)
{
    kind = hr_value_column_kind(kind);
    if (hr_kind_is_span(kind)) {
        return sizeof(hr_span);
    }
    return kind == HR_KIND_BOOL ? sizeof(uint8_t) : sizeof(int64_t);
}

hr_column
hr_value_column(hr_value *value)
{
    hr_column column = {.kind = hr_value_column_kind(value->kind), .lane = &value->lane};

    switch (column.kind) {
    case HR_KIND_INT:
    case HR_KIND_TIMESTAMP:
        column.v.i = &value->v.i;
        break;
    case HR_KIND_DOUBLE:
        column.v.d = &value->v.d;
        break;
    case HR_KIND_BOOL:
        column.v.b = &value->v.b;
        break;
    default:
        column.v.s = &value->v.s;
    }
    return column;
}

bool
hr_value_same(const hr_value *a, const hr_value *b)
{
    if (a->kind != b->kind || a->lane != b->lane) {
        return false;
    }
    if (a->lane != HR_LANE_OK) {
        return true;
    }
    if (hr_value_size(a->kind) == sizeof(hr_span)) {
        return hr_span_eq(a->v.s, b->v.s);
    }
    if (a->kind == HR_KIND_DOUBLE) {
        return memcmp(&a->v.d, &b->v.d, sizeof a->v.d) == 0; /* tells 0.0 from -0.0 */
    }
    return a->kind == HR_KIND_BOOL ? a->v.b == b->v.b : a->v.i == b->v.i;
}
