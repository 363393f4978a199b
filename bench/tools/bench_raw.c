/* The limit: records from one topic to another by librdkafka alone (pipe.h says how).
 *
 *   bench_raw BOOTSTRAP IN OUT GROUP [--profile throughput|latency] [--follow]
 *             [--call CALL] [--consumer NAME=VALUE]... [--producer NAME=VALUE]...
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "pipe.h"

#include <stdio.h>

#define USAGE                                                                                      \
    "bench_raw BOOTSTRAP IN OUT GROUP [--profile throughput|latency] [--follow] [--call "          \
    "copy|bare|"                                                                                   \
    "pin|produce|batch|batch_pin] [--consumer NAME=VALUE] [--producer NAME=VALUE]"

static void
pass(void *ctx, bench_pipe *pipe, rd_kafka_message_t *const *messages, size_t n)
{
    (void)ctx;
    bench_pipe_pass(pipe, messages, n);
}

int
main(int argc, char **argv)
{
    bench_pipe_options options;

    bench_pipe_parse(&options, &argc, argv, USAGE);
    if (argc > 1) {
        fprintf(stderr, "usage: " USAGE "\n");
        return 2;
    }
    bench_pipe_run(&options, pass, NULL);
    return 0;
}
