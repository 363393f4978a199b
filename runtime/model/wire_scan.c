/* The scan that runs before protobuf-c, which recurses as deep as a file tells it to and allocates
 * for each element before anyone has counted. The tables below know which fields are messages: the
 * scan enters these and nothing else, so its own depth is that of the tables (7), and what could
 * nest without end (graphs inside attributes, types inside types) is refused or never entered.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/wire_scan.h"

#include "model/text.h"

typedef enum scan_message {
    SCAN_MODEL,
    SCAN_GRAPH,
    SCAN_NODE,
    SCAN_ATTRIBUTE,
    SCAN_TENSOR,
    SCAN_VALUE_INFO,
    SCAN_TYPE,
    SCAN_TENSOR_TYPE,
    SCAN_SHAPE,
    SCAN_DIMENSION,
    SCAN_OPSET,
    SCAN_PROPERTY,
    SCAN_MESSAGES,
} scan_message;

typedef enum scan_kind {
    SCAN_END,     /* end of a table */
    SCAN_SUB,     /* a message of the table `sub` */
    SCAN_NAME,    /* a text without NUL */
    SCAN_TEXT,    /* a text, any character */
    SCAN_LONG,    /* a text of any length */
    SCAN_COUNT,   /* only counted */
    SCAN_ZERO,    /* a number that must be 0 */
    SCAN_REFUSED, /* a part of ONNX that headrace does not take */
} scan_kind;

/* What is counted over the whole file. */
typedef enum scan_counter {
    COUNT_NONE,
    COUNT_NODES,
    COUNT_INPUTS,
    COUNT_OUTPUTS,
    COUNT_TENSORS,
    COUNT_EDGES,
    COUNT_ATTRIBUTES,
    COUNT_DIMS,
    COUNT_OPSETS,
    COUNT_PROPERTIES,
    COUNTERS,
} scan_counter;

typedef struct scan_field {
    uint32_t number;
    scan_kind kind;
    scan_message sub;
    scan_counter counter;
    const char *name;
} scan_field;

typedef struct scan {
    const uint8_t *start;
    const hr_model_limits *limits;
    size_t count[COUNTERS];
    size_t count_max[COUNTERS];
    hr_error *err;
} scan;

/* The bytes of one message, and how far the scan has come. */
typedef struct scan_piece {
    const uint8_t *at, *end;
} scan_piece;

