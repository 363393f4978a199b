/* Kafka clients without rdkafka.h: version, embedded broker, and what consumer, producer and reader
 * have in common. This folder is the only one that includes librdkafka.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_KAFKA_KAFKA_H
#define HR_KAFKA_KAFKA_H
#include "config/runner.h"

/* "2.15.1" of the library that is loaded. thread: any */
const char *hr_kafka_version(void);

/* HR_EFATAL below librdkafka 2.6.1 (RELIABILITY section 5). */
int hr_kafka_check_version(hr_error *err);

/* Looks at a connection's settings without touching the network: HR_ECONFIG, with the place of a
 * property that librdkafka refuses. thread: any */
int hr_kafka_connection_check(const hr_connection *connection, hr_error *err);

/* How clients of one stream thread tell their owner. All calls come on the owner's thread, from
 * within a poll. */
typedef struct hr_kafka_watch {
    void *ctx;
    /* Trouble began or changed (text), or is over (NULL). `fatal`: no retry can mend it (wrong
     * credentials count as trouble, not as fatal: they may be mended at the server). */
    void (*trouble)(void *ctx, const char *text, bool fatal);
    int wake_fd; /* written (8 bytes) when a client has something to poll */
} hr_kafka_watch;

/* A broker inside this process: librdkafka's mock cluster, loopback only. It keeps 5 MiB a
 * partition and forgets the oldest silently: for demos and tests. */
typedef struct hr_kafka_embedded hr_kafka_embedded;

/* Starts one broker. NULL with *err. */
hr_kafka_embedded *hr_kafka_embedded_create(hr_error *err);
void hr_kafka_embedded_destroy(hr_kafka_embedded *embedded); /* accepts NULL */
/* "127.0.0.1:41234"; lives as long as the broker. */
const char *hr_kafka_embedded_bootstrap(const hr_kafka_embedded *embedded);
/* Creates a topic; one that exists is fine. */
int hr_kafka_embedded_topic(hr_kafka_embedded *embedded, const char *topic, int partitions,
                            hr_error *err);

#endif
