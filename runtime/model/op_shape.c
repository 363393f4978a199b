/* Operators that only name columns again: Concat, Reshape, Flatten, Identity, ArrayFeatureExtractor
 * and ZipMap. None of them has a step at run time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/build.h"

static const hr_attr_spec shape_no_attributes[] = {{0}};

static int
shape_identity(hr_build *b, hr_node *node)
{
    int rc = hr_node_need_columns(b, node, 0);

    if (rc == HR_OK) {
        hr_build_alias(&node->out[0], node->in[0], node->in[0]->rank);
    }
    return rc;
}

/* Inputs of one kind and rank, glued along the last axis. */
static int
concat_check(hr_build *b, const hr_node *node, size_t *columns)
{
    const hr_value *first = node->in[0];
    int64_t axis = hr_attr_int(node, "axis", 0);

    *columns = 0;
    for (size_t i = 0; i < node->n_in; i++) {
        int rc = hr_node_need_columns(b, node, i);

        if (rc != HR_OK) {
            return rc;
        }
        if (node->in[i]->kind != first->kind || node->in[i]->rank != first->rank) {
            return hr_build_fail(b, node, "input '%.80s' has another type or shape than '%.80s'",
                                 node->in[i]->name, first->name);
        }
        *columns += node->in[i]->n;
    }
    if (first->rank < 2 || (axis != -1 && axis != (int64_t)first->rank - 1)) {
        return hr_build_fail(b, node, "axis %lld is not supported; only the last one is",
                             (long long)axis);
    }
    if (*columns > b->limits.features) {
        return hr_build_fail(b, node, "%zu columns, the limit is %zu", *columns,
                             b->limits.features);
    }
    return HR_OK;
}

static int
shape_concat(hr_build *b, hr_node *node)
{
    size_t columns, at = 0;
    uint32_t *list;
    int rc = concat_check(b, node, &columns);

    if (rc != HR_OK || (rc = hr_build_list(b, columns, &list)) != HR_OK) {
        return rc;
    }
    for (size_t i = 0; i < node->n_in; i++) {
        memcpy(list + at, node->in[i]->columns, node->in[i]->n * sizeof(*list));
        at += node->in[i]->n;
    }
    hr_build_alias(&node->out[0], node->in[0], node->in[0]->rank);
    node->out[0].columns = list;
    node->out[0].n = columns;
    return HR_OK;
}

/* Size of axis i of a value beyond the rows. */
static int64_t
shape_axis(const hr_value *v, size_t i)
{
    return i + 1 == v->rank ? (int64_t)v->n : 1;
}

/* The rows must stay what they are: [-1 or 0, ...] whose product is the number of columns. */
static int
reshape_target(hr_build *b, const hr_node *node, const hr_tensor *shape)
{
    const hr_value *in = node->in[0];
    int64_t open = 0, product = 1;

    if (shape->integer == NULL || shape->n < 1 || shape->n > 3) {
        return hr_build_fail(b, node, "a shape of %zu numbers is not supported", shape->n);
    }
    for (size_t i = 0; i < shape->n; i++) {
        int64_t d = shape->integer[i];

        if (i == 0 ? d != -1 && d != 0 : d < -1 || (d == 0 && i >= in->rank)) {
            return hr_build_fail(b, node, "this shape would mix rows");
        }
        open += d == -1;
        if (i > 0 && d != -1 &&
            __builtin_mul_overflow(product, d == 0 ? shape_axis(in, i) : d, &product)) {
            return hr_build_fail(b, node, "the shape is too big");
        }
    }
    if (open > 1 || (shape->n == 3 && shape->integer[1] != 1) ||
        (shape->integer[0] == -1 || open == 0 ? product != (int64_t)in->n
                                              : product < 1 || (int64_t)in->n % product != 0)) {
        return hr_build_fail(b, node, "this shape would mix rows");
    }
    return HR_OK;
}

