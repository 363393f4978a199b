/* Add, Mul, Exp, Softmax and ArgMax on columns of float or double.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/build.h"

#include <assert.h>
#include <math.h>

/* One operand: columns, or one number per column. */
typedef struct arith_side {
    const uint32_t *columns;
    const double *number;
} arith_side;

typedef struct arith_param {
    hr_model_kind kind;
    bool add; /* else multiply */
    arith_side left, right;
} arith_param;

static inline double
arith_at(const arith_side *side, hr_model_kind kind, const hr_eval *ev, size_t c, size_t i)
{
    if (side->number != NULL) {
        return side->number[c];
    }
    return kind == HR_MODEL_FLOAT ? (double)((const float *)ev->column[side->columns[c]])[i]
                                  : ((const double *)ev->column[side->columns[c]])[i];
}

/* A float sum or product rounded once from double is the float operation's own result. */
static void
arith_run(const hr_plan_step *step, hr_eval *ev)
{
    const arith_param *p = step->param;

    for (size_t c = 0; c < step->n_out; c++) {
        void *out = ev->column[step->out[c]];

        for (size_t i = 0; i < ev->rows; i++) {
            double l = arith_at(&p->left, p->kind, ev, c, i);
            double r = arith_at(&p->right, p->kind, ev, c, i);
            double v = p->add ? l + r : l * r;

            if (p->kind == HR_MODEL_FLOAT) {
                ((float *)out)[i] = (float)v;
            } else {
                ((double *)out)[i] = v;
            }
        }
    }
}

static int
arith_constant(hr_build *b, hr_node *node, size_t input, const hr_value *other, arith_side *side)
{
    double *list = hr_arena_calloc(b->arena, other->n + 1, sizeof(*list));
    hr_tensor t;
    int rc = hr_node_need_constant(b, node, input, &t);

    if (rc != HR_OK) {
        return rc;
    }
    if (list == NULL) {
        return hr_build_oom(b);
    }
    if (t.data_type != (other->kind == HR_MODEL_FLOAT ? HR_ONNX_FLOAT : HR_ONNX_DOUBLE)) {
        return hr_build_fail(b, node, "the constant has another type than the columns");
    }
    /* The last dimension runs along the columns, the others must be 1. */
    if ((t.n != 1 && t.n != other->n) || t.rank > other->rank ||
        (t.n > 1 && t.dim[t.rank - 1] != (int64_t)t.n)) {
        return hr_build_fail(b, node, "a constant of %zu numbers does not fit %zu columns", t.n,
                             other->n);
    }
    if (other->rank == 1 && t.n != 1) {
        return hr_build_fail(b, node, "a constant of %zu numbers does not fit one column", t.n);
    }
    for (size_t c = 0; c < other->n; c++) {
        list[c] = t.real[t.n == 1 ? 0 : c];
    }
    side->number = list;
    return HR_OK;
}

static int
arith_side_read(hr_build *b, hr_node *node, size_t input, const hr_value *shape, arith_side *side)
{
    const hr_value *v = node->in[input];

    if (v != NULL && v->constant != NULL) {
        return arith_constant(b, node, input, shape, side);
    }
    if (v == NULL || v->kind != shape->kind || v->rank != shape->rank || v->n != shape->n) {
        return hr_build_fail(b, node, "the two inputs differ in type or shape");
    }
    side->columns = v->columns;
    return HR_OK;
}

static int
arith_compile(hr_build *b, hr_node *node)
{
    arith_param *p = hr_arena_calloc(b->arena, 1, sizeof(*p));
    size_t shaped = node->in[0] != NULL && node->in[0]->constant != NULL ? 1 : 0;
    const hr_value *shape = node->in[shaped];
    int rc = hr_node_need_kind(b, node, shaped, HR_KINDS_REAL);

    if (rc != HR_OK) {
        return rc;
    }
    assert(shape != NULL);
    if (p == NULL) {
        return hr_build_oom(b);
    }
    p->kind = shape->kind;
    p->add = strcmp(node->proto->op_type, "Add") == 0;
    if ((rc = arith_side_read(b, node, 0, shape, &p->left)) != HR_OK ||
        (rc = arith_side_read(b, node, 1, shape, &p->right)) != HR_OK ||
        (rc = hr_build_output(b, &node->out[0], p->kind, shape->rank, shape->n)) != HR_OK) {
        return rc;
    }
    return hr_build_step(b, arith_run, p, shape, &node->out[0]) != NULL ? HR_OK : hr_build_oom(b);
}

static double
real_at(const hr_plan_step *step, const hr_eval *ev, hr_model_kind kind, size_t c, size_t i)
{
    const void *column = ev->column[step->in[c]];

    return kind == HR_MODEL_FLOAT ? (double)((const float *)column)[i]
                                  : ((const double *)column)[i];
}

static void
real_put(const hr_plan_step *step, hr_eval *ev, hr_model_kind kind, size_t c, size_t i, double v)
{
    void *column = ev->column[step->out[c]];

    if (kind == HR_MODEL_FLOAT) {
        ((float *)column)[i] = (float)v;
    } else {
        ((double *)column)[i] = v;
    }
}

static void
exp_run(const hr_plan_step *step, hr_eval *ev)
{
    const hr_model_kind *kind = step->param;

    for (size_t c = 0; c < step->n_in; c++) {
        for (size_t i = 0; i < ev->rows; i++) {
            real_put(step, ev, *kind, c, i, exp(real_at(step, ev, *kind, c, i)));
        }
    }
}

