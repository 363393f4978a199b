/* The helpers of build.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/build.h"

#include "model/text.h"

#include <stdarg.h>
#include <stdio.h>

void
hr_build_report(hr_build *b, const hr_node *node, const char *fmt, ...)
{
    char text[300];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    (void)hr_fail_as(b->err, HR_NO_LOC, "bad-model", "%.60s (node '%.60s'): %s",
                     node->proto->op_type, node->proto->name != NULL ? node->proto->name : "",
                     text);
}

int
hr_build_oom(hr_build *b)
{
    (void)hr_fail(b->err, HR_ENOMEM, HR_NO_LOC, "out of memory while the model is compiled");
    return HR_ENOMEM;
}

const HrOnnx__Attribute *
hr_attr(const hr_node *node, const char *name)
{
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        if (strcmp(node->proto->attribute[i]->name, name) == 0) {
            return node->proto->attribute[i];
        }
    }
    return NULL;
}

int64_t
hr_attr_int(const hr_node *node, const char *name, int64_t absent)
{
    const HrOnnx__Attribute *a = hr_attr(node, name);

    return a != NULL ? a->i : absent;
}

float
hr_attr_float(const hr_node *node, const char *name, float absent)
{
    const HrOnnx__Attribute *a = hr_attr(node, name);

    return a != NULL ? a->f : absent;
}

bool
hr_attr_is(const hr_node *node, const char *name, const char *text, const char *absent)
{
    const HrOnnx__Attribute *a = hr_attr(node, name);
    hr_span s = a != NULL ? (hr_span){a->s.data, a->s.len} : hr_span_str(absent);

    return hr_span_eq(s, hr_span_str(text));
}

const hr_span *
hr_attr_strings(hr_build *b, const HrOnnx__Attribute *a)
{
    hr_span *s = hr_arena_calloc(b->arena, a->n_strings + 1, sizeof(*s));

    for (size_t i = 0; s != NULL && i < a->n_strings; i++) {
        s[i] = hr_text_copy(b->arena, (hr_span){a->strings[i].data, a->strings[i].len});
        if (s[i].data == NULL) {
            return NULL;
        }
    }
    return s;
}

int
hr_node_need_columns(hr_build *b, const hr_node *node, size_t input)
{
    if (input >= node->n_in || node->in[input] == NULL) {
        return hr_build_fail(b, node, "input %zu is missing", input);
    }
    if (node->in[input]->constant != NULL) {
        return hr_build_fail(b, node, "input '%s' is a constant; columns are expected",
                             node->in[input]->name);
    }
    return HR_OK;
}

int
hr_node_need_constant(hr_build *b, const hr_node *node, size_t input, hr_tensor *out)
{
    if (input >= node->n_in || node->in[input] == NULL) {
        return hr_build_fail(b, node, "input %zu is missing", input);
    }
    if (node->in[input]->constant == NULL) {
        return hr_build_fail(b, node, "input '%s' must be a constant", node->in[input]->name);
    }
    return hr_tensor_read(node->in[input]->constant, b->arena, out, b->err);
}

int
hr_node_need_kind(hr_build *b, const hr_node *node, size_t input, unsigned kinds)
{
    static const char *const names[] = {"float", "double", "int64", "int32", "bool", "string"};
    int rc = hr_node_need_columns(b, node, input);

    if (rc == HR_OK && (kinds >> node->in[input]->kind & 1) == 0) {
        return hr_build_fail(b, node, "input '%s' of type %s is not supported",
                             node->in[input]->name, names[node->in[input]->kind]);
    }
    return rc;
}

/* A larger copy of an array of the model; the old one stays in the arena, which doubling bounds. */
static void *
build_grow(hr_build *b, void *array, size_t size, size_t n, size_t *cap)
{
    size_t more = *cap > 0 ? *cap * 2 : 64;
    void *grown = hr_arena_calloc(b->arena, more, size);

    if (grown != NULL) {
        if (n > 0) {
            memcpy(grown, array, n * size);
        }
        *cap = more;
    }
    return grown;
}

