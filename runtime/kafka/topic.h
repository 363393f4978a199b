/* A topic that a producer writes to, and what the broker said about it: whether it is there, and
 * the largest record that it takes. Internal to runtime/kafka.
 *
 * The limit is asked for before anything is sent: librdkafka does not split a batch that the broker
 * finds too large, so a batch must never be made larger than the topic takes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_KAFKA_TOPIC_H
#define HR_KAFKA_TOPIC_H
#include "kafka/conf.h"
#include "kafka/producer.h"

/* Our own limit of a record: above the default of brokers, so that the broker's word counts. */
#define HR_KAFKA_RECORD_BYTES_MAX (8 * 1024 * 1024)

typedef enum hr_kafka_topic_state {
    HR_KAFKA_TOPIC_UNASKED,
    HR_KAFKA_TOPIC_ASKED,   /* the first answer is due: nothing is sent before */
    HR_KAFKA_TOPIC_UNKNOWN, /* no answer, or no right to ask: sent all the same */
    HR_KAFKA_TOPIC_MISSING, /* the broker has no such topic (it may make it when it is used) */
    HR_KAFKA_TOPIC_KNOWN,
} hr_kafka_topic_state;

struct hr_kafka_topic {
    hr_kafka_producer *producer;
    char *name;
    rd_kafka_topic_t *rkt;
    size_t bytes_max; /* max.message.bytes; 0: not known */
    hr_kafka_topic_state state;
    unsigned missing;  /* answers in a row that it is not there */
    int64_t ask_at_ms; /* asks (again) then; 0: not */
    hr_kafka_topic *next;
};

/* Sends the question; the answer comes to `queue`. */
void hr_kafka_topic_ask(hr_kafka_topic *topic, rd_kafka_t *rk, rd_kafka_queue_t *queue,
                        int64_t now_ms);

/* Takes an answer of that queue, for whichever of the list it is. */
void hr_kafka_topic_answer(hr_kafka_topic *list, rd_kafka_event_t *event, int64_t now_ms);

/* The broker refused a batch: the limit has changed, or was not known. */
void hr_kafka_topic_ask_again(hr_kafka_topic *topic, int64_t now_ms);

/* Bytes of the smallest batch that holds this record alone, uncompressed. */
size_t hr_kafka_record_bytes(const hr_kafka_out *out);

#endif
