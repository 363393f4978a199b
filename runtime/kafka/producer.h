/* An idempotent producer (acks=all): one per stream thread and connection. The librdkafka client
 * behind the handle is replaced when it fails for good; what was under way then comes back as
 * HR_KAFKA_LATER.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_KAFKA_PRODUCER_H
#define HR_KAFKA_PRODUCER_H
#include "kafka/kafka.h"
#include "record/batch.h"

typedef struct hr_kafka_producer hr_kafka_producer;
typedef struct hr_kafka_topic hr_kafka_topic; /* a topic of a producer */

typedef enum hr_kafka_outcome {
    HR_KAFKA_DELIVERED,
    HR_KAFKA_LATER,   /* not delivered; sending again may help */
    HR_KAFKA_REFUSED, /* the broker refused the batch that it was in */
} hr_kafka_outcome;

typedef struct hr_kafka_producer_conf {
    const hr_connection *connection;
    const hr_runner *runner;
    const char *client_id;
    int64_t queue_bytes; /* of records not delivered yet */
    hr_kafka_watch watch;
    /* A record's end; called from hr_kafka_producer_poll(). */
    void (*delivered)(void *ctx, uint64_t opaque, hr_kafka_outcome outcome, const char *reason);
} hr_kafka_producer_conf;

typedef struct hr_kafka_out {
    hr_span key, value; /* data NULL: null */
    const hr_header *headers;
    size_t n_headers;
    int64_t timestamp_ms; /* -1 or 0: now */
    uint64_t opaque;      /* comes back with the outcome */
} hr_kafka_out;

/* NULL with *err. Returns at once: a broker that is away is not an error. */
hr_kafka_producer *hr_kafka_producer_create(const hr_kafka_producer_conf *conf, hr_error *err);

/* Frees; what is still under way comes back as HR_KAFKA_LATER first. Accepts NULL. */
void hr_kafka_producer_destroy(hr_kafka_producer *producer);

/* The handle of a topic, the same for each call. murmur2 as Java clients partition. NULL: out of
 * memory. */
hr_kafka_topic *hr_kafka_producer_topic(hr_kafka_producer *producer, const char *name);

/* Copies and queues a record. HR_OK; HR_EAGAIN when the queue is full, or before the broker has
 * said what its topics take (hr_kafka_producer_poll() asks); HR_ERECORD when the record is larger
 * than the producer or the topic takes; HR_EIO for other trouble (try later). */
int hr_kafka_producer_send(hr_kafka_topic *topic, const hr_kafka_out *out, hr_error *err);

/* Serves delivery reports and errors without waiting. */
void hr_kafka_producer_poll(hr_kafka_producer *producer);

/* A broker has answered since it was made. An embedded broker, which is not asked, has. */
bool hr_kafka_producer_connected(const hr_kafka_producer *producer);

/* Records queued or under way. */
size_t hr_kafka_producer_pending(const hr_kafka_producer *producer);

/* Bytes of their keys and values. */
size_t hr_kafka_producer_held(const hr_kafka_producer *producer);

/* The largest value that the topic takes, as far as is known: the broker's max.message.bytes once
 * it has answered, else the producer's own limit. */
size_t hr_kafka_topic_value_max(const hr_kafka_topic *topic);

#endif
