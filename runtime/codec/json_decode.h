/* The JSON side of hr_decoder_run(). Internal to codec/.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CODEC_JSON_DECODE_H
#define HR_CODEC_JSON_DECODE_H
#include "codec/json_plan.h"

/* Room for the places of n records, from the batch arena. False: out of memory. */
bool hr_json_decode_begin(const hr_json_plan *plan, hr_batch *batch);

/* Decodes record `row` into row `row`. NULL, or why it cannot be used (static or in the batch
 * arena). */
const char *hr_json_decode(const hr_json_plan *plan, void *state, hr_batch *batch, hr_row row);

#endif
