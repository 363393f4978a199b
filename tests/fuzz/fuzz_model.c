/* Any bytes as a model file: refused, or evaluated on a few odd rows and on the golden rows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"

#include <math.h>
#include <stdlib.h>

#define FUZZ_ROWS 11

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const double fuzz_reals[FUZZ_ROWS] = {0, -0.0,     0.5,       1,     -1e300, 1e300,
                                             3, INFINITY, -INFINITY, 1e-45, 41};
static const int64_t fuzz_wholes[FUZZ_ROWS] = {0, 1, -1, 2, INT64_MAX, INT64_MIN, 3, 4, 5, 40, 41};
static const uint8_t fuzz_missing[FUZZ_ROWS] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0};

static void
fuzz_columns(const hr_model *m, const hr_span *texts, hr_model_column *columns)
{
    for (size_t i = 0; i < hr_model_input_count(m); i++) {
        const hr_model_input *in = hr_model_input_at(m, i);

        for (size_t k = in->first; k < in->first + in->width; k++) {
            columns[k].missing = fuzz_missing;
            if (in->kind == HR_MODEL_STRING) {
                columns[k].kind = HR_MODEL_STRING;
                columns[k].of.string = texts;
            } else if (in->kind == HR_MODEL_FLOAT || in->kind == HR_MODEL_DOUBLE) {
                columns[k].kind = HR_MODEL_DOUBLE;
                columns[k].of.real = fuzz_reals;
            } else {
                columns[k].kind = in->kind == HR_MODEL_BOOL ? HR_MODEL_BOOL : HR_MODEL_INT64;
                columns[k].of.integer = fuzz_wholes;
            }
        }
    }
}

static void
fuzz_evaluate(const hr_model *m)
{
    hr_span texts[FUZZ_ROWS] = {HR_SPAN_LIT("AA"), HR_SPAN_LIT(""), HR_SPAN_LIT("a\0b")};
    hr_model_column *columns = calloc(hr_model_column_count(m), sizeof(*columns));
    hr_model_scratch *scratch = hr_model_scratch_create(m);
    hr_model_result r;

    for (size_t i = 3; i < FUZZ_ROWS; i++) {
        texts[i] = HR_SPAN_LIT("JFK");
    }
    if (columns != NULL && scratch != NULL) {
        fuzz_columns(m, texts, columns);
        if (hr_model_eval(m, scratch, columns, FUZZ_ROWS, &r) != HR_OK) {
            abort();
        }
        for (size_t i = 0; r.class_index != NULL && i < r.n; i++) {
            if ((size_t)r.class_index[i] >= hr_model_class_count(m)) {
                abort();
            }
        }
    }
    hr_model_scratch_destroy(scratch);
    free(columns);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_model_limits limits = {.features = 2048, .tree_nodes = 1 << 16, .set_bytes = 1 << 20};
    hr_model *m = NULL;
    hr_error err = {0};

    if (hr_model_compile(data, size, &limits, &m, &err) == HR_OK) {
        fuzz_evaluate(m);
        (void)hr_model_golden_check(m, NULL, &err);
        hr_model_unref(m);
    }
    return 0;
}
