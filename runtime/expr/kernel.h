/* Kernels: one instruction over all selected rows. A kernel never fails as a whole and never looks
 * at a value whose lane is not OK; what it cannot compute becomes an error in the row's lane.
 *
 * A kernel is a small function of one row and a line of macro that makes the loops: one over a run
 * of rows, which the compiler can vectorise, and one over a selection.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_KERNEL_H
#define HR_EXPR_KERNEL_H
#include "expr/lane.h"
#include "record/batch.h"

typedef struct hr_kernel_call {
    const hr_column *const *arg; /* never the column written */
    size_t n_args;
    hr_column *out;
    const hr_row *row; /* ascending; NULL: the run of n rows from `first` */
    size_t n, first;
    hr_arena *arena;
    const void *aux; /* what compile made for this instruction: a path, a set */
} hr_kernel_call;

typedef void hr_kernel(const hr_kernel_call *call);

/* The path that hr_kernel_select walks. */
typedef struct hr_kernel_path {
    const hr_span *name;
    size_t n;
} hr_kernel_path;

/* Sorted constants for `in`. */
typedef struct hr_kernel_set {
    size_t n;
    const int64_t *i;
    const double *d;
    const hr_span *s;
} hr_kernel_set;

/* kernel_number.c */
hr_kernel hr_kernel_int_add, hr_kernel_int_sub, hr_kernel_int_mul, hr_kernel_int_div,
    hr_kernel_int_mod, hr_kernel_int_neg;
hr_kernel hr_kernel_double_add, hr_kernel_double_sub, hr_kernel_double_mul, hr_kernel_double_div,
    hr_kernel_double_neg;

/* kernel_compare.c */
hr_kernel hr_kernel_int_eq, hr_kernel_int_ne, hr_kernel_int_lt, hr_kernel_int_le, hr_kernel_int_gt,
    hr_kernel_int_ge;
hr_kernel hr_kernel_double_eq, hr_kernel_double_ne, hr_kernel_double_lt, hr_kernel_double_le,
    hr_kernel_double_gt, hr_kernel_double_ge;
hr_kernel hr_kernel_flag_eq, hr_kernel_flag_ne, hr_kernel_flag_lt, hr_kernel_flag_le,
    hr_kernel_flag_gt, hr_kernel_flag_ge;
hr_kernel hr_kernel_span_eq, hr_kernel_span_ne, hr_kernel_span_lt, hr_kernel_span_le,
    hr_kernel_span_gt, hr_kernel_span_ge;
hr_kernel hr_kernel_int_in, hr_kernel_double_in, hr_kernel_span_in; /* aux: hr_kernel_set */

/* kernel_logic.c */
hr_kernel hr_kernel_and, hr_kernel_or, hr_kernel_not;
hr_kernel hr_kernel_has, hr_kernel_lacks; /* of any kind but ANY */
hr_kernel hr_kernel_choose_int, hr_kernel_choose_double, hr_kernel_choose_bool,
    hr_kernel_choose_span;
hr_kernel hr_kernel_use_int, hr_kernel_use_double, hr_kernel_use_bool,
    hr_kernel_use_span; /* copies; a null becomes an error */
hr_kernel hr_kernel_copy_int, hr_kernel_copy_double, hr_kernel_copy_bool,
    hr_kernel_copy_span; /* copies, lanes as they are */

/* kernel_string.c */
hr_kernel hr_kernel_concat; /* any number of strings or bytes */
hr_kernel hr_kernel_starts_with, hr_kernel_ends_with, hr_kernel_contains;
hr_kernel hr_kernel_string_size, hr_kernel_bytes_size;
hr_kernel hr_kernel_lower_ascii, hr_kernel_upper_ascii, hr_kernel_trim, hr_kernel_substring;

/* kernel_time.c */
hr_kernel hr_kernel_date, hr_kernel_string_to_timestamp, hr_kernel_int_to_timestamp,
    hr_kernel_string_to_duration;
hr_kernel hr_kernel_timestamp_add, hr_kernel_timestamp_sub, hr_kernel_timestamp_diff,
    hr_kernel_duration_add, hr_kernel_duration_sub;
hr_kernel hr_kernel_full_year, hr_kernel_month, hr_kernel_date_of_month, hr_kernel_day_of_month,
    hr_kernel_day_of_week, hr_kernel_day_of_year, hr_kernel_hours, hr_kernel_minutes,
    hr_kernel_seconds, hr_kernel_milliseconds;
