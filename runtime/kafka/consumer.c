/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka/consumer.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "kafka/conf.h"
#include "kafka/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMITTED_TIMEOUT_MS 5000
#define SEEK_TIMEOUT_MS 5000
#define COMMITS_TIMED 16 /* under way; of more the latency is not known */

struct hr_kafka_queue {
    hr_kafka_consumer *consumer;
    rd_kafka_queue_t *rkqu;
    char *topic;
    int32_t partition;
    hr_kafka_queue *next;
};

struct hr_kafka_consumer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *main;
    hr_kafka_queue *queues;
    const hr_connection *connection;
    hr_kafka_watch watch;
    hr_kafka_rebalance rebalance;
    hr_kafka_probe probe;
    uint64_t taken_records, taken_bytes;
    int64_t sent_us[COMMITS_TIMED]; /* when commits were sent that nobody waited for */
    unsigned n_sent, n_answered;
    bool closing;
};

static const uint64_t wake_value = 1;

static void
consumer_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    hr_kafka_consumer *consumer = opaque;
    char text[512];

    (void)rk;
    if (consumer->closing) {
        return;
    }
    hr_kafka_error_text(consumer->connection, (rd_kafka_resp_err_t)code, reason, text, sizeof text);
    hr_kafka_probe_note(&consumer->probe, (rd_kafka_resp_err_t)code);
    consumer->watch.trouble(consumer->watch.ctx, text, code == RD_KAFKA_RESP_ERR__FATAL);
}

/* The partition's queue, taken out of librdkafka's forwarding before reading starts, so that none
 * of its records reaches the main queue. */
static hr_kafka_queue *
consumer_queue_add(hr_kafka_consumer *consumer, const char *topic, int32_t partition)
{
    hr_kafka_queue *queue = calloc(1, sizeof *queue);

    if (queue == NULL || (queue->topic = strdup(topic)) == NULL) {
        free(queue);
        return NULL;
    }
    queue->consumer = consumer;
    queue->partition = partition;
    queue->rkqu = rd_kafka_queue_get_partition(consumer->rk, topic, partition);
    if (queue->rkqu == NULL) {
        free(queue->topic);
        free(queue);
        return NULL;
    }
    rd_kafka_queue_forward(queue->rkqu, NULL);
    rd_kafka_queue_io_event_enable(queue->rkqu, consumer->watch.wake_fd, &wake_value,
                                   sizeof wake_value);
    queue->next = consumer->queues;
    consumer->queues = queue;
    return queue;
}

static hr_kafka_queue **
consumer_queue_find(hr_kafka_consumer *consumer, const char *topic, int32_t partition)
{
    hr_kafka_queue **at = &consumer->queues;

    while (*at != NULL && ((*at)->partition != partition || strcmp((*at)->topic, topic) != 0)) {
        at = &(*at)->next;
    }
    return at;
}

static void
consumer_queue_remove(hr_kafka_consumer *consumer, const char *topic, int32_t partition)
{
    hr_kafka_queue **at = consumer_queue_find(consumer, topic, partition);
    hr_kafka_queue *queue = *at;

    if (queue == NULL) {
        return;
    }
    *at = queue->next;
    rd_kafka_queue_io_event_enable(queue->rkqu, -1, NULL, 0);
    rd_kafka_queue_destroy(queue->rkqu);
    free(queue->topic);
    free(queue);
}

