/* table kafka: a table from a compacted topic, or from the last minutes of any topic, read to its
 * end before the topology starts and kept current.
 *
 * In a compacted topic a row belongs to its record's key, as compaction sees it; its values say
 * under which key of the table it is found. A value that cannot be read removes the row as a
 * tombstone would: after a restart nothing else would be there either.
 *
 * With `keep` the topic need not be compacted nor its records have keys: a row belongs to the key
 * of the table, and goes when its record's timestamp is that old.
 *
 * A snapshot costs a copy of the whole table, so while changes keep coming it is taken so seldom
 * that copying takes a small share of the time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "hr_operator.h"
#include "hr_table.h"
#include "kafka/consumer.h"
#include "kafka/reader.h"

#include <stdio.h>

#define ASK_TIMEOUT_MS 5000
#define RETRY_MIN_MS 500
#define RETRY_MAX_MS 30000
#define READ_WAIT_MS 100
#define PREFETCH_BYTES ((int64_t)8 << 20)
#define PUBLISH_MIN_MS 10
#define PUBLISH_SHARE 20 /* a snapshot that took 1 ms is followed by 20 ms without one */
#define GROWN_MS 60000
#define EXPIRE_MAX_MS 1000 /* a row is there so long beyond its time, at most */
#define EXPIRE_SHARE 20    /* ... and for so small a part of it */

typedef struct table_kafka_options {
    hr_text connection, topic;
    int64_t keep_ms; /* 0: for ever */
} table_kafka_options;

static const hr_option table_kafka_option_table[] = {
    {.name = "connection",
     .kind = HR_OPT_NAME,
     .offset = offsetof(table_kafka_options, connection),
     .help = "A kafka connection of the runner's config."},
    {.name = "topic",
     .kind = HR_OPT_TEXT,
     .offset = offsetof(table_kafka_options, topic),
     .help = "The compacted topic: one row a record key.",
     .flags = HR_OPT_NONEMPTY},
    {.name = "keep",
     .kind = HR_OPT_DURATION_MS,
     .offset = offsetof(table_kafka_options, keep_ms),
     .min = 1000,
     .max = 30.0 * 86400000,
     .help = "Only rows whose record is not older: reading begins there, and older rows are "
             "dropped. The topic need not be compacted then, nor its records have keys: the last "
             "record of a key of the table counts.",
     .flags = HR_OPT_OPTIONAL},
    {0},
};

/* From one opening of the topic to the next. */
typedef struct table_kafka_session {
    hr_table *table;
    hr_kafka_reader *reader;
    hr_table_builder *builder;
    bool dirty, published;
    int64_t keep_ms;
    int64_t publish_at_ms, grown_at_ms, expire_at_ms;
} table_kafka_session;

/* A record of a topic that is not compacted. Nothing is removed by a null value, whose key of the
 * table is not known, nor by one that cannot be read. */
static int
table_kafka_recent(table_kafka_session *s, const hr_record *record, hr_error *err)
{
    const table_kafka_options *opt = hr_table_node(s->table)->options;
    int64_t now = hr_clock_wall_ms();
    size_t bad;
    int rc;

    if (record->timestamp_ms >= 0 && record->timestamp_ms < now - s->keep_ms) {
        return HR_OK;
    }
    hr_table_builder_stamp(s->builder, record->timestamp_ms >= 0 ? record->timestamp_ms : now);
    rc = record->value.data != NULL
             ? hr_table_put(s->table, s->builder, &record->value, 1, &bad, err)
             : hr_fail(err, HR_ERECORD, HR_NO_LOC, "a record without a value");
    if (rc == HR_ERECORD || (rc == HR_ENOMEM && s->published)) {
        hr_table_skipped(s->table, opt->topic.s, record->offset, err);
        return HR_OK;
    }
    s->dirty = true;
    return rc;
}

static int
table_kafka_record(table_kafka_session *s, const hr_record *record, hr_error *err)
{
    int rc;

    if (s->keep_ms > 0) {
        return table_kafka_recent(s, record, err);
    }
    if (record->key.data == NULL) {
        rc = hr_fail(err, HR_ERECORD, HR_NO_LOC, "a record of a compacted topic needs a key");
    } else {
        rc = hr_table_put_keyed(s->table, s->builder, record->key, record->value, err);
    }
    s->dirty = true;
    if (rc == HR_ERECORD || (rc == HR_ENOMEM && s->published)) {
        const table_kafka_options *opt = hr_table_node(s->table)->options;

        if (record->key.data != NULL) {
            hr_table_builder_remove(s->builder, record->key);
        }
        hr_table_skipped(s->table, opt->topic.s, record->offset, err);
        rc = HR_OK;
    }
    return rc;
}

static void
table_kafka_expire(table_kafka_session *s)
{
    int64_t now = hr_clock_ms();
    int64_t pause = s->keep_ms / EXPIRE_SHARE;

    if (s->keep_ms == 0 || now < s->expire_at_ms) {
        return;
    }
    s->expire_at_ms = now + (pause < EXPIRE_MAX_MS ? pause : EXPIRE_MAX_MS);
    if (hr_table_builder_expire(s->builder, hr_clock_wall_ms() - s->keep_ms) > 0) {
        s->dirty = true;
    }
}

static int
table_kafka_publish(table_kafka_session *s, hr_error *err)
{
    int64_t start_us = hr_clock_us(), pause_ms;
    int rc = hr_table_publish(s->table, s->builder, err);

    pause_ms = (hr_clock_us() - start_us) * PUBLISH_SHARE / 1000;
    s->publish_at_ms = hr_clock_ms() + (pause_ms > PUBLISH_MIN_MS ? pause_ms : PUBLISH_MIN_MS);
    s->dirty = false;
    s->published = true;
    return rc;
}

