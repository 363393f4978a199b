/* A table over a topic of the embedded broker.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "engine/clock.h"
#include "hr_test.h"
#include "kafka/producer.h"
#include "table_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROW_SCHEMA                                                                                 \
    "{\"type\": \"record\", \"name\": \"row\", \"fields\": [{\"name\": \"id\", \"type\": "         \
    "\"string\"}, {\"name\": \"n\", \"type\": \"long\"}]}"

/* A broker, a producer for the topic `rows`, and a topology with a table over it. */
typedef struct rig {
    hr_kafka_embedded *broker;
    hr_connection connection;
    hr_runner runner;
    hr_kafka_producer *producer;
    driver *d;
    hr_node *node;
} rig;

static void
delivered(void *ctx, uint64_t opaque, hr_kafka_outcome outcome, const char *reason)
{
    (void)ctx;
    (void)opaque;
    if (outcome != HR_KAFKA_DELIVERED) {
        fail_msg("%s", reason);
    }
}

static void
rig_init(rig *r, const char *topic)
{
    hr_error err = {0};
    char steps[512];

    memset(r, 0, sizeof *r);
    r->broker = hr_kafka_embedded_create(&err);
    assert_non_null(r->broker);
    assert_int_equal(hr_kafka_embedded_topic(r->broker, "rows", 3, &err), HR_OK);
    r->connection.name.s = "kafka";
    r->connection.type = HR_CONNECTION_KAFKA;
    r->connection.u.kafka.bootstrap.s = hr_kafka_embedded_bootstrap(r->broker);
    r->connection.u.kafka.embedded = true;
    r->runner = (hr_runner){
        .connections = &r->connection, .n_connections = 1, .memory_bytes = (int64_t)64 << 20};
    r->producer = hr_kafka_producer_create(&(hr_kafka_producer_conf){.connection = &r->connection,
                                                                     .runner = &r->runner,
                                                                     .client_id = "test",
                                                                     .queue_bytes = 1 << 20,
                                                                     .watch = {.wake_fd = -1},
                                                                     .delivered = delivered},
                                           &err);
    assert_non_null(r->producer);
    r->d = driver_new();
    driver_file(r->d, "row.avsc", ROW_SCHEMA);
    snprintf(steps, sizeof steps,
             "tables:\n  rows:\n    kafka: {connection: kafka, topic: %s}\n    format: json\n"
             "    schema: row.avsc\n    key: [id]\nsteps:\n  last:\n    from: in\n"
             "    enrich: {table: rows, match: {id: id}, add: [n]}\n",
             topic);
    if (!driver_load_steps(r->d, "{\"name\": \"id\", \"type\": \"string\"}", steps)) {
        fail_msg("%s", driver_diag(r->d));
    }
    r->node = &driver_topology(r->d)->tables[0];
}

static void
rig_finish(rig *r)
{
    driver_free(r->d);
    hr_kafka_producer_destroy(r->producer);
    hr_kafka_embedded_destroy(r->broker);
}

/* Sends a record with that timestamp (-1: now) and waits until it is there. */
static void
rig_send_at(rig *r, const char *key, const char *value, int64_t timestamp_ms)
{
    hr_kafka_out out = {
        .key = hr_span_str(key), .value = hr_span_str(value), .timestamp_ms = timestamp_ms};
    hr_error err = {0};

    if (hr_kafka_producer_send(hr_kafka_producer_topic(r->producer, "rows"), &out, &err) != HR_OK) {
        fail_msg("%s", err.msg);
    }
    for (int i = 0; i < 2000 && hr_kafka_producer_pending(r->producer) > 0; i++) {
        hr_kafka_producer_poll(r->producer);
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    assert_int_equal(hr_kafka_producer_pending(r->producer), 0);
}

static void
rig_send(rig *r, const char *key, const char *value)
{
    rig_send_at(r, key, value, -1);
}

static hr_table *
rig_start(rig *r)
{
    hr_error err = {0};
    hr_table *table = hr_table_start(r->node, &r->runner, (hr_table_notify){NULL, NULL}, &err);

    assert_non_null(table);
    return table;
}

static hr_table *
rig_start_ready(rig *r)
{
    hr_table *table = rig_start(r);
    hr_error err = {0};

    if (hr_table_wait_ready(table, 30000, &err) != HR_OK) {
        fail_msg("%s", err.msg);
    }
    return table;
}

static void
the_topic_is_read_to_its_end_and_then_followed(void **unused)
{
    rig r;
    hr_table *table;
    char key[16], value[64];

    (void)unused;
    rig_init(&r, "rows");
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "k%d", i % 40);
        snprintf(value, sizeof value, "{\"id\":\"id%d\",\"n\":%d}", i % 40, i);
        rig_send(&r, key, value);
    }
    table = rig_start_ready(&r);
    assert_int_equal(table_rig_find(r.node, "id0", "n"), 80);
    assert_int_equal(table_rig_find(r.node, "id39", "n"), 79);
    rig_send(&r, "k7", "{\"id\":\"id7\",\"n\":1000}");
    table_rig_expect(r.node, "id7", "n", 1000);
    rig_send(&r, "k7", NULL);
    table_rig_expect(r.node, "id7", "n", -1);
    rig_send(&r, "k8", "{\"id\":\"other\",\"n\":8}");
    table_rig_expect(r.node, "other", "n", 8);
    table_rig_expect(r.node, "id8", "n", -1);
    hr_table_stop(table);
    rig_finish(&r);
}