static void
consumer_assign(hr_kafka_consumer *consumer, rd_kafka_topic_partition_list_t *list)
{
    bool cooperative = strcmp(rd_kafka_rebalance_protocol(consumer->rk), "COOPERATIVE") == 0;
    size_t n = (size_t)list->cnt;
    hr_kafka_partition *parts = calloc(n > 0 ? n : 1, sizeof *parts);
    rd_kafka_resp_err_t rc = rd_kafka_committed(consumer->rk, list, COMMITTED_TIMEOUT_MS);
    rd_kafka_error_t *error = NULL;

    if (parts == NULL) {
        return;
    }
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) {
        hr_log(HR_LOG_WARN,
               "committed offsets could not be read, the group will ask again" HR_LOG_KV "cause=%s",
               rd_kafka_err2str(rc));
    }
    for (size_t i = 0; i < n; i++) {
        rd_kafka_topic_partition_t *tp = &list->elems[i];

        parts[i].topic = tp->topic;
        parts[i].partition = tp->partition;
        parts[i].offset = tp->offset >= 0 ? tp->offset : HR_KAFKA_NO_OFFSET;
        parts[i].queue = consumer_queue_add(consumer, tp->topic, tp->partition);
    }
    consumer->rebalance.assigned(consumer->rebalance.ctx, parts, n);
    for (size_t i = 0; i < n; i++) {
        /* After a failed look-up librdkafka's own stored-offset logic must find the place. */
        list->elems[i].offset = rc != RD_KAFKA_RESP_ERR_NO_ERROR        ? RD_KAFKA_OFFSET_STORED
                                : parts[i].offset == HR_KAFKA_BEGINNING ? RD_KAFKA_OFFSET_BEGINNING
                                : parts[i].offset == HR_KAFKA_END       ? RD_KAFKA_OFFSET_END
                                                                        : parts[i].offset;
    }
    if (cooperative) {
        error = rd_kafka_incremental_assign(consumer->rk, list);
    } else {
        rd_kafka_assign(consumer->rk, list);
    }
    if (error != NULL) {
        consumer->watch.trouble(consumer->watch.ctx, rd_kafka_error_string(error), false);
        rd_kafka_error_destroy(error);
    }
    free(parts);
}

static void
consumer_revoke(hr_kafka_consumer *consumer, rd_kafka_topic_partition_list_t *list)
{
    bool cooperative = strcmp(rd_kafka_rebalance_protocol(consumer->rk), "COOPERATIVE") == 0;
    size_t n = (size_t)list->cnt;
    hr_kafka_partition *parts = calloc(n > 0 ? n : 1, sizeof *parts);
    rd_kafka_error_t *error = NULL;

    if (parts == NULL) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        parts[i].topic = list->elems[i].topic;
        parts[i].partition = list->elems[i].partition;
    }
    consumer->rebalance.revoked(consumer->rebalance.ctx, parts, n,
                                rd_kafka_assignment_lost(consumer->rk));
    for (size_t i = 0; i < n; i++) {
        consumer_queue_remove(consumer, parts[i].topic, parts[i].partition);
    }
    if (cooperative) {
        error = rd_kafka_incremental_unassign(consumer->rk, list);
    } else {
        rd_kafka_assign(consumer->rk, NULL);
    }
    if (error != NULL) {
        rd_kafka_error_destroy(error);
    }
    free(parts);
}

static void
consumer_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t *list,
                   void *opaque)
{
    hr_kafka_consumer *consumer = opaque;

    (void)rk;
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        consumer_assign(consumer, list);
    } else if (what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        consumer_revoke(consumer, list);
    } else {
        hr_log(HR_LOG_WARN, "rebalance failed" HR_LOG_KV "cause=%s", rd_kafka_err2str(what));
        rd_kafka_assign(consumer->rk, NULL);
    }
}

/* Answers come in the order of the commits. -1: not known. */
static int64_t
consumer_commit_time(hr_kafka_consumer *consumer)
{
    unsigned under_way = consumer->n_sent - consumer->n_answered;
    int64_t sent_us = consumer->sent_us[consumer->n_answered % COMMITS_TIMED];

    consumer->n_answered += under_way > 0 ? 1 : 0;
    return under_way > 0 && under_way <= COMMITS_TIMED ? hr_clock_us() - sent_us : -1;
}

