/* What the driver reports about a bulk is not taken at its word: a server that stops at the first
 * error of an unordered command, or counts fewer documents than it was sent, has its operations
 * sent again, one by one; every one of them may be repeated without harm.
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/bulk.h"
#include "engine/log.h"
#include "mongo/driver.h"
#include "mongo/error_class.h"
#include "mongo/key_index.h"

#include <stdlib.h>

typedef struct bulk {
    const hr_mongo_target *target;
    hr_mongo_client *client;
    mongoc_collection_t *collection;
    bson_t options, insert, upsert;
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

static int64_t
bulk_int(const bson_t *reply, const char *name)
{
    bson_iter_t iter;

    return bson_iter_init_find(&iter, reply, name) ? bson_iter_as_int64(&iter) : 0;
}

static const char *
bulk_text(const bson_t *doc, const char *name)
{
    bson_iter_t iter;

    return bson_iter_init_find(&iter, doc, name) && BSON_ITER_HOLDS_UTF8(&iter)
               ? bson_iter_utf8(&iter, NULL)
               : "";
}

/* Steps through an array of documents of the reply. */
static bool
bulk_errors(const bson_t *reply, const char *name, bson_iter_t *iter)
{
    bson_iter_t found;

    return bson_iter_init_find(&found, reply, name) && BSON_ITER_HOLDS_ARRAY(&found) &&
           bson_iter_recurse(&found, iter);
}

static bool
bulk_next_error(bson_iter_t *iter, bson_t *error)
{
    while (bson_iter_next(iter)) {
        const uint8_t *data;
        uint32_t len;

        if (BSON_ITER_HOLDS_DOCUMENT(iter)) {
            bson_iter_document(iter, &len, &data);
            return bson_init_static(error, data, len);
        }
    }
    return false;
}

static void
bulk_refuse(hr_mongo_op *op, int64_t code, const char *text, hr_arena *arena)
{
    op->outcome = HR_MONGO_REFUSED;
    /* A server's text may quote the document: the code says enough. */
    op->reason = hr_arena_printf(arena, "MongoDB refused the document, code %lld%s%.40s",
                                 (long long)code, *text != '\0' ? " " : "", text);
    if (op->reason == NULL) {
        op->reason = "MongoDB refused the document";
    }
}

/* The name of a code, which the text of the server begins with or is known for. */
static const char *
bulk_code_name(int64_t code)
{
    switch (code) {
    case 121:
        return "(document validation)";
    case 10334:
        return "(too large)";
    case 66:
        return "(_id cannot be changed)";
    case 22:
        return "(invalid BSON)";
    default:
        return "";
    }
}

/* One entry of writeErrors. false: trouble. */
static bool
bulk_settle_error(const bulk *b, const bson_t *error, hr_mongo_op *op, hr_arena *arena)
{
    int64_t code = bulk_int(error, "code");

    switch (hr_mongo_classify(HR_MONGO_OF_OPERATION, 0, code, false)) {
    case HR_MONGO_DUPLICATE:
        op->outcome = hr_mongo_duplicate_is_own(error, b->target->key, b->target->n_key, b->index)
                          ? HR_MONGO_TAKEN
                          : HR_MONGO_CLASH;
        return true;
    case HR_MONGO_RECORD:
        bulk_refuse(op, code, bulk_code_name(code), arena);
        return true;
    default:
        op->outcome = HR_MONGO_OPEN;
        return false;
    }
}

static void
bulk_trouble(hr_error *err, const hr_mongo_target *target, hr_mongo_class is, int64_t code,
             const char *message)
{
    char text[240];

    hr_mongo_redact(message, text, sizeof text);
    hr_fail(err, HR_EIO, HR_NO_LOC, "%.60s.%.60s: %s (code %lld%s)", target->database,
            target->collection, text, (long long)code,
            is == HR_MONGO_SETUP ? "; this needs a change of rights or settings" : "");
}

/* As the last one, from an entry of the reply. */
static void
bulk_entry_trouble(hr_error *err, const hr_mongo_target *target, hr_mongo_scope scope,
                   const bson_t *entry)
{
    int64_t code = bulk_int(entry, "code");

    bulk_trouble(err, target, hr_mongo_classify(scope, 0, code, false), code,
                 bulk_text(entry, "errmsg"));
}

