/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/base64.h"

/* The value of a digit, or -1. */
static int
base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The bytes of one group of four, of which the last `pad` are padding; false: bad. */
static bool
base64_group(const uint8_t *text, unsigned pad, uint8_t bytes[3])
{
    unsigned v = 0;

    for (unsigned i = 0; i < 4; i++) {
        int digit = i < 4 - pad ? base64_digit(text[i]) : 0;

        if (digit < 0) {
            return false;
        }
        v = v << 6 | (unsigned)digit;
    }
    bytes[0] = (uint8_t)(v >> 16);
    bytes[1] = (uint8_t)(v >> 8);
    bytes[2] = (uint8_t)v;
    return (v & ((1u << 8 * pad) - 1)) == 0; /* no bits under the padding */
}

size_t
hr_base64_decode(hr_span text, uint8_t *to)
{
    size_t n = 0;

    if (text.len % 4 != 0) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < text.len; i += 4) {
        const uint8_t *group = text.data + i;
        bool last = i + 4 == text.len;
        unsigned pad = !last || group[3] != '=' ? 0 : group[2] != '=' ? 1 : 2;
        uint8_t bytes[3];

        if (!base64_group(group, pad, bytes)) {
            return SIZE_MAX;
        }
        for (unsigned k = 0; k < 3 - pad; k++) {
            if (to != NULL) {
                to[n] = bytes[k];
            }
            n++;
        }
    }
    return n;
}

void
hr_base64_encode(hr_span bytes, uint8_t *to)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        unsigned b1 = left > 1 ? bytes.data[i + 1] : 0, b2 = left > 2 ? bytes.data[i + 2] : 0;
        unsigned v = (unsigned)bytes.data[i] << 16 | b1 << 8 | b2;

        *to++ = (uint8_t)digits[v >> 18];
        *to++ = (uint8_t)digits[v >> 12 & 63];
        *to++ = left > 1 ? (uint8_t)digits[v >> 6 & 63] : '=';
        *to++ = left > 2 ? (uint8_t)digits[v & 63] : '=';
    }
}
