/* UTF-8 by the table of the Unicode standard (3-7): the first byte fixes the length and the range
 * of the second, all later ones are 80..BF.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/text.h"

/* Bytes of the sequence that starts with `first` (0: none does); the range of its second byte. */
static size_t
utf8_lead(uint8_t first, uint8_t *low, uint8_t *high)
{
    *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return 2;
    }
    if (first >= 0xe0 && first <= 0xef) {
        return 3;
    }
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

bool
hr_text_valid(hr_span text)
{
    for (size_t i = 0; i < text.len;) {
        uint8_t low, high;
        size_t n = utf8_lead(text.data[i], &low, &high);

        if (n == 0 || n > text.len - i) {
            return false;
        }
        if (n > 1 && (text.data[i + 1] < low || text.data[i + 1] > high)) {
            return false;
        }
        for (size_t k = 2; k < n; k++) {
            if ((text.data[i + k] & 0xc0) != 0x80) {
                return false;
            }
        }
        i += n;
    }
    return true;
}

hr_span
hr_text_copy(hr_arena *arena, hr_span text)
{
    char *copy = hr_arena_alloc(arena, text.len + 1);

    if (copy == NULL) {
        return (hr_span){NULL, 0};
    }
    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }
    copy[text.len] = '\0';
    return (hr_span){(uint8_t *)copy, text.len};
}
