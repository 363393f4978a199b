/* Fills a topic with a workload's records (records.h), null keys, runs of 500 records to each
 * partition in turn, so that all partitions hold the same number.
 *
 *   bench_fill BOOTSTRAP TOPIC --workload NAME (--bytes N | --records N)
 *
 * Prints {"records":N,"bytes":N,"distinct":N}. Payloads are not copied: they live to the end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "common.h"
#include "records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USAGE "bench_fill BOOTSTRAP TOPIC --workload NAME (--bytes N | --records N)"
#define FLUSH_MS 120000

enum { RUN = 500 };

typedef struct fill {
    const char *bootstrap, *topic, *workload;
    int64_t bytes, records;
} fill;

static void
on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        bench_fail("delivery: %s", rd_kafka_err2str(message->err));
    }
}

static rd_kafka_t *
fill_producer(const char *bootstrap)
{
    rd_kafka_conf_t *conf = bench_conf_producer(bootstrap, BENCH_THROUGHPUT);

    bench_conf_set(conf, "linger.ms", "20");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return bench_client(RD_KAFKA_PRODUCER, conf);
}

/* Hands over messages, those first that a full queue had refused. */
static void
fill_run(rd_kafka_t *rk, rd_kafka_topic_t *topic, int32_t partition, rd_kafka_message_t *messages,
         int n)
{
    while (n > 0) {
        int left = 0;

        rd_kafka_produce_batch(topic, partition, 0, messages, n);
        for (int i = 0; i < n; i++) {
            if (messages[i].err == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
                messages[left++] = messages[i];
            } else if (messages[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                bench_fail("produce: %s", rd_kafka_err2str(messages[i].err));
            }
        }
        n = left;
        rd_kafka_poll(rk, n > 0 ? 1 : 0);
    }
}

static void
fill_all(const fill *f, const bench_records *records)
{
    rd_kafka_t *rk = fill_producer(f->bootstrap);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, f->topic, NULL);
    int32_t partitions = bench_partitions(rk, f->topic);
    rd_kafka_message_t messages[RUN];
    int64_t sent = 0, bytes = 0;

    while (f->records > 0 ? sent < f->records : bytes < f->bytes) {
        int32_t partition = (int32_t)(sent / RUN % partitions);
        int n = 0;

        for (; n < RUN && (f->records > 0 ? sent < f->records : bytes < f->bytes); n++, sent++) {
            const bench_record *r = &records->v[(size_t)sent % records->n];

            messages[n] =
                (rd_kafka_message_t){.payload = (void *)(uintptr_t)r->data, .len = r->len};
            bytes += (int64_t)r->len;
        }
        fill_run(rk, topic, partition, messages, n);
    }
    if (rd_kafka_flush(rk, FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        bench_fail("%d records were not delivered", rd_kafka_outq_len(rk));
    }
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
    printf("{\"records\":%lld,\"bytes\":%lld,\"distinct\":%zu}\n", (long long)sent,
           (long long)bytes, records->n);
}

static bool
fill_parse(fill *f, int argc, char **argv)
{
    if (argc < 3) {
        return false;
    }
    f->bootstrap = argv[1];
    f->topic = argv[2];
    for (int i = 3; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--workload") == 0) {
            f->workload = argv[i + 1];
        } else if (strcmp(argv[i], "--bytes") == 0) {
            f->bytes = bench_number("--bytes", argv[i + 1], 1, INT64_MAX);
        } else if (strcmp(argv[i], "--records") == 0) {
            f->records = bench_number("--records", argv[i + 1], 1, INT64_MAX);
        } else {
            return false;
        }
    }
    return argc % 2 == 1 && f->workload != NULL && (f->bytes > 0) != (f->records > 0);
}

int
main(int argc, char **argv)
{
    bench_records records;
    fill f = {0};

    if (!fill_parse(&f, argc, argv)) {
        fprintf(stderr, "usage: " USAGE "\n");
        return 2;
    }
    bench_records_load(f.workload, &records);
    fill_all(&f, &records);
    return 0;
}