/* The command went through; operations may have failed one by one. */
static hr_mongo_next
bulk_settle(const bulk *b, const bson_t *reply, hr_mongo_op *ops, size_t n, hr_arena *arena,
            hr_error *err)
{
    int64_t counted =
        bulk_int(reply, "nInserted") + bulk_int(reply, "nMatched") + bulk_int(reply, "nUpserted");
    hr_mongo_next next = HR_MONGO_SETTLED;
    bson_iter_t iter;
    bson_t error;

    for (size_t i = 0; i < n; i++) {
        ops[i].outcome = HR_MONGO_DONE;
    }
    if (bulk_errors(reply, "writeErrors", &iter)) {
        while (bulk_next_error(&iter, &error)) {
            int64_t index = bulk_int(&error, "index");

            counted++;
            if (index < 0 || (size_t)index >= n ||
                !bulk_settle_error(b, &error, &ops[index], arena)) {
                bulk_entry_trouble(err, b->target, HR_MONGO_OF_OPERATION, &error);
                next = HR_MONGO_WAIT;
            }
        }
    }
    if (counted >= (int64_t)n) {
        return next;
    }
    for (size_t i = 0; i < n; i++) {
        ops[i].outcome = HR_MONGO_OPEN;
    }
    bulk_trouble(err, b->target, HR_MONGO_TRANSIENT, 0,
                 "the server acknowledged fewer writes than it was sent");
    return n > 1 ? HR_MONGO_ALONE : HR_MONGO_WAIT;
}

/* The command failed as a whole. */
static hr_mongo_next
bulk_settle_failure(const bulk *b, const bson_t *reply, const bson_error_t *problem,
                    hr_mongo_op *ops, size_t n, hr_arena *arena, hr_error *err)
{
    bool retryable = mongoc_error_has_label(reply, "RetryableWriteError");
    hr_mongo_class is =
        hr_mongo_classify(HR_MONGO_OF_COMMAND, problem->domain, problem->code, retryable);

    bulk_trouble(err, b->target, is, problem->code, problem->message);
    if (is != HR_MONGO_RECORD && is != HR_MONGO_DUPLICATE) {
        return HR_MONGO_WAIT;
    }
    if (n > 1) {
        return HR_MONGO_ALONE;
    }
    if (is == HR_MONGO_DUPLICATE) {
        ops[0].outcome = HR_MONGO_TAKEN;
    } else {
        bulk_refuse(&ops[0], problem->code, bulk_code_name(problem->code), arena);
    }
    return HR_MONGO_SETTLED;
}

static hr_mongo_next
bulk_judge(const bulk *b, bool ok, const bson_t *reply, const bson_error_t *problem,
           hr_mongo_op *ops, size_t n, hr_arena *arena, hr_error *err)
{
    bson_iter_t iter;
    bson_t error;

    if (ok) {
        return bulk_settle(b, reply, ops, n, arena, err);
    }
    if (bulk_errors(reply, "writeConcernErrors", &iter) && bulk_next_error(&iter, &error)) {
        bulk_entry_trouble(err, b->target, HR_MONGO_OF_WRITE_CONCERN, &error);
        return HR_MONGO_WAIT;
    }
    if (problem->domain == MONGOC_ERROR_SERVER && bulk_errors(reply, "writeErrors", &iter) &&
        bulk_next_error(&iter, &error)) {
        return bulk_settle(b, reply, ops, n, arena, err);
    }
    return bulk_settle_failure(b, reply, problem, ops, n, arena, err);
}

static hr_mongo_next
bulk_write(void *ctx, hr_mongo_op *ops, size_t n, hr_arena *arena, hr_error *err)
{
    bulk *b = ctx;
    mongoc_bulk_operation_t *operation =
        mongoc_collection_create_bulk_operation_with_opts(b->collection, &b->options);
    bson_error_t problem = {0};
    bson_t reply = BSON_INITIALIZER;
    hr_mongo_next next;
    bool ok = true;

    for (size_t i = 0; i < n; i++) {
        ops[i].outcome = HR_MONGO_OPEN;
        ok = ok && bulk_append(b, operation, &ops[i], &problem);
    }
    if (ok) {
        bson_destroy(&reply);
        ok = mongoc_bulk_operation_execute(operation, &reply, &problem) != 0;
    }
    next = bulk_judge(b, ok, &reply, &problem, ops, n, arena, err);
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
