/* GET /tables/NAME/KEY: the row of a table as look-ups see it just now. A table on demand holds no
 * rows: it is asked, and answers from its own thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "admin/routes.h"
#include "engine/clock.h"
#include "engine/table_row.h"

#include <stdio.h>
#include <stdlib.h>

#define DEMAND_WAIT_MS 2000 /* for a table on demand, before it begins to answer */
#define ROW_BYTES_MAX ((size_t)16 << 20)

/* A request that waits for a table on demand. */
typedef struct tables_query {
    hr_table_query query;
    const hr_node *table;
    hr_http_request *request;
    uint8_t key[];
} tables_query;

/* The tables of that name in the topology (NULL: in any): the first, its run, and how many. */
static const hr_node *
tables_find(hr_app *app, const char *topology, const char *name, hr_run **owner, size_t *found)
{
    hr_run *run;
    const hr_node *first = NULL;

    *found = 0;
    for (size_t i = 0; (run = hr_app_run(app, i)) != NULL; i++) {
        const hr_topology *t = run->topology;
        const hr_node *table = hr_topology_find(t, HR_NODE_TABLE, name);

        if (table != NULL && (topology == NULL || strcmp(topology, t->name.s) == 0)) {
            *owner = first != NULL ? *owner : run;
            first = first != NULL ? first : table;
            ++*found;
        }
    }
    return first;
}

static size_t
tables_key_parts(const hr_http_request *request, hr_span *parts)
{
    size_t n = 0;

    while (n < HR_ADMIN_KEY_PARTS_MAX) {
        char name[16];
        const char *part;

        snprintf(name, sizeof name, "key%zu", n + 1);
        part = hr_http_path_param(request, name);
        if (part == NULL) {
            break;
        }
        parts[n++] = hr_span_str(part);
    }
    return n;
}

static void
tables_answer_missing(hr_http_request *request, const hr_node *table)
{
    hr_http_answer_error(request, 404, "row-unknown", "the table '%s' has no row of that key",
                         table->name.s);
}

/* rc: of the writing of the JSON. */
static void
tables_answer_json(hr_http_request *request, int rc, const hr_buf *json)
{
    static const char *const extra[] = {"Cache-Control", "no-store", NULL};

    if (rc == HR_OK) {
        hr_http_answer(request, 200, "application/json", hr_buf_span(json), extra);
    } else {
        hr_admin_answer_no_memory(request);
    }
}

/* ---- tables in memory --------------------------------------------------------------------------
 */

static void
tables_look_up(hr_http_request *request, const hr_node *table, hr_span key)
{
    hr_cell_hold hold = {0};
    hr_buf json = {.cap_max = ROW_BYTES_MAX};
    const hr_table_index *index = hr_table_hold(table, &hold);
    uint32_t row = index != NULL ? hr_table_find(index, key) : HR_TABLE_MISS;

    if (index == NULL) {
        hr_http_answer_error(request, 503, "table-not-loaded", "the table '%s' is not loaded yet",
                             table->name.s);
    } else if (row == HR_TABLE_MISS) {
        tables_answer_missing(request, table);
    } else {
        tables_answer_json(request, hr_table_row_json(table, index, row, &json), &json);
    }
    hr_buf_finish(&json);
    hr_cell_release(&hold);
}

/* ---- tables on demand --------------------------------------------------------------------------
 */

/* The table's thread. The reason of a failure is in the table's log. */
static void
tables_on_answer(hr_table_query *query, int rc, hr_batch *batch, const hr_error *err)
{
    tables_query *q = (tables_query *)query;
    hr_buf json = {.cap_max = ROW_BYTES_MAX};

    (void)err;
    if (rc == HR_EIO) {
        hr_http_answer_error(q->request, 503, "unavailable",
                             "the table '%s' cannot be asked just now", q->table->name.s);
    } else if (rc != HR_OK) {
        hr_http_answer_error(q->request, 500, "bad-row", "the row of this key cannot be read");
    } else if (batch == NULL) {
        tables_answer_missing(q->request, q->table);
    } else {
        tables_answer_json(q->request, hr_table_batch_json(q->table, batch, &json), &json);
    }
    hr_buf_finish(&json);
    free(q);
}

/* NULL: it was not started yet. */
static hr_table *
tables_running(hr_run *run, const hr_node *node)
{
    hr_table *table;

    pthread_mutex_lock(&run->lock);
    table = run->tables[node->index];
    pthread_mutex_unlock(&run->lock);
    return table;
}

/* All that wait are answered before the loop of the app ends, as tables end before it. */
static void
tables_ask(hr_http_request *request, hr_run *run, const hr_node *node, hr_span key)
{
    hr_table *table = tables_running(run, node);
    tables_query *q = malloc(sizeof *q + key.len);

    if (q != NULL) {
        *q = (tables_query){.table = node, .request = request};
        memcpy(q->key, key.data, key.len);
        q->query.key = (hr_span){q->key, key.len};
        q->query.until_ms = hr_clock_ms() + DEMAND_WAIT_MS;
        q->query.answer = tables_on_answer;
    }
    if (q == NULL) {
        hr_admin_answer_no_memory(request);
    } else if (table == NULL || hr_table_ask(table, &q->query) != HR_OK) {
        hr_http_answer_error(request, 503, "unavailable", "the table '%s' cannot be asked just now",
                             node->name.s);
        free(q);
    }
}

/* ---- requests ----------------------------------------------------------------------------------
 */

static void
tables_answer(hr_http_request *request, hr_run *run, const hr_node *table)
{
    hr_span parts[HR_ADMIN_KEY_PARTS_MAX];
    size_t n = tables_key_parts(request, parts);
    hr_buf key = {0};
    hr_error err = {0};
    int rc = hr_table_key_from_text(table, parts, n, &key, &err);

    if (rc == HR_ENOMEM) {
        hr_admin_answer_no_memory(request);
    } else if (rc != HR_OK) {
        hr_http_answer_error(request, 400, "key", "%s", err.msg);
    } else if (hr_table_on_demand(table)) {
        tables_ask(request, run, table, hr_buf_span(&key));
    } else {
        tables_look_up(request, table, hr_buf_span(&key));
    }
    hr_buf_finish(&key);
}

void
hr_admin_on_table(void *ctx, hr_http_request *request)
{
    const hr_admin *admin = ctx;
    const char *name = hr_http_path_param(request, "table");
    const char *topology = hr_http_query(request, "topology");
    hr_run *run = NULL;
    size_t found;
    const hr_node *table = tables_find(admin->app, topology, name, &run, &found);

    if (found == 0) {
        hr_http_answer_error(request, 404, "table-unknown", "there is no table '%s'%s%s%s", name,
                             topology != NULL ? " in the topology '" : "",
                             topology != NULL ? topology : "", topology != NULL ? "'" : "");
    } else if (found > 1) {
        hr_http_answer_error(request, 400, "topology-missing",
                             "%zu topologies have a table '%s': say which with ?topology=NAME",
                             found, name);
    } else {
        tables_answer(request, run, table);
    }
}
