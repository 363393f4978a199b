/* predict at check time.
 *
 * Every input of the model is fed by a field that can hold what the model wants, or `check` fails:
 * a model that is short of an input answers all the same, wrongly and in silence.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "predict_bind.h"
#include "codec/schema.h"
#include "engine/log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int
predict_nomem(hr_error *err)
{
    return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

static const char *
predict_kind_name(hr_model_kind kind)
{
    static const char *const names[] = {"float", "double", "int64", "int32", "bool", "string"};

    return names[kind];
}

/* --- the model ------------------------------------------------------------------------------ */

static void
predict_model_destroy(hr_snapshot *snapshot)
{
    predict_model *model = (predict_model *)snapshot;

    hr_model_unref(model->model);
    free(model);
}

static bool
predict_given(const hr_node *node, const char *option)
{
    return hr_yaml_get(node->options_yaml, option) != NULL;
}

/* Loads the model and settles the policies, which depend on what it was trained for. NULL with
 * *err. */
static predict_model *
predict_model_load(const hr_node *node, hr_error *err)
{
    const predict_options *opt = node->options;
    predict_model *made = calloc(1, sizeof *made);

    if (made == NULL) {
        predict_nomem(err);
        return NULL;
    }
    hr_snapshot_init(&made->snapshot, predict_model_destroy);
    if (hr_model_load(opt->model.s, NULL, &made->model, err) != HR_OK) {
        free(made);
        return NULL;
    }
    made->unseen = predict_given(node, "on_unseen")         ? (predict_policy)opt->on_unseen
                   : hr_model_has_unknown_code(made->model) ? PREDICT_MODEL_DEFAULT
                                                            : PREDICT_FAIL;
    made->missing = predict_given(node, "on_missing")        ? (predict_policy)opt->on_missing
                    : hr_model_trained_with_nan(made->model) ? PREDICT_MODEL_DEFAULT
                                                             : PREDICT_FAIL;
    return made;
}

/* The model at check time, published. NULL with *err. */
static const predict_model *
predict_open(hr_node *node, const predict_options *opt, predict_shared *s, hr_error *err)
{
    predict_model *model;

    s->watch.taken = s->watch.seen = hr_file_mark_get(opt->model.s);
    model = predict_model_load(node, err);
    if (model != NULL) {
        hr_cell_init(&s->cell);
        s->has_cell = true;
        hr_cell_publish(&s->cell, &model->snapshot);
    } else if (err->code == HR_ECONFIG || err->code == HR_EIO) {
        err->code = HR_ECONFIG;
        err->loc = hr_node_loc(node, "model");
        err->width = hr_text_width(&opt->model);
        err->slug = "model";
    }
    return model;
}

static void
predict_warn_golden(hr_node *node, const hr_model *model)
{
    hr_error err;

    if (hr_model_metadata(model, "headrace.golden") == NULL) {
        hr_fail_as(&err, hr_node_loc(node, "model"), "no-golden-rows",
                   "the model has no golden rows, so nothing shows that it answers as its trainer "
                   "did");
        hr_hint(&err, "store some in its metadata as headrace.golden");
        hr_node_warn(node, &err);
    }
}

/* --- inputs --------------------------------------------------------------------------------- */

/* Inputs that nothing feeds, or nothing that fits: told in one message. */
typedef struct predict_trouble {
    char unfed[200], mistyped[200];
    size_t n_unfed, n_mistyped;
} predict_trouble;

static void predict_note(char *list, size_t size, size_t *n, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void
predict_note(char *list, size_t size, size_t *n, const char *fmt, ...)
{
    size_t len = strlen(list);
    va_list ap;

    if ((*n)++ > 0) {
        len += (size_t)snprintf(list + len, size - len, ", ");
    }
    if (len < size) {
        va_start(ap, fmt);
        vsnprintf(list + len, size - len, fmt, ap);
        va_end(ap);
    }
}

/* "DepDelay float, Carrier string", as far as there is room. */
static void
predict_wants(const hr_model *model, char *text, size_t size)
{
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < hr_model_input_count(model) && strlen(text) + 1 < size; i++) {
        const hr_model_input *input = hr_model_input_at(model, i);

        if (input->width == 1) {
            predict_note(text, size, &n, "%s %s", input->name, predict_kind_name(input->kind));
        } else {
            predict_note(text, size, &n, "%s %s[%zu]", input->name, predict_kind_name(input->kind),
                         input->width);
        }
    }
}

