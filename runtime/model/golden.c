/* Golden rows against our own answer. The tolerance is that of the trainer (1e-6, and more where a
 * hundred trees are summed); two labels may only differ where their scores are that close.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/golden.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

typedef struct golden {
    const hr_model *model;
    size_t rows;
    hr_model_scratch *scratch;
    hr_model_column *columns;
    double *real; /* by column, then row; and so the others */
    int64_t *integer;
    hr_span *string;
    uint8_t *missing;
    hr_error *err;
} golden;

static int
golden_fail(const golden *g, size_t row, const char *what, const char *name)
{
    return hr_fail_as(g->err, HR_NO_LOC, "golden-rows", "golden row %zu: %s '%.80s'", row, what,
                      name);
}

static bool
golden_has_type(hr_model_kind kind, const json_t *v)
{
    switch (kind) {
    case HR_MODEL_FLOAT:
    case HR_MODEL_DOUBLE:
        return json_is_number(v);
    case HR_MODEL_STRING:
        return json_is_string(v);
    case HR_MODEL_BOOL:
        return json_is_boolean(v);
    default:
        return json_is_integer(v);
    }
}

/* One value into its place under the type of the model's input. */
static int
golden_value(golden *g, const hr_model_input *input, size_t column, size_t row, const json_t *v)
{
    size_t at = column * g->rows + row;

    if (json_is_null(v)) {
        g->missing[at] = 1;
        return HR_OK;
    }
    if (!golden_has_type(input->kind, v)) {
        return golden_fail(g, row, "no value of the right type for input", input->name);
    }
    g->real[at] = json_number_value(v);
    g->integer[at] = json_is_true(v) ? 1 : json_integer_value(v);
    g->string[at] = (hr_span){(const uint8_t *)json_string_value(v), json_string_length(v)};
    return HR_OK;
}

static int
golden_entry(golden *g, const hr_model_input *input, size_t row, const json_t *entry)
{
    int rc = HR_OK;

    if (input->width == 1 && !json_is_array(entry)) {
        return golden_value(g, input, input->first, row, entry);
    }
    if (json_array_size(entry) != input->width) {
        return golden_fail(g, row, "no list of the right length for input", input->name);
    }
    for (size_t k = 0; rc == HR_OK && k < input->width; k++) {
        rc = golden_value(g, input, input->first + k, row, json_array_get(entry, k));
    }
    return rc;
}

/* Points a column at its array. */
static void
golden_column(golden *g, hr_model_kind kind, size_t c)
{
    hr_model_column *column = &g->columns[c];

    column->missing = g->missing + c * g->rows;
    switch (kind) {
    case HR_MODEL_FLOAT:
    case HR_MODEL_DOUBLE:
        column->kind = HR_MODEL_DOUBLE;
        column->of.real = g->real + c * g->rows;
        break;
    case HR_MODEL_STRING:
        column->kind = HR_MODEL_STRING;
        column->of.string = g->string + c * g->rows;
        break;
    default:
        column->kind = kind == HR_MODEL_BOOL ? HR_MODEL_BOOL : HR_MODEL_INT64;
        column->of.integer = g->integer + c * g->rows;
    }
}

static int
golden_inputs(golden *g, const json_t *inputs)
{
    for (size_t i = 0; i < hr_model_input_count(g->model); i++) {
        const hr_model_input *input = hr_model_input_at(g->model, i);
        const json_t *list = json_object_get(inputs, input->name);

        if (json_array_size(list) != g->rows) {
            return hr_fail_as(g->err, HR_NO_LOC, "golden-rows",
                              "golden rows: input '%.80s' has %zu values for %zu rows", input->name,
                              json_array_size(list), g->rows);
        }
        for (size_t k = 0; k < input->width; k++) {
            golden_column(g, input->kind, input->first + k);
        }
        for (size_t row = 0; row < g->rows; row++) {
            int rc = golden_entry(g, input, row, json_array_get(list, row));

            if (rc != HR_OK) {
                return rc;
            }
        }
    }
    return HR_OK;
}

static double
golden_tolerance(const golden *g)
{
    double trees = (double)hr_model_tree_count(g->model) * 1e-8;

    return trees > 1e-6 ? trees : 1e-6;
}

static int
golden_number(const golden *g, size_t row, const char *what, const json_t *wanted, double got,
              double tolerance)
{
    if (!json_is_number(wanted)) {
        return golden_fail(g, row, "no number for", what);
    }
    if (!(fabs(json_number_value(wanted) - got) <= tolerance)) {
        return hr_fail_as(g->err, HR_NO_LOC, "golden-rows",
                          "golden row %zu: %s is %.9g, the trainer says %.9g", row, what, got,
                          json_number_value(wanted));
    }
    return HR_OK;
}

