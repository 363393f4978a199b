/* Writes small ONNX files for tests: byte by byte, so that a test can also write what no library
 * would.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ONNX_WRITER_H
#define ONNX_WRITER_H
#include "model/model.h"
#include "record/buf.h"

/* Numbers of TensorProto.DataType. */
enum {
    ONNX_FLOAT = 1,
    ONNX_UINT8 = 2,
    ONNX_INT32 = 6,
    ONNX_INT64 = 7,
    ONNX_STRING = 8,
    ONNX_BOOL = 9,
    ONNX_DOUBLE = 11,
};

/* A model being written; zero it first. Buffers may be written into directly. */
typedef struct onnx_model {
    hr_buf graph;   /* nodes, initializers, inputs, outputs */
    hr_buf head;    /* other fields of ModelProto, e.g. metadata */
    hr_buf node;    /* the node being written */
    int64_t ai, ml; /* operator sets; 0: 17 and 3 */
    hr_buf file;    /* the result of onnx_finish() */
} onnx_model;

/* Wire primitives. */
void onnx_varint(hr_buf *b, uint32_t field, uint64_t value);
void onnx_bytes(hr_buf *b, uint32_t field, const void *bytes, size_t n);
void onnx_text(hr_buf *b, uint32_t field, const char *text);

/* An input [N, width]; width 0: [N]. */
void onnx_input(onnx_model *m, const char *name, int type, size_t width);
void onnx_output(onnx_model *m, const char *name);
void onnx_initializer_ints(onnx_model *m, const char *name, const int64_t *v, size_t n);
void onnx_initializer_floats(onnx_model *m, const char *name, const float *v, size_t n);
void onnx_metadata(onnx_model *m, const char *key, const char *value);

/* A node: begin, edges and attributes, end. `ml`: domain ai.onnx.ml. */
void onnx_begin(onnx_model *m, const char *op, bool ml);
void onnx_in(onnx_model *m, const char *name);
void onnx_out(onnx_model *m, const char *name);
void onnx_end(onnx_model *m);

void onnx_attr_int(onnx_model *m, const char *name, int64_t v);
void onnx_attr_float(onnx_model *m, const char *name, float v);
void onnx_attr_string(onnx_model *m, const char *name, const char *v);
void onnx_attr_ints(onnx_model *m, const char *name, const int64_t *v, size_t n);
void onnx_attr_floats(onnx_model *m, const char *name, const float *v, size_t n);
void onnx_attr_strings(onnx_model *m, const char *name, const char *const *v, size_t n);

/* Tensors of one dimension; values as raw_data, strings as string_data. */
void onnx_attr_raw(onnx_model *m, const char *name, int type, const void *raw, size_t width,
                   size_t n);
void onnx_attr_tensor_strings(onnx_model *m, const char *name, const char *const *v, size_t n);

/* Lists in place: onnx_attr_ints(m, "ints", ONNX_LIST(int64_t, 1, 2, 3)). */
#define ONNX_LIST(type, ...) (type[]){__VA_ARGS__}, sizeof((type[]){__VA_ARGS__}) / sizeof(type)

/* A node with one input and one output and no attributes. */
void onnx_plain(onnx_model *m, const char *op, bool ml, const char *in, const char *out);

/* The bytes of the file; good until onnx_free(). */
hr_span onnx_finish(onnx_model *m);
void onnx_free(onnx_model *m);

/* Finishes, compiles and frees; fails the test with the error's text if the model is refused. */
hr_model *onnx_load(onnx_model *m);

/* Finishes, compiles and frees; fails the test unless it is refused with a text that holds `part`.
 */
void onnx_assert_refused(onnx_model *m, const char *part);

#endif
