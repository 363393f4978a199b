/* The content of string and bytes literals: CEL's escapes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_LITERAL_H
#define HR_EXPR_LITERAL_H
#include "expr/source.h"

/* Decodes what stands between the quotes into the arena. In bytes \x41 and \101 are bytes, in
 * strings code points. HR_OK; HR_ECONFIG with the place of a bad escape; HR_ENOMEM. */
int hr_literal_decode(const hr_expr_source *source, hr_range body, bool raw, bool bytes,
                      hr_span *out);

#endif
