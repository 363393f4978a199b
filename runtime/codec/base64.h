/* Base64 (RFC 4648, padded): how JSON holds bytes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CODEC_BASE64_H
#define HR_CODEC_BASE64_H
#include "record/span.h"

/* Decodes into `to` (room for text.len bytes; NULL: only checks). Returns the number of bytes, or
 * SIZE_MAX for what is not base64: other characters, wrong padding, bits left over. */
size_t hr_base64_decode(hr_span text, uint8_t *to);

/* Characters that n bytes become. */
static inline size_t
hr_base64_size(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* Writes hr_base64_size(bytes.len) characters. */
void hr_base64_encode(hr_span bytes, uint8_t *to);

#endif