static void
consumer_committed(rd_kafka_t *rk, rd_kafka_resp_err_t rc, rd_kafka_topic_partition_list_t *list,
                   void *opaque)
{
    hr_kafka_consumer *consumer = opaque;

    int64_t after_us = consumer_commit_time(consumer);

    (void)rk;
    (void)list;
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR && rc != RD_KAFKA_RESP_ERR__NO_OFFSET) {
        consumer->rebalance.commit_failed(consumer->rebalance.ctx, rd_kafka_err2str(rc));
    } else if (after_us >= 0) {
        consumer->rebalance.committed(consumer->rebalance.ctx, after_us);
    }
}

static void
consumer_conf_group(rd_kafka_conf_t *conf, const hr_kafka_consumer_conf *c, hr_error *err)
{
    const hr_runner *runner = c->runner;

    hr_kafka_conf_set(conf, "group.id", c->group, err);
    if (c->instance_id != NULL) {
        hr_kafka_conf_set(conf, "group.instance.id", c->instance_id, err);
    }
    if (runner->group.protocol == 1) {
        hr_kafka_conf_set(conf, "group.protocol", "consumer", err);
        hr_kafka_conf_set(conf, "group.remote.assignor",
                          runner->group.assignor == 1 ? "range" : "uniform", err);
    } else {
        hr_kafka_conf_set(conf, "partition.assignment.strategy",
                          runner->group.assignor == 1 ? "range" : "cooperative-sticky", err);
        hr_kafka_conf_set_int(conf, "session.timeout.ms", runner->group.session_timeout_ms, err);
        hr_kafka_conf_set_int(
            conf, "heartbeat.interval.ms",
            runner->group.session_timeout_ms < 9000 ? runner->group.session_timeout_ms / 3 : 3000,
            err);
    }
    hr_kafka_conf_set_int(conf, "max.poll.interval.ms", runner->group.max_poll_interval_ms, err);
}

static void
consumer_conf_fetch(rd_kafka_conf_t *conf, const hr_kafka_consumer_conf *c, hr_error *err)
{
    int64_t kbytes = c->prefetch_bytes / 1024 > 64 ? c->prefetch_bytes / 1024 : 64;
    /* A broker has one fetch under way. When all partitions but those at their end have enough, it
     * asks for the latter only, and what the others run out of waits until that fetch is over. */
    const char *wait_ms = c->connection->u.kafka.embedded               ? "5"
                          : c->runner->profile == HR_PROFILE_THROUGHPUT ? "10"
                                                                        : "100";

    hr_kafka_conf_set(conf, "enable.auto.commit", "false", err);
    hr_kafka_conf_set(conf, "enable.auto.offset.store", "false", err);
    hr_kafka_conf_set(conf, "enable.partition.eof", "true", err);
    hr_kafka_conf_set(conf, "auto.offset.reset", "error", err);
    hr_kafka_conf_set(conf, "check.crcs", "true", err);
    /* What is fetched should still be in a cache when it is taken, and a message waiting costs
     * about 450 bytes beside its own. Messages are counted per partition; a response is bounded as
     * a whole, however many partitions there are. */
    hr_kafka_conf_set(conf, "queued.min.messages", "2000", err);
    if (!hr_kafka_conf_named(c->connection, "max.partition.fetch.bytes")) {
        hr_kafka_conf_default(conf, c->connection, "fetch.message.max.bytes", "524288", err);
    }
    hr_kafka_conf_default(conf, c->connection, "fetch.max.bytes", "1000000", err);
    hr_kafka_conf_set_int(conf, "queued.max.messages.kbytes", kbytes, err);
    hr_kafka_conf_set(conf, "fetch.queue.backoff.ms", "1", err);
    hr_kafka_conf_set(conf, "fetch.error.backoff.ms", "50", err);
    hr_kafka_conf_default(conf, c->connection, "fetch.wait.max.ms", wait_ms, err);
    if (c->connection->u.kafka.embedded) {
        hr_kafka_conf_set(conf, "allow.auto.create.topics", "true", err);
    }
}

