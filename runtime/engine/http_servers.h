/* HTTP servers belong to the app: the process's own, and one for each connection of type http that
 * a topology of it uses. Sources and endpoints add their routes to the latter; several topologies
 * may share one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_HTTP_SERVERS_H
#define HR_ENGINE_HTTP_SERVERS_H
#include "engine/run.h"
#include "hr_source.h"
#include "http/http.h"

typedef struct hr_http_servers hr_http_servers;

/* Binds the process's own address, where the runner has one. On a loopback address whose port is
 * taken it warns and takes a free one: two processes with one configuration are usual. NULL with
 * *err. The runner outlives the servers. All of this: main thread, but for what says otherwise. */
hr_http_servers *hr_http_servers_create(const hr_runner *runner, hr_error *err);

/* Binds the addresses of the http connections that the run's nodes name, unless that was done
 * already. HR_EIO with the place where one is taken. */
int hr_http_servers_use(hr_http_servers *servers, const hr_run *run, hr_error *err);

/* Starts to answer, and logs the addresses. */
int hr_http_servers_start(hr_http_servers *servers, hr_error *err);

/* All routes are there: what has none is not there, instead of not yet. */
void hr_http_servers_ready(hr_http_servers *servers);

/* The topologies' servers take no more requests; what is kept is answered while the sources drain.
 * The process's own goes on. */
void hr_http_servers_quiesce(hr_http_servers *servers);

/* Ends the process's own server, whose handlers look at what runs; before the runs are destroyed.
 */
void hr_http_servers_end_own(hr_http_servers *servers);

/* After the threads were joined. Accepts NULL. */
void hr_http_servers_destroy(hr_http_servers *servers);

/* The process's own; NULL: none. */
hr_http_server *hr_http_servers_own(const hr_http_servers *servers);

/* The server of a connection that a run uses; NULL: not of type http, or not used. thread: any */
hr_http_server *hr_run_http(const hr_run *run, const hr_connection *connection);
hr_http_server *hr_source_http_server(const hr_source *source);

#endif
