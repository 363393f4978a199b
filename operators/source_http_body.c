/* SPDX-License-Identifier: Apache-2.0 */
#include "source_http_body.h"
#include "codec/json_scan.h"
#include "codec/json_walk.h"
#include "codec/json_write.h"
#include "expr/calendar.h"

#include <stdio.h>
#include <sys/random.h>

#define FIELDS_MAX 1000      /* of a form: each is compared with all before it */
#define NAME_ESCAPED_MAX 256 /* a longer name with escapes is none of ours */

/* ---- made fields --------------------------------------------------------------------------- */

void
hr_body_time(int64_t ms, char out[32])
{
    hr_civil civil = hr_calendar_civil(hr_calendar_day(ms));
    int of_day = (int)hr_calendar_of_day(ms);

    snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)civil.year, civil.month,
             civil.day, of_day / 3600000, of_day / 60000 % 60, of_day / 1000 % 60, of_day % 1000);
}

int
hr_body_uuid(char out[37])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    size_t at = 0;

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return HR_EIO;
    }
    bytes[6] = (uint8_t)(0x40 | (bytes[6] & 0x0f));
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3f));
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            out[at++] = '-';
        }
        out[at++] = digits[bytes[i] >> 4];
        out[at++] = digits[bytes[i] & 15];
    }
    out[at] = '\0';
    return HR_OK;
}

static const hr_body_field *
body_made(const hr_body_plan *plan, hr_span name)
{
    for (size_t i = 0; i < plan->n; i++) {
        if (hr_span_eq(hr_span_str(plan->fields[i].name), name)) {
            return &plan->fields[i];
        }
    }
    return NULL;
}

/* A comma behind what is there, the name and a colon. */
static int
body_write_name(hr_span name, bool first, hr_buf *out)
{
    int rc = first ? HR_OK : hr_buf_append(out, ",", 1);

    if (rc == HR_OK) {
        rc = hr_json_write_string(out, name);
    }
    return rc == HR_OK ? hr_buf_append(out, ":", 1) : rc;
}

static int
body_write_made(const hr_body_field *field, int64_t now_ms, hr_buf *out)
{
    char text[37];
    int rc = HR_OK;

    if (field->make == HR_BODY_TIME && field->as_ms) {
        return hr_json_write_int(out, now_ms);
    }
    if (field->make == HR_BODY_TIME) {
        hr_body_time(now_ms, text);
    } else {
        rc = hr_body_uuid(text);
    }
    return rc == HR_OK ? hr_json_write_string(out, hr_span_str(text)) : rc;
}

/* The made fields behind the others, and the end of the object. */
static int
body_finish(const hr_body_plan *plan, bool first, int64_t now_ms, hr_buf *out)
{
    int rc = HR_OK;

    for (size_t i = 0; i < plan->n && rc == HR_OK; i++) {
        rc = body_write_name(hr_span_str(plan->fields[i].name), first && i == 0, out);
        if (rc == HR_OK) {
            rc = body_write_made(&plan->fields[i], now_ms, out);
        }
    }
    return rc == HR_OK ? hr_buf_append(out, "}", 1) : rc;
}

/* ---- JSON ---------------------------------------------------------------------------------- */

/* Whether a member's name, as it stands between its quotes, is that of a made field. */
static bool
body_overrides(const hr_body_plan *plan, hr_span raw)
{
    uint8_t plain[NAME_ESCAPED_MAX];

    if (raw.len > 0 && memchr(raw.data, '\\', raw.len) != NULL) {
        size_t len = raw.len <= sizeof plain ? hr_json_scan_unescape(raw, plain) : SIZE_MAX;

        return len != SIZE_MAX && body_made(plan, (hr_span){plain, len}) != NULL;
    }
    return body_made(plan, raw) != NULL;
}

/* The length up to the last byte that is no blank. */
static size_t
body_trimmed(hr_span body)
{
    while (body.len > 0 && (body.data[body.len - 1] == ' ' || body.data[body.len - 1] == '\t' ||
                            body.data[body.len - 1] == '\r' || body.data[body.len - 1] == '\n')) {
        body.len--;
    }
    return body.len;
}

