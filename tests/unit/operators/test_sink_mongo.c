/* The sink on a loop that the test plays, before a server that is not there: what it does with one
 * is tested on real servers (tests/integration).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define hr_sink_mongo hr_sink_mongo_here /* beside the one in the library */
#define hr_sink_node fake_node
#define hr_sink_runner fake_runner
#define hr_sink_connection fake_connection
#define hr_sink_take fake_take
#define hr_sink_keep fake_keep
#define hr_sink_fail fake_fail
#define hr_sink_post fake_post
#define hr_sink_wake fake_wake
#define hr_sink_trouble fake_trouble
#define hr_sink_ready fake_ready
#define hr_sink_wrote fake_wrote
#include "../../../operators/sink_mongo.c" /* NOLINT(bugprone-suspicious-include) */

#include "engine/clock.h"
#include "engine/kept.h"
#include "hr_test.h"

#include <unistd.h>

typedef struct world {
    hr_arena *arena;
    hr_topology topology;
    hr_lineage lineage;
    hr_node node;
    hr_text key;
    sink_mongo_options options;
    sink_mongo_shared shared;
    sink_mongo_state state;
    hr_connection connection;
    hr_runner runner;
    hr_batch *batch;
    hr_row rows[HR_BATCH_ROWS];
    size_t taken, failed, acked;
    char why[100];
    atomic_int troubles;
    atomic_size_t bytes;
    hr_error err;
} world;

static world w;

const hr_node *
fake_node(const hr_sink *sink)
{
    (void)sink;
    return &w.node;
}

const hr_runner *
fake_runner(const hr_sink *sink)
{
    (void)sink;
    return &w.runner;
}

const hr_connection *
fake_connection(const hr_sink *sink)
{
    (void)sink;
    return &w.connection;
}

hr_token
fake_take(hr_sink *sink, const hr_batch *batch, hr_row row)
{
    (void)sink;
    w.taken++;
    return hr_batch_record(batch, row)->token;
}

hr_kept *
fake_keep(hr_sink *sink, const hr_batch *batch, hr_row row)
{
    hr_kept *kept = hr_kept_make(hr_batch_record(batch, row), batch->topic, batch->partition);

    (void)sink;
    assert_non_null(kept);
    return kept;
}

void
fake_fail(hr_sink *sink, hr_row row, const char *code, const char *reason)
{
    (void)sink;
    (void)row;
    assert_string_equal(code, "bad-document");
    snprintf(w.why, sizeof w.why, "%s", reason);
    w.failed++;
}

void
fake_post(hr_sink *sink, const hr_ack *acks, size_t n)
{
    (void)sink;
    (void)acks;
    w.acked += n;
}

void
fake_wake(hr_sink *sink)
{
    (void)sink;
}

void
fake_ready(hr_sink *sink)
{
    (void)sink;
}

void
fake_wrote(hr_sink *sink, size_t bytes)
{
    (void)sink;
    atomic_fetch_add(&w.bytes, bytes);
}

void
fake_trouble(hr_sink *sink, const char *text)
{
    (void)sink;
    if (text != NULL) {
        atomic_fetch_add(&w.troubles, 1);
    }
}

static hr_text
text(const char *s)
{
    return (hr_text){.s = s, .len = strlen(s), .loc = {"t.yaml", 5, 7}};
}

static int
setup(void **unused)
{
    (void)unused;
    memset(&w, 0, sizeof w);
    w.arena = hr_arena_create(4096, 0);
    w.topology.arena = w.arena;
    w.lineage = (hr_lineage){.arena = w.arena, .format = HR_FORMAT_JSON};
    w.key = text("id");
    w.options = (sink_mongo_options){.connection = text("mongo"),
                                     .database = text("shop"),
                                     .collection = text("orders"),
                                     .key = {&w.key, 1},
                                     .writers = 2,
                                     .batch_documents = 1000};
    w.node = (hr_node){.topology = &w.topology,
                       .lineage = &w.lineage,
                       .type_name = text("mongo"),
                       .options = &w.options,
                       .shared = &w.shared};
    w.node.fields.open = w.node.fields.unknown = true;
    w.connection = (hr_connection){.name = text("mongo"), .type = HR_CONNECTION_MONGO};
    /* Port 1 refuses, and the driver is to find that out quickly. */
    w.connection.u.mongo.uri = text("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50");
    w.runner = (hr_runner){.threads = 1, .memory_bytes = 1 << 20};
    return 0;
}

static int
teardown(void **unused)
{
    (void)unused;
    hr_batch_destroy(w.batch);
    hr_arena_destroy(w.arena);
    return 0;
}

static int
compile(void)
{
    return hr_sink_mongo.compile(&w.node, &w.options, &w.shared, &w.err);
}

