/* Imputer, Scaler and Normalizer. They work in float because the graph says so: what comes next was
 * trained on values that were rounded there.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/build.h"

#include <math.h>

typedef struct imputer_param {
    hr_model_kind kind;
    const double *fill; /* one per column */
    const int64_t *fill_whole;
    double replaced;
    int64_t replaced_whole;
} imputer_param;

static bool
imputer_is_replaced(const imputer_param *p, double v)
{
    return isnan(p->replaced) ? isnan(v) : v == p->replaced;
}

static void
imputer_run(const hr_plan_step *step, hr_eval *ev)
{
    const imputer_param *p = step->param;

    for (size_t c = 0; c < step->n_in; c++) {
        const void *in = ev->column[step->in[c]];
        void *out = ev->column[step->out[c]];

        for (size_t i = 0; i < ev->rows; i++) {
            if (p->kind == HR_MODEL_FLOAT) {
                float v = ((const float *)in)[i];
                ((float *)out)[i] = imputer_is_replaced(p, (double)v) ? (float)p->fill[c] : v;
            } else if (p->kind == HR_MODEL_DOUBLE) {
                double v = ((const double *)in)[i];
                ((double *)out)[i] = imputer_is_replaced(p, v) ? p->fill[c] : v;
            } else {
                int64_t v = ((const int64_t *)in)[i];
                ((int64_t *)out)[i] = v == p->replaced_whole ? p->fill_whole[c] : v;
            }
        }
    }
}

/* One number per column from a list of one or n numbers. NULL: out of memory. */
static const double *
scale_spread(hr_build *b, const HrOnnx__Attribute *a, size_t n, double absent)
{
    double *list = hr_arena_calloc(b->arena, n + 1, sizeof(*list));

    for (size_t i = 0; list != NULL && i < n; i++) {
        list[i] = a != NULL ? (double)a->floats[a->n_floats == 1 ? 0 : i] : absent;
    }
    return list;
}

static const int64_t *
scale_spread_whole(hr_build *b, const HrOnnx__Attribute *a, size_t n)
{
    int64_t *list = hr_arena_calloc(b->arena, n + 1, sizeof(*list));

    for (size_t i = 0; list != NULL && i < n; i++) {
        list[i] = a->ints[a->n_ints == 1 ? 0 : i];
    }
    return list;
}

static int
imputer_compile(hr_build *b, hr_node *node)
{
    const HrOnnx__Attribute *reals = hr_attr(node, "imputed_value_floats");
    const HrOnnx__Attribute *wholes = hr_attr(node, "imputed_value_int64s");
    imputer_param *p = hr_arena_calloc(b->arena, 1, sizeof(*p));
    const hr_value *in = node->in[0];
    size_t n = reals != NULL ? reals->n_floats : wholes != NULL ? wholes->n_ints : 0;
    int rc = hr_node_need_kind(b, node, 0, reals != NULL ? HR_KINDS_REAL : 1u << HR_MODEL_INT64);

    if (rc != HR_OK) {
        return rc;
    }
    if ((reals != NULL) == (wholes != NULL) || (n != 1 && n != in->n)) {
        return hr_build_fail(b, node, "%zu imputed values for %zu columns", n, in->n);
    }
    if (p == NULL) {
        return hr_build_oom(b);
    }
    p->kind = in->kind;
    p->replaced = (double)hr_attr_float(node, "replaced_value_float", 0);
    p->replaced_whole = hr_attr_int(node, "replaced_value_int64", 0);
    p->fill = reals != NULL ? scale_spread(b, reals, in->n, 0) : NULL;
    p->fill_whole = wholes != NULL ? scale_spread_whole(b, wholes, in->n) : NULL;
    if (p->fill == NULL && p->fill_whole == NULL) {
        return hr_build_oom(b);
    }
    rc = hr_build_output(b, &node->out[0], in->kind, in->rank, in->n);
    if (rc != HR_OK) {
        return rc;
    }
    return hr_build_step(b, imputer_run, p, in, &node->out[0]) != NULL ? HR_OK : hr_build_oom(b);
}

typedef struct scaler_param {
    hr_model_kind kind;
    const double *offset, *scale; /* floats, widened */
} scaler_param;

static double
scaler_wide(hr_model_kind kind, const void *in, size_t i)
{
    return kind == HR_MODEL_DOUBLE ? ((const double *)in)[i] : (double)((const int64_t *)in)[i];
}

static void
scaler_run(const hr_plan_step *step, hr_eval *ev)
{
    const scaler_param *p = step->param;

    for (size_t c = 0; c < step->n_in; c++) {
        const void *in = ev->column[step->in[c]];
        float *out = ev->column[step->out[c]];

        if (p->kind == HR_MODEL_FLOAT) {
            for (size_t i = 0; i < ev->rows; i++) {
                out[i] = (((const float *)in)[i] - (float)p->offset[c]) * (float)p->scale[c];
            }
            continue;
        }
        for (size_t i = 0; i < ev->rows; i++) {
            out[i] = (float)((scaler_wide(p->kind, in, i) - p->offset[c]) * p->scale[c]);
        }
    }
}

