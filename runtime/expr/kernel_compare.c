/* Strings and bytes compare byte by byte, which for UTF-8 is the order of code points.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "expr/kernel.h"

/* The six comparisons of a kind, by a function that gives the truth of (a OP b). */
#define COMPARE_SIX(KIND, TYPE, FIELD)                                                             \
    COMPARE_ONE(KIND, eq, TYPE, FIELD, ==)                                                         \
    COMPARE_ONE(KIND, ne, TYPE, FIELD, !=)                                                         \
    COMPARE_ONE(KIND, lt, TYPE, FIELD, <)                                                          \
    COMPARE_ONE(KIND, le, TYPE, FIELD, <=)                                                         \
    COMPARE_ONE(KIND, gt, TYPE, FIELD, >)                                                          \
    COMPARE_ONE(KIND, ge, TYPE, FIELD, >=)

#define COMPARE_ONE(KIND, NAME, TYPE, FIELD, OP)                                                   \
    static inline uint8_t KIND##_##NAME(uint8_t lane, TYPE a, TYPE b, uint8_t *o)                  \
    {                                                                                              \
        *o = a OP b;                                                                               \
        return lane;                                                                               \
    }                                                                                              \
    HR_KERNEL_BINARY(hr_kernel_##KIND##_##NAME, TYPE, FIELD, TYPE, FIELD, uint8_t, b, KIND##_##NAME)

COMPARE_SIX(int, int64_t, i)
COMPARE_SIX(double, double, d)
COMPARE_SIX(flag, uint8_t, b)

static inline uint8_t
span_eq(uint8_t lane, hr_span a, hr_span b, uint8_t *o)
{
    if (lane == HR_LANE_OK) {
        *o = hr_span_eq(a, b);
    }
    return lane;
}

static inline uint8_t
span_ne(uint8_t lane, hr_span a, hr_span b, uint8_t *o)
{
    if (lane == HR_LANE_OK) {
        *o = !hr_span_eq(a, b);
    }
    return lane;
}

HR_KERNEL_BINARY(hr_kernel_span_eq, hr_span, s, hr_span, s, uint8_t, b, span_eq)
HR_KERNEL_BINARY(hr_kernel_span_ne, hr_span, s, hr_span, s, uint8_t, b, span_ne)

#define COMPARE_SPAN(NAME, OP)                                                                     \
    static inline uint8_t span_##NAME(uint8_t lane, hr_span a, hr_span b, uint8_t *o)              \
    {                                                                                              \
        if (lane == HR_LANE_OK) {                                                                  \
            *o = hr_span_cmp(a, b) OP 0;                                                           \
        }                                                                                          \
        return lane;                                                                               \
    }                                                                                              \
    HR_KERNEL_BINARY(hr_kernel_span_##NAME, hr_span, s, hr_span, s, uint8_t, b, span_##NAME)

COMPARE_SPAN(lt, <)
COMPARE_SPAN(le, <=)
COMPARE_SPAN(gt, >)
COMPARE_SPAN(ge, >=)

/* The first of n sorted entries that is not below x is at the place that this leaves in `lo`. */
#define COMPARE_SEARCH(lo, n, below)                                                               \
    for (size_t hi_ = (n), mid; (lo) < hi_;) {                                                     \
        mid = (lo) + (hi_ - (lo)) / 2;                                                             \
        if (below) {                                                                               \
            (lo) = mid + 1;                                                                        \
        } else {                                                                                   \
            hi_ = mid;                                                                             \
        }                                                                                          \
    }

static bool
set_has_int(const hr_kernel_set *set, int64_t x)
{
    size_t at = 0;

    COMPARE_SEARCH(at, set->n, set->i[mid] < x)
    return at < set->n && set->i[at] == x;
}

static bool
set_has_double(const hr_kernel_set *set, double x)
{
    size_t at = 0;

    COMPARE_SEARCH(at, set->n, set->d[mid] < x)
    return at < set->n && set->d[at] == x;
}

static bool
set_has_span(const hr_kernel_set *set, hr_span x)
{
    size_t at = 0;

    COMPARE_SEARCH(at, set->n, hr_span_cmp(set->s[mid], x) < 0)
    return at < set->n && hr_span_eq(set->s[at], x);
}

#define COMPARE_IN(KIND, TYPE, FIELD)                                                              \
    void hr_kernel_##KIND##_in(const hr_kernel_call *call)                                         \
    {                                                                                              \
        const TYPE *a = call->arg[0]->v.FIELD;                                                     \
        const uint8_t *la = call->arg[0]->lane;                                                    \
                                                                                                   \
        HR_KERNEL_EACH(call, i, call->out->lane[i] = hr_lane_use(la[i]);                           \
                       call->out->v.b[i] =                                                         \
                           la[i] == HR_LANE_OK && set_has_##KIND(call->aux, a[i]));                \
    }

COMPARE_IN(int, int64_t, i)
COMPARE_IN(double, double, d)
COMPARE_IN(span, hr_span, s)
