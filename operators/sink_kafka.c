/* Sink kafka: records to a topic. Key, headers and timestamp of the source record are kept unless
 * the options say otherwise, as Kafka Streams does. The sinks of one stream thread on one
 * connection share a producer.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clients.h"
#include "hr_sink.h"
#include "kafka/producer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct kafka_options {
    hr_text connection, topic, key;
    int timestamp, headers;
} kafka_options;

enum { KEEP_SOURCE, REPLACE };

static const hr_option kafka_option_table[] = {
    {"connection", HR_OPT_NAME, offsetof(kafka_options, connection), NULL,
     .help = "Name of a Kafka connection of the runner's config."},
    {"topic", HR_OPT_TEXT, offsetof(kafka_options, topic), NULL, .flags = HR_OPT_NONEMPTY,
     .help = "Topic to write to."},
    {"key", HR_OPT_EXPR, offsetof(kafka_options, key), NULL, .flags = HR_OPT_OPTIONAL,
     .help = "Expression for the record's key (string or bytes), written raw; absent: the key of "
             "the source record."},
    {"timestamp", HR_OPT_ENUM, offsetof(kafka_options, timestamp), "source",
     .choices = "source|now", .help = "Timestamp of the record: the source record's, or now."},
    {"headers", HR_OPT_ENUM, offsetof(kafka_options, headers), "keep", .choices = "keep|drop",
     .help = "Headers of the source record."},
    {0},
};

typedef struct kafka_shared {
    hr_expr *key; /* NULL: the source's */
} kafka_shared;

/* A producer and the sinks that share it. */
typedef struct kafka_group {
    hr_kafka_producer *producer;
    hr_sink *sink; /* the first one: speaks for all */
    size_t queue_bytes;
    bool closing;
} kafka_group;

typedef struct kafka_state {
    kafka_group *group;
    hr_kafka_topic *topic;
    hr_expr_frame *frame;
    hr_buf buf;
    size_t bytes; /* of the rows that write() has sent */
    bool ready;   /* told already */
} kafka_state;

static int
kafka_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const kafka_options *opt = options;
    kafka_shared *s = shared;
    hr_type type;
    int rc;

    if (opt->key.s == NULL) {
        return HR_OK;
    }
    if ((rc = hr_node_expr(node, &opt->key, &s->key, err)) != HR_OK) {
        return rc;
    }
    type = hr_expr_type(s->key);
    if (type.kind != HR_KIND_STRING && type.kind != HR_KIND_BYTES) {
        hr_fail_as(err, opt->key.loc, "type-mismatch", "a key is a string or bytes, and this is %s",
                   hr_kind_name(type.kind));
        return hr_hint(err, "write string(%s)", opt->key.s);
    }
    return HR_OK;
}

static void
group_trouble(void *ctx, const char *text, bool fatal)
{
    const kafka_group *group = ctx;

    (void)fatal; /* a producer that fails for good is replaced */
    hr_sink_trouble(group->sink, text);
}

static void
group_delivered(void *ctx, uint64_t opaque, hr_kafka_outcome outcome, const char *reason)
{
    const kafka_group *group = ctx;

    if (group->closing) {
        return; /* what comes back now was given up */
    }
    hr_sink_ack(group->sink, opaque,
                outcome == HR_KAFKA_DELIVERED ? HR_ACK_OK
                : outcome == HR_KAFKA_LATER   ? HR_ACK_RETRY
                                              : HR_ACK_SUSPECT,
                reason);
}

static void
group_destroy(void *object)
{
    kafka_group *group = object;

    group->closing = true;
    hr_kafka_producer_destroy(group->producer);
    free(group);
}

static void
group_held(const void *object, size_t *bytes, size_t *limit)
{
    const kafka_group *group = object;

    *bytes = hr_kafka_producer_held(group->producer);
    *limit = group->queue_bytes;
}

