/* Immutable things that are replaced as a whole while others read them: tables and models. A reader
 * holds a reference and looks for a newer one at a batch boundary.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_STATE_SNAPSHOT_H
#define HR_STATE_SNAPSHOT_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* First member of a table or model that is published. Starts with one reference. */
typedef struct hr_snapshot {
    atomic_uint refs;
    void (*destroy)(struct hr_snapshot *snapshot);
} hr_snapshot;

typedef struct hr_cell {
    pthread_mutex_t lock;
    hr_snapshot *current;
    atomic_uint_fast64_t version; /* changes with every publish */
} hr_cell;

/* A reader's hold on a cell; zeroed to start with. */
typedef struct hr_cell_hold {
    hr_snapshot *snapshot;
    uint64_t version;
} hr_cell_hold;

void hr_snapshot_init(hr_snapshot *snapshot, void (*destroy)(hr_snapshot *snapshot));
void hr_snapshot_unref(hr_snapshot *snapshot); /* accepts NULL. thread: any */

void hr_cell_init(hr_cell *cell);
void hr_cell_finish(hr_cell *cell); /* drops the cell's own reference */

/* Takes ownership of `fresh` and drops the old one. thread: any */
void hr_cell_publish(hr_cell *cell, hr_snapshot *fresh);

/* Brings the hold up to date; one atomic load where nothing changed. Returns hold->snapshot, NULL
 * before the first publish. thread: the hold's */
hr_snapshot *hr_cell_refresh(hr_cell *cell, hr_cell_hold *hold);
void hr_cell_release(hr_cell_hold *hold);

#endif
