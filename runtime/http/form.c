/* SPDX-License-Identifier: Apache-2.0 */
#include "http/form.h"

#include <strings.h>

#define BOUNDARY_MAX 70 /* RFC 2046 */

typedef struct form {
    hr_arena *arena;
    hr_span rest;      /* of the body */
    hr_span separator; /* a line's end, two dashes and the boundary */
    hr_http_field *fields;
    size_t n;
    hr_error *err;
} form;

static int
form_fail(hr_error *err, const char *text)
{
    hr_fail(err, HR_ERECORD, HR_NO_LOC, "%s", text);
    return HR_ERECORD;
}

static int
form_no_memory(hr_error *err)
{
    hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    return HR_ENOMEM;
}

/* ---- headers with parameters: form-data; name="a"
 * ------------------------------------------------- */

static const char *
form_skip(const char *at)
{
    return at + strspn(at, " \t");
}

/* True when the value of a header, without its parameters, is `type`. */
static bool
form_is_type(const char *value, const char *type)
{
    size_t n = strlen(type);

    return strncasecmp(value, type, n) == 0 && strchr(" \t;", value[n]) != NULL;
}

/* The parameter, unquoted; data NULL: it is not there. *ok is false where the header is not well
 * formed. */
static hr_span
form_parameter(const char *value, const char *name, bool *ok)
{
    const char *at = value + strcspn(value, ";");
    hr_span found = {NULL, 0};

    *ok = true;
    while (*at == ';') {
        const char *key = form_skip(at + 1), *text, *end;
        size_t key_len = strcspn(key, "=; \t");

        if (key_len == 0 && *form_skip(key) == '\0') {
            return found;
        }
        if (key[key_len] != '=') {
            *ok = false;
            return found;
        }
        text = key + key_len + 1;
        if (*text == '"') {
            end = strchr(++text, '"');
            at = end != NULL ? form_skip(end + 1) : NULL;
        } else {
            end = text + strcspn(text, "; \t");
            at = form_skip(end);
        }
        if (at == NULL || (*at != ';' && *at != '\0')) {
            *ok = false;
            return found;
        }
        if (key_len == strlen(name) && strncasecmp(key, name, key_len) == 0) {
            *ok = found.data == NULL;
            found = (hr_span){(const uint8_t *)text, (size_t)(end - text)};
        }
    }
    return found;
}

/* ---- multipart
 * ------------------------------------------------------------------------------------ */

static const uint8_t *
form_find(hr_span in, hr_span what)
{
    for (size_t at = 0; in.len - at >= what.len;) {
        const uint8_t *first = memchr(in.data + at, what.data[0], in.len - at - what.len + 1);

        if (first == NULL) {
            return NULL;
        }
        if (memcmp(first, what.data, what.len) == 0) {
            return first;
        }
        at = (size_t)(first - in.data) + 1;
    }
    return NULL;
}

static bool
form_take(hr_span *rest, hr_span what)
{
    if (rest->len < what.len || memcmp(rest->data, what.data, what.len) != 0) {
        return false;
    }
    rest->data += what.len;
    rest->len -= what.len;
    return true;
}

static void
form_advance(hr_span *rest, const uint8_t *to)
{
    rest->len -= (size_t)(to - rest->data);
    rest->data = to;
}

/* A header line of a part; the empty one ends them. */
static int
part_header(form *f, hr_http_field *field, bool *last)
{
    static const char disposition[] = "content-disposition:";
    const uint8_t *end = form_find(f->rest, HR_SPAN_LIT("\r\n"));
    hr_span raw = {f->rest.data, end != NULL ? (size_t)(end - f->rest.data) : 0}, name, file;
    const char *line;
    bool ok = true, ok_file = true;

    *last = raw.len == 0;
    if (end == NULL || !hr_http_is_text(raw)) {
        return form_fail(f->err, "a part of the form has bad headers");
    }
    form_advance(&f->rest, end + 2);
    line = hr_arena_strndup(f->arena, (const char *)raw.data, raw.len);
    if (line == NULL) {
        return form_no_memory(f->err);
    }
    if (strncasecmp(line, disposition, sizeof disposition - 1) != 0) {
        return HR_OK;
    }
    line = form_skip(line + sizeof disposition - 1);
    name = form_parameter(line, "name", &ok);
    file = form_parameter(line, "filename", &ok_file);
    if (!form_is_type(line, "form-data") || !ok || !ok_file || name.data == NULL ||
        field->name != NULL) {
        return form_fail(f->err, "a part of the form does not say its name");
    }
    if (file.data != NULL) {
        return form_fail(f->err, "the form holds a file; files are not taken");
    }
    field->name = hr_arena_strndup(f->arena, (const char *)name.data, name.len);
    return field->name != NULL ? HR_OK : form_no_memory(f->err);
}

