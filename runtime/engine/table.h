/* Tables while they run: one thread each, owned by the application.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TABLE_H
#define HR_ENGINE_TABLE_H
#include "hr_table.h"

/* Told from the table's own thread when it becomes ready or fails. */
typedef struct hr_table_notify {
    void (*call)(void *ctx); /* NULL: nobody */
    void *ctx;
} hr_table_notify;

/* What a table is like just now. */
typedef struct hr_table_status {
    bool ready;                   /* published at least once */
    bool failed;                  /* run() ended with an error */
    hr_error err;                 /* why it failed, or what it waits for (code HR_OK: nothing) */
    uint64_t rows;                /* of the last snapshot */
    uint64_t bytes;               /* held by the table, for readers and for its next snapshot */
    uint64_t published, rejected; /* snapshots; reloads and values that were not taken */
    uint64_t skipped;             /* ... of which values of single records */
    int64_t published_wall_ms;
} hr_table_status;

/* Starts the table's thread. `runner` and the node outlive the table. NULL with *err. */
hr_table *hr_table_start(hr_node *node, const hr_runner *runner, hr_table_notify notify,
                         hr_error *err);

/* True once it has published; readers may refresh its cell. thread: any */
bool hr_table_ready(hr_table *table);

/* thread: any */
void hr_table_status_get(hr_table *table, hr_table_status *out);

/* Waits until the table is ready (HR_OK), has failed (its error) or the time is over (HR_EAGAIN).
 * thread: any */
int hr_table_wait_ready(hr_table *table, int64_t timeout_ms, hr_error *err);

/* Asks the thread to end, without waiting. thread: any */
void hr_table_ask_stop(hr_table *table);

/* True once the thread has nothing left to do: hr_table_stop() will not wait. thread: any */
bool hr_table_ended(hr_table *table);

/* Ends the thread and frees the table; what it published stays in the node's cell. Accepts NULL. */
void hr_table_stop(hr_table *table);

#endif
