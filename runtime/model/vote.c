/* The label is the class of the highest score as it is given out, that is after rounding to float,
 * and the first one of equals: so the label never contradicts the scores beside it, and a tie that
 * the trainer saw stays a tie although the leaf weights of the file are rounded.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/vote.h"

#include "model/text.h"

#include <math.h>

int
hr_vote_transform(hr_build *b, const hr_node *node, hr_transform *out)
{
    static const char *const names[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};

    for (int i = 0; i < HR_TRANSFORMS; i++) {
        if (hr_attr_is(node, "post_transform", names[i], "NONE")) {
            *out = (hr_transform)i;
            return HR_OK;
        }
    }
    return hr_build_fail(b, node, "this post_transform is not known");
}

static int
vote_class_strings(hr_build *b, const HrOnnx__Attribute *a, hr_classes *classes)
{
    classes->n = a->n_strings;
    classes->string = hr_attr_strings(b, a);
    return classes->string != NULL ? HR_OK : hr_build_oom(b);
}

static int
vote_class_numbers(hr_build *b, const HrOnnx__Attribute *a, hr_classes *classes)
{
    int64_t *number = hr_arena_calloc(b->arena, a->n_ints + 1, sizeof(*number));

    if (number == NULL) {
        return hr_build_oom(b);
    }
    for (size_t i = 0; i < a->n_ints; i++) {
        number[i] = a->ints[i];
    }
    classes->n = a->n_ints;
    classes->number = number;
    return HR_OK;
}

int
hr_vote_classes(hr_build *b, const hr_node *node, const char *numbers, const char *strings,
                const hr_classes **out)
{
    const HrOnnx__Attribute *n = hr_attr(node, numbers);
    const HrOnnx__Attribute *s = hr_attr(node, strings);
    hr_classes *classes = hr_arena_calloc(b->arena, 1, sizeof(*classes));
    int rc;

    if (n != NULL && s != NULL && (n->n_ints == 0) != (s->n_strings == 0)) {
        n = n->n_ints == 0 ? NULL : n; /* an empty list is as good as none */
        s = s->n_strings == 0 ? NULL : s;
    }
    if ((n != NULL) == (s != NULL)) {
        return hr_build_fail(b, node, "either %s or %s must be given", numbers, strings);
    }
    if (classes == NULL) {
        return hr_build_oom(b);
    }
    rc = s != NULL ? vote_class_strings(b, s, classes) : vote_class_numbers(b, n, classes);
    if (rc != HR_OK) {
        return rc;
    }
    if (classes->n < 2 || classes->n > b->limits.classes) {
        return hr_build_fail(b, node, "%zu labels; 2 to %zu are supported", classes->n,
                             b->limits.classes);
    }
    *out = classes;
    return HR_OK;
}

/* Appends the columns of b to those of a. */
static int
vote_join(hr_build *b, hr_value *all, const hr_value *more)
{
    uint32_t *list;
    int rc = hr_build_list(b, all->n + more->n, &list);

    if (rc != HR_OK) {
        return rc;
    }
    if (all->n > 0) {
        memcpy(list, all->columns, all->n * sizeof(*list));
    }
    memcpy(list + all->n, more->columns, more->n * sizeof(*list));
    all->columns = list;
    all->n += more->n;
    return HR_OK;
}

int
hr_vote_outputs(hr_build *b, hr_node *node, const hr_vote *vote, size_t rank, hr_value *columns)
{
    hr_value *scores = vote->classes != NULL ? &node->out[1] : &node->out[0];
    hr_value index = {.name = "class index"};
    hr_plan_column *label;
    int rc = hr_build_output(b, scores, vote->kind, rank, vote->scores);

    *columns = (hr_value){.name = "outputs"};
    if (rc != HR_OK || (rc = vote_join(b, columns, scores)) != HR_OK || vote->classes == NULL) {
        return rc;
    }
    if ((rc = hr_build_output(b, &index, HR_MODEL_INT64, 1, 1)) != HR_OK ||
        (rc = vote_join(b, columns, &index)) != HR_OK ||
        (rc = hr_build_output(b, &node->out[0],
                              vote->classes->string != NULL ? HR_MODEL_STRING : HR_MODEL_INT64, 1,
                              1)) != HR_OK ||
        (rc = vote_join(b, columns, &node->out[0])) != HR_OK) {
        return rc;
    }
    label = &b->model->columns[node->out[0].columns[0]];
    label->classes = vote->classes;
    label->class_index = index.columns[0];
    return HR_OK;
}

static double
vote_logistic(double v)
{
    return v >= 0 ? 1 / (1 + exp(-v)) : exp(v) / (1 + exp(v));
}

static double
vote_max(const double *v, size_t n)
{
    double max = v[0];

    for (size_t i = 1; i < n; i++) {
        max = v[i] > max ? v[i] : max;
    }
    return max;
}

static void
vote_softmax(double *v, size_t n)
{
    double max = vote_max(v, n), sum = 0;

    for (size_t i = 0; i < n; i++) {
        v[i] = exp(v[i] - max);
        sum += v[i];
    }
    for (size_t i = 0; i < n; i++) {
        v[i] /= sum;
    }
}

