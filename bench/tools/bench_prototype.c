/* The pipeline of prototype.h from topic to topic:
 *
 *   bench_prototype BOOTSTRAP IN OUT GROUP --model FILE --distances FILE
 *                   [--profile throughput|latency] [--follow]
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "pipe.h"
#include "prototype.h"

#include <stdio.h>
#include <string.h>

#define USAGE                                                                                      \
    "bench_prototype BOOTSTRAP IN OUT GROUP --model FILE --distances FILE "                        \
    "[--profile throughput|latency] [--follow]"

/* A batch on its way. */
typedef struct passage {
    bench_pipe *pipe;
    rd_kafka_message_t *const *messages;
} passage;

static void
passage_send(void *ctx, size_t item, const char *text, size_t len)
{
    const passage *way = ctx;

    bench_pipe_send(way->pipe, way->messages[item], text, len);
}

static void
process(void *ctx, bench_pipe *pipe, rd_kafka_message_t *const *messages, size_t n)
{
    passage way = {pipe, messages};
    hr_span requests[BENCH_BATCH];

    for (size_t i = 0; i < n; i++) {
        requests[i] = (hr_span){messages[i]->payload, messages[i]->len};
    }
    bench_prototype_run(ctx, requests, n, passage_send, &way);
}

int
main(int argc, char **argv)
{
    bench_prototype *p;
    bench_pipe_options options;
    const char *model = NULL, *distances = NULL;
    uint64_t failed;

    bench_pipe_parse(&options, &argc, argv, USAGE);
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--model") == 0) {
            model = argv[i + 1];
        } else if (strcmp(argv[i], "--distances") == 0) {
            distances = argv[i + 1];
        }
    }
    if (argc != 5 || model == NULL || distances == NULL) {
        fprintf(stderr, "usage: " USAGE "\n");
        return 2;
    }
    p = bench_prototype_open(model, distances);
    bench_pipe_run(&options, process, p);
    failed = bench_prototype_close(p);
    if (failed > 0) {
        fprintf(stderr, "bench_prototype: %llu requests were not in order\n",
                (unsigned long long)failed);
    }
    return failed > 0 ? 1 : 0;
}
