/* mongo: documents into a MongoDB collection, replaced by key or inserted once.
 *
 * The driver blocks, so the loop only makes the documents and puts them into a writer thread's
 * mailbox; what the writer could not store it tries again by itself, and what is refused for good
 * carries a copy of its record, so that no record is replayed because of this sink.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_sink.h"
#include "mongo/bulk.h"
#include "mongo/client.h"
#include "mongo/doc.h"
#include "mongo/writer.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH_BYTES (1u << 20)
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 5000
#define BUDGET_SHARE 16 /* mailboxes of a sink: this part of a thread's memory */
#define MAILBOX_MIN (256u << 10)

enum { WRITE_UPSERT, WRITE_INSERT };
enum { GUARD_OFFSET, GUARD_NONE };
enum { INDEX_CREATE, INDEX_REQUIRE };

typedef struct sink_mongo_options {
    hr_text connection, database, collection;
    int write, guard, index;
    hr_opt_list key;
    hr_opt_blocks indexes;
    int64_t writers, batch_documents;
} sink_mongo_options;

typedef struct sink_mongo_index {
    hr_opt_map keys;
    bool unique;
    hr_text name;
} sink_mongo_index;

typedef struct sink_mongo_shared {
    hr_doc_plan plan;
    hr_span key[HR_DOC_KEYS_MAX];
    hr_mongo_index *indexes;
    size_t n_indexes;
} sink_mongo_shared;

typedef struct sink_mongo_state {
    hr_mongo_target target;
    hr_mongo_writers *writers;
    hr_doc *doc;
    size_t bytes; /* of the documents that write() has handed on */
} sink_mongo_state;

#define OPT(field) offsetof(sink_mongo_options, field)

static const hr_option sink_mongo_index_rows[] = {
    {.name = "keys",
     .kind = HR_OPT_MAP,
     .offset = offsetof(sink_mongo_index, keys),
     .help = "Its fields in order: 1 ascending, -1 descending.",
     .flags = HR_OPT_NONEMPTY},
    {.name = "unique",
     .kind = HR_OPT_BOOL,
     .offset = offsetof(sink_mongo_index, unique),
     .fallback = "false",
     .help = "No two documents with the same values."},
    {.name = "name",
     .kind = HR_OPT_TEXT,
     .offset = offsetof(sink_mongo_index, name),
     .help = "Its name; absent: made of the fields (Origin_1_Dest_1).",
     .flags = HR_OPT_NONEMPTY | HR_OPT_OPTIONAL},
    HR_OPT_END(sink_mongo_index),
};

static const hr_option sink_mongo_option_table[] = {
    {"connection", HR_OPT_NAME, OPT(connection), NULL, 0, 0,
     "A mongo connection of the runner's config.", NULL, NULL, 0},
    {"database", HR_OPT_TEXT, OPT(database), NULL, 0, 0, "The database.", NULL, NULL,
     HR_OPT_NONEMPTY},
    {"collection", HR_OPT_TEXT, OPT(collection), NULL, 0, 0, "The collection.", NULL, NULL,
     HR_OPT_NONEMPTY},
    {"write", HR_OPT_ENUM, OPT(write), "upsert", 0, 0,
     "upsert: one document a key, replaced; insert: one a record, _id is topic#partition#offset.",
     "upsert|insert", NULL, 0},
    {"key", HR_OPT_LIST, OPT(key), NULL, 0, 0, "The fields that identify a document (upsert).",
     NULL, NULL, HR_OPT_OPTIONAL | HR_OPT_FIELD_VALUES},
    {"guard", HR_OPT_ENUM, OPT(guard), "offset", 0, 0,
     "offset: an older record never replaces a newer one (adds the field _src); none: where one "
     "record alone writes a key.",
     "offset|none", NULL, 0},
    {"index", HR_OPT_ENUM, OPT(index), "create", 0, 0,
     "The unique index on the key, and `indexes`: created when they are missing, or required to be "
     "there.",
     "create|require", NULL, 0},
    {"indexes", HR_OPT_BLOCKS, OPT(indexes), NULL, 0, 0,
     "More indexes of the collection. One of the same fields with other options is left as it is, "
     "and nothing is written until it is gone.",
     NULL, sink_mongo_index_rows, HR_OPT_NONEMPTY | HR_OPT_OPTIONAL},
    {"writers", HR_OPT_INT, OPT(writers), "1", 1, HR_MONGO_WRITERS_MAX,
     "Writer threads per stream thread; a key stays with one of them.", NULL, NULL, 0},
    {"batch_documents", HR_OPT_INT, OPT(batch_documents), "1000", 1, HR_MONGO_BATCH_MAX,
     "Documents in one bulk write, which is at most 1 MiB too.", NULL, NULL, 0},
    {0},
};

