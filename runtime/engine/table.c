/* The runtime of tables (hr_table.h).
 *
 * A table works on a thread of its own with blocking calls: loading a million rows or waiting for a
 * database must not hold up a stream thread, which only ever sees finished snapshots.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/table.h"
#include "codec/codec.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "engine/table_query.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TABLE_BYTES_DEFAULT ((size_t)256 << 20)
#define TABLE_BATCH_ARENA ((size_t)64 << 20)
#define TABLE_SKIPPED_LOG_MS 10000

struct hr_table {
    hr_node *node;
    const hr_table_type *type;
    hr_table_shared *shared;
    const hr_runner *runner;
    hr_table_notify notify;
    pthread_t thread;
    int64_t started_us;

    pthread_mutex_t lock; /* of the members down to here */
    pthread_cond_t changed;
    bool stopping, ended;
    hr_table_status status;

    /* Of the table's thread. */
    hr_batch *batch;
    void *decoder_state;
    hr_decoded decoded;
    hr_buf key;
    hr_log_gate skipped;

    hr_table_queries queries; /* of a table on demand */
};

/* --- for the application -------------------------------------------------------------------- */

static int
table_nomem(hr_error *err)
{
    return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

/* Starts with only what table_free() needs. */
static hr_table *
table_create(hr_node *node, const hr_runner *runner, hr_table_notify notify)
{
    hr_table *table = calloc(1, sizeof *table);
    pthread_condattr_t monotonic;

    if (table == NULL) {
        return NULL;
    }
    table->node = node;
    table->type = node->type;
    table->shared = node->shared;
    table->runner = runner;
    table->notify = notify;
    table->started_us = hr_clock_us();
    hr_table_queries_init(&table->queries);
    pthread_mutex_init(&table->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&table->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return table;
}

static bool
table_init_decoding(hr_table *table)
{
    size_t state_size = hr_decoder_state_size(table->node->decoder);

    table->batch = hr_batch_create(&table->node->lineage->layout, TABLE_BATCH_ARENA);
    table->decoder_state = calloc(1, state_size + 1);
    table->decoded.ok = calloc(HR_BATCH_ROWS, sizeof *table->decoded.ok);
    table->decoded.failed = calloc(HR_BATCH_ROWS, sizeof *table->decoded.failed);
    return table->batch != NULL && table->decoder_state != NULL && table->decoded.ok != NULL &&
           table->decoded.failed != NULL;
}

static void
table_free(hr_table *table)
{
    hr_batch_destroy(table->batch);
    free(table->decoder_state);
    free(table->decoded.ok);
    free(table->decoded.failed);
    hr_buf_finish(&table->key);
    hr_table_queries_finish(&table->queries);
    pthread_cond_destroy(&table->changed);
    pthread_mutex_destroy(&table->lock);
    free(table);
}

static void
table_failed(hr_table *table, const hr_error *err)
{
    hr_log(HR_LOG_ERROR, "table %s: %s", table->node->name.s, err->msg);
    pthread_mutex_lock(&table->lock);
    table->status.failed = true;
    table->status.err = *err;
    pthread_cond_broadcast(&table->changed);
    pthread_mutex_unlock(&table->lock);
    if (table->notify.call != NULL) {
        table->notify.call(table->notify.ctx);
    }
}

/* Nobody who asked is left without an answer. */
static void
table_end_queries(hr_table *table)
{
    hr_table_query *query;
    hr_error err = {0};

    hr_fail(&err, HR_EIO, HR_NO_LOC, "the table '%s' ends", table->node->name.s);
    hr_table_queries_close(&table->queries);
    while ((query = hr_table_queries_next(&table->queries, 0)) != NULL) {
        hr_table_query_failed(table, query, &err);
    }
}

static void *
table_main(void *arg)
{
    hr_table *table = arg;
    hr_error err = {0};
    int rc = table->type->run(table, table->node->options, table->shared, &err);

    table_end_queries(table);
    if (rc != HR_OK && !hr_table_stopping(table)) {
        table_failed(table, &err);
    }
    pthread_mutex_lock(&table->lock);
    table->ended = true;
    pthread_mutex_unlock(&table->lock);
    if (table->notify.call != NULL) {
        table->notify.call(table->notify.ctx);
    }
    return NULL;
}

bool
hr_table_ended(hr_table *table)
{
    bool ended;

    pthread_mutex_lock(&table->lock);
    ended = table->ended;
    pthread_mutex_unlock(&table->lock);
    return ended;
}

hr_table *
hr_table_start(hr_node *node, const hr_runner *runner, hr_table_notify notify, hr_error *err)
{
    hr_table *table = table_create(node, runner, notify);

    if (table == NULL) {
        table_nomem(err);
        return NULL;
    }
    if (!table_init_decoding(table)) {
        table_nomem(err);
        table_free(table);
        return NULL;
    }
    if (pthread_create(&table->thread, NULL, table_main, table) != 0) {
        hr_fail(err, HR_EFATAL, HR_NO_LOC, "cannot start a thread for the table '%s'",
                node->name.s);
        table_free(table);
        return NULL;
    }
    return table;
}

void
hr_table_status_get(hr_table *table, hr_table_status *out)
{
    pthread_mutex_lock(&table->lock);
    *out = table->status;
    pthread_mutex_unlock(&table->lock);
}

bool
hr_table_ready(hr_table *table)
{
    hr_table_status status;

    hr_table_status_get(table, &status);
    return status.ready;
}

int
hr_table_wait_ready(hr_table *table, int64_t timeout_ms, hr_error *err)
{
    struct timespec at = hr_clock_deadline(timeout_ms);
    int rc = 0;

    pthread_mutex_lock(&table->lock);
    while (!table->status.ready && !table->status.failed && rc != ETIMEDOUT) {
        rc = pthread_cond_timedwait(&table->changed, &table->lock, &at);
    }
    if (table->status.ready) {
        rc = HR_OK;
    } else if (table->status.failed) {
        *err = table->status.err;
        rc = err->code;
    } else {
        rc = hr_fail(err, HR_EAGAIN, HR_NO_LOC, "the table '%s' is not loaded yet%s%s",
                     table->node->name.s, table->status.err.code != HR_OK ? ": " : "",
                     table->status.err.msg);
    }
    pthread_mutex_unlock(&table->lock);
    return rc;
}

void
hr_table_ask_stop(hr_table *table)
{
    pthread_mutex_lock(&table->lock);
    table->stopping = true;
    pthread_cond_broadcast(&table->changed);
    pthread_mutex_unlock(&table->lock);
    hr_table_queries_wake(&table->queries);
}

void
hr_table_stop(hr_table *table)
{
    if (table == NULL) {
        return;
    }
    hr_table_ask_stop(table);
    pthread_join(table->thread, NULL);
    table_free(table);
}

void
hr_table_release(void *shared)
{
    hr_cell_finish(&((hr_table_shared *)shared)->cell);
}

/* --- for the table's own thread ------------------------------------------------------------- */

const hr_node *
hr_table_node(const hr_table *table)
{
    return table->node;
}

const hr_runner *
hr_table_runner(const hr_table *table)
{
    return table->runner;
}

bool
hr_table_stopping(hr_table *table)
{
    bool stopping;

    pthread_mutex_lock(&table->lock);
    stopping = table->stopping;
    pthread_mutex_unlock(&table->lock);
    return stopping;
}

void
hr_table_wait(hr_table *table, int64_t timeout_ms)
{
    struct timespec at = hr_clock_deadline(timeout_ms);
    int rc = 0;

    pthread_mutex_lock(&table->lock);
    while (!table->stopping && rc != ETIMEDOUT) {
        rc = pthread_cond_timedwait(&table->changed, &table->lock, &at);
    }
    pthread_mutex_unlock(&table->lock);
}

static size_t
table_bytes_max(const hr_table *table)
{
    const hr_runner *runner = table->runner;

    return runner != NULL && runner->memory_bytes > 0 ? (size_t)runner->memory_bytes
                                                      : TABLE_BYTES_DEFAULT;
}

hr_table_builder *
hr_table_builder_new(hr_table *table)
{
    return hr_table_builder_create(table->shared->kinds, table->shared->n_values,
                                   table_bytes_max(table));
}

static void
table_decode(hr_table *table, const hr_span *values, size_t n)
{
    hr_batch *batch = table->batch;

    hr_batch_reset(batch);
    batch->topic = table->node->name.s;
    for (size_t i = 0; i < n; i++) {
        batch->records[i] = (hr_record){.value = values[i], .timestamp_ms = -1};
    }
    batch->n_records = (uint32_t)n;
    hr_decoder_run(table->node->decoder, table->decoder_state, batch, &table->decoded);
}

/* The key field of the row that is null, or NULL. */
static const char *
table_null_key(const hr_table *table, hr_row row)
{
    for (size_t k = 0; k < table->shared->n_keys; k++) {
        if (hr_batch_column(table->batch, table->shared->key_slots[k])->lane[row] != HR_LANE_OK) {
            return table->node->select.v[k].s;
        }
    }
    return NULL;
}

/* The first value that cannot be used, with the reason. */
static int
table_check(const hr_table *table, size_t *bad, hr_error *err)
{
    const hr_decoded *decoded = &table->decoded;

    for (size_t i = 0; i < decoded->n_ok; i++) {
        const char *field = table_null_key(table, decoded->ok[i]);

        if (field != NULL) {
            *bad = decoded->ok[i];
            hr_fail(err, HR_ERECORD, HR_NO_LOC, "the key field '%s' is null", field);
            break;
        }
    }
    for (size_t i = 0; i < decoded->n_failed; i++) {
        if (decoded->failed[i].row < *bad) {
            *bad = decoded->failed[i].row;
            hr_fail(err, HR_ERECORD, HR_NO_LOC, "%s", decoded->failed[i].reason);
        }
    }
    return *bad != SIZE_MAX ? HR_ERECORD : HR_OK;
}

static int
table_key(hr_table *table, hr_row row)
{
    int rc = HR_OK;

    table->key.len = 0;
    for (size_t k = 0; k < table->shared->n_keys && rc == HR_OK; k++) {
        rc = hr_table_key_append(&table->key,
                                 hr_batch_column(table->batch, table->shared->key_slots[k]), row);
    }
    return rc;
}

static int
table_full(const hr_table *table, const hr_table_builder *builder, hr_error *err)
{
    hr_fail(err, HR_ENOMEM, HR_NO_LOC, "the table '%s' does not fit into %zu MiB (%zu rows do)",
            table->node->name.s, table_bytes_max(table) >> 20, hr_table_builder_count(builder));
    return hr_hint(err, "raise `memory` in the runner's configuration");
}

int
hr_table_put(hr_table *table, hr_table_builder *builder, const hr_span *values, size_t n,
             size_t *bad, hr_error *err)
{
    int rc;

    *bad = SIZE_MAX;
    table_decode(table, values, n);
    rc = table_check(table, bad, err);
    for (size_t i = 0; i < n && rc == HR_OK; i++) {
        hr_row row = (hr_row)i;

        if (table_key(table, row) != HR_OK ||
            hr_table_builder_put(builder, hr_buf_span(&table->key), table->batch,
                                 table->shared->slots, row) != HR_OK) {
            rc = table_full(table, builder, err);
        }
    }
    return rc;
}

int
hr_table_put_keyed(hr_table *table, hr_table_builder *builder, hr_span record_key, hr_span value,
                   hr_error *err)
{
    size_t bad = SIZE_MAX;
    int rc;

    if (value.data == NULL) {
        hr_table_builder_remove(builder, record_key);
        return HR_OK;
    }
    table_decode(table, &value, 1);
    rc = table_check(table, &bad, err);
    if (rc != HR_OK) {
        return rc;
    }
    if (table_key(table, 0) != HR_OK ||
        hr_table_builder_put_as(builder, record_key, hr_buf_span(&table->key), table->batch,
                                table->shared->slots, 0) != HR_OK) {
        return table_full(table, builder, err);
    }
    return HR_OK;
}

/* The first snapshot is news, and so is one that ends trouble; the others come by the second. */
static void
table_published(hr_table *table, size_t rows, size_t bytes)
{
    hr_table_status *status = &table->status;
    bool first, over;

    pthread_mutex_lock(&table->lock);
    first = !status->ready;
    over = status->err.code != HR_OK;
    status->ready = true;
    status->err = (hr_error){0};
    status->rows = rows;
    status->bytes = bytes;
    status->published++;
    status->published_wall_ms = hr_clock_wall_ms();
    pthread_cond_broadcast(&table->changed);
    pthread_mutex_unlock(&table->lock);
    hr_log(first || over ? HR_LOG_INFO : HR_LOG_DEBUG,
           first ? "table %s is loaded" HR_LOG_KV "rows=%zu ms=%lld"
                 : "table %s is up to date" HR_LOG_KV "rows=%zu ms=%lld",
           table->node->name.s, rows, (long long)(hr_clock_us() - table->started_us) / 1000);
    if (first && table->notify.call != NULL) {
        table->notify.call(table->notify.ctx);
    }
}

int
hr_table_publish(hr_table *table, const hr_table_builder *builder, hr_error *err)
{
    hr_table_index *index = hr_table_builder_snapshot(builder);
    size_t rows, bytes;

    if (index == NULL) {
        return table_nomem(err);
    }
    rows = hr_table_rows(index);
    bytes = hr_table_bytes(index) + hr_table_builder_bytes(builder);
    hr_cell_publish(&table->shared->cell, (hr_snapshot *)index);
    table_published(table, rows, bytes);
    return HR_OK;
}

void
hr_table_trouble(hr_table *table, const hr_error *err)
{
    bool news;

    pthread_mutex_lock(&table->lock);
    news = err != NULL ? strcmp(table->status.err.msg, err->msg) != 0
                       : table->status.err.code != HR_OK;
    table->status.err = err != NULL ? *err : (hr_error){0};
    pthread_mutex_unlock(&table->lock);
    if (news && err != NULL) {
        hr_log(HR_LOG_WARN, "table %s: %s", table->node->name.s, err->msg);
    } else if (news) {
        hr_log(HR_LOG_INFO, "table %s goes on", table->node->name.s);
    }
}

static void
table_count_rejected(hr_table *table, bool skipped)
{
    pthread_mutex_lock(&table->lock);
    table->status.rejected++;
    table->status.skipped += skipped ? 1 : 0;
    pthread_mutex_unlock(&table->lock);
}

void
hr_table_skipped(hr_table *table, const char *topic, int64_t offset, const hr_error *err)
{
    uint64_t suppressed;

    table_count_rejected(table, true);
    if (hr_log_allow(&table->skipped, TABLE_SKIPPED_LOG_MS, &suppressed)) {
        hr_log(HR_LOG_ERROR,
               "table %s does not take a value: %s" HR_LOG_KV "topic=%s offset=%lld more=%llu",
               table->node->name.s, err->msg, topic, (long long)offset,
               (unsigned long long)suppressed);
    }
}

void
hr_table_rejected(hr_table *table, const hr_error *err)
{
    table_count_rejected(table, false);
    hr_log(HR_LOG_ERROR, "table %s keeps what it has: %s", table->node->name.s, err->msg);
}

/* --- tables on demand ------------------------------------------------------------------------ */

bool
hr_table_on_demand(const hr_node *table)
{
    const hr_table_type *type = table->type;

    return type->on_demand != NULL && type->on_demand(table->options);
}

int
hr_table_ask(hr_table *table, hr_table_query *query)
{
    return hr_table_queries_put(&table->queries, query);
}

hr_table_query *
hr_table_query_next(hr_table *table, int64_t timeout_ms)
{
    hr_error late = {0};
    hr_table_query *query;

    hr_fail(&late, HR_EIO, HR_NO_LOC, "no answer in time");
    while (!hr_table_stopping(table) &&
           (query = hr_table_queries_next(&table->queries, timeout_ms)) != NULL) {
        if (hr_clock_ms() <= query->until_ms) {
            return query;
        }
        hr_table_query_failed(table, query, &late);
    }
    return NULL;
}

void
hr_table_query_found(hr_table *table, hr_table_query *query, hr_span value)
{
    hr_error err = {0};
    size_t bad = SIZE_MAX;
    int rc;

    table_decode(table, &value, 1);
    rc = table_check(table, &bad, &err);
    query->answer(query, rc, rc == HR_OK ? table->batch : NULL, &err);
}

void
hr_table_query_missing(hr_table *table, hr_table_query *query)
{
    hr_error none = {0};

    (void)table;
    query->answer(query, HR_OK, NULL, &none);
}

void
hr_table_query_failed(hr_table *table, hr_table_query *query, const hr_error *err)
{
    (void)table;
    query->answer(query, err->code == HR_ERECORD ? HR_ERECORD : HR_EIO, NULL, err);
}

void
hr_table_serves(hr_table *table)
{
    bool first;

    pthread_mutex_lock(&table->lock);
    first = !table->status.ready;
    table->status.ready = true;
    table->status.err = (hr_error){0};
    pthread_cond_broadcast(&table->changed);
    pthread_mutex_unlock(&table->lock);
    if (first) {
        hr_log(HR_LOG_INFO, "table %s is looked up on demand", table->node->name.s);
    }
    if (first && table->notify.call != NULL) {
        table->notify.call(table->notify.ctx);
    }
}
