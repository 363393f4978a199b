/* SPDX-License-Identifier: Apache-2.0 */
#include "http/uri.h"
#include "expr/utf8.h"

static int
uri_hex(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
hr_http_is_text(hr_span text)
{
    return text.len == 0 ||
           (memchr(text.data, '\0', text.len) == NULL && hr_utf8_valid(text) == text.len);
}

const char *
hr_http_decode(hr_arena *arena, hr_span raw, bool plus, size_t *len)
{
    char *out = hr_arena_alloc(arena, raw.len + 1);
    size_t n = 0;

    for (size_t i = 0; out != NULL && i < raw.len; i++) {
        uint8_t c = raw.data[i];

        if (c == '%') {
            int high = i + 2 < raw.len ? uri_hex(raw.data[i + 1]) : -1;
            int low = high >= 0 ? uri_hex(raw.data[i + 2]) : -1;

            if (low < 0) {
                return NULL;
            }
            c = (uint8_t)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[n++] = (char)c;
    }
    if (out == NULL || !hr_http_is_text((hr_span){(const uint8_t *)out, n})) {
        return NULL;
    }
    out[n] = '\0';
    *len = n;
    return out;
}

/* One segment into the list and into the whole path; `whole` is where that ends. */
static char *
path_segment(hr_arena *arena, hr_span raw, hr_http_segments *out, char *whole)
{
    size_t len;
    const char *text = hr_http_decode(arena, raw, false, &len);

    if (text == NULL || strcmp(text, ".") == 0 || strcmp(text, "..") == 0 ||
        out->n == HR_HTTP_SEGMENTS_MAX) {
        return NULL;
    }
    *whole++ = '/';
    out->text[out->n] = text;
    out->behind[out->n++] = whole;
    memcpy(whole, text, len + 1);
    return whole + len;
}

bool
hr_http_path_parse(hr_arena *arena, hr_span raw, hr_http_segments *out)
{
    char *whole = hr_arena_alloc(arena, raw.len + 1);

    memset(out, 0, sizeof *out);
    out->path = whole;
    if (whole == NULL || raw.len == 0 || raw.data[0] != '/') {
        return false;
    }
    for (size_t at = 1; whole != NULL && at <= raw.len;) {
        const uint8_t *slash = at < raw.len ? memchr(raw.data + at, '/', raw.len - at) : NULL;
        size_t end = slash != NULL ? (size_t)(slash - raw.data) : raw.len;

        whole = path_segment(arena, (hr_span){raw.data + at, end - at}, out, whole);
        at = end + 1;
    }
    return whole != NULL;
}

static int
params_one(hr_arena *arena, hr_span raw, hr_http_field *field, hr_error *err)
{
    const uint8_t *equals = memchr(raw.data, '=', raw.len);
    size_t name_len = equals != NULL ? (size_t)(equals - raw.data) : raw.len;
    hr_span value = {raw.data + name_len, 0};
    size_t len;

    if (equals != NULL) {
        value = (hr_span){equals + 1, raw.len - name_len - 1};
    }
    field->name = hr_http_decode(arena, (hr_span){raw.data, name_len}, true, &len);
    field->value.data = (const uint8_t *)hr_http_decode(arena, value, true, &field->value.len);
    if (field->name == NULL || field->value.data == NULL) {
        return hr_fail(err, HR_ERECORD, HR_NO_LOC,
                       "a parameter has a bad escape or is not UTF-8 text");
    }
    return HR_OK;
}

int
hr_http_params_parse(hr_arena *arena, hr_span raw, const hr_http_field **out, size_t *n,
                     hr_error *err)
{
    hr_http_field *fields;
    size_t most = 1, count = 0;

    for (size_t i = 0; i < raw.len; i++) {
        most += raw.data[i] == '&' ? 1 : 0;
    }
    if (most > HR_HTTP_FIELDS_MAX) {
        return hr_fail(err, HR_ERECORD, HR_NO_LOC, "more than %d parameters", HR_HTTP_FIELDS_MAX);
    }
    fields = hr_arena_calloc(arena, most, sizeof *fields);
    if (fields == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    for (size_t at = 0; at < raw.len;) {
        const uint8_t *mark = memchr(raw.data + at, '&', raw.len - at);
        size_t end = mark != NULL ? (size_t)(mark - raw.data) : raw.len;
        int rc = end > at
                     ? params_one(arena, (hr_span){raw.data + at, end - at}, &fields[count], err)
                     : HR_OK;

        if (rc != HR_OK) {
            return rc;
        }
        count += end > at ? 1 : 0;
        at = end + 1;
    }
    *out = fields;
    *n = count;
    return HR_OK;
}
