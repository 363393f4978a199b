/* enrich: fields from the row of a table that matches the record.
 *
 * All keys of a batch are made before the first is looked for, so that a large table can be
 * prefetched.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "expr/frames.h"
#include "hr_operator.h"
#include "hr_table.h"
#include "match.h"

#include <stdlib.h>
#include <string.h>

#define ENRICH_KEY_BYTES_MAX (64u << 20) /* of all keys of a batch */

typedef struct enrich_options {
    hr_text table;
    hr_opt_map match;
    hr_opt_list add;
    int on_miss;
} enrich_options;

/* The order of on_miss's choices. */
typedef enum enrich_miss {
    ENRICH_MISS_DEAD_LETTER,
    ENRICH_MISS_SET_NULL,
    ENRICH_MISS_SKIP,
    ENRICH_MISS_FAIL,
} enrich_miss;

typedef struct enrich_shared {
    const hr_node *table;
    size_t n_keys;
    hr_expr **keys; /* in the order of the table's key */
    size_t n_add;
    size_t *values; /* index of the table's value that each added field takes */
    int *slots;
    bool set_null;
    hr_on_error miss_action;
    const char *miss_reason, *null_reason;
} enrich_shared;

typedef struct enrich_state {
    hr_frames frames;
    const hr_column **parts; /* n_keys: what the expressions gave for this batch */
    hr_cell_hold hold;
    hr_buf bytes;                /* of the keys of this batch */
    hr_span keys[HR_BATCH_ROWS]; /* data NULL: no key can be made */
    uint32_t found[HR_BATCH_ROWS];
} enrich_state;

static const hr_option enrich_option_table[] = {
    {.name = "table",
     .kind = HR_OPT_NAME,
     .offset = offsetof(enrich_options, table),
     .help = "The table to look in."},
    {.name = "match",
     .kind = HR_OPT_MAP,
     .offset = offsetof(enrich_options, match),
     .help = "Key field of the table: expression over the record; exactly the table's key.",
     .flags = HR_OPT_EXPR_VALUES | HR_OPT_NONEMPTY},
    {.name = "add",
     .kind = HR_OPT_LIST,
     .offset = offsetof(enrich_options, add),
     .help = "Fields of the table that the record gets; one that it has already is overwritten.",
     .flags = HR_OPT_FIELD_VALUES | HR_OPT_NONEMPTY},
    {.name = "on_miss",
     .kind = HR_OPT_ENUM,
     .offset = offsetof(enrich_options, on_miss),
     .choices = "dead_letter|set_null|skip|fail",
     .help = "What becomes of a record without a row, or with a null in its key; without it the "
             "step's on_error decides.",
     .flags = HR_OPT_OPTIONAL},
    {0},
};

/* --- compile -------------------------------------------------------------------------------- */

