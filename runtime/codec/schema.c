/* Look-ups in a schema that schema_parse.c made.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/schema.h"

const hr_schema_field *
hr_schema_find(const hr_schema *record, const char *name)
{
    for (size_t i = 0; i < record->n_fields; i++) {
        if (strcmp(record->fields[i].name, name) == 0) {
            return &record->fields[i];
        }
    }
    return NULL;
}

hr_type
hr_schema_type(const hr_schema *schema)
{
    bool kept = schema->kind == HR_KIND_LIST || schema->kind == HR_KIND_MAP ||
                schema->kind == HR_KIND_RECORD || schema->logical != HR_LOGICAL_NONE ||
                schema->n_symbols > 0;

    return (hr_type){
        .kind = schema->kind,
        .nullable = schema->nullable,
        .schema = kept ? schema : NULL,
    };
}
