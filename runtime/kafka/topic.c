/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka/topic.h"

#include <stdlib.h>
#include <string.h>

#define ASK_TIMEOUT_MS 5000
#define ASK_AGAIN_MS 1000
#define BATCH_HEADER_BYTES 61 /* of message format 2 */

void
hr_kafka_topic_ask(hr_kafka_topic *topic, rd_kafka_t *rk, rd_kafka_queue_t *queue, int64_t now_ms)
{
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic->name);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    char text[128];

    topic->ask_at_ms = 0;
    if (topic->state == HR_KAFKA_TOPIC_UNASKED) {
        topic->state = HR_KAFKA_TOPIC_ASKED;
    }
    if (resource != NULL && options != NULL) {
        rd_kafka_AdminOptions_set_request_timeout(options, ASK_TIMEOUT_MS, text, sizeof text);
        /* The answer says for whom it is even where the request failed as a whole. */
        rd_kafka_AdminOptions_set_opaque(options, topic);
        rd_kafka_DescribeConfigs(rk, &resource, 1, options, queue);
    } else {
        topic->state = HR_KAFKA_TOPIC_UNKNOWN;
        topic->ask_at_ms = now_ms + ASK_AGAIN_MS;
    }
    if (options != NULL) {
        rd_kafka_AdminOptions_destroy(options);
    }
    if (resource != NULL) {
        rd_kafka_ConfigResource_destroy(resource);
    }
}

static size_t
topic_limit_of(const rd_kafka_ConfigResource_t *resource)
{
    size_t n;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &n);

    for (size_t i = 0; i < n; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);

        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), "max.message.bytes") == 0 &&
            value != NULL) {
            return strtoul(value, NULL, 10);
        }
    }
    return 0;
}

static void
topic_no_answer(hr_kafka_topic *topic, rd_kafka_resp_err_t cause, int64_t now_ms)
{
    bool missing = cause == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    bool denied = cause == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                  cause == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;

    topic->missing = missing ? topic->missing + 1 : 0;
    topic->state = missing ? HR_KAFKA_TOPIC_MISSING : HR_KAFKA_TOPIC_UNKNOWN;
    topic->ask_at_ms = denied ? 0 : now_ms + ASK_AGAIN_MS;
}

void
hr_kafka_topic_answer(hr_kafka_topic *list, rd_kafka_event_t *event, int64_t now_ms)
{
    hr_kafka_topic *topic = rd_kafka_event_opaque(event);
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
    rd_kafka_resp_err_t cause = rd_kafka_event_error(event);
    const rd_kafka_ConfigResource_t **resources;
    size_t n = 0;

    while (list != NULL && list != topic) {
        list = list->next;
    }
    if (list == NULL || result == NULL) {
        return;
    }
    resources = rd_kafka_DescribeConfigs_result_resources(result, &n);
    if (cause == RD_KAFKA_RESP_ERR_NO_ERROR && n == 1) {
        cause = rd_kafka_ConfigResource_error(resources[0]);
    }
    if (cause != RD_KAFKA_RESP_ERR_NO_ERROR || n != 1) {
        topic_no_answer(topic, cause, now_ms);
        return;
    }
    topic->missing = 0;
    topic->state = HR_KAFKA_TOPIC_KNOWN;
    topic->bytes_max = topic_limit_of(resources[0]);
}

void
hr_kafka_topic_ask_again(hr_kafka_topic *topic, int64_t now_ms)
{
    if (topic->state == HR_KAFKA_TOPIC_KNOWN && topic->ask_at_ms == 0) {
        topic->ask_at_ms = now_ms;
    }
}

size_t
hr_kafka_topic_value_max(const hr_kafka_topic *topic)
{
    size_t max = topic->bytes_max != 0 && topic->bytes_max < HR_KAFKA_RECORD_BYTES_MAX
                     ? topic->bytes_max
                     : HR_KAFKA_RECORD_BYTES_MAX;
    const hr_kafka_out nothing = {.key = {NULL, 0}};
    size_t overhead = hr_kafka_record_bytes(&nothing) + 16; /* longer lengths */

    return max > overhead ? max - overhead : 0;
}

/* Of a signed number, as message format 2 writes lengths. */
static size_t
varint_bytes(int64_t value)
{
    uint64_t zigzag = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    size_t n = 1;

    while (zigzag > 127) {
        zigzag >>= 7;
        n++;
    }
    return n;
}

static size_t
span_bytes(hr_span span)
{
    return varint_bytes(span.data != NULL ? (int64_t)span.len : -1) + span.len;
}

size_t
hr_kafka_record_bytes(const hr_kafka_out *out)
{
    /* Attributes, timestamp delta and offset delta of a batch's first record: a byte each. */
    size_t body =
        3 + span_bytes(out->key) + span_bytes(out->value) + varint_bytes((int64_t)out->n_headers);

    for (size_t i = 0; i < out->n_headers; i++) {
        body += span_bytes(out->headers[i].name) + span_bytes(out->headers[i].value);
    }
    return BATCH_HEADER_BYTES + varint_bytes((int64_t)body) + body;
}
