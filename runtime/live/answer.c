/* SPDX-License-Identifier: Apache-2.0 */
#include "live/answer.h"
#include "live/figures.h"

#include <math.h>

json_t *
hr_answer_parse(hr_span body, const char *member, hr_error *err)
{
    json_error_t where;
    json_t *json = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, &where);

    if (json == NULL) {
        hr_fail(err, HR_EIO, HR_NO_LOC, "the answer is not JSON: %s", where.text);
        return NULL;
    }
    if (!json_is_array(json_object_get(json, member))) {
        hr_fail(err, HR_EIO, HR_NO_LOC, "the answer has no list '%s': is that headrace?", member);
        json_decref(json);
        return NULL;
    }
    return json;
}

double
hr_answer_number(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    double value = json_is_number(member) ? json_number_value(member) : HR_FIGURE_UNKNOWN;

    return isfinite(value) && value >= 0 ? value : HR_FIGURE_UNKNOWN;
}

const char *
hr_answer_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

bool
hr_answer_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

const json_t *
hr_answer_list(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);

    return json_is_array(member) ? member : json_null(); /* of size 0 */
}

const json_t *
hr_answer_object(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);

    return json_is_object(member) ? member : NULL;
}
