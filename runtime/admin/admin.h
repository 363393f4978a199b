/* The routes of the process's own HTTP server: metrics, health, topology with live numbers, rows of
 * tables, taps, and the live page that shows them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ADMIN_ADMIN_H
#define HR_ADMIN_ADMIN_H
#include "engine/app.h"
#include "http/http.h"

typedef struct hr_admin hr_admin;

/* Adds all routes to a server. Both outlive the admin. NULL with *err. */
hr_admin *hr_admin_create(hr_app *app, hr_http_server *server, hr_error *err);

/* Ends the server's taking of requests, removes the routes and answers what is kept. Accepts NULL.
 */
void hr_admin_destroy(hr_admin *admin);

#endif
