/* filter: keep the records for which a condition holds.
 *
 * A condition that is null is a failure, not a "no": a record must not vanish because a field of it
 * was missing. `x != null && x > 15` says it the other way.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_operator.h"

typedef struct filter_options {
    hr_text condition;
} filter_options;

typedef struct filter_shared {
    hr_expr *expr;
} filter_shared;

typedef struct filter_state {
    hr_expr_frame *frame;
} filter_state;

static const hr_option filter_option_table[] = {
    {.name = "condition",
     .kind = HR_OPT_EXPR,
     .offset = offsetof(filter_options, condition),
     .help = "A record goes on where this expression is true; null is a failure.",
     .flags = HR_OPT_MAIN},
    {0},
};

static int
filter_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const filter_options *opt = options;
    filter_shared *s = shared;
    int rc = hr_node_expr(node, &opt->condition, &s->expr, err);
    hr_kind kind;

    if (rc != HR_OK) {
        return rc;
    }
    kind = hr_expr_type(s->expr).kind;
    if (kind != HR_KIND_BOOL) {
        hr_fail_as(err, opt->condition.loc, "type", "a condition is true or false, and this is %s",
                   hr_kind_name(kind));
        err->width = hr_text_width(&opt->condition);
        return hr_hint(err, "compare it with something, as in 'DepDelay > 15.0'");
    }
    return HR_OK;
}

static int
filter_init(hr_op *op, void *state, hr_error *err)
{
    const filter_shared *s = hr_op_shared(op);
    filter_state *st = state;

    st->frame = hr_expr_frame_create(s->expr);
    return st->frame != NULL ? HR_OK : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

static int
filter_process(hr_op *op, void *state, hr_batch *batch, hr_rows rows, hr_error *err)
{
    const filter_shared *s = hr_op_shared(op);
    filter_state *st = state;
    const hr_column *holds = hr_expr_run(s->expr, st->frame, batch, rows, NULL);

    (void)err;
    for (size_t i = 0; i < rows.n; i++) {
        hr_row row = rows.row[i];

        if (holds->lane[row] >= HR_LANE_ERROR) {
            hr_op_fail(op, row, "expression", hr_expr_error(holds->lane[row]));
        } else if (holds->lane[row] == HR_LANE_NULL) {
            hr_op_fail(op, row, "expression", "condition is null");
        } else if (holds->v.b[row] != 0) {
            hr_op_emit(op, row);
        } else {
            hr_op_drop(op, row);
        }
    }
    return HR_OK;
}

static void
filter_close(hr_op *op, void *state)
{
    filter_state *st = state;

    (void)op;
    hr_expr_frame_destroy(st->frame);
}

const hr_op_type hr_op_filter = {
    .abi = HR_OP_ABI,
    .flags = HR_OP_STATELESS,
    .name = "filter",
    .summary = "Keep the records for which a condition holds.",
    .example = "'DepDelay > 15.0'",
    .options = filter_option_table,
    .options_size = sizeof(filter_options),
    .shared_size = sizeof(filter_shared),
    .state_size = sizeof(filter_state),
    .compile = filter_compile,
    .init = filter_init,
    .process = filter_process,
    .close = filter_close,
};
