/* The limit: records from one topic to another by librdkafka alone (pipe.h says how).
 *
 *   bench_raw BOOTSTRAP IN OUT GROUP [--profile throughput|latency] [--follow]
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "pipe.h"

#include <stdio.h>

#define USAGE "bench_raw BOOTSTRAP IN OUT GROUP [--profile throughput|latency] [--follow]"

static void
pass(void *ctx, bench_pipe *pipe, rd_kafka_message_t *const *messages, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        bench_pipe_send(pipe, messages[i], messages[i]->payload, messages[i]->len);
    }
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