static const scan_field scan_model[] = {
    {7, SCAN_SUB, SCAN_GRAPH, COUNT_NONE, "graph"},
    {8, SCAN_SUB, SCAN_OPSET, COUNT_OPSETS, "opset_import"},
    {14, SCAN_SUB, SCAN_PROPERTY, COUNT_PROPERTIES, "metadata_props"},
    {20, SCAN_REFUSED, 0, COUNT_NONE, "training_info"},
    {25, SCAN_REFUSED, 0, COUNT_NONE, "functions"},
    {0},
};
static const scan_field scan_graph[] = {
    {1, SCAN_SUB, SCAN_NODE, COUNT_NODES, "node"},
    {5, SCAN_SUB, SCAN_TENSOR, COUNT_TENSORS, "initializer"},
    {11, SCAN_SUB, SCAN_VALUE_INFO, COUNT_INPUTS, "input"},
    {12, SCAN_SUB, SCAN_VALUE_INFO, COUNT_OUTPUTS, "output"},
    {15, SCAN_REFUSED, 0, COUNT_NONE, "sparse_initializer"},
    {0},
};
static const scan_field scan_node[] = {
    {1, SCAN_NAME, 0, COUNT_EDGES, "node.input"},
    {2, SCAN_NAME, 0, COUNT_EDGES, "node.output"},
    {3, SCAN_NAME, 0, COUNT_NONE, "node.name"},
    {4, SCAN_NAME, 0, COUNT_NONE, "node.op_type"},
    {5, SCAN_SUB, SCAN_ATTRIBUTE, COUNT_ATTRIBUTES, "attribute"},
    {7, SCAN_NAME, 0, COUNT_NONE, "node.domain"},
    {0},
};
static const scan_field scan_attribute[] = {
    {1, SCAN_NAME, 0, COUNT_NONE, "attribute.name"},
    {4, SCAN_TEXT, 0, COUNT_NONE, "attribute.s"},
    {5, SCAN_SUB, SCAN_TENSOR, COUNT_TENSORS, "attribute.t"},
    {6, SCAN_REFUSED, 0, COUNT_NONE, "attribute.g"},
    {9, SCAN_TEXT, 0, COUNT_NONE, "attribute.strings"},
    {10, SCAN_REFUSED, 0, COUNT_NONE, "attribute.tensors"},
    {11, SCAN_REFUSED, 0, COUNT_NONE, "attribute.graphs"},
    {14, SCAN_REFUSED, 0, COUNT_NONE, "attribute.tp"},
    {15, SCAN_REFUSED, 0, COUNT_NONE, "attribute.type_protos"},
    {21, SCAN_REFUSED, 0, COUNT_NONE, "attribute.ref_attr_name"},
    {22, SCAN_REFUSED, 0, COUNT_NONE, "attribute.sparse_tensor"},
    {23, SCAN_REFUSED, 0, COUNT_NONE, "attribute.sparse_tensors"},
    {0},
};
static const scan_field scan_tensor[] = {
    {1, SCAN_COUNT, 0, COUNT_DIMS, "tensor.dims"},
    {3, SCAN_REFUSED, 0, COUNT_NONE, "tensor.segment"},
    {6, SCAN_TEXT, 0, COUNT_NONE, "tensor.string_data"},
    {8, SCAN_NAME, 0, COUNT_NONE, "tensor.name"},
    {13, SCAN_REFUSED, 0, COUNT_NONE, "tensor.external_data"},
    {14, SCAN_ZERO, 0, COUNT_NONE, "tensor.data_location"},
    {0},
};
static const scan_field scan_value_info[] = {
    {1, SCAN_NAME, 0, COUNT_NONE, "value_info.name"},
    {2, SCAN_SUB, SCAN_TYPE, COUNT_NONE, "value_info.type"},
    {0},
};
static const scan_field scan_type[] = {
    {1, SCAN_SUB, SCAN_TENSOR_TYPE, COUNT_NONE, "type.tensor_type"},
    {0},
};
static const scan_field scan_tensor_type[] = {
    {2, SCAN_SUB, SCAN_SHAPE, COUNT_NONE, "tensor_type.shape"},
    {0},
};
static const scan_field scan_shape[] = {
    {1, SCAN_SUB, SCAN_DIMENSION, COUNT_DIMS, "shape.dim"},
    {0},
};
static const scan_field scan_dimension[] = {
    {2, SCAN_NAME, 0, COUNT_NONE, "dim.dim_param"},
    {0},
};
static const scan_field scan_opset[] = {
    {1, SCAN_NAME, 0, COUNT_NONE, "opset_import.domain"},
    {0},
};
static const scan_field scan_property[] = {
    {1, SCAN_NAME, 0, COUNT_NONE, "metadata_props.key"},
    {2, SCAN_LONG, 0, COUNT_NONE, "metadata_props.value"},
    {0},
};

static const scan_field *const scan_tables[SCAN_MESSAGES] = {
    [SCAN_MODEL] = scan_model,   [SCAN_GRAPH] = scan_graph,
    [SCAN_NODE] = scan_node,     [SCAN_ATTRIBUTE] = scan_attribute,
    [SCAN_TENSOR] = scan_tensor, [SCAN_VALUE_INFO] = scan_value_info,
    [SCAN_TYPE] = scan_type,     [SCAN_TENSOR_TYPE] = scan_tensor_type,
    [SCAN_SHAPE] = scan_shape,   [SCAN_DIMENSION] = scan_dimension,
    [SCAN_OPSET] = scan_opset,   [SCAN_PROPERTY] = scan_property,
};

static int scan_enter(scan *s, scan_piece piece, scan_message message);

static int
scan_fail(const scan *s, const uint8_t *at, const char *what)
{
    return hr_fail_as(s->err, HR_NO_LOC, "bad-model", "byte %zu of the model file: %s",
                      (size_t)(at - s->start), what);
}

static bool
scan_varint(scan_piece *p, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && p->at < p->end; shift += 7) {
        uint8_t byte = *p->at++;

        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return true;
        }
    }
    return false;
}

static const scan_field *
scan_find(scan_message message, uint64_t number)
{
    for (const scan_field *f = scan_tables[message]; f->kind != SCAN_END; f++) {
        if (f->number == number) {
            return f;
        }
    }
    return NULL;
}

static int
scan_add(scan *s, scan_counter counter, size_t more, const uint8_t *at, const char *name)
{
    s->count[counter] += more;
    if (counter != COUNT_NONE && s->count[counter] > s->count_max[counter]) {
        return hr_fail_as(s->err, HR_NO_LOC, "bad-model",
                          "byte %zu of the model file: more than %zu of '%s'",
                          (size_t)(at - s->start), s->count_max[counter], name);
    }
    return HR_OK;
}

