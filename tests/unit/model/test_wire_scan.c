/* Files made to hurt: refused before protobuf-c sees them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "onnx_writer.h"

#include "model/limits.h"
#include "model/wire_scan.h"

#include <stdlib.h>

static void
scan_refused(hr_span file, const hr_model_limits *limits, const char *part)
{
    hr_model_limits l = hr_model_limits_resolve(limits);
    hr_error err = {0};
    /* a copy of exactly this size, so that a sanitizer sees a read beyond it */
    uint8_t *copy = malloc(file.len + 1);

    memcpy(copy, file.data, file.len);
    assert_int_equal(hr_wire_scan(copy, file.len, &l, &err), HR_ECONFIG);
    assert_has_text(err.msg, part);
    free(copy);
}

/* A model whose one node has this attribute body. */
static void
attribute_refused(const hr_buf *attribute, const char *part)
{
    onnx_model m = {0};

    onnx_begin(&m, "Identity", false);
    onnx_bytes(&m.node, 5, attribute->data, attribute->len);
    onnx_end(&m);
    scan_refused(onnx_finish(&m), NULL, part);
    onnx_free(&m);
}

static void
graphs_inside_attributes_are_refused_however_deep(void **state)
{
    hr_buf inner = {0}, outer = {0};

    (void)state;
    for (int depth = 0; depth < 3000; depth++) { /* graph { node { attribute { g { ... */
        hr_buf attribute = {0}, node = {0};

        onnx_bytes(&attribute, 6, inner.data, inner.len);
        onnx_bytes(&node, 5, attribute.data, attribute.len);
        hr_buf_finish(&inner);
        onnx_bytes(&inner, 1, node.data, node.len);
        hr_buf_finish(&attribute);
        hr_buf_finish(&node);
    }
    onnx_bytes(&outer, 7, inner.data, inner.len);
    scan_refused(hr_buf_span(&outer), NULL, "'attribute.g' is not supported");
    hr_buf_finish(&inner);
    hr_buf_finish(&outer);
}

static void
parts_of_onnx_that_are_not_evaluated_are_refused(void **state)
{
    const uint32_t model_fields[] = {20, 25}, attribute_fields[] = {6, 10, 11, 14, 15, 21, 22, 23};
    hr_buf b = {0};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        hr_buf_finish(&b);
        onnx_text(&b, model_fields[i], "x");
        scan_refused(hr_buf_span(&b), NULL, "is not supported");
    }
    for (size_t i = 0; i < 8; i++) {
        hr_buf_finish(&b);
        onnx_text(&b, attribute_fields[i], "");
        attribute_refused(&b, "is not supported");
    }
    hr_buf_finish(&b);
}

static void
data_outside_the_file_is_refused(void **state)
{
    hr_buf tensor = {0}, attribute = {0};

    (void)state;
    onnx_text(&tensor, 13, "");
    onnx_bytes(&attribute, 5, tensor.data, tensor.len);
    attribute_refused(&attribute, "'tensor.external_data' is not supported");
    hr_buf_finish(&tensor);
    hr_buf_finish(&attribute);
    onnx_varint(&tensor, 14, 1);
    onnx_bytes(&attribute, 5, tensor.data, tensor.len);
    attribute_refused(&attribute, "data outside the file");
    hr_buf_finish(&tensor);
    hr_buf_finish(&attribute);
}

