/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka/conf.h"

#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

struct hr_kafka_embedded {
    rd_kafka_t *rk; /* the mock cluster lives in a client that does nothing else */
    rd_kafka_mock_cluster_t *cluster;
};

hr_kafka_embedded *
hr_kafka_embedded_create(hr_error *err)
{
    hr_kafka_embedded *embedded = calloc(1, sizeof *embedded);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256] = "out of memory";

    /* It would say that it has no brokers, which is so. */
    rd_kafka_conf_set(conf, "log_level", "0", text, sizeof text);
    if (embedded != NULL) {
        embedded->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    }
    if (embedded != NULL && embedded->rk != NULL) {
        embedded->cluster = rd_kafka_mock_cluster_new(embedded->rk, 1);
    }
    if (embedded == NULL || embedded->cluster == NULL) {
        hr_fail(err, HR_EFATAL, HR_NO_LOC, "the embedded broker does not start: %s", text);
        hr_kafka_embedded_destroy(embedded);
        return NULL;
    }
    /* A broker of our own has no reason to wait for more members of a new group. */
    rd_kafka_mock_group_initial_rebalance_delay_ms(embedded->cluster, 0);
    return embedded;
}

void
hr_kafka_embedded_destroy(hr_kafka_embedded *embedded)
{
    if (embedded == NULL) {
        return;
    }
    if (embedded->cluster != NULL) {
        rd_kafka_mock_cluster_destroy(embedded->cluster);
    }
    if (embedded->rk != NULL) {
        rd_kafka_destroy(embedded->rk);
    }
    free(embedded);
}

const char *
hr_kafka_embedded_bootstrap(const hr_kafka_embedded *embedded)
{
    return rd_kafka_mock_cluster_bootstraps(embedded->cluster);
}

int
hr_kafka_embedded_topic(hr_kafka_embedded *embedded, const char *topic, int partitions,
                        hr_error *err)
{
    rd_kafka_resp_err_t rc = rd_kafka_mock_topic_create(embedded->cluster, topic, partitions, 1);

    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR && rc != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        return hr_kafka_fail(err, HR_EFATAL, rc, "cannot create a topic in the embedded broker");
    }
    return HR_OK;
}