static int
enrich_nomem(hr_error *err)
{
    return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

static int
enrich_unknown_field(const hr_text *name, const hr_node *table, hr_error *err)
{
    const char *names[64];
    const char *nearest;
    size_t n = 0;

    for (; n < table->fields.n && n < 64; n++) {
        names[n] = table->fields.v[n].name;
    }
    nearest = hr_diag_nearest(name->s, names, n);
    hr_fail_as(err, name->loc, "unknown-field", "the table '%s' has no field '%s'", table->name.s,
               name->s);
    err->width = hr_text_width(name);
    return nearest != NULL ? hr_hint(err, "did you mean '%s'?", nearest) : HR_ECONFIG;
}

static int
enrich_add_field(hr_node *node, enrich_shared *s, const hr_text *name, size_t i, hr_error *err)
{
    const hr_field *field = hr_fields_find(&s->table->fields, name->s);
    hr_type type;
    int rc;

    if (field == NULL) {
        rc = enrich_unknown_field(name, s->table, err);
        hr_node_error(node, err);
        hr_node_make_broken(node, name->s);
        return rc == HR_ECONFIG ? HR_EREPORTED : rc;
    }
    type = field->type;
    type.nullable |= s->set_null;
    s->values[i] = (size_t)(field - s->table->fields.v);
    return hr_node_make(node, name, type, &s->slots[i], err);
}

static int
enrich_add(hr_node *node, const enrich_options *opt, enrich_shared *s, hr_error *err)
{
    int worst = HR_OK;

    s->n_add = opt->add.n;
    s->values = hr_arena_calloc(hr_node_arena(node), s->n_add, sizeof *s->values);
    s->slots = hr_arena_calloc(hr_node_arena(node), s->n_add, sizeof *s->slots);
    if (s->values == NULL || s->slots == NULL) {
        return enrich_nomem(err);
    }
    for (size_t i = 0; i < s->n_add; i++) {
        int rc = enrich_add_field(node, s, &opt->add.v[i], i, err);

        if (rc != HR_OK && rc != HR_EREPORTED) {
            return rc;
        }
        worst = rc != HR_OK ? rc : worst;
    }
    return worst;
}

static int
enrich_policy(hr_node *node, const enrich_options *opt, enrich_shared *s, hr_error *err)
{
    static const hr_on_error actions[] = {HR_ON_ERROR_DEAD_LETTER, HR_ON_ERROR_DEAD_LETTER,
                                          HR_ON_ERROR_SKIP, HR_ON_ERROR_FAIL};
    bool given = hr_yaml_get(node->options_yaml, "on_miss") != NULL;

    s->set_null = given && opt->on_miss == ENRICH_MISS_SET_NULL;
    s->miss_action = given ? actions[opt->on_miss] : node->on_error;
    s->miss_reason = hr_arena_printf(
        hr_node_arena(node), "the table '%s' has no row for the record's key", opt->table.s);
    s->null_reason = hr_arena_printf(
        hr_node_arena(node), "the record's key for the table '%s' has a null", opt->table.s);
    return s->miss_reason != NULL && s->null_reason != NULL ? HR_OK : enrich_nomem(err);
}

/* Added fields of which nothing is known, because the table is not. */
static int
enrich_add_broken(hr_node *node, const enrich_options *opt, int rc)
{
    for (size_t i = 0; i < opt->add.n; i++) {
        hr_node_make_broken(node, opt->add.v[i].s);
    }
    return rc;
}

/* Records do not wait for a database, one by one. */
static int
enrich_on_demand(const hr_text *table, hr_error *err)
{
    hr_fail_as(err, table->loc, "on-demand",
               "the table '%s' is not held in memory, as enrich needs it", table->s);
    err->width = hr_text_width(table);
    return hr_hint(err, "leave out `load: on_demand`, or make a second table of it without");
}

static int
enrich_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const enrich_options *opt = options;
    enrich_shared *s = shared;
    hr_node *table = NULL;
    int rc = enrich_policy(node, opt, s, err);
    int keys;

    if (rc == HR_OK) {
        rc = hr_node_table(node, &opt->table, &table, err);
    }
    if (rc != HR_OK) {
        return enrich_add_broken(node, opt, rc);
    }
    if (hr_table_on_demand(table)) {
        return enrich_add_broken(node, opt, enrich_on_demand(&opt->table, err));
    }
    s->table = table;
    s->n_keys = table->select.n;
    keys = hr_match_compile(node, table, &opt->match, &s->keys, err);
    if (keys == HR_ENOMEM) {
        return keys;
    }
    rc = enrich_add(node, opt, s, err);
    return rc != HR_OK ? rc : keys;
}

/* --- process -------------------------------------------------------------------------------- */

static int
enrich_init(hr_op *op, void *state, hr_error *err)
{
    const enrich_shared *s = hr_op_shared(op);
    enrich_state *st = state;

    st->parts = calloc(s->n_keys, sizeof *st->parts);
    st->bytes.cap_max = ENRICH_KEY_BYTES_MAX;
    return st->parts != NULL ? hr_frames_init(&st->frames, s->keys, s->n_keys, err)
                             : enrich_nomem(err);
}

/* The worst lane of the parts of a row's key. */
static uint8_t
enrich_lane(const enrich_shared *s, const enrich_state *st, hr_row row)
{
    uint8_t lane = HR_LANE_OK;

    for (size_t k = 0; k < s->n_keys; k++) {
        lane = st->parts[k]->lane[row] > lane ? st->parts[k]->lane[row] : lane;
    }
    return lane;
}

/* Appends the row's key to the bytes; false: nothing was appended. */
static bool
enrich_key_bytes(const enrich_shared *s, enrich_state *st, hr_row row)
{
    size_t start = st->bytes.len;

    if (enrich_lane(s, st, row) != HR_LANE_OK) {
        return false;
    }
    for (size_t k = 0; k < s->n_keys; k++) {
        if (hr_table_key_append(&st->bytes, st->parts[k], row) != HR_OK) {
            st->bytes.len = start;
            return false;
        }
    }
    return true;
}

/* The buffer moves while it grows, so the keys get their places when it is full. */
static void
enrich_keys_of_batch(const enrich_shared *s, enrich_state *st, hr_rows rows)
{
    size_t start = 0;

    st->bytes.len = 0;
    for (size_t i = 0; i < rows.n; i++) {
        st->keys[i].len = enrich_key_bytes(s, st, rows.row[i]) ? st->bytes.len - start : 0;
        start = st->bytes.len;
    }
    start = 0;
    for (size_t i = 0; i < rows.n; i++) {
        st->keys[i].data = st->keys[i].len > 0 ? st->bytes.data + start : NULL;
        start += st->keys[i].len;
    }
}