static hr_model_kind
predict_feed(hr_kind kind, bool *fits)
{
    *fits = true;
    switch (kind) {
    case HR_KIND_BOOL:
        return HR_MODEL_BOOL;
    case HR_KIND_INT:
        return HR_MODEL_INT64;
    case HR_KIND_DOUBLE:
        return HR_MODEL_DOUBLE;
    case HR_KIND_STRING:
        return HR_MODEL_STRING;
    default:
        *fits = false;
        return HR_MODEL_STRING;
    }
}

static bool
predict_reasons(hr_arena *arena, predict_column *column)
{
    column->unseen_reason =
        hr_arena_printf(arena, "the model has not seen this value of '%s'", column->name);
    column->missing_reason =
        hr_arena_printf(arena, "the model's input '%s' has no value", column->name);
    column->unusable_reason =
        hr_arena_printf(arena, "the model cannot use this value of '%s'", column->name);
    return column->unseen_reason != NULL && column->missing_reason != NULL &&
           column->unusable_reason != NULL;
}

/* Binds one column to a field. HR_ECONFIG: there is no such field (*err says so); HR_ERECORD: it
 * has a type that cannot feed the input. */
static int
predict_bind_column(hr_node *node, const hr_model_input *input, const hr_text *field,
                    predict_column *column, hr_error *err)
{
    bool fits;
    int rc = hr_node_read(node, field, &column->type, &column->slot, err);

    column->name = input->name;
    column->field = field->s;
    column->wants = input->kind;
    if (rc != HR_OK) {
        return rc;
    }
    column->kind = predict_feed(column->type.kind, &fits);
    if (!fits || !hr_model_accepts(input->kind, column->kind)) {
        return HR_ERECORD;
    }
    return predict_reasons(hr_node_arena(node), column) ? HR_OK : predict_nomem(err);
}

static int
predict_mistyped(const predict_column *column, const hr_text *at, hr_error *err)
{
    hr_fail_as(err, at->loc, "model-input",
               "the model's input '%s' wants %s, and the field '%s' is %s", column->name,
               predict_kind_name(column->wants), column->field, hr_kind_name(column->type.kind));
    err->width = hr_text_width(at);
    return hr_hint(err, "derive a field of that type");
}

/* The next name of "a, b, c" from *at on; false at the end. */
static bool
predict_next_name(hr_node *node, const hr_text *list, size_t *at, hr_text *name)
{
    const char *start = list->s + *at + strspn(list->s + *at, " ");
    size_t len = strcspn(start, ","), used = len;

    if (*at > list->len || *start == '\0') {
        return false;
    }
    while (len > 0 && start[len - 1] == ' ') {
        len--;
    }
    *name = *list;
    name->s = hr_arena_strndup(hr_node_arena(node), start, len);
    name->len = len;
    name->width = (int)len;
    name->loc = hr_text_loc(list, (size_t)(start - list->s));
    *at = (size_t)(start - list->s) + used + 1;
    return name->s != NULL;
}

/* An input that `inputs:` names; every mistake is reported where it was written. */
static int
predict_bind_named(hr_node *node, const hr_model_input *input, const hr_opt_entry *entry,
                   predict_column *columns, hr_error *err)
{
    size_t at = 0, n = 0;
    hr_text name;
    int rc = HR_OK;

    while (rc == HR_OK && predict_next_name(node, &entry->value, &at, &name)) {
        if (n < input->width) {
            rc = predict_bind_column(node, input, &name, &columns[input->first + n], err);
            if (rc == HR_ERECORD) {
                rc = predict_mistyped(&columns[input->first + n], &name, err);
            }
        }
        n++;
    }
    if (rc == HR_OK && n != input->width) {
        rc = hr_fail_as(err, entry->value.loc, "model-input",
                        "the model's input '%s' takes %zu field%s, and %zu %s named", input->name,
                        input->width, input->width == 1 ? "" : "s", n, n == 1 ? "is" : "are");
        err->width = hr_text_width(&entry->value);
    }
    if (rc == HR_ECONFIG || rc == HR_EREPORTED) {
        hr_node_error(node, err);
        rc = HR_EREPORTED;
    }
    return rc;
}