static int
form_part(form *f)
{
    hr_http_field *field = &f->fields[f->n];
    const uint8_t *end;
    hr_span value;
    bool last = false;

    while (!last) {
        int rc = part_header(f, field, &last);

        if (rc != HR_OK) {
            return rc;
        }
    }
    end = form_find(f->rest, f->separator);
    if (end == NULL || field->name == NULL) {
        return form_fail(f->err, "a part of the form has no name or no end");
    }
    value = (hr_span){f->rest.data, (size_t)(end - f->rest.data)};
    if (!hr_http_is_text(value)) {
        return form_fail(f->err, "a field of the form is not UTF-8 text");
    }
    field->value.data =
        (const uint8_t *)hr_arena_strndup(f->arena, (const char *)value.data, value.len);
    field->value.len = value.len;
    form_advance(&f->rest, end + f->separator.len);
    f->n++;
    return field->value.data != NULL ? HR_OK : form_no_memory(f->err);
}

static int
form_multipart(form *f)
{
    hr_span first = {f->separator.data + 2, f->separator.len - 2};
    int rc = HR_OK;

    f->fields = hr_arena_calloc(f->arena, HR_HTTP_FIELDS_MAX, sizeof *f->fields);
    if (f->fields == NULL) {
        return form_no_memory(f->err);
    }
    if (!form_take(&f->rest, first)) {
        return form_fail(f->err, "the form does not begin with its boundary");
    }
    while (form_take(&f->rest, HR_SPAN_LIT("\r\n"))) {
        if (f->n == HR_HTTP_FIELDS_MAX) {
            return form_fail(f->err, "the form has too many fields");
        }
        rc = form_part(f);
        if (rc != HR_OK) {
            return rc;
        }
    }
    if (!form_take(&f->rest, HR_SPAN_LIT("--")) ||
        (f->rest.len > 0 && !(form_take(&f->rest, HR_SPAN_LIT("\r\n")) && f->rest.len == 0))) {
        return form_fail(f->err, "the form does not end with its boundary");
    }
    return HR_OK;
}

/* ---- either
 * --------------------------------------------------------------------------------------- */

static int
form_boundary(form *f, const char *content_type)
{
    bool ok;
    hr_span text = form_parameter(content_type, "boundary", &ok);
    char *separator;

    if (!ok || text.data == NULL || text.len == 0 || text.len > BOUNDARY_MAX) {
        return form_fail(f->err, "the form does not say its boundary");
    }
    separator = hr_arena_printf(f->arena, "\r\n--%.*s", (int)text.len, (const char *)text.data);
    if (separator == NULL) {
        return form_no_memory(f->err);
    }
    f->separator = hr_span_str(separator);
    return HR_OK;
}

int
hr_http_form_parse(hr_arena *arena, const char *content_type, hr_span body,
                   const hr_http_field **out, size_t *n, hr_error *err)
{
    form f = {.arena = arena, .rest = body, .err = err};
    int rc;

    if (content_type != NULL && form_is_type(content_type, "application/x-www-form-urlencoded")) {
        return hr_http_params_parse(arena, body, out, n, err);
    }
    if (content_type == NULL || !form_is_type(content_type, "multipart/form-data")) {
        return form_fail(err, "the body is not a form");
    }
    rc = form_boundary(&f, content_type);
    if (rc != HR_OK) {
        return rc;
    }
    rc = form_multipart(&f);
    *out = f.fields;
    *n = f.n;
    return rc;
}
