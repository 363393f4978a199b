/* A member of a consumer group: one per stream thread and connection, for all topics that the
 * topology reads there.
 *
 * Every partition has a queue of its own that is not forwarded; the main queue carries rebalances
 * and errors only and is always polled. So a partition that is not drained stops alone, and
 * rebalances never wait behind records.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_KAFKA_CONSUMER_H
#define HR_KAFKA_CONSUMER_H
#include "kafka/kafka.h"
#include "record/batch.h"

typedef struct hr_kafka_consumer hr_kafka_consumer;
typedef struct hr_kafka_queue hr_kafka_queue; /* of one assigned partition */

#define HR_KAFKA_NO_OFFSET INT64_C(-1001)
#define HR_KAFKA_BEGINNING INT64_C(-2)
#define HR_KAFKA_END INT64_C(-1)

typedef struct hr_kafka_partition {
    const char *topic;
    int32_t partition;
    int64_t offset; /* where reading starts: committed, or HR_KAFKA_NO_OFFSET where none is */
    hr_kafka_queue *queue; /* of an assigned partition */
} hr_kafka_partition;

/* Called from hr_kafka_consumer_poll() and _close(), on the owner's thread. */
typedef struct hr_kafka_rebalance {
    void *ctx;
    /* New partitions with their committed offsets; the callee may change `offset` (to BEGINNING,
     * END or an offset) before reading starts. */
    void (*assigned)(void *ctx, hr_kafka_partition *partitions, size_t n);
    /* They go: finish and commit what can be (never when lost). */
    void (*revoked)(void *ctx, const hr_kafka_partition *partitions, size_t n, bool lost);
    /* An asynchronous commit ended badly. */
    void (*commit_failed)(void *ctx, const char *text);
    /* One ended well, so long after it was sent. */
    void (*committed)(void *ctx, int64_t after_us);
} hr_kafka_rebalance;

typedef struct hr_kafka_consumer_conf {
    const hr_connection *connection;
    const hr_runner *runner;
    const char *group, *client_id;
    const char *instance_id; /* static membership; NULL: dynamic */
    int64_t prefetch_bytes;  /* of one partition */
    hr_kafka_watch watch;
    hr_kafka_rebalance rebalance;
} hr_kafka_consumer_conf;

/* NULL with *err. Nothing is joined before hr_kafka_consumer_subscribe(). */
hr_kafka_consumer *hr_kafka_consumer_create(const hr_kafka_consumer_conf *conf, hr_error *err);
int hr_kafka_consumer_subscribe(hr_kafka_consumer *consumer, const char *const *topics, size_t n,
                                hr_error *err);

/* Serves rebalances and errors without waiting. */
void hr_kafka_consumer_poll(hr_kafka_consumer *consumer);

/* Leaves the group (revoked() is called) and frees; accepts NULL. A consumer that has not left
 * after timeout_ms (its broker is away) is given up and not freed: the process is about to end. */
void hr_kafka_consumer_destroy(hr_kafka_consumer *consumer, int64_t timeout_ms);

/* Up to max records of a partition, without waiting. Each holds a message in `origin`; its headers
 * are not read yet. *eof: the end of the partition was seen, at *eof_offset. */
size_t hr_kafka_queue_fetch(hr_kafka_queue *queue, hr_record *records, size_t max,
                            int64_t *eof_offset);

/* Reads them, into the arena; false: out of memory. */
bool hr_kafka_record_headers(hr_record *record, hr_arena *arena);
void hr_kafka_records_release(hr_record *records, size_t n);

/* Reading goes on at `offset`; what was fetched before is dropped. */
int hr_kafka_consumer_seek(hr_kafka_consumer *consumer, const char *topic, int32_t partition,
                           int64_t offset, hr_error *err);

/* Commits offsets (each the next to read). Waits for the answer up to timeout_ms; 0: not at all,
 * and a failure comes through commit_failed(). */
int hr_kafka_consumer_commit(hr_kafka_consumer *consumer, const hr_kafka_partition *partitions,
                             size_t n, int timeout_ms, hr_error *err);

/* Bytes of records that were fetched and not taken, as far as can be told from the size of those
 * that were. */
size_t hr_kafka_consumer_held(const hr_kafka_consumer *consumer);

/* End offset as the broker said last; -1: not known yet. Does not ask. */
int64_t hr_kafka_consumer_end_offset(hr_kafka_consumer *consumer, const char *topic,
                                     int32_t partition);

/* Asks the broker how many partitions the topic has. Waits up to timeout_ms. HR_EIO, also for a
 * topic that does not exist. */
int hr_kafka_consumer_partition_count(hr_kafka_consumer *consumer, const char *topic,
                                      int32_t *count, int timeout_ms, hr_error *err);

/* Asks the broker for the offsets that a partition holds now. Waits up to timeout_ms. HR_EIO. */
int hr_kafka_consumer_watermarks(hr_kafka_consumer *consumer, const char *topic, int32_t partition,
                                 int64_t *begin, int64_t *end, int timeout_ms, hr_error *err);

#endif
