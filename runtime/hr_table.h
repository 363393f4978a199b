/* The contract of tables: keyed reference data held in memory, published as immutable snapshots.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_TABLE_H
#define HR_TABLE_H
#include "config/runner.h"
#include "hr_node.h"
#include "state/table_index.h"

/* A table while it runs; one per process and table node, on a thread of its own. */
typedef struct hr_table hr_table;

typedef struct hr_table_type {
    uint32_t abi;
    const char *name, *summary;
    /* The value of its key in a topology, as YAML on one line: shown by `headrace operators`. */
    const char *example;
    const hr_option *options;
    size_t options_size;
    size_t shared_size;
    /* Optional. Checks options. No network. */
    int (*compile)(hr_node *node, const void *options, void *shared, hr_error *err);
    /* Mandatory. Runs on the table's own thread: loads, publishes with hr_table_publish(), waits
     * with hr_table_wait() and goes on until hr_table_stopping(). Trouble (a lost server) is logged
     * with hr_table_trouble() and retried; returns an error only for what no retry can mend. */
    int (*run)(hr_table *table, const void *options, void *shared, hr_error *err);
    /* Mandatory: hr_table_release(), or a function that ends with it. */
    void (*release)(void *shared);
    /* Optional. True where the options say that rows are not held in memory: run() then answers
     * hr_table_query_next() instead of publishing. */
    bool (*on_demand)(const void *options);
} hr_table_type;

/* What compile made of a table; node->shared of every table starts with it. */
typedef struct hr_table_shared {
    hr_cell cell;     /* of hr_table_index */
    const int *slots; /* value columns in the table's own batches: one per field of node->fields */
    const hr_kind *kinds;
    size_t n_values;
    const int *key_slots; /* in the order of `key:` */
    size_t n_keys;
} hr_table_shared;

/* Lets go of the last snapshot; readers keep what they hold. */
void hr_table_release(void *shared);

const hr_node *hr_table_node(const hr_table *table);
const hr_runner *hr_table_runner(const hr_table *table);
bool hr_table_stopping(hr_table *table);
/* Waits until the time is over or the table is to stop. */
void hr_table_wait(hr_table *table, int64_t timeout_ms);

/* A builder with this table's columns. NULL: out of memory. */
hr_table_builder *hr_table_builder_new(hr_table *table);

/* Decodes n (<= HR_BATCH_ROWS) values by the table's format and schema and puts each into the
 * builder under the key made of its key fields. A value that cannot be decoded, or has a null in
 * its key, fails the whole call with its index in *bad (HR_ERECORD); *bad is SIZE_MAX for other
 * errors (HR_ENOMEM: the table has more than the runner's memory budget). */
int hr_table_put(hr_table *table, hr_table_builder *builder, const hr_span *values, size_t n,
                 size_t *bad, hr_error *err);

/* As hr_table_put() for one record of a compacted topic, whose identity is the record's own key:
 * the previous row of that record key is replaced, a tombstone (value.data NULL) removes it. */
int hr_table_put_keyed(hr_table *table, hr_table_builder *builder, hr_span record_key,
                       hr_span value, hr_error *err);

/* Tells that a reload or a value was not taken and that readers go on with what there was; counts
 * and logs. */
void hr_table_rejected(hr_table *table, const hr_error *err);

/* Tells that the value of one record is not taken, and its row removed; counts, and logs the first
 * of a while. */
void hr_table_skipped(hr_table *table, const char *topic, int64_t offset, const hr_error *err);

/* Makes what the builder holds visible to all readers; the first call makes the table ready. */
int hr_table_publish(hr_table *table, const hr_table_builder *builder, hr_error *err);

/* Logs trouble once until it is over ("waiting for mongo: ..."): until the next publish or NULL. */
void hr_table_trouble(hr_table *table, const hr_error *err);

/* --- tables on demand ------------------------------------------------------------------------ */

/* A question to a table on demand. Whoever asks owns it, from hr_table_ask() to answer(). */
typedef struct hr_table_query hr_table_query;
struct hr_table_query {
    hr_span key;      /* by hr_table_key_append(); lives until the answer */
    int64_t until_ms; /* hr_clock_ms(): not worth an answer later */
    /* Called once, on the table's thread. HR_OK with the row in row 0 of a batch of the table's
     * (hr_table_shared.slots), NULL: there is none; HR_EIO: not to be known just now, HR_ERECORD:
     * the row cannot be used, both with *err. */
    void (*answer)(hr_table_query *query, int rc, hr_batch *batch, const hr_error *err);
    hr_table_query *next; /* the table's */
};

/* True for a table whose rows are not held in memory: only look-ups by hr_table_ask() find them.
 * thread: any */
bool hr_table_on_demand(const hr_node *table);

/* Asks. HR_OK; HR_EAGAIN, and answer() is not called: too many wait, or the table ends. thread: any
 */
int hr_table_ask(hr_table *table, hr_table_query *query);

/* For run(): the next question, or NULL after the time or when the table is to stop. One that
 * nobody waits for any more was answered. */
hr_table_query *hr_table_query_next(hr_table *table, int64_t timeout_ms);

/* Answer a question: with the value of a row, decoded by the table's format and schema; with no
 * row; with an error. */
void hr_table_query_found(hr_table *table, hr_table_query *query, hr_span value);
void hr_table_query_missing(hr_table *table, hr_table_query *query);
void hr_table_query_failed(hr_table *table, hr_table_query *query, const hr_error *err);

/* Makes a table on demand ready. */
void hr_table_serves(hr_table *table);

extern const hr_table_type *const hr_builtin_tables[];
#endif
