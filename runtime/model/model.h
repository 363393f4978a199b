/* A trained model, read from an ONNX file and evaluated here: columns of a batch in, label, scores
 * or value out. The format is ONNX because one file carries string indexing and trees; the subset
 * is evaluated by our own code because it is small, its opsets are frozen, and a batch of records
 * costs less than one call into a general engine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_MODEL_H
#define HR_MODEL_MODEL_H
#include "config/error.h"
#include "record/span.h"

#define HR_MODEL_ROWS_MAX 1024 /* rows of one hr_model_eval() */
#define HR_MODEL_VERSION_LEN 12

/* What a file may ask for. A member that is 0 takes its default; see limits.c.
 */
typedef struct hr_model_limits {
    size_t file_bytes;   /* 64 MiB; never more than 256 MiB */
    size_t graph_nodes;  /* 1,024 */
    size_t inputs;       /* 1,024 */
    size_t features;     /* 65,536: columns of one value */
    size_t classes;      /* 4,096 */
    size_t trees;        /* 65,536 */
    size_t tree_nodes;   /* 16 Mi, over all trees of the file */
    size_t depth;        /* 1,024 */
    size_t encoder_keys; /* 1 Mi: keys of one encoder */
    size_t string_bytes; /* 4 KiB: one string, except the value of a metadata property */
    size_t set_bytes;    /* 128 MiB: bit sets of the MEMBER nodes */
} hr_model_limits;

/* Type of a model input, and of a column that feeds it. */
typedef enum hr_model_kind {
    HR_MODEL_FLOAT,
    HR_MODEL_DOUBLE,
    HR_MODEL_INT64,
    HR_MODEL_INT32,
    HR_MODEL_BOOL,
    HR_MODEL_STRING,
} hr_model_kind;

/* An immutable block with a reference count. thread: any, for every function that takes a const one
 */
typedef struct hr_model hr_model;

/* What one task needs to evaluate one model. Not for use by two threads at once. */
typedef struct hr_model_scratch hr_model_scratch;

typedef struct hr_model_input {
    const char *name;
    hr_model_kind kind;
    size_t width;     /* columns that it takes: 1, or F for a matrix [N, F] */
    size_t first;     /* place of its first column in hr_model_eval()'s array */
    bool categorical; /* an encoder looks its values up, so a value can be unseen */
} hr_model_input;

/* Reads the file, checks and compiles it, and scores its golden rows. HR_ECONFIG (the text names
 * the operator type and the node) if it is refused or a golden row differs, HR_EIO if it cannot be
 * read, HR_ENOMEM. *out has one reference; it is set on success only. May block on the file. */
int hr_model_load(const char *path, const hr_model_limits *limits, hr_model **out, hr_error *err);

/* As hr_model_load() on bytes in memory, which need not outlive the call. */
int hr_model_parse(const uint8_t *bytes, size_t n, const hr_model_limits *limits, hr_model **out,
                   hr_error *err);

/* As hr_model_parse() without the golden rows: for a tool that reports the two steps apart. */
int hr_model_compile(const uint8_t *bytes, size_t n, const hr_model_limits *limits, hr_model **out,
                     hr_error *err);

/* Scores the golden rows of the metadata and compares them with what the trainer said. *rows (may
 * be NULL) is how many there were; 0 deserves a warning. HR_OK, HR_ECONFIG at the first difference.
 */
int hr_model_golden_check(const hr_model *model, size_t *rows, hr_error *err);

/* Counts one more owner. Returns the model. thread: any */
hr_model *hr_model_ref(hr_model *model);

/* Gives up one reference; the last one frees the block. Accepts NULL. thread: any */
void hr_model_unref(hr_model *model);

/* First 12 hex digits of a hash of the file's bytes, zero-terminated. */
const char *hr_model_version(const hr_model *model);

size_t hr_model_input_count(const hr_model *model);
const hr_model_input *hr_model_input_at(const hr_model *model, size_t input);

/* Index of the input of this name, or -1. */
int hr_model_input_find(const hr_model *model, const char *name);

/* Columns that hr_model_eval() takes: the sum of the inputs' widths. */
size_t hr_model_column_count(const hr_model *model);

