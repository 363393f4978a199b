/* An index of the same fields with other options is left alone: changing it would mean dropping it,
 * and a query that somebody else relies on would be slow until it is built anew.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/indexes.h"
#include "mongo/duplicate.h"

#include <stdio.h>

#define NO_COLLECTION 26 /* the server's code: the collection is not there so far */

/* --- comparing ---------------------------------------------------------------------------------
 */

static bool
index_fields_equal(const bson_t *found, const hr_mongo_index *wanted)
{
    bson_iter_t iter, field;
    size_t n = 0;

    if (!bson_iter_init_find(&iter, found, "key") || !bson_iter_recurse(&iter, &field)) {
        return false;
    }
    for (; bson_iter_next(&field); n++) {
        if (n == wanted->n || !BSON_ITER_HOLDS_NUMBER(&field) ||
            !hr_span_eq(wanted->fields[n].name, hr_span_str(bson_iter_key(&field))) ||
            (bson_iter_as_double(&field) < 0) != (wanted->fields[n].direction < 0)) {
            return false;
        }
    }
    return n == wanted->n;
}

static bool
index_flag(const bson_t *index, const char *name)
{
    bson_iter_t iter;

    return bson_iter_init_find(&iter, index, name) && bson_iter_as_bool(&iter);
}

static const char *
index_name_of(const bson_t *index)
{
    bson_iter_t iter;

    return bson_iter_init_find(&iter, index, "name") && BSON_ITER_HOLDS_UTF8(&iter)
               ? bson_iter_utf8(&iter, NULL)
               : "";
}

hr_mongo_index_match
hr_mongo_index_compare(const bson_t *found, const hr_mongo_index *wanted, const char **why)
{
    bool same_name = wanted->name != NULL && strcmp(index_name_of(found), wanted->name) == 0;

    *why = NULL;
    if (!index_fields_equal(found, wanted)) {
        *why = same_name ? "it has other fields" : NULL;
    } else if (index_flag(found, "unique") != wanted->unique) {
        *why = wanted->unique ? "it is not unique" : "it is unique";
    } else if (index_flag(found, "sparse")) {
        *why = "it is sparse";
    } else if (bson_has_field(found, "partialFilterExpression")) {
        *why = "it is partial";
    } else if (bson_has_field(found, "expireAfterSeconds")) {
        *why = "its documents expire";
    } else if (wanted->name != NULL && !same_name) {
        *why = "it has another name";
    } else {
        return HR_MONGO_INDEX_SAME;
    }
    return *why != NULL ? HR_MONGO_INDEX_CLASHES : HR_MONGO_INDEX_OTHER;
}

/* --- asking and creating -----------------------------------------------------------------------
 */

static int
index_fail(hr_error *err, const char *what, const hr_mongo_target *target,
           const hr_mongo_index *index, const bson_error_t *problem)
{
    char text[200], fields[120];

    hr_mongo_redact(problem->message, text, sizeof text);
    hr_mongo_index_text(index, fields, sizeof fields);
    return hr_fail(err, HR_EIO, HR_NO_LOC, "%s.%s: %s the index %s: %s (code %u)", target->database,
                   target->collection, what, fields, text, problem->code);
}

static int
index_clashes(hr_error *err, const hr_mongo_target *target, const hr_mongo_index *index,
              const bson_t *found, const char *why)
{
    char fields[120];

    hr_mongo_index_text(index, fields, sizeof fields);
    return hr_fail(err, HR_EIO, HR_NO_LOC,
                   "%s.%s: the index %s cannot be as the topology wants it: '%.60s' is there, and "
                   "%s; drop that one, or change `indexes`",
                   target->database, target->collection, fields, index_name_of(found), why);
}

static int
index_missing(hr_error *err, const hr_mongo_target *target, const hr_mongo_index *index)
{
    char fields[120];

    hr_mongo_index_text(index, fields, sizeof fields);
    return hr_fail(err, HR_EIO, HR_NO_LOC, "%s.%s has no %sindex %s (index: require)",
                   target->database, target->collection, index->unique ? "unique " : "", fields);
}

int
hr_mongo_index_create(mongoc_collection_t *collection, const hr_mongo_target *target,
                      const hr_mongo_index *index, hr_error *err)
{
    bson_t command = BSON_INITIALIZER, indexes, item, key;
    char name[8 * HR_MONGO_INDEX_NAME_MAX];
    bson_error_t problem;
    int rc = HR_OK;

    hr_mongo_index_name(index, name, sizeof name);
    BSON_APPEND_UTF8(&command, "createIndexes", target->collection);
    BSON_APPEND_ARRAY_BEGIN(&command, "indexes", &indexes);
    BSON_APPEND_DOCUMENT_BEGIN(&indexes, "0", &item);
    BSON_APPEND_DOCUMENT_BEGIN(&item, "key", &key);
    for (size_t i = 0; i < index->n; i++) {
        const hr_mongo_index_field *field = &index->fields[i];

        bson_append_int32(&key, (const char *)field->name.data, (int)field->name.len,
                          field->direction);
    }
    bson_append_document_end(&item, &key);
    BSON_APPEND_UTF8(&item, "name", name);
    BSON_APPEND_BOOL(&item, "unique", index->unique);
    bson_append_document_end(&indexes, &item);
    bson_append_array_end(&command, &indexes);
    if (!mongoc_collection_write_command_with_opts(collection, &command, NULL, NULL, &problem)) {
        rc = index_fail(err, "cannot create", target, index, &problem);
    }
    bson_destroy(&command);
    return rc;
}

/* Sets *found. HR_EIO: it cannot be asked, or one is in the way. */
static int
index_find(mongoc_collection_t *collection, const hr_mongo_target *target,
           const hr_mongo_index *index, bool *found, hr_error *err)
{
    mongoc_cursor_t *cursor = mongoc_collection_find_indexes_with_opts(collection, NULL);
    const bson_t *document;
    bson_error_t problem;
    const char *why;
    int rc = HR_OK;

    *found = false;
    while (rc == HR_OK && !*found && mongoc_cursor_next(cursor, &document)) {
        hr_mongo_index_match match = hr_mongo_index_compare(document, index, &why);

        *found = match == HR_MONGO_INDEX_SAME;
        if (match == HR_MONGO_INDEX_CLASHES) {
            rc = index_clashes(err, target, index, document, why);
        }
    }
    if (rc == HR_OK && !*found && mongoc_cursor_error(cursor, &problem) &&
        problem.code != NO_COLLECTION) {
        rc = index_fail(err, "cannot look for", target, index, &problem);
    }
    mongoc_cursor_destroy(cursor);
    return rc;
}

int
hr_mongo_indexes(hr_mongo_client *client, const hr_mongo_target *target, hr_error *err)
{
    mongoc_collection_t *collection =
        mongoc_client_get_collection(client->driver, target->database, target->collection);
    int rc = HR_OK;

    for (size_t i = 0; rc == HR_OK && i < target->n_indexes; i++) {
        const hr_mongo_index *index = &target->indexes[i];
        bool found = false;

        rc = index_find(collection, target, index, &found, err);
        if (rc == HR_OK && !found) {
            rc = target->create_index ? hr_mongo_index_create(collection, target, index, err)
                                      : index_missing(err, target, index);
        }
    }
    mongoc_collection_destroy(collection);
    return rc;
}
