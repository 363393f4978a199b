/* predict: a trained model's answer for every record.
 *
 * The rows of a batch are gathered into dense columns, because the model works on eight records at
 * a time; where no row was left out before, the batch's columns are dense already. Policies for
 * unseen and missing values are applied after it has answered, since only the model knows what it
 * has seen.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "predict_bind.h"
#include "codec/json_write.h"

#include <math.h>
#include <stdlib.h>

/* One column of the model, dense. */
typedef struct predict_lane {
    union {
        double real[HR_BATCH_ROWS];
        int64_t integer[HR_BATCH_ROWS];
        hr_span string[HR_BATCH_ROWS];
    } of;
    uint8_t missing[HR_BATCH_ROWS];
} predict_lane;

typedef struct predict_state {
    hr_cell_hold hold;         /* of predict_model */
    hr_model_scratch *scratch; /* of the model held */
    const predict_model *scratch_model;
    predict_lane *lanes;
    hr_model_column *columns; /* point into the lanes, or into the batch's columns */
    hr_model_result result;
    hr_buf text; /* of one list of scores */
    hr_span version;
} predict_state;

static const hr_option predict_option_table[] = {
    {.name = "model",
     .kind = HR_OPT_PATH,
     .offset = offsetof(predict_options, model),
     .help = "ONNX file."},
    {.name = "inputs",
     .kind = HR_OPT_MAP,
     .offset = offsetof(predict_options, inputs),
     .help = "Input of the model: field, where the names differ; 'a, b, c' for an input of several "
             "columns.",
     .flags = HR_OPT_OPTIONAL | HR_OPT_NONEMPTY},
    {.name = "output",
     .kind = HR_OPT_MAP,
     .offset = offsetof(predict_options, output),
     .help = "New field: label, scores, value or version.",
     .flags = HR_OPT_NONEMPTY},
    {.name = "on_unseen",
     .kind = HR_OPT_ENUM,
     .offset = offsetof(predict_options, on_unseen),
     .choices = "dead_letter|model_default|set_null",
     .help = "A category that the trainer never saw; without it model_default if the model "
             "declares headrace.unknown_code, else the step's on_error.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "on_missing",
     .kind = HR_OPT_ENUM,
     .offset = offsetof(predict_options, on_missing),
     .choices = "dead_letter|model_default|set_null",
     .help = "An input that is null; without it model_default if the model declares "
             "headrace.trained_with_nan, else the step's on_error.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "reload",
     .kind = HR_OPT_ENUM,
     .offset = offsetof(predict_options, reload),
     .fallback = "never",
     .choices = "never|on-change",
     .help = "on-change: takes a new file when its golden rows agree and its inputs and outputs "
             "are the same, or keeps the old one."},
    {0},
};

