/* What an operator's compile function works with: values, attributes, columns and steps of the plan
 * being built.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_BUILD_H
#define HR_MODEL_BUILD_H
#include "model/plan.h"
#include "model/tensor.h"

/* A value of the graph while it is compiled: columns, or a constant. */
typedef struct hr_value {
    const char *name;
    hr_model_kind kind;
    size_t rank; /* 1: [N], 2: [N, F], 3: [N, 1, F] */
    size_t n;    /* F */
    const uint32_t *columns;
    const HrOnnx__Tensor *constant; /* not NULL: an initializer, and the rest is unset */
} hr_value;

typedef struct hr_build {
    hr_model *model;
    hr_arena *arena; /* the model's */
    hr_arena *temp;  /* gone when the node is compiled */
    hr_arena *graph; /* gone when the graph is compiled: names and values */
    hr_model_limits limits;
    int64_t opset_ai, opset_ml; /* 0: not imported */
    hr_lookup names;            /* of values */
    hr_value *values;
    size_t columns_cap, steps_cap, encoders_cap;
    size_t tree_nodes; /* so far */
    size_t listed;     /* entries of hr_build_list() so far */
    hr_error *err;
} hr_build;

/* One node of the graph. */
typedef struct hr_node {
    const HrOnnx__Node *proto;
    const hr_value **in; /* NULL: an input left out */
    size_t n_in;
    hr_value *out; /* to be filled by the operator; names are set */
    size_t n_out;
    int64_t opset; /* of its domain */
} hr_node;

typedef enum hr_attr_type {
    HR_ATTR_FLOAT = 1,
    HR_ATTR_INT = 2,
    HR_ATTR_STRING = 3,
    HR_ATTR_TENSOR = 4,
    HR_ATTR_FLOATS = 6,
    HR_ATTR_INTS = 7,
    HR_ATTR_STRINGS = 8,
} hr_attr_type;

typedef struct hr_attr_spec {
    const char *name; /* NULL ends a table */
    hr_attr_type type;
} hr_attr_spec;

typedef struct hr_op_spec {
    const char *name;
    bool ml;                  /* domain ai.onnx.ml, else the default one */
    int opset_min, opset_max; /* versions of its operator set that mean the same to `compile` */
    size_t in_min, in_max, out_max;
    const hr_attr_spec *attributes; /* all that it takes */
    int (*compile)(hr_build *b, hr_node *node);
} hr_op_spec;

/* Fills the error with HR_ECONFIG and a text that names operator type and node. */
void hr_build_report(hr_build *b, const hr_node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same as an expression: `return hr_build_fail(b, node, "...")`. */
#define hr_build_fail(...) (hr_build_report(__VA_ARGS__), HR_ECONFIG)

/* Fills the error with HR_ENOMEM and returns it. */
int hr_build_oom(hr_build *b);

/* Attributes. A getter gives NULL, or the default, for one that is absent. */
const HrOnnx__Attribute *hr_attr(const hr_node *node, const char *name);
int64_t hr_attr_int(const hr_node *node, const char *name, int64_t absent);
float hr_attr_float(const hr_node *node, const char *name, float absent);
bool hr_attr_is(const hr_node *node, const char *name, const char *text, const char *absent);

/* Copies into the arena. NULL when out of memory, never for an empty list. */
const hr_span *hr_attr_strings(hr_build *b, const HrOnnx__Attribute *a);

/* Is there an input, and is it columns, not a constant? Fails otherwise. */
int hr_node_need_columns(hr_build *b, const hr_node *node, size_t input);
int hr_node_need_constant(hr_build *b, const hr_node *node, size_t input, hr_tensor *out);

/* One of the kinds in the mask (1 << kind)? Fails otherwise. */
int hr_node_need_kind(hr_build *b, const hr_node *node, size_t input, unsigned kinds);

#define HR_KINDS_REAL (1u << HR_MODEL_FLOAT | 1u << HR_MODEL_DOUBLE)
#define HR_KINDS_WHOLE (1u << HR_MODEL_INT64 | 1u << HR_MODEL_INT32)
#define HR_KINDS_NUMBER (HR_KINDS_REAL | HR_KINDS_WHOLE | 1u << HR_MODEL_BOOL)

/* A new column; HR_NO_COLUMN when out of memory or beyond the limit. */
uint32_t hr_build_column(hr_build *b, hr_model_kind kind);

/* An uninitialised list of n columns in the model's arena. HR_OK, HR_ENOMEM, or HR_ECONFIG when the
 * graph has named columns over and over. */
int hr_build_list(hr_build *b, size_t n, uint32_t **out);

/* Makes `out` a value of n new columns. */
int hr_build_output(hr_build *b, hr_value *out, hr_model_kind kind, size_t rank, size_t n);

/* Makes `out` the same columns as `in` under a new shape. */
void hr_build_alias(hr_value *out, const hr_value *in, size_t rank);

/* Appends a step; the caller sets what is left of it. NULL: out of memory. The pointer is good
 * until the next call. */
hr_plan_step *hr_build_step(hr_build *b, void (*run)(const hr_plan_step *, hr_eval *),
                            const void *param, const hr_value *in, const hr_value *out);

/* Notes that an encoder reads the columns, so that their unseen values can be told. */
int hr_build_encoder(hr_build *b, const hr_value *in, hr_model_kind key, const hr_lookup *lookup);

/* Casts a value to FLOAT or DOUBLE; the columns themselves if they are of that kind. */
int hr_build_cast(hr_build *b, const hr_value *in, hr_model_kind kind, hr_value *out);

/* The operators, by file. Each table ends with a NULL name. */
extern const hr_op_spec hr_ops_shape[];
extern const hr_op_spec hr_ops_cast[];
extern const hr_op_spec hr_ops_encode[];
extern const hr_op_spec hr_ops_scale[];
extern const hr_op_spec hr_ops_arith[];
extern const hr_op_spec hr_ops_linear[];
extern const hr_op_spec hr_ops_tree[];

#endif