/* As ONNX defines it: a class without votes (0) stays at 0. */
static void
vote_softmax_zero(double *v, size_t n)
{
    double max = vote_max(v, n), sum = 0;

    for (size_t i = 0; i < n; i++) {
        bool voted = v[i] > 1e-7 || v[i] < -1e-7;

        v[i] = voted ? exp(v[i] - max) : v[i] * exp(-max);
        sum += voted ? v[i] : 0;
    }
    for (size_t i = 0; i < n && sum != 0; i++) {
        v[i] /= sum;
    }
}

/* The inverse of the normal distribution by the closed form that the ONNX reference uses. */
static double
vote_probit(double p)
{
    double x = 2 * p - 1;
    double l = log((1 - x) * (1 + x));
    double a = 2 / (3.14159 * 0.147) + 0.5 * l;

    return 1.41421356 * copysign(sqrt(sqrt(a * a - l / 0.147) - a), x);
}

static void
vote_transform(const hr_vote *vote, double *v)
{
    switch (vote->transform) {
    case HR_TRANSFORM_SOFTMAX:
        vote_softmax(v, vote->sums);
        break;
    case HR_TRANSFORM_SOFTMAX_ZERO:
        vote_softmax_zero(v, vote->sums);
        break;
    case HR_TRANSFORM_LOGISTIC:
        for (size_t i = 0; i < vote->sums; i++) {
            v[i] = vote_logistic(v[i]);
        }
        break;
    case HR_TRANSFORM_PROBIT:
        for (size_t i = 0; i < vote->sums; i++) {
            v[i] = vote_probit(v[i]);
        }
        break;
    default:
        break;
    }
}

/* Scores of one row, in `pair` for a binary ensemble, else in place. */
static double *
vote_scores(const hr_vote *vote, double *sums, double pair[2])
{
    double s = sums[0];

    switch (vote->binary) {
    case HR_BINARY_SHARE:
        s = (double)(float)s; /* rounded once, so that 0.5 and a bit stays a tie: first class */
        pair[0] = 1 - s;
        pair[1] = s;
        return pair;
    case HR_BINARY_MARGIN:
        pair[0] = -s;
        pair[1] = s;
        return pair;
    case HR_BINARY_LOGISTIC:
        pair[0] = vote_logistic(-s);
        pair[1] = vote_logistic(s);
        return pair;
    default:
        vote_transform(vote, sums);
        return sums;
    }
}

/* Writes the scores of row i; returns the class of the highest. */
static size_t
vote_emit_row(const hr_vote *vote, const double *v, const hr_eval *ev, const uint32_t *out,
              size_t i)
{
    size_t n = vote->binary != HR_BINARY_NO ? 2 : vote->scores;
    size_t best = 0;

    if (vote->kind == HR_MODEL_DOUBLE) {
        for (size_t c = 0; c < n; c++) {
            ((double *)ev->column[out[c]])[i] = v[c];
            best = v[c] > v[best] ? c : best;
        }
        return best;
    }
    for (size_t c = 0; c < n; c++) {
        float f = (float)v[c];

        ((float *)ev->column[out[c]])[i] = f;
        best = f > (float)v[best] ? c : best;
    }
    return best;
}

/* The scores of a row are its sums, as floats: the usual forest. `n` is a constant where this is
 * inlined with one. */
static inline void
vote_emit_sums(const double *sums, size_t n, hr_eval *ev, const uint32_t *out, int64_t *index)
{
    for (size_t i = 0; i < ev->rows; i++) {
        float most = (float)sums[i * n];
        int64_t best = 0;

        ((float *)ev->column[out[0]])[i] = most;
        for (size_t c = 1; c < n; c++) {
            float f = (float)sums[i * n + c];
            bool more = f > most;

            ((float *)ev->column[out[c]])[i] = f;
            best = more ? (int64_t)c : best;
            most = more ? f : most;
        }
        index[i] = best;
    }
}

static void
vote_emit_labels(const hr_classes *classes, const int64_t *index, void *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (classes->string != NULL) {
            ((hr_span *)labels)[i] = classes->string[index[i]];
        } else {
            ((int64_t *)labels)[i] = classes->number[index[i]];
        }
    }
}

void
hr_vote_emit(const hr_vote *vote, double *sums, hr_eval *ev, const uint32_t *out)
{
    const hr_classes *classes = vote->classes;

    if (classes != NULL && vote->binary == HR_BINARY_NO && vote->transform == HR_TRANSFORM_NONE &&
        vote->kind != HR_MODEL_DOUBLE && vote->scores == vote->sums) {
        int64_t *index = ev->column[out[vote->scores]];

        if (vote->scores == 4) {
            vote_emit_sums(sums, 4, ev, out, index);
        } else {
            vote_emit_sums(sums, vote->scores, ev, out, index);
        }
        vote_emit_labels(classes, index, ev->column[out[vote->scores + 1]], ev->rows);
        return;
    }
    for (size_t i = 0; i < ev->rows; i++) {
        double pair[2];
        size_t best =
            vote_emit_row(vote, vote_scores(vote, sums + i * vote->sums, pair), ev, out, i);

        if (classes == NULL) {
            continue;
        }
        ((int64_t *)ev->column[out[vote->scores]])[i] = (int64_t)best;
        if (classes->string != NULL) {
            ((hr_span *)ev->column[out[vote->scores + 1]])[i] = classes->string[best];
        } else {
            ((int64_t *)ev->column[out[vote->scores + 1]])[i] = classes->number[best];
        }
    }
}
