/* A key comes as the bytes that tables in memory are searched by: they hold its values, and can go
 * from thread to thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/find.h"
#include "mongo/bson_text.h"
#include "mongo/bson_value.h"
#include "mongo/driver.h"
#include "state/table_index.h"

#include <stdio.h>

static int
find_fail(const hr_mongo_find *find, const bson_error_t *problem, hr_error *err)
{
    char text[300];

    hr_mongo_redact(problem->message, text, sizeof text);
    return hr_fail(err, HR_EIO, HR_NO_LOC, "%s.%s: %s (code %u)", find->database, find->collection,
                   text, problem->code);
}

/* --- index ---------------------------------------------------------------------------------- */

static bool
find_is_key(const hr_mongo_find *find, const char *name)
{
    for (size_t i = 0; i < find->n_keys; i++) {
        if (strcmp(find->keys[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool
find_index_helps(const hr_mongo_find *find, const bson_t *index)
{
    bson_iter_t iter, field;

    return bson_iter_init_find(&iter, index, "key") && bson_iter_recurse(&iter, &field) &&
           bson_iter_next(&field) && find_is_key(find, bson_iter_key(&field));
}

int
hr_mongo_find_has_index(hr_mongo_client *client, const hr_mongo_find *find, bool *has,
                        hr_error *err)
{
    mongoc_collection_t *collection =
        mongoc_client_get_collection(client->driver, find->database, find->collection);
    mongoc_cursor_t *cursor = mongoc_collection_find_indexes_with_opts(collection, NULL);
    const bson_t *index;
    bson_error_t problem;
    int rc = HR_OK;

    *has = find_is_key(find, "_id");
    while (mongoc_cursor_next(cursor, &index)) {
        *has = *has || find_index_helps(find, index);
    }
    /* 26: the collection is not there so far. */
    if (mongoc_cursor_error(cursor, &problem) && problem.code != 26) {
        rc = find_fail(find, &problem, err);
    }
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    return rc;
}

/* --- one document --------------------------------------------------------------------------- */

static int
find_add_key(const hr_mongo_find *find, size_t i, const hr_table_key_part *part, bson_t *filter,
             const char **reason)
{
    const hr_schema_field *field = hr_schema_find(find->record, find->keys[i]);
    uint8_t lane = HR_LANE_OK, flag = part->i != 0;
    int64_t number = part->i;
    hr_span span = part->s;
    hr_column column = {.kind = part->kind, .lane = &lane};

    if (part->kind == HR_KIND_BOOL) {
        column.v.b = &flag;
    } else if (hr_kind_is_span(part->kind)) {
        column.v.s = &span;
    } else {
        column.v.i = &number;
    }
    return hr_bson_put_column(filter, hr_span_str(find->keys[i]),
                              field != NULL ? field->schema : NULL, &column, 0, NULL, reason);
}

/* HR_ERECORD: no document can have such a key (an int where the schema's have 32 bits). */
static int
find_filter(const hr_mongo_find *find, hr_span key, bson_t *filter)
{
    hr_table_key_part part;
    const char *reason = "";
    int rc = HR_OK;

    for (size_t i = 0; i < find->n_keys && rc == HR_OK; i++) {
        rc = hr_table_key_next(&key, &part) ? find_add_key(find, i, &part, filter, &reason)
                                            : HR_ERECORD;
    }
    return rc;
}

static void
find_options(const hr_mongo_find *find, int64_t timeout_ms, bson_t *options)
{
    bson_t part;

    BSON_APPEND_INT64(options, "limit", 1);
    BSON_APPEND_INT64(options, "maxTimeMS", timeout_ms);
    BSON_APPEND_DOCUMENT_BEGIN(options, "sort", &part);
    BSON_APPEND_INT32(&part, "_id", -1);
    bson_append_document_end(options, &part);
    BSON_APPEND_DOCUMENT_BEGIN(options, "projection", &part);
    for (size_t i = 0; i < find->record->n_fields; i++) {
        BSON_APPEND_INT32(&part, find->record->fields[i].name, 1);
    }
    bson_append_document_end(options, &part);
}

static int
find_take(const hr_mongo_find *find, const bson_t *doc, hr_buf *out, hr_error *err)
{
    const char *field = NULL, *reason = "";
    int rc = hr_bson_to_json(doc, find->record, out, &field, &reason);

    if (rc == HR_ENOMEM) {
        return hr_fail(err, rc, HR_NO_LOC, "out of memory");
    }
    return rc == HR_OK ? HR_OK
                       : hr_fail(err, rc, HR_NO_LOC, "%s.%s: field '%.60s': %s", find->database,
                                 find->collection, field != NULL ? field : "", reason);
}

static int
find_run(hr_mongo_client *client, const hr_mongo_find *find, const bson_t *filter,
         const bson_t *options, hr_buf *out, bool *found, hr_error *err)
{
    mongoc_collection_t *collection =
        mongoc_client_get_collection(client->driver, find->database, find->collection);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, filter, options, NULL);
    const bson_t *doc;
    bson_error_t problem;
    int rc = HR_OK;

    if (mongoc_cursor_next(cursor, &doc)) {
        *found = true;
        rc = find_take(find, doc, out, err);
    } else if (mongoc_cursor_error(cursor, &problem)) {
        rc = find_fail(find, &problem, err);
    }
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    return rc;
}

int
hr_mongo_find_one(hr_mongo_client *client, const hr_mongo_find *find, hr_span key,
                  int64_t timeout_ms, hr_buf *out, bool *found, hr_error *err)
{
    bson_t filter = BSON_INITIALIZER, options = BSON_INITIALIZER;
    int rc = find_filter(find, key, &filter);

    *found = false;
    if (rc == HR_OK) {
        find_options(find, timeout_ms, &options);
        rc = find_run(client, find, &filter, &options, out, found, err);
    } else if (rc == HR_ERECORD) {
        rc = HR_OK;
    }
    bson_destroy(&filter);
    bson_destroy(&options);
    return rc;
}
