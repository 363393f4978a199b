/* SPDX-License-Identifier: Apache-2.0 */
#include "live/sample_lines.h"

#include <stdlib.h>

#define VALUE_COLUMNS_MAX 60
#define SAMPLE_INDENT "          "

/* A field as "name=value" before and after; NULL where it is absent. */
typedef struct sample_field {
    char *before, *after;
    hr_look look;
} sample_field;

static char *
sample_text(const char *name, const json_t *value)
{
    char *json = value != NULL ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    size_t room = json != NULL ? strlen(name) + strlen(json) + 2 : 0;
    char *text = json != NULL ? malloc(room) : NULL;

    if (text != NULL) {
        snprintf(text, room, "%s=%s", name, json);
    }
    free(json);
    return text;
}

static bool
sample_is_gone(const json_t *sample, const char *name)
{
    const json_t *item;
    size_t i;

    json_array_foreach(hr_answer_list(sample, "gone"), i, item)
    {
        const char *text = json_string_value(item);

        if (text != NULL && strcmp(text, name) == 0) {
            return true;
        }
    }
    return false;
}

/* after: what the step made of the field; NULL: nothing, so it is gone or goes on as it came. */
static sample_field
sample_compare(const json_t *sample, const char *name, const json_t *before, const json_t *after)
{
    bool made = after != NULL && (before == NULL || !json_equal(before, after));

    if (after == NULL && sample_is_gone(sample, name)) {
        return (sample_field){sample_text(name, before), NULL, HR_LOOK_BAD};
    }
    return (sample_field){sample_text(name, before),
                          sample_text(name, after != NULL ? after : before),
                          made ? HR_LOOK_NEW : HR_LOOK_PLAIN};
}

static size_t
sample_columns(const sample_field *field)
{
    size_t before = field->before != NULL ? hr_lines_columns(field->before) : 0;
    size_t after = field->after != NULL ? hr_lines_columns(field->after) : 0;
    size_t most = before > after ? before : after;

    return most < VALUE_COLUMNS_MAX ? most : VALUE_COLUMNS_MAX;
}

/* The line before and the line after, until they are as long as the window is wide. */
typedef struct sample_pair {
    hr_lines *out;
    const json_t *sample;
    hr_lines before, after;
    bool emitted; /* the record got out of the step: there is a line after */
} sample_pair;

static void
pair_begin(sample_pair *pair, const char *before, const char *after)
{
    hr_lines_text(&pair->before, HR_LOOK_DIM, before, 0);
    hr_lines_text(&pair->after, HR_LOOK_DIM, after, 0);
}

static void
pair_move(hr_lines *from, hr_lines *to)
{
    hr_lines_end(from);
    to->failed |= from->failed || hr_buf_append(&to->buf, from->buf.data, from->buf.len) != HR_OK;
    to->rows++;
    from->buf.len = 0;
}

static void
pair_end(sample_pair *pair)
{
    pair_move(&pair->before, pair->out);
    if (pair->emitted) {
        pair_move(&pair->after, pair->out);
    }
}

static void
pair_column(sample_pair *pair, const char *name, const json_t *before, const json_t *after)
{
    sample_field field = sample_compare(pair->sample, name, before, after);
    size_t columns = sample_columns(&field);

    if (pair->out->width > 0 && pair->before.column + columns > pair->out->width &&
        pair->before.column > sizeof SAMPLE_INDENT) {
        pair_end(pair);
        pair_begin(pair, SAMPLE_INDENT, SAMPLE_INDENT);
    }
    hr_lines_cell(&pair->before, field.look == HR_LOOK_BAD ? HR_LOOK_BAD : HR_LOOK_PLAIN,
                  field.before != NULL ? field.before : "", columns, false);
    hr_lines_cell(&pair->after, field.look, field.after != NULL ? field.after : "", columns, false);
    hr_lines_text(&pair->before, HR_LOOK_PLAIN, "  ", 0);
    hr_lines_text(&pair->after, HR_LOOK_PLAIN, "  ", 0);
    free(field.before);
    free(field.after);
}

static void
pair_columns(sample_pair *pair, json_t *before, json_t *after)
{
    const char *name;
    json_t *value;

    json_object_foreach(before, name, value)
    {
        pair_column(pair, name, value, json_object_get(after, name));
    }
    json_object_foreach(after, name, value)
    {
        if (json_object_get(before, name) == NULL) {
            pair_column(pair, name, NULL, value);
        }
    }
}

static void
sample_head(hr_lines *lines, const json_t *sample)
{
    const char *outcome = hr_answer_text(sample, "outcome");
    const char *code = hr_answer_text(sample, "code");
    bool failed = strcmp(outcome, "failed") == 0;

    hr_lines_printf(lines, HR_LOOK_BOLD, "%s[%.0f]@%.0f", hr_answer_text(sample, "topic"),
                    hr_answer_number(sample, "partition"), hr_answer_number(sample, "offset"));
    hr_lines_text(lines, HR_LOOK_PLAIN, "  ", 0);
    hr_lines_text(lines, failed ? HR_LOOK_BAD : HR_LOOK_DIM, outcome, 0);
    if (code[0] != '\0') {
        hr_lines_printf(lines, failed ? HR_LOOK_BAD : HR_LOOK_DIM, ": %s", code);
    }
    hr_lines_end(lines);
}

void
hr_sample_lines(hr_lines *lines, const json_t *sample)
{
    json_t *before = json_object_get(sample, "before");
    json_t *after = json_object_get(sample, "after");
    sample_pair pair = {.out = lines, .sample = sample, .emitted = json_is_object(after)};

    pair.before.colour = pair.after.colour = lines->colour;
    sample_head(lines, sample);
    pair_begin(&pair, "  before  ", "  after   ");
    pair_columns(&pair, before, after);
    pair_end(&pair);
    hr_buf_finish(&pair.before.buf);
    hr_buf_finish(&pair.after.buf);
}

void
hr_sample_json(hr_lines *lines, const json_t *sample)
{
    char *text = json_dumps(sample, JSON_COMPACT | JSON_ENCODE_ANY);

    lines->failed |= text == NULL || hr_buf_append(&lines->buf, text, strlen(text)) != HR_OK;
    free(text);
    hr_lines_end(lines);
}
