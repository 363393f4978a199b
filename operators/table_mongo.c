/* table mongo: a table from a collection, read as a whole again and again; or not read at all, and
 * looked up on demand (table_mongo_demand.c).
 *
 * Change streams would tell changes at once, but need a replica set and rights of their own;
 * reading it all works everywhere and cannot drift.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_operator.h"
#include "table_mongo.h"
#include "mongo/client.h"
#include "mongo/find.h"
#include "mongo/reader.h"

#include <stdio.h>
#include <stdlib.h>

#define CHUNK_BYTES ((size_t)4 << 20) /* of documents decoded together */
#define RETRY_MIN_MS 500
#define RETRY_MAX_MS 30000

static const hr_option table_mongo_option_table[] = {
    {.name = "connection",
     .kind = HR_OPT_NAME,
     .offset = offsetof(table_mongo_options, connection),
     .help = "A mongo connection of the runner's config."},
    {.name = "database",
     .kind = HR_OPT_TEXT,
     .offset = offsetof(table_mongo_options, database),
     .help = "The database.",
     .flags = HR_OPT_NONEMPTY},
    {.name = "collection",
     .kind = HR_OPT_TEXT,
     .offset = offsetof(table_mongo_options, collection),
     .help = "The collection: one row a document.",
     .flags = HR_OPT_NONEMPTY},
    {.name = "load",
     .kind = HR_OPT_ENUM,
     .offset = offsetof(table_mongo_options, load),
     .fallback = "all",
     .choices = "all|on_demand",
     .help = "on_demand: no copy is kept, every look-up asks the collection, which should have an "
             "index on the key; for `http_lookup` only."},
    {.name = "refresh",
     .kind = HR_OPT_DURATION_MS,
     .offset = offsetof(table_mongo_options, refresh_ms),
     .fallback = "30s",
     .max = 86400000,
     .help = "Reads the collection anew this often; 0s: only once."},
    {0},
};

static int
table_mongo_check_demand(const hr_node *node, const table_mongo_options *opt, hr_error *err)
{
    (void)opt;
    if (hr_yaml_get(node->options_yaml, "refresh") != NULL) {
        hr_fail_as(err, hr_node_loc(node, "refresh"), "conflict",
                   "`refresh` means nothing where nothing is kept (load: on_demand)");
        return hr_hint(err, "remove it");
    }
    if (node->select.n > HR_MONGO_FIND_KEYS_MAX) {
        return hr_fail_as(err, node->select.v[0].loc, "too-large",
                          "a table on demand has a key of at most %d fields",
                          HR_MONGO_FIND_KEYS_MAX);
    }
    return HR_OK;
}

static int
table_mongo_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const table_mongo_options *opt = options;
    const char *problem = hr_mongo_database_problem(opt->database.s);

    (void)shared;
    if (problem != NULL) {
        return hr_fail_as(err, opt->database.loc, "bad-name", "a MongoDB database's name %s",
                          problem);
    }
    problem = hr_mongo_collection_problem(opt->collection.s);
    if (problem != NULL) {
        return hr_fail_as(err, opt->collection.loc, "bad-name", "a MongoDB collection's name %s",
                          problem);
    }
    return opt->load == 1 ? table_mongo_check_demand(node, opt, err) : HR_OK;
}

/* A collection on its way into a builder. */
typedef struct table_mongo_load {
    hr_table *table;
    hr_table_builder *builder;
    hr_mongo_reader *reader;
    hr_buf json; /* documents of the chunk, one behind the other */
    size_t ends[HR_BATCH_ROWS];
    size_t n;     /* documents in the chunk */
    size_t first; /* documents before it */
} table_mongo_load;

static int
table_mongo_flush(table_mongo_load *load, hr_error *err)
{
    hr_span values[HR_BATCH_ROWS];
    const table_mongo_options *opt = hr_table_node(load->table)->options;
    size_t start = 0, bad = SIZE_MAX;
    int rc;

    for (size_t i = 0; i < load->n; i++) {
        values[i] = (hr_span){load->json.data + start, load->ends[i] - start};
        start = load->ends[i];
    }
    rc = load->n > 0 ? hr_table_put(load->table, load->builder, values, load->n, &bad, err) : HR_OK;
    if (rc == HR_ERECORD) {
        char why[sizeof err->msg];

        memcpy(why, err->msg, sizeof why);
        hr_fail(err, rc, HR_NO_LOC, "%s.%s: document %zu: %.300s", opt->database.s,
                opt->collection.s, load->first + bad + 1, why);
    }
    load->first += load->n;
    load->n = 0;
    load->json.len = 0;
    return rc;
}

static int
table_mongo_read(table_mongo_load *load, hr_error *err)
{
    bool more = true;
    int rc = HR_OK;

    while (rc == HR_OK && more) {
        if (hr_table_stopping(load->table)) {
            return hr_fail(err, HR_EAGAIN, HR_NO_LOC, "the table is to stop");
        }
        rc = hr_mongo_reader_next(load->reader, &load->json, &more, err);
        if (rc == HR_OK && more) {
            load->ends[load->n++] = load->json.len;
        }
        if (rc == HR_OK && (load->n == HR_BATCH_ROWS || load->json.len >= CHUNK_BYTES)) {
            rc = table_mongo_flush(load, err);
        }
    }
    return rc == HR_OK ? table_mongo_flush(load, err) : rc;
}

