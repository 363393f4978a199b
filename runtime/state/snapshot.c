/* SPDX-License-Identifier: Apache-2.0 */
#include "state/snapshot.h"

#include <stddef.h>

void
hr_snapshot_init(hr_snapshot *snapshot, void (*destroy)(hr_snapshot *snapshot))
{
    atomic_init(&snapshot->refs, 1);
    snapshot->destroy = destroy;
}

void
hr_snapshot_unref(hr_snapshot *snapshot)
{
    if (snapshot != NULL && atomic_fetch_sub(&snapshot->refs, 1) == 1) {
        snapshot->destroy(snapshot);
    }
}

void
hr_cell_init(hr_cell *cell)
{
    pthread_mutex_init(&cell->lock, NULL);
    cell->current = NULL;
    atomic_init(&cell->version, 0);
}

void
hr_cell_finish(hr_cell *cell)
{
    hr_snapshot_unref(cell->current);
    cell->current = NULL;
    pthread_mutex_destroy(&cell->lock);
}

void
hr_cell_publish(hr_cell *cell, hr_snapshot *fresh)
{
    hr_snapshot *old;

    pthread_mutex_lock(&cell->lock);
    old = cell->current;
    cell->current = fresh;
    atomic_fetch_add(&cell->version, 1);
    pthread_mutex_unlock(&cell->lock);
    hr_snapshot_unref(old);
}

hr_snapshot *
hr_cell_refresh(hr_cell *cell, hr_cell_hold *hold)
{
    hr_snapshot *old = hold->snapshot;

    if (atomic_load_explicit(&cell->version, memory_order_acquire) == hold->version) {
        return old;
    }
    pthread_mutex_lock(&cell->lock);
    hold->snapshot = cell->current;
    hold->version = atomic_load(&cell->version);
    if (hold->snapshot != NULL) {
        atomic_fetch_add(&hold->snapshot->refs, 1);
    }
    pthread_mutex_unlock(&cell->lock);
    hr_snapshot_unref(old);
    return hold->snapshot;
}

void
hr_cell_release(hr_cell_hold *hold)
{
    hr_snapshot_unref(hold->snapshot);
    *hold = (hr_cell_hold){0};
}