static void
an_empty_topic_is_a_table_too(void **unused)
{
    rig r;
    hr_table *table;

    (void)unused;
    rig_init(&r, "rows");
    table = rig_start_ready(&r);
    assert_int_equal(table_rig_find(r.node, "id0", "n"), -1);
    rig_send(&r, "k", "{\"id\":\"id0\",\"n\":1}");
    table_rig_expect(r.node, "id0", "n", 1);
    hr_table_stop(table);
    rig_finish(&r);
}

static void
a_value_that_cannot_be_read_takes_its_row_away(void **unused)
{
    rig r;
    hr_table *table;

    (void)unused;
    rig_init(&r, "rows");
    rig_send(&r, "a", "{\"id\":\"a\",\"n\":1}");
    rig_send(&r, "b", "{\"id\":\"b\",\"n\":2}");
    table = rig_start_ready(&r);
    rig_send(&r, "a", "{\"id\":\"a\",\"n\":oops}");
    rig_send(&r, NULL, "{\"id\":\"c\",\"n\":3}");
    table_rig_expect_rejected(table, 2);
    table_rig_expect(r.node, "a", "n", -1);
    assert_int_equal(table_rig_find(r.node, "b", "n"), 2);
    assert_int_equal(table_rig_find(r.node, "c", "n"), -1);
    hr_table_stop(table);
    rig_finish(&r);
}

static void
a_connection_that_is_not_there_fails_the_table(void **unused)
{
    rig r;
    hr_table *table;
    hr_error err = {0};

    (void)unused;
    rig_init(&r, "rows");
    r.connection.name.s = "other";
    table = rig_start(&r);
    assert_int_equal(hr_table_wait_ready(table, 30000, &err), HR_ECONFIG);
    assert_has_text(err.msg, "kafka");
    hr_table_stop(table);
    rig_finish(&r);
}

/* Sends the row anew until it was seen: on a busy machine its three seconds may be over before. */
static void
rig_show_soon(rig *r)
{
    for (int i = 0; i < 50; i++) {
        rig_send_at(r, "soon", "{\"id\":\"soon\",\"n\":3}", hr_clock_wall_ms() + 300);
        for (int k = 0; k < 60; k++) {
            if (table_rig_find(r->node, "soon", "n") == 3) {
                return;
            }
            nanosleep(&(struct timespec){0, 5000000}, NULL);
        }
    }
    fail_msg("the row is never there");
}

static void
with_keep_rows_are_of_the_last_while_only(void **unused)
{
    rig r;
    hr_table *table;
    int64_t now = hr_clock_wall_ms();

    (void)unused;
    rig_init(&r, "rows, keep: 3s");
    rig_send_at(&r, "old", "{\"id\":\"old\",\"n\":1}", now - 3600000);
    rig_send_at(&r, "new", "{\"id\":\"new\",\"n\":2}", now + 3600000);
    table = rig_start_ready(&r);
    assert_int_equal(table_rig_find(r.node, "old", "n"), -1);
    assert_int_equal(table_rig_find(r.node, "new", "n"), 2);
    rig_show_soon(&r);
    table_rig_expect(r.node, "soon", "n", -1);
    assert_int_equal(table_rig_find(r.node, "new", "n"), 2);
    hr_table_stop(table);
    rig_finish(&r);
}

static void
with_keep_the_key_of_the_table_counts_and_not_the_records(void **unused)
{
    rig r;
    hr_table *table;

    (void)unused;
    rig_init(&r, "rows, keep: 10m");
    rig_send(&r, NULL, "{\"id\":\"a\",\"n\":1}");
    table = rig_start_ready(&r);
    assert_int_equal(table_rig_find(r.node, "a", "n"), 1);
    rig_send(&r, "x", "{\"id\":\"a\",\"n\":2}");
    table_rig_expect(r.node, "a", "n", 2);
    rig_send(&r, "x", "{\"id\":\"b\",\"n\":3}");
    table_rig_expect(r.node, "b", "n", 3);
    rig_send(&r, "x", "{\"id\":\"b\",\"n\":oops}");
    rig_send(&r, "x", NULL);
    table_rig_expect_rejected(table, 2);
    assert_int_equal(table_rig_find(r.node, "a", "n"), 2);
    assert_int_equal(table_rig_find(r.node, "b", "n"), 3);
    hr_table_stop(table);
    rig_finish(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_topic_is_read_to_its_end_and_then_followed),
        cmocka_unit_test(an_empty_topic_is_a_table_too),
        cmocka_unit_test(a_value_that_cannot_be_read_takes_its_row_away),
        cmocka_unit_test(a_connection_that_is_not_there_fails_the_table),
        cmocka_unit_test(with_keep_rows_are_of_the_last_while_only),
        cmocka_unit_test(with_keep_the_key_of_the_table_counts_and_not_the_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
