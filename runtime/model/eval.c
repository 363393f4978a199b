/* Evaluation: rows go through the plan tile by tile. A tile is as many rows as keep all columns of
 * the plan in the second cache; a plan with thousands of columns so still needs little memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/scratch.h"

#include <math.h>
#include <stdlib.h>

#define TILE_BYTES ((size_t)192 << 10)

struct hr_model_scratch {
    void **own;    /* by column: this scratch's array */
    void **column; /* by column: that array, or the caller's where it can be used as it is */
    uint8_t *work;
    uint8_t *flags, *row_flags;
    int64_t *label_int;
    hr_span *label_string;
    int32_t *class_index;
    double *scores;
    size_t rows;    /* of the last evaluation */
    uint8_t *block; /* all of the arrays */
    size_t block_bytes;
};

static size_t
scratch_round(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

void
hr_scratch_measure(hr_model *model)
{
    size_t row = 0, work_row = 0, work_tile = 0;
    size_t rows;

    for (size_t c = 0; c < model->n_columns; c++) {
        row += hr_plan_width(model->columns[c].kind);
    }
    for (size_t s = 0; s < model->n_steps; s++) {
        const hr_plan_step *step = &model->steps[s];

        work_row = step->row_bytes > work_row ? step->row_bytes : work_row;
        work_tile = step->tile_bytes > work_tile ? step->tile_bytes : work_tile;
    }
    rows = TILE_BYTES / (row + work_row + 1) / 8 * 8;
    rows = rows < 8 ? 8 : rows > HR_MODEL_ROWS_MAX ? HR_MODEL_ROWS_MAX : rows;
    model->tile_rows = rows;
    model->row_bytes = row;
    model->work_bytes = scratch_round(work_row * rows + work_tile, 64) + 64;
}

/* Takes n bytes of the block at a cache line; with a NULL block only counts. */
static void *
scratch_take(hr_model_scratch *s, size_t n)
{
    size_t at = s->block_bytes;

    s->block_bytes += scratch_round(n, 64);
    return s->block != NULL ? s->block + at : NULL;
}

static void
scratch_lay_out(const hr_model *m, hr_model_scratch *s)
{
    size_t rows = HR_MODEL_ROWS_MAX;

    s->block_bytes = 0;
    s->own = scratch_take(s, m->n_columns * sizeof(void *));
    s->column = scratch_take(s, m->n_columns * sizeof(void *));
    s->work = scratch_take(s, m->work_bytes);
    s->flags = scratch_take(s, m->n_input_columns * rows);
    s->row_flags = scratch_take(s, rows);
    s->label_int = scratch_take(s, rows * sizeof(int64_t));
    s->label_string = scratch_take(s, rows * sizeof(hr_span));
    s->class_index = scratch_take(s, rows * sizeof(int32_t));
    s->scores = scratch_take(s, rows * (m->n_scores + 1) * sizeof(double));
    for (size_t c = 0; c < m->n_columns; c++) {
        void *array = scratch_take(s, m->tile_rows * hr_plan_width(m->columns[c].kind));

        if (s->block != NULL) {
            s->own[c] = s->column[c] = array;
        }
    }
}

hr_model_scratch *
hr_model_scratch_create(const hr_model *model)
{
    hr_model_scratch *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        return NULL;
    }
    scratch_lay_out(model, s);
    s->block = aligned_alloc(64, s->block_bytes);
    if (s->block == NULL) {
        free(s);
        return NULL;
    }
    memset(s->block, 0, s->block_bytes);
    scratch_lay_out(model, s);
    return s;
}

void
hr_model_scratch_destroy(hr_model_scratch *scratch)
{
    if (scratch != NULL) {
        free(scratch->block);
        free(scratch);
    }
}

static int
eval_check(const hr_model *m, const hr_model_column *columns, size_t n)
{
    if (n > HR_MODEL_ROWS_MAX) {
        return HR_EFATAL;
    }
    for (size_t c = 0; c < m->n_input_columns; c++) {
        if (!hr_model_accepts(m->columns[c].kind, columns[c].kind)) {
            return HR_EFATAL;
        }
    }
    return HR_OK;
}

