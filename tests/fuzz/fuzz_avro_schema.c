/* Any bytes as an Avro schema; with one that is accepted a decoder is made that reads every field,
 * and an empty record is decoded, so that all defaults are used.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"
#include "codec/schema.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool fine, const char *what)
{
    if (!fine) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

/* Decodes a record in which every field is absent: it fails only for a field that must be there. */
static void
decode_nothing(hr_decoder *decoder, hr_lineage *lineage, bool required)
{
    hr_batch *batch = hr_batch_create(&lineage->layout, 16u << 20);
    void *state = calloc(1, hr_decoder_state_size(decoder) + 1);
    hr_row ok[1];
    hr_decode_failure failed[1];
    hr_decoded decoded = {.ok = ok, .failed = failed};

    must(batch != NULL && state != NULL, "memory");
    batch->records[0] = (hr_record){.value = HR_SPAN_LIT("{}")};
    batch->n_records = 1;
    hr_decoder_run(decoder, state, batch, &decoded);
    if (decoded.n_ok != (required ? 0 : 1)) {
        fprintf(stderr, "%s\n", decoded.n_failed > 0 ? failed[0].reason : "accepted");
        must(false, "an empty record");
    }
    free(state);
    hr_batch_destroy(batch);
}

static void
use(hr_arena *arena, const hr_schema *schema)
{
    hr_lineage lineage = {.arena = arena, .schema = schema};
    hr_decoder *decoder = NULL;
    bool required = false;

    must(schema->kind == HR_KIND_RECORD && schema->n_fields > 0, "the root is a record");
    for (size_t i = 0; i < schema->n_fields; i++) {
        const hr_schema_field *field = &schema->fields[i];

        required |= !field->has_default && !field->schema->nullable;
        if (i < 100) {
            must(hr_lineage_project(&lineage, &field->name, 1, hr_schema_type(field->schema)) >= 0,
                 "project");
        }
    }
    must(hr_decoder_create(arena, &lineage, &decoder, NULL) == HR_OK, "decoder");
    decode_nothing(decoder, &lineage, required);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_arena *arena = hr_arena_create(1u << 14, 64u << 20);
    const hr_schema *schema = NULL;
    hr_error err = {0};
    int rc;

    must(arena != NULL, "memory");
    rc = hr_schema_parse(arena, "fuzz.avsc", (const char *)data, size, &schema, &err);
    if (rc == HR_OK) {
        use(arena, schema);
    } else {
        must(err.code == rc && err.msg[0] != '\0', "an error without a message");
        must(rc != HR_ECONFIG || (err.loc.line > 0 && err.loc.col > 0), "an error without a place");
    }
    hr_arena_destroy(arena);
    return 0;
}
