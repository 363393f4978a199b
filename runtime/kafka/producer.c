/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka/producer.h"
#include "engine/log.h"
#include "kafka/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Our own limit of a record: above the default of brokers, so that the broker's word counts. */
#define MESSAGE_BYTES_MAX (8 * 1024 * 1024)
/* What a record batch and its record add to the value, generously. */
#define RECORD_OVERHEAD 512
#define VU_MAX 8

struct hr_kafka_topic {
    hr_kafka_producer *producer;
    char *name;
    rd_kafka_topic_t *rkt;
    size_t bytes_max; /* max.message.bytes of the topic; 0: not known */
    bool asked;
    hr_kafka_topic *next;
};

struct hr_kafka_producer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *main, *admin;
    hr_kafka_topic *topics;
    hr_kafka_producer_conf conf;
    char *client_id;
    bool closing, troubled, recycle;
};

static const uint64_t wake_value = 1;

static void
producer_trouble(hr_kafka_producer *producer, const char *text, bool fatal)
{
    if (!producer->closing && (text != NULL || producer->troubled)) {
        producer->troubled = text != NULL;
        producer->conf.watch.trouble(producer->conf.watch.ctx, text, fatal);
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
    snprintf(text, sizeof text, "%s (%s)", reason, rd_kafka_err2name((rd_kafka_resp_err_t)code));
    producer_trouble(producer, text, false);
}

static void
producer_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    hr_kafka_producer *producer = opaque;
    uint64_t token = (uint64_t)(uintptr_t)message->_private;
    char text[200];

    (void)rk;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        producer_trouble(producer, NULL, false);
        producer->conf.delivered(producer->conf.watch.ctx, token, HR_KAFKA_DELIVERED, NULL);
        return;
    }
    snprintf(text, sizeof text, "topic %s: %s", rd_kafka_topic_name(message->rkt),
             rd_kafka_err2str(message->err));
    if (hr_kafka_retriable(message->err)) {
        producer_trouble(producer, text, false);
        producer->conf.delivered(producer->conf.watch.ctx, token, HR_KAFKA_LATER, text);
    } else {
        producer->conf.delivered(producer->conf.watch.ctx, token, HR_KAFKA_REFUSED, text);
    }
}

static void
producer_conf_set(rd_kafka_conf_t *conf, const hr_kafka_producer_conf *c, hr_error *err)
{
    bool latency = c->runner->profile == HR_PROFILE_LATENCY;
    int64_t kbytes = c->queue_bytes / 1024 > 1024 ? c->queue_bytes / 1024 : 1024;

    hr_kafka_conf_set(conf, "enable.idempotence", "true", err);
    hr_kafka_conf_set(conf, "acks", "all", err);
    hr_kafka_conf_set(conf, "linger.ms", latency ? "0.1" : "5", err);
    hr_kafka_conf_set(conf, "queue.buffering.max.messages", "30000", err);
    hr_kafka_conf_set_int(conf, "queue.buffering.max.kbytes", kbytes, err);
    hr_kafka_conf_set_int(conf, "message.max.bytes", MESSAGE_BYTES_MAX, err);
    hr_kafka_conf_set(conf, "batch.size", "900000", err);
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
    producer_conf_set(conf, &producer->conf, err);
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
        topic->asked = false;
    }
    rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (rd_kafka_outq_len(producer->rk) > 0 && rd_kafka_poll(producer->rk, 100) > 0) {
        continue;
    }
    rd_kafka_queue_io_event_enable(producer->main, -1, NULL, 0);
    rd_kafka_queue_io_event_enable(producer->admin, -1, NULL, 0);
    rd_kafka_queue_destroy(producer->main);
    rd_kafka_queue_destroy(producer->admin);
    rd_kafka_destroy(producer->rk);
    producer->rk = NULL;
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
    topic->next = producer->topics;
    producer->topics = topic;
    return topic;
}

/* Asks for the topic's max.message.bytes, once; the answer comes through producer_admin(). Not
 * asked of the embedded broker, which has no such request. */
static void
topic_ask_limit(hr_kafka_topic *topic)
{
    hr_kafka_producer *producer = topic->producer;
    rd_kafka_ConfigResource_t *resource;

    topic->asked = true;
    if (producer->conf.connection->u.kafka.embedded) {
        return;
    }
    resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic->name);
    if (resource != NULL) {
        rd_kafka_DescribeConfigs(producer->rk, &resource, 1, NULL, producer->admin);
        rd_kafka_ConfigResource_destroy(resource);
    }
}

