/* The expression language: a subset of CEL, typed at check time, compiled to a small program over
 * the columns of a batch.
 *
 * A program runs one instruction over all rows before the next. Both branches of ?: and of && ||
 * are computed; an error stays in the lane of its row and counts only where the value is used,
 * which is CEL's own rule (`false && error` is false).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_EXPR_H
#define HR_EXPR_EXPR_H
#include "config/yaml_node.h"
#include "record/batch.h"

typedef struct hr_expr hr_expr;             /* compiled; read-only, shared by all tasks */
typedef struct hr_expr_frame hr_expr_frame; /* registers; one per task and expression */

/* Where names come from. resolve() finds the longest known prefix of the path: sets *used parts,
 * the type and the slot, or fails with a hint ("did you mean ..."). err->loc need not be set. */
typedef struct hr_scope {
    void *ctx;
    int (*resolve)(void *ctx, const char *const *path, size_t n, size_t *used, hr_type *type,
                   int *slot, hr_error *err);
} hr_scope;

/* Compiles text; everything made lives in the arena. HR_OK; HR_ECONFIG with the place inside the
 * YAML string (hr_text_loc) and width of the offending token; HR_ENOMEM. Bounds: 4 KiB of text,
 * nesting 32, 255 registers. */
int hr_expr_compile(hr_arena *arena, const hr_text *text, const hr_scope *scope, hr_expr **out,
                    hr_error *err);

hr_type hr_expr_type(const hr_expr *expr);

/* True if the expression is a plain field; then *slot is its column. */
bool hr_expr_is_slot(const hr_expr *expr, int *slot);

/* NULL when out of memory. */
hr_expr_frame *hr_expr_frame_create(const hr_expr *expr);
void hr_expr_frame_destroy(hr_expr_frame *frame); /* accepts NULL */

/* Evaluates for the given rows. The result column is `out` (its arrays have HR_BATCH_ROWS entries
 * and its kind is that of the type), or, where out is NULL, a register of the frame or a column of
 * the batch, valid until the next run; derived bytes live in batch->arena. Lanes: HR_LANE_OK,
 * HR_LANE_NULL, or an error code for hr_expr_error(). thread: the frame's */
const hr_column *hr_expr_run(const hr_expr *expr, hr_expr_frame *frame, hr_batch *batch,
                             hr_rows rows, hr_column *out);

/* "division by zero", "integer overflow", "field is missing" ... for a lane >= HR_LANE_ERROR.
 * Static text. */
const char *hr_expr_error(uint8_t lane);

#endif
