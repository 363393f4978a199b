/* SPDX-License-Identifier: Apache-2.0 */
#include "expr_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/schema.h"
#include "hr_test.h"

typedef struct fixture_field {
    const char *name;
    hr_kind kind;
    bool nullable;
    const char *value; /* NULL: null */
} fixture_field;

static const fixture_field fixture_fields[] = {
    {"i", HR_KIND_INT, false, "7"},
    {"i2", HR_KIND_INT, false, "-2"},
    {"imin", HR_KIND_INT, false, "-9223372036854775808"},
    {"imax", HR_KIND_INT, false, "9223372036854775807"},
    {"zero", HR_KIND_INT, false, "0"},
    {"minus1", HR_KIND_INT, false, "-1"},
    {"d", HR_KIND_DOUBLE, false, "2.5"},
    {"d2", HR_KIND_DOUBLE, false, "1e308"},
    {"dzero", HR_KIND_DOUBLE, false, "0"},
    {"b", HR_KIND_BOOL, false, "1"},
    {"f", HR_KIND_BOOL, false, ""},
    {"s", HR_KIND_STRING, false, "h\xc3\xa9llo"},
    {"s2", HR_KIND_STRING, false, "  Abc\t"},
    {"empty", HR_KIND_STRING, false, ""},
    {"by", HR_KIND_BYTES, false, "\xff\x01"},
    {"t", HR_KIND_TIMESTAMP, false, "1234567890123"}, /* 2009-02-13T23:31:30.123Z */
    {"ni", HR_KIND_INT, true, NULL},
    {"nd", HR_KIND_DOUBLE, true, NULL},
    {"nb", HR_KIND_BOOL, true, NULL},
    {"ns", HR_KIND_STRING, true, NULL},
    {"nt", HR_KIND_TIMESTAMP, true, NULL},
    {"oi", HR_KIND_INT, true, "3"},
    {"os", HR_KIND_STRING, true, "opt"},
    {"list", HR_KIND_LIST, false, "[1, 2.5, \"x\", \"\\u0041\", null, true]"},
    {"map", HR_KIND_MAP, false, "{\"k\": 5, \"e\\u0041\": [1], \"k\": 6, \"z\": null}"},
    {"rec", HR_KIND_RECORD, false, "{\"a\": {\"b\": 12, \"c\": \"deep\"}}"},
    {"any", HR_KIND_ANY, true,
     "{\"n\": 4, \"x\": 1.5, \"s\": \"q\\n\", \"l\": [3, 4], \"t\": true}"},
    {"anystr", HR_KIND_ANY, true, "\"2013-11-01\""},
    {"anynum", HR_KIND_ANY, true, "15.5"},
    {"anyint", HR_KIND_ANY, true, "15"},
    {"anybool", HR_KIND_ANY, true, "false"},
    {"anynull", HR_KIND_ANY, true, NULL},
    {"anybad", HR_KIND_ANY, true, "{\"a\" 1}"},
    {"Origin", HR_KIND_STRING, false, "JFK"},
    {"Dest", HR_KIND_STRING, false, "LAX"},
    {"FlightDate", HR_KIND_STRING, false, "2013-11-01"},
    {"baddate", HR_KIND_STRING, false, "2013-02-29"},
    {"odd name", HR_KIND_INT, false, "1"},
    {"in", HR_KIND_INT, false, "2"},
    {"color", HR_KIND_STRING, false, "RED"},
    {"ints", HR_KIND_LIST, false, "[5, 7]"},
    {"doubles", HR_KIND_LIST, false, "[5, 7.0]"},
    {"objects", HR_KIND_LIST, false, "[{\"x\": 5}, {\"y\": {\"z\": [8]}}]"},
};

#define FIXTURE_FIELDS (sizeof fixture_fields / sizeof fixture_fields[0])

struct expr_fixture {
    hr_arena *arena;
    hr_batch *batch;
    hr_kind kinds[FIXTURE_FIELDS];
    hr_layout layout;
    hr_scope scope;
    hr_schema color, an_int, a_double, ints, doubles;
    char text[4096];
};

