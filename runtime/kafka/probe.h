/* Finds out that a cluster answers again: clients tell when all brokers are away, and nothing when
 * one is back and there is nothing to fetch or send. Internal to runtime/kafka.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_KAFKA_PROBE_H
#define HR_KAFKA_PROBE_H
#include "kafka/conf.h"

typedef struct hr_kafka_probe {
    rd_kafka_queue_t *answers; /* NULL: none was asked yet */
    bool wanted, under_way;
    int64_t ask_at_ms;
} hr_kafka_probe;

/* The client has told of that error: from now on it is asked for, if the cluster may be away. */
void hr_kafka_probe_note(hr_kafka_probe *probe, rd_kafka_resp_err_t code);

/* Asks about once a second while it is wanted, without waiting. True, once: the cluster answers.
 * Call now and then. */
bool hr_kafka_probe_turn(hr_kafka_probe *probe, rd_kafka_t *rk, int64_t now_ms);

/* Before its client is destroyed; accepts a zeroed one. It may be used again with the next. */
void hr_kafka_probe_finish(hr_kafka_probe *probe);

#endif
