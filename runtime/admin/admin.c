/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin.h"
#include "admin/metric_table.h"
#include "admin/page.h"
#include "admin/routes.h"
#include "admin/topology_json.h"

#include <stdio.h>
#include <stdlib.h>

#define METRICS_BYTES_MAX ((size_t)64 << 20)

/* Numbers of now: a proxy or a browser must not keep them. */
static const char *const admin_fresh[] = {"Cache-Control", "no-store", NULL};

void
hr_admin_answer_no_memory(hr_http_request *request)
{
    hr_http_answer_error(request, 503, "out-of-memory", "out of memory");
}

void
hr_admin_answer_json(hr_http_request *request, int status, json_t *json)
{
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);
    if (text == NULL) {
        hr_admin_answer_no_memory(request);
        return;
    }
    hr_http_answer(request, status, "application/json", hr_span_str(text), admin_fresh);
    free(text);
}

void
hr_admin_on_metrics(void *ctx, hr_http_request *request)
{
    const hr_admin *admin = ctx;
    hr_stats *stats = hr_app_stats_take(admin->app);
    hr_buf text = {.cap_max = METRICS_BYTES_MAX};

    if (stats == NULL || hr_metrics_write(stats, &text) != HR_OK) {
        hr_admin_answer_no_memory(request);
    } else {
        hr_http_answer(request, 200, HR_METRIC_TEXT_TYPE, hr_buf_span(&text), admin_fresh);
    }
    hr_buf_finish(&text);
    hr_stats_destroy(stats);
}

void
hr_admin_on_topology(void *ctx, hr_http_request *request)
{
    const hr_admin *admin = ctx;
    hr_stats *stats = hr_app_stats_take(admin->app);

    hr_admin_answer_json(request, 200, stats != NULL ? hr_topology_json(stats) : NULL);
    hr_stats_destroy(stats);
}

void
hr_admin_on_health(void *ctx, hr_http_request *request)
{
    const hr_admin *admin = ctx;
    hr_stats *stats = hr_app_stats_take(admin->app);
    bool healthy = false;
    json_t *json = stats != NULL ? hr_health_json(stats, &healthy) : NULL;

    hr_admin_answer_json(request, healthy ? 200 : 503, json);
    hr_stats_destroy(stats);
}

void
hr_admin_on_ready(void *ctx, hr_http_request *request)
{
    const hr_admin *admin = ctx;
    hr_stats *stats = hr_app_stats_take(admin->app);

    hr_admin_answer_json(request, stats != NULL && stats->ready ? 200 : 503,
                         stats != NULL ? hr_ready_json(stats) : NULL);
    hr_stats_destroy(stats);
}

void
hr_admin_on_page(void *ctx, hr_http_request *request)
{
    static const char policy[] = HR_PAGE_POLICY;
    static const char *const extra[] = {"Cache-Control", "no-cache", "Content-Security-Policy",
                                        policy, NULL};
    const char *path = hr_http_path(request);

    (void)ctx;
    for (const hr_page_file *file = hr_page_files; file->path != NULL; file++) {
        if (strcmp(file->path, path) == 0) {
            hr_http_answer(request, 200, file->type, (hr_span){file->bytes, file->len}, extra);
            return;
        }
    }
    hr_http_answer_error(request, 404, "not-found", "there is no %s", path);
}

/* ---- all together ------------------------------------------------------------------------------
 */

static int
admin_add(hr_admin *admin, const char *path, hr_http_handler handler, hr_error *err)
{
    return hr_http_route_add(admin->server, "GET", path, handler, admin, err);
}

/* /tables/{table}/{key1}, /tables/{table}/{key1}/{key2} ...: a slash inside a part of a key is
 * written %2F, and only a route with a name for each part can tell the two. */
static int
admin_add_tables(hr_admin *admin, hr_error *err)
{
    char path[128] = "/tables/{table}";
    size_t len = strlen(path);
    int rc = HR_OK;

    for (int part = 1; part <= HR_ADMIN_KEY_PARTS_MAX && rc == HR_OK; part++) {
        len += (size_t)snprintf(path + len, sizeof path - len, "/{key%d}", part);
        rc = admin_add(admin, path, hr_admin_on_table, err);
    }
    return rc;
}

static int
admin_add_all(hr_admin *admin, hr_error *err)
{
    int rc = HR_OK;
    const struct {
        const char *path;
        hr_http_handler handler;
    } routes[] = {
        {"/metrics", hr_admin_on_metrics}, {"/topology", hr_admin_on_topology},
        {"/healthz", hr_admin_on_health},  {"/readyz", hr_admin_on_ready},
        {"/tap/{node}", hr_admin_on_tap},
    };

    for (size_t i = 0; i < sizeof routes / sizeof routes[0] && rc == HR_OK; i++) {
        rc = admin_add(admin, routes[i].path, routes[i].handler, err);
    }
    for (const hr_page_file *file = hr_page_files; file->path != NULL && rc == HR_OK; file++) {
        rc = admin_add(admin, file->path, hr_admin_on_page, err);
    }
    return rc == HR_OK ? admin_add_tables(admin, err) : rc;
}

hr_admin *
hr_admin_create(hr_app *app, hr_http_server *server, hr_error *err)
{
    hr_admin *admin = calloc(1, sizeof *admin);

    if (admin == NULL) {
        hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        return NULL;
    }
    admin->app = app;
    admin->server = server;
    hr_held_taps_init(&admin->taps);
    if (admin_add_all(admin, err) != HR_OK) {
        hr_admin_destroy(admin);
        return NULL;
    }
    return admin;
}

void
hr_admin_destroy(hr_admin *admin)
{
    if (admin == NULL) {
        return;
    }
    hr_http_server_quiesce(admin->server); /* "the server stops" is true, "no such path" is not */
    hr_http_route_remove(admin->server, admin);
    hr_held_taps_finish(&admin->taps);
    free(admin);
}
