/* predict at check time: the model, what feeds its inputs, what it makes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_PREDICT_BIND_H
#define HR_PREDICT_BIND_H
#include "config/file_mark.h"
#include "hr_operator.h"
#include "model/model.h"
#include "state/snapshot.h"

typedef struct predict_options {
    hr_text model;
    hr_opt_map inputs, output;
    int on_unseen, on_missing; /* predict_policy */
    int reload;                /* 0 never, 1 on-change */
} predict_options;

/* What becomes of a row with an unseen or missing value; in the order of the options' choices. */
typedef enum predict_policy {
    PREDICT_FAIL, /* dead_letter; the step's on_error where the option is not given */
    PREDICT_MODEL_DEFAULT,
    PREDICT_SET_NULL,
} predict_policy;

typedef enum predict_role {
    PREDICT_LABEL,
    PREDICT_SCORES,
    PREDICT_VALUE,
    PREDICT_VERSION,
} predict_role;

/* What is published: a model with what follows from it. */
typedef struct predict_model {
    hr_snapshot snapshot;
    hr_model *model;
    predict_policy unseen, missing;
} predict_model;

/* One column of the model and what feeds it. */
typedef struct predict_column {
    size_t input;        /* of the model */
    const char *name;    /* of the input */
    const char *field;   /* as it was looked up */
    hr_model_kind wants; /* the input's kind */
    hr_model_kind kind;  /* how it is handed over */
    hr_type type;
    int slot;
    /* Reasons of failed rows. */
    const char *unseen_reason, *missing_reason, *unusable_reason;
    atomic_uint_fast64_t unseen, missing; /* since start, all tasks */
} predict_column;

typedef struct predict_output {
    predict_role role;
    int slot;
} predict_output;

typedef struct predict_shared {
    hr_cell cell; /* of predict_model */
    bool has_cell;
    predict_column *columns; /* in the order of hr_model_eval() */
    size_t n_columns;
    predict_output *outputs;
    size_t n_outputs;
    hr_on_error unseen_action, missing_action; /* of PREDICT_FAIL */
    hr_file_watch watch;
} predict_shared;

/* compile(), describe(), reload() and release() of the operator. */
int predict_bind(hr_node *node, const void *options, void *shared, hr_error *err);
void predict_describe(const hr_node *node, FILE *out);
int predict_reload(hr_node *node, void *shared, hr_error *err);
void predict_release(void *shared);

#endif