/* An input that takes the field of its own name. */
static int
predict_bind_default(hr_node *node, const hr_model_input *input, predict_column *columns,
                     predict_trouble *trouble, hr_error *err)
{
    hr_text name = {.s = input->name, .len = strlen(input->name)};
    predict_column *column = &columns[input->first];
    int rc = HR_ECONFIG;

    if (input->width == 1) {
        rc = predict_bind_column(node, input, &name, column, err);
    }
    if (rc == HR_ECONFIG) {
        predict_note(trouble->unfed, sizeof trouble->unfed, &trouble->n_unfed, "'%s'", input->name);
    } else if (rc == HR_ERECORD) {
        predict_note(trouble->mistyped, sizeof trouble->mistyped, &trouble->n_mistyped,
                     "'%s' wants %s and the field is %s", input->name,
                     predict_kind_name(input->kind), hr_kind_name(column->type.kind));
    }
    return rc == HR_ECONFIG || rc == HR_ERECORD ? HR_OK : rc;
}

static int
predict_tell_trouble(hr_node *node, const hr_model *model, const predict_trouble *trouble,
                     hr_error *err)
{
    char wants[160];
    hr_loc loc = hr_node_loc(node, "model");

    predict_wants(model, wants, sizeof wants);
    if (trouble->n_unfed > 0) {
        hr_fail_as(err, loc, "model-input", "no field feeds the model's input%s %s%s%s",
                   trouble->n_unfed == 1 ? "" : "s", trouble->unfed,
                   trouble->n_mistyped > 0 ? "; and " : "", trouble->mistyped);
    } else if (trouble->n_mistyped > 0) {
        hr_fail_as(err, loc, "model-input",
                   "the type of a field does not fit: the model's input %s", trouble->mistyped);
    } else {
        return HR_OK;
    }
    err->width = hr_text_width(&((const predict_options *)node->options)->model);
    hr_hint(err, "derive it, or name one: `inputs: {INPUT: field}`; the model wants %s", wants);
    hr_node_error(node, err);
    return HR_EREPORTED;
}

static const hr_opt_entry *
predict_entry(const hr_opt_map *map, const char *key)
{
    for (size_t i = 0; i < map->n; i++) {
        if (strcmp(map->v[i].key.s, key) == 0) {
            return &map->v[i];
        }
    }
    return NULL;
}

/* Names under `inputs:` that the model does not have. */
static int
predict_unknown_inputs(hr_node *node, const predict_options *opt, const hr_model *model,
                       hr_error *err)
{
    const char *names[64];
    size_t n = hr_model_input_count(model) < 64 ? hr_model_input_count(model) : 64;
    int rc = HR_OK;

    for (size_t i = 0; i < n; i++) {
        names[i] = hr_model_input_at(model, i)->name;
    }
    for (size_t i = 0; i < opt->inputs.n; i++) {
        const hr_text *key = &opt->inputs.v[i].key;
        const char *nearest;
        char wants[200];

        if (hr_model_input_find(model, key->s) >= 0) {
            continue;
        }
        nearest = hr_diag_nearest(key->s, names, n);
        predict_wants(model, wants, sizeof wants);
        hr_fail_as(err, key->loc, "model-input", "the model has no input '%s'", key->s);
        err->width = hr_text_width(key);
        if (nearest != NULL) {
            hr_hint(err, "did you mean '%s'?", nearest);
        } else {
            hr_hint(err, "the model wants %s", wants);
        }
        hr_node_error(node, err);
        rc = HR_EREPORTED;
    }
    return rc;
}

static int
predict_bind_inputs(hr_node *node, const predict_options *opt, const hr_model *model,
                    predict_shared *s, hr_error *err)
{
    predict_trouble trouble = {0};
    int worst = predict_unknown_inputs(node, opt, model, err);
    bool unknown = worst != HR_OK;

    s->n_columns = hr_model_column_count(model);
    s->columns = hr_arena_calloc(hr_node_arena(node), s->n_columns, sizeof *s->columns);
    if (s->columns == NULL) {
        return predict_nomem(err);
    }
    for (size_t i = 0; i < hr_model_input_count(model); i++) {
        const hr_model_input *input = hr_model_input_at(model, i);
        const hr_opt_entry *entry = predict_entry(&opt->inputs, input->name);
        int rc = entry != NULL ? predict_bind_named(node, input, entry, s->columns, err)
                               : predict_bind_default(node, input, s->columns, &trouble, err);

        for (size_t k = 0; k < input->width; k++) {
            s->columns[input->first + k].input = i;
        }
        if (rc == HR_ENOMEM) {
            return rc;
        }
        worst = rc != HR_OK ? HR_EREPORTED : worst;
    }
    /* A misspelt name under `inputs:` leaves its input unfed: one mistake, one error. */
    if (!unknown && predict_tell_trouble(node, model, &trouble, err) != HR_OK) {
        worst = HR_EREPORTED;
    }
    if (worst == HR_EREPORTED) {
        hr_fail(err, HR_EREPORTED, HR_NO_LOC, "inputs are not bound");
    }
    return worst;
}

