/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka/conf.h"
#include "engine/log.h"

#include <stdio.h>
#include <string.h>

#define VERSION_FLOOR 0x02060100

static const char *const mechanisms[] = {NULL, "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

const char *
hr_kafka_version(void)
{
    return rd_kafka_version_str();
}

int
hr_kafka_check_version(hr_error *err)
{
    if (rd_kafka_version() < VERSION_FLOOR) {
        hr_fail(err, HR_EFATAL, HR_NO_LOC,
                "librdkafka %s is too old: it can skip offsets under rebalances",
                rd_kafka_version_str());
        hr_hint(err, "use 2.6.1 or later");
        return HR_EFATAL;
    }
    return HR_OK;
}

int
hr_kafka_fail(hr_error *err, int code, rd_kafka_resp_err_t cause, const char *doing)
{
    return hr_fail(err, code, HR_NO_LOC, "%s: %s", doing, rd_kafka_err2str(cause));
}

void
hr_kafka_error_text(const hr_connection *connection, rd_kafka_resp_err_t code, const char *reason,
                    char *text, size_t size)
{
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        /* librdkafka's own text counts the brokers that it has heard of, down or not. */
        snprintf(text, size, "no broker answers (bootstrap %s)", connection->u.kafka.bootstrap.s);
    } else {
        snprintf(text, size, "%s (%s)", reason, rd_kafka_err2name(code));
    }
}

bool
hr_kafka_retriable(rd_kafka_resp_err_t cause)
{
    switch (cause) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        return false;
    default:
        return true;
    }
}

void
hr_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, hr_error *err)
{
    char text[256];

    if (err->code != HR_OK) {
        return;
    }
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK) {
        hr_fail(err, HR_ECONFIG, HR_NO_LOC, "librdkafka refuses '%s': %s", name, text);
    }
}

bool
hr_kafka_conf_named(const hr_connection *connection, const char *name)
{
    const hr_opt_map *properties = &connection->u.kafka.properties;

    for (size_t i = 0; i < properties->n; i++) {
        if (strcmp(properties->v[i].key.s, name) == 0) {
            return true;
        }
    }
    return false;
}

void
hr_kafka_conf_default(rd_kafka_conf_t *conf, const hr_connection *connection, const char *name,
                      const char *value, hr_error *err)
{
    if (!hr_kafka_conf_named(connection, name)) {
        hr_kafka_conf_set(conf, name, value, err);
    }
}

void
hr_kafka_conf_set_int(rd_kafka_conf_t *conf, const char *name, int64_t value, hr_error *err)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)value);
    hr_kafka_conf_set(conf, name, text, err);
}

/* librdkafka's own lines are details: what matters reaches the log as trouble, once. */
static void
conf_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    hr_log(level <= 2 ? HR_LOG_ERROR : HR_LOG_DEBUG, "librdkafka: %s" HR_LOG_KV "facility=%s", text,
           facility);
}

static void
conf_security(rd_kafka_conf_t *conf, const hr_kafka_connection *kafka, hr_error *err)
{
    bool sasl = kafka->sasl.mechanism > 0;
    const struct {
        const char *name;
        const hr_text *value;
    } files[] = {
        {"ssl.ca.location", &kafka->tls.ca},
        {"ssl.certificate.location", &kafka->tls.certificate},
        {"ssl.key.location", &kafka->tls.key},
    };

    if (!sasl && !kafka->tls.enabled) {
        return;
    }
    hr_kafka_conf_set(conf, "security.protocol",
                      !sasl                ? "ssl"
                      : kafka->tls.enabled ? "sasl_ssl"
                                           : "sasl_plaintext",
                      err);
    for (size_t i = 0; i < 3 && kafka->tls.enabled; i++) {
        if (files[i].value->s != NULL) {
            hr_kafka_conf_set(conf, files[i].name, files[i].value->s, err);
        }
    }
    if (kafka->tls.enabled && kafka->tls.insecure) {
        hr_kafka_conf_set(conf, "enable.ssl.certificate.verification", "false", err);
    }
    if (sasl) {
        hr_kafka_conf_set(conf, "sasl.mechanism", mechanisms[kafka->sasl.mechanism], err);
        hr_kafka_conf_set(conf, "sasl.username",
                          kafka->sasl.username.s != NULL ? kafka->sasl.username.s : "", err);
        hr_kafka_conf_set(conf, "sasl.password",
                          kafka->sasl.password.s != NULL ? kafka->sasl.password.s : "", err);
    }
}

rd_kafka_conf_t *
hr_kafka_conf(const hr_connection *connection, const char *id, hr_error *err)
{
    const hr_kafka_connection *kafka = &connection->u.kafka;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    err->code = HR_OK;
    rd_kafka_conf_set_log_cb(conf, conf_log);
    hr_kafka_conf_set(conf, "bootstrap.servers", kafka->bootstrap.s, err);
    hr_kafka_conf_set(conf, "client.id", id, err);
    hr_kafka_conf_set(conf, "enable.metrics.push", "false", err);
    hr_kafka_conf_set(conf, "reconnect.backoff.max.ms", "2000", err);
    hr_kafka_conf_set(conf, "log.connection.close", "false", err);
    conf_security(conf, kafka, err);
    for (size_t i = 0; i < kafka->properties.n && err->code == HR_OK; i++) {
        hr_kafka_conf_set(conf, kafka->properties.v[i].key.s, kafka->properties.v[i].value.s, err);
        err->loc = err->code != HR_OK ? kafka->properties.v[i].value.loc : err->loc;
    }
    if (err->code != HR_OK) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    return conf;
}

int
hr_kafka_connection_check(const hr_connection *connection, hr_error *err)
{
    rd_kafka_conf_t *conf = hr_kafka_conf(connection, "headrace", err);

    if (conf == NULL) {
        return err->code;
    }
    rd_kafka_conf_destroy(conf);
    return HR_OK;
}

int
hr_kafka_partition_count(rd_kafka_t *rk, const char *topic, int32_t *count, int timeout_ms,
                         hr_error *err)
{
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t rc =
        rkt != NULL ? rd_kafka_metadata(rk, 0, rkt, &metadata, timeout_ms) : rd_kafka_last_error();

    if (metadata != NULL && rc == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1) {
        rc = metadata->topics[0].err;
        *count = metadata->topics[0].partition_cnt;
    }
    if (metadata != NULL) {
        rd_kafka_metadata_destroy(metadata);
    }
    if (rkt != NULL) {
        rd_kafka_topic_destroy(rkt);
    }
    return rc == RD_KAFKA_RESP_ERR_NO_ERROR ? HR_OK : hr_kafka_fail(err, HR_EIO, rc, topic);
}
