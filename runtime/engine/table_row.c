/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/table_row.h"
#include "codec/base64.h"
#include "codec/json_write.h"
#include "codec/schema.h"
#include "expr/convert.h"

#include <stdio.h>
#include <stdlib.h>

#define ROW_DAY_MS 86400000

/* One value with its lane, as a column of one row. */
typedef struct row_cell {
    uint8_t lane;
    union {
        int64_t i;
        double d;
        uint8_t b;
        hr_span s;
    } v;
} row_cell;

static hr_column
row_column(row_cell *cell, hr_kind kind)
{
    hr_column column = {.kind = kind, .lane = &cell->lane};

    switch (kind) {
    case HR_KIND_BOOL:
        column.v.b = &cell->v.b;
        break;
    case HR_KIND_DOUBLE:
        column.v.d = &cell->v.d;
        break;
    case HR_KIND_INT:
    case HR_KIND_TIMESTAMP:
        column.v.i = &cell->v.i;
        break;
    default:
        column.v.s = &cell->v.s;
        break;
    }
    return column;
}

/* ---- keys ------------------------------------------------------------------------------------
 */

static bool
key_timestamp(hr_span text, hr_type type, int64_t *out)
{
    if (hr_convert_int(text, out) != HR_LANE_OK) {
        return false;
    }
    return type.schema == NULL || type.schema->logical != HR_LOGICAL_DATE ||
           !__builtin_mul_overflow(*out, (int64_t)ROW_DAY_MS, out);
}

/* Decodes into *bytes, which the caller frees. */
static bool
key_bytes(hr_span text, hr_span *out, uint8_t **bytes)
{
    *bytes = malloc(text.len + 1);
    if (*bytes == NULL) {
        return false;
    }
    out->data = *bytes;
    out->len = hr_base64_decode(text, *bytes);
    return out->len != SIZE_MAX;
}

static bool
key_bool(hr_span text, uint8_t *out)
{
    *out = hr_span_eq(text, HR_SPAN_LIT("true"));
    return *out != 0 || hr_span_eq(text, HR_SPAN_LIT("false"));
}

static const char *
key_kind_words(hr_kind kind)
{
    switch (kind) {
    case HR_KIND_INT:
        return "a whole number";
    case HR_KIND_BOOL:
        return "true or false";
    case HR_KIND_TIMESTAMP:
        return "a time as a whole number";
    default:
        return "base64";
    }
}

static int
key_part(const hr_field *field, hr_span text, hr_buf *key, hr_error *err)
{
    hr_kind kind = field->type.kind;
    row_cell cell = {.v.s = text};
    uint8_t *bytes = NULL;
    bool ok = true;
    hr_column column;
    int rc = HR_OK;

    if (kind == HR_KIND_INT) {
        ok = hr_convert_int(text, &cell.v.i) == HR_LANE_OK;
    } else if (kind == HR_KIND_BOOL) {
        ok = key_bool(text, &cell.v.b);
    } else if (kind == HR_KIND_TIMESTAMP) {
        ok = key_timestamp(text, field->type, &cell.v.i);
    } else if (kind == HR_KIND_BYTES) {
        ok = key_bytes(text, &cell.v.s, &bytes);
    }
    column = row_column(&cell, kind);
    if (!ok) {
        rc = hr_fail(err, HR_ERECORD, HR_NO_LOC, "'%s' must be %s", field->name,
                     key_kind_words(kind));
    } else if (hr_table_key_append(key, &column, 0) != HR_OK) {
        rc = hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    free(bytes);
    return rc;
}

const char *
hr_table_key_names(const hr_node *table, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < table->select.n && len < size; i++) {
        len += (size_t)snprintf(out + len, size - len, "%s%s", i > 0 ? ", " : "",
                                table->select.v[i].s);
    }
    return out;
}

int
hr_table_key_from_text(const hr_node *table, const hr_span *parts, size_t n, hr_buf *key,
                       hr_error *err)
{
    int rc = HR_OK;
    char names[256];

    if (n != table->select.n) {
        return hr_fail(err, HR_ERECORD, HR_NO_LOC, "the key of '%s' is %s: %zu part%s, not %zu",
                       table->name.s, hr_table_key_names(table, names, sizeof names),
                       table->select.n, table->select.n == 1 ? "" : "s", n);
    }
    key->len = 0;
    for (size_t i = 0; i < n && rc == HR_OK; i++) {
        rc = key_part(hr_fields_find(&table->fields, table->select.v[i].s), parts[i], key, err);
    }
    return rc;
}

/* ---- rows ------------------------------------------------------------------------------------
 */

const hr_table_index *
hr_table_hold(const hr_node *table, hr_cell_hold *hold)
{
    hr_table_shared *shared = table->shared;

    return (const hr_table_index *)hr_cell_refresh(&shared->cell, hold);
}

/* One member of the object: a comma or the brace before it, its name, its value. */
static int
row_member(const hr_node *table, size_t i, const hr_column *column, hr_buf *out)
{
    const hr_field *field = &table->fields.v[i];
    int rc = hr_buf_append(out, i == 0 ? "{" : ",", 1);

    if (rc == HR_OK) {
        rc = hr_json_write_string(out, hr_span_str(field->name));
    }
    if (rc == HR_OK) {
        rc = hr_buf_append(out, ":", 1);
    }
    return rc == HR_OK ? hr_json_write_column(out, column, field->type, 0) : rc;
}

int
hr_table_row_json(const hr_node *table, const hr_table_index *index, uint32_t row, hr_buf *out)
{
    const hr_table_shared *shared = table->shared;
    int rc = HR_OK;

    for (size_t i = 0; i < shared->n_values && rc == HR_OK; i++) {
        row_cell cell = {0};
        hr_column column = row_column(&cell, shared->kinds[i]);

        hr_table_value(index, i, row, &column, 0);
        rc = row_member(table, i, &column, out);
    }
    return rc == HR_OK ? hr_buf_append(out, "}", 1) : rc;
}

int
hr_table_batch_json(const hr_node *table, hr_batch *batch, hr_buf *out)
{
    const hr_table_shared *shared = table->shared;
    int rc = HR_OK;

    for (size_t i = 0; i < shared->n_values && rc == HR_OK; i++) {
        rc = row_member(table, i, hr_batch_column(batch, shared->slots[i]), out);
    }
    return rc == HR_OK ? hr_buf_append(out, "}", 1) : rc;
}
