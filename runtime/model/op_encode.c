/* LabelEncoder (versions 1, 2 and 4) and OneHotEncoder: from a category to a number or a column.
 * Values are compared byte by byte, without trimming or case folding, as the trainer does. An
 * unknown value takes the encoder's default, as the graph says, and the row is flagged: whether the
 * default may be used is the operator's policy, not the encoder's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/build.h"

#include "model/text.h"

#include <math.h>

enum { ENCODE_BLOCK = 64 };

/* A list of keys, values or labels, from an attribute list or a tensor. */
typedef struct encode_list {
    hr_model_kind kind; /* STRING, INT64, FLOAT or DOUBLE */
    size_t n;
    const hr_span *string;
    const int64_t *whole;
    const float *real32;
    const double *real;
} encode_list;

typedef struct encoder_param {
    hr_lookup lookup;
    hr_model_kind key; /* STRING, INT64 or DOUBLE */
    hr_model_kind value;
    union {
        hr_span *string;
        int64_t *whole;
        float *real32;
        double *real;
    } values; /* by index; behind the last one the default */
    const uint32_t *source;
} encoder_param;

/* Index of row i's value, or HR_LOOKUP_NONE; *absent: it is a missing one. */
static inline uint32_t
encoder_find(const encoder_param *p, hr_model_kind kind, const void *in, size_t i, bool *absent)
{
    double real;

    *absent = false;
    switch (kind) {
    case HR_MODEL_STRING:
        *absent = ((const hr_span *)in)[i].data == NULL;
        return hr_lookup_string(&p->lookup, ((const hr_span *)in)[i]);
    case HR_MODEL_FLOAT:
    case HR_MODEL_DOUBLE:
        real = kind == HR_MODEL_FLOAT ? (double)((const float *)in)[i] : ((const double *)in)[i];
        *absent = isnan(real);
        if (p->key == HR_MODEL_DOUBLE) {
            return hr_lookup_number(&p->lookup, hr_lookup_real_key(real));
        }
        /* OneHotEncoder truncates. */
        return real > -0x1p63 && real < 0x1p63 ? hr_lookup_number(&p->lookup, (int64_t)real)
                                               : HR_LOOKUP_NONE;
    default:
        return hr_lookup_number(&p->lookup, ((const int64_t *)in)[i]);
    }
}

static inline void
encoder_put(const encoder_param *p, uint32_t index, void *out, size_t i)
{
    switch (p->value) {
    case HR_MODEL_STRING:
        ((hr_span *)out)[i] = p->values.string[index];
        break;
    case HR_MODEL_FLOAT:
        ((float *)out)[i] = p->values.real32[index];
        break;
    case HR_MODEL_DOUBLE:
        ((double *)out)[i] = p->values.real[index];
        break;
    default:
        ((int64_t *)out)[i] = p->values.whole[index];
    }
}

static inline void
label_put(const encoder_param *p, hr_eval *ev, uint32_t index, bool absent, void *out, size_t i,
          uint32_t source)
{
    if (index == HR_LOOKUP_NONE) {
        index = p->lookup.n;
        if (!absent && source != HR_NO_COLUMN) {
            hr_eval_flag(ev, source, i, HR_MODEL_UNSEEN);
        }
    }
    encoder_put(p, index, out, i);
}

static void
label_run_strings(const encoder_param *p, hr_eval *ev, const hr_span *in, void *out,
                  uint32_t source)
{
    uint32_t index[ENCODE_BLOCK];

    for (size_t first = 0; first < ev->rows; first += ENCODE_BLOCK) {
        size_t n = ev->rows - first < ENCODE_BLOCK ? ev->rows - first : ENCODE_BLOCK;

        hr_lookup_strings(&p->lookup, in + first, n, index);
        for (size_t i = 0; i < n; i++) {
            label_put(p, ev, index[i], in[first + i].data == NULL, out, first + i, source);
        }
    }
}

static void
label_run_column(const encoder_param *p, hr_model_kind kind, hr_eval *ev, const void *in, void *out,
                 uint32_t source)
{
    for (size_t i = 0; i < ev->rows; i++) {
        bool absent;
        uint32_t index = encoder_find(p, kind, in, i, &absent);

        label_put(p, ev, index, absent, out, i, source);
    }
}

typedef struct label_param {
    encoder_param encoder;
    hr_model_kind in;
} label_param;

