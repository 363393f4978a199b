/* The writer of onnx_writer.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx_writer.h"

#include "hr_test.h"

static void
onnx_append(hr_buf *b, const void *bytes, size_t n)
{
    assert_int_equal(hr_buf_append(b, bytes, n), HR_OK);
}

static void
onnx_number(hr_buf *b, uint64_t value)
{
    uint8_t byte;

    while (value >= 0x80) {
        byte = (uint8_t)(value & 0x7f) | 0x80;
        onnx_append(b, &byte, 1);
        value >>= 7;
    }
    byte = (uint8_t)value;
    onnx_append(b, &byte, 1);
}

void
onnx_varint(hr_buf *b, uint32_t field, uint64_t value)
{
    onnx_number(b, (uint64_t)field << 3);
    onnx_number(b, value);
}

void
onnx_bytes(hr_buf *b, uint32_t field, const void *bytes, size_t n)
{
    onnx_number(b, (uint64_t)field << 3 | 2);
    onnx_number(b, n);
    if (n > 0) {
        onnx_append(b, bytes, n);
    }
}

void
onnx_text(hr_buf *b, uint32_t field, const char *text)
{
    onnx_bytes(b, field, text, strlen(text));
}

/* Moves a finished inner message into an outer one. */
static void
onnx_message(hr_buf *b, uint32_t field, hr_buf *inner)
{
    onnx_bytes(b, field, inner->data, inner->len);
    hr_buf_finish(inner);
}

static void
onnx_float(hr_buf *b, uint32_t field, float v)
{
    onnx_number(b, (uint64_t)field << 3 | 5);
    onnx_append(b, &v, sizeof(v));
}

void
onnx_input(onnx_model *m, const char *name, int type, size_t width)
{
    hr_buf dim = {0}, shape = {0}, tensor = {0}, all = {0}, info = {0};

    onnx_text(&dim, 2, "N");
    onnx_message(&shape, 1, &dim);
    if (width > 0) {
        onnx_varint(&dim, 1, width);
        onnx_message(&shape, 1, &dim);
    }
    onnx_varint(&tensor, 1, (uint64_t)type);
    onnx_message(&tensor, 2, &shape);
    onnx_message(&all, 1, &tensor);
    onnx_text(&info, 1, name);
    onnx_message(&info, 2, &all);
    onnx_message(&m->graph, 11, &info);
}

void
onnx_output(onnx_model *m, const char *name)
{
    hr_buf info = {0};

    onnx_text(&info, 1, name);
    onnx_message(&m->graph, 12, &info);
}

void
onnx_initializer_ints(onnx_model *m, const char *name, const int64_t *v, size_t n)
{
    hr_buf tensor = {0}, values = {0};

    onnx_varint(&tensor, 1, n);
    onnx_varint(&tensor, 2, ONNX_INT64);
    for (size_t i = 0; i < n; i++) {
        onnx_number(&values, (uint64_t)v[i]);
    }
    onnx_message(&tensor, 7, &values);
    onnx_text(&tensor, 8, name);
    onnx_message(&m->graph, 5, &tensor);
}

void
onnx_initializer_floats(onnx_model *m, const char *name, const float *v, size_t n)
{
    hr_buf tensor = {0};

    onnx_varint(&tensor, 1, n);
    onnx_varint(&tensor, 2, ONNX_FLOAT);
    onnx_bytes(&tensor, 4, v, n * sizeof(*v));
    onnx_text(&tensor, 8, name);
    onnx_message(&m->graph, 5, &tensor);
}

void
onnx_metadata(onnx_model *m, const char *key, const char *value)
{
    hr_buf entry = {0};

    onnx_text(&entry, 1, key);
    onnx_text(&entry, 2, value);
    onnx_message(&m->head, 14, &entry);
}

void
onnx_begin(onnx_model *m, const char *op, bool ml)
{
    onnx_text(&m->node, 3, "the_node");
    onnx_text(&m->node, 4, op);
    if (ml) {
        onnx_text(&m->node, 7, "ai.onnx.ml");
    }
}

void
onnx_in(onnx_model *m, const char *name)
{
    onnx_text(&m->node, 1, name);
}

void
onnx_out(onnx_model *m, const char *name)
{
    onnx_text(&m->node, 2, name);
}

void
onnx_end(onnx_model *m)
{
    onnx_message(&m->graph, 1, &m->node);
}

static hr_buf
onnx_attr(const char *name, unsigned type)
{
    hr_buf a = {0};

    onnx_text(&a, 1, name);
    onnx_varint(&a, 20, type);
    return a;
}

