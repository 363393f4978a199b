/* The parts of an acknowledgement token: which task, which epoch of its partition, which sink,
 * which record. It fits a pointer, so that a client can carry it as an opaque.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TOKEN_H
#define HR_ENGINE_TOKEN_H
#include "record/batch.h"

#define HR_TASKS_MAX 4096  /* 12 bits */
#define HR_EPOCH_MASK 4095 /* 12 bits: tokens of an epoch 4,096 rewinds ago are long gone */
#define HR_SINKS_MAX 255   /* 8 bits; the last one is the dead letters */

static inline hr_token
hr_token_make(uint32_t task, uint32_t epoch, uint32_t sequence)
{
    return (uint64_t)task << 52 | (uint64_t)(epoch & HR_EPOCH_MASK) << 40 | sequence;
}

static inline hr_token
hr_token_for_sink(hr_token token, uint32_t sink)
{
    return token | (uint64_t)sink << 32;
}

static inline uint32_t
hr_token_task(hr_token token)
{
    return (uint32_t)(token >> 52);
}

static inline uint32_t
hr_token_epoch(hr_token token)
{
    return (uint32_t)(token >> 40) & HR_EPOCH_MASK;
}

static inline uint32_t
hr_token_sink(hr_token token)
{
    return (uint32_t)(token >> 32) & 255;
}

static inline uint32_t
hr_token_sequence(hr_token token)
{
    return (uint32_t)token;
}

#endif
