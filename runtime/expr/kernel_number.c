/* Ints are checked for overflow, doubles stay finite: an infinity or NaN is an error of the row.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "expr/kernel.h"

static inline uint8_t
number_checked(uint8_t lane, bool bad, uint8_t error)
{
    return lane == HR_LANE_OK && bad ? error : lane;
}

static inline uint8_t
int_add(uint8_t lane, int64_t a, int64_t b, int64_t *o)
{
    return number_checked(lane, __builtin_add_overflow(a, b, o), HR_LANE_INT_OVERFLOW);
}

static inline uint8_t
int_sub(uint8_t lane, int64_t a, int64_t b, int64_t *o)
{
    return number_checked(lane, __builtin_sub_overflow(a, b, o), HR_LANE_INT_OVERFLOW);
}

static inline uint8_t
int_mul(uint8_t lane, int64_t a, int64_t b, int64_t *o)
{
    return number_checked(lane, __builtin_mul_overflow(a, b, o), HR_LANE_INT_OVERFLOW);
}

static inline uint8_t
int_neg(uint8_t lane, int64_t a, int64_t *o)
{
    return int_sub(lane, 0, a, o);
}

/* Dividing small numbers as 32 bits is several times faster on older processors. */
static inline bool
int_is_small(int64_t a, int64_t b)
{
    return (((uint64_t)a | (uint64_t)b) >> 32) == 0;
}

static inline uint8_t
int_div(uint8_t lane, int64_t a, int64_t b, int64_t *o)
{
    if (lane != HR_LANE_OK) {
        return lane;
    }
    if (b == 0) {
        return HR_LANE_ZERO_DIVISION;
    }
    if (a == INT64_MIN && b == -1) {
        return HR_LANE_INT_OVERFLOW;
    }
    *o = int_is_small(a, b) ? (int64_t)((uint32_t)a / (uint32_t)b) : a / b;
    return HR_LANE_OK;
}

/* INT64_MIN % -1 is an overflow too: CEL computes the quotient with it. */
static inline uint8_t
int_mod(uint8_t lane, int64_t a, int64_t b, int64_t *o)
{
    if (lane != HR_LANE_OK) {
        return lane;
    }
    if (b == 0) {
        return HR_LANE_ZERO_DIVISION;
    }
    if (a == INT64_MIN && b == -1) {
        return HR_LANE_INT_OVERFLOW;
    }
    *o = int_is_small(a, b) ? (int64_t)((uint32_t)a % (uint32_t)b) : a % b;
    return HR_LANE_OK;
}

/* True for NaN too. */
static inline bool
double_is_bad(double d)
{
    return !(d - d == 0);
}

static inline uint8_t
double_add(uint8_t lane, double a, double b, double *o)
{
    *o = a + b;
    return number_checked(lane, double_is_bad(*o), HR_LANE_NOT_FINITE);
}

static inline uint8_t
double_sub(uint8_t lane, double a, double b, double *o)
{
    *o = a - b;
    return number_checked(lane, double_is_bad(*o), HR_LANE_NOT_FINITE);
}

static inline uint8_t
double_mul(uint8_t lane, double a, double b, double *o)
{
    *o = a * b;
    return number_checked(lane, double_is_bad(*o), HR_LANE_NOT_FINITE);
}

static inline uint8_t
double_div(uint8_t lane, double a, double b, double *o)
{
    if (lane != HR_LANE_OK) {
        return lane;
    }
    if (b == 0) {
        return HR_LANE_ZERO_DIVISION;
    }
    *o = a / b;
    return number_checked(lane, double_is_bad(*o), HR_LANE_NOT_FINITE);
}

static inline uint8_t
double_neg(uint8_t lane, double a, double *o)
{
    *o = -a;
    return lane;
}

HR_KERNEL_BINARY(hr_kernel_int_add, int64_t, i, int64_t, i, int64_t, i, int_add)
HR_KERNEL_BINARY(hr_kernel_int_sub, int64_t, i, int64_t, i, int64_t, i, int_sub)
HR_KERNEL_BINARY(hr_kernel_int_mul, int64_t, i, int64_t, i, int64_t, i, int_mul)
HR_KERNEL_BINARY(hr_kernel_int_div, int64_t, i, int64_t, i, int64_t, i, int_div)
HR_KERNEL_BINARY(hr_kernel_int_mod, int64_t, i, int64_t, i, int64_t, i, int_mod)
HR_KERNEL_UNARY(hr_kernel_int_neg, int64_t, i, int64_t, i, hr_lane_use, int_neg)
HR_KERNEL_BINARY(hr_kernel_double_add, double, d, double, d, double, d, double_add)
HR_KERNEL_BINARY(hr_kernel_double_sub, double, d, double, d, double, d, double_sub)
HR_KERNEL_BINARY(hr_kernel_double_mul, double, d, double, d, double, d, double_mul)
HR_KERNEL_BINARY(hr_kernel_double_div, double, d, double, d, double, d, double_div)
HR_KERNEL_UNARY(hr_kernel_double_neg, double, d, double, d, hr_lane_use, double_neg)
