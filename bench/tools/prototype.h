/* The flight pipeline by hand: the limit of what headrace does with bench/workloads/flight. Same
 * bytes out, for requests that are in order; one that is not is counted and left out.
 *
 * It has headrace's JSON scanner, and of headrace nothing else: no columns, no plan, no tokens. The
 * look-up of a route gives all that is known of it, codes and texts included.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_PROTOTYPE_H
#define BENCH_PROTOTYPE_H
#include "common.h"
#include "record/span.h"

typedef struct bench_prototype bench_prototype;

/* Takes an answer; `item` is its request's place in the batch, `text` lives until it returns. */
typedef void (*bench_emit)(void *ctx, size_t item, const char *text, size_t len);

/* Ends the process for a model (ONNX) or distances (JSON lines) that it cannot use. */
bench_prototype *bench_prototype_open(const char *model, const char *distances);

/* At most BENCH_BATCH requests, answered in order. */
void bench_prototype_run(bench_prototype *p, const hr_span *requests, size_t n, bench_emit emit,
                         void *ctx);

/* Returns how many requests were not in order. What the model and the routes hold stays until the
 * process ends. */
uint64_t bench_prototype_close(bench_prototype *p);

#endif
