/* What a model file is compiled to: columns and the steps that fill them.
 *
 * A value of the graph ([N, F]) is a list of columns, each a plain array over the rows. So Concat,
 * Reshape, Flatten, Identity and column choice cost nothing at run time: they only name columns
 * again, and what remains are the steps that compute.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_PLAN_H
#define HR_MODEL_PLAN_H
#include "model/lookup.h"
#include "model/model.h"

#include <stdatomic.h>

#define HR_NO_COLUMN UINT32_MAX

/* The classes behind a label column. */
typedef struct hr_classes {
    size_t n;
    const int64_t *number; /* one of the two */
    const hr_span *string;
} hr_classes;

/* One array over the rows. FLOAT is float[], DOUBLE double[], STRING hr_span[], all others
 * int64_t[]. */
typedef struct hr_plan_column {
    hr_model_kind kind;
    uint32_t source;      /* the input column whose value it is, perhaps cast; or HR_NO_COLUMN */
    uint32_t class_index; /* for a label: the column with the class's index */
    const hr_classes *classes; /* for a label */
} hr_plan_column;

typedef struct hr_eval hr_eval;
typedef struct hr_plan_step hr_plan_step;

struct hr_plan_step {
    /* Fills the `out` columns for the rows of the tile. thread: any */
    void (*run)(const hr_plan_step *step, hr_eval *ev);
    const void *param;
    const uint32_t *in, *out; /* columns */
    size_t n_in, n_out;
    size_t row_bytes;  /* working memory: so much for each row of a tile ... */
    size_t tile_bytes; /* ... and so much beside */
};

/* One run over a tile: some rows of the caller's. */
struct hr_eval {
    void **column;              /* by number */
    size_t rows;                /* of this tile */
    size_t first;               /* its first row */
    uint8_t *flags, *row_flags; /* of the result; not yet moved to `first` */
    void *work;                 /* aligned to 64 */
};

/* An encoder that reads an input column. */
typedef struct hr_plan_encoder {
    uint32_t column;   /* input column */
    hr_model_kind key; /* STRING, INT64 or DOUBLE: how the lookup is keyed */
    const hr_lookup *lookup;
} hr_plan_encoder;

struct hr_model {
    atomic_int refs;
    hr_arena *arena;
    char version[HR_MODEL_VERSION_LEN + 1];
    uint64_t seed;

    hr_model_input *inputs;
    size_t n_inputs, n_input_columns; /* input columns are the first columns of the plan */
    hr_plan_column *columns;
    size_t n_columns;
    hr_plan_step *steps;
    size_t n_steps;
    hr_plan_encoder *encoders;
    size_t n_encoders;

    uint32_t label;         /* column, or HR_NO_COLUMN: a regressor */
    const uint32_t *scores; /* columns; a regressor's value is the only one */
    size_t n_scores;

    struct {
        const char *key, *value;
    } * metadata;
    size_t n_metadata;
    const char **class_names; /* by class, or NULL */

    size_t trees, bytes;
    size_t tile_rows, row_bytes, work_bytes; /* of the scratch, see eval.c */
};

/* Bytes of one row of a column. */
static inline size_t
hr_plan_width(hr_model_kind kind)
{
    return kind == HR_MODEL_FLOAT    ? sizeof(float)
           : kind == HR_MODEL_STRING ? sizeof(hr_span)
                                     : sizeof(int64_t);
}

/* Marks one row of the tile; `source` is the input column at fault or HR_NO_COLUMN. */
static inline void
hr_eval_flag(hr_eval *ev, uint32_t source, size_t row, uint8_t flag)
{
    ev->row_flags[ev->first + row] |= flag;
    if (source != HR_NO_COLUMN) {
        ev->flags[(size_t)source * HR_MODEL_ROWS_MAX + ev->first + row] |= flag;
    }
}

#endif
