/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include <string.h>

static const char *const call_names[BENCH_CALLS] = {"copy",    "bare",  "pin",
                                                    "produce", "batch", "batch_pin"};

bench_call
bench_call_of(const char *name)
{
    for (int i = 0; i < BENCH_CALLS; i++) {
        if (strcmp(name, call_names[i]) == 0) {
            return (bench_call)i;
        }
    }
    bench_fail("no call named '%s'", name);
}

bool
bench_call_pins(bench_call call)
{
    return call == BENCH_CALL_PIN || call == BENCH_CALL_BATCH_PIN;
}

static void
call_wait(const bench_out *out, rd_kafka_resp_err_t error)
{
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        bench_fail("produce: %s", rd_kafka_err2str(error));
    }
    rd_kafka_poll(out->producer, 1);
}

static void
call_produceva(const bench_out *out, const rd_kafka_vu_t *vu, size_t n)
{
    rd_kafka_error_t *error;

    while ((error = rd_kafka_produceva(out->producer, vu, n)) != NULL) {
        rd_kafka_resp_err_t code = rd_kafka_error_code(error);

        rd_kafka_error_destroy(error);
        call_wait(out, code);
    }
}

enum { VU_MAX = 7 };

static void
call_produceva_of(const bench_out *out, const rd_kafka_message_t *from, const void *value,
                  size_t len, int flags, bool keep_headers)
{
    rd_kafka_timestamp_type_t type;
    rd_kafka_headers_t *headers;
    rd_kafka_vu_t vu[VU_MAX];
    size_t n = 0;

    vu[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = out->topic};
    vu[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = flags};
    vu[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {from->key, from->key_len}};
    vu[n++] =
        (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)value, len}};
    vu[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = out->opaque};
    vu[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TIMESTAMP,
                              .u.i64 = rd_kafka_message_timestamp(from, &type)};
    if (keep_headers && rd_kafka_message_headers(from, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        vu[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS,
                                  .u.headers = rd_kafka_headers_copy(headers)};
    }
    call_produceva(out, vu, n);
}

void
bench_call_send(const bench_out *out, const rd_kafka_message_t *from, const void *value, size_t len)
{
    call_produceva_of(out, from, value, len, RD_KAFKA_MSG_F_COPY, true);
}

static void
call_produce(const bench_out *out, const rd_kafka_message_t *from)
{
    while (rd_kafka_produce(out->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, from->payload,
                            from->len, from->key, from->key_len, out->opaque) != 0) {
        call_wait(out, rd_kafka_last_error());
    }
}

/* What did not fit is handed over again. */
static void
call_batch(const bench_out *out, int flags, rd_kafka_message_t *const *messages, size_t n)
{
    rd_kafka_message_t batch[BENCH_BATCH];

    for (size_t i = 0; i < n; i++) {
        batch[i] = (rd_kafka_message_t){.payload = messages[i]->payload,
                                        .len = messages[i]->len,
                                        .key = messages[i]->key,
                                        .key_len = messages[i]->key_len,
                                        ._private = out->opaque};
    }
    while (n > 0) {
        size_t left = 0;

        rd_kafka_produce_batch(out->topic, RD_KAFKA_PARTITION_UA, flags, batch, (int)n);
        for (size_t i = 0; i < n; i++) {
            if (batch[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                batch[left++] = batch[i];
            }
        }
        if (left > 0) {
            call_wait(out, batch[0].err);
        }
        n = left;
    }
}

void
bench_call_pass(const bench_out *out, bench_call call, rd_kafka_message_t *const *messages,
                size_t n)
{
    if (call == BENCH_CALL_BATCH || call == BENCH_CALL_BATCH_PIN) {
        call_batch(out, bench_call_pins(call) ? 0 : RD_KAFKA_MSG_F_COPY, messages, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (call == BENCH_CALL_PRODUCE) {
            call_produce(out, messages[i]);
        } else {
            call_produceva_of(out, messages[i], messages[i]->payload, messages[i]->len,
                              bench_call_pins(call) ? 0 : RD_KAFKA_MSG_F_COPY,
                              call != BENCH_CALL_BARE);
        }
    }
}