/* A number that may be missing must not reach trees that were not trained for it. */
static int
predict_check_missing(hr_node *node, const predict_shared *s, const predict_model *model,
                      hr_error *err)
{
    if (model->missing != PREDICT_MODEL_DEFAULT || hr_model_trained_with_nan(model->model)) {
        return HR_OK;
    }
    for (size_t i = 0; i < s->n_columns; i++) {
        const predict_column *column = &s->columns[i];

        if (column->type.nullable && column->kind != HR_MODEL_STRING) {
            hr_fail_as(err, hr_node_loc(node, "on_missing"), "model-input",
                       "'%s' may be null, and the model was not trained with missing numbers",
                       column->field);
            return hr_hint(err, "on_missing: dead_letter or set_null; or train it so and declare "
                                "headrace.trained_with_nan");
        }
    }
    return HR_OK;
}

/* --- outputs -------------------------------------------------------------------------------- */

static int
predict_role_of(const hr_text *text, predict_role *role, hr_error *err)
{
    static const char *const names[] = {"label", "scores", "value", "version"};
    const char *nearest;

    for (size_t i = 0; i < 4; i++) {
        if (strcmp(text->s, names[i]) == 0) {
            *role = (predict_role)i;
            return HR_OK;
        }
    }
    nearest = hr_diag_nearest(text->s, names, 4);
    hr_fail_as(err, text->loc, "bad-value", "'%s' is nothing that a model makes", text->s);
    err->width = hr_text_width(text);
    return nearest != NULL ? hr_hint(err, "did you mean '%s'?", nearest)
                           : hr_hint(err, "it makes label, scores, value and version");
}

/* A row without values, in types that every input takes. */
static void
predict_empty_row(const hr_model *model, hr_model_column *columns)
{
    static const double zero = 0;
    static const int64_t none = 0;
    static const hr_span empty = {(const uint8_t *)"", 0};
    static const uint8_t missing = 1;

    for (size_t i = 0; i < hr_model_input_count(model); i++) {
        const hr_model_input *input = hr_model_input_at(model, i);

        for (size_t k = input->first; k < input->first + input->width; k++) {
            columns[k].missing = &missing;
            if (input->kind == HR_MODEL_STRING) {
                columns[k].kind = HR_MODEL_STRING;
                columns[k].of.string = &empty;
            } else if (hr_model_accepts(input->kind, HR_MODEL_DOUBLE)) {
                columns[k].kind = HR_MODEL_DOUBLE;
                columns[k].of.real = &zero;
            } else {
                columns[k].kind = input->kind == HR_MODEL_BOOL ? HR_MODEL_BOOL : HR_MODEL_INT64;
                columns[k].of.integer = &none;
            }
        }
    }
}

/* Does the graph give scores? It is asked by a row without values. */
static int
predict_has_scores(const hr_model *model, bool *has, hr_error *err)
{
    hr_model_column *columns = calloc(hr_model_column_count(model) + 1, sizeof *columns);
    hr_model_scratch *scratch = hr_model_scratch_create(model);
    hr_model_result result = {0};
    int rc = HR_ENOMEM;

    if (columns != NULL && scratch != NULL) {
        predict_empty_row(model, columns);
        rc = hr_model_eval(model, scratch, columns, 1, &result);
    }
    *has = result.scores != NULL;
    hr_model_scratch_destroy(scratch);
    free(columns);
    return rc == HR_OK ? rc : hr_fail(err, rc, HR_NO_LOC, "the model cannot be tried");
}

static int
predict_lacks(const hr_text *role, bool classifier, hr_error *err)
{
    hr_fail_as(err, role->loc, "bad-value", "the model is a %s and makes no %s",
               classifier ? "classifier" : "regressor", role->s);
    err->width = hr_text_width(role);
    return hr_hint(err, classifier
                            ? "it makes label, scores (where the graph gives them) and version"
                            : "it makes value and version");
}

