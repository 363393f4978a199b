/* Taps: slots of a run that are opened, filled by stream threads under the slot's lock, and
 * emptied by whoever looks. A slot lives as long as its run, so that a stream thread may look at it
 * at any time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/tap.h"
#include "config/diag.h"
#include "engine/app.h"
#include "engine/clock.h"
#include "engine/tap_point.h"

#include <stdlib.h>
#include <time.h>

#define NAMES_MAX 256

void
hr_taps_init(hr_taps *taps)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    atomic_init(&taps->n_open, 0);
    pthread_mutex_init(&taps->lock, NULL);
    for (size_t i = 0; i < HR_TAPS_MAX; i++) {
        hr_tap *tap = &taps->slots[i];

        memset(tap, 0, sizeof *tap);
        tap->taps = taps;
        tap->writer.out = &tap->queue;
        pthread_mutex_init(&tap->lock, NULL);
        pthread_cond_init(&tap->more, &monotonic);
    }
    pthread_condattr_destroy(&monotonic);
}

static void
tap_empty(hr_tap *tap)
{
    hr_buf_finish(&tap->queue);
    hr_buf_finish(&tap->writer.value);
    tap->read = tap->n_queued = 0;
}

void
hr_taps_finish(hr_taps *taps)
{
    for (size_t i = 0; i < HR_TAPS_MAX; i++) {
        tap_empty(&taps->slots[i]);
        pthread_cond_destroy(&taps->slots[i].more);
        pthread_mutex_destroy(&taps->slots[i].lock);
    }
    pthread_mutex_destroy(&taps->lock);
}

/* ---- taking samples ---------------------------------------------------------------------------
 */

/* What the rate allows now, of n rows. */
static size_t
tap_allowance(hr_tap *tap, size_t n)
{
    int64_t now_us = hr_clock_us();
    size_t allowed;

    tap->tokens += (double)(now_us - tap->filled_us) * tap->rate / 1e6;
    tap->filled_us = now_us;
    if (tap->tokens > tap->rate) {
        tap->tokens = tap->rate;
    }
    allowed = tap->tokens < (double)n ? (size_t)tap->tokens : n;
    tap->tokens -= (double)allowed;
    return allowed;
}

static void
tap_add(hr_tap *tap, const hr_tap_point *point, hr_row row)
{
    hr_buf *queue = &tap->queue;
    size_t begin = queue->len;
    uint32_t size = 0;

    if (begin - tap->read + HR_TAP_SAMPLE_BYTES > HR_TAP_QUEUE_BYTES ||
        hr_buf_append(queue, &size, sizeof size) != HR_OK) {
        tap->missed++;
        return;
    }
    if (!hr_tap_sample(&tap->writer, point, row)) {
        queue->len = begin;
        tap->missed++;
        return;
    }
    size = (uint32_t)(queue->len - begin - sizeof size);
    memcpy(queue->data + begin, &size, sizeof size);
    tap->n_queued++;
}

/* Rows are taken all over the batch. */
static void
tap_look(hr_tap *tap, const hr_tap_point *point)
{
    size_t n = point->rows.n;
    size_t allowed;

    pthread_mutex_lock(&tap->lock);
    allowed = atomic_load(&tap->node) == point->node ? tap_allowance(tap, n) : 0;
    for (size_t i = 0; i < allowed; i++) {
        tap_add(tap, point, point->rows.row[i * n / allowed]);
    }
    if (allowed > 0) {
        pthread_cond_broadcast(&tap->more);
    }
    pthread_mutex_unlock(&tap->lock);
}

void
hr_taps_look(hr_taps *taps, const hr_tap_point *point)
{
    for (size_t i = 0; i < HR_TAPS_MAX && point->rows.n > 0; i++) {
        if (atomic_load_explicit(&taps->slots[i].node, memory_order_relaxed) == point->node) {
            tap_look(&taps->slots[i], point);
        }
    }
}

/* ---- opening and closing ----------------------------------------------------------------------
 */

static const hr_node *
tap_node(const hr_topology *topology, const char *name)
{
    static const hr_node_kind kinds[] = {HR_NODE_SOURCE, HR_NODE_STEP, HR_NODE_SINK};
    const hr_node *node = NULL;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && node == NULL; i++) {
        node = hr_topology_find(topology, kinds[i], name);
    }
    return node;
}

static hr_run *
tap_find(hr_app *app, const char *topology, const char *name, const hr_node **node)
{
    hr_run *run;

    for (size_t i = 0; (run = hr_app_run(app, i)) != NULL; i++) {
        if (topology != NULL && strcmp(run->topology->name.s, topology) != 0) {
            continue;
        }
        *node = tap_node(run->topology, name);
        if (*node != NULL) {
            return run;
        }
    }
    return NULL;
}

static size_t
tap_add_names(const char **names, size_t n, const hr_node *nodes, size_t n_nodes)
{
    for (size_t i = 0; i < n_nodes && n < NAMES_MAX; i++) {
        names[n++] = nodes[i].name.s;
    }
    return n;
}

