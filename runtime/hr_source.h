/* The contract of sources.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_SOURCE_H
#define HR_SOURCE_H
#include "config/runner.h"
#include "hr_node.h"
#include "hr_operator.h"

#define HR_SOURCE_KAFKA 0x1u /* partitions come from a consumer group */
#define HR_SOURCE_BYTES 0x2u /* offsets count bytes, not records */

typedef struct hr_source hr_source; /* a source of a stream thread while it runs */

/* One of its partitions: the input of a task. */
typedef struct hr_partition {
    const char *topic; /* or the file's name */
    int32_t id;
    void *data;         /* the source's own */
    int64_t eof_offset; /* set by fetch() where the end of the partition is known; else -1 */
    int64_t end_offset; /* as known last, for lag; -1: not known. Set by fetch() or poll() */
} hr_partition;

typedef struct hr_offset {
    hr_partition *partition;
    int64_t offset; /* the next to read */
} hr_offset;

/* compile() on the main thread at check time, all others on the stream thread. */
typedef struct hr_source_type {
    uint32_t abi, flags;
    const char *name, *summary;
    /* The value of its key in a topology, as YAML on one line: shown by `headrace operators`. */
    const char *example;
    const hr_option *options;
    size_t options_size, shared_size;
    size_t state_size; /* one block per stream thread, zeroed */
    /* Optional. Checks options; may declare fields (node->fields) when there is no schema. */
    int (*compile)(hr_node *node, const void *options, void *shared, hr_error *err);
    /* Optional. Behind compile(), once the fields of the records are known (node->fields): compiles
     * expressions over them. */
    int (*compile_fields)(hr_node *node, const void *options, void *shared, hr_error *err);
    /* Mandatory. Starts; partitions come and go by hr_source_assign() and hr_source_revoke(). */
    int (*open)(hr_source *source, void *state, hr_error *err);
    /* Mandatory; never waits. Up to max records of a partition, in order; 0: none just now. What is
     * made for a record goes into the arena. */
    size_t (*fetch)(hr_source *source, void *state, hr_partition *partition, hr_record *records,
                    size_t max, hr_arena *arena);
    /* Where records may have headers: reads those of one that fetch() marked (headers_unread), as
     * hr_batch.read_headers. */
    bool (*read_headers)(hr_record *record, hr_arena *arena);
    /* Optional. The records' bytes are not needed any more. */
    void (*done)(hr_source *source, void *state, hr_record *records, size_t n);
    /* Mandatory. Reading goes on at this offset. */
    int (*seek)(hr_source *source, void *state, hr_partition *partition, int64_t offset,
                hr_error *err);
    /* Optional. Stores that everything below these offsets is done. Waits for the answer up to
     * timeout_ms; 0: not at all, a failure then comes by hr_source_commit_failed(). */
    int (*commit)(hr_source *source, void *state, const hr_offset *offsets, size_t n,
                  int timeout_ms, hr_error *err);
    /* Optional. Once per turn of the loop: serves rebalances, timers. */
    void (*poll)(hr_source *source, void *state);
    /* Optional. Leaves the group and frees; what is still assigned is revoked first. */
    void (*close)(hr_source *source, void *state);
    void (*release)(void *shared);

    /* The following are for a source that answers those who sent its records; all optional. After a
     * rewind (seek()) what is read again is told again, and what was told of it before is void. */

    /* Rows of a batch were decoded, and no step has seen them yet. Those that cannot be used are
     * added to the failures and taken out of the rows; returns how many are left. */
    size_t (*decoded)(hr_source *source, void *state, hr_batch *batch, hr_row *rows, size_t n,
                      hr_failures *failures);
    /* The record failed at a node; its end is told by record_done(), where the action is not
     * `fail`, once its dead letter (if any) is acknowledged. A record that is written twice may
     * fail twice. The texts of the failure live until the call returns; its row means nothing. */
    void (*record_failed)(hr_source *source, void *state, hr_partition *partition, int64_t offset,
                          const hr_failure *failure);
    /* Every output of the record has ended: acknowledged, dropped on purpose, skipped, or
     * acknowledged as a dead letter. In no order. When records are read again it may be left out.
     */
    void (*record_done)(hr_source *source, void *state, hr_partition *partition, int64_t offset);
} hr_source_type;

const hr_node *hr_source_node(const hr_source *source);
const hr_runner *hr_source_runner(const hr_source *source);
const hr_connection *hr_source_connection(const hr_source *source);
/* The stream thread's number among those of the topology, from 0. */
int hr_source_thread(const hr_source *source);

/* A partition has come: a task is made that reads from `offset`. NULL: out of memory or tasks. The
 * partition lives until it is revoked. */
hr_partition *hr_source_assign(hr_source *source, const char *topic, int32_t id, int64_t offset,
                               void *data);

/* Partitions go: waits a bounded time for what is under way, commits (not when lost) and drops
 * their tasks. */
void hr_source_revoke(hr_source *source, hr_partition *const *partitions, size_t n, bool lost);

/* No more records will come from the partition (a file at its end). */
void hr_source_ended(hr_source *source, hr_partition *partition);

/* True in a run that ends when the sources are read up to what they hold now. Then, before records
 * are fetched, the source says for every partition of the topic where that is; the first word for a
 * partition counts. hr_source_until_known() once all are told. */
bool hr_source_until_end(const hr_source *source);
void hr_source_until(hr_source *source, int32_t partition, int64_t end_offset);
void hr_source_until_known(hr_source *source);

/* A commit that was not waited for has been answered well, so long after it was sent. */
void hr_source_committed(hr_source *source, int64_t after_us);

/* Commits have to be sent again. */
void hr_source_commit_failed(hr_source *source, const char *text);

/* How long close() may wait for servers. */
int64_t hr_source_close_ms(const hr_source *source);

/* No new records are taken any more: what is under way is waited for, a bounded time. */
bool hr_source_stopping(const hr_source *source);

/* There may be records to fetch: the loop turns. thread: any */
void hr_source_wake(hr_source *source);

/* The loop turns at that time (hr_clock_ms()) at the latest. */
void hr_source_wake_at(hr_source *source, int64_t when_ms);

/* It has what it needs: the group is joined, the file is open. Sources without HR_SOURCE_KAFKA are
 * ready once open() has returned. */
void hr_source_ready(hr_source *source);

/* Logs trouble once until it is over (NULL). */
void hr_source_trouble(hr_source *source, const char *text, bool fatal);

extern const hr_source_type *const hr_builtin_sources[];
#endif