static int
golden_scores(const golden *g, size_t row, const json_t *scores, const double *got)
{
    size_t n = hr_model_class_count(g->model);
    int rc = HR_OK;

    if (json_array_size(scores) != n) {
        return golden_fail(g, row, "not one number per class in", "scores");
    }
    for (size_t c = 0; rc == HR_OK && c < n; c++) {
        rc = golden_number(g, row, "a score", json_array_get(scores, c), got[c],
                           golden_tolerance(g));
    }
    return rc;
}

/* The class that the trainer named, or the number of classes if there is none such. */
static size_t
golden_class(const golden *g, const json_t *label)
{
    size_t n = hr_model_class_count(g->model);
    hr_span text = {(const uint8_t *)json_string_value(label), json_string_length(label)};

    for (size_t c = 0; c < n; c++) {
        if (hr_model_label_kind(g->model) == HR_MODEL_STRING
                ? json_is_string(label) && hr_span_eq(hr_model_class_string(g->model, c), text)
                : json_is_integer(label) &&
                      json_integer_value(label) == hr_model_class_int(g->model, c)) {
            return c;
        }
    }
    return n;
}

static int
golden_label(const golden *g, size_t row, const json_t *label, const hr_model_result *r)
{
    size_t n = hr_model_class_count(g->model);
    size_t wanted = golden_class(g, label), got = (size_t)r->class_index[row];

    if (wanted == n) {
        return golden_fail(g, row, "none of the model's labels in", "label");
    }
    if (wanted != got &&
        (r->scores == NULL ||
         fabs(r->scores[row * n + wanted] - r->scores[row * n + got]) > golden_tolerance(g))) {
        return hr_fail_as(g->err, HR_NO_LOC, "golden-rows",
                          "golden row %zu: class %zu, the trainer says class %zu", row, got,
                          wanted);
    }
    return HR_OK;
}

static int
golden_compare_row(const golden *g, size_t row, const json_t *all, const hr_model_result *r)
{
    const json_t *label = json_array_get(json_object_get(all, "label"), row);
    const json_t *scores = json_array_get(json_object_get(all, "scores"), row);
    const json_t *value = json_array_get(json_object_get(all, "value"), row);
    size_t n = hr_model_class_count(g->model);
    int rc;

    if (!hr_model_is_classifier(g->model)) {
        return golden_number(g, row, "the value", value, r->value[row],
                             1e-5 * fmax(1, fabs(json_number_value(value))));
    }
    if (r->scores != NULL && (rc = golden_scores(g, row, scores, r->scores + row * n)) != HR_OK) {
        return rc;
    }
    return golden_label(g, row, label, r);
}

static int
golden_alloc(golden *g)
{
    size_t n = hr_model_column_count(g->model), cells = n * g->rows;

    g->scratch = hr_model_scratch_create(g->model);
    g->columns = calloc(n, sizeof(*g->columns));
    g->real = calloc(cells, sizeof(*g->real));
    g->integer = calloc(cells, sizeof(*g->integer));
    g->string = calloc(cells, sizeof(*g->string));
    g->missing = calloc(cells, sizeof(*g->missing));
    return g->scratch != NULL && g->columns != NULL && g->real != NULL && g->integer != NULL &&
                   g->string != NULL && g->missing != NULL
               ? HR_OK
               : hr_fail(g->err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

static void
golden_finish(golden *g)
{
    hr_model_scratch_destroy(g->scratch);
    free(g->columns);
    free(g->real);
    free(g->integer);
    free(g->string);
    free(g->missing);
}

static int
golden_run(golden *g, const json_t *all)
{
    hr_model_result r;
    int rc = golden_alloc(g);

    if (rc != HR_OK || (rc = golden_inputs(g, json_object_get(all, "inputs"))) != HR_OK) {
        return rc;
    }
    rc = hr_model_eval(g->model, g->scratch, g->columns, g->rows, &r);
    if (rc != HR_OK) {
        return hr_fail(g->err, rc, HR_NO_LOC, "the golden rows cannot be evaluated");
    }
    for (size_t row = 0; rc == HR_OK && row < g->rows; row++) {
        rc = golden_compare_row(g, row, all, &r);
    }
    return rc;
}

int
hr_golden_check(const hr_model *model, const char *json, size_t *rows, hr_error *err)
{
    golden g = {.model = model, .err = err};
    const char *counted = hr_model_is_classifier(model) ? "label" : "value";
    json_t *all;
    int rc;

    if (rows != NULL) {
        *rows = 0;
    }
    if (json == NULL) {
        return HR_OK;
    }
    all = json_loads(json, JSON_ALLOW_NUL, NULL);
    g.rows = json_array_size(json_object_get(all, counted));
    if (g.rows < 1 || g.rows > HR_MODEL_ROWS_MAX) {
        json_decref(all);
        return hr_fail_as(err, HR_NO_LOC, "golden-rows",
                          "metadata 'headrace.golden' is not valid: '%s' has not 1 to %d rows",
                          counted, HR_MODEL_ROWS_MAX);
    }
    rc = golden_run(&g, all);
    if (rows != NULL) {
        *rows = g.rows;
    }
    golden_finish(&g);
    json_decref(all);
    return rc;
}
