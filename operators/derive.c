/* derive: fields made by expressions.
 *
 * Every expression runs over all rows before a row is judged, also over those that have failed at
 * an earlier one: the error stays in the lane of its row, and a row with errors is rare.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "expr/frames.h"
#include "hr_operator.h"

typedef struct derive_options {
    hr_opt_map fields;
} derive_options;

typedef struct derive_shared {
    size_t n;
    hr_expr **exprs;
    int *slots;
} derive_shared;

typedef struct derive_state {
    hr_frames frames;
} derive_state;

static const hr_option derive_option_table[] = {
    {.name = "fields",
     .kind = HR_OPT_MAP,
     .offset = offsetof(derive_options, fields),
     .help = "Field: expression. In file order; an entry sees the ones before it and may overwrite "
             "a field.",
     .flags = HR_OPT_ALL_KEYS | HR_OPT_EXPR_VALUES | HR_OPT_NONEMPTY},
    {0},
};

static int
derive_entry(hr_node *node, const hr_opt_entry *entry, hr_expr **expr, int *slot, hr_error *err)
{
    int rc = hr_node_expr(node, &entry->value, expr, err);

    if (rc == HR_OK) {
        rc = hr_node_make(node, &entry->key, hr_expr_type(*expr), slot, err);
    }
    if (rc == HR_ECONFIG || rc == HR_EREPORTED) {
        hr_node_error(node, err);
        hr_node_make_broken(node, entry->key.s);
        rc = HR_EREPORTED;
    }
    return rc;
}

static int
derive_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const derive_options *opt = options;
    derive_shared *s = shared;
    int worst = HR_OK;

    s->n = opt->fields.n;
    s->exprs = hr_arena_calloc(hr_node_arena(node), s->n, sizeof *s->exprs);
    s->slots = hr_arena_calloc(hr_node_arena(node), s->n, sizeof *s->slots);
    if (s->exprs == NULL || s->slots == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    for (size_t i = 0; i < s->n; i++) {
        int rc = derive_entry(node, &opt->fields.v[i], &s->exprs[i], &s->slots[i], err);

        if (rc != HR_OK && rc != HR_EREPORTED) {
            return rc;
        }
        worst = rc != HR_OK ? rc : worst;
    }
    return worst;
}

static int
derive_init(hr_op *op, void *state, hr_error *err)
{
    const derive_shared *s = hr_op_shared(op);
    derive_state *st = state;

    return hr_frames_init(&st->frames, s->exprs, s->n, err);
}

/* The first entry of the row that has an error, or s->n. */
static size_t
derive_first_error(const derive_shared *s, hr_batch *batch, hr_row row)
{
    size_t i = 0;

    while (i < s->n && hr_batch_column(batch, s->slots[i])->lane[row] < HR_LANE_ERROR) {
        i++;
    }
    return i;
}

static void
derive_fail(hr_op *op, hr_batch *batch, hr_row row, size_t entry)
{
    const derive_shared *s = hr_op_shared(op);
    const derive_options *opt = hr_op_options(op);
    const char *text = hr_expr_error(hr_batch_column(batch, s->slots[entry])->lane[row]);
    const char *reason = hr_arena_printf(batch->arena, "%s: %s", opt->fields.v[entry].key.s, text);

    hr_op_fail(op, row, "expression", reason != NULL ? reason : text);
}

static int
derive_process(hr_op *op, void *state, hr_batch *batch, hr_rows rows, hr_error *err)
{
    const derive_shared *s = hr_op_shared(op);
    derive_state *st = state;

    (void)err;
    for (size_t i = 0; i < s->n; i++) {
        hr_expr_run(s->exprs[i], st->frames.v[i], batch, rows, hr_batch_column(batch, s->slots[i]));
    }
    for (size_t i = 0; i < rows.n; i++) {
        size_t entry = derive_first_error(s, batch, rows.row[i]);

        if (entry == s->n) {
            hr_op_emit(op, rows.row[i]);
        } else {
            derive_fail(op, batch, rows.row[i], entry);
        }
    }
    return HR_OK;
}

static void
derive_close(hr_op *op, void *state)
{
    derive_state *st = state;

    (void)op;
    hr_frames_finish(&st->frames);
}

const hr_op_type hr_op_derive = {
    .abi = HR_OP_ABI,
    .flags = HR_OP_STATELESS,
    .name = "derive",
    .summary = "Make fields from expressions.",
    .example = "{Route: 'Origin + \"-\" + Dest', Late: 'DepDelay > 15.0'}",
    .options = derive_option_table,
    .options_size = sizeof(derive_options),
    .shared_size = sizeof(derive_shared),
    .state_size = sizeof(derive_state),
    .compile = derive_compile,
    .init = derive_init,
    .process = derive_process,
    .close = derive_close,
};
