/* That a cluster is back needs a real one: tests/integration/test_ready.py.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kafka/probe.h"
#include "engine/clock.h"
#include "hr_test.h"

#include <unistd.h>

static rd_kafka_t *
client(const char *bootstrap)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[200];
    rd_kafka_t *rk;

    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, text, sizeof text);
    rd_kafka_conf_set(conf, "log_level", "0", text, sizeof text);
    rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(rk);
    return rk;
}

/* True when the cluster was said to answer within that time. */
static bool
answers_within(hr_kafka_probe *probe, rd_kafka_t *rk, int64_t limit_ms)
{
    int64_t until = hr_clock_ms() + limit_ms;

    while (hr_clock_ms() < until) {
        if (hr_kafka_probe_turn(probe, rk, hr_clock_ms())) {
            return true;
        }
        usleep(2000);
    }
    return false;
}

static void
nothing_is_asked_where_the_cluster_is_not_away(void **state)
{
    rd_kafka_t *rk = client("127.0.0.1:1");
    hr_kafka_probe probe = {0};

    (void)state;
    hr_kafka_probe_note(&probe, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    assert_false(answers_within(&probe, rk, 50));
    assert_null(probe.answers);
    hr_kafka_probe_note(&probe, RD_KAFKA_RESP_ERR__RESOLVE);
    assert_false(answers_within(&probe, rk, 300));
    assert_non_null(probe.answers);
    hr_kafka_probe_finish(&probe);
    hr_kafka_probe_finish(&probe);
    rd_kafka_destroy(rk);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_asked_where_the_cluster_is_not_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
