/* A source's lineage with decoder and encoder, for tests of the codec: open, say what is read and
 * made, make ready, decode, encode. Every failure of the rig itself fails the test.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_TEST_CODEC_RIG_H
#define HR_TEST_CODEC_RIG_H
#include "codec/codec.h"
#include "codec/schema.h"

typedef struct codec_rig {
    hr_arena *arena;
    const hr_schema *schema;
    hr_lineage lineage;
    hr_fields fields;
    hr_decoder *decoder;
    hr_encoder *encoder;
    hr_batch *batch;
    void *state;
    hr_row ok[HR_BATCH_ROWS];
    hr_decode_failure failed[HR_BATCH_ROWS];
    hr_decoded decoded;
    uint8_t *texts[HR_BATCH_ROWS]; /* copies just as long as the record */
    hr_buf out;
    hr_error err;
} codec_rig;

/* schema NULL: none. */
void codec_rig_open(codec_rig *rig, const char *schema, hr_unknown unknown);
void codec_rig_close(codec_rig *rig);

/* Slot of a path such as "address.city". */
int codec_rig_read(codec_rig *rig, const char *path);

/* A made field; returns its slot. */
int codec_rig_make(codec_rig *rig, const char *name, hr_type type);
void codec_rig_drop(codec_rig *rig, const char *name);
void codec_rig_rename(codec_rig *rig, const char *from, const char *to);

/* The encoder: all fields (n 0) or these. Returns what hr_encoder_create() did. */
int codec_rig_encoder(codec_rig *rig, hr_format format, const char *const *select, size_t n);

/* Decoder, batch and state. */
void codec_rig_ready(codec_rig *rig);

void codec_rig_decode(codec_rig *rig, const hr_span *texts, size_t n);

/* Decodes one text. NULL when it is fine, else the reason. */
const char *codec_rig_decode_one(codec_rig *rig, const char *text);

/* The encoded row as text, or "!" and the reason. */
const char *codec_rig_encode(codec_rig *rig, hr_row row);

#endif