void
onnx_attr_int(onnx_model *m, const char *name, int64_t v)
{
    hr_buf a = onnx_attr(name, 2);

    onnx_varint(&a, 3, (uint64_t)v);
    onnx_message(&m->node, 5, &a);
}

void
onnx_attr_float(onnx_model *m, const char *name, float v)
{
    hr_buf a = onnx_attr(name, 1);

    onnx_float(&a, 2, v);
    onnx_message(&m->node, 5, &a);
}

void
onnx_attr_string(onnx_model *m, const char *name, const char *v)
{
    hr_buf a = onnx_attr(name, 3);

    onnx_text(&a, 4, v);
    onnx_message(&m->node, 5, &a);
}

void
onnx_attr_ints(onnx_model *m, const char *name, const int64_t *v, size_t n)
{
    hr_buf a = onnx_attr(name, 7);

    for (size_t i = 0; i < n; i++) {
        onnx_varint(&a, 8, (uint64_t)v[i]);
    }
    onnx_message(&m->node, 5, &a);
}

void
onnx_attr_floats(onnx_model *m, const char *name, const float *v, size_t n)
{
    hr_buf a = onnx_attr(name, 6);

    for (size_t i = 0; i < n; i++) {
        onnx_float(&a, 7, v[i]);
    }
    onnx_message(&m->node, 5, &a);
}

void
onnx_attr_strings(onnx_model *m, const char *name, const char *const *v, size_t n)
{
    hr_buf a = onnx_attr(name, 8);

    for (size_t i = 0; i < n; i++) {
        onnx_text(&a, 9, v[i]);
    }
    onnx_message(&m->node, 5, &a);
}

void
onnx_attr_raw(onnx_model *m, const char *name, int type, const void *raw, size_t width, size_t n)
{
    hr_buf a = onnx_attr(name, 4), tensor = {0};

    onnx_varint(&tensor, 1, n);
    onnx_varint(&tensor, 2, (uint64_t)type);
    onnx_bytes(&tensor, 9, raw, width * n);
    onnx_message(&a, 5, &tensor);
    onnx_message(&m->node, 5, &a);
}

void
onnx_attr_tensor_strings(onnx_model *m, const char *name, const char *const *v, size_t n)
{
    hr_buf a = onnx_attr(name, 4), tensor = {0};

    onnx_varint(&tensor, 1, n);
    onnx_varint(&tensor, 2, ONNX_STRING);
    for (size_t i = 0; i < n; i++) {
        onnx_text(&tensor, 6, v[i]);
    }
    onnx_message(&a, 5, &tensor);
    onnx_message(&m->node, 5, &a);
}

void
onnx_plain(onnx_model *m, const char *op, bool ml, const char *in, const char *out)
{
    onnx_begin(m, op, ml);
    onnx_in(m, in);
    onnx_out(m, out);
    onnx_end(m);
}

static void
onnx_opset(hr_buf *file, const char *domain, int64_t version)
{
    hr_buf set = {0};

    if (version > 0) {
        onnx_text(&set, 1, domain);
        onnx_varint(&set, 2, (uint64_t)version);
        onnx_message(file, 8, &set);
    }
}

hr_span
onnx_finish(onnx_model *m)
{
    onnx_varint(&m->file, 1, 8);
    onnx_message(&m->file, 7, &m->graph);
    onnx_opset(&m->file, "", m->ai != 0 ? m->ai : 17);
    onnx_opset(&m->file, "ai.onnx.ml", m->ml != 0 ? m->ml : 3);
    if (m->head.len > 0) {
        onnx_append(&m->file, m->head.data, m->head.len);
    }
    return hr_buf_span(&m->file);
}

void
onnx_free(onnx_model *m)
{
    hr_buf_finish(&m->graph);
    hr_buf_finish(&m->head);
    hr_buf_finish(&m->node);
    hr_buf_finish(&m->file);
    *m = (onnx_model){0};
}

hr_model *
onnx_load(onnx_model *m)
{
    hr_span file = onnx_finish(m);
    hr_model *model = NULL;
    hr_error err = {0};
    int rc = hr_model_compile(file.data, file.len, NULL, &model, &err);

    onnx_free(m);
    if (rc != HR_OK) {
        fail_msg("refused: %s", err.msg);
    }
    return model;
}

void
onnx_assert_refused(onnx_model *m, const char *part)
{
    hr_span file = onnx_finish(m);
    hr_model *model = NULL;
    hr_error err = {0};
    int rc = hr_model_compile(file.data, file.len, NULL, &model, &err);

    onnx_free(m);
    if (rc == HR_OK) {
        hr_model_unref(model);
        fail_msg("the model was taken; expected '%s'", part);
    }
    assert_int_equal(rc, HR_ECONFIG);
    assert_has_text(err.msg, part);
}
