/* What a process answered, looked at without trust: a member that is absent or of another kind is
 * 0, "" or an empty list.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_LIVE_ANSWER_H
#define HR_LIVE_ANSWER_H
#include "config/error.h"
#include "record/span.h"

#include <jansson.h>

/* The answer of GET /topology or /tap as JSON; it must be an object with the list `member`. NULL
 * with *err where it is not. Free with json_decref(). thread: any */
json_t *hr_answer_parse(hr_span body, const char *member, hr_error *err);

/* Of an object, or of anything else. Numbers that are below 0 or not finite are HR_FIGURE_UNKNOWN;
 * texts live as long as the answer. */
double hr_answer_number(const json_t *object, const char *name);
const char *hr_answer_text(const json_t *object, const char *name);
bool hr_answer_true(const json_t *object, const char *name);
/* Never NULL: a list, or an empty one that lives for ever. */
const json_t *hr_answer_list(const json_t *object, const char *name);
const json_t *hr_answer_object(const json_t *object, const char *name); /* NULL: none */

#endif
