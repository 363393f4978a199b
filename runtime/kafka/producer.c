/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka/producer.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "kafka/probe.h"
#include "kafka/topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_BYTES_MAX 900000
#define VU_MAX 8
#define FULL_MS 1      /* with nothing delivered: then the linger is cut short */
#define FULL_MS_MAX 64 /* ... and this long at most between two such attempts */

struct hr_kafka_producer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *main, *admin;
    hr_kafka_topic *topics;
    hr_kafka_producer_conf conf;
    char *client_id;
    hr_kafka_probe probe;
    size_t held_bytes;  /* of records queued or under way */
    size_t batch_bytes; /* of the client: no batch is made larger than any of its topics takes */
    bool compressed;    /* so a record's size says little about what the broker sees */
    bool held;          /* nothing is sent: an answer is due, or the client has to be replaced */
    bool closing, troubled, recycle;
    int64_t full_ms;     /* the queue is full since then, and nothing was delivered; 0: no */
    int64_t patience_ms; /* with that; doubled by each attempt that is of no use */
    const hr_kafka_topic *missed; /* the trouble is this topic, which is not there; or NULL */
};

static const uint64_t wake_value = 1;

static void
producer_trouble(hr_kafka_producer *producer, const char *text, bool fatal)
{
    if (!producer->closing && (text != NULL || producer->troubled)) {
        producer->troubled = text != NULL;
        producer->missed = NULL;
        producer->conf.watch.trouble(producer->conf.watch.ctx, text, fatal);
    }
}

/* A missing topic stays trouble, whatever is delivered to others. */
static bool
producer_misses_a_topic(const hr_kafka_producer *producer)
{
    const hr_kafka_topic *topic = producer->topics;

    while (topic != NULL && topic->missing < 2) {
        topic = topic->next;
    }
    return topic != NULL;
}

static void
producer_trouble_over(hr_kafka_producer *producer)
{
    if (producer->troubled && !producer_misses_a_topic(producer)) {
        producer_trouble(producer, NULL, false);
    }
}

static void
producer_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    hr_kafka_producer *producer = opaque;
    char text[512];

    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        /* Fatal to this client, not to us (RELIABILITY section 2): a new one takes over. */
        rd_kafka_resp_err_t cause = rd_kafka_fatal_error(rk, text, sizeof text);

        hr_log(HR_LOG_WARN, "producer is replaced" HR_LOG_KV "cause=%s %s",
               rd_kafka_err2name(cause), text);
        producer->recycle = true;
        return;
    }
    hr_kafka_error_text(producer->conf.connection, (rd_kafka_resp_err_t)code, reason, text,
                        sizeof text);
    hr_kafka_probe_note(&producer->probe, (rd_kafka_resp_err_t)code);
    producer_trouble(producer, text, false);
}

static void
producer_ask_again(hr_kafka_producer *producer, const char *name)
{
    for (hr_kafka_topic *topic = producer->topics; topic != NULL; topic = topic->next) {
        if (strcmp(topic->name, name) == 0) {
            hr_kafka_topic_ask_again(topic, hr_clock_ms());
        }
    }
}

static void
producer_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    hr_kafka_producer *producer = opaque;
    uint64_t token = (uint64_t)(uintptr_t)message->_private;
    char text[200];

    (void)rk;
    producer->held_bytes -= message->len + message->key_len;
    producer->full_ms = 0;
    producer->patience_ms = FULL_MS;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        producer_trouble_over(producer);
        producer->conf.delivered(producer->conf.watch.ctx, token, HR_KAFKA_DELIVERED, NULL);
        return;
    }
    snprintf(text, sizeof text, "topic %s: %s", rd_kafka_topic_name(message->rkt),
             rd_kafka_err2str(message->err));
    if (hr_kafka_retriable(message->err)) {
        producer_trouble(producer, text, false);
        producer->conf.delivered(producer->conf.watch.ctx, token, HR_KAFKA_LATER, text);
    } else {
        producer_ask_again(producer, rd_kafka_topic_name(message->rkt));
        producer->conf.delivered(producer->conf.watch.ctx, token, HR_KAFKA_REFUSED, text);
    }
}

