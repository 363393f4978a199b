/* The reply is not taken at its word: a server that stops at the first error of an unordered
 * command, or counts fewer documents than it was sent, has its operations sent again, one by one;
 * every one of them may be repeated without harm.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/verdict.h"
#include "mongo/client.h"
#include "mongo/duplicate.h"
#include "mongo/error_class.h"

static int64_t
reply_int(const bson_t *reply, const char *name)
{
    bson_iter_t iter;

    return bson_iter_init_find(&iter, reply, name) ? bson_iter_as_int64(&iter) : 0;
}

static const char *
reply_text(const bson_t *doc, const char *name)
{
    bson_iter_t iter;

    return bson_iter_init_find(&iter, doc, name) && BSON_ITER_HOLDS_UTF8(&iter)
               ? bson_iter_utf8(&iter, NULL)
               : "";
}

/* Steps through an array of documents of the reply. */
static bool
reply_errors(const bson_t *reply, const char *name, bson_iter_t *iter)
{
    bson_iter_t found;

    return bson_iter_init_find(&found, reply, name) && BSON_ITER_HOLDS_ARRAY(&found) &&
           bson_iter_recurse(&found, iter);
}

static bool
reply_next_error(bson_iter_t *iter, bson_t *error)
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
verdict_trouble(hr_error *err, const hr_mongo_target *target, hr_mongo_class is, int64_t code,
                const char *message)
{
    char text[240];

    hr_mongo_redact(message, text, sizeof text);
    hr_fail(err, HR_EIO, HR_NO_LOC, "%.60s.%.60s: %s (code %lld%s)", target->database,
            target->collection, text, (long long)code,
            is == HR_MONGO_SETUP ? "; this needs a change of rights or settings" : "");
}

int
hr_mongo_trouble(const hr_mongo_target *target, const bson_error_t *problem, hr_error *err)
{
    hr_mongo_class is =
        hr_mongo_classify(HR_MONGO_OF_COMMAND, problem->domain, problem->code, false);

    verdict_trouble(err, target, is, problem->code, problem->message);
    return HR_EIO;
}

/* The same, from an entry of the reply. */
static void
verdict_entry_trouble(hr_error *err, const hr_mongo_target *target, hr_mongo_scope scope,
                      const bson_t *entry)
{
    int64_t code = reply_int(entry, "code");

    verdict_trouble(err, target, hr_mongo_classify(scope, 0, code, false), code,
                    reply_text(entry, "errmsg"));
}

static const char *
verdict_code_name(int64_t code)
{
    switch (code) {
    case 22:
        return " (invalid BSON)";
    case 66:
        return " (_id cannot be changed)";
    case 121:
        return " (document validation)";
    case 10334:
        return " (too large)";
    default:
        return "";
    }
}

/* A server's text may quote the document: the code says enough. */
static void
verdict_refuse(hr_mongo_op *op, int64_t code, hr_arena *arena)
{
    op->outcome = HR_MONGO_REFUSED;
    op->reason = hr_arena_printf(arena, "MongoDB refused the document, code %lld%s",
                                 (long long)code, verdict_code_name(code));
    if (op->reason == NULL) {
        op->reason = "MongoDB refused the document";
    }
}

/* A document that is written again offends against every unique index of the collection, and the
 * server names only one of them: that it is not the key's own proves nothing. False: trouble. */
static bool
verdict_duplicate(const hr_mongo_judge *judge, const bson_t *error, hr_mongo_op *op, hr_error *err)
{
    const hr_mongo_target *target = judge->target;
    bool stored = false;

    if (hr_mongo_duplicate_of(error, target->key, target->n_key, judge->index) ==
        HR_MONGO_DUPLICATE_OF_KEY) {
        op->outcome = HR_MONGO_TAKEN;
        return true;
    }
    op->outcome = HR_MONGO_OPEN;
    if (judge->find_stored(judge->ctx, op, &stored, err) != HR_OK) {
        return false;
    }
    op->outcome = stored ? HR_MONGO_DONE : HR_MONGO_CLASH;
    return true;
}

/* One entry of writeErrors. False: trouble. */
static bool
verdict_operation(const hr_mongo_judge *judge, const bson_t *error, hr_mongo_op *op,
                  hr_arena *arena, hr_error *err)
{
    int64_t code = reply_int(error, "code");

    switch (hr_mongo_classify(HR_MONGO_OF_OPERATION, 0, code, false)) {
    case HR_MONGO_DUPLICATE:
        return verdict_duplicate(judge, error, op, err);
    case HR_MONGO_RECORD:
        verdict_refuse(op, code, arena);
        return true;
    default:
        op->outcome = HR_MONGO_OPEN;
        verdict_entry_trouble(err, judge->target, HR_MONGO_OF_OPERATION, error);
        return false;
    }
}

