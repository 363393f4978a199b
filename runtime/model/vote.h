/* From raw sums to scores and a label: what a tree ensemble and a linear model share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_VOTE_H
#define HR_MODEL_VOTE_H
#include "model/build.h"

typedef enum hr_transform {
    HR_TRANSFORM_NONE,
    HR_TRANSFORM_SOFTMAX,
    HR_TRANSFORM_LOGISTIC,
    HR_TRANSFORM_SOFTMAX_ZERO,
    HR_TRANSFORM_PROBIT,
    HR_TRANSFORMS,
} hr_transform;

/* How two classes come from the one sum s that a binary ensemble votes for (MODELS: the binary
 * trap). */
typedef enum hr_binary {
    HR_BINARY_NO,       /* one sum per class */
    HR_BINARY_SHARE,    /* [1 - s, s] */
    HR_BINARY_MARGIN,   /* [-s, s] */
    HR_BINARY_LOGISTIC, /* [sigma(-s), sigma(s)] */
} hr_binary;

typedef struct hr_vote {
    size_t sums;   /* columns of raw sums */
    size_t scores; /* columns that come out: sums, or 2 */
    hr_transform transform;
    hr_binary binary;
    hr_model_kind kind;        /* of the scores: FLOAT or DOUBLE */
    const hr_classes *classes; /* NULL: no label */
} hr_vote;

/* The attribute post_transform; NONE if absent. */
int hr_vote_transform(hr_build *b, const hr_node *node, hr_transform *out);

/* The labels of a classifier from the attributes of these names, exactly one of which is there. */
int hr_vote_classes(hr_build *b, const hr_node *node, const char *numbers, const char *strings,
                    const hr_classes **out);

/* Columns for label (out[0]) and scores (out[1]) of a classifier, or the values (out[0]) of a
 * regressor. `columns` lists them in the order in which hr_vote_emit() fills them. */
int hr_vote_outputs(hr_build *b, hr_node *node, const hr_vote *vote, size_t rank,
                    hr_value *columns);

/* Turns the sums (rows of vote->sums; overwritten) into the columns `out`: scores, then for a
 * classifier class index and label. */
void hr_vote_emit(const hr_vote *vote, double *sums, hr_eval *ev, const uint32_t *out);

#endif