static int
tap_unknown(hr_app *app, const char *name, hr_error *err)
{
    const char *names[NAMES_MAX];
    const char *nearest;
    hr_run *run;
    size_t n = 0;

    for (size_t i = 0; (run = hr_app_run(app, i)) != NULL; i++) {
        const hr_topology *topology = run->topology;

        n = tap_add_names(names, n, topology->sources, topology->n_sources);
        n = tap_add_names(names, n, topology->steps, topology->n_steps);
        n = tap_add_names(names, n, topology->sinks, topology->n_sinks);
    }
    hr_fail(err, HR_ECONFIG, HR_NO_LOC, "there is no source, step or sink '%s'", name);
    nearest = hr_diag_nearest(name, names, n);
    return nearest != NULL ? hr_hint(err, "did you mean '%s'?", nearest) : HR_ECONFIG;
}

/* A slot of the run; NULL: none is free. */
static hr_tap *
taps_take_slot(hr_taps *taps, const hr_node *node, unsigned rate)
{
    hr_tap *tap = NULL;

    pthread_mutex_lock(&taps->lock);
    for (size_t i = 0; i < HR_TAPS_MAX && tap == NULL; i++) {
        if (atomic_load(&taps->slots[i].node) == NULL) {
            tap = &taps->slots[i];
        }
    }
    if (tap != NULL) {
        pthread_mutex_lock(&tap->lock);
        tap->rate = rate < 1 ? 1 : rate > HR_TAP_RATE_MAX ? HR_TAP_RATE_MAX : rate;
        tap->tokens = tap->rate;
        tap->filled_us = hr_clock_us();
        tap->missed = 0;
        atomic_store(&tap->node, node);
        pthread_mutex_unlock(&tap->lock);
        atomic_fetch_add(&taps->n_open, 1);
    }
    pthread_mutex_unlock(&taps->lock);
    return tap;
}

hr_tap *
hr_tap_open(hr_app *app, const char *topology, const char *node_name, unsigned rate, hr_error *err)
{
    const hr_node *node = NULL;
    hr_run *run = tap_find(app, topology, node_name, &node);
    hr_tap *tap;

    if (run == NULL) {
        tap_unknown(app, node_name, err);
        return NULL;
    }
    tap = taps_take_slot(&run->taps, node, rate);
    if (tap == NULL) {
        hr_fail(err, HR_EAGAIN, HR_NO_LOC, "%d taps are open already", HR_TAPS_MAX);
    }
    return tap;
}

void
hr_tap_close(hr_tap *tap)
{
    hr_taps *taps = tap != NULL ? tap->taps : NULL;

    if (tap == NULL) {
        return;
    }
    pthread_mutex_lock(&taps->lock);
    atomic_fetch_sub(&taps->n_open, 1);
    pthread_mutex_lock(&tap->lock);
    atomic_store(&tap->node, NULL);
    tap_empty(tap);
    pthread_mutex_unlock(&tap->lock);
    pthread_mutex_unlock(&taps->lock);
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static void
tap_wait(hr_tap *tap, int64_t wait_ms)
{
    struct timespec until = hr_clock_deadline(wait_ms);
    int rc = 0;

    while (tap->n_queued == 0 && rc == 0) {
        rc = pthread_cond_timedwait(&tap->more, &tap->lock, &until);
    }
}

static bool
tap_take_one(hr_tap *tap, hr_buf *out, bool first)
{
    uint32_t size;
    size_t before = out->len;

    memcpy(&size, tap->queue.data + tap->read, sizeof size);
    if ((!first && hr_buf_append(out, ",", 1) != HR_OK) ||
        hr_buf_append(out, tap->queue.data + tap->read + sizeof size, size) != HR_OK) {
        out->len = before;
        return false;
    }
    tap->read += sizeof size + size;
    tap->n_queued--;
    return true;
}

/* What has been read makes room, at the latest when it is half of what is there. */
static void
tap_compact(hr_tap *tap)
{
    size_t left = tap->queue.len - tap->read;

    if (tap->read >= left) {
        memmove(tap->queue.data, tap->queue.data + tap->read, left);
        tap->queue.len = left;
        tap->read = 0;
    }
}

size_t
hr_tap_take(hr_tap *tap, hr_buf *out, size_t n, int64_t wait_ms)
{
    size_t taken = 0;

    pthread_mutex_lock(&tap->lock);
    if (tap->n_queued == 0 && wait_ms > 0) {
        tap_wait(tap, wait_ms);
    }
    while (taken < n && tap->n_queued > 0 && tap_take_one(tap, out, taken == 0)) {
        taken++;
    }
    if (taken > 0) {
        tap_compact(tap);
    }
    pthread_mutex_unlock(&tap->lock);
    return taken;
}

uint64_t
hr_tap_missed(hr_tap *tap)
{
    uint64_t missed;

    pthread_mutex_lock(&tap->lock);
    missed = tap->missed;
    pthread_mutex_unlock(&tap->lock);
    return missed;
}