hr_kernel hr_kernel_duration_hours, hr_kernel_duration_minutes, hr_kernel_duration_seconds,
    hr_kernel_duration_milliseconds;

/* kernel_convert.c; widen_int keeps null, all others make it an error */
hr_kernel hr_kernel_double_to_int, hr_kernel_string_to_int;
hr_kernel hr_kernel_int_to_double, hr_kernel_string_to_double, hr_kernel_widen_int;
hr_kernel hr_kernel_int_to_string, hr_kernel_double_to_string, hr_kernel_bool_to_string,
    hr_kernel_timestamp_to_string, hr_kernel_duration_to_string, hr_kernel_bytes_to_string;
hr_kernel hr_kernel_string_to_bool;

/* kernel_json.c: values that are raw JSON; as_ keeps null */
hr_kernel hr_kernel_any_as_bool, hr_kernel_any_as_int, hr_kernel_any_as_double,
    hr_kernel_any_as_string, hr_kernel_any_as_timestamp;
hr_kernel hr_kernel_any_to_bool, hr_kernel_any_to_int, hr_kernel_any_to_double,
    hr_kernel_any_to_string, hr_kernel_any_to_timestamp;
hr_kernel hr_kernel_any_has, hr_kernel_any_lacks, hr_kernel_any_size;
hr_kernel hr_kernel_select; /* aux: hr_kernel_path */
hr_kernel hr_kernel_index;
hr_kernel hr_kernel_bool_in_json, hr_kernel_int_in_json, hr_kernel_double_in_json,
    hr_kernel_string_in_json;

/* Runs the statement for each row, which it finds in `i`. */
#define HR_KERNEL_EACH(call, i, ...)                                                               \
    do {                                                                                           \
        if ((call)->row == NULL) {                                                                 \
            for (size_t i = (call)->first, end_ = i + (call)->n; i < end_; i++) {                  \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        } else {                                                                                   \
            for (size_t k_ = 0; k_ < (call)->n; k_++) {                                            \
                size_t i = (call)->row[k_];                                                        \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* A kernel of one argument: `lane = fn(lane, value, &result)`, values of type TA in the member FA
 * of the column's union. LANE says what a null does: hr_lane_use, or nothing to keep it. */
#define HR_KERNEL_UNARY(NAME, TA, FA, TO, FO, LANE, FN)                                            \
    void NAME(const hr_kernel_call *call)                                                          \
    {                                                                                              \
        const TA *restrict a = call->arg[0]->v.FA;                                                 \
        const uint8_t *restrict la = call->arg[0]->lane;                                           \
        TO *restrict o = call->out->v.FO;                                                          \
        uint8_t *restrict lo = call->out->lane;                                                    \
                                                                                                   \
        HR_KERNEL_EACH(call, i, lo[i] = FN(LANE(la[i]), a[i], &o[i]));                             \
    }

#define HR_KERNEL_BINARY(NAME, TA, FA, TB, FB, TO, FO, FN)                                         \
    void NAME(const hr_kernel_call *call)                                                          \
    {                                                                                              \
        const TA *restrict a = call->arg[0]->v.FA;                                                 \
        const TB *restrict b = call->arg[1]->v.FB;                                                 \
        const uint8_t *restrict la = call->arg[0]->lane;                                           \
        const uint8_t *restrict lb = call->arg[1]->lane;                                           \
        TO *restrict o = call->out->v.FO;                                                          \
        uint8_t *restrict lo = call->out->lane;                                                    \
                                                                                                   \
        HR_KERNEL_EACH(call, i, lo[i] = FN(hr_lane_use2(la[i], lb[i]), a[i], b[i], &o[i]));        \
    }

/* As HR_KERNEL_UNARY, for functions that make bytes: the arena is their first argument. */
#define HR_KERNEL_UNARY_ARENA(NAME, TA, FA, TO, FO, LANE, FN)                                      \
    void NAME(const hr_kernel_call *call)                                                          \
    {                                                                                              \
        const TA *restrict a = call->arg[0]->v.FA;                                                 \
        const uint8_t *restrict la = call->arg[0]->lane;                                           \
        TO *restrict o = call->out->v.FO;                                                          \
        uint8_t *restrict lo = call->out->lane;                                                    \
                                                                                                   \
        HR_KERNEL_EACH(call, i, lo[i] = FN(call->arena, LANE(la[i]), a[i], &o[i]));                \
    }

#endif