static int
sink_mongo_check_names(const sink_mongo_options *opt, hr_error *err)
{
    const char *problem = hr_mongo_database_problem(opt->database.s);

    if (problem != NULL) {
        return hr_fail_as(err, opt->database.loc, "bad-name", "a MongoDB database's name %s",
                          problem);
    }
    problem = hr_mongo_collection_problem(opt->collection.s);
    if (problem != NULL) {
        return hr_fail_as(err, opt->collection.loc, "bad-name", "a MongoDB collection's name %s",
                          problem);
    }
    return HR_OK;
}

static int
sink_mongo_check_key(const hr_node *node, const sink_mongo_options *opt, hr_error *err)
{
    if (opt->write == WRITE_UPSERT && opt->key.n == 0) {
        hr_fail_as(err, hr_node_loc(node, "key"), "missing-key",
                   "mongo: `write: upsert` needs the fields that identify a document");
        return hr_hint(err, "add key: [FIELD], or write: insert for one document a record");
    }
    if (opt->write == WRITE_INSERT && opt->key.n > 0) {
        hr_fail_as(err, opt->key.v[0].loc, "unused-key",
                   "mongo: `write: insert` makes its own _id and has no use for a key");
        return hr_hint(err, "leave out `key`, or write: upsert");
    }
    return HR_OK;
}

/* True for the fields of `key` in the same order, ascending. */
static bool
sink_mongo_is_key(const hr_mongo_index *index, const hr_opt_list *key)
{
    for (size_t i = 0; i < index->n; i++) {
        if (index->n != key->n || index->fields[i].direction != 1 ||
            !hr_span_eq(index->fields[i].name, hr_span_str(key->v[i].s))) {
            return false;
        }
    }
    return true;
}

static int
sink_mongo_index_field(const hr_opt_entry *entry, hr_mongo_index_field *field, hr_error *err)
{
    const char *value = entry->value.s;

    if (strcmp(value, "1") != 0 && strcmp(value, "-1") != 0) {
        hr_fail_as(err, entry->value.loc, "type", "mongo: '%.60s' of an index cannot be '%.60s'",
                   entry->key.s, entry->value.secret ? "${...}" : value);
        err->width = hr_text_width(&entry->value);
        return hr_hint(err, "write 1 for ascending, -1 for descending");
    }
    *field = (hr_mongo_index_field){hr_span_str(entry->key.s), value[0] == '-' ? -1 : 1};
    return HR_OK;
}

static int
sink_mongo_index_make(const sink_mongo_index *option, const hr_opt_list *key, hr_mongo_index *index,
                      hr_error *err)
{
    const hr_opt_map *keys = &option->keys;
    int rc = HR_OK;

    if (keys->n > HR_MONGO_INDEX_FIELDS_MAX) {
        return hr_fail_as(err, keys->v[0].key.loc, "too-many", "an index has at most %d fields",
                          HR_MONGO_INDEX_FIELDS_MAX);
    }
    index->n = keys->n;
    index->unique = option->unique;
    index->name = option->name.s;
    for (size_t i = 0; rc == HR_OK && i < keys->n; i++) {
        rc = sink_mongo_index_field(&keys->v[i], &index->fields[i], err);
    }
    if (rc == HR_OK && !index->unique && sink_mongo_is_key(index, key)) {
        hr_fail_as(err, keys->v[0].key.loc, "conflict",
                   "mongo: the index on the key's own fields is unique");
        return hr_hint(err, "add unique: true, or leave it out: the sink makes it by itself");
    }
    return rc;
}