static int
body_invalid(size_t at, const char *what, hr_error *err)
{
    return hr_fail(err, HR_ERECORD, HR_NO_LOC, "invalid JSON at byte %zu: %s", at, what);
}

/* What a look at the body's members has shown. */
typedef struct body_members {
    bool empty;
    bool overridden; /* the client sent a field that is made here */
} body_members;

/* One member, from its name to behind its value. */
static const uint8_t *
body_member(const hr_body_plan *plan, hr_json_scan *scan, const uint8_t *at, body_members *members)
{
    const uint8_t *name = at + 1;
    bool escaped = false;

    if (*at != '"') {
        return hr_json_scan_fail(scan, at, "expected a name in quotes");
    }
    at = hr_json_scan_string(scan, name, &escaped);
    if (at == NULL) {
        return NULL;
    }
    members->empty = false;
    members->overridden |= body_overrides(plan, (hr_span){name, (size_t)(at - name)});
    at = hr_json_scan_colon(scan, at + 1);
    return at != NULL ? hr_json_scan_value(scan, at, 1) : NULL;
}

/* From '{' to behind '}'; NULL: a mistake is noted in the scan. */
static const uint8_t *
body_object(const hr_body_plan *plan, hr_json_scan *scan, const uint8_t *at, body_members *members)
{
    at = hr_json_scan_blanks(at + 1);
    if (*at == '}') {
        return at + 1;
    }
    for (;;) {
        at = body_member(plan, scan, at, members);
        if (at == NULL) {
            return NULL;
        }
        at = hr_json_scan_blanks(at);
        if (*at == '}') {
            return at + 1;
        }
        if (*at != ',') {
            return hr_json_scan_fail(scan, at, "expected ',' or '}'");
        }
        at = hr_json_scan_blanks(at + 1);
    }
}

/* HR_ERECORD with the place of the mistake unless the body (without blanks at its end) is one
 * object. */
static int
body_look(const hr_body_plan *plan, hr_span body, body_members *members, hr_error *err)
{
    hr_json_scan scan = {.end = body.data + body.len, .nodes_left = HR_JSON_NODES_MAX};
    const uint8_t *at, *behind;

    *members = (body_members){.empty = true};
    if (body.len == 0 || body.data[body.len - 1] != '}') {
        return body_invalid(body.len, "the text does not end with '}'", err);
    }
    at = hr_json_scan_blanks(body.data);
    if (*at != '{') {
        return body_invalid((size_t)(at - body.data), "expected an object", err);
    }
    behind = body_object(plan, &scan, at, members);
    if (behind == NULL) {
        return body_invalid((size_t)(scan.error_at - body.data), scan.error, err);
    }
    return behind == scan.end
               ? HR_OK
               : body_invalid((size_t)(behind - body.data), "there is more behind the object", err);
}

/* Member by member, those left out that are made here. */
static int
body_copy_members(const hr_body_plan *plan, hr_span body, int64_t now_ms, hr_buf *out)
{
    hr_json_member member;
    hr_json_iter iter;
    bool first = true;
    int rc = hr_buf_append(out, "{", 1);

    hr_json_iter_init(&iter, body);
    while (rc == HR_OK && hr_json_next(&iter, &member) == 1) {
        if (body_overrides(plan, member.name_raw)) {
            continue;
        }
        rc = hr_buf_reserve(out, member.name_raw.len + member.raw.len + 4);
        if (rc == HR_OK) {
            hr_buf_append(out, first ? "\"" : ",\"", first ? 1 : 2);
            hr_buf_append(out, member.name_raw.data, member.name_raw.len);
            hr_buf_append(out, "\":", 2);
            hr_buf_append(out, member.raw.data, member.raw.len);
        }
        first = false;
    }
    return rc == HR_OK ? body_finish(plan, first, now_ms, out) : rc;
}