static void
label_run(const hr_plan_step *step, hr_eval *ev)
{
    const label_param *p = step->param;

    for (size_t c = 0; c < step->n_in; c++) {
        const void *in = ev->column[step->in[c]];
        void *out = ev->column[step->out[c]];

        if (p->in == HR_MODEL_STRING) {
            label_run_strings(&p->encoder, ev, in, out, p->encoder.source[c]);
        } else {
            label_run_column(&p->encoder, p->in, ev, in, out, p->encoder.source[c]);
        }
    }
}

/* The list of one of three attributes, or of a tensor; n stays 0 if there is none. */
static int
encode_list_read(hr_build *b, const hr_node *node, const char *part, encode_list *out)
{
    static const char *const suffix[] = {"strings", "int64s", "floats", "tensor"};
    const HrOnnx__Attribute *found = NULL;
    size_t kind = 0;
    hr_tensor t;
    int rc;

    *out = (encode_list){0};
    for (size_t i = 0; i < 4; i++) {
        char name[32] = {0};
        const HrOnnx__Attribute *a;

        strncat(name, part, 16);
        strncat(name, "_", 2);
        strncat(name, suffix[i], 12);
        a = hr_attr(node, name);
        if (a != NULL && found != NULL) {
            return hr_build_fail(b, node, "%s is given twice", part);
        }
        if (a != NULL) {
            found = a;
            kind = i;
        }
    }
    if (found == NULL) {
        return HR_OK;
    }
    if (kind == 0) {
        *out = (encode_list){HR_MODEL_STRING, found->n_strings, hr_attr_strings(b, found), 0, 0, 0};
        return out->string != NULL ? HR_OK : hr_build_oom(b);
    }
    if (kind == 1) {
        *out = (encode_list){HR_MODEL_INT64, found->n_ints, NULL, found->ints, 0, 0};
        return HR_OK;
    }
    if (kind == 2) {
        *out = (encode_list){HR_MODEL_FLOAT, found->n_floats, NULL, NULL, found->floats, 0};
        return HR_OK;
    }
    rc = hr_tensor_read(found->t, b->arena, &t, b->err);
    *out = (encode_list){t.string != NULL               ? HR_MODEL_STRING
                         : t.integer != NULL            ? HR_MODEL_INT64
                         : t.data_type == HR_ONNX_FLOAT ? HR_MODEL_FLOAT
                                                        : HR_MODEL_DOUBLE,
                         t.n,
                         t.string,
                         t.integer,
                         NULL,
                         t.real};
    return rc;
}

static double
encode_real_at(const encode_list *list, size_t i)
{
    return list->real32 != NULL ? (double)list->real32[i] : list->real != NULL ? list->real[i] : 0;
}

/* The table of keys. new_key(i) is told by the count going up: an equal key later is ignored. */
static int
encoder_init(hr_build *b, const hr_node *node, encoder_param *p, const encode_list *keys)
{
    int rc;

    if (keys->n < 1 || keys->n > b->limits.encoder_keys) {
        return hr_build_fail(b, node, "%zu keys; 1 to %zu are supported", keys->n,
                             b->limits.encoder_keys);
    }
    p->key = keys->kind == HR_MODEL_FLOAT ? HR_MODEL_DOUBLE : keys->kind;
    rc = keys->kind == HR_MODEL_STRING
             ? hr_lookup_init_strings(&p->lookup, b->arena, keys->n, b->model->seed)
             : hr_lookup_init_numbers(&p->lookup, b->arena, keys->n, b->model->seed);
    return rc == HR_OK ? HR_OK : hr_build_oom(b);
}

/* Adds key i; false if it is not a new one. */
static bool
encoder_add(encoder_param *p, const encode_list *keys, size_t i, bool nan_is_a_key)
{
    uint32_t before = p->lookup.n;

    if (keys->kind == HR_MODEL_STRING) {
        hr_lookup_add_string(&p->lookup, keys->string[i]);
    } else if (keys->kind == HR_MODEL_INT64) {
        hr_lookup_add_number(&p->lookup, keys->whole[i]);
    } else if (nan_is_a_key || !isnan(encode_real_at(keys, i))) {
        hr_lookup_add_number(&p->lookup, hr_lookup_real_key(encode_real_at(keys, i)));
    }
    return p->lookup.n != before;
}

/* The source columns of the input, for flags, and a note in the model's list of encoders. */
static int
encoder_sources(hr_build *b, const hr_value *in, encoder_param *p)
{
    uint32_t *source = hr_arena_calloc(b->arena, in->n + 1, sizeof(*source));

    if (source == NULL) {
        return hr_build_oom(b);
    }
    for (size_t i = 0; i < in->n; i++) {
        source[i] = b->model->columns[in->columns[i]].source;
    }
    p->source = source;
    return hr_build_encoder(b, in, p->key, &p->lookup);
}