static void
producer_conf_set(rd_kafka_conf_t *conf, const hr_kafka_producer *producer, hr_error *err)
{
    const hr_kafka_producer_conf *c = &producer->conf;
    bool latency = c->runner->profile == HR_PROFILE_LATENCY;
    int64_t kbytes = c->queue_bytes / 1024 > 1024 ? c->queue_bytes / 1024 : 1024;

    hr_kafka_conf_set(conf, "enable.idempotence", "true", err);
    hr_kafka_conf_set(conf, "acks", "all", err);
    /* An idempotent producer has one request under way per partition, and its thread spins while
     * what waits there is older than the linger: so the linger is longer than what a queue of this
     * length takes to pass. Batches are full before that, or see producer_unlinger(). For latency
     * there is none: any linger below a millisecond lasts one (docs/BENCHMARKS.md). */
    hr_kafka_conf_default(conf, c->connection, "linger.ms", latency ? "0" : "50", err);
    hr_kafka_conf_set(conf, "queue.buffering.max.messages", "15000", err);
    hr_kafka_conf_default(conf, c->connection, "batch.num.messages", "1000", err);
    hr_kafka_conf_set_int(conf, "queue.buffering.max.kbytes", kbytes, err);
    hr_kafka_conf_set_int(conf, "message.max.bytes", HR_KAFKA_RECORD_BYTES_MAX, err);
    hr_kafka_conf_set_int(conf, "batch.size", (int64_t)producer->batch_bytes, err);
    hr_kafka_conf_set(conf, "partitioner", "murmur2_random", err);
    /* A record waits for its broker as long as it takes; back-pressure bounds what waits. */
    hr_kafka_conf_set(conf, "message.timeout.ms", "0", err);
    hr_kafka_conf_set(conf, "retry.backoff.max.ms", "1000", err);
}

static int
producer_open(hr_kafka_producer *producer, hr_error *err)
{
    rd_kafka_conf_t *conf = hr_kafka_conf(producer->conf.connection, producer->client_id, err);
    char text[256];

    if (conf == NULL) {
        return err->code;
    }
    producer_conf_set(conf, producer, err);
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_error_cb(conf, producer_error);
    rd_kafka_conf_set_dr_msg_cb(conf, producer_delivered);
    if (err->code != HR_OK) {
        rd_kafka_conf_destroy(conf);
        return err->code;
    }
    producer->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (producer->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return hr_fail(err, HR_ECONFIG, HR_NO_LOC, "no Kafka producer: %s", text);
    }
    producer->main = rd_kafka_queue_get_main(producer->rk);
    producer->admin = rd_kafka_queue_new(producer->rk);
    rd_kafka_queue_io_event_enable(producer->main, producer->conf.watch.wake_fd, &wake_value,
                                   sizeof wake_value);
    rd_kafka_queue_io_event_enable(producer->admin, producer->conf.watch.wake_fd, &wake_value,
                                   sizeof wake_value);
    return HR_OK;
}

/* Gives back what is under way, then frees the client. */
static void
producer_close(hr_kafka_producer *producer)
{
    for (hr_kafka_topic *topic = producer->topics; topic != NULL; topic = topic->next) {
        if (topic->rkt != NULL) {
            rd_kafka_topic_destroy(topic->rkt);
            topic->rkt = NULL;
        }
        if (topic->state != HR_KAFKA_TOPIC_KNOWN && !producer->conf.connection->u.kafka.embedded) {
            topic->state = HR_KAFKA_TOPIC_UNASKED; /* an answer that is due dies with the client */
        }
    }
    rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (rd_kafka_outq_len(producer->rk) > 0 && rd_kafka_poll(producer->rk, 100) > 0) {
        continue;
    }
    hr_kafka_probe_finish(&producer->probe);
    rd_kafka_queue_io_event_enable(producer->main, -1, NULL, 0);
    rd_kafka_queue_io_event_enable(producer->admin, -1, NULL, 0);
    rd_kafka_queue_destroy(producer->main);
    rd_kafka_queue_destroy(producer->admin);
    rd_kafka_destroy(producer->rk);
    producer->rk = NULL;
    producer->held_bytes = 0;
    producer->full_ms = 0;
}

static bool
producer_compresses(const hr_connection *connection)
{
    const hr_opt_map *properties = &connection->u.kafka.properties;

    for (size_t i = 0; i < properties->n; i++) {
        if (strncmp(properties->v[i].key.s, "compression.", strlen("compression.")) == 0 &&
            strcmp(properties->v[i].value.s, "none") != 0) {
            return true;
        }
    }
    return false;
}

hr_kafka_producer *
hr_kafka_producer_create(const hr_kafka_producer_conf *conf, hr_error *err)
{
    hr_kafka_producer *producer = calloc(1, sizeof *producer);

    if (producer == NULL || (producer->client_id = strdup(conf->client_id)) == NULL) {
        free(producer);
        hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        return NULL;
    }
    producer->conf = *conf;
    producer->batch_bytes = BATCH_BYTES_MAX;
    producer->compressed = producer_compresses(conf->connection);
    if (producer_open(producer, err) != HR_OK) {
        free(producer->client_id);
        free(producer);
        return NULL;
    }
    return producer;
}

