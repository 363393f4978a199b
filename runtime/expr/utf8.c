/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/utf8.h"

size_t
hr_utf8_count(hr_span text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += (text.data[i] & 0xC0) != 0x80;
    }
    return n;
}

size_t
hr_utf8_offset(hr_span text, size_t index)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        if ((text.data[i] & 0xC0) == 0x80) {
            continue;
        }
        if (n == index) {
            return i;
        }
        n++;
    }
    return n == index ? text.len : SIZE_MAX;
}

static size_t
utf8_length(uint8_t lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead < 0xE0) {
        return 2;
    }
    if (lead >= 0xE0 && lead < 0xF0) {
        return 3;
    }
    return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

size_t
hr_utf8_decode(hr_span text, uint32_t *out)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    static const uint8_t mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    size_t n = text.len > 0 ? utf8_length(text.data[0]) : 0;
    uint32_t code;

    if (n == 0 || n > text.len) {
        return 0;
    }
    code = text.data[0] & mask[n];
    for (size_t i = 1; i < n; i++) {
        if ((text.data[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (text.data[i] & 0x3F);
    }
    if (code < smallest[n] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        return 0;
    }
    *out = code;
    return n;
}

size_t
hr_utf8_valid(hr_span text)
{
    size_t at = 0;

    while (at < text.len) {
        uint32_t code;
        size_t n = hr_utf8_decode((hr_span){text.data + at, text.len - at}, &code);

        if (n == 0) {
            return at;
        }
        at += n;
    }
    return at;
}

size_t
hr_utf8_encode(uint32_t code, uint8_t out[4])
{
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        return 0;
    }
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xC0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xE0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | code >> 18);
    out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (code & 0x3F));
    return 4;
}
