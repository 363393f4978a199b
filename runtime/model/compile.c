/* The graph: every name is made once and before it is used, every operator is one that we evaluate,
 * with attributes that we know. A file that asks for more is refused as a whole: a part that is
 * skipped would give wrong answers without an error.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/compile.h"

#include "model/text.h"

#define AI_OPSET_MIN 7
#define AI_OPSET_MAX 27
#define ML_OPSET_MAX 5

static const hr_op_spec *const compile_tables[] = {
    hr_ops_shape, hr_ops_cast,   hr_ops_encode, hr_ops_scale,
    hr_ops_arith, hr_ops_linear, hr_ops_tree,
};

static int
compile_fail(hr_build *b, const char *what, const char *name)
{
    return hr_fail_as(b->err, HR_NO_LOC, "bad-model", "%s '%.80s'", what, name);
}

static bool
compile_is_ai(const char *domain)
{
    return domain == NULL || domain[0] == '\0' || strcmp(domain, "ai.onnx") == 0;
}

static int
compile_opsets(hr_build *b, const HrOnnx__Model *proto)
{
    for (size_t i = 0; i < proto->n_opset_import; i++) {
        const HrOnnx__OperatorSet *set = proto->opset_import[i];

        if (compile_is_ai(set->domain)) {
            b->opset_ai = set->version;
            if (set->version < AI_OPSET_MIN || set->version > AI_OPSET_MAX) {
                return hr_fail_as(b->err, HR_NO_LOC, "bad-model",
                                  "operator set 'ai.onnx' %lld is not supported; %d to %d are",
                                  (long long)set->version, AI_OPSET_MIN, AI_OPSET_MAX);
            }
        } else if (strcmp(set->domain, "ai.onnx.ml") == 0) {
            b->opset_ml = set->version;
            if (set->version < 1 || set->version > ML_OPSET_MAX) {
                return hr_fail_as(b->err, HR_NO_LOC, "bad-model",
                                  "operator set 'ai.onnx.ml' %lld is not supported; 1 to %d are",
                                  (long long)set->version, ML_OPSET_MAX);
            }
        }
    }
    return HR_OK;
}

/* Enters a name; a second value of that name is an error unless `again` is not NULL. */
static int
compile_name(hr_build *b, const char *name, const HrOnnx__Tensor *constant, bool *again)
{
    uint32_t n = b->names.n, i;

    if (name == NULL || name[0] == '\0') {
        return hr_fail_as(b->err, HR_NO_LOC, "bad-model", "a value of the graph has no name");
    }
    i = hr_lookup_add_string(&b->names, hr_span_str(name));
    if (i != n) {
        if (again != NULL) {
            *again = true;
            return HR_OK;
        }
        return compile_fail(b, "the graph makes twice the value", name);
    }
    b->values[i] = (hr_value){.name = name, .constant = constant};
    return HR_OK;
}

static hr_value *
compile_find(hr_build *b, const char *name)
{
    uint32_t i = name != NULL ? hr_lookup_string(&b->names, hr_span_str(name)) : HR_LOOKUP_NONE;

    return i != HR_LOOKUP_NONE ? &b->values[i] : NULL;
}

static bool
compile_is_made(const hr_value *value)
{
    return value != NULL && (value->constant != NULL || value->columns != NULL);
}

/* Room for every name that the graph can make. */
static int
compile_names(hr_build *b, const HrOnnx__Graph *graph)
{
    size_t n = graph->n_input + graph->n_initializer;
    int rc;

    for (size_t i = 0; i < graph->n_node; i++) {
        n += graph->node[i]->n_output;
    }
    b->values = hr_arena_calloc(b->graph, n + 1, sizeof(*b->values));
    rc = hr_lookup_init_strings(&b->names, b->graph, n, b->model->seed);
    if (rc != HR_OK || b->values == NULL) {
        return hr_build_oom(b);
    }
    for (size_t i = 0; i < graph->n_initializer; i++) {
        rc = compile_name(b, graph->initializer[i]->name, graph->initializer[i], NULL);
        if (rc != HR_OK) {
            return rc;
        }
    }
    return HR_OK;
}