hr_kafka_consumer *
hr_kafka_consumer_create(const hr_kafka_consumer_conf *c, hr_error *err)
{
    rd_kafka_conf_t *conf = hr_kafka_conf(c->connection, c->client_id, err);
    hr_kafka_consumer *consumer = calloc(1, sizeof *consumer);
    char text[256];

    if (conf == NULL || consumer == NULL) {
        free(consumer);
        return NULL;
    }
    consumer->connection = c->connection;
    consumer->watch = c->watch;
    consumer->rebalance = c->rebalance;
    consumer_conf_group(conf, c, err);
    consumer_conf_fetch(conf, c, err);
    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_error_cb(conf, consumer_error);
    rd_kafka_conf_set_rebalance_cb(conf, consumer_rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, consumer_committed);
    if (err->code == HR_OK) {
        consumer->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
        if (consumer->rk == NULL) {
            hr_fail(err, HR_ECONFIG, HR_NO_LOC, "no Kafka consumer: %s", text);
        }
    }
    if (consumer->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        free(consumer);
        return NULL;
    }
    rd_kafka_poll_set_consumer(consumer->rk);
    consumer->main = rd_kafka_queue_get_consumer(consumer->rk);
    rd_kafka_queue_io_event_enable(consumer->main, consumer->watch.wake_fd, &wake_value,
                                   sizeof wake_value);
    return consumer;
}

int
hr_kafka_consumer_subscribe(hr_kafka_consumer *consumer, const char *const *topics, size_t n,
                            hr_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    rd_kafka_resp_err_t rc;

    for (size_t i = 0; i < n; i++) {
        rd_kafka_topic_partition_list_add(list, topics[i], RD_KAFKA_PARTITION_UA);
    }
    rc = rd_kafka_subscribe(consumer->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rc == RD_KAFKA_RESP_ERR_NO_ERROR ? HR_OK
                                            : hr_kafka_fail(err, HR_EIO, rc, "cannot subscribe");
}

void
hr_kafka_consumer_poll(hr_kafka_consumer *consumer)
{
    rd_kafka_message_t *message;

    while ((message = rd_kafka_consumer_poll(consumer->rk, 0)) != NULL) {
        char text[512];

        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR &&
            message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            snprintf(text, sizeof text, "topic %s: %s",
                     message->rkt != NULL ? rd_kafka_topic_name(message->rkt) : "?",
                     message->payload != NULL ? (const char *)message->payload
                                              : rd_kafka_err2str(message->err));
            consumer->watch.trouble(consumer->watch.ctx, text,
                                    message->err == RD_KAFKA_RESP_ERR__FATAL);
        }
        rd_kafka_message_destroy(message);
    }
    if (hr_kafka_probe_turn(&consumer->probe, consumer->rk, hr_clock_ms())) {
        consumer->watch.trouble(consumer->watch.ctx, NULL, false);
    }
}

/* rd_kafka_consumer_close(), but it ends. */
static bool
consumer_leave(hr_kafka_consumer *consumer, int64_t until_ms)
{
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(consumer->rk, consumer->main);

    if (error != NULL) {
        rd_kafka_error_destroy(error); /* closed already, by a fatal error */
    }
    while (!rd_kafka_consumer_closed(consumer->rk)) {
        if (hr_clock_ms() >= until_ms) {
            return false;
        }
        rd_kafka_queue_poll_callback(consumer->main, 20);
    }
    return true;
}

void
hr_kafka_consumer_destroy(hr_kafka_consumer *consumer, int64_t timeout_ms)
{
    if (consumer == NULL) {
        return;
    }
    consumer->closing = true;
    if (!consumer_leave(consumer, hr_clock_ms() + timeout_ms)) {
        hr_log(HR_LOG_WARN, "the group is not left in time: its coordinator does not answer");
        return;
    }
    while (consumer->queues != NULL) {
        consumer_queue_remove(consumer, consumer->queues->topic, consumer->queues->partition);
    }
    hr_kafka_probe_finish(&consumer->probe);
    rd_kafka_queue_io_event_enable(consumer->main, -1, NULL, 0);
    rd_kafka_queue_destroy(consumer->main);
    rd_kafka_destroy(consumer->rk);
    free(consumer);
}

