/* GET /tables/NAME/KEY: the row of a table as look-ups see it just now.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "admin/routes.h"
#include "engine/table_row.h"

#include <stdio.h>

#define ROW_BYTES_MAX ((size_t)16 << 20)

/* The tables of that name in the topology (NULL: in any): the first, and how many. */
static const hr_node *
tables_find(hr_app *app, const char *topology, const char *name, size_t *found)
{
    const hr_run *run;
    const hr_node *first = NULL;

    *found = 0;
    for (size_t i = 0; (run = hr_app_run(app, i)) != NULL; i++) {
        const hr_topology *t = run->topology;
        const hr_node *table = hr_topology_find(t, HR_NODE_TABLE, name);

        if (table != NULL && (topology == NULL || strcmp(topology, t->name.s) == 0)) {
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
tables_answer_row(hr_http_request *request, const hr_node *table, const hr_table_index *index,
                  hr_span key)
{
    static const char *const extra[] = {"Cache-Control", "no-store", NULL};
    uint32_t row = hr_table_find(index, key);
    hr_buf json = {.cap_max = ROW_BYTES_MAX};

    if (row == HR_TABLE_MISS) {
        hr_http_answer_error(request, 404, "row-unknown", "the table '%s' has no row of that key",
                             table->name.s);
    } else if (hr_table_row_json(table, index, row, &json) != HR_OK) {
        hr_admin_answer_no_memory(request);
    } else {
        hr_http_answer(request, 200, "application/json", hr_buf_span(&json), extra);
    }
    hr_buf_finish(&json);
}

static void
tables_look_up(hr_http_request *request, const hr_node *table)
{
    hr_span parts[HR_ADMIN_KEY_PARTS_MAX];
    size_t n = tables_key_parts(request, parts);
    hr_cell_hold hold = {0};
    hr_buf key = {0};
    hr_error err = {0};
    const hr_table_index *index;
    int rc = hr_table_key_from_text(table, parts, n, &key, &err);

    if (rc == HR_ENOMEM) {
        hr_admin_answer_no_memory(request);
    } else if (rc != HR_OK) {
        hr_http_answer_error(request, 400, "key", "%s", err.msg);
    } else if ((index = hr_table_hold(table, &hold)) == NULL) {
        hr_http_answer_error(request, 503, "table-not-loaded", "the table '%s' is not loaded yet",
                             table->name.s);
    } else {
        tables_answer_row(request, table, index, hr_buf_span(&key));
    }
    hr_cell_release(&hold);
    hr_buf_finish(&key);
}

void
hr_admin_on_table(void *ctx, hr_http_request *request)
{
    const hr_admin *admin = ctx;
    const char *name = hr_http_path_param(request, "table");
    const char *topology = hr_http_query(request, "topology");
    size_t found;
    const hr_node *table = tables_find(admin->app, topology, name, &found);

    if (found == 0) {
        hr_http_answer_error(request, 404, "table-unknown", "there is no table '%s'%s%s%s", name,
                             topology != NULL ? " in the topology '" : "",
                             topology != NULL ? topology : "", topology != NULL ? "'" : "");
    } else if (found > 1) {
        hr_http_answer_error(request, 400, "topology-missing",
                             "%zu topologies have a table '%s': say which with ?topology=NAME",
                             found, name);
    } else if (hr_table_on_demand(table)) {
        hr_http_answer_error(request, 501, "table-on-demand",
                             "no rows of the table '%s' are held in memory", name);
    } else {
        tables_look_up(request, table);
    }
}
