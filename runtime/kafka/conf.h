/* From a connection to a librdkafka configuration. Internal to runtime/kafka.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_KAFKA_CONF_H
#define HR_KAFKA_CONF_H
#include "kafka/kafka.h"

#include <librdkafka/rdkafka.h>

/* What every client of the connection shares: endpoints, TLS, SASL, allowed properties, logging.
 * The caller owns the result. NULL with *err. `id` becomes client.id. */
rd_kafka_conf_t *hr_kafka_conf(const hr_connection *connection, const char *id, hr_error *err);

/* Sets one property; a failure is kept in *err (the first one wins) and later calls do nothing. */
void hr_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, hr_error *err);
void hr_kafka_conf_set_int(rd_kafka_conf_t *conf, const char *name, int64_t value, hr_error *err);
/* Whether the connection's properties name it. */
bool hr_kafka_conf_named(const hr_connection *connection, const char *name);

/* The same, unless the connection's properties name it. */
void hr_kafka_conf_default(rd_kafka_conf_t *conf, const hr_connection *connection, const char *name,
                           const char *value, hr_error *err);

/* Copies librdkafka's text behind ours. */
int hr_kafka_fail(hr_error *err, int code, rd_kafka_resp_err_t cause, const char *doing);

/* What an error callback said, as a person wants to read it. */
void hr_kafka_error_text(const hr_connection *connection, rd_kafka_resp_err_t code,
                         const char *reason, char *text, size_t size);

/* True for what waiting may mend (a broker that is away, a topic that is missing). */
bool hr_kafka_retriable(rd_kafka_resp_err_t cause);

/* Asks the broker how many partitions a topic has. HR_EIO, also for a topic that does not exist. */
int hr_kafka_partition_count(rd_kafka_t *rk, const char *topic, int32_t *count, int timeout_ms,
                             hr_error *err);

#endif