static int
scan_text(const scan *s, const scan_field *f, hr_span text)
{
    if (f->kind != SCAN_LONG && text.len > s->limits->string_bytes) {
        return hr_fail_as(s->err, HR_NO_LOC, "bad-model",
                          "byte %zu of the model file: '%s' has %zu bytes, the limit is %zu",
                          (size_t)(text.data - s->start), f->name, text.len,
                          s->limits->string_bytes);
    }
    if (f->kind == SCAN_NAME && text.len > 0 && memchr(text.data, 0, text.len) != NULL) {
        return scan_fail(s, text.data, "a name holds a NUL character");
    }
    return hr_text_valid(text) ? HR_OK : scan_fail(s, text.data, "a text is not UTF-8");
}

/* A field whose value is `body` (wire type 2). */
static int
scan_delimited(scan *s, const scan_field *f, scan_piece body)
{
    hr_span text = {body.at, (size_t)(body.end - body.at)};

    switch (f->kind) {
    case SCAN_SUB:
        return scan_enter(s, body, f->sub);
    case SCAN_NAME:
    case SCAN_TEXT:
    case SCAN_LONG:
        return scan_text(s, f, text);
    case SCAN_COUNT: /* packed: one byte or more each; scan_value() has counted one */
        return scan_add(s, f->counter, text.len, body.at, f->name);
    default:
        return HR_OK;
    }
}

/* Steps over the value of one field. */
static int
scan_value(scan *s, scan_piece *p, unsigned wire_type, const scan_field *f)
{
    const uint8_t *at = p->at;
    uint64_t value = 0;
    size_t fixed = wire_type == 1 ? 8 : 4;

    switch (wire_type) {
    case 0:
        if (!scan_varint(p, &value)) {
            return scan_fail(s, at, "a number ends early");
        }
        break;
    case 1:
    case 5:
        if ((size_t)(p->end - p->at) < fixed) {
            return scan_fail(s, at, "a number ends early");
        }
        p->at += fixed;
        break;
    case 2:
        if (!scan_varint(p, &value) || value > (size_t)(p->end - p->at)) {
            return scan_fail(s, at, "a length goes beyond the end");
        }
        p->at += value;
        if (f != NULL) {
            return scan_delimited(s, f, (scan_piece){p->at - value, p->at});
        }
        break;
    default:
        return scan_fail(s, at, "not a protobuf field");
    }
    if (f != NULL && f->kind == SCAN_ZERO && value != 0) {
        return hr_fail_as(s->err, HR_NO_LOC, "bad-model",
                          "byte %zu of the model file: data outside the file ('%s')",
                          (size_t)(at - s->start), f->name);
    }
    return HR_OK;
}

static int
scan_enter(scan *s, scan_piece piece, scan_message message)
{
    while (piece.at < piece.end) {
        const uint8_t *at = piece.at;
        const scan_field *f;
        uint64_t tag;
        int rc;

        if (!scan_varint(&piece, &tag) || tag < 8 || tag > UINT32_MAX) {
            return scan_fail(s, at, "not a protobuf field");
        }
        f = scan_find(message, tag >> 3);
        if (f != NULL && f->kind == SCAN_REFUSED) {
            return hr_fail_as(s->err, HR_NO_LOC, "bad-model",
                              "byte %zu of the model file: '%s' is not supported",
                              (size_t)(at - s->start), f->name);
        }
        if (f != NULL && (rc = scan_add(s, f->counter, 1, at, f->name)) != HR_OK) {
            return rc;
        }
        rc = scan_value(s, &piece, (unsigned)(tag & 7), f);
        if (rc != HR_OK) {
            return rc;
        }
    }
    return HR_OK;
}

int
hr_wire_scan(const uint8_t *bytes, size_t n, const hr_model_limits *limits, hr_error *err)
{
    scan s = {.start = bytes, .limits = limits, .err = err};

    if (n > limits->file_bytes) {
        return hr_fail_as(err, HR_NO_LOC, "bad-model",
                          "the model file has %zu bytes, the limit is %zu", n, limits->file_bytes);
    }
    s.count_max[COUNT_NODES] = limits->graph_nodes;
    s.count_max[COUNT_INPUTS] = limits->inputs;
    s.count_max[COUNT_OUTPUTS] = 64;
    s.count_max[COUNT_TENSORS] = limits->graph_nodes * 4;
    s.count_max[COUNT_EDGES] = limits->features;
    s.count_max[COUNT_ATTRIBUTES] = limits->graph_nodes * 32;
    s.count_max[COUNT_DIMS] = limits->features;
    s.count_max[COUNT_OPSETS] = 64;
    s.count_max[COUNT_PROPERTIES] = 256;
    return scan_enter(&s, (scan_piece){bytes, bytes + n}, SCAN_MODEL);
}