static void
lengths_and_numbers_that_go_beyond_the_end_are_refused(void **state)
{
    const struct {
        const char *bytes;
        size_t n;
        const char *part;
    } cases[] = {
        {"\x3a\x05\x0a", 3, "a length goes beyond the end"},
        {"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, "a length goes beyond the end"},
        {"\x3a", 1, "a length goes beyond the end"},
        {"\x08\x80", 2, "a number ends early"},
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, "a number ends early"},
        {"\x0d\x01\x02", 3, "a number ends early"},
        {"\x09\x01", 2, "a number ends early"},
        {"\x80", 1, "not a protobuf field"},
        {"\x00", 1, "not a protobuf field"},
        {"\x0b\x0c", 2, "not a protobuf field"}, /* a group */
        {"\x0e\x01", 2, "not a protobuf field"}, /* wire type 6 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        scan_refused((hr_span){(const uint8_t *)cases[i].bytes, cases[i].n}, NULL, cases[i].part);
    }
}

static void
counts_are_checked_before_anything_is_allocated(void **state)
{
    hr_model_limits few = {.graph_nodes = 3, .inputs = 2, .features = 10};
    onnx_model m = {0};

    (void)state;
    for (int i = 0; i < 4; i++) {
        onnx_plain(&m, "Identity", false, "a", "b");
    }
    scan_refused(onnx_finish(&m), &few, "more than 3 of 'node'");
    onnx_free(&m);
    for (int i = 0; i < 3; i++) {
        onnx_input(&m, "a", ONNX_FLOAT, 1);
    }
    scan_refused(onnx_finish(&m), &few, "more than 2 of 'input'");
    onnx_free(&m);
    onnx_begin(&m, "Concat", false);
    for (int i = 0; i < 11; i++) {
        onnx_in(&m, "a");
    }
    onnx_end(&m);
    scan_refused(onnx_finish(&m), &few, "more than 10 of 'node.input'");
    onnx_free(&m);
    for (int i = 0; i < 300; i++) {
        onnx_metadata(&m, "k", "v");
    }
    scan_refused(onnx_finish(&m), &few, "more than 256 of 'metadata_props'");
    onnx_free(&m);
}

static void
a_file_larger_than_the_limit_is_refused(void **state)
{
    hr_model_limits small = {.file_bytes = 10};

    (void)state;
    scan_refused(HR_SPAN_LIT("12345678901"), &small, "11 bytes, the limit is 10");
}

static void
names_and_texts_are_bounded_utf8_without_nul(void **state)
{
    char longer[5000];
    hr_buf node = {0};
    onnx_model m = {0};

    (void)state;
    onnx_bytes(&m.node, 4, "Iden\0tity", 9);
    onnx_end(&m);
    scan_refused(onnx_finish(&m), NULL, "a name holds a NUL character");
    onnx_free(&m);
    onnx_begin(&m, "Iden\xff", false);
    onnx_end(&m);
    scan_refused(onnx_finish(&m), NULL, "not UTF-8");
    onnx_free(&m);
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    onnx_begin(&m, "Identity", false);
    onnx_attr_strings(&m, "keys_strings", ONNX_LIST(const char *, longer));
    onnx_end(&m);
    scan_refused(onnx_finish(&m), NULL, "'attribute.strings' has 4999 bytes, the limit is 4096");
    onnx_free(&m);
    hr_buf_finish(&node);
}

static void
a_whole_model_and_fields_from_the_future_pass(void **state)
{
    hr_model_limits l = hr_model_limits_resolve(NULL);
    onnx_model m = {0};
    hr_span file;

    (void)state;
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_plain(&m, "Identity", false, "x", "y");
    onnx_text(&m.graph, 900, "a field that nobody knows");
    onnx_varint(&m.head, 901, 5);
    file = onnx_finish(&m);
    assert_int_equal(hr_wire_scan(file.data, file.len, &l, NULL), HR_OK);
    onnx_free(&m);
}

static void
types_nested_without_end_are_stepped_over_and_then_refused(void **state)
{
    hr_buf type = {0}, info = {0};
    onnx_model m = {0};

    (void)state;
    for (int depth = 0; depth < 3000; depth++) { /* sequence(sequence(... */
        hr_buf sequence = {0}, outer = {0};

        onnx_bytes(&sequence, 1, type.data, type.len);
        onnx_bytes(&outer, 4, sequence.data, sequence.len);
        hr_buf_finish(&sequence);
        hr_buf_finish(&type);
        type = outer;
    }
    onnx_text(&info, 1, "x");
    onnx_bytes(&info, 2, type.data, type.len);
    onnx_bytes(&m.graph, 11, info.data, info.len);
    onnx_assert_refused(&m, "the type is not supported of model input 'x'");
    hr_buf_finish(&type);
    hr_buf_finish(&info);
}

static void
a_file_of_tiny_fields_cannot_take_all_memory(void **state)
{
    enum { N = 2 << 20 };
    uint8_t *ints = malloc(2 * N);
    onnx_model m = {0};
    hr_buf attribute = {0};

    (void)state;
    for (size_t i = 0; i < N; i++) { /* unpacked ints of two bytes each */
        ints[2 * i] = 0x40;
        ints[2 * i + 1] = 1;
    }
    onnx_input(&m, "x", ONNX_FLOAT, 1);
    onnx_begin(&m, "TreeEnsembleRegressor", true);
    onnx_text(&attribute, 1, "nodes_treeids");
    assert_int_equal(hr_buf_append(&attribute, ints, 2 * N), HR_OK);
    onnx_bytes(&m.node, 5, attribute.data, attribute.len);
    onnx_end(&m);
    onnx_assert_refused(&m, "not valid protobuf, or needs more than");
    hr_buf_finish(&attribute);
    free(ints);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graphs_inside_attributes_are_refused_however_deep),
        cmocka_unit_test(parts_of_onnx_that_are_not_evaluated_are_refused),
        cmocka_unit_test(data_outside_the_file_is_refused),
        cmocka_unit_test(lengths_and_numbers_that_go_beyond_the_end_are_refused),
        cmocka_unit_test(counts_are_checked_before_anything_is_allocated),
        cmocka_unit_test(a_file_larger_than_the_limit_is_refused),
        cmocka_unit_test(names_and_texts_are_bounded_utf8_without_nul),
        cmocka_unit_test(a_whole_model_and_fields_from_the_future_pass),
        cmocka_unit_test(types_nested_without_end_are_stepped_over_and_then_refused),
        cmocka_unit_test(a_file_of_tiny_fields_cannot_take_all_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