void
hr_kafka_producer_destroy(hr_kafka_producer *producer)
{
    if (producer == NULL) {
        return;
    }
    producer->closing = true;
    if (producer->rk != NULL) {
        producer_close(producer);
    }
    while (producer->topics != NULL) {
        hr_kafka_topic *next = producer->topics->next;

        free(producer->topics->name);
        free(producer->topics);
        producer->topics = next;
    }
    free(producer->client_id);
    free(producer);
}

/* The largest batch that every topic takes. */
static size_t
producer_batch_bytes(const hr_kafka_producer *producer)
{
    size_t bytes = BATCH_BYTES_MAX;

    for (const hr_kafka_topic *topic = producer->topics; topic != NULL; topic = topic->next) {
        if (topic->bytes_max != 0 && topic->bytes_max < bytes) {
            bytes = topic->bytes_max;
        }
    }
    return bytes;
}

/* True while an answer is due, or while a client with other settings waits for the end of what the
 * present one has under way. */
static bool
producer_holds(const hr_kafka_producer *producer)
{
    const hr_kafka_topic *topic = producer->topics;

    while (topic != NULL && topic->state > HR_KAFKA_TOPIC_ASKED) {
        topic = topic->next;
    }
    return topic != NULL || producer->batch_bytes > producer_batch_bytes(producer);
}

hr_kafka_topic *
hr_kafka_producer_topic(hr_kafka_producer *producer, const char *name)
{
    hr_kafka_topic *topic;

    for (topic = producer->topics; topic != NULL; topic = topic->next) {
        if (strcmp(topic->name, name) == 0) {
            return topic;
        }
    }
    topic = calloc(1, sizeof *topic);
    if (topic == NULL || (topic->name = strdup(name)) == NULL) {
        free(topic);
        return NULL;
    }
    topic->producer = producer;
    /* The embedded broker has no such request. */
    topic->state = producer->conf.connection->u.kafka.embedded ? HR_KAFKA_TOPIC_UNKNOWN
                                                               : HR_KAFKA_TOPIC_UNASKED;
    producer->held = producer_holds(producer) || topic->state == HR_KAFKA_TOPIC_UNASKED;
    topic->next = producer->topics;
    producer->topics = topic;
    return topic;
}

/* Asks what is due. */
static void
producer_ask(hr_kafka_producer *producer)
{
    int64_t now_ms = hr_clock_ms();

    for (hr_kafka_topic *topic = producer->topics; topic != NULL; topic = topic->next) {
        if (topic->state == HR_KAFKA_TOPIC_UNASKED ||
            (topic->ask_at_ms != 0 && topic->ask_at_ms <= now_ms)) {
            hr_kafka_topic_ask(topic, producer->rk, producer->admin, now_ms);
        }
    }
}

static void
producer_answers(hr_kafka_producer *producer)
{
    rd_kafka_event_t *event;

    while ((event = rd_kafka_queue_poll(producer->admin, 0)) != NULL) {
        hr_kafka_topic_answer(producer->topics, event, hr_clock_ms());
        rd_kafka_event_destroy(event);
    }
}

/* A topic that is missing is trouble from the second answer on: the first record may make it. Once
 * it is there the trouble is over, though nothing may be sent for a while. */
static void
producer_note_missing(hr_kafka_producer *producer)
{
    const hr_kafka_topic *topic = producer->topics;
    char text[300];

    while (topic != NULL && topic->missing < 2) {
        topic = topic->next;
    }
    if (topic != NULL && topic != producer->missed &&
        (!producer->troubled || producer->missed != NULL)) {
        snprintf(text, sizeof text, "topic %s: %s", topic->name,
                 rd_kafka_err2str(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART));
        producer_trouble(producer, text, false);
        producer->missed = topic;
    } else if (topic == NULL && producer->missed != NULL) {
        producer_trouble_over(producer);
    }
}

static rd_kafka_headers_t *
out_headers(const hr_kafka_out *out)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(out->n_headers);

    for (size_t i = 0; i < out->n_headers && headers != NULL; i++) {
        const hr_header *h = &out->headers[i];

        rd_kafka_header_add(headers, (const char *)h->name.data, (ssize_t)h->name.len,
                            h->value.data, h->value.data != NULL ? (ssize_t)h->value.len : 0);
    }
    return headers;
}

static rd_kafka_resp_err_t
topic_produce(hr_kafka_topic *topic, const hr_kafka_out *out)
{
    rd_kafka_headers_t *headers = out->n_headers > 0 ? out_headers(out) : NULL;
    rd_kafka_vu_t vu[VU_MAX];
    rd_kafka_error_t *error;
    rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR_NO_ERROR;
    size_t n = 0;

    vu[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic->rkt};
    vu[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY};
    vu[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_KEY,
                              .u.mem = {(void *)(uintptr_t)out->key.data, out->key.len}};
    vu[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_VALUE,
                              .u.mem = {(void *)(uintptr_t)out->value.data, out->value.len}};
    vu[n++] =
        (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(uintptr_t)out->opaque};
    if (out->timestamp_ms > 0) {
        vu[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = out->timestamp_ms};
    }
    if (headers != NULL) {
        vu[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers};
    }
    error = rd_kafka_produceva(topic->producer->rk, vu, n);
    if (error != NULL) {
        rc = rd_kafka_error_code(error);
        rd_kafka_error_destroy(error);
        if (headers != NULL) {
            rd_kafka_headers_destroy(headers);
        }
    }
    return rc;
}