static int
label_values_alloc(hr_build *b, encoder_param *p, size_t n)
{
    p->values.string = hr_arena_calloc(b->arena, n + 1, hr_plan_width(p->value));
    return p->values.string != NULL ? HR_OK : hr_build_oom(b);
}

static void
label_value_set(encoder_param *p, size_t at, const encode_list *values, size_t i)
{
    if (p->value == HR_MODEL_STRING && values->string != NULL) {
        p->values.string[at] = values->string[i];
    } else if (p->value == HR_MODEL_INT64 && values->whole != NULL) {
        p->values.whole[at] = values->whole[i];
    } else if (p->value == HR_MODEL_FLOAT) {
        p->values.real32[at] = (float)encode_real_at(values, i);
    } else if (p->value == HR_MODEL_DOUBLE) {
        p->values.real[at] = encode_real_at(values, i);
    }
}

/* What an unknown key gives: default_tensor (version 4), else the default of the values' type. */
static int
label_default(hr_build *b, const hr_node *node, encoder_param *p, size_t at)
{
    const HrOnnx__Attribute *tensor = hr_attr(node, "default_tensor");
    const HrOnnx__Attribute *text = hr_attr(node, "default_string");
    const hr_span unused = HR_SPAN_LIT("_Unused");
    int64_t whole = hr_attr_int(node, "default_int64", -1);
    float real32 = hr_attr_float(node, "default_float", -0.0f);
    double real = (double)real32;
    hr_span string = text != NULL ? hr_text_copy(b->arena, (hr_span){text->s.data, text->s.len})
                                  : hr_text_copy(b->arena, unused);
    encode_list list = {p->value, 1, &string, &whole, NULL, &real};

    if (tensor != NULL) {
        hr_tensor t;
        int rc = hr_tensor_read(tensor->t, b->arena, &t, b->err);

        if (rc != HR_OK) {
            return rc;
        }
        if (t.n != 1 || (t.string != NULL) != (p->value == HR_MODEL_STRING) ||
            (t.integer != NULL) != (p->value == HR_MODEL_INT64)) {
            return hr_build_fail(b, node, "default_tensor does not fit the values");
        }
        list = (encode_list){p->value, 1, t.string, t.integer, NULL, t.real};
    }
    label_value_set(p, at, &list, 0);
    return string.data != NULL ? HR_OK : hr_build_oom(b);
}

/* An encoder behind a classifier renames its labels; the classes follow. */
static int
label_classes(hr_build *b, const hr_value *in, const encoder_param *p, const hr_value *out)
{
    const hr_plan_column *from = &b->model->columns[in->columns[0]];
    hr_plan_column *to = &b->model->columns[out->columns[0]];
    const hr_classes *old = from->classes;
    hr_classes *classes;
    int64_t *number;
    hr_span *string;

    if (in->n != 1 || old == NULL || (p->value != HR_MODEL_INT64 && p->value != HR_MODEL_STRING)) {
        return HR_OK;
    }
    classes = hr_arena_calloc(b->arena, 1, sizeof(*classes));
    number = hr_arena_calloc(b->arena, old->n, sizeof(*number));
    string = hr_arena_calloc(b->arena, old->n, sizeof(*string));
    if (classes == NULL || number == NULL || string == NULL) {
        return hr_build_oom(b);
    }
    for (size_t i = 0; i < old->n; i++) {
        uint32_t k = old->string != NULL ? hr_lookup_string(&p->lookup, old->string[i])
                                         : hr_lookup_number(&p->lookup, old->number[i]);

        k = k == HR_LOOKUP_NONE ? p->lookup.n : k;
        if (p->value == HR_MODEL_STRING) {
            string[i] = p->values.string[k];
        } else {
            number[i] = p->values.whole[k];
        }
    }
    classes->n = old->n;
    classes->number = p->value == HR_MODEL_INT64 ? number : NULL;
    classes->string = p->value == HR_MODEL_STRING ? string : NULL;
    to->classes = classes;
    to->class_index = from->class_index;
    return HR_OK;
}

static int
label_finish(hr_build *b, hr_node *node, label_param *p)
{
    const hr_value *in = node->in[0];
    int rc;

    p->in = in->kind;
    if ((rc = encoder_sources(b, in, &p->encoder)) != HR_OK ||
        (rc = hr_build_output(b, &node->out[0], p->encoder.value, in->rank, in->n)) != HR_OK ||
        (rc = label_classes(b, in, &p->encoder, &node->out[0])) != HR_OK) {
        return rc;
    }
    return hr_build_step(b, label_run, p, in, &node->out[0]) != NULL ? HR_OK : hr_build_oom(b);
}