static int
sink_mongo_make_indexes(const hr_node *node, const sink_mongo_options *opt, sink_mongo_shared *s,
                        hr_error *err)
{
    const sink_mongo_index *options = opt->indexes.v;
    int rc = HR_OK;

    s->n_indexes = opt->indexes.n;
    s->indexes = hr_arena_calloc(hr_node_arena(node), s->n_indexes + 1, sizeof *s->indexes);
    if (s->indexes == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    for (size_t i = 0; rc == HR_OK && i < s->n_indexes; i++) {
        rc = sink_mongo_index_make(&options[i], &opt->key, &s->indexes[i], err);
    }
    return rc;
}

static int
sink_mongo_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const sink_mongo_options *opt = options;
    sink_mongo_shared *s = shared;
    bool insert = opt->write == WRITE_INSERT;
    int rc = sink_mongo_check_names(opt, err);

    if (rc == HR_OK) {
        rc = sink_mongo_check_key(node, opt, err);
    }
    if (rc == HR_OK) {
        rc = hr_doc_plan_make(node, &opt->key, insert, !insert && opt->guard == GUARD_OFFSET,
                              &s->plan, err);
    }
    if (rc == HR_OK) {
        rc = sink_mongo_make_indexes(node, opt, s, err);
    }
    s->key[0] = HR_SPAN_LIT("_id"); /* of inserts */
    for (size_t i = 0; rc == HR_OK && i < s->plan.n_keys; i++) {
        s->key[i] = s->plan.keys[i].name;
    }
    return rc;
}

static void
sink_mongo_redelivery(const hr_node *node, char *text, size_t size)
{
    const sink_mongo_options *opt = node->options;

    if (opt->write == WRITE_INSERT) {
        snprintf(text, size,
                 "a redelivery changes nothing: _id is topic#partition#offset, and a document that "
                 "is there stays");
    } else if (opt->guard == GUARD_OFFSET) {
        snprintf(text, size,
                 "a redelivery changes nothing: documents are replaced by key, and never by an "
                 "older record (guard: offset)");
    } else {
        snprintf(text, size,
                 "a redelivery writes the same document again, by key; guard: none, so where "
                 "several records write a key, an older one can come back for a while");
    }
}

static void
sink_mongo_post(void *ctx, const hr_ack *acks, size_t n)
{
    hr_sink_post(ctx, acks, n);
}

static void
sink_mongo_wake(void *ctx)
{
    hr_sink_wake(ctx);
}

static void
sink_mongo_trouble(void *ctx, const char *text)
{
    hr_sink_trouble(ctx, text);
}

static void
sink_mongo_ready(void *ctx)
{
    hr_sink_ready(ctx);
}

static size_t
sink_mongo_mailbox_bytes(const hr_runner *runner)
{
    int64_t threads = runner->threads > 0 ? runner->threads : 1;
    int64_t bytes = runner->memory_bytes / threads / BUDGET_SHARE;

    return bytes > (int64_t)MAILBOX_MIN ? (size_t)bytes : MAILBOX_MIN;
}

static hr_mongo_taken
sink_mongo_taken(const hr_doc_plan *plan)
{
    if (plan->insert) {
        return HR_MONGO_TAKEN_IS_SELF;
    }
    return plan->guard ? HR_MONGO_TAKEN_IS_NEWER : HR_MONGO_TAKEN_IS_REFUSED;
}

static int
sink_mongo_start(hr_sink *sink, sink_mongo_state *st, hr_error *err)
{
    const hr_node *node = hr_sink_node(sink);
    const sink_mongo_options *opt = node->options;
    const sink_mongo_shared *s = node->shared;
    hr_mongo_writers_config config = {
        .backend = &hr_mongo_bulk,
        .target = &st->target,
        .taken = sink_mongo_taken(&s->plan),
        .n = (size_t)opt->writers,
        .batch_documents = (size_t)opt->batch_documents,
        .batch_bytes = BATCH_BYTES,
        .mailbox_bytes = sink_mongo_mailbox_bytes(hr_sink_runner(sink)),
        .backoff_min_ms = BACKOFF_MIN_MS,
        .backoff_max_ms = BACKOFF_MAX_MS,
        .events = {sink, sink_mongo_post, sink_mongo_wake, sink_mongo_trouble, sink_mongo_ready},
    };

    st->target.database = opt->database.s;
    st->target.collection = opt->collection.s;
    st->target.insert = s->plan.insert;
    st->target.key = s->key;
    st->target.n_key = s->plan.insert ? 1 : s->plan.n_keys;
    st->target.create_index = opt->index == INDEX_CREATE;
    st->target.indexes = s->indexes;
    st->target.n_indexes = s->n_indexes;
    return hr_mongo_writers_start(&config, &st->writers, err);
}

