/* Cast and FeatureVectorizer. A cast rounds exactly as the graph says (C's conversions, as in every
 * other engine), because a feature that is rounded elsewhere can fall on the other side of a split.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/build.h"

#include <math.h>

/* Truncates; what does not fit gives the smallest number, as the processor does. */
static int64_t
cast_whole(double v)
{
    return v >= -0x1p63 && v < 0x1p63 ? (int64_t)v : INT64_MIN;
}

static int64_t
cast_int32(int64_t v)
{
    uint32_t low = (uint32_t)(uint64_t)v;

    return low < 0x80000000u ? (int64_t)low : (int64_t)low - 0x100000000;
}

static int64_t
cast_real_to_whole(double v, hr_model_kind to)
{
    if (to == HR_MODEL_BOOL) {
        return v != 0;
    }
    if (to == HR_MODEL_INT32 && !(v > -2147483649.0 && v < 2147483648.0)) {
        return INT32_MIN;
    }
    return cast_whole(v);
}

static void
cast_from_float(const float *in, void *out, size_t n, hr_model_kind to)
{
    if (to == HR_MODEL_DOUBLE) {
        for (size_t i = 0; i < n; i++) {
            ((double *)out)[i] = (double)in[i];
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ((int64_t *)out)[i] = cast_real_to_whole((double)in[i], to);
    }
}

static void
cast_from_double(const double *in, void *out, size_t n, hr_model_kind to)
{
    if (to == HR_MODEL_FLOAT) {
        for (size_t i = 0; i < n; i++) {
            ((float *)out)[i] = (float)in[i];
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ((int64_t *)out)[i] = cast_real_to_whole(in[i], to);
    }
}

static void
cast_from_whole(const int64_t *in, void *out, size_t n, hr_model_kind to)
{
    for (size_t i = 0; i < n; i++) {
        if (to == HR_MODEL_FLOAT) {
            ((float *)out)[i] = (float)in[i];
        } else if (to == HR_MODEL_DOUBLE) {
            ((double *)out)[i] = (double)in[i];
        } else {
            ((int64_t *)out)[i] = to == HR_MODEL_BOOL    ? in[i] != 0
                                  : to == HR_MODEL_INT32 ? cast_int32(in[i])
                                                         : in[i];
        }
    }
}

typedef struct cast_param {
    hr_model_kind from, to;
} cast_param;

static void
cast_run(const hr_plan_step *step, hr_eval *ev)
{
    const cast_param *p = step->param;

    for (size_t c = 0; c < step->n_in; c++) {
        const void *in = ev->column[step->in[c]];
        void *out = ev->column[step->out[c]];

        if (p->from == HR_MODEL_FLOAT) {
            cast_from_float(in, out, ev->rows, p->to);
        } else if (p->from == HR_MODEL_DOUBLE) {
            cast_from_double(in, out, ev->rows, p->to);
        } else {
            cast_from_whole(in, out, ev->rows, p->to);
        }
    }
}

/* A label stays a label when it is cast from one whole type to another. */
static void
cast_carry(hr_build *b, const hr_value *in, const hr_value *out)
{
    for (size_t c = 0; c < in->n; c++) {
        const hr_plan_column *from = &b->model->columns[in->columns[c]];
        hr_plan_column *to = &b->model->columns[out->columns[c]];

        to->source = from->source;
        if (out->kind == HR_MODEL_INT64 && from->classes != NULL && from->classes->number != NULL) {
            to->classes = from->classes;
            to->class_index = from->class_index;
        }
    }
}

int
hr_build_cast(hr_build *b, const hr_value *in, hr_model_kind kind, hr_value *out)
{
    cast_param *p;
    int rc;

    if (in->kind == kind) {
        hr_build_alias(out, in, in->rank);
        return HR_OK;
    }
    p = hr_arena_calloc(b->arena, 1, sizeof(*p));
    if (p == NULL) {
        return hr_build_oom(b);
    }
    *p = (cast_param){in->kind, kind};
    rc = hr_build_output(b, out, kind, in->rank, in->n);
    if (rc != HR_OK) {
        return rc;
    }
    cast_carry(b, in, out);
    return hr_build_step(b, cast_run, p, in, out) != NULL ? HR_OK : hr_build_oom(b);
}

static int
cast_compile(hr_build *b, hr_node *node)
{
    int64_t to = hr_attr_int(node, "to", 0);
    hr_model_kind kind;
    int rc = hr_node_need_columns(b, node, 0);

    if (rc != HR_OK) {
        return rc;
    }
    kind = to == HR_ONNX_FLOAT    ? HR_MODEL_FLOAT
           : to == HR_ONNX_DOUBLE ? HR_MODEL_DOUBLE
           : to == HR_ONNX_INT64  ? HR_MODEL_INT64
           : to == HR_ONNX_INT32  ? HR_MODEL_INT32
           : to == HR_ONNX_BOOL   ? HR_MODEL_BOOL
                                  : HR_MODEL_STRING;
    if (kind == HR_MODEL_STRING ? to != HR_ONNX_STRING || node->in[0]->kind != kind
                                : node->in[0]->kind == HR_MODEL_STRING) {
        return hr_build_fail(b, node, "cast to type %lld is not supported here", (long long)to);
    }
    return hr_build_cast(b, node->in[0], kind, &node->out[0]);
}

/* Concat of number columns, all made float. */
static int
vectorizer_join(hr_build *b, hr_node *node, size_t columns)
{
    uint32_t *list;
    size_t at = 0;
    int rc = hr_build_list(b, columns, &list);

    if (rc != HR_OK) {
        return rc;
    }
    for (size_t i = 0; i < node->n_in; i++) {
        hr_value part = {.name = node->in[i]->name};

        rc = hr_build_cast(b, node->in[i], HR_MODEL_FLOAT, &part);
        if (rc != HR_OK) {
            return rc;
        }
        for (size_t c = 0; c < part.n; c++) {
            list[at++] = part.columns[c];
        }
    }
    node->out[0].kind = HR_MODEL_FLOAT;
    node->out[0].rank = 2;
    node->out[0].n = columns;
    node->out[0].columns = list;
    return HR_OK;
}

static int
vectorizer_compile(hr_build *b, hr_node *node)
{
    const HrOnnx__Attribute *dims = hr_attr(node, "inputdimensions");
    size_t columns = 0;

    if (dims != NULL && dims->n_ints != node->n_in) {
        return hr_build_fail(b, node, "inputdimensions has %zu numbers for %zu inputs",
                             dims->n_ints, node->n_in);
    }
    for (size_t i = 0; i < node->n_in; i++) {
        int rc = hr_node_need_kind(b, node, i, HR_KINDS_NUMBER);

        if (rc != HR_OK) {
            return rc;
        }
        if (node->in[i]->rank > 2 || (dims != NULL && dims->ints[i] != (int64_t)node->in[i]->n)) {
            return hr_build_fail(b, node, "input '%.80s' has %zu columns, not what is declared",
                                 node->in[i]->name, node->in[i]->n);
        }
        columns += node->in[i]->n;
    }
    if (columns > b->limits.features) {
        return hr_build_fail(b, node, "%zu columns, the limit is %zu", columns, b->limits.features);
    }
    return vectorizer_join(b, node, columns);
}

static const hr_attr_spec cast_attributes[] = {{"to", HR_ATTR_INT}, {0}};
static const hr_attr_spec cast_attributes_19[] = {
    {"to", HR_ATTR_INT},
    {"saturate", HR_ATTR_INT}, /* for 8-bit floats only */
    {0},
};
static const hr_attr_spec vectorizer_attributes[] = {{"inputdimensions", HR_ATTR_INTS}, {0}};

const hr_op_spec hr_ops_cast[] = {
    {"Cast", false, 7, 18, 1, 1, 1, cast_attributes, cast_compile},
    {"Cast", false, 19, 27, 1, 1, 1, cast_attributes_19, cast_compile},
    {"FeatureVectorizer", true, 1, 5, 1, 65536, 1, vectorizer_attributes, vectorizer_compile},
    {0},
};