/* What librdkafka knows beforehand, such as a topic that is missing. */
static int
producer_cannot(hr_kafka_producer *producer, const hr_kafka_topic *topic, rd_kafka_resp_err_t rc)
{
    char text[300];

    if (!producer->troubled) {
        snprintf(text, sizeof text, "topic %s: %s", topic->name, rd_kafka_err2str(rc));
        producer_trouble(producer, text, false);
    }
    return HR_EAGAIN;
}

int
hr_kafka_producer_send(hr_kafka_topic *topic, const hr_kafka_out *out, hr_error *err)
{
    hr_kafka_producer *producer = topic->producer;
    rd_kafka_resp_err_t rc;

    if (producer->rk == NULL || producer->recycle || producer->held) {
        return HR_EAGAIN;
    }
    if (topic->rkt == NULL &&
        (topic->rkt = rd_kafka_topic_new(producer->rk, topic->name, NULL)) == NULL) {
        return hr_kafka_fail(err, HR_EIO, rd_kafka_last_error(), "no topic handle");
    }
    if (!producer->compressed && topic->bytes_max != 0 &&
        hr_kafka_record_bytes(out) > topic->bytes_max) {
        return hr_fail(err, HR_ERECORD, HR_NO_LOC, "%zu bytes are more than topic %s takes (%zu)",
                       hr_kafka_record_bytes(out), topic->name, topic->bytes_max);
    }
    rc = topic_produce(topic, out);
    switch (rc) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        producer->held_bytes += out->key.len + out->value.len;
        return HR_OK;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        if (producer->full_ms == 0) {
            producer->full_ms = hr_clock_ms();
        }
        return HR_EAGAIN;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return hr_kafka_fail(err, HR_ERECORD, rc, "record");
    case RD_KAFKA_RESP_ERR__FATAL:
        producer->recycle = true;
        return HR_EAGAIN;
    default:
        return producer_cannot(producer, topic, rc);
    }
}

/* A full queue of many partitions may hold no full batch of any: all would wait for the linger.
 * While a flush lasts, librdkafka sends what it has. It takes this thread's time, so a broker that
 * takes nothing is not asked again and again. */
static void
producer_unlinger(hr_kafka_producer *producer)
{
    int64_t patience_ms = producer->patience_ms > FULL_MS ? producer->patience_ms : FULL_MS;

    if (producer->full_ms != 0 && hr_clock_ms() - producer->full_ms >= patience_ms) {
        producer->full_ms = 0;
        producer->patience_ms = 2 * patience_ms < FULL_MS_MAX ? 2 * patience_ms : FULL_MS_MAX;
        rd_kafka_flush(producer->rk, 1);
    }
}

void
hr_kafka_producer_poll(hr_kafka_producer *producer)
{
    hr_error err = {0};

    if (producer->rk != NULL) {
        rd_kafka_poll(producer->rk, 0);
        producer_unlinger(producer);
        producer_ask(producer);
        producer_answers(producer);
        producer_note_missing(producer);
    }
    if (producer->rk != NULL &&
        hr_kafka_probe_turn(&producer->probe, producer->rk, hr_clock_ms())) {
        producer_trouble_over(producer);
    }
    if (producer->rk != NULL && producer->batch_bytes > producer_batch_bytes(producer) &&
        rd_kafka_outq_len(producer->rk) == 0) {
        producer->recycle = true;
    }
    if (producer->recycle) {
        producer_close(producer);
        producer->recycle = false;
        producer->batch_bytes = producer_batch_bytes(producer);
    }
    if (producer->rk == NULL && producer_open(producer, &err) != HR_OK) {
        producer_trouble(producer, err.msg, false);
    }
    producer->held = producer_holds(producer);
}

bool
hr_kafka_producer_connected(const hr_kafka_producer *producer)
{
    const hr_kafka_topic *topic = producer->topics;

    while (topic != NULL && topic->state > HR_KAFKA_TOPIC_ASKED) {
        topic = topic->next;
    }
    return topic == NULL;
}

size_t
hr_kafka_producer_pending(const hr_kafka_producer *producer)
{
    return producer->rk != NULL ? (size_t)rd_kafka_outq_len(producer->rk) : 0;
}

size_t
hr_kafka_producer_held(const hr_kafka_producer *producer)
{
    return producer->held_bytes;
}
