/* LinearClassifier and LinearRegressor. Features are taken as float, products are summed in double:
 * the trainer computed in double, and one-hot pipelines have hundreds of columns.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/vote.h"

#include <math.h>

typedef struct linear_param {
    hr_vote vote;
    const double *coefficient; /* per target one row over the features */
    const double *intercept;
} linear_param;

static void
linear_run(const hr_plan_step *step, hr_eval *ev)
{
    const linear_param *p = step->param;
    size_t targets = p->vote.sums;
    double *sums = ev->work;

    for (size_t i = 0; i < ev->rows; i++) {
        memcpy(sums + i * targets, p->intercept, targets * sizeof(*sums));
    }
    for (size_t f = 0; f < step->n_in; f++) {
        const float *x = ev->column[step->in[f]];

        for (size_t t = 0; t < targets; t++) {
            double k = p->coefficient[t * step->n_in + f];

            for (size_t i = 0; i < ev->rows; i++) {
                sums[i * targets + t] += k * (double)x[i];
            }
        }
    }
    hr_vote_emit(&p->vote, sums, ev, step->out);
}

/* Copies a list of floats as doubles; all must be finite. */
static int
linear_numbers(hr_build *b, const hr_node *node, const char *name, size_t n, const double **out)
{
    const HrOnnx__Attribute *a = hr_attr(node, name);
    double *list = hr_arena_calloc(b->arena, n + 1, sizeof(*list));

    if (list == NULL) {
        return hr_build_oom(b);
    }
    if (a != NULL && a->n_floats != n) {
        return hr_build_fail(b, node, "'%s' has %zu numbers, %zu are needed", name, a->n_floats, n);
    }
    for (size_t i = 0; a != NULL && i < n; i++) {
        if (!isfinite(a->floats[i])) {
            return hr_build_fail(b, node, "'%s' holds a number that is not finite", name);
        }
        list[i] = (double)a->floats[i];
    }
    *out = list;
    return HR_OK;
}

static int
linear_finish(hr_build *b, hr_node *node, linear_param *p)
{
    hr_value in = {.name = ""}, out;
    hr_plan_step *step;
    size_t n = node->in[0]->n, all;
    int rc;

    if (hr_attr(node, "coefficients") == NULL || __builtin_mul_overflow(n, p->vote.sums, &all)) {
        return hr_build_fail(b, node, "attribute 'coefficients' is missing");
    }
    p->vote.kind = HR_MODEL_FLOAT;
    p->vote.scores = p->vote.sums;
    if (hr_attr(node, "coefficients")->n_floats != all) {
        return hr_build_fail(b, node, "%zu coefficients for %zu columns and %zu classes or targets",
                             hr_attr(node, "coefficients")->n_floats, n, p->vote.sums);
    }
    if ((rc = linear_numbers(b, node, "coefficients", all, &p->coefficient)) != HR_OK ||
        (rc = linear_numbers(b, node, "intercepts", p->vote.sums, &p->intercept)) != HR_OK ||
        (rc = hr_build_cast(b, node->in[0], HR_MODEL_FLOAT, &in)) != HR_OK ||
        (rc = hr_vote_outputs(b, node, &p->vote, 2, &out)) != HR_OK) {
        return rc;
    }
    step = hr_build_step(b, linear_run, p, &in, &out);
    if (step == NULL) {
        return hr_build_oom(b);
    }
    step->row_bytes = p->vote.sums * sizeof(double);
    return HR_OK;
}

static int
linear_classifier(hr_build *b, hr_node *node)
{
    linear_param *p = hr_arena_calloc(b->arena, 1, sizeof(*p));
    int rc = hr_node_need_kind(b, node, 0, HR_KINDS_NUMBER);

    if (rc != HR_OK) {
        return rc;
    }
    if (p == NULL) {
        return hr_build_oom(b);
    }
    if ((rc = hr_vote_classes(b, node, "classlabels_ints", "classlabels_strings",
                              &p->vote.classes)) != HR_OK ||
        (rc = hr_vote_transform(b, node, &p->vote.transform)) != HR_OK) {
        return rc;
    }
    p->vote.sums = p->vote.classes->n;
    return linear_finish(b, node, p);
}

static int
linear_regressor(hr_build *b, hr_node *node)
{
    int64_t targets = hr_attr_int(node, "targets", 1);
    linear_param *p = hr_arena_calloc(b->arena, 1, sizeof(*p));
    int rc = hr_node_need_kind(b, node, 0, HR_KINDS_NUMBER);

    if (rc != HR_OK) {
        return rc;
    }
    if (p == NULL) {
        return hr_build_oom(b);
    }
    if (targets < 1 || (uint64_t)targets > b->limits.classes) {
        return hr_build_fail(b, node, "%lld targets are not supported", (long long)targets);
    }
    p->vote.sums = (size_t)targets;
    rc = hr_vote_transform(b, node, &p->vote.transform);
    return rc == HR_OK ? linear_finish(b, node, p) : rc;
}

static const hr_attr_spec classifier_attributes[] = {
    {"classlabels_ints", HR_ATTR_INTS}, {"classlabels_strings", HR_ATTR_STRINGS},
    {"coefficients", HR_ATTR_FLOATS},   {"intercepts", HR_ATTR_FLOATS},
    {"multi_class", HR_ATTR_INT}, /* how it was trained; does not change what is computed */
    {"post_transform", HR_ATTR_STRING}, {0},
};
static const hr_attr_spec regressor_attributes[] = {
    {"targets", HR_ATTR_INT},
    {"coefficients", HR_ATTR_FLOATS},
    {"intercepts", HR_ATTR_FLOATS},
    {"post_transform", HR_ATTR_STRING},
    {0},
};

const hr_op_spec hr_ops_linear[] = {
    {"LinearClassifier", true, 1, 5, 1, 1, 2, classifier_attributes, linear_classifier},
    {"LinearRegressor", true, 1, 5, 1, 1, 1, regressor_attributes, linear_regressor},
    {0},
};
