/* The file table and the runtime of tables: loading, reloading, what is refused, readers meanwhile.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "hr_test.h"
#include "table_rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROW_SCHEMA                                                                                 \
    "{\"type\": \"record\", \"name\": \"row\", \"fields\": [{\"name\": \"id\", \"type\": "         \
    "\"string\"}, {\"name\": \"n\", \"type\": \"long\"}]}"

static const hr_table_notify nobody = {NULL, NULL};

/* A topology with the table `rows` over rows.jsonl, which holds `text`. */
static hr_node *
node_with_rows(driver *d, const char *text, const char *reload)
{
    char steps[512];

    snprintf(steps, sizeof steps,
             "tables:\n  rows:\n    file: {path: rows.jsonl, reload: %s}\n    format: json\n"
             "    schema: row.avsc\n    key: [id]\nsteps:\n  last:\n    from: in\n"
             "    enrich: {table: rows, match: {id: id}, add: [n], on_miss: set_null}\n",
             reload);
    driver_file(d, "row.avsc", ROW_SCHEMA);
    driver_file(d, "rows.jsonl", text);
    if (!driver_load_steps(d, "{\"name\": \"id\", \"type\": \"string\"}", steps)) {
        fail_msg("%s", driver_diag(d));
    }
    return &driver_topology(d)->tables[0];
}

static hr_table *
start(hr_node *node)
{
    hr_error err = {0};
    hr_table *table = hr_table_start(node, NULL, nobody, &err);

    assert_non_null(table);
    return table;
}

static void
expect_ready(hr_table *table)
{
    hr_error err = {0};

    if (hr_table_wait_ready(table, 20000, &err) != HR_OK) {
        fail_msg("%s", err.msg);
    }
}

static void
expect_failure(const char *text, const char *message)
{
    driver *d = driver_new();
    hr_node *node = node_with_rows(d, text, "never");
    hr_table *table = start(node);
    hr_error err = {0};

    assert_int_not_equal(hr_table_wait_ready(table, 20000, &err), HR_OK);
    assert_has_text(err.msg, message);
    assert_false(hr_table_ready(table));
    hr_table_stop(table);
    driver_free(d);
}

static void
a_bad_line_fails_the_table_and_is_named(void **unused)
{
    (void)unused;
    expect_failure("{\"id\":\"a\",\"n\":1}\n\n{\"id\":\"b\",\"n\":oops}\n",
                   "rows.jsonl:3: invalid JSON");
    expect_failure("{\"id\":\"a\",\"n\":\"1\"}\n", "rows.jsonl:1: field 'n'");
    expect_failure("{\"n\":1}", "rows.jsonl:1: field 'id' is missing");
}

static void
lines_end_as_they_like_and_the_last_row_of_a_key_counts(void **unused)
{
    driver *d = driver_new();
    hr_node *node = node_with_rows(d,
                                   "{\"id\":\"a\",\"n\":1}\r\n   \r\n\n{\"n\":2,\"id\":\"b\"}\n"
                                   "{\"id\":\"a\",\"n\":3}",
                                   "never");
    hr_table *table = start(node);
    hr_table_status status;

    (void)unused;
    expect_ready(table);
    assert_int_equal(table_rig_find(node, "a", "n"), 3);
    assert_int_equal(table_rig_find(node, "b", "n"), 2);
    assert_int_equal(table_rig_find(node, "c", "n"), -1);
    hr_table_status_get(table, &status);
    assert_int_equal(status.rows, 2);
    hr_table_stop(table);
    driver_free(d);
}

static void
a_file_of_many_batches_is_read_whole(void **unused)
{
    enum { ROWS = 50000 };
    driver *d = driver_new();
    char *text = malloc(ROWS * 160), *at = text, key[16];
    hr_node *node;
    hr_table *table;

    (void)unused;
    assert_non_null(text);
    for (int i = 0; i < ROWS; i++) {
        at += sprintf(at, "{\"id\":\"k%d\",\"filler\":\"%0100d\",\"n\":%d}\n", i, i, i);
    }
    node = node_with_rows(d, text, "never");
    table = start(node);
    expect_ready(table);
    for (int i = 0; i < ROWS; i += 997) {
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(table_rig_find(node, key, "n"), i);
    }
    hr_table_stop(table);
    driver_free(d);
    free(text);
}

static void
a_table_over_its_memory_fails_and_says_what_to_raise(void **unused)
{
    driver *d = driver_new();
    hr_node *node = node_with_rows(d, "{\"id\":\"a\",\"n\":1}\n{\"id\":\"b\",\"n\":1}\n", "never");
    hr_runner runner = {.memory_bytes = 100};
    hr_error err = {0};
    hr_table *table = hr_table_start(node, &runner, nobody, &err);

    (void)unused;
    assert_non_null(table);
    assert_int_equal(hr_table_wait_ready(table, 20000, &err), HR_ENOMEM);
    assert_has_text(err.msg, "does not fit");
    assert_has_text(err.hint, "memory");
    hr_table_stop(table);
    driver_free(d);
}

