/* The machine: each instruction over all rows before the next. Registers are as wide as a batch.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "expr/program.h"

struct hr_expr_frame {
    hr_column *registers;
    size_t n_registers;
    const hr_column **arg; /* of the instruction that runs */
};

static bool
frame_init(hr_expr_frame *frame, const hr_expr *expr)
{
    frame->registers = calloc(expr->n_registers + 1, sizeof *frame->registers);
    frame->arg = calloc(expr->n_args_max + 1, sizeof *frame->arg);
    if (frame->registers == NULL || frame->arg == NULL) {
        return false;
    }
    frame->n_registers = expr->n_registers;
    for (size_t i = 0; i < expr->n_registers; i++) {
        hr_column *reg = &frame->registers[i];

        reg->lane = calloc(HR_BATCH_ROWS, 1);
        reg->v.b = calloc(HR_BATCH_ROWS, expr->register_bytes[i]);
        if (reg->lane == NULL || reg->v.b == NULL) {
            return false;
        }
    }
    return true;
}

hr_expr_frame *
hr_expr_frame_create(const hr_expr *expr)
{
    hr_expr_frame *frame = calloc(1, sizeof *frame);

    if (frame != NULL && !frame_init(frame, expr)) {
        hr_expr_frame_destroy(frame);
        return NULL;
    }
    return frame;
}

void
hr_expr_frame_destroy(hr_expr_frame *frame)
{
    if (frame == NULL) {
        return;
    }
    for (size_t i = 0; i < frame->n_registers; i++) {
        free(frame->registers[i].lane);
        free(frame->registers[i].v.b);
    }
    free(frame->registers);
    free(frame->arg);
    free(frame);
}

static const hr_column *
machine_operand(const hr_expr *expr, const hr_expr_frame *frame, const hr_batch *batch,
                hr_operand operand)
{
    switch (operand.from) {
    case HR_OPERAND_SLOT:
        return &batch->columns[operand.index];
    case HR_OPERAND_REGISTER:
        return &frame->registers[operand.index];
    default:
        return &expr->constants[operand.index];
    }
}

/* A field or a constant has no instruction of its own that could write into `out`. */
static void
machine_copy(hr_kernel_call call, const hr_column *from, hr_column *out)
{
    call.arg = &from;
    call.n_args = 1;
    call.out = out;
    if (hr_kind_is_span(from->kind)) {
        hr_kernel_copy_span(&call);
    } else if (from->kind == HR_KIND_BOOL) {
        hr_kernel_copy_bool(&call);
    } else if (from->kind == HR_KIND_DOUBLE) {
        hr_kernel_copy_double(&call);
    } else {
        hr_kernel_copy_int(&call);
    }
}

/* Selected rows that follow each other are handled as a run: those loops vectorise. */
static hr_kernel_call
machine_call(hr_rows rows, hr_arena *arena)
{
    hr_kernel_call call = {.row = rows.row, .n = rows.n, .arena = arena};

    if (rows.n > 0 && rows.row[rows.n - 1] - rows.row[0] == rows.n - 1) {
        call.first = rows.row[0];
        call.row = NULL;
    }
    return call;
}

const hr_column *
hr_expr_run(const hr_expr *expr, hr_expr_frame *frame, hr_batch *batch, hr_rows rows,
            hr_column *out)
{
    hr_kernel_call call = machine_call(rows, batch->arena);
    const hr_column *result;

    call.arg = frame->arg;
    for (size_t i = 0; i < expr->n_instructions; i++) {
        const hr_instruction *in = &expr->instructions[i];
        bool last = i + 1 == expr->n_instructions;

        for (size_t a = 0; a < in->n_args; a++) {
            frame->arg[a] = machine_operand(expr, frame, batch, in->arg[a]);
        }
        call.n_args = in->n_args;
        call.aux = in->aux;
        call.out = last && out != NULL ? out : &frame->registers[in->out];
        call.out->kind = in->out_kind;
        in->kernel(&call);
    }
    if (out != NULL && expr->n_instructions > 0) {
        return out;
    }
    result = machine_operand(expr, frame, batch, expr->result);
    if (out != NULL) {
        machine_copy(call, result, out);
        return out;
    }
    return result;
}
