/* Bytes to columns and back, by format. A decoder belongs to a source (or table), an encoder to a
 * sink; both are compiled at check time from the lineage and are read-only afterwards.
 *
 * Order at check time: steps resolve fields (projections) -> encoders are made (they say which
 * source fields' places they need) -> the decoder is made.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CODEC_CODEC_H
#define HR_CODEC_CODEC_H
#include "config/yaml_node.h"
#include "record/buf.h"
#include "record/fields.h"

typedef struct hr_decoder hr_decoder;
typedef struct hr_encoder hr_encoder;

/* A record that could not be decoded. The reason lives until the batch is reset and holds no
 * payload: "invalid JSON at byte 17: expected ':'". */
typedef struct hr_decode_failure {
    hr_row row;
    const char *reason;
} hr_decode_failure;

typedef struct hr_decoded {
    hr_row *ok; /* HR_BATCH_ROWS, caller's */
    size_t n_ok;
    hr_decode_failure *failed; /* HR_BATCH_ROWS, caller's */
    size_t n_failed;
} hr_decoded;

/* Made in the arena from a finished lineage. HR_OK, HR_ECONFIG, HR_ENOMEM. */
int hr_decoder_create(hr_arena *arena, const hr_lineage *lineage, hr_decoder **out, hr_error *err);

/* Bytes of mutable state per task (zeroed by the caller), e.g. the order of keys seen last. */
size_t hr_decoder_state_size(const hr_decoder *decoder);

/* Decodes all records of the batch: row i is record i (sets n_rows, source, key, timestamp); fills
 * the projected columns and batch->decoded, lists the rows that are fine and those that are not. A
 * null value is a failure for JSON and fine for raw. Never fails as a whole: an exhausted arena
 * fails the rows concerned. thread: the batch's */
void hr_decoder_run(const hr_decoder *decoder, void *state, hr_batch *batch, hr_decoded *out);

/* An encoder for the records with these fields. select (n_select > 0): exactly these fields in this
 * order (a template); else all: the source bytes with changed fields spliced in, where format and
 * lineage allow. Raw: the source's bytes. HR_OK; HR_ECONFIG (an unknown field of `select`, with its
 * place; raw with made fields); HR_ENOMEM. May add projections and touched fields to the lineage.
 */
int hr_encoder_create(hr_arena *arena, hr_format format, hr_lineage *lineage, hr_fields *fields,
                      const hr_text *select, size_t n_select, hr_encoder **out, hr_error *err);

/* Appends the encoded row to `out`. HR_OK; HR_ERECORD with reason (static or in the batch arena);
 * HR_ENOMEM. Untouched fields leave byte for byte. */
int hr_encoder_run(const hr_encoder *encoder, const hr_batch *batch, hr_row row, hr_buf *out,
                   const char **reason);

#endif
