/* The text of an expression while it is compiled, and how mistakes in it are reported.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_SOURCE_H
#define HR_EXPR_SOURCE_H
#include "config/yaml_node.h"

typedef struct hr_expr_source {
    const hr_text *text;
    hr_arena *arena;
    hr_error *err; /* not NULL */
} hr_expr_source;

/* A piece of the text, in bytes. */
typedef struct hr_range {
    uint32_t at, len;
} hr_range;

/* Fills the error with the place and width of the range. Returns HR_ECONFIG. */
int hr_expr_fail(const hr_expr_source *source, hr_range range, const char *slug, const char *fmt,
                 ...) __attribute__((format(printf, 4, 5)));

/* Returns HR_ENOMEM. */
int hr_expr_no_memory(const hr_expr_source *source);

#endif
