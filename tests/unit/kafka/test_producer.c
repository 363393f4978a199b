/* How the producer sends where waiting is of no use, on a clock that the test plays and with a
 * linger that no test would wait for. What it does with real brokers: tests/integration.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include <librdkafka/rdkafka.h>

#define hr_clock_ms fake_clock_ms
#define rd_kafka_flush fake_flush
#define rd_kafka_new fake_new
static int64_t fake_clock_ms(void);
static rd_kafka_resp_err_t fake_flush(rd_kafka_t *rk, int timeout_ms);
static rd_kafka_t *fake_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *text, size_t size);
#include "../../../runtime/kafka/producer.c" /* NOLINT(bugprone-suspicious-include) */
#undef hr_clock_ms
#undef rd_kafka_flush
#undef rd_kafka_new

#include "hr_test.h"

#include <sys/eventfd.h>
#include <unistd.h>

/* Three queues full, spread over so many partitions that a queue holds no full batch (1,000) of
 * any; a test that hangs is given up after LIMIT_MS. */
enum { PARTITIONS = 64, QUEUE = 15000, RECORDS = 3 * QUEUE, LIMIT_MS = 60000 };

static struct {
    hr_connection connection;
    hr_runner runner;
    hr_kafka_producer *producer;
    hr_kafka_topic *topic;
    int wake_fd;
    int64_t now_ms;
    unsigned flushes;
    size_t delivered, later;
    char linger[16]; /* in ms, as it was asked for */
} w;

static int64_t
fake_clock_ms(void)
{
    return w.now_ms;
}

static rd_kafka_resp_err_t
fake_flush(rd_kafka_t *rk, int timeout_ms)
{
    w.flushes++;
    return rd_kafka_flush(rk, timeout_ms);
}

/* The longest linger that there is. */
static rd_kafka_t *
fake_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *text, size_t size)
{
    size_t len = sizeof w.linger;

    assert_int_equal(rd_kafka_conf_get(conf, "linger.ms", w.linger, &len), RD_KAFKA_CONF_OK);
    assert_int_equal(rd_kafka_conf_set(conf, "linger.ms", "900000", text, size), RD_KAFKA_CONF_OK);
    return rd_kafka_new(type, conf, text, size);
}

static void
count_delivered(void *ctx, uint64_t opaque, hr_kafka_outcome outcome, const char *reason)
{
    (void)ctx;
    (void)opaque;
    (void)reason;
    w.delivered += outcome == HR_KAFKA_DELIVERED ? 1 : 0;
    w.later += outcome == HR_KAFKA_LATER ? 1 : 0;
}

static void
no_trouble(void *ctx, const char *text, bool fatal)
{
    (void)ctx;
    (void)text;
    (void)fatal;
}

static void
open_producer_of(const char *bootstrap, hr_profile profile, hr_opt_map properties)
{
    hr_error err = {0};

    memset(&w, 0, sizeof w);
    w.now_ms = 1000;
    w.wake_fd = eventfd(0, EFD_NONBLOCK);
    assert_true(w.wake_fd >= 0);
    w.connection = (hr_connection){.type = HR_CONNECTION_KAFKA};
    w.connection.u.kafka.bootstrap.s = bootstrap;
    w.connection.u.kafka.embedded = true;
    w.connection.u.kafka.properties = properties;
    w.runner.profile = profile;
    w.producer =
        hr_kafka_producer_create(&(hr_kafka_producer_conf){.connection = &w.connection,
                                                           .runner = &w.runner,
                                                           .client_id = "test",
                                                           .queue_bytes = 64 << 20,
                                                           .watch = {NULL, no_trouble, w.wake_fd},
                                                           .delivered = count_delivered},
                                 &err);
    assert_non_null(w.producer);
    w.topic = hr_kafka_producer_topic(w.producer, "out");
    assert_non_null(w.topic);
}

static void
open_producer(const char *bootstrap)
{
    open_producer_of(bootstrap, HR_PROFILE_THROUGHPUT, (hr_opt_map){0});
}

static void
close_producer(void)
{
    hr_kafka_producer_destroy(w.producer);
    close(w.wake_fd);
}

/* By keys that go everywhere. HR_EAGAIN: the queue is full. */
static int
send_one(size_t i)
{
    hr_error err = {0};
    char key[24];

    snprintf(key, sizeof key, "key-%zu", i);
    return hr_kafka_producer_send(
        w.topic, &(hr_kafka_out){.key = hr_span_str(key), .value = HR_SPAN_LIT("x")}, &err);
}

