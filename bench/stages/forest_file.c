/* SPDX-License-Identifier: Apache-2.0 */
#include "forest_file.h"
#include "onnx.pb-c.h"
#include "record/arena.h"
#include "stage.h"

#include <stdlib.h>

enum { ONNX_FLOAT = 1, ONNX_DOUBLE = 11 };
enum { ATTR_STRING = 3, ATTR_TENSOR = 4, ATTR_FLOATS = 6, ATTR_INTS = 7, ATTR_STRINGS = 8 };
enum { ATTRIBUTES_MAX = 16 };

typedef struct forest_writer {
    hr_arena *arena;
    size_t trees, inner, all; /* inner nodes and nodes of one tree */
    bool wide;
    uint64_t random;
    HrOnnx__Node node;
    HrOnnx__Attribute *attributes[ATTRIBUTES_MAX];
} forest_writer;

static void *
writer_alloc(forest_writer *w, size_t n, size_t size)
{
    void *block = hr_arena_calloc(w->arena, n, size);

    if (block == NULL) {
        stage_die("out of memory");
    }
    return block;
}

static HrOnnx__Attribute *
writer_attribute(forest_writer *w, const char *name, int32_t type)
{
    HrOnnx__Attribute *a = writer_alloc(w, 1, sizeof *a);

    hr_onnx__attribute__init(a);
    a->name = hr_arena_strdup(w->arena, name);
    a->type = type;
    a->has_type = true;
    w->attributes[w->node.n_attribute++] = a;
    return a;
}

static int64_t *
writer_ints(forest_writer *w, const char *name, size_t n)
{
    HrOnnx__Attribute *a = writer_attribute(w, name, ATTR_INTS);

    a->n_ints = n;
    a->ints = writer_alloc(w, n, sizeof *a->ints);
    return a->ints;
}

/* A list of reals: floats, or doubles in a tensor under another name. */
static void
writer_reals(forest_writer *w, const char *name, const double *v, size_t n)
{
    char *tensor_name = hr_arena_printf(w->arena, "%s_as_tensor", name);
    HrOnnx__Attribute *a =
        writer_attribute(w, w->wide ? tensor_name : name, w->wide ? ATTR_TENSOR : ATTR_FLOATS);

    if (w->wide) {
        a->t = writer_alloc(w, 1, sizeof *a->t);
        hr_onnx__tensor__init(a->t);
        a->t->n_dims = 1;
        a->t->dims = writer_alloc(w, 1, sizeof *a->t->dims);
        a->t->dims[0] = (int64_t)n;
        a->t->has_data_type = true;
        a->t->data_type = ONNX_DOUBLE;
        a->t->n_double_data = n;
        a->t->double_data = writer_alloc(w, n, sizeof(double));
        memcpy(a->t->double_data, v, n * sizeof *v);
        return;
    }
    a->n_floats = n;
    a->floats = writer_alloc(w, n, sizeof *a->floats);
    for (size_t i = 0; i < n; i++) {
        a->floats[i] = (float)v[i];
    }
}

/* In (0, 1). */
static double
writer_unit(forest_writer *w)
{
    return ((double)stage_random(&w->random) + 0.5) / 2147483648.0;
}

static ProtobufCBinaryData
writer_text(const char *text)
{
    return (ProtobufCBinaryData){strlen(text), (uint8_t *)(uintptr_t)text};
}

/* Node i of a tree in heap order: children 2i + 1 and 2i + 2, leaves last. */
static void
writer_nodes(forest_writer *w)
{
    size_t n = w->trees * w->all;
    int64_t *tree = writer_ints(w, "nodes_treeids", n), *id = writer_ints(w, "nodes_nodeids", n);
    int64_t *feature = writer_ints(w, "nodes_featureids", n);
    int64_t *yes = writer_ints(w, "nodes_truenodeids", n);
    int64_t *no = writer_ints(w, "nodes_falsenodeids", n);
    HrOnnx__Attribute *modes = writer_attribute(w, "nodes_modes", ATTR_STRINGS);
    double *value = writer_alloc(w, n, sizeof *value);

    modes->n_strings = n;
    modes->strings = writer_alloc(w, n, sizeof *modes->strings);
    for (size_t i = 0; i < n; i++) {
        size_t at = i % w->all;
        bool leaf = at >= w->inner;

        tree[i] = (int64_t)(i / w->all);
        id[i] = (int64_t)at;
        modes->strings[i] = writer_text(leaf ? "LEAF" : "BRANCH_LEQ");
        feature[i] = leaf ? 0 : (int64_t)(stage_random(&w->random) % FOREST_FEATURES);
        value[i] = leaf ? 0 : writer_unit(w);
        yes[i] = leaf ? 0 : (int64_t)(2 * at + 1);
        no[i] = leaf ? 0 : (int64_t)(2 * at + 2);
    }
    writer_reals(w, "nodes_values", value, n);
}