static bool
table_kafka_due(const table_kafka_session *s)
{
    return hr_kafka_reader_caught_up(s->reader) &&
           (!s->published || (s->dirty && hr_clock_ms() >= s->publish_at_ms));
}

/* How long to wait for records: not longer than until the next snapshot is due. */
static int
table_kafka_wait_ms(const table_kafka_session *s)
{
    int64_t left = s->publish_at_ms - hr_clock_ms();

    return !s->dirty || left > READ_WAIT_MS ? READ_WAIT_MS : left < 1 ? 1 : (int)left;
}

/* Partitions that came later are not read: the topic must be opened again. */
static int
table_kafka_grown(table_kafka_session *s, hr_error *err)
{
    if (hr_clock_ms() < s->grown_at_ms) {
        return HR_OK;
    }
    s->grown_at_ms = hr_clock_ms() + GROWN_MS;
    return hr_kafka_reader_grown(s->reader, ASK_TIMEOUT_MS)
               ? hr_fail(err, HR_EAGAIN, HR_NO_LOC, "the topic has more partitions")
               : HR_OK;
}

/* Reads on until the table is to stop (HR_OK), the topic must be opened again (HR_EIO: there is
 * trouble; HR_EAGAIN: none) or nothing can help. */
static int
table_kafka_follow(table_kafka_session *s, hr_error *err)
{
    hr_record records[HR_BATCH_ROWS];
    int rc = HR_OK;

    while (rc == HR_OK && !hr_table_stopping(s->table)) {
        size_t n = 0;

        if (!table_kafka_due(s)) {
            n = hr_kafka_reader_read(s->reader, records, HR_BATCH_ROWS, table_kafka_wait_ms(s),
                                     err);
            rc = err->code;
        }
        for (size_t i = 0; i < n && rc == HR_OK; i++) {
            rc = table_kafka_record(s, &records[i], err);
        }
        hr_kafka_records_release(records, n);
        table_kafka_expire(s);
        if (rc == HR_OK && table_kafka_due(s)) {
            rc = table_kafka_publish(s, err);
        }
        if (rc == HR_OK) {
            rc = table_kafka_grown(s, err);
        }
    }
    return rc;
}

/* Opens the topic and follows it with a fresh builder; readers keep the last snapshot until the new
 * one has caught up. */
static int
table_kafka_session_run(hr_table *table, hr_kafka_reader *reader, hr_error *err)
{
    const table_kafka_options *opt = hr_table_node(table)->options;
    table_kafka_session s = {.table = table, .reader = reader, .keep_ms = opt->keep_ms};
    int rc = s.keep_ms > 0 ? hr_kafka_reader_open_since(reader, hr_clock_wall_ms() - s.keep_ms,
                                                        ASK_TIMEOUT_MS, err)
                           : hr_kafka_reader_open(reader, false, ASK_TIMEOUT_MS, err);

    if (rc != HR_OK) {
        return rc;
    }
    s.builder = hr_table_builder_new(table);
    s.grown_at_ms = hr_clock_ms() + GROWN_MS;
    rc = s.builder != NULL ? table_kafka_follow(&s, err)
                           : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    hr_table_builder_destroy(s.builder);
    if (rc == HR_ENOMEM && s.published) {
        err->code = rc = HR_EIO; /* there is a table; go on as soon as there is memory again */
    }
    return rc;
}

static int
table_kafka_run_reader(hr_table *table, hr_kafka_reader *reader, hr_error *err)
{
    int64_t pause_ms = RETRY_MIN_MS;
    int rc = HR_OK;

    while (!hr_table_stopping(table)) {
        int64_t start = hr_clock_ms();

        rc = table_kafka_session_run(table, reader, err);
        if (rc == HR_EAGAIN) {
            continue;
        }
        if (rc != HR_EIO) {
            break;
        }
        hr_table_trouble(table, err);
        pause_ms = hr_clock_ms() - start > RETRY_MAX_MS ? RETRY_MIN_MS : pause_ms;
        hr_table_wait(table, pause_ms);
        pause_ms = pause_ms * 2 < RETRY_MAX_MS ? pause_ms * 2 : RETRY_MAX_MS;
    }
    return rc == HR_ENOMEM || rc == HR_ECONFIG || rc == HR_EFATAL ? rc : HR_OK;
}

static int
table_kafka_run(hr_table *table, const void *options, void *shared, hr_error *err)
{
    const table_kafka_options *opt = options;
    const hr_node *node = hr_table_node(table);
    const hr_connection *connection =
        hr_runner_connection(hr_table_runner(table), &opt->connection, HR_CONNECTION_KAFKA, err);
    hr_kafka_reader *reader;
    char id[128];
    int rc;

    (void)shared;
    if (connection == NULL) {
        return err->code;
    }
    snprintf(id, sizeof id, "%s-%s", node->topology->name.s, node->name.s);
    reader = hr_kafka_reader_create(connection, id, opt->topic.s, PREFETCH_BYTES, err);
    if (reader == NULL) {
        return err->code != HR_OK ? err->code : HR_ENOMEM;
    }
    rc = table_kafka_run_reader(table, reader, err);
    hr_kafka_reader_destroy(reader);
    return rc;
}

const hr_table_type hr_table_kafka = {
    .abi = HR_OP_ABI,
    .name = "kafka",
    .summary = "A table from a compacted topic, or from the last minutes of any.",
    .example = "{connection: kafka, topic: origin_dest_distances}",
    .options = table_kafka_option_table,
    .options_size = sizeof(table_kafka_options),
    .shared_size = sizeof(hr_table_shared),
    .run = table_kafka_run,
    .release = hr_table_release,
};
