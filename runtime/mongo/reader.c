/* SPDX-License-Identifier: Apache-2.0 */
#include "mongo/reader.h"
#include "mongo/bson_text.h"
#include "mongo/driver.h"

#include <stdio.h>
#include <stdlib.h>

struct hr_mongo_reader {
    const char *database, *collection;
    const hr_schema *record;
    mongoc_collection_t *handle;
    mongoc_cursor_t *cursor;
    size_t n; /* documents read */
    bson_oid_t id;
    bool has_id; /* of the document read last, and it is an ObjectId */
};

static void
reader_projection(const hr_schema *record, bson_t *options)
{
    bson_t fields;

    if (record == NULL) {
        return;
    }
    BSON_APPEND_DOCUMENT_BEGIN(options, "projection", &fields);
    for (size_t i = 0; i < record->n_fields; i++) {
        BSON_APPEND_INT32(&fields, record->fields[i].name, 1);
    }
    bson_append_document_end(options, &fields);
}

hr_mongo_reader *
hr_mongo_reader_open(hr_mongo_client *client, const char *database, const char *collection,
                     const hr_schema *record)
{
    hr_mongo_reader *reader = calloc(1, sizeof *reader);
    bson_t all = BSON_INITIALIZER, options = BSON_INITIALIZER;

    if (reader != NULL) {
        reader->database = database;
        reader->collection = collection;
        reader->record = record;
        reader_projection(record, &options);
        reader->handle = mongoc_client_get_collection(client->driver, database, collection);
        reader->cursor = mongoc_collection_find_with_opts(reader->handle, &all, &options, NULL);
    }
    bson_destroy(&options);
    bson_destroy(&all);
    return reader;
}

void
hr_mongo_reader_close(hr_mongo_reader *reader)
{
    if (reader != NULL) {
        mongoc_cursor_destroy(reader->cursor);
        mongoc_collection_destroy(reader->handle);
        free(reader);
    }
}

static int
reader_end(const hr_mongo_reader *reader, hr_error *err)
{
    bson_error_t problem;
    char text[320];

    if (!mongoc_cursor_error(reader->cursor, &problem)) {
        return HR_OK;
    }
    hr_mongo_redact(problem.message, text, sizeof text);
    return hr_fail(err, HR_EIO, HR_NO_LOC, "%s.%s: %s (code %u)", reader->database,
                   reader->collection, text, problem.code);
}

void
hr_mongo_reader_place(const hr_mongo_reader *reader, char *text, size_t size)
{
    char id[25];

    if (reader->has_id) {
        bson_oid_to_string(&reader->id, id);
        snprintf(text, size, "%s.%s: document with _id %s", reader->database, reader->collection,
                 id);
    } else {
        snprintf(text, size, "%s.%s: document %zu", reader->database, reader->collection,
                 reader->n);
    }
}

static void
reader_remember(hr_mongo_reader *reader, const bson_t *doc)
{
    bson_iter_t iter;

    reader->n++;
    reader->has_id = bson_iter_init_find(&iter, doc, "_id") && BSON_ITER_HOLDS_OID(&iter);
    if (reader->has_id) {
        bson_oid_copy(bson_iter_oid(&iter), &reader->id);
    }
}

int
hr_mongo_reader_next(hr_mongo_reader *reader, hr_buf *out, bool *more, hr_error *err)
{
    const bson_t *doc;
    const char *field, *reason = "";
    char place[320];
    int rc;

    *more = mongoc_cursor_next(reader->cursor, &doc);
    if (!*more) {
        return reader_end(reader, err);
    }
    reader_remember(reader, doc);
    rc = hr_bson_to_json(doc, reader->record, out, &field, &reason);
    if (rc == HR_ENOMEM) {
        return hr_fail(err, rc, HR_NO_LOC, "out of memory");
    }
    if (rc != HR_OK) {
        hr_mongo_reader_place(reader, place, sizeof place);
        hr_fail(err, rc, HR_NO_LOC, "%s: field '%.60s': %s", place, field != NULL ? field : "",
                reason);
    }
    return rc;
}