/* May a column of kind `column` (HR_MODEL_DOUBLE, _INT64, _BOOL or _STRING) feed an input of
 * `input` kind? int64 and double may feed a float input, as the graph's own Cast would convert
 * them. */
bool hr_model_accepts(hr_model_kind input, hr_model_kind column);

/* Has the trainer seen this value? True for an input that is not categorical. */
bool hr_model_input_known(const hr_model *model, size_t input, hr_span value);
bool hr_model_input_known_int(const hr_model *model, size_t input, int64_t value);

bool hr_model_is_classifier(const hr_model *model);

/* HR_MODEL_INT64 or HR_MODEL_STRING; meaningless for a regressor. */
hr_model_kind hr_model_label_kind(const hr_model *model);

/* 0 for a regressor. */
size_t hr_model_class_count(const hr_model *model);

/* The label of a class as the graph emits it: the one that fits the label kind. */
int64_t hr_model_class_int(const hr_model *model, size_t index);
hr_span hr_model_class_string(const hr_model *model, size_t index);

/* The name for people: metadata headrace.label_names, else NULL. */
const char *hr_model_class_name(const hr_model *model, size_t index);

/* Scores and values are floats (print 9 digits), not doubles (17). */
bool hr_model_scores_are_float(const hr_model *model);

/* Value of a metadata property, e.g. "headrace.metrics"; NULL if absent. */
const char *hr_model_metadata(const hr_model *model, const char *key);

/* headrace.unknown_code is declared: the model was trained with a code for unseen values. */
bool hr_model_has_unknown_code(const hr_model *model);

/* headrace.trained_with_nan: missing numbers may reach the trees. */
bool hr_model_trained_with_nan(const hr_model *model);

/* Trees of all ensembles, and bytes of the compiled block: for `describe`. */
size_t hr_model_tree_count(const hr_model *model);
size_t hr_model_bytes(const hr_model *model);

/* One column of n dense rows. The member that fits `kind` is read. */
typedef struct hr_model_column {
    hr_model_kind
        kind; /* HR_MODEL_DOUBLE, HR_MODEL_INT64, HR_MODEL_BOOL (int64s) or HR_MODEL_STRING */
    union {
        const double *real;
        const int64_t *integer;
        const hr_span *string;
    } of;
    const uint8_t *missing; /* not 0: the row has no value; NULL: all rows have one */
} hr_model_column;

/* Why a value did not reach the model as it stood. */
enum {
    HR_MODEL_UNSEEN = 1,   /* an encoder does not know it and used its default */
    HR_MODEL_MISSING = 2,  /* no value, or NaN; a number goes in as NaN, a text as unseen */
    HR_MODEL_UNUSABLE = 4, /* the row must not be used: an int64 beyond int32, no value where the
                              type has no NaN, an unseen value where the encoder has no default */
};

/* Arrays of n rows that belong to the scratch until its next use. */
typedef struct hr_model_result {
    size_t n;
    const int64_t *label_int; /* classifier with HR_MODEL_INT64 labels, else NULL */
    const hr_span
        *label_string; /* classifier with HR_MODEL_STRING labels, else NULL; bytes of the model */
    const int32_t *class_index; /* classifier, else NULL; for hr_model_class_name() */
    const double *scores;     /* classifier: n rows of class_count; NULL if the graph gives none */
    const double *value;      /* regressor, else NULL */
    const uint8_t *row_flags; /* the flags of a row, or-ed over its columns */
    const uint8_t
        *flags; /* flags[column * HR_MODEL_ROWS_MAX + row]; valid where row_flags is not 0 */
} hr_model_result;

/* Sized for HR_MODEL_ROWS_MAX rows. NULL when out of memory. Holds no reference. */
hr_model_scratch *hr_model_scratch_create(const hr_model *model);

/* Accepts NULL. */
void hr_model_scratch_destroy(hr_model_scratch *scratch);

/* Evaluates n <= HR_MODEL_ROWS_MAX rows; a row's result does not depend on the rows beside it.
 * `columns` has hr_model_column_count() entries. Allocates nothing. HR_OK, or HR_EFATAL if n or a
 * kind is not what the caller should have checked with hr_model_accepts(). */
int hr_model_eval(const hr_model *model, hr_model_scratch *scratch, const hr_model_column *columns,
                  size_t n, hr_model_result *out);

#endif
