/* Values as BSON: from a column, or from JSON text typed by a schema where there is one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_BSON_VALUE_H
#define HR_MONGO_BSON_VALUE_H
#include "codec/json_walk.h"
#include "codec/schema.h"
#include "record/batch.h"

#include <bson/bson.h>

/* The members of a JSON object, in order, the last of equal names only. */
typedef struct hr_json_members {
    hr_json_member *member;
    hr_span *name; /* unescaped; data NULL: a later member has this name */
    size_t n, cap;
} hr_json_members;

/* Splits an object; all of it lives in the arena or points into `raw`. HR_OK; HR_ERECORD with a
 * static reason. */
int hr_json_members_read(hr_arena *arena, hr_span raw, hr_json_members *out, const char **reason);

/* Each appends a value under a name that has been checked by hr_bson_name_check(). HR_OK;
 * HR_ERECORD with a static reason. `scratch` holds what is unescaped meanwhile. */
int hr_bson_put_json(bson_t *doc, hr_span name, const hr_schema *schema, hr_span raw,
                     hr_arena *scratch, const char **reason);
int hr_bson_put_column(bson_t *doc, hr_span name, const hr_schema *schema, const hr_column *column,
                       hr_row row, hr_arena *scratch, const char **reason);

/* A name that MongoDB takes as the name of a field: UTF-8 without NUL, no '$' in front, no '.'
 * (which its queries read as a path). HR_OK; HR_ERECORD with a static reason. */
int hr_bson_name_check(hr_span name, const char **reason);

#endif