/* The type of a list of scores. */
static const hr_schema predict_score_schema = {.kind = HR_KIND_DOUBLE};
static const hr_schema predict_scores_schema = {.kind = HR_KIND_LIST,
                                                .items = &predict_score_schema};

static int
predict_output_type(const hr_model *model, predict_role role, const hr_text *text, hr_type *type,
                    hr_error *err)
{
    bool classifier = hr_model_is_classifier(model), has = true;
    int rc = HR_OK;

    switch (role) {
    case PREDICT_LABEL:
        has = classifier;
        type->kind =
            has && hr_model_label_kind(model) == HR_MODEL_STRING ? HR_KIND_STRING : HR_KIND_INT;
        break;
    case PREDICT_SCORES:
        rc = predict_has_scores(model, &has, err);
        type->kind = HR_KIND_LIST;
        type->schema = &predict_scores_schema;
        break;
    case PREDICT_VALUE:
        has = !classifier;
        type->kind = HR_KIND_DOUBLE;
        break;
    case PREDICT_VERSION:
        type->kind = HR_KIND_STRING;
        type->nullable = false;
        break;
    }
    if (rc == HR_OK && !has) {
        rc = predict_lacks(text, classifier, err);
    }
    return rc;
}

static int
predict_bind_output(hr_node *node, const predict_model *model, const hr_opt_entry *entry,
                    predict_output *output, hr_error *err)
{
    hr_type type = {.nullable =
                        model->unseen == PREDICT_SET_NULL || model->missing == PREDICT_SET_NULL};
    int rc = predict_role_of(&entry->value, &output->role, err);

    if (rc == HR_OK) {
        rc = predict_output_type(model->model, output->role, &entry->value, &type, err);
    }
    if (rc == HR_OK) {
        rc = hr_node_make(node, &entry->key, type, &output->slot, err);
    }
    if (rc == HR_ECONFIG) {
        hr_node_error(node, err);
        hr_node_make_broken(node, entry->key.s);
        rc = HR_EREPORTED;
    }
    return rc;
}

static int
predict_bind_outputs(hr_node *node, const predict_options *opt, const predict_model *model,
                     predict_shared *s, hr_error *err)
{
    int worst = HR_OK;

    s->n_outputs = opt->output.n;
    s->outputs = hr_arena_calloc(hr_node_arena(node), s->n_outputs, sizeof *s->outputs);
    if (s->outputs == NULL) {
        return predict_nomem(err);
    }
    for (size_t i = 0; i < s->n_outputs; i++) {
        int rc = predict_bind_output(node, model, &opt->output.v[i], &s->outputs[i], err);

        if (rc != HR_OK && rc != HR_EREPORTED) {
            return rc;
        }
        worst = rc != HR_OK ? rc : worst;
    }
    return worst;
}

/* --- the operator's slots ------------------------------------------------------------------- */

static int
predict_bind_model(hr_node *node, const predict_options *opt, const predict_model *model,
                   predict_shared *s, hr_error *err)
{
    int inputs = predict_bind_inputs(node, opt, model->model, s, err);
    int rc;

    if (inputs == HR_OK) {
        inputs = predict_check_missing(node, s, model, err);
    }
    if (inputs == HR_ECONFIG) {
        hr_node_error(node, err);
        inputs = HR_EREPORTED;
    }
    rc = inputs == HR_ENOMEM ? inputs : predict_bind_outputs(node, opt, model, s, err);
    return rc != HR_OK ? rc : inputs;
}

int
predict_bind(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const predict_options *opt = options;
    predict_shared *s = shared;
    const predict_model *model = predict_open(node, opt, s, err);

    s->unseen_action = predict_given(node, "on_unseen") ? HR_ON_ERROR_DEAD_LETTER : node->on_error;
    s->missing_action =
        predict_given(node, "on_missing") ? HR_ON_ERROR_DEAD_LETTER : node->on_error;
    if (model == NULL) {
        for (size_t i = 0; i < opt->output.n; i++) {
            hr_node_make_broken(node, opt->output.v[i].key.s);
        }
        return err->code;
    }
    predict_warn_golden(node, model->model);
    return predict_bind_model(node, opt, model, s, err);
}

/* The step or source that made the column's field. */
static const hr_node *
predict_maker(const hr_node *node, int slot)
{
    const hr_node *maker = node->input;

    while (maker->input != NULL) {
        const hr_fields *before = &maker->input->fields;
        size_t i = 0;

        while (i < before->n && before->v[i].slot != slot) {
            i++;
        }
        if (i == before->n) {
            break;
        }
        maker = maker->input;
    }
    return maker;
}

