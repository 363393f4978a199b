/* Constant tensors of a model file, read into plain arrays.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_TENSOR_H
#define HR_MODEL_TENSOR_H
#include "model/model.h"
#include "record/arena.h"

#include "onnx.pb-c.h"

/* Numbers of ONNX's TensorProto.DataType. */
enum {
    HR_ONNX_FLOAT = 1,
    HR_ONNX_UINT8 = 2,
    HR_ONNX_INT32 = 6,
    HR_ONNX_INT64 = 7,
    HR_ONNX_STRING = 8,
    HR_ONNX_BOOL = 9,
    HR_ONNX_DOUBLE = 11,
};

#define HR_TENSOR_RANK_MAX 8

typedef struct hr_tensor {
    int data_type;
    size_t rank, n; /* n: product of the dimensions */
    int64_t dim[HR_TENSOR_RANK_MAX];
    const double *real;     /* float, double; NULL for other types */
    const int64_t *integer; /* int32, int64, uint8, bool */
    const hr_span *string;  /* string: bytes of the arena */
} hr_tensor;

/* Reads one tensor; the count of values must be that of the dimensions. HR_OK, HR_ECONFIG or
 * HR_ENOMEM. */
int hr_tensor_read(const HrOnnx__Tensor *proto, hr_arena *arena, hr_tensor *out, hr_error *err);

#endif