static void
topic_take_limit(hr_kafka_producer *producer, const rd_kafka_ConfigResource_t *resource)
{
    size_t n;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &n);

    for (hr_kafka_topic *topic = producer->topics; topic != NULL; topic = topic->next) {
        if (strcmp(topic->name, rd_kafka_ConfigResource_name(resource)) != 0) {
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            const char *value = rd_kafka_ConfigEntry_value(entries[i]);

            if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), "max.message.bytes") == 0 &&
                value != NULL) {
                topic->bytes_max = strtoul(value, NULL, 10);
            }
        }
    }
}

/* Answers to topic_ask_limit(). A refusal (no such right) leaves the limit unknown: a record that
 * is too large is then found out by the broker's own refusal. */
static void
producer_admin(hr_kafka_producer *producer)
{
    rd_kafka_event_t *event;

    while ((event = rd_kafka_queue_poll(producer->admin, 0)) != NULL) {
        const rd_kafka_DescribeConfigs_result_t *result =
            rd_kafka_event_DescribeConfigs_result(event);
        size_t n = 0;

        if (result != NULL && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            const rd_kafka_ConfigResource_t **resources =
                rd_kafka_DescribeConfigs_result_resources(result, &n);

            for (size_t i = 0; i < n; i++) {
                topic_take_limit(producer, resources[i]);
            }
        }
        rd_kafka_event_destroy(event);
    }
}

size_t
hr_kafka_topic_value_max(const hr_kafka_topic *topic)
{
    size_t max = topic->bytes_max != 0 && topic->bytes_max < MESSAGE_BYTES_MAX ? topic->bytes_max
                                                                               : MESSAGE_BYTES_MAX;

    return max > RECORD_OVERHEAD ? max - RECORD_OVERHEAD : 0;
}

static size_t
out_bytes(const hr_kafka_out *out)
{
    size_t bytes = out->key.len + out->value.len;

    for (size_t i = 0; i < out->n_headers; i++) {
        bytes += out->headers[i].name.len + out->headers[i].value.len + 8;
    }
    return bytes;
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

int
hr_kafka_producer_send(hr_kafka_topic *topic, const hr_kafka_out *out, hr_error *err)
{
    hr_kafka_producer *producer = topic->producer;
    rd_kafka_resp_err_t rc;

    if (producer->rk == NULL || producer->recycle) {
        return HR_EAGAIN;
    }
    if (topic->rkt == NULL &&
        (topic->rkt = rd_kafka_topic_new(producer->rk, topic->name, NULL)) == NULL) {
        return hr_kafka_fail(err, HR_EIO, rd_kafka_last_error(), "no topic handle");
    }
    if (!topic->asked) {
        topic_ask_limit(topic);
    }
    if (out_bytes(out) > hr_kafka_topic_value_max(topic)) {
        return hr_fail(err, HR_ERECORD, HR_NO_LOC, "%zu bytes are more than topic %s takes (%zu)",
                       out_bytes(out), topic->name, hr_kafka_topic_value_max(topic));
    }
    rc = topic_produce(topic, out);
    switch (rc) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return HR_OK;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        return HR_EAGAIN;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return hr_kafka_fail(err, HR_ERECORD, rc, "record");
    case RD_KAFKA_RESP_ERR__FATAL:
        producer->recycle = true;
        return HR_EAGAIN;
    default:
        return hr_kafka_fail(err, HR_EIO, rc, "cannot produce");
    }
}

void
hr_kafka_producer_poll(hr_kafka_producer *producer)
{
    hr_error err = {0};

    if (producer->rk != NULL) {
        rd_kafka_poll(producer->rk, 0);
        producer_admin(producer);
    }
    if (producer->recycle) {
        producer_close(producer);
        producer->recycle = false;
    }
    if (producer->rk == NULL && producer_open(producer, &err) != HR_OK) {
        producer_trouble(producer, err.msg, false);
    }
}

size_t
hr_kafka_producer_pending(const hr_kafka_producer *producer)
{
    return producer->rk != NULL ? (size_t)rd_kafka_outq_len(producer->rk) : 0;
}