bool
hr_kafka_record_headers(hr_record *record, hr_arena *arena)
{
    rd_kafka_headers_t *headers;
    hr_header *copy;
    size_t n;

    if (rd_kafka_message_headers(record->origin, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        (n = rd_kafka_header_cnt(headers)) == 0) {
        return true;
    }
    if ((copy = hr_arena_calloc(arena, n, sizeof *copy)) == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const char *name;
        const void *value;
        size_t size;

        if (rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0) {
            copy[i].name = hr_span_str(name);
            copy[i].value = (hr_span){value, size};
        }
    }
    record->headers = copy;
    record->n_headers = (uint32_t)n;
    return true;
}

static void
consumer_record(rd_kafka_message_t *message, hr_record *record)
{
    rd_kafka_timestamp_type_t type;

    record->key = (hr_span){message->key, message->key_len};
    record->value = (hr_span){message->payload, message->len};
    record->offset = message->offset;
    record->timestamp_ms = rd_kafka_message_timestamp(message, &type);
    record->headers = NULL;
    record->n_headers = 0;
    record->headers_unread = true;
    record->origin = message;
}

/* An offset that is gone (retention, truncation) stops the partition: to go on elsewhere is a
 * decision for a person, since it means records lost or repeated. */
static void
consumer_fetch_error(hr_kafka_queue *queue, const rd_kafka_message_t *message)
{
    hr_kafka_watch *watch = &queue->consumer->watch;
    const char *cause =
        message->payload != NULL ? (const char *)message->payload : rd_kafka_err2str(message->err);
    char text[512];

    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        snprintf(text, sizeof text,
                 "%s[%d]: the committed offset is not in the log any more (%s); the partition "
                 "stops: set the group's offset by hand to go on",
                 queue->topic, (int)queue->partition, cause);
    } else {
        snprintf(text, sizeof text, "%s[%d]: %s", queue->topic, (int)queue->partition, cause);
    }
    watch->trouble(watch->ctx, text, message->err == RD_KAFKA_RESP_ERR__FATAL);
}

size_t
hr_kafka_queue_fetch(hr_kafka_queue *queue, hr_record *records, size_t max, int64_t *eof_offset)
{
    rd_kafka_message_t *messages[HR_BATCH_ROWS];
    ssize_t got;
    size_t n = 0;
    size_t bytes = 0;

    *eof_offset = -1;
    got = rd_kafka_consume_batch_queue(queue->rkqu, 0, messages,
                                       max < HR_BATCH_ROWS ? max : HR_BATCH_ROWS);
    for (ssize_t i = 0; i < got; i++) {
        if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            bytes += messages[i]->len + messages[i]->key_len;
            consumer_record(messages[i], &records[n++]);
            continue;
        }
        if (messages[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            *eof_offset = messages[i]->offset;
        } else {
            consumer_fetch_error(queue, messages[i]);
        }
        rd_kafka_message_destroy(messages[i]);
    }
    queue->consumer->taken_records += n;
    queue->consumer->taken_bytes += bytes;
    return n;
}

size_t
hr_kafka_consumer_held(const hr_kafka_consumer *consumer)
{
    size_t records = 0;

    for (const hr_kafka_queue *queue = consumer->queues; queue != NULL; queue = queue->next) {
        records += rd_kafka_queue_length(queue->rkqu);
    }
    return consumer->taken_records > 0
               ? records * (size_t)(consumer->taken_bytes / consumer->taken_records)
               : 0;
}