static void
softmax_run(const hr_plan_step *step, hr_eval *ev)
{
    const hr_model_kind *kind = step->param;

    for (size_t i = 0; i < ev->rows; i++) {
        double max = -INFINITY, sum = 0;

        for (size_t c = 0; c < step->n_in; c++) {
            max = fmax(max, real_at(step, ev, *kind, c, i));
        }
        for (size_t c = 0; c < step->n_in; c++) {
            sum += exp(real_at(step, ev, *kind, c, i) - max);
        }
        for (size_t c = 0; c < step->n_in; c++) {
            real_put(step, ev, *kind, c, i, exp(real_at(step, ev, *kind, c, i) - max) / sum);
        }
    }
}

/* A step from columns of float or double to columns of the same kind. */
static int
real_compile(hr_build *b, hr_node *node, void (*run)(const hr_plan_step *, hr_eval *))
{
    hr_model_kind *kind = hr_arena_calloc(b->arena, 1, sizeof(*kind));
    const hr_value *in = node->in[0];
    int rc = hr_node_need_kind(b, node, 0, HR_KINDS_REAL);

    if (rc != HR_OK) {
        return rc;
    }
    if (kind == NULL) {
        return hr_build_oom(b);
    }
    *kind = in->kind;
    rc = hr_build_output(b, &node->out[0], *kind, in->rank, in->n);
    if (rc != HR_OK) {
        return rc;
    }
    return hr_build_step(b, run, kind, in, &node->out[0]) != NULL ? HR_OK : hr_build_oom(b);
}

static int
exp_compile(hr_build *b, hr_node *node)
{
    return real_compile(b, node, exp_run);
}

static int
softmax_compile(hr_build *b, hr_node *node)
{
    int64_t axis = hr_attr_int(node, "axis", node->opset < 13 ? 1 : -1);
    int rc = hr_node_need_columns(b, node, 0);

    if (rc == HR_OK && (node->in[0]->rank != 2 || (axis != 1 && axis != -1))) {
        return hr_build_fail(b, node, "axis %lld is not supported; only the last of two is",
                             (long long)axis);
    }
    return rc == HR_OK ? real_compile(b, node, softmax_run) : rc;
}

typedef struct argmax_param {
    hr_model_kind kind;
    bool last; /* of equal maxima */
} argmax_param;

static void
argmax_run(const hr_plan_step *step, hr_eval *ev)
{
    const argmax_param *p = step->param;
    int64_t *out = ev->column[step->out[0]];

    for (size_t i = 0; i < ev->rows; i++) {
        double max = real_at(step, ev, p->kind, 0, i);

        out[i] = 0;
        for (size_t c = 1; c < step->n_in; c++) {
            double v = real_at(step, ev, p->kind, c, i);

            if (v > max || (p->last && v == max)) {
                max = v;
                out[i] = (int64_t)c;
            }
        }
    }
}

/* The classes of an ArgMax are the numbers of its columns. */
static int
argmax_classes(hr_build *b, const hr_value *in, const hr_value *out)
{
    hr_plan_column *column = &b->model->columns[out->columns[0]];
    hr_classes *classes = hr_arena_calloc(b->arena, 1, sizeof(*classes));
    int64_t *number = hr_arena_calloc(b->arena, in->n, sizeof(*number));

    if (classes == NULL || number == NULL) {
        return hr_build_oom(b);
    }
    for (size_t i = 0; i < in->n; i++) {
        number[i] = (int64_t)i;
    }
    *classes = (hr_classes){in->n, number, NULL};
    column->classes = classes;
    column->class_index = out->columns[0];
    return HR_OK;
}

static int
argmax_compile(hr_build *b, hr_node *node)
{
    int64_t axis = hr_attr_int(node, "axis", 0);
    argmax_param *p = hr_arena_calloc(b->arena, 1, sizeof(*p));
    const hr_value *in = node->in[0];
    size_t rank = hr_attr_int(node, "keepdims", 1) != 0 ? 2 : 1;
    int rc = hr_node_need_kind(b, node, 0, HR_KINDS_REAL);

    if (rc != HR_OK) {
        return rc;
    }
    if (in->rank != 2 || (axis != 1 && axis != -1) || in->n > b->limits.classes) {
        return hr_build_fail(b, node, "axis %lld of %zu columns is not supported", (long long)axis,
                             in->n);
    }
    if (p == NULL) {
        return hr_build_oom(b);
    }
    *p = (argmax_param){in->kind, hr_attr_int(node, "select_last_index", 0) != 0};
    if ((rc = hr_build_output(b, &node->out[0], HR_MODEL_INT64, rank, 1)) != HR_OK ||
        (rc = argmax_classes(b, in, &node->out[0])) != HR_OK) {
        return rc;
    }
    return hr_build_step(b, argmax_run, p, in, &node->out[0]) != NULL ? HR_OK : hr_build_oom(b);
}

static const hr_attr_spec arith_attributes[] = {{0}};
static const hr_attr_spec softmax_attributes[] = {{"axis", HR_ATTR_INT}, {0}};
static const hr_attr_spec argmax_attributes[] = {
    {"axis", HR_ATTR_INT},
    {"keepdims", HR_ATTR_INT},
    {"select_last_index", HR_ATTR_INT},
    {0},
};

const hr_op_spec hr_ops_arith[] = {
    {"Add", false, 7, 27, 2, 2, 1, arith_attributes, arith_compile},
    {"Mul", false, 7, 27, 2, 2, 1, arith_attributes, arith_compile},
    {"Exp", false, 7, 27, 1, 1, 1, arith_attributes, exp_compile},
    {"Softmax", false, 7, 27, 1, 1, 1, softmax_attributes, softmax_compile},
    {"ArgMax", false, 7, 27, 1, 1, 1, argmax_attributes, argmax_compile},
    {0},
};
