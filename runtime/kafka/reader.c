/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka/reader.h"
#include "kafka/conf.h"

#include <stdlib.h>
#include <string.h>

/* Instead of a time. */
#define READER_FROM_START INT64_MIN
#define READER_FROM_END INT64_MAX

struct hr_kafka_reader {
    rd_kafka_t *rk;
    char *topic;
    int64_t *ends; /* by partition: what it held when it was opened; 0: reached */
    int32_t n_partitions;
    int32_t n_behind;
    bool embedded;
};

hr_kafka_reader *
hr_kafka_reader_create(const hr_connection *connection, const char *client_id, const char *topic,
                       int64_t prefetch_bytes, hr_error *err)
{
    rd_kafka_conf_t *conf = hr_kafka_conf(connection, client_id, err);
    hr_kafka_reader *reader = calloc(1, sizeof *reader);
    char text[256] = "out of memory";

    if (conf == NULL || reader == NULL || (reader->topic = strdup(topic)) == NULL) {
        free(reader);
        return NULL;
    }
    /* librdkafka wants a group's name even where nothing is joined or committed. */
    hr_kafka_conf_set(conf, "group.id", client_id, err);
    hr_kafka_conf_set(conf, "enable.auto.commit", "false", err);
    hr_kafka_conf_set(conf, "enable.auto.offset.store", "false", err);
    hr_kafka_conf_set(conf, "enable.partition.eof", "true", err);
    hr_kafka_conf_set(conf, "auto.offset.reset", "error", err);
    hr_kafka_conf_set(conf, "fetch.queue.backoff.ms", "1", err);
    hr_kafka_conf_set_int(conf, "queued.max.messages.kbytes", prefetch_bytes / 1024, err);
    reader->embedded = connection->u.kafka.embedded;
    if (reader->embedded) {
        hr_kafka_conf_set(conf, "fetch.wait.max.ms", "5", err);
    }
    if (err->code == HR_OK) {
        reader->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    }
    if (reader->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        hr_fail(err, HR_ECONFIG, HR_NO_LOC, "no Kafka consumer: %s", text);
        hr_kafka_reader_destroy(reader);
        return NULL;
    }
    rd_kafka_poll_set_consumer(reader->rk);
    return reader;
}

/* The first offset of each partition whose record is not older than since_ms, in list->elems[p];
 * RD_KAFKA_OFFSET_END: there is none. */
static int
reader_times(hr_kafka_reader *reader, int64_t since_ms, rd_kafka_topic_partition_list_t *list,
             int timeout_ms, hr_error *err)
{
    rd_kafka_resp_err_t rc;

    for (int32_t p = 0; p < reader->n_partitions; p++) {
        rd_kafka_topic_partition_list_add(list, reader->topic, p)->offset = since_ms;
    }
    rc = rd_kafka_offsets_for_times(reader->rk, list, timeout_ms);
    for (int i = 0; i < list->cnt && rc == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        rc = list->elems[i].err;
    }
    return rc == RD_KAFKA_RESP_ERR_NO_ERROR
               ? HR_OK
               : hr_kafka_fail(err, HR_EIO, rc, "cannot ask for offsets by time");
}

/* Asks for begin and end of each partition and lists where to start. */
static int
reader_starts(hr_kafka_reader *reader, int64_t since_ms, rd_kafka_topic_partition_list_t *list,
              int timeout_ms, hr_error *err)
{
    bool by_time = since_ms != READER_FROM_START && since_ms != READER_FROM_END;
    int failed = by_time ? reader_times(reader, since_ms, list, timeout_ms, err) : HR_OK;

    if (failed != HR_OK) {
        return failed;
    }
    reader->n_behind = 0;
    for (int32_t p = 0; p < reader->n_partitions; p++) {
        int64_t low, high, start;
        rd_kafka_resp_err_t rc =
            rd_kafka_query_watermark_offsets(reader->rk, reader->topic, p, &low, &high, timeout_ms);

        if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return hr_kafka_fail(err, HR_EIO, rc, "cannot ask for the end of a partition");
        }
        start = since_ms == READER_FROM_END ? high : low;
        if (by_time) {
            start = list->elems[p].offset;
            start = start < 0 || start > high ? high : start < low ? low : start;
            list->elems[p].offset = start;
        } else {
            rd_kafka_topic_partition_list_add(list, reader->topic, p)->offset = start;
        }
        reader->ends[p] = high <= start ? 0 : high;
        reader->n_behind += reader->ends[p] > 0 ? 1 : 0;
    }
    return HR_OK;
}

