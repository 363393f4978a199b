/* Values come in a list of their type or as raw little-endian bytes; small integers come in either
 * too. All numbers are widened (float to double, integers to int64), which loses nothing and leaves
 * two cases where there would be six.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/tensor.h"

#include "model/text.h"

static int
tensor_dims(const HrOnnx__Tensor *proto, hr_tensor *out, hr_error *err)
{
    if (proto->n_dims > HR_TENSOR_RANK_MAX) {
        return hr_fail_as(err, HR_NO_LOC, "bad-model", "a tensor has %zu dimensions",
                          proto->n_dims);
    }
    out->rank = proto->n_dims;
    out->n = 1;
    for (size_t i = 0; i < proto->n_dims; i++) {
        int64_t d = proto->dims[i];

        if (d < 0 || __builtin_mul_overflow(out->n, (size_t)d, &out->n)) {
            return hr_fail_as(err, HR_NO_LOC, "bad-model", "a tensor has a bad dimension");
        }
        out->dim[i] = d;
    }
    return HR_OK;
}

/* Bytes of one value in raw_data; 0: a type that headrace does not read. */
static size_t
tensor_width(int data_type)
{
    switch (data_type) {
    case HR_ONNX_UINT8:
    case HR_ONNX_BOOL:
        return 1;
    case HR_ONNX_FLOAT:
    case HR_ONNX_INT32:
        return 4;
    case HR_ONNX_DOUBLE:
    case HR_ONNX_INT64:
        return 8;
    default:
        return 0;
    }
}

static uint64_t
tensor_raw_bits(const uint8_t *p, size_t width)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < width; i++) {
        bits |= (uint64_t)p[i] << (8 * i);
    }
    return bits;
}

static double
tensor_raw_real(const uint8_t *p, size_t width)
{
    uint64_t bits = tensor_raw_bits(p, width);
    uint32_t bits32 = (uint32_t)bits;
    double d;
    float f;

    if (width == 8) {
        memcpy(&d, &bits, sizeof(d));
        return d;
    }
    memcpy(&f, &bits32, sizeof(f));
    return (double)f;
}

static int64_t
tensor_raw_integer(const uint8_t *p, size_t width)
{
    uint64_t bits = tensor_raw_bits(p, width);

    return width == 4 ? (int64_t)(int32_t)(uint32_t)bits : (int64_t)bits;
}

static double
tensor_real_at(const HrOnnx__Tensor *proto, size_t i)
{
    return proto->data_type == HR_ONNX_FLOAT ? (double)proto->float_data[i] : proto->double_data[i];
}

static int64_t
tensor_integer_at(const HrOnnx__Tensor *proto, size_t i)
{
    return proto->data_type == HR_ONNX_INT64 ? proto->int64_data[i] : proto->int32_data[i];
}

/* Values of the list that belongs to the type. */
static size_t
tensor_listed(const HrOnnx__Tensor *proto)
{
    switch (proto->data_type) {
    case HR_ONNX_FLOAT:
        return proto->n_float_data;
    case HR_ONNX_DOUBLE:
        return proto->n_double_data;
    case HR_ONNX_INT64:
        return proto->n_int64_data;
    case HR_ONNX_STRING:
        return proto->n_string_data;
    default:
        return proto->n_int32_data;
    }
}

static int
tensor_strings(const HrOnnx__Tensor *proto, hr_arena *arena, hr_tensor *out)
{
    hr_span *s = hr_arena_calloc(arena, out->n + 1, sizeof(*s));

    for (size_t i = 0; s != NULL && i < out->n; i++) {
        s[i] =
            hr_text_copy(arena, (hr_span){proto->string_data[i].data, proto->string_data[i].len});
        if (s[i].data == NULL) {
            return HR_ENOMEM;
        }
    }
    out->string = s;
    return s != NULL ? HR_OK : HR_ENOMEM;
}

static int
tensor_reals(const HrOnnx__Tensor *proto, bool raw, hr_arena *arena, hr_tensor *out)
{
    size_t width = tensor_width(out->data_type);
    double *v = hr_arena_calloc(arena, out->n + 1, sizeof(*v));

    for (size_t i = 0; v != NULL && i < out->n; i++) {
        v[i] = raw ? tensor_raw_real(proto->raw_data.data + i * width, width)
                   : tensor_real_at(proto, i);
    }
    out->real = v;
    return v != NULL ? HR_OK : HR_ENOMEM;
}

static int
tensor_integers(const HrOnnx__Tensor *proto, bool raw, hr_arena *arena, hr_tensor *out)
{
    size_t width = tensor_width(out->data_type);
    int64_t *v = hr_arena_calloc(arena, out->n + 1, sizeof(*v));

    for (size_t i = 0; v != NULL && i < out->n; i++) {
        v[i] = raw ? tensor_raw_integer(proto->raw_data.data + i * width, width)
                   : tensor_integer_at(proto, i);
    }
    out->integer = v;
    return v != NULL ? HR_OK : HR_ENOMEM;
}

int
hr_tensor_read(const HrOnnx__Tensor *proto, hr_arena *arena, hr_tensor *out, hr_error *err)
{
    bool raw = proto->raw_data.len > 0;
    size_t width, present;
    int rc;

    *out = (hr_tensor){.data_type = proto->data_type};
    rc = tensor_dims(proto, out, err);
    if (rc != HR_OK) {
        return rc;
    }
    width = tensor_width(out->data_type);
    if (width == 0 && out->data_type != HR_ONNX_STRING) {
        return hr_fail_as(err, HR_NO_LOC, "bad-model", "a tensor has type %d, which is not read",
                          out->data_type);
    }
    if (raw && (width == 0 || proto->raw_data.len % width != 0)) {
        return hr_fail_as(err, HR_NO_LOC, "bad-model", "a tensor has raw data of a wrong length");
    }
    present = raw ? proto->raw_data.len / width : tensor_listed(proto);
    if (present != out->n) {
        return hr_fail_as(err, HR_NO_LOC, "bad-model",
                          "a tensor has %zu values where its dimensions ask for %zu", present,
                          out->n);
    }
    if (out->data_type == HR_ONNX_STRING) {
        rc = tensor_strings(proto, arena, out);
    } else if (out->data_type == HR_ONNX_FLOAT || out->data_type == HR_ONNX_DOUBLE) {
        rc = tensor_reals(proto, raw, arena, out);
    } else {
        rc = tensor_integers(proto, raw, arena, out);
    }
    return rc == HR_OK ? HR_OK : hr_fail(err, rc, HR_NO_LOC, "out of memory");
}
