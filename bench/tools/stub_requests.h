/* Kafka's requests as the stub broker answers them: one version of each, the newest that is not of
 * the "flexible" encoding, so that there is one way to read and write.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_STUB_REQUESTS_H
#define BENCH_STUB_REQUESTS_H
#include "stub_state.h"
#include "stub_wire.h"

typedef enum stub_verdict {
    STUB_ANSWER, /* the answer is in `out` */
    STUB_WAIT,   /* a fetch that found nothing: ask again when something was produced */
    STUB_SILENT, /* no answer is due (acks=0) */
    STUB_CLOSE,  /* broken, or not understood */
} stub_verdict;

/* Answers a request (without its length). `out` gets the answer with its length. last: a fetch is
 * to be answered though it found nothing. *wait_ms: how long a fetch may wait. */
stub_verdict stub_answer(stub_state *state, hr_span request, bool last, int32_t *wait_ms,
                         hr_buf *out);

#endif