static int
predict_init(hr_op *op, void *state, hr_error *err)
{
    const predict_shared *s = hr_op_shared(op);
    predict_state *st = state;

    st->lanes = calloc(s->n_columns + 1, sizeof *st->lanes);
    st->columns = calloc(s->n_columns + 1, sizeof *st->columns);
    if (st->lanes == NULL || st->columns == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    for (size_t c = 0; c < s->n_columns; c++) {
        st->columns[c].kind = s->columns[c].kind;
    }
    return HR_OK;
}

/* The model of now, with a scratch that fits it. NULL: out of memory. */
static const hr_model *
predict_refresh(const predict_shared *s, predict_state *st)
{
    hr_cell *cell = (hr_cell *)&s->cell; /* guards itself */
    const predict_model *model = (const predict_model *)hr_cell_refresh(cell, &st->hold);

    if (model != st->scratch_model && model != NULL) {
        hr_model_scratch_destroy(st->scratch);
        st->scratch = hr_model_scratch_create(model->model);
        st->scratch_model = st->scratch != NULL ? model : NULL;
        st->version = hr_span_str(hr_model_version(model->model));
    }
    return st->scratch_model != NULL ? st->scratch_model->model : NULL;
}

/* Copies the rows of a column side by side; a row without a value gets a harmless one. */
static void
predict_gather(const hr_column *column, hr_rows rows, predict_lane *lane)
{
    static const hr_span empty = {(const uint8_t *)"", 0};

    for (size_t i = 0; i < rows.n; i++) {
        hr_row row = rows.row[i];
        bool there = column->lane[row] == HR_LANE_OK;

        lane->missing[i] = !there;
        switch (column->kind) {
        case HR_KIND_DOUBLE:
            lane->of.real[i] = there ? column->v.d[row] : 0;
            break;
        case HR_KIND_BOOL:
            lane->of.integer[i] = there ? column->v.b[row] : 0;
            break;
        case HR_KIND_INT:
            lane->of.integer[i] = there ? column->v.i[row] : 0;
            break;
        default:
            lane->of.string[i] = there ? column->v.s[row] : empty;
            break;
        }
    }
}

/* True if one of n bytes is not 0. */
static bool
predict_any(const uint8_t *bytes, size_t n)
{
    uint8_t any = 0;

    for (size_t i = 0; i < n; i++) {
        any |= bytes[i];
    }
    return any != 0;
}

/* What the model reads in this batch. Rows ascend, so the last one tells whether all are there. */
static void
predict_feed(const hr_column *column, hr_rows rows, predict_lane *lane, hr_model_column *out)
{
    bool dense = rows.n > 0 && rows.row[rows.n - 1] == rows.n - 1 && column->kind != HR_KIND_BOOL &&
                 !predict_any(column->lane, rows.n); /* HR_LANE_OK is 0 */

    out->missing = dense ? NULL : lane->missing;
    switch (out->kind) {
    case HR_MODEL_DOUBLE:
        out->of.real = dense ? column->v.d : lane->of.real;
        break;
    case HR_MODEL_STRING:
        out->of.string = dense ? column->v.s : lane->of.string;
        break;
    default:
        out->of.integer = dense ? column->v.i : lane->of.integer;
        break;
    }
    if (!dense) {
        predict_gather(column, rows, lane);
    }
}

/* A model that works in floats has said 0.1, not 0.10000000149011612. */
static int
predict_write(hr_buf *text, const hr_model *model, double value)
{
    return hr_model_scores_are_float(model) ? hr_json_write_float(text, (float)value)
                                            : hr_json_write_double(text, value);
}

static int
predict_write_scores(predict_state *st, const hr_model *model, size_t i)
{
    size_t classes = hr_model_class_count(model);
    int rc = HR_OK;

    st->text.len = 0;
    for (size_t c = 0; c < classes && rc == HR_OK; c++) {
        double score = st->result.scores[i * classes + c];

        rc = hr_buf_append(&st->text, c == 0 ? "[" : ",", 1);
        if (rc == HR_OK) {
            rc = isfinite(score) ? predict_write(&st->text, model, score)
                                 : hr_buf_append(&st->text, "null", 4);
        }
    }
    return rc == HR_OK ? hr_buf_append(&st->text, "]", 1) : rc;
}

/* The double that is written with the digits that the model's value has. */
static bool
predict_value(predict_state *st, const hr_model *model, size_t i, double *out)
{
    double value = st->result.value[i];

    st->text.len = 0;
    if (!isfinite(value) || predict_write(&st->text, model, value) != HR_OK ||
        hr_buf_append(&st->text, "", 1) != HR_OK) {
        return false;
    }
    *out = strtod((const char *)st->text.data, NULL);
    return true;
}

/* The list of scores as JSON text in the batch arena; false: no room. */
static bool
predict_scores(predict_state *st, const hr_model *model, hr_batch *batch, size_t i, hr_span *out)
{
    char *copy;

    if (predict_write_scores(st, model, i) != HR_OK) {
        return false;
    }
    copy = hr_arena_strndup(batch->arena, (const char *)st->text.data, st->text.len);
    *out = (hr_span){(const uint8_t *)copy, st->text.len};
    return copy != NULL;
}

static bool
predict_output_row(predict_state *st, const hr_model *model, predict_role role, hr_batch *batch,
                   hr_column *column, hr_row row, size_t i)
{
    column->lane[row] = HR_LANE_OK;
    switch (role) {
    case PREDICT_LABEL:
        if (column->kind == HR_KIND_INT) {
            column->v.i[row] = st->result.label_int[i];
        } else {
            column->v.s[row] = st->result.label_string[i];
        }
        return true;
    case PREDICT_SCORES:
        return predict_scores(st, model, batch, i, &column->v.s[row]);
    case PREDICT_VALUE:
        return predict_value(st, model, i, &column->v.d[row]);
    case PREDICT_VERSION:
        column->v.s[row] = st->version;
        return true;
    }
    return false;
}

static void
predict_emit(hr_op *op, predict_state *st, hr_batch *batch, hr_row row, size_t i)
{
    const predict_shared *s = hr_op_shared(op);
    const hr_model *model = st->scratch_model->model;

    for (size_t k = 0; k < s->n_outputs; k++) {
        if (!predict_output_row(st, model, s->outputs[k].role, batch,
                                hr_batch_column(batch, s->outputs[k].slot), row, i)) {
            hr_op_fail(op, row, "predict", "the model's answer cannot be held");
            return;
        }
    }
    hr_op_emit(op, row);
}

/* The labels of rows of which none is flagged, column by column. */
static void
predict_emit_labels(hr_op *op, const predict_state *st, hr_batch *batch, hr_rows rows)
{
    const predict_shared *s = hr_op_shared(op);

    for (size_t k = 0; k < s->n_outputs; k++) {
        hr_column *column = hr_batch_column(batch, s->outputs[k].slot);

        for (size_t i = 0; i < rows.n; i++) {
            hr_row row = rows.row[i];

            column->lane[row] = HR_LANE_OK;
            if (column->kind == HR_KIND_INT) {
                column->v.i[row] = st->result.label_int[i];
            } else {
                column->v.s[row] = st->result.label_string[i];
            }
        }
    }
    for (size_t i = 0; i < rows.n; i++) {
        hr_op_emit(op, rows.row[i]);
    }
}

/* No answer, on purpose; the version says which model gave none. */
static void
predict_emit_null(hr_op *op, predict_state *st, hr_batch *batch, hr_row row)
{
    const predict_shared *s = hr_op_shared(op);

    for (size_t k = 0; k < s->n_outputs; k++) {
        hr_column *column = hr_batch_column(batch, s->outputs[k].slot);

        column->lane[row] = HR_LANE_NULL;
        if (s->outputs[k].role == PREDICT_VERSION) {
            column->lane[row] = HR_LANE_OK;
            column->v.s[row] = st->version;
        }
    }
    hr_op_emit(op, row);
}

/* A row of which some value did not reach the model as it stood: the first column whose policy is
 * not model_default decides. */
static void
predict_flagged_row(hr_op *op, predict_state *st, hr_batch *batch, hr_row row, size_t i)
{
    const predict_shared *s = hr_op_shared(op);
    const predict_model *model = st->scratch_model;
    bool set_null = false;

    for (size_t c = 0; c < s->n_columns; c++) {
        const predict_column *column = &s->columns[c];
        uint8_t flags = st->result.flags[c * HR_MODEL_ROWS_MAX + i];
        bool missing = (flags & HR_MODEL_MISSING) != 0;
        predict_policy policy = missing ? model->missing : model->unseen;
        bool unusable =
            (flags & HR_MODEL_UNUSABLE) != 0 || (missing && column->kind != HR_MODEL_STRING &&
                                                 !hr_model_trained_with_nan(model->model));

        if (flags == 0) {
            continue;
        }
        if (missing && policy == PREDICT_FAIL) {
            hr_op_fail_as(op, row, s->missing_action, "input-missing", column->missing_reason);
            return;
        }
        if ((flags & HR_MODEL_UNSEEN) != 0 && policy == PREDICT_FAIL) {
            hr_op_fail_as(op, row, s->unseen_action, "category-unseen", column->unseen_reason);
            return;
        }
        if (unusable && policy != PREDICT_SET_NULL) {
            hr_op_fail(op, row, "input-unusable", column->unusable_reason);
            return;
        }
        set_null |= policy == PREDICT_SET_NULL;
    }
    if (set_null) {
        predict_emit_null(op, st, batch, row);
    } else {
        predict_emit(op, st, batch, row, i);
    }
}

static void
predict_count(const predict_shared *s, const predict_state *st, size_t i)
{
    for (size_t c = 0; c < s->n_columns; c++) {
        uint8_t flags = st->result.flags[c * HR_MODEL_ROWS_MAX + i];

        if ((flags & HR_MODEL_MISSING) != 0) {
            atomic_fetch_add_explicit(&s->columns[c].missing, 1, memory_order_relaxed);
        } else if ((flags & HR_MODEL_UNSEEN) != 0) {
            atomic_fetch_add_explicit(&s->columns[c].unseen, 1, memory_order_relaxed);
        }
    }
}

static bool
predict_only_labels(const predict_shared *s)
{
    for (size_t k = 0; k < s->n_outputs; k++) {
        if (s->outputs[k].role != PREDICT_LABEL) {
            return false;
        }
    }
    return true;
}

static int
predict_process(hr_op *op, void *state, hr_batch *batch, hr_rows rows, hr_error *err)
{
    const predict_shared *s = hr_op_shared(op);
    predict_state *st = state;
    const hr_model *model = predict_refresh(s, st);

    if (model == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    for (size_t c = 0; c < s->n_columns; c++) {
        predict_feed(hr_batch_column(batch, s->columns[c].slot), rows, &st->lanes[c],
                     &st->columns[c]);
    }
    if (hr_model_eval(model, st->scratch, st->columns, rows.n, &st->result) != HR_OK) {
        return hr_fail(err, HR_ETASK, HR_NO_LOC, "the model cannot be evaluated");
    }
    if (predict_only_labels(s) && !predict_any(st->result.row_flags, rows.n)) {
        predict_emit_labels(op, st, batch, rows);
        return HR_OK;
    }
    for (size_t i = 0; i < rows.n; i++) {
        if (st->result.row_flags[i] == 0) {
            predict_emit(op, st, batch, rows.row[i], i);
        } else {
            predict_count(s, st, i);
            predict_flagged_row(op, st, batch, rows.row[i], i);
        }
    }
    return HR_OK;
}

static void
predict_close(hr_op *op, void *state)
{
    predict_state *st = state;

    (void)op;
    hr_model_scratch_destroy(st->scratch);
    hr_cell_release(&st->hold);
    hr_buf_finish(&st->text);
    free(st->lanes);
    free(st->columns);
    *st = (predict_state){0};
}

enum { PREDICT_MODEL_INFO, PREDICT_UNSEEN, PREDICT_MISSING };

static const hr_metric_desc predict_metric_table[] = {
    [PREDICT_MODEL_INFO] = {.name = "model_info",
                            .unit = "",
                            .labels = "model,version",
                            .help = "Always 1; the labels name the model in use: its file, and the "
                                    "first digits of a hash of its bytes.",
                            .kind = HR_METRIC_GAUGE},
    [PREDICT_UNSEEN] = {.name = "predict_unseen_total",
                        .unit = "values",
                        .labels = "input",
                        .help = "Categories that the trainer of the model never saw.",
                        .kind = HR_METRIC_COUNTER},
    [PREDICT_MISSING] = {.name = "predict_missing_total",
                         .unit = "values",
                         .labels = "input",
                         .help = "Inputs of the model that were null.",
                         .kind = HR_METRIC_COUNTER},
    {0},
};

/* The name of the model's file, without folder and ending. */
static void
predict_model_name(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;

    snprintf(out, size, "%.*s", (int)strcspn(name, "."), name);
}

static void
predict_metrics_model(const hr_node *node, const predict_shared *s, hr_metric_add add, void *ctx)
{
    const predict_options *opt = node->options;
    hr_cell_hold hold = {0};
    const predict_model *model;
    char name[128];

    model = (const predict_model *)hr_cell_refresh((hr_cell *)&s->cell, &hold);
    if (model != NULL) {
        predict_model_name(opt->model.s, name, sizeof name);
        add(ctx, &predict_metric_table[PREDICT_MODEL_INFO],
            (const char *[]){name, hr_model_version(model->model)}, 1);
    }
    hr_cell_release(&hold);
}

static void
predict_metrics(const hr_node *node, const void *shared, hr_metric_add add, void *ctx)
{
    const predict_shared *s = shared;

    predict_metrics_model(node, s, add, ctx);
    for (size_t c = 0; c < s->n_columns;) {
        const predict_column *first = &s->columns[c];
        const char *const labels[] = {first->name};
        uint64_t unseen = 0, missing = 0;

        for (; c < s->n_columns && s->columns[c].input == first->input; c++) {
            unseen += atomic_load_explicit(&s->columns[c].unseen, memory_order_relaxed);
            missing += atomic_load_explicit(&s->columns[c].missing, memory_order_relaxed);
        }
        add(ctx, &predict_metric_table[PREDICT_UNSEEN], labels, (double)unseen);
        add(ctx, &predict_metric_table[PREDICT_MISSING], labels, (double)missing);
    }
}

const hr_op_type hr_op_predict = {
    .abi = HR_OP_ABI,
    .flags = HR_OP_STATELESS,
    .name = "predict",
    .summary = "Score records with a trained model (ONNX).",
    .example =
        "{model: models/flight_delay.onnx, output: {Prediction: label, Probability: scores}}",
    .options = predict_option_table,
    .options_size = sizeof(predict_options),
    .shared_size = sizeof(predict_shared),
    .state_size = sizeof(predict_state),
    .compile = predict_bind,
    .init = predict_init,
    .process = predict_process,
    .close = predict_close,
    .release = predict_release,
    .describe = predict_describe,
    .reload = predict_reload,
    .metric_table = predict_metric_table,
    .metrics = predict_metrics,
};
