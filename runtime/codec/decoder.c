/* Decoders by format.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"
#include "codec/json_decode.h"

struct hr_decoder {
    hr_format format;
    hr_json_plan *json; /* NULL for raw */
};

int
hr_decoder_create(hr_arena *arena, const hr_lineage *lineage, hr_decoder **out, hr_error *err)
{
    hr_decoder *decoder = hr_arena_calloc(arena, 1, sizeof *decoder);
    int rc = HR_OK;

    if (decoder == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    decoder->format = lineage->format;
    if (decoder->format == HR_FORMAT_JSON) {
        rc = hr_json_plan_create(arena, lineage, &decoder->json, err);
    } else if (lineage->n_projections > 0) {
        hr_fail_as(err, HR_NO_LOC, "raw-fields", "the source is raw bytes and has no field '%s'",
                   lineage->projections[0].path[0]);
        rc = hr_hint(err, "give the source format: json");
    }
    *out = decoder;
    return rc;
}

size_t
hr_decoder_state_size(const hr_decoder *decoder)
{
    return decoder->json != NULL ? decoder->json->state_size : 0;
}

static const char *
decoder_row(const hr_decoder *decoder, void *state, hr_batch *batch, hr_row row, bool ready)
{
    if (decoder->json == NULL) {
        return NULL;
    }
    return ready ? hr_json_decode(decoder->json, state, batch, row) : "out of memory";
}

void
hr_decoder_run(const hr_decoder *decoder, void *state, hr_batch *batch, hr_decoded *out)
{
    bool ready = decoder->json == NULL || hr_json_decode_begin(decoder->json, batch);

    out->n_ok = 0;
    out->n_failed = 0;
    batch->n_rows = batch->n_records;
    for (hr_row row = 0; row < batch->n_records; row++) {
        const char *reason;

        batch->source[row] = row;
        batch->key[row] = batch->records[row].key;
        batch->timestamp_ms[row] = batch->records[row].timestamp_ms;
        reason = decoder_row(decoder, state, batch, row, ready);
        if (reason == NULL) {
            out->ok[out->n_ok++] = row;
        } else {
            out->failed[out->n_failed++] = (hr_decode_failure){row, reason};
        }
    }
}
