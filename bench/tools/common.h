/* What the measuring tools share: errors, clocks, and librdkafka configured as headrace configures
 * it, so that a limit is one of the same settings.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum bench_profile { BENCH_THROUGHPUT, BENCH_LATENCY } bench_profile;

#define BENCH_BATCH 1024 /* records taken in at once, as HR_BATCH_ROWS */

/* Says what failed on stderr, behind the program's name, and ends the process with 1. */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Monotonic, and since 1970. */
int64_t bench_now_ns(void);
int64_t bench_real_us(void);

/* The kernel sends this process SIGTERM when the one that started it ends, however it does. */
void bench_end_with_parent(void);

/* A whole number from the command line; fails with the option's name. */
int64_t bench_number(const char *name, const char *text, int64_t low, int64_t high);

/* "latency" or "throughput". */
bench_profile bench_profile_of(const char *name);

void bench_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value);

/* NAME=VALUE, the last one NULL. */
void bench_conf_sets(rd_kafka_conf_t *conf, const char *const *sets);

/* As runtime/kafka/{conf,consumer,producer}.c set them. The caller owns the result. */
rd_kafka_conf_t *bench_conf_consumer(const char *bootstrap, const char *group,
                                     bench_profile profile);
rd_kafka_conf_t *bench_conf_producer(const char *bootstrap, bench_profile profile);

/* Takes the configuration over. */
rd_kafka_t *bench_client(rd_kafka_type_t type, rd_kafka_conf_t *conf);

/* How many partitions a topic has. */
int32_t bench_partitions(rd_kafka_t *rk, const char *topic);

/* Reads a whole file; the caller frees it. */
uint8_t *bench_read_file(const char *path, size_t *size);

#endif