static unsigned
label_input_kinds(hr_model_kind key)
{
    return key == HR_MODEL_STRING  ? 1u << HR_MODEL_STRING
           : key == HR_MODEL_INT64 ? HR_KINDS_WHOLE
                                   : HR_KINDS_REAL;
}

static int
label_fill(hr_build *b, hr_node *node, label_param *p, const encode_list *keys,
           const encode_list *values)
{
    bool nan_is_a_key = node->opset >= 4;
    int rc;

    if (keys->n != values->n) {
        return hr_build_fail(b, node, "%zu keys for %zu values", keys->n, values->n);
    }
    p->encoder.value = values->kind;
    if ((rc = encoder_init(b, node, &p->encoder, keys)) != HR_OK ||
        (rc = hr_node_need_kind(b, node, 0, label_input_kinds(p->encoder.key))) != HR_OK ||
        (rc = label_values_alloc(b, &p->encoder, keys->n)) != HR_OK) {
        return rc;
    }
    for (size_t i = 0; i < keys->n; i++) {
        if (encoder_add(&p->encoder, keys, i, nan_is_a_key)) {
            label_value_set(&p->encoder, p->encoder.lookup.n - 1, values, i);
        }
    }
    rc = label_default(b, node, &p->encoder, p->encoder.lookup.n);
    return rc == HR_OK ? label_finish(b, node, p) : rc;
}

static int
label_compile(hr_build *b, hr_node *node)
{
    label_param *p = hr_arena_calloc(b->arena, 1, sizeof(*p));
    encode_list keys, values;
    int rc;

    if (p == NULL) {
        return hr_build_oom(b);
    }
    if ((rc = encode_list_read(b, node, "keys", &keys)) != HR_OK ||
        (rc = encode_list_read(b, node, "values", &values)) != HR_OK) {
        return rc;
    }
    return label_fill(b, node, p, &keys, &values);
}

/* Version 1: from text to its place in a list, or back. */
static int
label_compile_v1(hr_build *b, hr_node *node)
{
    const HrOnnx__Attribute *a = hr_attr(node, "classes_strings");
    label_param *p = hr_arena_calloc(b->arena, 1, sizeof(*p));
    size_t n = a != NULL ? a->n_strings : 0;
    int64_t *places = hr_arena_calloc(b->arena, n + 1, sizeof(*places));
    encode_list texts = {.kind = HR_MODEL_STRING, .n = n};
    encode_list numbers = {.kind = HR_MODEL_INT64, .n = n, .whole = places};
    int rc = hr_node_need_kind(b, node, 0, 1u << HR_MODEL_STRING | 1u << HR_MODEL_INT64);

    if (rc != HR_OK) {
        return rc;
    }
    if (a == NULL) {
        return hr_build_fail(b, node, "classes_strings is missing");
    }
    texts.string = hr_attr_strings(b, a);
    if (p == NULL || places == NULL || texts.string == NULL) {
        return hr_build_oom(b);
    }
    for (size_t i = 0; i < n; i++) {
        places[i] = (int64_t)i;
    }
    return node->in[0]->kind == HR_MODEL_STRING ? label_fill(b, node, p, &texts, &numbers)
                                                : label_fill(b, node, p, &numbers, &texts);
}

typedef struct onehot_param {
    encoder_param encoder;
    hr_model_kind in;
    size_t width;
    bool refuse_unseen; /* zeros=0 */
} onehot_param;

static void
onehot_run_column(const onehot_param *p, hr_eval *ev, const void *in, const uint32_t *out,
                  uint32_t source)
{
    for (size_t k = 0; k < p->width; k++) {
        memset(ev->column[out[k]], 0, ev->rows * sizeof(float));
    }
    for (size_t i = 0; i < ev->rows; i++) {
        bool absent;
        uint32_t index = encoder_find(&p->encoder, p->in, in, i, &absent);

        if (index != HR_LOOKUP_NONE) {
            ((float *)ev->column[out[index]])[i] = 1.0f;
            continue;
        }
        if (!absent) {
            hr_eval_flag(ev, source, i, HR_MODEL_UNSEEN);
        }
        if (p->refuse_unseen) {
            hr_eval_flag(ev, source, i, HR_MODEL_UNUSABLE);
        }
    }
}

