/* sample: keep a share of the keys.
 *
 * The choice is made from a hash of the key, not from a random number: a key is either always kept
 * or always dropped, so joins and counts after this operator see whole keys, and a replay after a
 * crash makes the same choices. A record without a key is chosen by its place in its partition.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_operator.h"

#define SAMPLE_SCALE 1000000u /* rate is kept in millionths */

typedef struct sample_options {
    double rate;
    int64_t seed;
} sample_options;

typedef struct sample_shared {
    uint64_t threshold; /* keep a key when its hash modulo SAMPLE_SCALE is below this */
    uint64_t seed;
} sample_shared;

static const hr_option sample_option_table[] = {
    {.name = "rate",
     .kind = HR_OPT_REAL,
     .offset = offsetof(sample_options, rate),
     .min = 0,
     .max = 1,
     .help = "Share of the keys to keep.",
     .flags = HR_OPT_MAIN},
    {.name = "seed",
     .kind = HR_OPT_INT,
     .offset = offsetof(sample_options, seed),
     .fallback = "0",
     .help = "Change it to keep other keys."},
    {0},
};

static int
sample_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const sample_options *opt = options;
    sample_shared *s = shared;

    s->seed = (uint64_t)opt->seed;
    s->threshold = (uint64_t)(opt->rate * SAMPLE_SCALE + 0.5);
    if (s->threshold == 0) {
        hr_fail_as(err, hr_node_loc(node, "rate"), "out-of-range", "rate %g keeps nothing",
                   opt->rate);
        return hr_hint(err, "the smallest useful rate is 0.000001");
    }
    return HR_OK;
}

static uint64_t
sample_hash(const hr_batch *batch, hr_row row, uint64_t seed)
{
    const hr_record *record = hr_batch_record(batch, row);

    if (batch->key[row].data != NULL) {
        return hr_hash64(batch->key[row], seed);
    }
    return hr_hash64((hr_span){(const uint8_t *)&record->offset, sizeof record->offset},
                     seed + (uint64_t)batch->partition);
}

static int
sample_process(hr_op *op, void *state, hr_batch *batch, hr_rows rows, hr_error *err)
{
    const sample_shared *s = hr_op_shared(op);

    (void)state;
    (void)err; /* nothing here can fail */
    for (size_t i = 0; i < rows.n; i++) {
        if (sample_hash(batch, rows.row[i], s->seed) % SAMPLE_SCALE < s->threshold) {
            hr_op_emit(op, rows.row[i]);
        } else {
            hr_op_drop(op, rows.row[i]);
        }
    }
    return HR_OK;
}

const hr_op_type hr_op_sample = {
    .abi = HR_OP_ABI,
    .flags = HR_OP_STATELESS,
    .name = "sample",
    .summary = "Keep a share of the keys.",
    .example = "0.1",
    .options = sample_option_table,
    .options_size = sizeof(sample_options),
    .shared_size = sizeof(sample_shared),
    .compile = sample_compile,
    .process = sample_process,
};
