/* From one topic to another by librdkafka alone, at least once: what bench_raw and bench_prototype
 * share. It consumes as a member of a group, drains what is there, produces with the call that
 * headrace makes (rd_kafka_produceva: payload copied; headers and timestamp kept), and commits each
 * second up to the oldest batch of which something is not delivered.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_PIPE_H
#define BENCH_PIPE_H
#include "calls.h"

typedef struct bench_pipe bench_pipe;

/* Handles a batch by calling bench_pipe_send() for what goes out. The messages, of one or more
 * partitions, live until it returns; none has an error. */
typedef void (*bench_process)(void *ctx, bench_pipe *pipe, rd_kafka_message_t *const *messages,
                              size_t n);

enum { BENCH_SETS_MAX = 16 };

typedef struct bench_pipe_options {
    const char *bootstrap, *in, *out, *group;
    bench_profile profile;
    bool follow; /* goes on at the end of the topic until SIGTERM or SIGINT */
    bench_call call;
    const char *consumer[BENCH_SETS_MAX + 1]; /* NAME=VALUE of librdkafka, over the usual; NULL */
    const char *producer[BENCH_SETS_MAX + 1];
} bench_pipe_options;

/* Takes BOOTSTRAP IN OUT GROUP [--profile P] [--follow] [--consumer NAME=VALUE] [--producer
 * NAME=VALUE] [--call CALL] off the command line, leaves the rest: *argc, argv[1] to
 * argv[*argc - 1]. `usage` is printed when they are wrong. */
void bench_pipe_parse(bench_pipe_options *options, int *argc, char **argv, const char *usage);

/* Runs to the end of the topic, or until it is told to stop. Prints "N records". */
void bench_pipe_run(const bench_pipe_options *options, bench_process process, void *ctx);

/* Sends a value with key, headers and timestamp of the message that it came from. */
void bench_pipe_send(bench_pipe *pipe, const rd_kafka_message_t *from, const void *value,
                     size_t len);

/* Sends all of a batch as it is, by the call that the options name. */
void bench_pipe_pass(bench_pipe *pipe, rd_kafka_message_t *const *messages, size_t n);

#endif