/* Nothing can be said of any of them. */
static hr_mongo_next
verdict_none(const hr_mongo_judge *judge, hr_mongo_op *ops, size_t n, hr_error *err)
{
    for (size_t i = 0; i < n; i++) {
        ops[i].outcome = HR_MONGO_OPEN;
    }
    verdict_trouble(err, judge->target, HR_MONGO_TRANSIENT, 0,
                    "the server acknowledged fewer writes than it was sent");
    return n > 1 ? HR_MONGO_ALONE : HR_MONGO_WAIT;
}

static size_t
verdict_count(const bson_t *reply)
{
    int64_t counted = reply_int(reply, "nInserted") + reply_int(reply, "nMatched") +
                      reply_int(reply, "nUpserted");
    bson_iter_t iter;
    bson_t error;

    if (reply_errors(reply, "writeErrors", &iter)) {
        while (reply_next_error(&iter, &error)) {
            counted++;
        }
    }
    return counted > 0 ? (size_t)counted : 0;
}

/* The command went through; operations may have failed one by one. */
static hr_mongo_next
verdict_operations(const hr_mongo_judge *judge, const bson_t *reply, hr_mongo_op *ops, size_t n,
                   hr_arena *arena, hr_error *err)
{
    hr_mongo_next next = HR_MONGO_SETTLED;
    bson_iter_t iter;
    bson_t error;

    if (verdict_count(reply) < n) {
        return verdict_none(judge, ops, n, err);
    }
    for (size_t i = 0; i < n; i++) {
        ops[i].outcome = HR_MONGO_DONE;
    }
    if (!reply_errors(reply, "writeErrors", &iter)) {
        return next;
    }
    while (reply_next_error(&iter, &error)) {
        int64_t index = reply_int(&error, "index");

        if (index < 0 || (size_t)index >= n) {
            return verdict_none(judge, ops, n, err);
        }
        if (!verdict_operation(judge, &error, &ops[index], arena, err)) {
            next = HR_MONGO_WAIT;
        }
    }
    return next;
}

/* The command failed as a whole. */
static hr_mongo_next
verdict_command(const hr_mongo_judge *judge, const bson_t *reply, const bson_error_t *problem,
                hr_mongo_op *ops, size_t n, hr_arena *arena, hr_error *err)
{
    bool retryable = mongoc_error_has_label(reply, "RetryableWriteError");
    hr_mongo_class is =
        hr_mongo_classify(HR_MONGO_OF_COMMAND, problem->domain, problem->code, retryable);

    verdict_trouble(err, judge->target, is, problem->code, problem->message);
    if (is != HR_MONGO_RECORD && is != HR_MONGO_DUPLICATE) {
        return HR_MONGO_WAIT;
    }
    if (n > 1) {
        return HR_MONGO_ALONE;
    }
    if (is == HR_MONGO_RECORD) {
        verdict_refuse(&ops[0], problem->code, arena);
        return HR_MONGO_SETTLED;
    }
    return verdict_duplicate(judge, reply, &ops[0], err) ? HR_MONGO_SETTLED : HR_MONGO_WAIT;
}

hr_mongo_next
hr_mongo_verdict(const hr_mongo_judge *judge, bool ok, const bson_t *reply,
                 const bson_error_t *problem, hr_mongo_op *ops, size_t n, hr_arena *arena,
                 hr_error *err)
{
    bson_iter_t iter;
    bson_t error;

    for (size_t i = 0; i < n; i++) {
        ops[i].outcome = HR_MONGO_OPEN;
    }
    if (ok) {
        return verdict_operations(judge, reply, ops, n, arena, err);
    }
    /* Stored, but not as widely as was asked for. */
    if (reply_errors(reply, "writeConcernErrors", &iter) && reply_next_error(&iter, &error)) {
        verdict_entry_trouble(err, judge->target, HR_MONGO_OF_WRITE_CONCERN, &error);
        return HR_MONGO_WAIT;
    }
    if (problem->domain == MONGOC_ERROR_SERVER && reply_errors(reply, "writeErrors", &iter) &&
        reply_next_error(&iter, &error)) {
        return verdict_operations(judge, reply, ops, n, arena, err);
    }
    return verdict_command(judge, reply, problem, ops, n, arena, err);
}