uint32_t
hr_build_column(hr_build *b, hr_model_kind kind)
{
    hr_model *m = b->model;

    if (m->n_columns >= b->limits.features * 4) {
        return HR_NO_COLUMN;
    }
    if (m->n_columns == b->columns_cap) {
        hr_plan_column *grown =
            build_grow(b, m->columns, sizeof(*grown), m->n_columns, &b->columns_cap);

        if (grown == NULL) {
            return HR_NO_COLUMN;
        }
        m->columns = grown;
    }
    m->columns[m->n_columns] = (hr_plan_column){kind, HR_NO_COLUMN, HR_NO_COLUMN, NULL};
    return (uint32_t)m->n_columns++;
}

int
hr_build_list(hr_build *b, size_t n, uint32_t **out)
{
    b->listed += n;
    if (b->listed > b->limits.features * 64) {
        (void)hr_fail_as(b->err, HR_NO_LOC, "bad-model", "the graph has too many columns");
        return HR_ECONFIG;
    }
    *out = hr_arena_alloc(b->arena, (n + 1) * sizeof(**out));
    return *out != NULL ? HR_OK : hr_build_oom(b);
}

int
hr_build_output(hr_build *b, hr_value *out, hr_model_kind kind, size_t rank, size_t n)
{
    uint32_t *columns;
    int rc;

    if (n > b->limits.features) {
        return hr_fail_as(b->err, HR_NO_LOC, "bad-model",
                          "value '%.60s' has %zu columns, the limit is %zu", out->name, n,
                          b->limits.features);
    }
    rc = hr_build_list(b, n, &columns);
    if (rc != HR_OK) {
        return rc;
    }
    for (size_t i = 0; i < n; i++) {
        columns[i] = hr_build_column(b, kind);
        if (columns[i] == HR_NO_COLUMN) {
            return hr_fail_as(b->err, HR_NO_LOC, "bad-model", "the model needs too many columns");
        }
    }
    out->kind = kind;
    out->rank = rank;
    out->n = n;
    out->columns = columns;
    return HR_OK;
}

void
hr_build_alias(hr_value *out, const hr_value *in, size_t rank)
{
    const char *name = out->name;

    *out = *in;
    out->name = name;
    out->rank = rank;
}

hr_plan_step *
hr_build_step(hr_build *b, void (*run)(const hr_plan_step *, hr_eval *), const void *param,
              const hr_value *in, const hr_value *out)
{
    hr_model *m = b->model;

    if (m->n_steps == b->steps_cap) {
        hr_plan_step *grown = build_grow(b, m->steps, sizeof(*grown), m->n_steps, &b->steps_cap);

        if (grown == NULL) {
            return NULL;
        }
        m->steps = grown;
    }
    m->steps[m->n_steps] = (hr_plan_step){
        .run = run,
        .param = param,
        .in = in->columns,
        .n_in = in->n,
        .out = out->columns,
        .n_out = out->n,
    };
    return &m->steps[m->n_steps++];
}

int
hr_build_encoder(hr_build *b, const hr_value *in, hr_model_kind key, const hr_lookup *lookup)
{
    hr_model *m = b->model;

    for (size_t i = 0; i < in->n; i++) {
        uint32_t source = m->columns[in->columns[i]].source;

        if (source == HR_NO_COLUMN) {
            continue;
        }
        if (m->n_encoders == b->encoders_cap) {
            hr_plan_encoder *grown =
                build_grow(b, m->encoders, sizeof(*grown), m->n_encoders, &b->encoders_cap);

            if (grown == NULL) {
                return hr_build_oom(b);
            }
            m->encoders = grown;
        }
        m->encoders[m->n_encoders++] = (hr_plan_encoder){source, key, lookup};
    }
    return HR_OK;
}