void
hr_kafka_records_release(hr_record *records, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (records[i].origin != NULL) {
            rd_kafka_message_destroy(records[i].origin);
            records[i].origin = NULL;
        }
    }
}

int
hr_kafka_consumer_seek(hr_kafka_consumer *consumer, const char *topic, int32_t partition,
                       int64_t offset, hr_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *tp = rd_kafka_topic_partition_list_add(list, topic, partition);
    rd_kafka_error_t *error;
    int rc = HR_OK;

    tp->offset = offset;
    error = rd_kafka_seek_partitions(consumer->rk, list, SEEK_TIMEOUT_MS);
    if (error != NULL) {
        rc = hr_fail(err, HR_EIO, HR_NO_LOC, "cannot seek %s[%d] to %lld: %s", topic,
                     (int)partition, (long long)offset, rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
    } else if (tp->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rc = hr_kafka_fail(err, HR_EIO, tp->err, "cannot seek");
    }
    rd_kafka_topic_partition_list_destroy(list);
    return rc;
}

/* Waits for the answer, but not as long as librdkafka would: it holds a commit back for a whole
 * session timeout while the group's coordinator is away. */
static rd_kafka_resp_err_t
consumer_commit_wait(hr_kafka_consumer *consumer, const rd_kafka_topic_partition_list_t *list,
                     int timeout_ms)
{
    rd_kafka_queue_t *answers = rd_kafka_queue_new(consumer->rk);
    rd_kafka_resp_err_t rc = rd_kafka_commit_queue(consumer->rk, list, answers, NULL, NULL);
    rd_kafka_event_t *event = NULL;

    if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
        event = rd_kafka_queue_poll(answers, timeout_ms);
        rc = event != NULL ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(answers);
    return rc;
}

int
hr_kafka_consumer_commit(hr_kafka_consumer *consumer, const hr_kafka_partition *partitions,
                         size_t n, int timeout_ms, hr_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    rd_kafka_resp_err_t rc;

    for (size_t i = 0; i < n; i++) {
        rd_kafka_topic_partition_list_add(list, partitions[i].topic, partitions[i].partition)
            ->offset = partitions[i].offset;
    }
    rc = timeout_ms > 0 ? consumer_commit_wait(consumer, list, timeout_ms)
                        : rd_kafka_commit(consumer->rk, list, 1);
    if (timeout_ms == 0 && rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
        consumer->sent_us[consumer->n_sent++ % COMMITS_TIMED] = hr_clock_us();
    }
    rd_kafka_topic_partition_list_destroy(list);
    return rc == RD_KAFKA_RESP_ERR_NO_ERROR || rc == RD_KAFKA_RESP_ERR__NO_OFFSET
               ? HR_OK
               : hr_kafka_fail(err, HR_EIO, rc, "cannot commit offsets");
}

int64_t
hr_kafka_consumer_end_offset(hr_kafka_consumer *consumer, const char *topic, int32_t partition)
{
    int64_t low, high;

    if (rd_kafka_get_watermark_offsets(consumer->rk, topic, partition, &low, &high) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        return -1;
    }
    return high >= 0 ? high : -1;
}

int
hr_kafka_consumer_watermarks(hr_kafka_consumer *consumer, const char *topic, int32_t partition,
                             int64_t *begin, int64_t *end, int timeout_ms, hr_error *err)
{
    rd_kafka_resp_err_t rc =
        rd_kafka_query_watermark_offsets(consumer->rk, topic, partition, begin, end, timeout_ms);

    return rc == RD_KAFKA_RESP_ERR_NO_ERROR
               ? HR_OK
               : hr_kafka_fail(err, HR_EIO, rc, "cannot ask for the end of the partition");
}

int
hr_kafka_consumer_partition_count(hr_kafka_consumer *consumer, const char *topic, int32_t *count,
                                  int timeout_ms, hr_error *err)
{
    return hr_kafka_partition_count(consumer->rk, topic, count, timeout_ms, err);
}
