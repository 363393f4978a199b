/* What a model says about itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/plan.h"

const char *
hr_model_version(const hr_model *model)
{
    return model->version;
}

size_t
hr_model_input_count(const hr_model *model)
{
    return model->n_inputs;
}

const hr_model_input *
hr_model_input_at(const hr_model *model, size_t input)
{
    return &model->inputs[input];
}

int
hr_model_input_find(const hr_model *model, const char *name)
{
    for (size_t i = 0; i < model->n_inputs; i++) {
        if (strcmp(model->inputs[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

size_t
hr_model_column_count(const hr_model *model)
{
    return model->n_input_columns;
}

bool
hr_model_accepts(hr_model_kind input, hr_model_kind column)
{
    switch (input) {
    case HR_MODEL_FLOAT:
    case HR_MODEL_DOUBLE:
        return column == HR_MODEL_DOUBLE || column == HR_MODEL_INT64;
    case HR_MODEL_INT64:
    case HR_MODEL_INT32:
        return column == HR_MODEL_INT64;
    default:
        return column == input;
    }
}

static bool
info_encoder_reads(const hr_model *model, const hr_plan_encoder *e, size_t input)
{
    const hr_model_input *in = &model->inputs[input];

    return e->column >= in->first && e->column < in->first + in->width;
}

bool
hr_model_input_known(const hr_model *model, size_t input, hr_span value)
{
    for (size_t i = 0; i < model->n_encoders; i++) {
        const hr_plan_encoder *e = &model->encoders[i];

        if (info_encoder_reads(model, e, input) && e->key == HR_MODEL_STRING &&
            hr_lookup_string(e->lookup, value) == HR_LOOKUP_NONE) {
            return false;
        }
    }
    return true;
}

bool
hr_model_input_known_int(const hr_model *model, size_t input, int64_t value)
{
    for (size_t i = 0; i < model->n_encoders; i++) {
        const hr_plan_encoder *e = &model->encoders[i];
        int64_t key = e->key == HR_MODEL_INT64 ? value : hr_lookup_real_key((double)value);

        if (info_encoder_reads(model, e, input) && e->key != HR_MODEL_STRING &&
            hr_lookup_number(e->lookup, key) == HR_LOOKUP_NONE) {
            return false;
        }
    }
    return true;
}

bool
hr_model_is_classifier(const hr_model *model)
{
    return model->label != HR_NO_COLUMN;
}

static const hr_classes *
info_classes(const hr_model *model)
{
    return model->label != HR_NO_COLUMN ? model->columns[model->label].classes : NULL;
}

hr_model_kind
hr_model_label_kind(const hr_model *model)
{
    const hr_classes *classes = info_classes(model);

    return classes != NULL && classes->string != NULL ? HR_MODEL_STRING : HR_MODEL_INT64;
}

size_t
hr_model_class_count(const hr_model *model)
{
    const hr_classes *classes = info_classes(model);

    return classes != NULL ? classes->n : 0;
}

int64_t
hr_model_class_int(const hr_model *model, size_t index)
{
    const hr_classes *classes = info_classes(model);

    return classes != NULL && classes->number != NULL ? classes->number[index] : 0;
}

hr_span
hr_model_class_string(const hr_model *model, size_t index)
{
    const hr_classes *classes = info_classes(model);

    return classes != NULL && classes->string != NULL ? classes->string[index] : (hr_span){NULL, 0};
}

const char *
hr_model_class_name(const hr_model *model, size_t index)
{
    return model->class_names != NULL ? model->class_names[index] : NULL;
}

bool
hr_model_scores_are_float(const hr_model *model)
{
    return model->n_scores > 0 && model->columns[model->scores[0]].kind == HR_MODEL_FLOAT;
}

const char *
hr_model_metadata(const hr_model *model, const char *key)
{
    for (size_t i = 0; i < model->n_metadata; i++) {
        if (strcmp(model->metadata[i].key, key) == 0) {
            return model->metadata[i].value;
        }
    }
    return NULL;
}

bool
hr_model_has_unknown_code(const hr_model *model)
{
    const char *value = hr_model_metadata(model, "headrace.unknown_code");

    return value != NULL && strcmp(value, "null") != 0;
}

bool
hr_model_trained_with_nan(const hr_model *model)
{
    const char *value = hr_model_metadata(model, "headrace.trained_with_nan");

    return value != NULL && strcmp(value, "true") == 0;
}

size_t
hr_model_tree_count(const hr_model *model)
{
    return model->trees;
}

size_t
hr_model_bytes(const hr_model *model)
{
    return model->bytes;
}
