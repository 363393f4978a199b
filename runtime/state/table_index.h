/* A table in memory: an immutable snapshot of keyed rows with typed columns, found by open
 * addressing over XXH3 (PERFORMANCE section 8).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_STATE_TABLE_INDEX_H
#define HR_STATE_TABLE_INDEX_H
#include "config/error.h"
#include "record/batch.h"
#include "record/buf.h"
#include "state/snapshot.h"

typedef struct hr_table_index hr_table_index; /* starts with an hr_snapshot */
typedef struct hr_table_builder hr_table_builder;

/* A builder of rows with these value columns, together at most bytes_max. NULL: out of memory. */
hr_table_builder *hr_table_builder_create(const hr_kind *kinds, size_t n, size_t bytes_max);
void hr_table_builder_destroy(hr_table_builder *builder); /* accepts NULL */

/* Adds or replaces the row of `key` with the values of a row of a batch (`slots[i]` gives value i;
 * bytes are copied). HR_OK, HR_ENOMEM (also past bytes_max). */
int hr_table_builder_put(hr_table_builder *builder, hr_span key, hr_batch *batch, const int *slots,
                         hr_row row);
/* As hr_table_builder_put() for a row that is known by an id of its own (the key of a Kafka
 * record): the row that the id had so far is replaced, whatever its key. Where rows of several ids
 * have the same key, a snapshot holds the one that was put last. */
int hr_table_builder_put_as(hr_table_builder *builder, hr_span id, hr_span key, hr_batch *batch,
                            const int *slots, hr_row row);
/* Removes the row of that id (the key, where put without one) if there is one. */
void hr_table_builder_remove(hr_table_builder *builder, hr_span id);
/* Rows that are put from now on carry this stamp (0 at the start), such as a time. */
void hr_table_builder_stamp(hr_table_builder *builder, int64_t stamp);
/* Removes the rows with a smaller stamp; how many there were. Looks at every row where one may be
 * that old, else at none. */
size_t hr_table_builder_expire(hr_table_builder *builder, int64_t stamp);
size_t hr_table_builder_count(const hr_table_builder *builder);
/* Bytes held, of the at most bytes_max. */
size_t hr_table_builder_bytes(const hr_table_builder *builder);

/* An immutable copy of what the builder holds; the builder goes on. NULL: out of memory. */
hr_table_index *hr_table_builder_snapshot(const hr_table_builder *builder);

/* One part of a key, appended in a form in which ("AB","C") and ("A","BC") differ and an int equals
 * only the same int. HR_OK or HR_ENOMEM. The lane must be HR_LANE_OK. */
int hr_table_key_append(hr_buf *key, const hr_column *column, hr_row row);

/* A part of a key as hr_table_key_append() made it. */
typedef struct hr_table_key_part {
    hr_kind kind;
    int64_t i; /* BOOL, INT, TIMESTAMP; of a DOUBLE its bits */
    hr_span s; /* all others; points into the key */
} hr_table_key_part;

/* Takes the first part off `rest`; false: there is none (any more), or it is not whole. */
bool hr_table_key_next(hr_span *rest, hr_table_key_part *part);

#define HR_TABLE_MISS UINT32_MAX
/* The row of the key or HR_TABLE_MISS. thread: any */
uint32_t hr_table_find(const hr_table_index *table, hr_span key);
/* As hr_table_find() for n <= HR_BATCH_ROWS keys at once: a large table is prefetched. A key whose
 * data is NULL is a miss. thread: any */
void hr_table_find_batch(const hr_table_index *table, const hr_span *keys, size_t n,
                         uint32_t *rows);
size_t hr_table_rows(const hr_table_index *table);
/* Bytes that the snapshot holds. */
size_t hr_table_bytes(const hr_table_index *table);

/* Copies value `i` of a table row into a row of a column of the same kind (spans keep pointing into
 * the table, which the reader holds for the batch). */
void hr_table_value(const hr_table_index *table, size_t i, uint32_t table_row, hr_column *column,
                    hr_row row);

#endif
