/* Clients of a MongoDB deployment. A client belongs to the thread that uses it, for life; it has no
 * threads of its own and connects when it is first used.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_CLIENT_H
#define HR_MONGO_CLIENT_H
#include "config/runner.h"

typedef struct hr_mongo_client hr_mongo_client;

/* The driver's version, e.g. "1.23.1". thread: any */
const char *hr_mongo_version(void);

/* Looks at a connection's URI and settings without touching the network, and warns in the log about
 * those that weaken what headrace promises. HR_OK, HR_ECONFIG. thread: any */
int hr_mongo_connection_check(const hr_connection *connection, hr_error *err);

/* A client, not connected so far. May block for a name server (mongodb+srv). HR_OK; HR_ECONFIG;
 * HR_EIO when a name cannot be resolved; HR_ENOMEM. thread: any */
int hr_mongo_client_create(const hr_connection *connection, hr_mongo_client **out, hr_error *err);
/* As hr_mongo_client_create() for somebody who waits: no connecting, choosing of a server or
 * reading takes longer than timeout_ms, and the driver repeats nothing by itself. */
int hr_mongo_client_create_hasty(const hr_connection *connection, int32_t timeout_ms,
                                 hr_mongo_client **out, hr_error *err);
void hr_mongo_client_destroy(hr_mongo_client *client); /* accepts NULL */

/* Copies a message without the user-info of URIs in it (three stars stand for it); always
 * terminated. thread: any */
void hr_mongo_redact(const char *text, char *out, size_t size);

/* A database and a collection as the server accepts them: NULL, or what is wrong with the name
 * (static text: "must not hold '$'"). thread: any */
const char *hr_mongo_database_problem(const char *name);
const char *hr_mongo_collection_problem(const char *name);

#endif
