/* The ways to hand a batch of records to librdkafka that bench_raw can compare: headrace's own call
 * and what else there is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_CALLS_H
#define BENCH_CALLS_H
#include "common.h"

typedef enum bench_call {
    BENCH_CALL_COPY,      /* as headrace: rd_kafka_produceva, payload copied, the rest kept */
    BENCH_CALL_BARE,      /* ... headers left out */
    BENCH_CALL_PIN,       /* ... not copied: the messages are kept until they are delivered */
    BENCH_CALL_PRODUCE,   /* rd_kafka_produce, payload copied, no headers, no timestamp */
    BENCH_CALL_BATCH,     /* rd_kafka_produce_batch, the same */
    BENCH_CALL_BATCH_PIN, /* ... not copied */
    BENCH_CALLS
} bench_call;

/* Where to, and what comes back with each delivery report. */
typedef struct bench_out {
    rd_kafka_t *producer;
    rd_kafka_topic_t *topic;
    void *opaque;
} bench_out;

/* copy, bare, pin, produce, batch or batch_pin. */
bench_call bench_call_of(const char *name);

/* Payloads are not copied: the messages must live until they are delivered. */
bool bench_call_pins(bench_call call);

/* One value by rd_kafka_produceva with copy, with key, headers and timestamp of the message that it
 * came from. Waits while the queue is full. */
void bench_call_send(const bench_out *out, const rd_kafka_message_t *from, const void *value,
                     size_t len);

/* All of a batch as it is, at most BENCH_BATCH. Waits while the queue is full. */
void bench_call_pass(const bench_out *out, bench_call call, rd_kafka_message_t *const *messages,
                     size_t n);

#endif
