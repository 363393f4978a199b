/* Rows of a table for those who come with text and want JSON: HTTP.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TABLE_ROW_H
#define HR_ENGINE_TABLE_ROW_H
#include "hr_table.h"
#include "record/buf.h"

/* Makes the key of a table from a text for each field of its `key:`, in that order. An int is
 * written as in JSON, a bool as true or false, a timestamp as the table's JSON holds it (days for a
 * date, else milliseconds), bytes as base64. HR_OK; HR_ERECORD, telling what is wrong with which
 * part; HR_ENOMEM. thread: any */
int hr_table_key_from_text(const hr_node *table, const hr_span *parts, size_t n, hr_buf *key,
                           hr_error *err);

/* The fields of a table as "Origin, Dest". Returns `out`. */
const char *hr_table_key_names(const hr_node *table, char *out, size_t size);

/* What the table holds just now; NULL: nothing was published yet. Release the hold afterwards.
 * thread: any, with a hold of its own */
const hr_table_index *hr_table_hold(const hr_node *table, hr_cell_hold *hold);

/* Appends the row in row 0 of a batch of the table's, as a question to a table on demand is
 * answered. HR_OK; HR_ENOMEM. thread: the batch's */
int hr_table_batch_json(const hr_node *table, hr_batch *batch, hr_buf *out);

/* Appends a row that hr_table_find() gave, as a JSON object of all fields of the schema. HR_OK;
 * HR_ENOMEM. thread: any */
int hr_table_row_json(const hr_node *table, const hr_table_index *index, uint32_t row, hr_buf *out);

#endif
