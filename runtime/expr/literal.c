/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/literal.h"

#include "expr/utf8.h"

typedef struct literal_reader {
    const hr_expr_source *source;
    uint32_t at, end;
    bool bytes;
    uint8_t *out;
    size_t len;
} literal_reader;

static int
literal_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* n digits of the base at the reader; false: too few, or not digits. */
static bool
literal_digits(literal_reader *r, unsigned n, unsigned base, uint32_t *code)
{
    *code = 0;
    for (unsigned i = 0; i < n; i++) {
        int digit = r->at < r->end ? literal_hex_digit(r->source->text->s[r->at]) : -1;

        if (digit < 0 || (unsigned)digit >= base) {
            return false;
        }
        *code = *code * base + (unsigned)digit;
        r->at++;
    }
    return true;
}

static int
literal_put(literal_reader *r, uint32_t start, uint32_t code)
{
    size_t n = 1;

    if (r->bytes && code <= 0xFF) {
        r->out[r->len] = (uint8_t)code;
    } else {
        n = r->bytes ? 0 : hr_utf8_encode(code, r->out + r->len);
    }
    r->len += n;
    return n > 0 ? HR_OK
                 : hr_expr_fail(r->source, (hr_range){start, r->at - start}, "syntax",
                                "the escape names no %s", r->bytes ? "byte" : "character");
}

/* \xHH, \uHHHH, \UHHHHHHHH, \OOO */
static int
literal_numeric(literal_reader *r, uint32_t start, char c)
{
    unsigned n = c == 'u' ? 4 : c == 'U' ? 8 : (c | 0x20) == 'x' ? 2 : 3;
    uint32_t code;

    if (n == 3) {
        r->at--;
    }
    if (!literal_digits(r, n, n == 3 ? 8 : 16, &code)) {
        return hr_expr_fail(r->source, (hr_range){start, r->at - start}, "syntax",
                            "the escape wants %u %s digits", n, n == 3 ? "octal" : "hexadecimal");
    }
    return literal_put(r, start, code);
}

static int
literal_escape(literal_reader *r)
{
    static const char names[] = "abfnrtv\\?\"'`", meant[] = "\a\b\f\n\r\t\v\\?\"'`";
    uint32_t start = r->at;
    char c = start + 1 < r->end ? r->source->text->s[start + 1] : '\0';
    const char *simple = c != '\0' ? strchr(names, c) : NULL;

    r->at += 2;
    if (simple != NULL) {
        return literal_put(r, start, (uint8_t)meant[simple - names]);
    }
    if (c == 'x' || c == 'X' || (c >= '0' && c <= '3') || (!r->bytes && (c == 'u' || c == 'U'))) {
        return literal_numeric(r, start, c);
    }
    hr_expr_fail(r->source, (hr_range){start, 2}, "syntax", "'\\%c' is not an escape",
                 c > ' ' && c < 0x7F ? c : ' ');
    return hr_hint(r->source->err, "write '\\\\' for a backslash");
}

int
hr_literal_decode(const hr_expr_source *source, hr_range body, bool raw, bool bytes, hr_span *out)
{
    literal_reader r = {source, body.at, body.at + body.len, bytes, NULL, 0};

    r.out = hr_arena_alloc(source->arena, body.len + 1);
    if (r.out == NULL) {
        return hr_expr_no_memory(source);
    }
    while (r.at < r.end) {
        if (source->text->s[r.at] != '\\' || raw) {
            r.out[r.len++] = (uint8_t)source->text->s[r.at++];
        } else {
            int rc = literal_escape(&r);

            if (rc != HR_OK) {
                return rc;
            }
        }
    }
    *out = (hr_span){r.out, r.len};
    return HR_OK;
}