static int
compile_input_kind(hr_build *b, const HrOnnx__ValueInfo *info, hr_model_kind *kind)
{
    const HrOnnx__TensorType *type = info->type != NULL ? info->type->tensor_type : NULL;

    switch (type != NULL ? type->elem_type : 0) {
    case HR_ONNX_FLOAT:
        *kind = HR_MODEL_FLOAT;
        return HR_OK;
    case HR_ONNX_DOUBLE:
        *kind = HR_MODEL_DOUBLE;
        return HR_OK;
    case HR_ONNX_INT64:
        *kind = HR_MODEL_INT64;
        return HR_OK;
    case HR_ONNX_INT32:
        *kind = HR_MODEL_INT32;
        return HR_OK;
    case HR_ONNX_BOOL:
        *kind = HR_MODEL_BOOL;
        return HR_OK;
    case HR_ONNX_STRING:
        *kind = HR_MODEL_STRING;
        return HR_OK;
    default:
        return compile_fail(b, "the type is not supported of model input", info->name);
    }
}

/* [N] or [N, F]; whatever the file says about N. */
static int
compile_input_shape(hr_build *b, const HrOnnx__ValueInfo *info, size_t *rank, size_t *width)
{
    const HrOnnx__Shape *shape = info->type->tensor_type->shape;

    *rank = shape != NULL ? shape->n_dim : 0;
    *width = 1;
    if (*rank != 1 && *rank != 2) {
        return compile_fail(b, "the shape is not [N] or [N, F] of model input", info->name);
    }
    if (*rank == 2) {
        int64_t f = shape->dim[1]->dim_value;

        if (f < 1 || (uint64_t)f > b->limits.features) {
            return compile_fail(b, "the second dimension is not a number of columns of model input",
                                info->name);
        }
        *width = (size_t)f;
    }
    return HR_OK;
}

static int
compile_input(hr_build *b, const HrOnnx__ValueInfo *info)
{
    hr_model *m = b->model;
    hr_model_input *input = &m->inputs[m->n_inputs];
    bool is_constant = false;
    hr_value *value;
    size_t rank;
    int rc = compile_name(b, info->name, NULL, &is_constant);

    if (rc != HR_OK) {
        return rc;
    }
    value = compile_find(b, info->name);
    if (is_constant) { /* before ir 4 every initializer is an input, too */
        return value->constant != NULL
                   ? HR_OK
                   : compile_fail(b, "the graph has twice the input", info->name);
    }
    if ((rc = compile_input_kind(b, info, &input->kind)) != HR_OK ||
        (rc = compile_input_shape(b, info, &rank, &input->width)) != HR_OK ||
        (rc = hr_build_output(b, value, input->kind, rank, input->width)) != HR_OK) {
        return rc;
    }
    input->name = (const char *)hr_text_copy(b->arena, hr_span_str(info->name)).data;
    input->first = m->n_input_columns;
    m->n_input_columns += input->width;
    for (size_t i = 0; i < value->n; i++) {
        m->columns[value->columns[i]].source = value->columns[i];
    }
    m->n_inputs++;
    return input->name != NULL ? HR_OK : hr_build_oom(b);
}

static int
compile_inputs(hr_build *b, const HrOnnx__Graph *graph)
{
    b->model->inputs = hr_arena_calloc(b->arena, graph->n_input + 1, sizeof(*b->model->inputs));
    if (b->model->inputs == NULL) {
        return hr_build_oom(b);
    }
    for (size_t i = 0; i < graph->n_input; i++) {
        int rc = compile_input(b, graph->input[i]);

        if (rc != HR_OK) {
            return rc;
        }
    }
    if (b->model->n_inputs == 0) {
        return hr_fail_as(b->err, HR_NO_LOC, "bad-model", "the graph has no input");
    }
    return HR_OK;
}

