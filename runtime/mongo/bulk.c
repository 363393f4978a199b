/* One bulk is one command: it is kept under the sizes at which the driver would split it, so an
 * error is about all of it or names an operation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/bulk.h"
#include "engine/log.h"
#include "mongo/driver.h"
#include "mongo/indexes.h"
#include "mongo/key_index.h"
#include "mongo/stored.h"
#include "mongo/verdict.h"

#include <stdlib.h>

typedef struct bulk {
    const hr_mongo_target *target;
    hr_mongo_client *client;
    mongoc_collection_t *collection;
    bson_t options, insert, upsert, one;
    char index[HR_MONGO_INDEX_NAME_MAX]; /* name of the key's own */
} bulk;

static void *
bulk_create(const void *target)
{
    bulk *b = calloc(1, sizeof *b);

    if (b != NULL) {
        b->target = target;
        bson_init(&b->options);
        BSON_APPEND_BOOL(&b->options, "ordered", false);
        bson_init(&b->insert);
        BSON_APPEND_BOOL(&b->insert, "validate", false); /* doc.c checked names and UTF-8 */
        bson_init(&b->upsert);
        BSON_APPEND_BOOL(&b->upsert, "validate", false);
        BSON_APPEND_BOOL(&b->upsert, "upsert", true);
        bson_init(&b->one);
        BSON_APPEND_INT64(&b->one, "limit", 1);
    }
    return b;
}

static void
bulk_destroy(void *ctx)
{
    bulk *b = ctx;

    if (b != NULL) {
        mongoc_collection_destroy(b->collection);
        hr_mongo_client_destroy(b->client);
        bson_destroy(&b->options);
        bson_destroy(&b->insert);
        bson_destroy(&b->upsert);
        bson_destroy(&b->one);
        free(b);
    }
}

/* On one server without replicas, majority is that server. */
static void
bulk_warn_standalone(const bulk *b)
{
    static hr_log_gate gate;
    mongoc_server_description_t *server =
        mongoc_client_select_server(b->client->driver, true, NULL, NULL);
    uint64_t suppressed;

    if (server == NULL) {
        return;
    }
    if (strcmp(mongoc_server_description_type(server), "Standalone") == 0 &&
        hr_log_allow(&gate, INT32_MAX, &suppressed)) {
        hr_log(HR_LOG_WARN,
               "MongoDB is one server without replicas: what it acknowledges is lost with its "
               "disk" HR_LOG_KV "connection=%s",
               b->target->connection->name.s);
    }
    mongoc_server_description_destroy(server);
}

static int
bulk_prepare(void *ctx, hr_error *err)
{
    bulk *b = ctx;
    int rc = HR_OK;

    if (b->client == NULL) {
        rc = hr_mongo_client_create(b->target->connection, &b->client, err);
    }
    if (rc == HR_OK && b->collection == NULL) {
        b->collection = mongoc_client_get_collection(b->client->driver, b->target->database,
                                                     b->target->collection);
    }
    if (rc == HR_OK) { /* first, as one of them may be the key's */
        rc = hr_mongo_indexes(b->client, b->target, err);
    }
    if (rc == HR_OK) {
        rc = hr_mongo_key_index(b->client, b->target, b->index, err);
    }
    if (rc == HR_OK) {
        bulk_warn_standalone(b);
    }
    return rc;
}

static bool
bulk_append(bulk *b, mongoc_bulk_operation_t *operation, const hr_mongo_op *op,
            bson_error_t *problem)
{
    bson_t filter, body;

    if (!hr_mongo_view(&body, op->body)) {
        bson_set_error(problem, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "not BSON");
        return false;
    }
    if (b->target->insert) {
        return mongoc_bulk_operation_insert_with_opts(operation, &body, &b->insert, problem);
    }
    if (!hr_mongo_view(&filter, op->filter)) {
        bson_set_error(problem, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "not BSON");
        return false;
    }
    return mongoc_bulk_operation_replace_one_with_opts(operation, &filter, &body, &b->upsert,
                                                       problem);
}

/* Looks for the document that a duplicate may be about. */
static int
bulk_find_stored(void *ctx, const hr_mongo_op *op, bool *stored, hr_error *err)
{
    bulk *b = ctx;
    bson_t query = BSON_INITIALIZER;
    const bson_t *found;
    mongoc_cursor_t *cursor;
    bson_error_t problem;
    int rc = HR_OK;

    *stored = false;
    if (hr_mongo_stored_query(op, b->target->insert, &query)) {
        cursor = mongoc_collection_find_with_opts(b->collection, &query, &b->one, NULL);
        *stored = mongoc_cursor_next(cursor, &found);
        if (!*stored && mongoc_cursor_error(cursor, &problem)) {
            rc = hr_mongo_trouble(b->target, &problem, err);
        }
        mongoc_cursor_destroy(cursor);
    }
    bson_destroy(&query);
    return rc;
}

static hr_mongo_next
bulk_write(void *ctx, hr_mongo_op *ops, size_t n, hr_arena *arena, hr_error *err)
{
    bulk *b = ctx;
    mongoc_bulk_operation_t *operation =
        mongoc_collection_create_bulk_operation_with_opts(b->collection, &b->options);
    bson_error_t problem = {0};
    bson_t reply = BSON_INITIALIZER;
    hr_mongo_judge judge = {b->target, b->index, bulk_find_stored, b};
    hr_mongo_next next;
    bool ok = true;

    for (size_t i = 0; i < n; i++) {
        ok = ok && bulk_append(b, operation, &ops[i], &problem);
    }
    if (ok) {
        bson_destroy(&reply);
        ok = mongoc_bulk_operation_execute(operation, &reply, &problem) != 0;
    }
    next = hr_mongo_verdict(&judge, ok, &reply, &problem, ops, n, arena, err);
    bson_destroy(&reply);
    mongoc_bulk_operation_destroy(operation);
    return next;
}

const hr_mongo_backend hr_mongo_bulk = {
    .create = bulk_create,
    .prepare = bulk_prepare,
    .write = bulk_write,
    .destroy = bulk_destroy,
};
