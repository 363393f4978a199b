/* Forests: batches of 1,024 rows and one row at a time through hr_model_eval(), with complete trees
 * of random thresholds over random features. Size is trees * 100 + depth, negative for doubles.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "forest_file.h"
#include "model/model.h"
#include "stage.h"

#include <stdlib.h>

enum { FOREST_BATCHES = 4 };

typedef struct forest_state {
    hr_model *model;
    hr_model_scratch *scratch;
    double *values; /* by feature, then row */
    hr_model_column columns[FOREST_FEATURES];
} forest_state;

#define FOREST_ROWS ((size_t)FOREST_BATCHES * HR_MODEL_ROWS_MAX)

static void *
forest_open(int size, size_t *items)
{
    int shape = abs(size);
    hr_span file = forest_file(shape / 100, shape % 100, size < 0);
    forest_state *st = calloc(1, sizeof *st);
    uint64_t random = 7;
    hr_error err = {0};

    if (st == NULL ||
        (st->values = calloc(FOREST_FEATURES * FOREST_ROWS, sizeof(double))) == NULL) {
        stage_die("out of memory");
    }
    if (hr_model_parse(file.data, file.len, NULL, &st->model, &err) != HR_OK) {
        stage_die("the forest was refused: %s", err.msg);
    }
    st->scratch = hr_model_scratch_create(st->model);
    for (size_t i = 0; i < FOREST_FEATURES * FOREST_ROWS; i++) {
        st->values[i] = (double)(float)(stage_random(&random) / 2147483648.0);
    }
    free((void *)(uintptr_t)file.data);
    *items = FOREST_ROWS;
    return st;
}

static uint64_t
forest_run_by(forest_state *st, size_t rows)
{
    hr_model_result result;
    uint64_t sum = 0;

    for (size_t at = 0; at < FOREST_ROWS; at += rows) {
        for (size_t f = 0; f < FOREST_FEATURES; f++) {
            st->columns[f].kind = HR_MODEL_DOUBLE;
            st->columns[f].of.real = st->values + f * FOREST_ROWS + at;
        }
        if (hr_model_eval(st->model, st->scratch, st->columns, rows, &result) != HR_OK) {
            stage_die("the forest cannot be evaluated");
        }
        sum += (uint64_t)result.label_int[rows - 1];
    }
    return sum;
}

static uint64_t
forest_run(void *state)
{
    return forest_run_by(state, HR_MODEL_ROWS_MAX);
}

static uint64_t
forest_run_one(void *state)
{
    return forest_run_by(state, 1);
}

static void
forest_close(void *state)
{
    forest_state *st = state;

    hr_model_scratch_destroy(st->scratch);
    hr_model_unref(st->model);
    free(st->values);
    free(st);
}

#define FOREST(name, gated, size, run)                                                             \
    {                                                                                              \
        name, "headrace", "record", gated, size, forest_open, run, forest_close                    \
    }

const stage forest_stages[] = {
    FOREST("forest_20x5", true, 2005, forest_run),
    FOREST("forest_20x10", true, 2010, forest_run),
    FOREST("forest_100x10", true, 10010, forest_run),
    FOREST("forest_20x5_double", true, -2005, forest_run),
    FOREST("forest_20x10_double", false, -2010, forest_run),
    FOREST("forest_100x10_double", true, -10010, forest_run),
    FOREST("forest_20x5_single", true, 2005, forest_run_one),
    FOREST("forest_100x10_single", false, 10010, forest_run_one),
    {0},
};