/* Puts a file of that content in the place of the other, at once: nobody finds it half written. */
static void
replace_rows(driver *d, const char *text)
{
    char *path = driver_path(d, "rows.jsonl"), *fresh = driver_path(d, "fresh");

    driver_file(d, "fresh", text);
    assert_int_equal(rename(fresh, path), 0);
    free(path);
    free(fresh);
}

static void
a_changed_file_is_taken_and_a_broken_one_is_not(void **unused)
{
    driver *d = driver_new();
    hr_node *node =
        node_with_rows(d, "{\"id\":\"a\",\"n\":1}\n{\"id\":\"b\",\"n\":1}\n", "on-change");
    hr_table *table = start(node);

    (void)unused;
    expect_ready(table);
    assert_int_equal(table_rig_find(node, "b", "n"), 1);
    driver_file(d, "rows.jsonl", "{\"id\":\"a\",\"n\":22}\n");
    table_rig_expect(node, "a", "n", 22);
    assert_int_equal(table_rig_find(node, "b", "n"), -1);
    replace_rows(d, "{\"id\":\"a\",\"n\":33}\n{\"id\":\"b\"\n");
    table_rig_expect_rejected(table, 1);
    assert_int_equal(table_rig_find(node, "a", "n"), 22);
    replace_rows(d, "{\"id\":\"a\",\"n\":44}\n");
    table_rig_expect(node, "a", "n", 44);
    hr_table_stop(table);
    assert_int_equal(table_rig_find(node, "a", "n"), 44);
    driver_free(d);
}

/* A reader that never sees two generations in one snapshot. */
typedef struct reader {
    hr_node *node;
    atomic_bool stop;
    atomic_int generations;
} reader;

static void *
reader_main(void *arg)
{
    reader *r = arg;
    hr_cell *cell = &((hr_table_shared *)r->node->shared)->cell;
    hr_cell_hold hold = {0};
    const hr_snapshot *before = NULL;

    while (!atomic_load(&r->stop)) {
        const hr_snapshot *now = hr_cell_refresh(cell, &hold);
        const hr_table_index *table = (const hr_table_index *)now;
        uint8_t lane[2];
        int64_t n[2] = {0, 0};
        hr_column column = {.kind = HR_KIND_INT, .lane = lane, .v.i = n};

        if (now == NULL || now == before) {
            continue;
        }
        for (uint32_t row = 0; row < hr_table_rows(table); row++) {
            hr_table_value(table, 1, row, &column, 1);
            assert_true(row == 0 || n[0] == n[1]);
            n[0] = n[1];
        }
        before = now;
        atomic_fetch_add(&r->generations, 1);
    }
    hr_cell_release(&hold);
    return NULL;
}

/* However long it takes until the reader has its turn. */
static void
wait_until_seen(reader *r)
{
    while (atomic_load(&r->generations) == 0) {
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
}

static void
readers_see_whole_snapshots_while_new_ones_come(void **unused)
{
    enum { GENERATIONS = 200, ROWS = 500, SEEN_BY = 20 };
    driver *d = driver_new();
    hr_node *node = node_with_rows(d, "", "never");
    const hr_table_shared *shared = node->shared;
    reader readers[2] = {{.node = node}, {.node = node}};
    hr_batch *batch = hr_batch_create(&node->lineage->layout, 1 << 20);
    hr_table_builder *builder =
        hr_table_builder_create(shared->kinds, shared->n_values, (size_t)1 << 24);
    pthread_t threads[2];

    (void)unused;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, reader_main, &readers[i]), 0);
    }
    for (int64_t g = 1; g <= GENERATIONS; g++) {
        for (int k = 0; k < ROWS; k++) {
            char key[16];

            snprintf(key, sizeof key, "%d", k);
            batch->columns[shared->slots[0]].v.s[0] = hr_span_str(key);
            batch->columns[shared->slots[1]].v.i[0] = g;
            assert_int_equal(
                hr_table_builder_put(builder, hr_span_str(key), batch, shared->slots, 0), HR_OK);
        }
        hr_cell_publish(&((hr_table_shared *)node->shared)->cell,
                        (hr_snapshot *)hr_table_builder_snapshot(builder));
        if (g == SEEN_BY) {
            wait_until_seen(&readers[0]);
            wait_until_seen(&readers[1]);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        atomic_store(&readers[i].stop, true);
        pthread_join(threads[i], NULL);
    }
    hr_table_builder_destroy(builder);
    hr_batch_destroy(batch);
    driver_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_line_fails_the_table_and_is_named),
        cmocka_unit_test(lines_end_as_they_like_and_the_last_row_of_a_key_counts),
        cmocka_unit_test(a_file_of_many_batches_is_read_whole),
        cmocka_unit_test(a_table_over_its_memory_fails_and_says_what_to_raise),
        cmocka_unit_test(a_changed_file_is_taken_and_a_broken_one_is_not),
        cmocka_unit_test(readers_see_whole_snapshots_while_new_ones_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
