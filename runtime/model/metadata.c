/* Metadata: pairs of text, those of ours (headrace.*) with JSON values.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/metadata.h"

#include "model/text.h"

#include <jansson.h>

static int
metadata_copy(hr_build *b, const HrOnnx__Model *proto)
{
    hr_model *m = b->model;

    m->metadata = hr_arena_calloc(b->arena, proto->n_metadata_props + 1, sizeof(*m->metadata));
    if (m->metadata == NULL) {
        return hr_build_oom(b);
    }
    for (size_t i = 0; i < proto->n_metadata_props; i++) {
        const HrOnnx__Property *p = proto->metadata_props[i];
        hr_span value = {p->value.data, p->value.len};

        if (p->key == NULL) {
            continue;
        }
        m->metadata[m->n_metadata].key =
            (const char *)hr_text_copy(b->arena, hr_span_str(p->key)).data;
        m->metadata[m->n_metadata].value = (const char *)hr_text_copy(b->arena, value).data;
        if (m->metadata[m->n_metadata].key == NULL || m->metadata[m->n_metadata].value == NULL) {
            return hr_build_oom(b);
        }
        m->n_metadata++;
    }
    return HR_OK;
}

static int
metadata_fill_names(hr_build *b, const json_t *list, size_t classes)
{
    const char **names = hr_arena_calloc(b->arena, classes, sizeof(*names));

    if (names == NULL) {
        return hr_build_oom(b);
    }
    if (!json_is_array(list) || json_array_size(list) != classes) {
        return hr_fail_as(b->err, HR_NO_LOC, "bad-model",
                          "metadata 'headrace.label_names' is not a list of %zu names", classes);
    }
    for (size_t i = 0; i < classes; i++) {
        const char *name = json_string_value(json_array_get(list, i));

        if (name == NULL) {
            return hr_fail_as(b->err, HR_NO_LOC, "bad-model",
                              "metadata 'headrace.label_names' holds something else than names");
        }
        names[i] = (const char *)hr_text_copy(b->arena, hr_span_str(name)).data;
        if (names[i] == NULL) {
            return hr_build_oom(b);
        }
    }
    b->model->class_names = names;
    return HR_OK;
}

static int
metadata_label_names(hr_build *b)
{
    const char *text = hr_model_metadata(b->model, "headrace.label_names");
    json_t *list;
    int rc;

    if (text == NULL || !hr_model_is_classifier(b->model)) {
        return HR_OK;
    }
    list = json_loads(text, 0, NULL);
    rc = metadata_fill_names(b, list, hr_model_class_count(b->model));
    json_decref(list);
    return rc;
}

int
hr_metadata_read(hr_build *b, const HrOnnx__Model *proto)
{
    int rc = metadata_copy(b, proto);

    return rc == HR_OK ? metadata_label_names(b) : rc;
}
