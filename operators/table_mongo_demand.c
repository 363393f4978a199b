/* table mongo, load: on_demand: each look-up asks the collection, so that no copy of it is kept.
 *
 * The driver blocks, so the table's thread asks, one question after the other. Whoever waits is not
 * to wait long: after a failure the questions of the next moment are answered at once, and only
 * then the server is tried again, by a new client that knows nothing of the lost one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "engine/log.h"
#include "mongo/find.h"
#include "table_mongo.h"

#define DEMAND_TIMEOUT_MS 2000
#define DEMAND_IDLE_MS 1000
#define DEMAND_RETRY_MS 500
#define DEMAND_SOON_MS 200 /* what fails sooner may be tried again while somebody waits */
#define DEMAND_LOG_MS 10000
#define DEMAND_DOCUMENT_MAX ((size_t)16 << 20) /* as JSON */

typedef struct demand {
    hr_table *table;
    const hr_connection *connection;
    hr_mongo_find find;
    hr_mongo_client *client; /* NULL: none just now */
    bool proved;             /* the client has been answered */
    bool index_told;
    int64_t retry_at_ms; /* without a client: not before */
    hr_error trouble;    /* why there is none */
    hr_buf json;
    hr_log_gate bad_rows;
} demand;

static void
demand_lost(demand *d, const hr_error *err)
{
    hr_mongo_client_destroy(d->client);
    d->client = NULL;
    d->proved = false;
    d->trouble = *err;
    d->retry_at_ms = hr_clock_ms() + DEMAND_RETRY_MS;
    hr_table_trouble(d->table, err);
}

static void
demand_tell_index(demand *d, bool has)
{
    if (!d->index_told && !has) {
        hr_log(HR_LOG_WARN,
               "table %s: %s.%s has no index that begins with a field of the key: every look-up "
               "reads all of it",
               hr_table_node(d->table)->name.s, d->find.database, d->find.collection);
    }
    d->index_told = true;
}

/* A client whose server has answered. HR_OK; HR_EIO; what no retry mends. */
static int
demand_connect(demand *d, hr_error *err)
{
    bool has = true;
    int rc = HR_OK;

    if (d->client != NULL) {
        return HR_OK;
    }
    if (hr_clock_ms() < d->retry_at_ms) {
        *err = d->trouble;
        return HR_EIO;
    }
    rc = hr_mongo_client_create_hasty(d->connection, DEMAND_TIMEOUT_MS, &d->client, err);
    if (rc == HR_OK) {
        rc = hr_mongo_find_has_index(d->client, &d->find, &has, err);
    }
    if (rc == HR_OK) {
        demand_tell_index(d, has);
        hr_table_trouble(d->table, NULL);
        hr_table_serves(d->table);
    } else if (rc == HR_EIO) {
        demand_lost(d, err);
    }
    return rc;
}

static int
demand_find(demand *d, hr_span key, bool *found, hr_error *err)
{
    int rc = demand_connect(d, err);

    d->json.len = 0;
    if (rc == HR_OK) {
        rc = hr_mongo_find_one(d->client, &d->find, key, DEMAND_TIMEOUT_MS, &d->json, found, err);
        if (rc == HR_EIO) {
            demand_lost(d, err);
        }
    }
    d->proved |= rc == HR_OK;
    return rc;
}

/* A connection that broke while nobody asked is no reason to send anybody away. */
static int
demand_find_again(demand *d, hr_span key, bool *found, hr_error *err)
{
    bool proved = d->proved;
    int64_t start = hr_clock_ms();
    int rc = demand_find(d, key, found, err);

    if (rc == HR_EIO && proved && hr_clock_ms() - start < DEMAND_SOON_MS &&
        !hr_table_stopping(d->table)) {
        d->retry_at_ms = 0;
        rc = demand_find(d, key, found, err);
    }
    return rc;
}

/* Returns only what no retry mends. */
static int
demand_answer(demand *d, hr_table_query *query, hr_error *err)
{
    bool found = false;
    uint64_t more;
    int rc = demand_find_again(d, query->key, &found, err);

    if (rc == HR_OK && found) {
        hr_table_query_found(d->table, query, hr_buf_span(&d->json));
    } else if (rc == HR_OK) {
        hr_table_query_missing(d->table, query);
    } else {
        hr_table_query_failed(d->table, query, err);
        if (rc == HR_ERECORD && hr_log_allow(&d->bad_rows, DEMAND_LOG_MS, &more)) {
            hr_log(HR_LOG_ERROR, "table %s cannot use a document: %s" HR_LOG_KV "more=%llu",
                   hr_table_node(d->table)->name.s, err->msg, (unsigned long long)more);
        }
    }
    return rc == HR_ECONFIG || rc == HR_EFATAL ? rc : HR_OK;
}

static int
demand_loop(demand *d, hr_error *err)
{
    int rc = demand_connect(d, err);

    while (!hr_table_stopping(d->table) && (rc == HR_OK || rc == HR_EIO)) {
        hr_table_query *query = hr_table_query_next(d->table, DEMAND_IDLE_MS);

        rc = query != NULL ? demand_answer(d, query, err) : demand_connect(d, err);
    }
    return rc == HR_EIO ? HR_OK : rc;
}

int
table_mongo_demand(hr_table *table, const hr_connection *connection, const table_mongo_options *opt,
                   hr_error *err)
{
    const hr_node *node = hr_table_node(table);
    demand d = {.table = table, .connection = connection};
    int rc;

    d.json.cap_max = DEMAND_DOCUMENT_MAX;
    d.find = (hr_mongo_find){.database = opt->database.s,
                             .collection = opt->collection.s,
                             .record = node->schema,
                             .n_keys = node->select.n};
    for (size_t i = 0; i < node->select.n; i++) {
        d.find.keys[i] = node->select.v[i].s;
    }
    rc = demand_loop(&d, err);
    hr_mongo_client_destroy(d.client);
    hr_buf_finish(&d.json);
    return rc;
}