/* The operator of a node by name, domain and version of its operator set; NULL: refused. */
static const hr_op_spec *
compile_find_op(hr_build *b, hr_node *node)
{
    const HrOnnx__Node *proto = node->proto;
    bool ai = compile_is_ai(proto->domain);
    bool known = false;

    node->opset = ai ? b->opset_ai : b->opset_ml;
    if (proto->op_type == NULL) {
        (void)hr_fail_as(b->err, HR_NO_LOC, "bad-model", "a node of the graph has no operator");
        return NULL;
    }
    if (!ai && strcmp(proto->domain, "ai.onnx.ml") != 0) {
        hr_build_report(b, node, "domain '%.60s' is not supported", proto->domain);
        return NULL;
    }
    for (size_t t = 0; t < sizeof(compile_tables) / sizeof(*compile_tables); t++) {
        for (const hr_op_spec *op = compile_tables[t]; op->name != NULL; op++) {
            if (op->ml != !ai || strcmp(op->name, proto->op_type) != 0) {
                continue;
            }
            known = true;
            if (node->opset >= op->opset_min && node->opset <= op->opset_max) {
                return op;
            }
        }
    }
    if (known) {
        hr_build_report(b, node, "not supported in version %lld of its operator set",
                        (long long)node->opset);
    } else {
        hr_build_report(b, node, "headrace does not evaluate this operator");
    }
    return NULL;
}

/* The type that an attribute has by what it holds; files before ir 2 do not say. */
static bool
compile_attr_is(const HrOnnx__Attribute *a, hr_attr_type type)
{
    if (a->has_type && a->type != 0) {
        return a->type == (int32_t)type;
    }
    switch (type) {
    case HR_ATTR_FLOAT:
        return a->has_f;
    case HR_ATTR_INT:
        return a->has_i;
    case HR_ATTR_STRING:
        return a->has_s;
    case HR_ATTR_TENSOR:
        return a->t != NULL;
    default:
        return true;
    }
}

static int
compile_attributes(hr_build *b, const hr_node *node, const hr_op_spec *op)
{
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const HrOnnx__Attribute *a = node->proto->attribute[i];
        const hr_attr_spec *spec = op->attributes;

        if (a->name == NULL) {
            return hr_build_fail(b, node, "an attribute has no name");
        }
        while (spec->name != NULL && strcmp(spec->name, a->name) != 0) {
            spec++;
        }
        if (spec->name == NULL) {
            return hr_build_fail(b, node, "attribute '%.80s' is not supported", a->name);
        }
        if (!compile_attr_is(a, spec->type) || (spec->type == HR_ATTR_TENSOR && a->t == NULL)) {
            return hr_build_fail(b, node, "attribute '%.80s' has a wrong type", a->name);
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(node->proto->attribute[k]->name, a->name) == 0) {
                return hr_build_fail(b, node, "attribute '%.80s' comes twice", a->name);
            }
        }
    }
    return HR_OK;
}

static int
compile_node_inputs(hr_build *b, hr_node *node, const hr_op_spec *op)
{
    node->n_in = node->proto->n_input;
    if (node->n_in < op->in_min || node->n_in > op->in_max) {
        return hr_build_fail(b, node, "%zu inputs are not supported", node->n_in);
    }
    node->in = hr_arena_calloc(b->temp, node->n_in + 1, sizeof(*node->in));
    if (node->in == NULL) {
        return hr_build_oom(b);
    }
    for (size_t i = 0; i < node->n_in; i++) {
        if (node->proto->input[i][0] == '\0') {
            continue;
        }
        node->in[i] = compile_find(b, node->proto->input[i]);
        if (!compile_is_made(node->in[i])) {
            return hr_build_fail(b, node, "input '%.80s' is made by no node before this one",
                                 node->proto->input[i]);
        }
    }
    return HR_OK;
}

/* Outputs are compiled into a list of their own and then entered under their names. */
static int
compile_node_outputs(hr_build *b, const hr_node *node)
{
    for (size_t i = 0; i < node->n_out; i++) {
        const char *name = node->proto->output[i];
        int rc;

        if (name[0] == '\0') {
            continue;
        }
        if ((rc = compile_name(b, name, NULL, NULL)) != HR_OK) {
            return rc;
        }
        *compile_find(b, name) = node->out[i];
    }
    return HR_OK;
}

