/* An index that is partial or sparse does not count: documents outside of it may be doubled.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/key_index.h"
#include "mongo/indexes.h"

#include <stdio.h>

static bool
index_has_field(const hr_mongo_target *target, const char *name)
{
    for (size_t i = 0; i < target->n_key; i++) {
        if (hr_span_eq(target->key[i], hr_span_str(name))) {
            return true;
        }
    }
    return false;
}

static bool
index_flag(const bson_t *index, const char *name)
{
    bson_iter_t iter;

    return bson_iter_init_find(&iter, index, name) && bson_iter_as_bool(&iter);
}

static bool
index_matches(const bson_t *index, const hr_mongo_target *target)
{
    bson_iter_t iter, field;
    size_t n = 0;

    if (!index_flag(index, "unique") || index_flag(index, "sparse") ||
        bson_has_field(index, "partialFilterExpression") ||
        !bson_iter_init_find(&iter, index, "key") || !bson_iter_recurse(&iter, &field)) {
        return false;
    }
    while (bson_iter_next(&field)) {
        if (!index_has_field(target, bson_iter_key(&field))) {
            return false;
        }
        n++;
    }
    return n == target->n_key;
}

static int
index_fail(hr_error *err, const char *what, const hr_mongo_target *target,
           const bson_error_t *problem)
{
    char text[300];

    hr_mongo_redact(problem->message, text, sizeof text);
    return hr_fail(err, HR_EIO, HR_NO_LOC, "%s.%s: %s the key's index: %s (code %u)",
                   target->database, target->collection, what, text, problem->code);
}

static void
index_name(char name[HR_MONGO_INDEX_NAME_MAX], const char *text)
{
    int n = snprintf(name, HR_MONGO_INDEX_NAME_MAX, "%s", text);

    if (n >= HR_MONGO_INDEX_NAME_MAX) {
        name[0] = '\0';
    }
}

/* Sets *found, and then the name. */
static int
index_find(mongoc_collection_t *collection, const hr_mongo_target *target, bool *found,
           char name[HR_MONGO_INDEX_NAME_MAX], hr_error *err)
{
    bson_iter_t iter;
    mongoc_cursor_t *cursor = mongoc_collection_find_indexes_with_opts(collection, NULL);
    const bson_t *index;
    bson_error_t problem;
    int rc = HR_OK;

    *found = false;
    while (!*found && mongoc_cursor_next(cursor, &index)) {
        *found = index_matches(index, target);
    }
    if (*found && bson_iter_init_find(&iter, index, "name") && BSON_ITER_HOLDS_UTF8(&iter)) {
        index_name(name, bson_iter_utf8(&iter, NULL));
    }
    /* 26: the collection is not there so far. */
    if (!*found && mongoc_cursor_error(cursor, &problem) && problem.code != 26) {
        rc = index_fail(err, "cannot look for", target, &problem);
    }
    mongoc_cursor_destroy(cursor);
    return rc;
}

static int
index_create(mongoc_collection_t *collection, const hr_mongo_target *target,
             char name[HR_MONGO_INDEX_NAME_MAX], hr_error *err)
{
    hr_mongo_index index = {.n = target->n_key, .unique = true};
    char text[2 * HR_MONGO_INDEX_NAME_MAX];

    for (size_t i = 0; i < index.n; i++) {
        index.fields[i] = (hr_mongo_index_field){target->key[i], 1};
    }
    hr_mongo_index_name(&index, text, sizeof text);
    index_name(name, text);
    return hr_mongo_index_create(collection, target, &index, err);
}

int
hr_mongo_key_index(hr_mongo_client *client, const hr_mongo_target *target,
                   char name[HR_MONGO_INDEX_NAME_MAX], hr_error *err)
{
    mongoc_collection_t *collection;
    bool found = false;
    int rc;

    name[0] = '\0';
    if (target->n_key == 1 && hr_span_eq(target->key[0], HR_SPAN_LIT("_id"))) {
        index_name(name, "_id_");
        return HR_OK;
    }
    collection = mongoc_client_get_collection(client->driver, target->database, target->collection);
    rc = index_find(collection, target, &found, name, err);
    if (rc == HR_OK && !found && target->create_index) {
        rc = index_create(collection, target, name, err);
    } else if (rc == HR_OK && !found) {
        rc = hr_fail(err, HR_EIO, HR_NO_LOC,
                     "%s.%s has no unique index on the key's fields (index: require)",
                     target->database, target->collection);
    }
    mongoc_collection_destroy(collection);
    return rc;
}
