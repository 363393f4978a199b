/* A topology in process: its decoder, steps and encoders over batches of records in memory, as a
 * task runs them, without engine, source and sink.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_FLOW_H
#define BENCH_FLOW_H
#include "codec/codec.h"
#include "hr_operator.h"

typedef struct flow {
    hr_diag *diag;
    hr_topology *topology;
    const hr_node *source;
    hr_batch *batch;
    void *decoder_state;
    hr_decoded decoded;
    hr_op *ops;    /* by step */
    hr_rows *rows; /* by step: what it emitted */
    hr_failures failures;
    hr_buf out;
} flow;

/* Loads and compiles the topology, loads its tables; ends the process where it has an error. */
flow *flow_open(const char *path);
void flow_close(flow *f);

/* A new batch of HR_BATCH_ROWS records, decoded. */
void flow_decode(flow *f, const hr_span *lines);

/* A step over all rows that reach it. */
void flow_step(flow *f, const char *name);
void flow_step_at(flow *f, size_t index);
size_t flow_find_step(const flow *f, const char *name);

/* Copies what the columns' texts point at, so that the batch's arena can be reset under them. */
void flow_keep_columns(flow *f);

/* Every row that reaches the sink, encoded into f->out (each over the one before); bytes in all. */
size_t flow_encode(flow *f, const hr_node *sink);

/* The same, one behind the other at the end of `out`. */
void flow_encode_all(flow *f, const hr_node *sink, hr_buf *out);
const hr_node *flow_find_sink(const flow *f, const char *name);

/* Ends the process where a record failed so far: a stage of failures measures nothing. */
void flow_check(const flow *f);

#endif
