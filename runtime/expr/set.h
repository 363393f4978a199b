/* Lists of constants: a sorted set for `in`, or JSON text where the list is a value.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_SET_H
#define HR_EXPR_SET_H
#include "expr/kernel.h"
#include "expr/value.h"

/* n values of one kind, none null. NULL when out of memory. */
hr_kernel_set *hr_set_make(hr_arena *arena, const hr_value *items, size_t n);

/* The values (null, bool, int, double, string, list) as a JSON array. false: out of memory. */
bool hr_set_json(hr_arena *arena, const hr_value *items, size_t n, hr_span *out);

#endif
