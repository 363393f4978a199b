/* A compiled expression: instructions over columns. Each writes a register that it does not read,
 * so that kernels may assume that nothing overlaps; constants are columns filled once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_PROGRAM_H
#define HR_EXPR_PROGRAM_H
#include "expr/expr.h"
#include "expr/kernel.h"

#define HR_EXPR_REGISTERS_MAX 255 /* constants count too */

typedef enum hr_operand_from {
    HR_OPERAND_SLOT, /* a column of the batch */
    HR_OPERAND_REGISTER,
    HR_OPERAND_CONSTANT,
} hr_operand_from;

typedef struct hr_operand {
    hr_operand_from from;
    int index;
} hr_operand;

typedef struct hr_instruction {
    hr_kernel *kernel;
    const hr_operand *arg;
    size_t n_args;
    int out; /* register */
    hr_kind out_kind;
    const void *aux;
} hr_instruction;

struct hr_expr {
    hr_type type;
    hr_instruction *instructions;
    size_t n_instructions;
    hr_column *constants;
    size_t n_constants;
    uint8_t register_bytes[HR_EXPR_REGISTERS_MAX]; /* of one entry */
    size_t n_registers, n_args_max;
    hr_operand result; /* a register: the last instruction's */
};

#endif
