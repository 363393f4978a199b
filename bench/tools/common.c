/* SPDX-License-Identifier: Apache-2.0 */
#include "common.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#define METADATA_MS 10000

void
bench_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void
bench_end_with_parent(void)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static int64_t
clock_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t
bench_now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t
bench_real_us(void)
{
    return clock_ns(CLOCK_REALTIME) / 1000;
}

int64_t
bench_number(const char *name, const char *text, int64_t low, int64_t high)
{
    char *end;
    long long value;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < low || value > high) {
        bench_fail("%s must be a whole number from %lld to %lld, got '%s'", name, (long long)low,
                   (long long)high, text);
    }
    return value;
}

bench_profile
bench_profile_of(const char *name)
{
    if (strcmp(name, "latency") == 0) {
        return BENCH_LATENCY;
    }
    if (strcmp(name, "throughput") != 0) {
        bench_fail("profile must be latency or throughput, got '%s'", name);
    }
    return BENCH_THROUGHPUT;
}

void
bench_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];

    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK) {
        bench_fail("%s: %s", name, text);
    }
}

void
bench_conf_sets(rd_kafka_conf_t *conf, const char *const *sets)
{
    for (; *sets != NULL; sets++) {
        const char *equals = strchr(*sets, '=');
        char name[128];

        if (equals == NULL || (size_t)(equals - *sets) >= sizeof name) {
            bench_fail("NAME=VALUE expected, got '%s'", *sets);
        }
        memcpy(name, *sets, (size_t)(equals - *sets));
        name[equals - *sets] = '\0';
        bench_conf_set(conf, name, equals + 1);
    }
}

typedef struct conf_row {
    const char *name, *throughput, *latency; /* latency NULL: the same */
} conf_row;

static const conf_row both_rows[] = {
    {"enable.metrics.push", "false", NULL},
    {"reconnect.backoff.max.ms", "2000", NULL},
    {"log.connection.close", "false", NULL},
    {NULL, NULL, NULL},
};

static const conf_row consumer_rows[] = {
    {"partition.assignment.strategy", "cooperative-sticky", NULL},
    {"session.timeout.ms", "45000", NULL},
    {"heartbeat.interval.ms", "3000", NULL},
    {"enable.auto.commit", "false", NULL},
    {"enable.auto.offset.store", "false", NULL},
    {"enable.partition.eof", "true", NULL},
    {"auto.offset.reset", "earliest", NULL},
    {"check.crcs", "true", NULL},
    {"queued.min.messages", "8000", NULL}, /* of all partitions, which share a queue here */
    {"queued.max.messages.kbytes", "8192", NULL},
    {"fetch.message.max.bytes", "524288", NULL},
    {"fetch.max.bytes", "1000000", NULL},
    {"fetch.queue.backoff.ms", "1", NULL},
    {"fetch.error.backoff.ms", "50", NULL},
    {"fetch.wait.max.ms", "10", "100"},
    {NULL, NULL, NULL},
};

static const conf_row producer_rows[] = {
    {"enable.idempotence", "true", NULL},
    {"acks", "all", NULL},
    {"linger.ms", "50", "0"},
    {"queue.buffering.max.messages", "15000", NULL},
    {"batch.num.messages", "1000", NULL},
    {"queue.buffering.max.kbytes", "65536", NULL},
    {"message.max.bytes", "8388608", NULL},
    {"batch.size", "900000", NULL},
    {"partitioner", "murmur2_random", NULL},
    {"message.timeout.ms", "0", NULL},
    {"retry.backoff.max.ms", "1000", NULL},
    {NULL, NULL, NULL},
};

static void
conf_rows(rd_kafka_conf_t *conf, const conf_row *row, bench_profile profile)
{
    for (; row->name != NULL; row++) {
        bench_conf_set(conf, row->name,
                       profile == BENCH_LATENCY && row->latency != NULL ? row->latency
                                                                        : row->throughput);
    }
}

rd_kafka_conf_t *
bench_conf_consumer(const char *bootstrap, const char *group, bench_profile profile)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    bench_conf_set(conf, "bootstrap.servers", bootstrap);
    bench_conf_set(conf, "group.id", group);
    conf_rows(conf, both_rows, profile);
    conf_rows(conf, consumer_rows, profile);
    return conf;
}

rd_kafka_conf_t *
bench_conf_producer(const char *bootstrap, bench_profile profile)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    bench_conf_set(conf, "bootstrap.servers", bootstrap);
    conf_rows(conf, both_rows, profile);
    conf_rows(conf, producer_rows, profile);
    return conf;
}

rd_kafka_t *
bench_client(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char text[256];
    rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof text);

    if (rk == NULL) {
        bench_fail("client: %s", text);
    }
    return rk;
}

int32_t
bench_partitions(rd_kafka_t *rk, const char *topic)
{
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t rc = rd_kafka_metadata(rk, 0, rkt, &metadata, METADATA_MS);
    int32_t n = 0;

    if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rc = metadata->topics[0].err;
        n = metadata->topics[0].partition_cnt;
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(rkt);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR || n == 0) {
        bench_fail("topic %s: %s", topic, rd_kafka_err2str(rc));
    }
    return n;
}

uint8_t *
bench_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long end = -1;

    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        end = ftell(file);
    }
    if (end >= 0 && fseek(file, 0, SEEK_SET) == 0) {
        bytes = malloc((size_t)end + 1);
    }
    if (bytes == NULL || fread(bytes, 1, (size_t)end, file) != (size_t)end) {
        bench_fail("%s: %s", path, strerror(errno));
    }
    fclose(file);
    bytes[end] = 0;
    *size = (size_t)end;
    return bytes;
}
