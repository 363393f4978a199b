/* JSON to BSON and back. The first byte chooses: 'b': the rest is BSON of a server, read for a
 * table; else: JSON of a record, written for a collection (by a schema after 's'), and read again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/error.h"
#include "mongo/bson_text.h"
#include "mongo/bson_value.h"

#include <stdlib.h>

static const hr_schema string_type = {.kind = HR_KIND_STRING};
static const hr_schema double_type = {.kind = HR_KIND_DOUBLE, .nullable = true};
static const hr_schema int_type = {.kind = HR_KIND_INT, .is_int32 = true};
static const hr_schema bytes_type = {.kind = HR_KIND_BYTES};
static const hr_schema day_type = {.kind = HR_KIND_TIMESTAMP, .logical = HR_LOGICAL_DATE};
static const hr_schema list_type = {.kind = HR_KIND_LIST, .items = &double_type};
static const hr_schema map_type = {.kind = HR_KIND_MAP, .items = &int_type};
static const hr_schema_field fields[] = {
    {.name = "s", .schema = &string_type}, {.name = "d", .schema = &double_type},
    {.name = "i", .schema = &int_type},    {.name = "x", .schema = &bytes_type},
    {.name = "t", .schema = &day_type},    {.name = "l", .schema = &list_type},
    {.name = "m", .schema = &map_type},
};
static const hr_schema record_type = {
    .kind = HR_KIND_RECORD, .fields = fields, .n_fields = sizeof fields / sizeof fields[0]};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
from_bson(const bson_t *doc)
{
    const hr_schema *const schemas[] = {NULL, &record_type};
    hr_buf out = {.cap_max = 1u << 20};
    const char *field, *reason;

    for (size_t i = 0; i < 2; i++) {
        int rc;

        out.len = 0;
        reason = NULL;
        rc = hr_bson_to_json(doc, schemas[i], &out, &field, &reason);
        if (rc == HR_ERECORD && reason == NULL) {
            abort();
        }
    }
    hr_buf_finish(&out);
}

static void
from_json(hr_span json, const hr_schema *schema)
{
    hr_arena *scratch = hr_arena_create(4096, 16u << 20);
    bson_t doc = BSON_INITIALIZER;
    const char *reason = NULL;
    int rc = hr_bson_put_json(&doc, HR_SPAN_LIT("v"), schema, json, scratch, &reason);

    if (rc == HR_OK &&
        !bson_validate(&doc, BSON_VALIDATE_UTF8 | BSON_VALIDATE_UTF8_ALLOW_NULL, NULL)) {
        abort();
    }
    if (rc != HR_OK && reason == NULL) {
        abort();
    }
    if (rc == HR_OK) {
        from_bson(&doc);
    }
    bson_destroy(&doc);
    hr_arena_destroy(scratch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bson_t doc;

    if (size == 0) {
        return 0;
    }
    if (data[0] == 'b') {
        if (bson_init_static(&doc, data + 1, size - 1)) {
            from_bson(&doc);
        }
        return 0;
    }
    from_json((hr_span){data + 1, size - 1}, data[0] == 's' ? &record_type : NULL);
    return 0;
}