static const char *
predict_policy_name(predict_policy policy, hr_on_error action)
{
    static const char *const policies[] = {"", "model_default", "set_null"};
    static const char *const actions[] = {"dead_letter", "skip", "fail"};

    return policy == PREDICT_FAIL ? actions[action] : policies[policy];
}

static void
predict_describe_column(const hr_node *node, const predict_column *column, FILE *out)
{
    const hr_node *input = node->input;
    const hr_node *source = input;
    const hr_field *field = hr_fields_find(&input->fields, column->field);
    const hr_node *maker = predict_maker(node, column->slot);

    fprintf(out, "    model input %s (%s) <- %s", column->name, predict_kind_name(column->wants),
            column->field);
    while (source->input != NULL) {
        source = source->input;
    }
    if (maker->kind == HR_NODE_STEP && field != NULL && field->source_name == NULL) {
        fprintf(out, ", made by the step %s (%s)\n", maker->name.s, maker->type_name.s);
    } else {
        fprintf(out, ", of the source %s\n", source->name.s);
    }
}

void
predict_describe(const hr_node *node, FILE *out)
{
    const predict_shared *s = node->shared;
    const predict_model *model = (const predict_model *)s->cell.current;

    fprintf(out, "    model version %s, %zu trees, %s\n", hr_model_version(model->model),
            hr_model_tree_count(model->model),
            hr_model_metadata(model->model, "headrace.golden") != NULL ? "golden rows agree"
                                                                       : "no golden rows");
    for (size_t i = 0; i < s->n_columns; i++) {
        predict_describe_column(node, &s->columns[i], out);
    }
    fprintf(out, "    unseen value: %s; missing value: %s\n",
            predict_policy_name(model->unseen, s->unseen_action),
            predict_policy_name(model->missing, s->missing_action));
}

/* Can the fresh model take the place of the old one without a new check? */
static int
predict_same_shape(const hr_model *old, const hr_model *fresh, hr_error *err)
{
    bool same =
        hr_model_input_count(old) == hr_model_input_count(fresh) &&
        hr_model_is_classifier(old) == hr_model_is_classifier(fresh) &&
        hr_model_class_count(old) == hr_model_class_count(fresh) &&
        (!hr_model_is_classifier(old) || hr_model_label_kind(old) == hr_model_label_kind(fresh));
    bool old_scores, fresh_scores;

    for (size_t i = 0; same && i < hr_model_input_count(old); i++) {
        const hr_model_input *a = hr_model_input_at(old, i), *b = hr_model_input_at(fresh, i);

        same = strcmp(a->name, b->name) == 0 && a->kind == b->kind && a->width == b->width &&
               a->first == b->first;
    }
    if (same && (predict_has_scores(old, &old_scores, err) != HR_OK ||
                 predict_has_scores(fresh, &fresh_scores, err) != HR_OK)) {
        return err->code;
    }
    if (!same || old_scores != fresh_scores) {
        return hr_fail(err, HR_ECONFIG, HR_NO_LOC,
                       "its inputs or outputs differ from those of the model in use; restart to "
                       "take it");
    }
    return HR_OK;
}

int
predict_reload(hr_node *node, void *shared, hr_error *err)
{
    const predict_options *opt = node->options;
    predict_shared *s = shared;
    const predict_model *old = (const predict_model *)s->cell.current; /* only we publish */
    predict_model *fresh;
    int rc;

    if (opt->reload == 0 || !hr_file_watch_look(&s->watch, opt->model.s)) {
        return HR_OK;
    }
    fresh = predict_model_load(node, err);
    if (fresh == NULL) {
        return err->code;
    }
    rc = predict_same_shape(old->model, fresh->model, err);
    if (rc == HR_OK) {
        rc = predict_check_missing(node, s, fresh, err);
    }
    if (rc != HR_OK) {
        hr_snapshot_unref(&fresh->snapshot);
        return rc;
    }
    hr_log(HR_LOG_INFO, "step %s has a new model" HR_LOG_KV "version=%s before=%s", node->name.s,
           hr_model_version(fresh->model), hr_model_version(old->model));
    hr_cell_publish(&s->cell, &fresh->snapshot);
    return HR_OK;
}

void
predict_release(void *shared)
{
    predict_shared *s = shared;

    if (s->has_cell) {
        hr_cell_finish(&s->cell);
        s->has_cell = false;
    }
}