int
hr_body_from_json(const hr_body_plan *plan, hr_span body, int64_t now_ms, hr_buf *out,
                  hr_error *err)
{
    body_members members;
    int rc;

    body.len = body_trimmed(body);
    rc = body_look(plan, body, &members, err);
    if (rc != HR_OK || plan->n == 0) {
        return rc == HR_OK ? hr_buf_append(out, body.data, body.len) : rc;
    }
    if (members.overridden) {
        return body_copy_members(plan, body, now_ms, out);
    }
    /* As it came, up to its last bracket: so places that the decoder names are the client's. */
    rc = hr_buf_append(out, body.data, body.len - 1);
    return rc == HR_OK ? body_finish(plan, members.empty, now_ms, out) : rc;
}

/* ---- fields -------------------------------------------------------------------------------- */

static bool
body_is_number(hr_span text)
{
    hr_json_num num;
    const uint8_t *end = text.data + text.len;

    return text.len > 0 && hr_json_scan_number(text.data, end, &num) == end;
}

/* ".5" and "-.5" are numbers to a form, and not to JSON. */
static int
body_write_number(hr_span text, hr_buf *out)
{
    size_t sign = text.len > 0 && text.data[0] == '-' ? 1 : 0;
    size_t start = out->len;
    int rc = HR_OK;

    if (text.len > sign && text.data[sign] == '.') {
        rc = hr_buf_append(out, "-0", sign + 1);
        if (rc == HR_OK && sign == 0) {
            out->data[start] = '0';
        }
        text = (hr_span){text.data + sign, text.len - sign};
    }
    rc = rc == HR_OK ? hr_buf_append(out, text.data, text.len) : rc;
    if (rc == HR_OK && !body_is_number((hr_span){out->data + start, out->len - start})) {
        out->len = start;
        return HR_ERECORD;
    }
    return rc;
}

static int
body_write_bool(hr_span text, hr_buf *out)
{
    if (hr_span_eq(text, HR_SPAN_LIT("true")) || hr_span_eq(text, HR_SPAN_LIT("on"))) {
        return hr_buf_append(out, "true", 4);
    }
    return hr_span_eq(text, HR_SPAN_LIT("false")) ? hr_buf_append(out, "false", 5) : HR_ERECORD;
}

/* As the schema has it, where the text is such a value; else a string, which the decoder refuses
 * with the name of the field. */
static int
body_write_value(const hr_schema *schema, hr_span text, hr_buf *out)
{
    int rc = HR_ERECORD;

    if (schema != NULL && (schema->kind == HR_KIND_INT || schema->kind == HR_KIND_DOUBLE ||
                           schema->kind == HR_KIND_TIMESTAMP)) {
        rc = body_write_number(text, out);
    } else if (schema != NULL && schema->kind == HR_KIND_BOOL) {
        rc = body_write_bool(text, out);
    }
    return rc == HR_ERECORD ? hr_json_write_string(out, text) : rc;
}

static int
body_check_fields(const hr_http_field *fields, size_t n, hr_error *err)
{
    if (n > FIELDS_MAX) {
        return hr_fail(err, HR_ERECORD, HR_NO_LOC, "the form has more than %d fields", FIELDS_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(fields[i].name, fields[k].name) == 0) {
                return hr_fail(err, HR_ERECORD, HR_NO_LOC, "field '%.100s' is there twice",
                               fields[i].name);
            }
        }
    }
    return HR_OK;
}

int
hr_body_from_fields(const hr_body_plan *plan, const hr_http_field *fields, size_t n, int64_t now_ms,
                    hr_buf *out, hr_error *err)
{
    bool first = true;
    int rc = body_check_fields(fields, n, err);

    rc = rc == HR_OK ? hr_buf_append(out, "{", 1) : rc;
    for (size_t i = 0; i < n && rc == HR_OK; i++) {
        hr_span name = hr_span_str(fields[i].name);
        const hr_schema_field *field =
            plan->schema != NULL ? hr_schema_find(plan->schema, fields[i].name) : NULL;

        if (fields[i].value.len == 0 || body_made(plan, name) != NULL) {
            continue;
        }
        rc = body_write_name(name, first, out);
        if (rc == HR_OK) {
            rc = body_write_value(field != NULL ? field->schema : NULL, fields[i].value, out);
        }
        first = false;
    }
    return rc == HR_OK ? body_finish(plan, first, now_ms, out) : rc;
}