static void
onehot_run(const hr_plan_step *step, hr_eval *ev)
{
    const onehot_param *p = step->param;

    for (size_t c = 0; c < step->n_in; c++) {
        onehot_run_column(p, ev, ev->column[step->in[c]], step->out + c * p->width,
                          p->encoder.source[c]);
    }
}

static int
onehot_keys(hr_build *b, hr_node *node, onehot_param *p)
{
    encode_list keys;
    int rc = encode_list_read(b, node, "cats", &keys);

    if (rc != HR_OK || (rc = encoder_init(b, node, &p->encoder, &keys)) != HR_OK) {
        return rc;
    }
    for (size_t i = 0; i < keys.n; i++) {
        if (!encoder_add(&p->encoder, &keys, i, false)) {
            return hr_build_fail(b, node, "category %zu comes twice", i);
        }
    }
    p->width = keys.n;
    p->refuse_unseen = hr_attr_int(node, "zeros", 1) == 0;
    return hr_node_need_kind(
        b, node, 0, keys.kind == HR_MODEL_STRING ? 1u << HR_MODEL_STRING : HR_KINDS_NUMBER);
}

/* [N, 1] becomes [N, 1, C], [N] becomes [N, C]. */
static int
onehot_compile(hr_build *b, hr_node *node)
{
    onehot_param *p = hr_arena_calloc(b->arena, 1, sizeof(*p));
    hr_value *out = &node->out[0];
    const hr_value *in;
    int rc;

    if (p == NULL) {
        return hr_build_oom(b);
    }
    rc = onehot_keys(b, node, p);
    if (rc != HR_OK) {
        return rc;
    }
    in = node->in[0];
    if (in->n != 1 || in->rank > 2) {
        return hr_build_fail(b, node, "input '%.80s' has %zu columns; only one is supported",
                             in->name, in->n);
    }
    p->in = in->kind;
    if ((rc = encoder_sources(b, in, &p->encoder)) != HR_OK ||
        (rc = hr_build_output(b, out, HR_MODEL_FLOAT, in->rank + 1, p->width)) != HR_OK) {
        return rc;
    }
    return hr_build_step(b, onehot_run, p, in, out) != NULL ? HR_OK : hr_build_oom(b);
}

static const hr_attr_spec label_attributes_1[] = {
    {"classes_strings", HR_ATTR_STRINGS},
    {"default_int64", HR_ATTR_INT},
    {"default_string", HR_ATTR_STRING},
    {0},
};
static const hr_attr_spec label_attributes[] = {
    {"keys_strings", HR_ATTR_STRINGS}, {"keys_int64s", HR_ATTR_INTS},
    {"keys_floats", HR_ATTR_FLOATS},   {"values_strings", HR_ATTR_STRINGS},
    {"values_int64s", HR_ATTR_INTS},   {"values_floats", HR_ATTR_FLOATS},
    {"default_int64", HR_ATTR_INT},    {"default_string", HR_ATTR_STRING},
    {"default_float", HR_ATTR_FLOAT},  {0},
};
static const hr_attr_spec label_attributes_4[] = {
    {"keys_strings", HR_ATTR_STRINGS},
    {"keys_int64s", HR_ATTR_INTS},
    {"keys_floats", HR_ATTR_FLOATS},
    {"keys_tensor", HR_ATTR_TENSOR},
    {"values_strings", HR_ATTR_STRINGS},
    {"values_int64s", HR_ATTR_INTS},
    {"values_floats", HR_ATTR_FLOATS},
    {"values_tensor", HR_ATTR_TENSOR},
    {"default_int64", HR_ATTR_INT},
    {"default_string", HR_ATTR_STRING},
    {"default_float", HR_ATTR_FLOAT},
    {"default_tensor", HR_ATTR_TENSOR},
    {0},
};
static const hr_attr_spec onehot_attributes[] = {
    {"cats_int64s", HR_ATTR_INTS},
    {"cats_strings", HR_ATTR_STRINGS},
    {"zeros", HR_ATTR_INT},
    {0},
};

const hr_op_spec hr_ops_encode[] = {
    {"LabelEncoder", true, 1, 1, 1, 1, 1, label_attributes_1, label_compile_v1},
    {"LabelEncoder", true, 2, 3, 1, 1, 1, label_attributes, label_compile},
    {"LabelEncoder", true, 4, 5, 1, 1, 1, label_attributes_4, label_compile},
    {"OneHotEncoder", true, 1, 5, 1, 1, 1, onehot_attributes, onehot_compile},
    {0},
};