static bool
load_is_missing(const hr_model_column *in, size_t row)
{
    return in->missing != NULL && in->missing[row] != 0;
}

static double
load_number(const hr_model_column *in, size_t row)
{
    if (load_is_missing(in, row)) {
        return (double)NAN;
    }
    return in->kind == HR_MODEL_DOUBLE ? in->of.real[row] : (double)in->of.integer[row];
}

/* The usual case in a loop without branches. Returns whether there was a NaN. */
static bool
load_float_dense(const double *in, float *out, size_t n)
{
    unsigned nan = 0;

    for (size_t i = 0; i < n; i++) {
        out[i] = (float)in[i];
        nan |= isnan(in[i]) != 0;
    }
    return nan != 0;
}

/* Doubles and int64s for a float input. An int64 goes to float in one rounding, as a Cast would. */
static void
load_float(hr_eval *ev, uint32_t c, const hr_model_column *in, float *out)
{
    bool whole = in->kind != HR_MODEL_DOUBLE;

    if (whole && in->missing == NULL) {
        for (size_t i = 0; i < ev->rows; i++) {
            out[i] = (float)in->of.integer[ev->first + i];
        }
        return;
    }
    if (!whole && in->missing == NULL &&
        !load_float_dense(in->of.real + ev->first, out, ev->rows)) {
        return;
    }
    for (size_t i = 0; i < ev->rows; i++) {
        size_t row = ev->first + i;

        out[i] = whole && !load_is_missing(in, row) ? (float)in->of.integer[row]
                                                    : (float)load_number(in, row);
        if (isnan(out[i])) {
            hr_eval_flag(ev, c, i, HR_MODEL_MISSING);
        }
    }
}

static void
load_double(hr_eval *ev, uint32_t c, const hr_model_column *in, double *out)
{
    for (size_t i = 0; i < ev->rows; i++) {
        out[i] = load_number(in, ev->first + i);
        if (isnan(out[i])) {
            hr_eval_flag(ev, c, i, HR_MODEL_MISSING);
        }
    }
}

static void
load_whole(hr_eval *ev, uint32_t c, hr_model_kind kind, const hr_model_column *in, int64_t *out)
{
    for (size_t i = 0; i < ev->rows; i++) {
        size_t row = ev->first + i;
        bool missing = load_is_missing(in, row);
        int64_t v = missing ? 0 : in->of.integer[row];

        if (missing) {
            hr_eval_flag(ev, c, i, HR_MODEL_MISSING | HR_MODEL_UNUSABLE);
        } else if (kind == HR_MODEL_INT32 && (v < INT32_MIN || v > INT32_MAX)) {
            hr_eval_flag(ev, c, i, HR_MODEL_UNUSABLE);
            v = 0;
        }
        out[i] = v;
    }
}

/* Returns the array to use: the caller's own if no value is missing. */
static void *
load_string(hr_eval *ev, uint32_t c, const hr_model_column *in, hr_span *out)
{
    if (in->missing == NULL) {
        return (void *)(uintptr_t)(in->of.string + ev->first);
    }
    for (size_t i = 0; i < ev->rows; i++) {
        size_t row = ev->first + i;

        out[i] = in->missing[row] != 0 ? (hr_span){NULL, 0} : in->of.string[row];
        if (in->missing[row] != 0) {
            hr_eval_flag(ev, c, i, HR_MODEL_MISSING);
        }
    }
    return out;
}

static void
eval_load(const hr_model *m, hr_model_scratch *s, hr_eval *ev, const hr_model_column *columns)
{
    for (uint32_t c = 0; c < m->n_input_columns; c++) {
        switch (m->columns[c].kind) {
        case HR_MODEL_FLOAT:
            load_float(ev, c, &columns[c], s->own[c]);
            break;
        case HR_MODEL_DOUBLE:
            load_double(ev, c, &columns[c], s->own[c]);
            break;
        case HR_MODEL_STRING:
            s->column[c] = load_string(ev, c, &columns[c], s->own[c]);
            break;
        default:
            load_whole(ev, c, m->columns[c].kind, &columns[c], s->own[c]);
        }
    }
}