static void
assert_config_error(const char *why)
{
    assert_int_equal(compile(), HR_ECONFIG);
    assert_has_text(w.err.msg, why);
    assert_int_equal(w.err.loc.line, 5);
}

static void
names_and_keys_are_checked_with_the_topology(void **unused)
{
    sink_mongo_options good = w.options;

    (void)unused;
    assert_int_equal(compile(), HR_OK);
    w.options.database = text("a.b");
    assert_config_error("database's name must not hold");
    w.options = good;
    w.options.collection = text("a$b");
    assert_config_error("collection's name must not hold '$'");
    w.options = good;
    w.options.key.n = 0;
    assert_config_error("needs the fields that identify a document");
    w.options = good;
    w.options.write = WRITE_INSERT;
    assert_config_error("has no use for a key");
    w.options.key.n = 0;
    assert_int_equal(compile(), HR_OK);
}

/* n records {"id": i, "x": "..."}; every tenth one without an id. */
static hr_rows
make_batch(size_t n)
{
    static const char *const value = "{\"id\":1,\"x\":\"some bytes that fill the mailbox\"}";
    hr_batch *batch = w.batch = hr_batch_create(&w.lineage.layout, 1u << 20);
    hr_column *key = hr_batch_column(batch, w.shared.plan.keys[0].slot);

    batch->topic = "orders";
    for (size_t i = 0; i < n; i++) {
        batch->records[i] = (hr_record){.value = hr_span_str(value), .token = i};
        batch->source[i] = (uint32_t)i;
        key->lane[i] = i % 10 == 9 ? HR_LANE_NULL : HR_LANE_OK;
        key->v.s[i] = hr_span_str(hr_arena_printf(w.arena, "%zu", i));
        w.rows[i] = (hr_row)i;
    }
    batch->n_records = batch->n_rows = (uint32_t)n;
    return (hr_rows){w.rows, n};
}

static void
rows_are_taken_or_failed_in_order_until_the_mailbox_is_full(void **unused)
{
    size_t done = 0, rounds = 0, held = 0, limit = 0;
    char holding[100];
    hr_rows rows;
    int rc = HR_OK;

    (void)unused;
    assert_int_equal(compile(), HR_OK);
    rows = make_batch(1000);
    assert_int_equal(hr_sink_mongo.open(NULL, &w.state, &w.err), HR_OK);
    while (rc == HR_OK && rounds++ < 1000) {
        rc = hr_sink_mongo.write(NULL, &w.state, w.batch, rows, &done, &w.err);
        assert_int_equal(w.failed + w.taken, (rounds - 1) * rows.n + done);
    }
    assert_int_equal(rc, HR_EAGAIN);
    assert_true(w.taken > 100);
    assert_true(w.failed > 10);
    assert_string_equal(w.why, "field 'id': the key is null");
    assert_int_equal(hr_mongo_writers_open(w.state.writers), w.taken);
    hr_sink_mongo.holding(NULL, &w.state, holding, sizeof holding);
    assert_has_text(holding, "documents for mongo shop.orders");
    hr_sink_mongo.held(NULL, &w.state, &held, &limit);
    assert_in_range(held, limit / 8, limit);
    assert_in_range(atomic_load(&w.bytes), 20 * w.taken, held);
    hr_sink_mongo.close(NULL, &w.state);
    assert_int_equal(w.acked, 0);
}

static void
a_server_that_is_away_is_trouble_and_not_an_error(void **unused)
{
    int64_t until = hr_clock_ms() + 20000;
    size_t done = 0;
    hr_rows rows;

    (void)unused;
    assert_int_equal(compile(), HR_OK);
    rows = make_batch(5);
    assert_int_equal(hr_sink_mongo.open(NULL, &w.state, &w.err), HR_OK);
    assert_int_equal(hr_sink_mongo.write(NULL, &w.state, w.batch, rows, &done, &w.err), HR_OK);
    assert_int_equal(done, 5);
    while (atomic_load(&w.troubles) == 0 && hr_clock_ms() < until) {
        usleep(1000);
    }
    assert_true(atomic_load(&w.troubles) > 0);
    hr_sink_mongo.close(NULL, &w.state);
    assert_int_equal(w.acked, 0);
}

static void
a_connection_that_cannot_work_is_an_error_at_the_start(void **unused)
{
    (void)unused;
    assert_int_equal(compile(), HR_OK);
    w.connection.u.mongo.uri = text("mongodb://127.0.0.1:1/?w=0");
    assert_int_equal(hr_sink_mongo.open(NULL, &w.state, &w.err), HR_ECONFIG);
    hr_sink_mongo.close(NULL, &w.state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_and_keys_are_checked_with_the_topology, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(rows_are_taken_or_failed_in_order_until_the_mailbox_is_full,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_server_that_is_away_is_trouble_and_not_an_error, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_connection_that_cannot_work_is_an_error_at_the_start,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