/* Reads the collection into a fresh builder and publishes that. */
static int
table_mongo_load_all(hr_table *table, hr_mongo_client *client, hr_error *err)
{
    const hr_node *node = hr_table_node(table);
    const table_mongo_options *opt = node->options;
    table_mongo_load *load = calloc(1, sizeof *load);
    int rc;

    if (load == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    load->table = table;
    load->builder = hr_table_builder_new(table);
    load->reader = hr_mongo_reader_open(client, opt->database.s, opt->collection.s, node->schema);
    rc = load->builder != NULL && load->reader != NULL
             ? table_mongo_read(load, err)
             : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    if (rc == HR_OK) {
        rc = hr_table_publish(table, load->builder, err);
    }
    hr_mongo_reader_close(load->reader);
    hr_table_builder_destroy(load->builder);
    hr_buf_finish(&load->json);
    free(load);
    return rc;
}

/* Where the table stands with its server. */
typedef struct table_mongo_state {
    const hr_connection *connection;
    hr_mongo_client *client;
    bool loaded;
    int64_t retry_ms;
} table_mongo_state;

static int
table_mongo_try(hr_table *table, table_mongo_state *st, hr_error *err)
{
    int rc = HR_OK;

    if (st->client == NULL) {
        rc = hr_mongo_client_create(st->connection, &st->client, err);
    }
    return rc == HR_OK ? table_mongo_load_all(table, st->client, err) : rc;
}

/* Tells what went wrong and says how long to wait. */
static int64_t
table_mongo_trouble(hr_table *table, table_mongo_state *st, int64_t refresh_ms, hr_error *err)
{
    int64_t wait = st->retry_ms;
    char why[sizeof err->msg];

    st->retry_ms = 2 * wait < RETRY_MAX_MS ? 2 * wait : RETRY_MAX_MS;
    if (st->loaded && err->code != HR_EIO) {
        hr_table_rejected(table, err);
        return wait > refresh_ms ? wait : refresh_ms;
    }
    if (err->code == HR_EIO) {
        memcpy(why, err->msg, sizeof why);
        hr_fail(err, HR_EIO, HR_NO_LOC, "waiting for mongo: %.370s", why);
    }
    hr_table_trouble(table, err);
    return wait;
}

/* No retry mends these: a wrong setting, or a collection beyond the memory budget at the start. */
static bool
table_mongo_is_final(const table_mongo_state *st, int rc)
{
    return rc == HR_ECONFIG || rc == HR_EFATAL || (rc == HR_ENOMEM && !st->loaded);
}

static int
table_mongo_loop(hr_table *table, const table_mongo_options *opt, table_mongo_state *st,
                 hr_error *err)
{
    while (!hr_table_stopping(table)) {
        int rc = table_mongo_try(table, st, err);

        if (rc == HR_OK) {
            st->loaded = true;
            st->retry_ms = RETRY_MIN_MS;
            if (opt->refresh_ms == 0) {
                return HR_OK;
            }
            hr_table_wait(table, opt->refresh_ms);
        } else if (table_mongo_is_final(st, rc)) {
            return rc;
        } else if (!hr_table_stopping(table)) {
            hr_table_wait(table, table_mongo_trouble(table, st, opt->refresh_ms, err));
        }
    }
    return HR_OK;
}

static int
table_mongo_run(hr_table *table, const void *options, void *shared, hr_error *err)
{
    const table_mongo_options *opt = options;
    table_mongo_state st = {.retry_ms = RETRY_MIN_MS};
    int rc = HR_OK;

    (void)shared;
    st.connection =
        hr_runner_connection(hr_table_runner(table), &opt->connection, HR_CONNECTION_MONGO, err);
    if (st.connection == NULL) {
        return HR_ECONFIG;
    }
    rc = hr_mongo_connection_check(st.connection, err);
    if (rc == HR_OK) {
        rc = opt->load == 1 ? table_mongo_demand(table, st.connection, opt, err)
                            : table_mongo_loop(table, opt, &st, err);
    }
    hr_mongo_client_destroy(st.client);
    return rc;
}

static bool
table_mongo_on_demand(const void *options)
{
    return ((const table_mongo_options *)options)->load == 1;
}

const hr_table_type hr_table_mongo = {
    .abi = HR_OP_ABI,
    .name = "mongo",
    .summary = "A table from a MongoDB collection.",
    .example =
        "{connection: mongo, database: agile_data_science, collection: origin_dest_distances}",
    .options = table_mongo_option_table,
    .options_size = sizeof(table_mongo_options),
    .shared_size = sizeof(hr_table_shared),
    .compile = table_mongo_compile,
    .run = table_mongo_run,
    .release = hr_table_release,
    .on_demand = table_mongo_on_demand,
};
