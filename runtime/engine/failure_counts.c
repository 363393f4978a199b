/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/failure_counts.h"

const char *
hr_on_error_word(hr_on_error action)
{
    static const char *const words[] = {"dead_letter", "skip", "fail"};

    return words[action];
}

void
hr_failure_counts_add(hr_failure_counts *counts, const hr_node *node, const char *code,
                      hr_on_error action)
{
    size_t n = atomic_load_explicit(&counts->n_kinds, memory_order_relaxed);

    for (size_t i = 0; i < n; i++) {
        hr_failure_kind *kind = &counts->kinds[i];

        if (kind->node == node && kind->action == action && strcmp(kind->code, code) == 0) {
            hr_counter_add(&kind->n, 1);
            return;
        }
    }
    if (n == HR_FAILURE_KINDS_MAX) {
        hr_counter_add(&counts->others, 1);
        return;
    }
    counts->kinds[n].node = node;
    counts->kinds[n].code = code;
    counts->kinds[n].action = action;
    hr_counter_set(&counts->kinds[n].n, 1);
    atomic_store_explicit(&counts->n_kinds, n + 1, memory_order_release);
}