/* Every leaf votes for every class, and its weights are a distribution. */
static void
writer_votes(forest_writer *w)
{
    size_t leaves = w->all - w->inner, n = w->trees * leaves * FOREST_CLASSES;
    int64_t *tree = writer_ints(w, "class_treeids", n), *id = writer_ints(w, "class_nodeids", n);
    int64_t *class = writer_ints(w, "class_ids", n);
    double *weight = writer_alloc(w, n, sizeof *weight);

    for (size_t i = 0; i < n; i++) {
        size_t leaf = i / FOREST_CLASSES;

        tree[i] = (int64_t)(leaf / leaves);
        id[i] = (int64_t)(w->inner + leaf % leaves);
        class[i] = (int64_t)(i % FOREST_CLASSES);
        weight[i] = writer_unit(w) / (double)w->trees;
    }
    writer_reals(w, "class_weights", weight, n);
}

static void
writer_node(forest_writer *w)
{
    static char *in[] = {"x"}, *out[] = {"label", "scores"};
    int64_t *labels;

    hr_onnx__node__init(&w->node);
    w->node.attribute = w->attributes;
    w->node.n_input = 1;
    w->node.input = in;
    w->node.n_output = 2;
    w->node.output = out;
    w->node.name = "forest";
    w->node.op_type = "TreeEnsembleClassifier";
    w->node.domain = "ai.onnx.ml";
    writer_nodes(w);
    writer_votes(w);
    labels = writer_ints(w, "classlabels_int64s", FOREST_CLASSES);
    for (int64_t i = 0; i < FOREST_CLASSES; i++) {
        labels[i] = i;
    }
    writer_attribute(w, "post_transform", ATTR_STRING)->s = writer_text("NONE");
    w->attributes[w->node.n_attribute - 1]->has_s = true;
}

/* A value of the graph; width 0: a vector [N]. */
static HrOnnx__ValueInfo *
writer_value(forest_writer *w, char *name, int32_t type, int64_t width)
{
    HrOnnx__ValueInfo *info = writer_alloc(w, 1, sizeof *info);
    HrOnnx__TensorType *tensor = writer_alloc(w, 1, sizeof *tensor);
    HrOnnx__Dimension *dims = writer_alloc(w, 2, sizeof *dims);

    hr_onnx__value_info__init(info);
    info->name = name;
    info->type = writer_alloc(w, 1, sizeof *info->type);
    hr_onnx__type__init(info->type);
    info->type->tensor_type = tensor;
    hr_onnx__tensor_type__init(tensor);
    tensor->has_elem_type = true;
    tensor->elem_type = type;
    tensor->shape = writer_alloc(w, 1, sizeof *tensor->shape);
    hr_onnx__shape__init(tensor->shape);
    tensor->shape->n_dim = width > 0 ? 2 : 1;
    tensor->shape->dim = writer_alloc(w, 2, sizeof *tensor->shape->dim);
    for (size_t i = 0; i < 2; i++) {
        hr_onnx__dimension__init(&dims[i]);
        tensor->shape->dim[i] = &dims[i];
    }
    dims[0].dim_param = "N";
    dims[1].has_dim_value = true;
    dims[1].dim_value = width;
    return info;
}

static hr_span
writer_pack(forest_writer *w)
{
    HrOnnx__Model model = HR_ONNX__MODEL__INIT;
    HrOnnx__Graph graph = HR_ONNX__GRAPH__INIT;
    HrOnnx__OperatorSet ai = HR_ONNX__OPERATOR_SET__INIT, ml = HR_ONNX__OPERATOR_SET__INIT;
    HrOnnx__Node *nodes[] = {&w->node};
    HrOnnx__ValueInfo *in[] = {
        writer_value(w, "x", w->wide ? ONNX_DOUBLE : ONNX_FLOAT, FOREST_FEATURES)};
    HrOnnx__ValueInfo *out[] = {writer_value(w, "label", 7, 0),
                                writer_value(w, "scores", ONNX_FLOAT, FOREST_CLASSES)};
    HrOnnx__OperatorSet *opsets[] = {&ai, &ml};
    uint8_t *bytes;
    size_t n;

    graph.n_node = 1;
    graph.node = nodes;
    graph.n_input = 1;
    graph.input = in;
    graph.n_output = 2;
    graph.output = out;
    ai.domain = "";
    ai.has_version = ml.has_version = true;
    ai.version = 17;
    ml.domain = "ai.onnx.ml";
    ml.version = 3;
    model.has_ir_version = true;
    model.ir_version = 8;
    model.graph = &graph;
    model.n_opset_import = 2;
    model.opset_import = opsets;
    n = hr_onnx__model__get_packed_size(&model);
    bytes = malloc(n);
    if (bytes == NULL) {
        stage_die("out of memory");
    }
    hr_onnx__model__pack(&model, bytes);
    return (hr_span){bytes, n};
}

hr_span
forest_file(int trees, int depth, bool wide)
{
    forest_writer w = {.arena = hr_arena_create(1 << 20, 0),
                       .trees = (size_t)trees,
                       .inner = ((size_t)1 << depth) - 1,
                       .all = ((size_t)2 << depth) - 1,
                       .wide = wide,
                       .random = 20130101};
    hr_span file;

    writer_node(&w);
    file = writer_pack(&w);
    hr_arena_destroy(w.arena);
    return file;
}
