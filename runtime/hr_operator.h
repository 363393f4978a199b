/* The operator contract: what an operator declares and what the runtime gives it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_OPERATOR_H
#define HR_OPERATOR_H
#include "config/error.h"
#include "config/options.h"
#include "config/topology.h"
#include "hr_metric.h"
#include "hr_node.h"
#include "record/batch.h"

#define HR_OP_ABI 1u
#define HR_OP_STATELESS 0x1u

typedef struct hr_op hr_op; /* a step of a task while it runs */

/* compile() runs at check time on the main thread; every other slot on the loop of the task's own
 * stream thread. Options and the shared block are read-only once compile() has returned (a hr_cell
 * in it guards itself). */
typedef struct hr_op_type {
    uint32_t abi, flags; /* HR_OP_ABI; HR_OP_STATELESS or 0 */
    const char *name, *summary;
    /* The operator's value in a step of the flight-delay topology, as YAML on one line: shown by
     * `headrace operators`, and run by the test that compares batches of 1 and of 1,024. */
    const char *example;
    const hr_option *options; /* ends with {0} */
    size_t options_size;      /* one block per step */
    size_t shared_size;       /* one block per step, zeroed; e.g. a threshold, a program, a model */
    size_t state_size;        /* one block per task, zeroed */

    /* Optional. Checks the options, declares the fields read and made, fills `shared`. No network.
     */
    int (*compile)(hr_node *node, const void *options, void *shared, hr_error *err);
    /* Optional. Makes the state of one task. No I/O. */
    int (*init)(hr_op *op, void *state, hr_error *err);
    /* Mandatory; must not block. Emits, drops or fails each of `rows` exactly once. Returns an
     * error only to stop the task. */
    int (*process)(hr_op *op, void *state, hr_batch *batch, hr_rows rows, hr_error *err);
    /* Optional. Between batches, when stream time has moved on. */
    int (*punctuate)(hr_op *op, void *state, int64_t stream_time_ms, hr_error *err);
    /* Optional. Before each commit: hand over whatever is still held back. */
    int (*flush)(hr_op *op, void *state, hr_error *err);
    /* Optional. Frees what init() and process() made; must accept a zeroed state. */
    void (*close)(hr_op *op, void *state);
    /* Optional. Frees what compile() made; must accept a zeroed block. */
    void (*release)(void *shared);
    /* Optional. Writes lines for `describe`, each starting with four blanks. */
    void (*describe)(const hr_node *node, FILE *out);
    /* Optional. Main thread, now and then while running: looks whether files it was made from have
     * changed and publishes anew through a hr_cell. Errors are logged; the old one stays. */
    int (*reload)(hr_node *node, void *shared, hr_error *err);
    /* Optional, both or none. The metrics of the step's own (ends with {0}; labels topology and
     * node are added), and what adds their values. thread: any */
    const hr_metric_desc *metric_table;
    void (*metrics)(const hr_node *node, const void *shared, hr_metric_add add, void *ctx);
} hr_op_type;

/* A row that failed at a step, source or sink. */
typedef struct hr_failure {
    hr_row row;
    const hr_node *node;
    hr_on_error action;
    const char *code;   /* slug such as "lookup-miss"; static */
    const char *reason; /* static, or of the topology or the batch arena; no payload */
} hr_failure;

/* The failures of one batch; room for one per row, sinks included. */
typedef struct hr_failures {
    hr_failure *v;
    size_t n, cap;
} hr_failures;

struct hr_op {
    const hr_node *node;
    const void *shared;
    void *state;
    hr_batch *batch;
    hr_row *emitted; /* HR_BATCH_ROWS; filled by process() in ascending order */
    size_t n_emitted;
    uint64_t dropped; /* since start, by this task */
    hr_failures *failures;
};

static inline const void *
hr_op_shared(const hr_op *op)
{
    return op->shared;
}

static inline const void *
hr_op_options(const hr_op *op)
{
    return op->node->options;
}

static inline void
hr_op_emit(hr_op *op, hr_row row)
{
    op->emitted[op->n_emitted++] = row;
}

/* The row ends here on purpose. */
static inline void
hr_op_drop(hr_op *op, hr_row row)
{
    (void)row;
    op->dropped++;
}

/* The row cannot be used; `action` is the step's on_error, or the option that overrides it for this
 * case (on_miss, on_unseen). */
void hr_op_fail_as(hr_op *op, hr_row row, hr_on_error action, const char *code, const char *reason);

static inline void
hr_op_fail(hr_op *op, hr_row row, const char *code, const char *reason)
{
    hr_op_fail_as(op, row, op->node->on_error, code, reason);
}

extern const hr_op_type *const hr_builtin_operators[]; /* end with NULL */
#endif