static int
compile_node(hr_build *b, const HrOnnx__Node *proto)
{
    hr_node node = {.proto = proto, .n_out = proto->n_output};
    const hr_op_spec *op = compile_find_op(b, &node);
    int rc;

    if (op == NULL) {
        return HR_ECONFIG;
    }
    if ((rc = compile_attributes(b, &node, op)) != HR_OK ||
        (rc = compile_node_inputs(b, &node, op)) != HR_OK) {
        return rc;
    }
    if (node.n_out < 1 || node.n_out > op->out_max) {
        return hr_build_fail(b, &node, "%zu outputs are not supported", node.n_out);
    }
    node.out = hr_arena_calloc(b->temp, op->out_max, sizeof(*node.out));
    if (node.out == NULL) {
        return hr_build_oom(b);
    }
    for (size_t i = 0; i < op->out_max; i++) {
        node.out[i].name = i < node.n_out ? proto->output[i] : "";
    }
    rc = op->compile(b, &node);
    return rc == HR_OK ? compile_node_outputs(b, &node) : rc;
}

static int
compile_label(hr_build *b, const hr_value *v)
{
    const hr_plan_column *column;

    if (v->n != 1) {
        return compile_fail(b, "the label has more than one column: output", v->name);
    }
    column = &b->model->columns[v->columns[0]];
    if (column->classes == NULL || column->class_index == HR_NO_COLUMN) {
        return compile_fail(b, "the label does not come from a classifier: output", v->name);
    }
    if (b->model->label != HR_NO_COLUMN) {
        return compile_fail(b, "the graph has a second label: output", v->name);
    }
    b->model->label = v->columns[0];
    return HR_OK;
}

static int
compile_output(hr_build *b, const char *name)
{
    hr_value *v = compile_find(b, name);

    if (v == NULL || v->columns == NULL) {
        return compile_fail(b, "no node makes output", name != NULL ? name : "");
    }
    if (v->kind == HR_MODEL_INT64 || v->kind == HR_MODEL_INT32 || v->kind == HR_MODEL_STRING) {
        return compile_label(b, v);
    }
    if (v->kind != HR_MODEL_FLOAT && v->kind != HR_MODEL_DOUBLE) {
        return compile_fail(b, "neither label nor scores: output", name);
    }
    if (b->model->scores != NULL) {
        return compile_fail(b, "the graph has a second list of scores: output", name);
    }
    b->model->scores = v->columns;
    b->model->n_scores = v->n;
    return HR_OK;
}

/* A classifier has a label and perhaps its scores, a regressor one value. */
static int
compile_outputs(hr_build *b, const HrOnnx__Graph *graph)
{
    hr_model *m = b->model;
    int rc;

    for (size_t i = 0; i < graph->n_output; i++) {
        if ((rc = compile_output(b, graph->output[i]->name)) != HR_OK) {
            return rc;
        }
    }
    if (m->label == HR_NO_COLUMN && m->n_scores != 1) {
        return hr_fail_as(b->err, HR_NO_LOC, "bad-model",
                          "the graph gives neither a label nor one value, but %zu columns",
                          m->n_scores);
    }
    if (m->label != HR_NO_COLUMN && m->scores != NULL &&
        m->n_scores != m->columns[m->label].classes->n) {
        return hr_fail_as(b->err, HR_NO_LOC, "bad-model",
                          "the graph gives %zu scores for %zu classes", m->n_scores,
                          m->columns[m->label].classes->n);
    }
    return HR_OK;
}

/* Which inputs an encoder reads. */
static void
compile_categories(hr_model *m)
{
    for (size_t e = 0; e < m->n_encoders; e++) {
        for (size_t i = 0; i < m->n_inputs; i++) {
            size_t first = m->inputs[i].first;

            m->inputs[i].categorical |= m->encoders[e].column >= first &&
                                        m->encoders[e].column < first + m->inputs[i].width;
        }
    }
}

int
hr_compile_graph(hr_build *b, const HrOnnx__Model *proto)
{
    const HrOnnx__Graph *graph = proto->graph;
    int rc;

    if (graph == NULL) {
        return hr_fail_as(b->err, HR_NO_LOC, "bad-model", "the file holds no ONNX graph");
    }
    b->model->label = HR_NO_COLUMN;
    if ((rc = compile_opsets(b, proto)) != HR_OK || (rc = compile_names(b, graph)) != HR_OK ||
        (rc = compile_inputs(b, graph)) != HR_OK) {
        return rc;
    }
    for (size_t i = 0; i < graph->n_node; i++) {
        if ((rc = compile_node(b, graph->node[i])) != HR_OK) {
            return rc;
        }
        hr_arena_reset(b->temp);
    }
    compile_categories(b->model);
    return compile_outputs(b, graph);
}