static void
enrich_fail(hr_op *op, const enrich_state *st, hr_batch *batch, hr_row row)
{
    const enrich_shared *s = hr_op_shared(op);

    for (size_t k = 0; k < s->n_keys; k++) {
        uint8_t lane = st->parts[k]->lane[row];

        if (lane >= HR_LANE_ERROR) {
            const char *reason = hr_arena_printf(batch->arena, "match %s: %s",
                                                 s->table->select.v[k].s, hr_expr_error(lane));

            hr_op_fail(op, row, "expression", reason != NULL ? reason : hr_expr_error(lane));
            return;
        }
    }
    hr_op_fail(op, row, "too-large", "the record's key for the table is too large");
}

static void
enrich_miss_row(hr_op *op, hr_batch *batch, hr_row row, const char *reason)
{
    const enrich_shared *s = hr_op_shared(op);

    if (!s->set_null) {
        hr_op_fail_as(op, row, s->miss_action, "lookup-miss", reason);
        return;
    }
    for (size_t i = 0; i < s->n_add; i++) {
        hr_batch_column(batch, s->slots[i])->lane[row] = HR_LANE_NULL;
    }
    hr_op_emit(op, row);
}

static void
enrich_row(hr_op *op, const enrich_state *st, hr_batch *batch, hr_row row, size_t i)
{
    const enrich_shared *s = hr_op_shared(op);
    const hr_table_index *table = (const hr_table_index *)st->hold.snapshot;

    if (st->found[i] != HR_TABLE_MISS) {
        for (size_t k = 0; k < s->n_add; k++) {
            hr_table_value(table, s->values[k], st->found[i], hr_batch_column(batch, s->slots[k]),
                           row);
        }
        hr_op_emit(op, row);
    } else if (st->keys[i].data != NULL) {
        enrich_miss_row(op, batch, row, s->miss_reason);
    } else if (enrich_lane(s, st, row) == HR_LANE_NULL) {
        enrich_miss_row(op, batch, row, s->null_reason);
    } else {
        enrich_fail(op, st, batch, row);
    }
}

static int
enrich_process(hr_op *op, void *state, hr_batch *batch, hr_rows rows, hr_error *err)
{
    const enrich_shared *s = hr_op_shared(op);
    hr_table_shared *table = s->table->shared;
    enrich_state *st = state;

    if (hr_cell_refresh(&table->cell, &st->hold) == NULL) {
        return hr_fail(err, HR_ETASK, HR_NO_LOC, "the table '%s' is not loaded", s->table->name.s);
    }
    for (size_t k = 0; k < s->n_keys; k++) {
        st->parts[k] = hr_expr_run(s->keys[k], st->frames.v[k], batch, rows, NULL);
    }
    enrich_keys_of_batch(s, st, rows);
    hr_table_find_batch((const hr_table_index *)st->hold.snapshot, st->keys, rows.n, st->found);
    for (size_t i = 0; i < rows.n; i++) {
        enrich_row(op, st, batch, rows.row[i], i);
    }
    return HR_OK;
}

static void
enrich_close(hr_op *op, void *state)
{
    enrich_state *st = state;

    (void)op;
    hr_frames_finish(&st->frames);
    hr_cell_release(&st->hold);
    hr_buf_finish(&st->bytes);
    free(st->parts);
    st->parts = NULL;
}

static void
enrich_describe(const hr_node *node, FILE *out)
{
    const enrich_shared *s = node->shared;
    static const char *const actions[] = {"dead_letter", "skip", "fail"};

    fprintf(out, "    a record without a row: %s\n",
            s->set_null ? "set_null" : actions[s->miss_action]);
}

const hr_op_type hr_op_enrich = {
    .abi = HR_OP_ABI,
    .flags = HR_OP_STATELESS,
    .name = "enrich",
    .summary = "Add fields from the matching row of a table.",
    .example = "{table: distances, match: {Origin: Origin, Dest: Dest}, add: [Distance]}",
    .options = enrich_option_table,
    .options_size = sizeof(enrich_options),
    .shared_size = sizeof(enrich_shared),
    .state_size = sizeof(enrich_state),
    .compile = enrich_compile,
    .init = enrich_init,
    .process = enrich_process,
    .close = enrich_close,
    .describe = enrich_describe,
};
