/* A batch: up to HR_BATCH_ROWS records of one partition, in order, as columns.
 *
 * A row is a record at some step; it points into the table of source records that the batch came
 * from. A slot (column) is written once, by one step and field: an overwrite makes a new slot, so
 * branches cannot disturb each other. Key, timestamp and headers are columns too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_RECORD_BATCH_H
#define HR_RECORD_BATCH_H
#include "record/arena.h"
#include "record/type.h"

#define HR_BATCH_ROWS 1024

typedef uint32_t hr_row;

/* Rows that reach a step, ascending: the order of the partition. */
typedef struct hr_rows {
    const hr_row *row;
    size_t n;
} hr_rows;

/* The lane of a value: 0 it is there, 1 null, above: an error that surfaces where it is used. */
enum { HR_LANE_OK = 0, HR_LANE_NULL = 1, HR_LANE_ERROR = 2 };

typedef struct hr_column {
    hr_kind kind;
    uint8_t *lane; /* one per row */
    union {
        int64_t *i; /* INT, TIMESTAMP */
        double *d;
        uint8_t *b; /* BOOL: 0 or 1 */
        hr_span *s; /* all others; bytes live in the payload, the batch arena or const memory */
    } v;
} hr_column;

typedef struct hr_header {
    hr_span name, value; /* value.data NULL: null */
} hr_header;

/* Identifies a source record to whoever acknowledges it: task, epoch of its partition, place in the
 * task's ring of unfinished records. Fits a pointer, so that it can travel as an opaque. */
typedef uint64_t hr_token;

/* A source record. All bytes belong to `origin` (or the arena) and live as long as the batch. */
typedef struct hr_record {
    hr_span key, value;       /* data NULL: null */
    const hr_header *headers; /* as read by hr_batch_whole_record() */
    uint32_t n_headers;
    bool headers_unread;  /* the origin may have some */
    int64_t timestamp_ms; /* -1: none */
    int64_t offset;
    hr_token token;
    void *origin; /* of the source, e.g. a Kafka message; released when the batch is done */
} hr_record;

/* What a batch looks like: the kind of each slot. Made at check time, one per source. */
typedef struct hr_layout {
    const hr_kind *slots;
    size_t n;
} hr_layout;

typedef struct hr_batch {
    const hr_layout *layout;
    const char *topic; /* of the source partition, for messages; or a file's name */
    int32_t partition;
    uint32_t n_records, n_rows;
    hr_record *records; /* HR_BATCH_ROWS */
    uint32_t *source;   /* row -> index into records */
    hr_span *key;       /* columns of what every record has */
    int64_t *timestamp_ms;
    hr_column *columns; /* by slot */
    /* Reads the headers of a record out of its origin; false: out of memory. May be NULL where no
     * record has some unread. */
    bool (*read_headers)(hr_record *record, hr_arena *arena);
    void *decoded; /* per row, owned by the codec: where the source bytes hold what (for splice) */
    hr_arena *arena; /* for what operators derive; reset with the batch */
} hr_batch;

/* A batch for the layout (which must outlive it). Its arena is capped at arena_bytes_max. NULL when
 * out of memory. */
hr_batch *hr_batch_create(const hr_layout *layout, size_t arena_bytes_max);
void hr_batch_destroy(hr_batch *batch); /* accepts NULL */

/* Memory that it holds, the arena's included. */
size_t hr_batch_bytes(const hr_batch *batch);

/* Forgets rows and records and resets the arena; origins must have been released. */
void hr_batch_reset(hr_batch *batch);

static inline hr_column *
hr_batch_column(hr_batch *batch, int slot)
{
    return &batch->columns[slot];
}

static inline const hr_record *
hr_batch_record(const hr_batch *batch, hr_row row)
{
    return &batch->records[batch->source[row]];
}

/* The same with its headers, which are read when they are asked for first: most records have none,
 * and to find that out costs more than a filter. NULL: out of memory. */
static inline const hr_record *
hr_batch_whole_record(const hr_batch *batch, hr_row row)
{
    hr_record *record = &batch->records[batch->source[row]];

    if (record->headers_unread) {
        if (!batch->read_headers(record, batch->arena)) {
            return NULL;
        }
        record->headers_unread = false;
    }
    return record;
}

/* XXH3 of the bytes. */
uint64_t hr_hash64(hr_span bytes, uint64_t seed);

#endif
