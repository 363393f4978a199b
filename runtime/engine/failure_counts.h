/* Failed records by node, code and what became of them. A few kinds at most in one topology, found
 * by looking at each: only records that fail pay for it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_FAILURE_COUNTS_H
#define HR_ENGINE_FAILURE_COUNTS_H
#include "engine/metrics.h"
#include "hr_operator.h"

#define HR_FAILURE_KINDS_MAX 128

typedef struct hr_failure_kind {
    const hr_node *node;
    const char *code; /* static */
    hr_on_error action;
    hr_counter n;
} hr_failure_kind;

/* Written by one thread. A kind is entered whole before n_kinds tells of it, and never changes. */
typedef struct hr_failure_counts {
    hr_failure_kind kinds[HR_FAILURE_KINDS_MAX];
    atomic_size_t n_kinds;
    hr_counter others; /* of kinds for which there was no room */
} hr_failure_counts;

/* thread: the writer */
void hr_failure_counts_add(hr_failure_counts *counts, const hr_node *node, const char *code,
                           hr_on_error action);

/* How many of kinds[] may be read. thread: any */
static inline size_t
hr_failure_counts_n(const hr_failure_counts *counts)
{
    return atomic_load_explicit(&counts->n_kinds, memory_order_acquire);
}

/* "dead_letter", "skip" or "fail". */
const char *hr_on_error_word(hr_on_error action);

#endif