static int
sink_mongo_open(hr_sink *sink, void *state, hr_error *err)
{
    const sink_mongo_shared *s = hr_sink_node(sink)->shared;
    sink_mongo_state *st = state;

    st->target.connection = hr_sink_connection(sink);
    if (hr_mongo_connection_check(st->target.connection, err) != HR_OK) {
        return HR_ECONFIG;
    }
    st->doc = hr_doc_create(&s->plan);
    if (st->doc == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    return sink_mongo_start(sink, st, err);
}

/* HR_OK: the row is dealt with; HR_EAGAIN: no room in its writer's mailbox. */
static int
sink_mongo_write_row(hr_sink *sink, sink_mongo_state *st, hr_batch *batch, hr_row row)
{
    hr_mongo_letter letter = {0};
    const char *reason = NULL;
    uint64_t hash;
    size_t writer;
    int rc;

    if (hr_doc_key(st->doc, batch, row, &letter.key, &reason) != HR_OK) {
        hr_sink_fail(sink, row, "bad-document", reason);
        return HR_OK;
    }
    hash = letter.key.len > 0 ? hr_hash64(letter.key, 0)
                              : (uint64_t)hr_batch_record(batch, row)->offset;
    writer = hr_mongo_writers_pick(st->writers, hash);
    if (!hr_mongo_writers_room(st->writers, writer)) {
        return HR_EAGAIN;
    }
    if (hr_doc_build(st->doc, batch, row, &letter.filter, &letter.body, &reason) != HR_OK) {
        hr_sink_fail(sink, row, "bad-document", reason);
        return HR_OK;
    }
    letter.token = hr_sink_take(sink, batch, row);
    letter.kept = hr_sink_keep(sink, batch, row);
    rc = hr_mongo_writers_put(st->writers, writer, &letter);
    if (rc != HR_OK) {
        hr_kept_free(letter.kept);
    } else {
        st->bytes += letter.body.len;
    }
    return rc;
}

static int
sink_mongo_write(hr_sink *sink, void *state, hr_batch *batch, hr_rows rows, size_t *done,
                 hr_error *err)
{
    sink_mongo_state *st = state;
    int rc = HR_OK;

    st->bytes = 0;
    for (*done = 0; *done < rows.n; (*done)++) {
        rc = sink_mongo_write_row(sink, st, batch, rows.row[*done]);
        if (rc != HR_OK) {
            break;
        }
    }
    hr_sink_wrote(sink, st->bytes);
    return rc == HR_ENOMEM ? hr_fail(err, rc, HR_NO_LOC, "no memory for a document") : rc;
}

static void
sink_mongo_held(hr_sink *sink, void *state, size_t *bytes, size_t *limit)
{
    const sink_mongo_state *st = state;

    (void)sink;
    if (st->writers != NULL) {
        hr_mongo_writers_held(st->writers, bytes, limit);
    }
}

static void
sink_mongo_holding(hr_sink *sink, void *state, char *text, size_t size)
{
    const sink_mongo_options *opt = hr_sink_node(sink)->options;
    const sink_mongo_state *st = state;
    size_t open = st->writers != NULL ? hr_mongo_writers_open(st->writers) : 0;

    if (size > 0) {
        text[0] = '\0';
    }
    if (open > 0) {
        snprintf(text, size, "%zu documents for mongo %s.%s", open, opt->database.s,
                 opt->collection.s);
    }
}

static void
sink_mongo_close(hr_sink *sink, void *state)
{
    sink_mongo_state *st = state;

    (void)sink;
    hr_mongo_writers_stop(st->writers);
    hr_doc_destroy(st->doc);
    memset(st, 0, sizeof *st);
}

const hr_sink_type hr_sink_mongo = {
    .abi = HR_OP_ABI,
    .flags = HR_SINK_ACKS_LATER | HR_SINK_IDEMPOTENT,
    .name = "mongo",
    .summary = "Write documents to a MongoDB collection.",
    .example = "{connection: mongo, database: agile_data_science, collection: "
               "flight_delay_classification_response, key: [UUID]}",
    .options = sink_mongo_option_table,
    .options_size = sizeof(sink_mongo_options),
    .shared_size = sizeof(sink_mongo_shared),
    .state_size = sizeof(sink_mongo_state),
    .compile = sink_mongo_compile,
    .redelivery = sink_mongo_redelivery,
    .open = sink_mongo_open,
    .write = sink_mongo_write,
    .held = sink_mongo_held,
    .holding = sink_mongo_holding,
    .close = sink_mongo_close,
};