static kafka_group *
group_create(hr_sink *sink, hr_error *err)
{
    kafka_group *group = calloc(1, sizeof *group);
    hr_client_env env;
    hr_kafka_producer_conf conf = {.connection = hr_sink_connection(sink),
                                   .runner = hr_sink_runner(sink),
                                   .delivered = group_delivered};

    if (group == NULL) {
        hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        return NULL;
    }
    hr_sink_client_env(sink, &env);
    group->sink = sink;
    conf.client_id = env.id;
    conf.queue_bytes = env.queue_bytes;
    group->queue_bytes = (size_t)env.queue_bytes;
    conf.watch = (hr_kafka_watch){group, group_trouble, env.wake_fd};
    group->producer = hr_kafka_producer_create(&conf, err);
    if (group->producer == NULL) {
        free(group);
        return NULL;
    }
    return group;
}

static void
kafka_redelivery(const hr_node *node, char *text, size_t size)
{
    (void)node;
    snprintf(text, size,
             "a redelivery is visible: after a crash or a rebalance, records since the last commit "
             "come again, with the same key");
}

static int
kafka_open(hr_sink *sink, void *state, hr_error *err)
{
    kafka_state *s = state;
    const kafka_options *opt = hr_sink_node(sink)->options;
    const kafka_shared *shared = hr_sink_node(sink)->shared;
    hr_client *client = hr_sink_client(sink, "producer");

    if (client != NULL && client->object == NULL) {
        client->object = group_create(sink, err);
        client->destroy = group_destroy;
        client->held = group_held;
        client->budget = HR_BUDGET_PRODUCE_QUEUE;
    }
    if (client == NULL || client->object == NULL) {
        return client == NULL ? hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory") : err->code;
    }
    s->group = client->object;
    s->topic = hr_kafka_producer_topic(s->group->producer, opt->topic.s);
    if (shared->key != NULL) {
        s->frame = hr_expr_frame_create(shared->key);
    }
    return s->topic != NULL && (shared->key == NULL || s->frame != NULL)
               ? HR_OK
               : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

/* The key of a row. false: the expression has an error there (the row is failed). */
static bool
kafka_key(hr_sink *sink, const hr_column *keys, const hr_batch *batch, hr_row row, hr_span *key)
{
    if (keys == NULL) {
        *key = batch->key[row];
        return true;
    }
    if (keys->lane[row] >= HR_LANE_ERROR) {
        hr_sink_fail(sink, row, "key", hr_expr_error(keys->lane[row]));
        return false;
    }
    *key = keys->lane[row] == HR_LANE_NULL ? (hr_span){NULL, 0} : keys->v.s[row];
    return true;
}

/* Encodes a row. A null value stays one where bytes pass through (a tombstone). */
static bool
kafka_value(hr_sink *sink, kafka_state *s, const hr_batch *batch, hr_row row, hr_span *value)
{
    const hr_node *node = hr_sink_node(sink);
    const char *reason = NULL;

    if (node->format == HR_FORMAT_RAW) {
        *value = hr_batch_record(batch, row)->value;
        return true;
    }
    s->buf.len = 0;
    if (hr_encoder_run(node->encoder, batch, row, &s->buf, &reason) != HR_OK) {
        hr_sink_fail(sink, row, "encode", reason != NULL ? reason : "out of memory");
        return false;
    }
    *value = hr_buf_span(&s->buf);
    return true;
}

static bool
kafka_headers(hr_sink *sink, const hr_batch *batch, hr_row row, hr_kafka_out *out)
{
    const hr_record *record = hr_batch_whole_record(batch, row);

    if (record == NULL) {
        hr_sink_fail(sink, row, "headers", "out of memory");
        return false;
    }
    out->headers = record->headers;
    out->n_headers = record->n_headers;
    return true;
}

/* Sends one row. HR_EAGAIN: there is no room for it now. */
static int
kafka_send(hr_sink *sink, kafka_state *s, hr_batch *batch, hr_row row, const hr_column *keys,
           hr_error *err)
{
    const kafka_options *opt = hr_sink_node(sink)->options;
    hr_kafka_out out = {.timestamp_ms =
                            opt->timestamp == KEEP_SOURCE ? batch->timestamp_ms[row] : -1};
    int rc;

    if (!kafka_key(sink, keys, batch, row, &out.key) ||
        !kafka_value(sink, s, batch, row, &out.value) ||
        (opt->headers == KEEP_SOURCE && !kafka_headers(sink, batch, row, &out))) {
        return HR_OK;
    }
    out.opaque = hr_sink_take(sink, batch, row);
    rc = hr_kafka_producer_send(s->topic, &out, err);
    if (rc != HR_OK) {
        hr_sink_untake(sink, out.opaque);
    } else {
        s->bytes += out.value.len;
    }
    if (rc == HR_ERECORD) {
        hr_sink_fail(sink, row, "too-large", hr_arena_strdup(batch->arena, err->msg));
        return HR_OK;
    }
    return rc;
}

static int
kafka_write(hr_sink *sink, void *state, hr_batch *batch, hr_rows rows, size_t *done, hr_error *err)
{
    kafka_state *s = state;
    const kafka_shared *shared = hr_sink_node(sink)->shared;
    const hr_column *keys =
        shared->key != NULL ? hr_expr_run(shared->key, s->frame, batch, rows, NULL) : NULL;

    int rc = HR_OK;

    s->bytes = 0;
    for (*done = 0; *done < rows.n; (*done)++) {
        rc = kafka_send(sink, s, batch, rows.row[*done], keys, err);
        if (rc != HR_OK) {
            break;
        }
    }
    hr_sink_wrote(sink, s->bytes);
    return rc;
}

/* A dead letter above the topic's limit is cut and marked. */
static int
kafka_write_letter(hr_sink *sink, void *state, const hr_letter *letter, hr_error *err)
{
    kafka_state *s = state;
    hr_header headers[64];
    char size[32];
    size_t limit = hr_kafka_topic_value_max(s->topic);
    size_t overhead = letter->record->key.len;
    hr_kafka_out out = {.key = letter->record->key,
                        .value = letter->record->value,
                        .headers = letter->headers,
                        .n_headers = letter->n_headers,
                        .timestamp_ms = letter->record->timestamp_ms,
                        .opaque = letter->token};

    (void)sink;
    for (size_t i = 0; i < letter->n_headers; i++) {
        overhead += letter->headers[i].name.len + letter->headers[i].value.len + 16;
    }
    limit = limit > overhead + 64 ? limit - overhead - 64 : 0;
    if (letter->cut && limit > HR_LETTER_CUT_BYTES) {
        limit = HR_LETTER_CUT_BYTES;
    }
    if (out.value.len > limit && letter->n_headers < 63) {
        snprintf(size, sizeof size, "%zu", out.value.len);
        memcpy(headers, letter->headers, letter->n_headers * sizeof *headers);
        headers[out.n_headers++] =
            (hr_header){HR_SPAN_LIT("headrace.truncated_from_bytes"), hr_span_str(size)};
        out.headers = headers;
        out.value.len = limit;
    }
    return hr_kafka_producer_send(s->topic, &out, err);
}

static void
kafka_poll(hr_sink *sink, void *state)
{
    kafka_state *s = state;

    hr_kafka_producer_poll(s->group->producer);
    if (!s->ready && hr_kafka_producer_connected(s->group->producer)) {
        s->ready = true;
        hr_sink_ready(sink);
    }
}

static void
kafka_holding(hr_sink *sink, void *state, char *text, size_t size)
{
    kafka_state *s = state;
    size_t pending = hr_kafka_producer_pending(s->group->producer);

    (void)sink;
    if (pending > 0) {
        snprintf(text, size, "%zu records not delivered", pending);
    }
}

static void
kafka_close(hr_sink *sink, void *state)
{
    kafka_state *s = state;

    (void)sink;
    hr_expr_frame_destroy(s->frame);
    hr_buf_finish(&s->buf);
    s->frame = NULL;
}

const hr_sink_type hr_sink_kafka = {
    .flags = HR_SINK_ENCODES | HR_SINK_ACKS_LATER | HR_SINK_IS_KAFKA,
    .name = "kafka",
    .summary = "Records to a Kafka topic (idempotent producer, acks=all).",
    .example = "{connection: kafka, topic: flight_delay_classification_response, key: 'UUID'}",
    .options = kafka_option_table,
    .options_size = sizeof(kafka_options),
    .shared_size = sizeof(kafka_shared),
    .state_size = sizeof(kafka_state),
    .compile = kafka_compile,
    .redelivery = kafka_redelivery,
    .open = kafka_open,
    .write = kafka_write,
    .write_letter = kafka_write_letter,
    .poll = kafka_poll,
    .holding = kafka_holding,
    .close = kafka_close,
};