static size_t
fill_queue(void)
{
    size_t n = 0;

    while (send_one(n) == HR_OK) {
        n++;
    }
    return n;
}

/* So many turns of a millisecond each, with a record that finds no room in each. */
static void
turn(int times)
{
    for (int i = 0; i < times; i++) {
        assert_int_equal(send_one(0), HR_EAGAIN);
        w.now_ms++;
        hr_kafka_producer_poll(w.producer);
    }
}

static void
a_full_queue_without_a_full_batch_does_not_take_the_linger(void **state)
{
    hr_error err = {0};
    hr_kafka_embedded *broker = hr_kafka_embedded_create(&err);
    int64_t until_ms = hr_clock_ms() + LIMIT_MS;
    size_t sent = 0;

    (void)state;
    assert_non_null(broker);
    assert_int_equal(hr_kafka_embedded_topic(broker, "out", PARTITIONS, &err), HR_OK);
    open_producer(hr_kafka_embedded_bootstrap(broker));
    while (w.delivered < RECORDS - QUEUE && hr_clock_ms() < until_ms) {
        while (sent < RECORDS && send_one(sent) == HR_OK) {
            sent++;
        }
        w.now_ms++;
        hr_kafka_producer_poll(w.producer);
        usleep(200);
    }
    assert_in_range(w.delivered, RECORDS - QUEUE, RECORDS);
    assert_in_range(w.flushes, 1, RECORDS);
    assert_int_equal(w.later, 0);
    close_producer();
    hr_kafka_embedded_destroy(broker);
}

static void
a_queue_with_room_keeps_its_linger(void **state)
{
    (void)state;
    open_producer("127.0.0.1:1");
    for (size_t i = 0; i < QUEUE - 1; i++) {
        assert_int_equal(send_one(i), HR_OK);
    }
    for (int i = 0; i < 500; i++) {
        w.now_ms++;
        hr_kafka_producer_poll(w.producer);
    }
    assert_int_equal(w.flushes, 0);
    close_producer();
}

/* After 1 ms, then 2, 4, ... 64, 64 ms more; again after 1 ms where something was delivered, here:
 * given back. */
static void
a_broker_that_takes_nothing_is_asked_less_and_less(void **state)
{
    (void)state;
    open_producer("127.0.0.1:1");
    assert_int_equal(fill_queue(), QUEUE);
    hr_kafka_producer_poll(w.producer);
    assert_int_equal(w.flushes, 0);
    for (unsigned n = 0; n < 9; n++) {
        int wait = n < 6 ? 1 << n : 64;

        turn(wait - 1);
        assert_int_equal(w.flushes, n);
        turn(1);
        assert_int_equal(w.flushes, n + 1);
    }
    rd_kafka_purge(w.producer->rk, RD_KAFKA_PURGE_F_QUEUE);
    while (w.later < QUEUE) {
        hr_kafka_producer_poll(w.producer);
    }
    assert_int_equal(w.flushes, 9);
    assert_int_equal(fill_queue(), QUEUE);
    turn(1);
    assert_int_equal(w.flushes, 10);
    close_producer();
}

static void
the_linger_is_that_of_the_profile_or_of_the_connection(void **state)
{
    hr_opt_entry pair = {.key.s = "linger.ms", .value.s = "7"};
    const struct {
        hr_profile profile;
        hr_opt_map properties;
        double linger_ms;
    } cases[] = {
        {HR_PROFILE_LATENCY, {0}, 0},
        {HR_PROFILE_THROUGHPUT, {0}, 50},
        {HR_PROFILE_LATENCY, {.v = &pair, .n = 1}, 7},
        {HR_PROFILE_THROUGHPUT, {.v = &pair, .n = 1}, 7},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        open_producer_of("127.0.0.1:1", cases[i].profile, cases[i].properties);
        close_producer();
        assert_true(strtod(w.linger, NULL) == cases[i].linger_ms);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_without_a_full_batch_does_not_take_the_linger),
        cmocka_unit_test(a_queue_with_room_keeps_its_linger),
        cmocka_unit_test(a_broker_that_takes_nothing_is_asked_less_and_less),
        cmocka_unit_test(the_linger_is_that_of_the_profile_or_of_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
