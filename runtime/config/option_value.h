/* One option's value, and the words for it. Internal to options*.c and option_value.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_OPTION_VALUE_H
#define HR_CONFIG_OPTION_VALUE_H
#include "config/options.h"

/* Fills the row's member at `target` from a scalar, list or map (not from a block). HR_OK, or
 * HR_ECONFIG when diag got the reason. */
int hr_option_value(const hr_opt_env *env, const hr_option *row, const hr_yaml_node *node,
                    void *target);

/* Reports a mistake in the row's value. Always HR_ECONFIG. */
int hr_option_fail(const hr_opt_env *env, const hr_yaml_node *node, const char *slug,
                   const char *hint, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* "duration, 1s to 1h": kind, range and choices of a row. */
void hr_option_kind_text(const hr_option *row, char *out, size_t size);

/* The i-th of "a|b|c" with its length; NULL past the last. */
const char *hr_option_choice(const char *choices, size_t i, size_t *len);

/* True when the row's range is set; no upper end: *max is HUGE_VAL. */
bool hr_option_range(const hr_option *row, double *min, double *max);

/* Puts milliseconds or bytes into words that the parser reads back. */
void hr_option_number_text(const hr_option *row, double value, char *out, size_t size);

#endif