static int
fixture_index(const char *name)
{
    for (size_t i = 0; i < FIXTURE_FIELDS; i++) {
        if (strcmp(fixture_fields[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int
fixture_resolve(void *ctx, const char *const *path, size_t n, size_t *used, hr_type *type,
                int *slot, hr_error *err)
{
    const expr_fixture *fixture = ctx;

    (void)n;
    if (strcmp(path[0], "broken") == 0) {
        return HR_EREPORTED;
    }
    *slot = fixture_index(path[0]);
    if (*slot < 0) {
        hr_fail_as(err, HR_NO_LOC, "unknown-field", "there is no field '%s' here", path[0]);
        return hr_hint(err, "did you mean 'i'?");
    }
    *used = 1;
    *type = (hr_type){fixture_fields[*slot].kind, fixture_fields[*slot].nullable, NULL};
    if (strcmp(path[0], "color") == 0) {
        type->schema = &fixture->color;
    } else if (strcmp(path[0], "ints") == 0) {
        type->schema = &fixture->ints;
    } else if (strcmp(path[0], "doubles") == 0) {
        type->schema = &fixture->doubles;
    }
    return HR_OK;
}

static void
fixture_set(hr_column *column, const fixture_field *field)
{
    column->lane[0] = field->value == NULL ? HR_LANE_NULL : HR_LANE_OK;
    if (field->value == NULL) {
        return;
    }
    switch (field->kind) {
    case HR_KIND_INT:
    case HR_KIND_TIMESTAMP:
        column->v.i[0] = strtoll(field->value, NULL, 10);
        break;
    case HR_KIND_DOUBLE:
        column->v.d[0] = strtod(field->value, NULL);
        break;
    case HR_KIND_BOOL:
        column->v.b[0] = field->value[0] != '\0';
        break;
    default:
        column->v.s[0] = hr_span_str(field->value);
    }
}

expr_fixture *
expr_fixture_create(void)
{
    static const char *const colors[] = {"RED", "GREEN"};
    expr_fixture *fixture = calloc(1, sizeof *fixture);

    for (size_t i = 0; i < FIXTURE_FIELDS; i++) {
        fixture->kinds[i] = fixture_fields[i].kind;
    }
    fixture->layout = (hr_layout){fixture->kinds, FIXTURE_FIELDS};
    fixture->arena = hr_arena_create(4096, 0);
    fixture->batch = hr_batch_create(&fixture->layout, 1u << 24);
    fixture->batch->n_rows = 1;
    fixture->scope = (hr_scope){fixture, fixture_resolve};
    fixture->color = (hr_schema){.kind = HR_KIND_STRING, .symbols = colors, .n_symbols = 2};
    fixture->an_int = (hr_schema){.kind = HR_KIND_INT};
    fixture->a_double = (hr_schema){.kind = HR_KIND_DOUBLE};
    fixture->ints = (hr_schema){.kind = HR_KIND_LIST, .items = &fixture->an_int};
    fixture->doubles = (hr_schema){.kind = HR_KIND_LIST, .items = &fixture->a_double};
    for (size_t i = 0; i < FIXTURE_FIELDS; i++) {
        fixture_set(&fixture->batch->columns[i], &fixture_fields[i]);
    }
    return fixture;
}

void
expr_fixture_destroy(expr_fixture *fixture)
{
    hr_batch_destroy(fixture->batch);
    hr_arena_destroy(fixture->arena);
    free(fixture);
}

hr_arena *
expr_fixture_arena(expr_fixture *fixture)
{
    return fixture->arena;
}

hr_batch *
expr_fixture_batch(expr_fixture *fixture)
{
    return fixture->batch;
}

const hr_scope *
expr_fixture_scope(const expr_fixture *fixture)
{
    return &fixture->scope;
}

hr_column *
expr_fixture_column(expr_fixture *fixture, const char *name)
{
    return &fixture->batch->columns[fixture_index(name)];
}

static void
fixture_show_span(expr_fixture *fixture, hr_kind kind, hr_span s)
{
    const char *open = kind == HR_KIND_STRING ? "\"" : kind == HR_KIND_BYTES ? "b\"" : "[";

    snprintf(fixture->text, sizeof fixture->text, "%s%.*s%s", open, (int)s.len,
             (const char *)s.data, open[0] == '[' ? "]" : "\"");
}

/* All digits, and always told from an int. */
static void
fixture_show_double(char *text, size_t size, double value)
{
    size_t len = (size_t)snprintf(text, size, "%.17g", value);

    if (strpbrk(text, ".e") == NULL) {
        snprintf(text + len, size - len, ".0");
    }
}

const char *
expr_fixture_show(expr_fixture *fixture, const hr_column *column, hr_kind kind, hr_row row)
{
    char *text = fixture->text;
    size_t size = sizeof fixture->text;

    if (column->lane[row] == HR_LANE_NULL) {
        return "null";
    }
    if (column->lane[row] >= HR_LANE_ERROR) {
        snprintf(text, size, "!%s", hr_expr_error(column->lane[row]));
        return text;
    }
    switch (kind) {
    case HR_KIND_INT:
        snprintf(text, size, "%" PRId64, column->v.i[row]);
        break;
    case HR_KIND_TIMESTAMP:
        snprintf(text, size, "@%" PRId64, column->v.i[row]);
        break;
    case HR_KIND_DOUBLE:
        fixture_show_double(text, size, column->v.d[row]);
        break;
    case HR_KIND_BOOL:
        snprintf(text, size, "%s", column->v.b[row] ? "true" : "false");
        break;
    default:
        fixture_show_span(fixture, kind, column->v.s[row]);
    }
    return text;
}

static const char *
fixture_show_error(expr_fixture *fixture, int rc, const hr_error *err)
{
    if (rc != HR_ECONFIG) {
        snprintf(fixture->text, sizeof fixture->text, "code %d", rc);
        return fixture->text;
    }
    snprintf(fixture->text, sizeof fixture->text, "%d+%d %s: %s%s%s", err->loc.col, err->width,
             err->slug, err->msg, err->hint[0] != '\0' ? " | " : "", err->hint);
    return fixture->text;
}

const char *
expr_fixture_eval_n(expr_fixture *fixture, const char *text, size_t len)
{
    hr_text source = {.s = text, .len = len, .loc = {"x", 1, 1}, .style = HR_YAML_PLAIN};
    hr_error err = {0};
    hr_expr *expr = NULL;
    hr_expr_frame *frame;
    const hr_column *column;
    hr_row row = 0;
    int rc;

    hr_arena_reset(fixture->arena);
    hr_arena_reset(fixture->batch->arena);
    rc = hr_expr_compile(fixture->arena, &source, &fixture->scope, &expr, &err);
    if (rc != HR_OK) {
        return fixture_show_error(fixture, rc, &err);
    }
    frame = hr_expr_frame_create(expr);
    column = hr_expr_run(expr, frame, fixture->batch, (hr_rows){&row, 1}, NULL);
    text = expr_fixture_show(fixture, column, hr_expr_type(expr).kind, row);
    hr_expr_frame_destroy(frame);
    return text;
}

const char *
expr_fixture_eval(expr_fixture *fixture, const char *text)
{
    return expr_fixture_eval_n(fixture, text, strlen(text));
}

void
expr_fixture_check(const expr_case *cases, size_t n)
{
    expr_fixture *fixture = expr_fixture_create();
    size_t bad = 0;

    for (size_t i = 0; i < n; i++) {
        const char *got = expr_fixture_eval(fixture, cases[i].text);

        if (strcmp(got, cases[i].want) != 0) {
            print_error("%s\n   got  %s\n   want %s\n", cases[i].text, got, cases[i].want);
            bad++;
        }
    }
    expr_fixture_destroy(fixture);
    assert_int_equal(bad, 0);
}