static int
reader_open(hr_kafka_reader *reader, int64_t since_ms, int timeout_ms, hr_error *err)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_resp_err_t assigned;
    int rc =
        hr_kafka_partition_count(reader->rk, reader->topic, &reader->n_partitions, timeout_ms, err);

    if (rc != HR_OK) {
        return rc;
    }
    free(reader->ends);
    reader->ends = calloc((size_t)reader->n_partitions + 1, sizeof *reader->ends);
    list = rd_kafka_topic_partition_list_new(reader->n_partitions);
    rc = reader->ends != NULL ? reader_starts(reader, since_ms, list, timeout_ms, err)
                              : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    if (rc == HR_OK) {
        assigned = rd_kafka_assign(reader->rk, list);
        if (assigned != RD_KAFKA_RESP_ERR_NO_ERROR) {
            rc = hr_kafka_fail(err, HR_EIO, assigned, "cannot read the topic");
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
    return rc;
}

int
hr_kafka_reader_open(hr_kafka_reader *reader, bool from_end, int timeout_ms, hr_error *err)
{
    return reader_open(reader, from_end ? READER_FROM_END : READER_FROM_START, timeout_ms, err);
}

int
hr_kafka_reader_open_since(hr_kafka_reader *reader, int64_t since_ms, int timeout_ms, hr_error *err)
{
    return reader_open(reader, reader->embedded ? READER_FROM_START : since_ms, timeout_ms, err);
}

static void
reader_note(hr_kafka_reader *reader, int32_t partition, int64_t next_offset)
{
    if (partition >= 0 && partition < reader->n_partitions && reader->ends[partition] > 0 &&
        next_offset >= reader->ends[partition]) {
        reader->ends[partition] = 0;
        reader->n_behind--;
    }
}

static void
reader_error(const rd_kafka_message_t *message, hr_error *err)
{
    hr_fail(err, HR_EIO, HR_NO_LOC, "%s",
            message->payload != NULL ? (const char *)message->payload
                                     : rd_kafka_err2str(message->err));
}

size_t
hr_kafka_reader_read(hr_kafka_reader *reader, hr_record *records, size_t max, int timeout_ms,
                     hr_error *err)
{
    size_t n = 0;
    rd_kafka_message_t *message;

    err->code = HR_OK;
    while (n < max &&
           (message = rd_kafka_consumer_poll(reader->rk, n == 0 ? timeout_ms : 0)) != NULL) {
        rd_kafka_timestamp_type_t type;

        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
                reader_note(reader, message->partition, message->offset);
            } else {
                reader_error(message, err);
            }
            rd_kafka_message_destroy(message);
            if (err->code != HR_OK || n == 0) {
                return n;
            }
            continue;
        }
        reader_note(reader, message->partition, message->offset + 1);
        records[n++] = (hr_record){.key = {message->key, message->key_len},
                                   .value = {message->payload, message->len},
                                   .timestamp_ms = rd_kafka_message_timestamp(message, &type),
                                   .offset = message->offset,
                                   .origin = message};
    }
    return n;
}

bool
hr_kafka_reader_caught_up(const hr_kafka_reader *reader)
{
    return reader->n_behind == 0 && reader->ends != NULL;
}

bool
hr_kafka_reader_grown(hr_kafka_reader *reader, int timeout_ms)
{
    hr_error err;
    int32_t count;

    return hr_kafka_partition_count(reader->rk, reader->topic, &count, timeout_ms, &err) == HR_OK &&
           count > reader->n_partitions;
}

void
hr_kafka_reader_destroy(hr_kafka_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->rk != NULL) {
        rd_kafka_consumer_close(reader->rk);
        rd_kafka_destroy(reader->rk);
    }
    free(reader->ends);
    free(reader->topic);
    free(reader);
}
