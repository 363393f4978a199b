/* Code points in UTF-8 text. Positions in strings count code points, as CEL says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_UTF8_H
#define HR_EXPR_UTF8_H
#include "record/span.h"

/* Code points of valid UTF-8 (bytes that are not continuations). */
size_t hr_utf8_count(hr_span text);

/* The byte at which code point `index` starts; text.len for index == count; SIZE_MAX beyond. */
size_t hr_utf8_offset(hr_span text, size_t index);

/* Bytes of the well-formed sequence at the start of text (RFC 3629), its code point in *out; 0: ill
 * formed or empty. */
size_t hr_utf8_decode(hr_span text, uint32_t *out);

/* The first byte that is not well-formed; text.len if there is none. */
size_t hr_utf8_valid(hr_span text);

/* Writes 1 to 4 bytes and returns how many; 0: not a code point (a surrogate, above 10FFFF). */
size_t hr_utf8_encode(uint32_t code, uint8_t out[4]);

#endif