/* Labels and class indexes of a tile into the result. */
static void
eval_store_label(const hr_model *m, hr_model_scratch *s, const hr_eval *ev)
{
    const hr_plan_column *label = &m->columns[m->label];
    const int64_t *index = ev->column[label->class_index];

    for (size_t i = 0; i < ev->rows; i++) {
        s->class_index[ev->first + i] = (int32_t)index[i];
    }
    if (label->classes->string != NULL) {
        memcpy(s->label_string + ev->first, ev->column[m->label], ev->rows * sizeof(hr_span));
    } else {
        memcpy(s->label_int + ev->first, ev->column[m->label], ev->rows * sizeof(int64_t));
    }
}

/* Columns of scores into rows of scores. */
static void
eval_store_scores(const hr_model *m, hr_model_scratch *s, const hr_eval *ev)
{
    for (size_t c = 0; c < m->n_scores; c++) {
        const void *in = ev->column[m->scores[c]];
        double *out = s->scores + ev->first * m->n_scores + c;

        if (m->columns[m->scores[c]].kind == HR_MODEL_FLOAT) {
            for (size_t i = 0; i < ev->rows; i++) {
                out[i * m->n_scores] = (double)((const float *)in)[i];
            }
        } else {
            for (size_t i = 0; i < ev->rows; i++) {
                out[i * m->n_scores] = ((const double *)in)[i];
            }
        }
    }
}

static void
eval_tile(const hr_model *m, hr_model_scratch *s, hr_eval *ev, const hr_model_column *columns)
{
    eval_load(m, s, ev, columns);
    for (size_t i = 0; i < m->n_steps; i++) {
        m->steps[i].run(&m->steps[i], ev);
    }
    if (m->label != HR_NO_COLUMN) {
        eval_store_label(m, s, ev);
    }
    eval_store_scores(m, s, ev);
}

static void
eval_result(const hr_model *m, const hr_model_scratch *s, size_t n, hr_model_result *out)
{
    bool classifier = hr_model_is_classifier(m);
    bool strings = classifier && hr_model_label_kind(m) == HR_MODEL_STRING;

    *out = (hr_model_result){
        .n = n,
        .label_int = classifier && !strings ? s->label_int : NULL,
        .label_string = strings ? s->label_string : NULL,
        .class_index = classifier ? s->class_index : NULL,
        .scores = classifier && m->n_scores > 0 ? s->scores : NULL,
        .value = classifier ? NULL : s->scores,
        .row_flags = s->row_flags,
        .flags = s->flags,
    };
}

/* Flags are cleared only for the rows that set some last time. */
static void
eval_clear_flags(const hr_model *m, hr_model_scratch *s)
{
    for (size_t row = 0; row < s->rows; row++) {
        if (s->row_flags[row] == 0) {
            continue;
        }
        s->row_flags[row] = 0;
        for (size_t c = 0; c < m->n_input_columns; c++) {
            s->flags[c * HR_MODEL_ROWS_MAX + row] = 0;
        }
    }
}

int
hr_model_eval(const hr_model *model, hr_model_scratch *scratch, const hr_model_column *columns,
              size_t n, hr_model_result *out)
{
    hr_eval ev = {
        .column = scratch->column,
        .flags = scratch->flags,
        .row_flags = scratch->row_flags,
        .work = scratch->work,
    };
    int rc = eval_check(model, columns, n);

    if (rc != HR_OK) {
        return rc;
    }
    eval_clear_flags(model, scratch);
    scratch->rows = n;
    for (ev.first = 0; ev.first < n; ev.first += model->tile_rows) {
        ev.rows = n - ev.first < model->tile_rows ? n - ev.first : model->tile_rows;
        eval_tile(model, scratch, &ev, columns);
    }
    eval_result(model, scratch, n, out);
    return HR_OK;
}
