/* The limit: records from one topic to another by librdkafka alone, with the settings of the
 * product and the same produce call (rd_kafka_produceva with the timestamp kept, payload copied),
 * offsets committed each second. Ends when the partitions are read to what they held at the start.
 *
 *   bench_raw BOOTSTRAP IN OUT GROUP
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 1024, PARTITIONS_MAX = 64 };

typedef struct bench {
    rd_kafka_t *consumer, *producer;
    rd_kafka_topic_t *out;
    const char *in;
    int64_t ends[PARTITIONS_MAX], next[PARTITIONS_MAX];
    int32_t n_partitions;
    uint64_t sent, delivered;
} bench;

static void
fail(const char *what, const char *why)
{
    fprintf(stderr, "bench_raw: %s: %s\n", what, why);
    exit(1);
}

static void
set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];

    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK) {
        fail(name, text);
    }
}

static void
on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    bench *b = opaque;

    (void)rk;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("delivery", rd_kafka_err2str(message->err));
    }
    b->delivered++;
}

static void
open_consumer(bench *b, const char *bootstrap, const char *group)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];

    set(conf, "bootstrap.servers", bootstrap);
    set(conf, "group.id", group);
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.auto.offset.store", "false");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "check.crcs", "true");
    set(conf, "queued.min.messages", "6000");
    set(conf, "queued.max.messages.kbytes", "8192");
    set(conf, "fetch.queue.backoff.ms", "1");
    set(conf, "fetch.error.backoff.ms", "50");
    set(conf, "fetch.wait.max.ms", "10");
    b->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (b->consumer == NULL) {
        fail("consumer", text);
    }
    rd_kafka_poll_set_consumer(b->consumer);
}

static void
open_producer(bench *b, const char *bootstrap, const char *topic)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];

    set(conf, "bootstrap.servers", bootstrap);
    set(conf, "enable.idempotence", "true");
    set(conf, "acks", "all");
    set(conf, "linger.ms", "5");
    set(conf, "queue.buffering.max.messages", "30000");
    set(conf, "queue.buffering.max.kbytes", "65536");
    set(conf, "batch.size", "900000");
    set(conf, "partitioner", "murmur2_random");
    rd_kafka_conf_set_opaque(conf, b);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    b->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (b->producer == NULL) {
        fail("producer", text);
    }
    b->out = rd_kafka_topic_new(b->producer, topic, NULL);
}

static void
assign_all(bench *b)
{
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(b->consumer, b->in, NULL);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);

    if (rd_kafka_metadata(b->consumer, 0, rkt, &metadata, 10000) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        metadata->topics[0].partition_cnt > PARTITIONS_MAX) {
        fail("metadata", b->in);
    }
    b->n_partitions = metadata->topics[0].partition_cnt;
    for (int32_t p = 0; p < b->n_partitions; p++) {
        int64_t low;

        if (rd_kafka_query_watermark_offsets(b->consumer, b->in, p, &low, &b->ends[p], 10000) !=
            RD_KAFKA_RESP_ERR_NO_ERROR) {
            fail("watermarks", b->in);
        }
        b->next[p] = low;
        rd_kafka_topic_partition_list_add(list, b->in, p)->offset = low;
    }
    rd_kafka_assign(b->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(rkt);
}

static int
at_end(const bench *b)
{
    for (int32_t p = 0; p < b->n_partitions; p++) {
        if (b->next[p] < b->ends[p]) {
            return 0;
        }
    }
    return 1;
}

static void
pass(bench *b, const rd_kafka_message_t *m)
{
    rd_kafka_timestamp_type_t type;
    rd_kafka_vu_t vu[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = b->out},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {m->key, m->key_len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {m->payload, m->len}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = rd_kafka_message_timestamp(m, &type)},
    };
    rd_kafka_error_t *error;

    while ((error = rd_kafka_produceva(b->producer, vu, sizeof vu / sizeof vu[0])) != NULL) {
        if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            fail("produce", rd_kafka_error_string(error));
        }
        rd_kafka_error_destroy(error);
        rd_kafka_poll(b->producer, 1);
    }
    b->sent++;
    b->next[m->partition] = m->offset + 1;
}

static void
commit(bench *b)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(b->n_partitions);

    for (int32_t p = 0; p < b->n_partitions; p++) {
        rd_kafka_topic_partition_list_add(list, b->in, p)->offset = b->next[p];
    }
    rd_kafka_commit(b->consumer, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

static void
run(bench *b)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(b->consumer);
    time_t committed = time(NULL);

    while (!at_end(b)) {
        rd_kafka_message_t *messages[BATCH];
        ssize_t n = rd_kafka_consume_batch_queue(queue, 1, messages, BATCH);

        for (ssize_t i = 0; i < n; i++) {
            if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                pass(b, messages[i]);
            }
            rd_kafka_message_destroy(messages[i]);
        }
        rd_kafka_poll(b->producer, 0);
        if (time(NULL) != committed) {
            committed = time(NULL);
            commit(b);
        }
    }
    while (b->delivered < b->sent) {
        rd_kafka_poll(b->producer, 10);
    }
    commit(b);
    rd_kafka_queue_destroy(queue);
}

int
main(int argc, char **argv)
{
    bench b = {0};

    if (argc != 5) {
        fprintf(stderr, "usage: bench_raw BOOTSTRAP IN OUT GROUP\n");
        return 2;
    }
    b.in = argv[2];
    open_consumer(&b, argv[1], argv[4]);
    open_producer(&b, argv[1], argv[3]);
    assign_all(&b);
    run(&b);
    rd_kafka_consumer_close(b.consumer);
    rd_kafka_topic_destroy(b.out);
    rd_kafka_destroy(b.consumer);
    rd_kafka_destroy(b.producer);
    printf("%llu records\n", (unsigned long long)b.sent);
    return 0;
}
