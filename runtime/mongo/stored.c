/* A document that is written again offends against every unique index of the collection, and the
 * server names only one of them: that it is not the key's own proves nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/stored.h"
#include "mongo/driver.h"

static bool
stored_insert_query(const bson_t *body, bson_t *query)
{
    bson_iter_t iter;

    return bson_iter_init_find(&iter, body, "_id") && bson_append_iter(query, "_id", 3, &iter);
}

/* The filter's key without its $or. */
static bool
stored_copy_key(const bson_t *filter, bson_t *query)
{
    bson_iter_t iter;
    bool guarded = false;

    if (!bson_iter_init(&iter, filter)) {
        return false;
    }
    while (bson_iter_next(&iter)) {
        if (strcmp(bson_iter_key(&iter), "$or") == 0) {
            guarded = true;
        } else if (!bson_append_iter(query, NULL, 0, &iter)) {
            return false;
        }
    }
    return guarded;
}

static bool
stored_guarded_query(const bson_t *filter, const bson_t *body, bson_t *query)
{
    bson_iter_t iter, topic, partition, offset;
    bson_t newer;

    return stored_copy_key(filter, query) && bson_iter_init(&iter, body) &&
           bson_iter_find_descendant(&iter, "_src.t", &topic) && bson_iter_init(&iter, body) &&
           bson_iter_find_descendant(&iter, "_src.p", &partition) && bson_iter_init(&iter, body) &&
           bson_iter_find_descendant(&iter, "_src.o", &offset) &&
           bson_append_iter(query, "_src.t", -1, &topic) &&
           bson_append_iter(query, "_src.p", -1, &partition) &&
           BSON_APPEND_DOCUMENT_BEGIN(query, "_src.o", &newer) &&
           bson_append_iter(&newer, "$gte", -1, &offset) && bson_append_document_end(query, &newer);
}

bool
hr_mongo_stored_query(const hr_mongo_op *op, bool insert, bson_t *query)
{
    bson_t filter, body;

    if (!hr_mongo_view(&body, op->body)) {
        return false;
    }
    if (insert) {
        return stored_insert_query(&body, query);
    }
    return hr_mongo_view(&filter, op->filter) && stored_guarded_query(&filter, &body, query);
}
