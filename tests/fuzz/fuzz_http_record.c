/* Any bytes as the body of a request to an http source, and as lines "name=value" of a form: what
 * becomes of them is a JSON object with each made field once, or an error with a reason.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_walk.h"
#include "source_http_body.h"

#include <stdlib.h>

enum { NOW = 1385269500, FIELDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const hr_body_field made[] = {{.name = "id", .make = HR_BODY_UUID},
                                     {.name = "at", .make = HR_BODY_TIME}};
static const char schema_text[] =
    "{\"type\":\"record\",\"name\":\"q\",\"fields\":[{\"name\":\"id\",\"type\":\"string\"},"
    "{\"name\":\"at\",\"type\":\"string\"},{\"name\":\"n\",\"type\":\"int\"},"
    "{\"name\":\"d\",\"type\":\"double\"},{\"name\":\"b\",\"type\":\"boolean\"}]}";

/* How many members it has; aborts where it is no object, or lacks a made field. */
static size_t
expect_object(hr_span text, bool with_made)
{
    hr_json_iter iter;
    hr_json_member member;
    size_t n = 0, ids = 0, times = 0;
    int rc;

    if (!hr_json_iter_init(&iter, text)) {
        abort();
    }
    while ((rc = hr_json_next(&iter, &member)) == 1) {
        n++;
        ids += hr_span_eq(member.name_raw, HR_SPAN_LIT("id")) ? 1 : 0;
        times += hr_span_eq(member.name_raw, HR_SPAN_LIT("at")) ? 1 : 0;
    }
    if (rc != 0 || (with_made && (ids != 1 || times != 1))) {
        abort();
    }
    return n;
}

/* The walker of another file thinks the same. */
static bool
is_object(hr_span text)
{
    hr_json_iter iter;
    hr_json_member member;
    int rc;

    if (!hr_json_iter_init(&iter, text) || iter.close != '}') {
        return false;
    }
    while ((rc = hr_json_next(&iter, &member)) == 1) {
        continue;
    }
    return rc == 0;
}

static void
fuzz_json(const hr_body_plan *plan, hr_span body)
{
    hr_buf out = {0};
    hr_error err = {0};
    int rc = hr_body_from_json(plan, body, NOW, &out, &err);

    if (rc == HR_OK) {
        expect_object(hr_buf_span(&out), plan->n > 0);
    } else if (rc != HR_ERECORD || err.msg[0] == '\0') {
        abort();
    }
    if ((rc == HR_OK) != is_object(body)) {
        abort();
    }
    hr_buf_finish(&out);
}

/* Cuts the text, which is changed, into fields. */
static size_t
cut_fields(char *text, hr_http_field *fields)
{
    size_t n = 0;
    char *line = text;

    while (n < FIELDS_MAX && line != NULL) {
        char *end = strchr(line, '\n'), *value;

        if (end != NULL) {
            *end++ = '\0';
        }
        value = strchr(line, '=');
        if (value != NULL) {
            *value++ = '\0';
        }
        fields[n++] = (hr_http_field){line, hr_span_str(value != NULL ? value : "")};
        line = end;
    }
    return n;
}

static void
fuzz_fields(const hr_body_plan *plan, hr_span body)
{
    hr_http_field fields[FIELDS_MAX];
    char *text = malloc(body.len + 1);
    hr_buf out = {0};
    hr_error err = {0};
    size_t n;
    int rc;

    if (text == NULL) {
        abort();
    }
    memcpy(text, body.data, body.len);
    text[body.len] = '\0';
    n = cut_fields(text, fields);
    rc = hr_body_from_fields(plan, fields, n, NOW, &out, &err);
    if (rc == HR_OK ? expect_object(hr_buf_span(&out), true) > n + 2
                    : rc != HR_ERECORD || err.msg[0] == '\0') {
        abort();
    }
    hr_buf_finish(&out);
    free(text);
}

/* A form's texts are UTF-8: the server has refused others. */
static bool
is_ascii(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const hr_body_plan plain = {0};
    hr_body_plan plan = {.fields = made, .n = 2};
    hr_arena *arena = hr_arena_create(4096, 0);
    uint8_t *copy = malloc(size > 0 ? size : 1); /* no byte more: one read behind it is found */

    if (arena == NULL || copy == NULL ||
        hr_schema_parse(arena, "q.avsc", schema_text, sizeof schema_text - 1, &plan.schema, NULL) !=
            HR_OK) {
        abort();
    }
    memcpy(copy, data, size);
    fuzz_json(&plain, (hr_span){copy, size});
    fuzz_json(&plan, (hr_span){copy, size});
    if (is_ascii(data, size)) {
        fuzz_fields(&plan, (hr_span){copy, size});
    }
    free(copy);
    hr_arena_destroy(arena);
    return 0;
}