static int
scaler_compile(hr_build *b, hr_node *node)
{
    const HrOnnx__Attribute *offset = hr_attr(node, "offset");
    const HrOnnx__Attribute *scale = hr_attr(node, "scale");
    scaler_param *p = hr_arena_calloc(b->arena, 1, sizeof(*p));
    const hr_value *in = node->in[0];
    int rc = hr_node_need_kind(b, node, 0, HR_KINDS_NUMBER);

    if (rc != HR_OK) {
        return rc;
    }
    if ((offset != NULL && offset->n_floats != 1 && offset->n_floats != in->n) ||
        (scale != NULL && scale->n_floats != 1 && scale->n_floats != in->n)) {
        return hr_build_fail(b, node, "offset or scale does not fit %zu columns", in->n);
    }
    if (p == NULL) {
        return hr_build_oom(b);
    }
    p->kind = in->kind;
    p->offset = scale_spread(b, offset, in->n, 0);
    p->scale = scale_spread(b, scale, in->n, 1);
    if (p->offset == NULL || p->scale == NULL) {
        return hr_build_oom(b);
    }
    rc = hr_build_output(b, &node->out[0], HR_MODEL_FLOAT, in->rank, in->n);
    if (rc != HR_OK) {
        return rc;
    }
    return hr_build_step(b, scaler_run, p, in, &node->out[0]) != NULL ? HR_OK : hr_build_oom(b);
}

typedef enum normalizer_norm { NORM_MAX, NORM_L1, NORM_L2 } normalizer_norm;

typedef struct normalizer_param {
    normalizer_norm norm;
} normalizer_param;

static double
normalizer_size(normalizer_norm norm, const hr_plan_step *step, const hr_eval *ev, size_t row)
{
    double size = norm == NORM_MAX ? -INFINITY : 0;

    for (size_t c = 0; c < step->n_in; c++) {
        double v = (double)((const float *)ev->column[step->in[c]])[row];

        size = norm == NORM_MAX  ? (v > size ? v : size)
               : norm == NORM_L1 ? size + fabs(v)
                                 : size + v * v;
    }
    return norm == NORM_L2 ? sqrt(size) : size;
}

static void
normalizer_run(const hr_plan_step *step, hr_eval *ev)
{
    const normalizer_param *p = step->param;

    for (size_t i = 0; i < ev->rows; i++) {
        double size = normalizer_size(p->norm, step, ev, i);

        for (size_t c = 0; c < step->n_in; c++) {
            float v = ((const float *)ev->column[step->in[c]])[i];

            ((float *)ev->column[step->out[c]])[i] = size != 0 ? (float)((double)v / size) : v;
        }
    }
}

static int
normalizer_compile(hr_build *b, hr_node *node)
{
    normalizer_param *p = hr_arena_calloc(b->arena, 1, sizeof(*p));
    hr_value in = {.name = ""};
    int rc = hr_node_need_kind(b, node, 0, HR_KINDS_NUMBER);

    if (rc != HR_OK) {
        return rc;
    }
    if (p == NULL) {
        return hr_build_oom(b);
    }
    if (hr_attr_is(node, "norm", "MAX", "MAX")) {
        p->norm = NORM_MAX;
    } else if (hr_attr_is(node, "norm", "L1", "MAX")) {
        p->norm = NORM_L1;
    } else if (hr_attr_is(node, "norm", "L2", "MAX")) {
        p->norm = NORM_L2;
    } else {
        return hr_build_fail(b, node, "the norm must be MAX, L1 or L2");
    }
    if ((rc = hr_build_cast(b, node->in[0], HR_MODEL_FLOAT, &in)) != HR_OK ||
        (rc = hr_build_output(b, &node->out[0], HR_MODEL_FLOAT, in.rank, in.n)) != HR_OK) {
        return rc;
    }
    return hr_build_step(b, normalizer_run, p, &in, &node->out[0]) != NULL ? HR_OK
                                                                           : hr_build_oom(b);
}

static const hr_attr_spec imputer_attributes[] = {
    {"imputed_value_floats", HR_ATTR_FLOATS},
    {"imputed_value_int64s", HR_ATTR_INTS},
    {"replaced_value_float", HR_ATTR_FLOAT},
    {"replaced_value_int64", HR_ATTR_INT},
    {0},
};
static const hr_attr_spec scaler_attributes[] = {
    {"offset", HR_ATTR_FLOATS},
    {"scale", HR_ATTR_FLOATS},
    {0},
};
static const hr_attr_spec normalizer_attributes[] = {{"norm", HR_ATTR_STRING}, {0}};

const hr_op_spec hr_ops_scale[] = {
    {"Imputer", true, 1, 5, 1, 1, 1, imputer_attributes, imputer_compile},
    {"Scaler", true, 1, 5, 1, 1, 1, scaler_attributes, scaler_compile},
    {"Normalizer", true, 1, 5, 1, 1, 1, normalizer_attributes, normalizer_compile},
    {0},
};