static int
shape_reshape(hr_build *b, hr_node *node)
{
    hr_tensor shape;
    int rc = hr_node_need_columns(b, node, 0);

    if (rc != HR_OK || (rc = hr_node_need_constant(b, node, 1, &shape)) != HR_OK) {
        return rc;
    }
    if (hr_attr_int(node, "allowzero", 0) != 0) {
        return hr_build_fail(b, node, "allowzero is not supported");
    }
    rc = reshape_target(b, node, &shape);
    if (rc == HR_OK) {
        hr_build_alias(&node->out[0], node->in[0], shape.n);
    }
    return rc;
}

static int
shape_flatten(hr_build *b, hr_node *node)
{
    int64_t axis = hr_attr_int(node, "axis", 1);
    int rc = hr_node_need_columns(b, node, 0);

    if (rc != HR_OK) {
        return rc;
    }
    if (axis != 1 && axis != 1 - (int64_t)node->in[0]->rank) {
        return hr_build_fail(b, node, "axis %lld is not supported; only 1 is", (long long)axis);
    }
    hr_build_alias(&node->out[0], node->in[0], 2);
    return HR_OK;
}

/* Columns by number, in the order of the second input. */
static int
shape_extract(hr_build *b, hr_node *node)
{
    const hr_value *in = node->in[0];
    hr_tensor which;
    uint32_t *list;
    int rc = hr_node_need_columns(b, node, 0);

    if (rc != HR_OK || (rc = hr_node_need_constant(b, node, 1, &which)) != HR_OK) {
        return rc;
    }
    if (which.integer == NULL || which.n < 1 || which.n > b->limits.features || in->rank != 2) {
        return hr_build_fail(b, node, "only a choice of columns from [N, F] is supported");
    }
    rc = hr_build_list(b, which.n, &list);
    if (rc != HR_OK) {
        return rc;
    }
    for (size_t i = 0; i < which.n; i++) {
        if (which.integer[i] < 0 || which.integer[i] >= (int64_t)in->n) {
            return hr_build_fail(b, node, "column %lld of %zu", (long long)which.integer[i], in->n);
        }
        list[i] = in->columns[which.integer[i]];
    }
    hr_build_alias(&node->out[0], in, 2);
    node->out[0].columns = list;
    node->out[0].n = which.n;
    return HR_OK;
}

/* A map from label to score per row; its scores are the columns that go in. */
static int
shape_zipmap(hr_build *b, hr_node *node)
{
    const HrOnnx__Attribute *numbers = hr_attr(node, "classlabels_int64s");
    const HrOnnx__Attribute *strings = hr_attr(node, "classlabels_strings");
    size_t n = numbers != NULL ? numbers->n_ints : strings != NULL ? strings->n_strings : 0;
    int rc = hr_node_need_kind(b, node, 0, HR_KINDS_REAL);

    if (rc == HR_OK && ((numbers != NULL) == (strings != NULL) || n != node->in[0]->n)) {
        return hr_build_fail(b, node, "%zu labels for %zu scores", n, node->in[0]->n);
    }
    return rc == HR_OK ? shape_identity(b, node) : rc;
}

static const hr_attr_spec concat_attributes[] = {{"axis", HR_ATTR_INT}, {0}};
static const hr_attr_spec reshape_attributes[] = {{"allowzero", HR_ATTR_INT}, {0}};
static const hr_attr_spec zipmap_attributes[] = {
    {"classlabels_int64s", HR_ATTR_INTS},
    {"classlabels_strings", HR_ATTR_STRINGS},
    {0},
};

const hr_op_spec hr_ops_shape[] = {
    {"Identity", false, 7, 27, 1, 1, 1, shape_no_attributes, shape_identity},
    {"Concat", false, 7, 27, 1, 65536, 1, concat_attributes, shape_concat},
    {"Reshape", false, 7, 27, 2, 2, 1, reshape_attributes, shape_reshape},
    {"Flatten", false, 7, 27, 1, 1, 1, concat_attributes, shape_flatten},
    {"ArrayFeatureExtractor", true, 1, 5, 2, 2, 1, shape_no_attributes, shape_extract},
    {"ZipMap", true, 1, 5, 1, 1, 1, zipmap_attributes, shape_zipmap},
    {0},
};
