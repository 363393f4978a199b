/* Reads all partitions of a topic without a group: tables of compacted topics, and whoever only
 * looks on. For one thread, which may wait in it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_KAFKA_READER_H
#define HR_KAFKA_READER_H
#include "kafka/kafka.h"
#include "record/batch.h"

typedef struct hr_kafka_reader hr_kafka_reader;

/* NULL with *err. Returns at once: the broker is not asked yet. */
hr_kafka_reader *hr_kafka_reader_create(const hr_connection *connection, const char *client_id,
                                        const char *topic, int64_t prefetch_bytes, hr_error *err);

/* Finds the topic's partitions and begins at their start, or at their end. HR_EIO when the broker
 * is away or the topic missing: try again later. Partitions that are added afterwards are not read:
 * open again. */
int hr_kafka_reader_open(hr_kafka_reader *reader, bool from_end, int timeout_ms, hr_error *err);

/* As hr_kafka_reader_open() from the first record with a timestamp of since_ms or later, so that an
 * old topic need not be read whole. Records from there on may still be older. An embedded broker
 * does not know timestamps: it is read from its start. */
int hr_kafka_reader_open_since(hr_kafka_reader *reader, int64_t since_ms, int timeout_ms,
                               hr_error *err);

/* Up to max records, waiting up to timeout_ms for the first. Each holds a message in `origin` until
 * hr_kafka_records_release() (consumer.h). A partition that cannot go on fills *err (code HR_EIO;
 * otherwise HR_OK) and should be opened again. */
size_t hr_kafka_reader_read(hr_kafka_reader *reader, hr_record *records, size_t max, int timeout_ms,
                            hr_error *err);

/* True once every partition was read up to what it held when it was opened. */
bool hr_kafka_reader_caught_up(const hr_kafka_reader *reader);

/* True when the topic has more partitions than were opened; false when the broker does not say. */
bool hr_kafka_reader_grown(hr_kafka_reader *reader, int timeout_ms);

void hr_kafka_reader_destroy(hr_kafka_reader *reader); /* accepts NULL */

#endif
