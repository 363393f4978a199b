/* What the routes have in common. Handlers run on the server's thread; none waits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ADMIN_ROUTES_H
#define HR_ADMIN_ROUTES_H
#include "admin/admin.h"
#include "admin/held_taps.h"
#include "engine/stats.h"

#include <jansson.h>

/* Parts of a key that /tables takes: what a route may name, less the table. */
#define HR_ADMIN_KEY_PARTS_MAX 7

struct hr_admin {
    hr_app *app;
    hr_http_server *server;
    hr_held_taps taps;
};

/* Answers with the JSON, which it takes; NULL: out of memory. */
void hr_admin_answer_json(hr_http_request *request, int status, json_t *json);
void hr_admin_answer_no_memory(hr_http_request *request);

/* Handlers; ctx is the hr_admin. */
void hr_admin_on_metrics(void *ctx, hr_http_request *request);
void hr_admin_on_topology(void *ctx, hr_http_request *request);
void hr_admin_on_health(void *ctx, hr_http_request *request);
void hr_admin_on_ready(void *ctx, hr_http_request *request);
void hr_admin_on_table(void *ctx, hr_http_request *request);
void hr_admin_on_tap(void *ctx, hr_http_request *request);
void hr_admin_on_page(void *ctx, hr_http_request *request);

#endif
