/* Clients (consumers, producers) belong to a stream thread and a connection: sources and sinks of
 * one thread share them, nothing else does.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_CLIENTS_H
#define HR_ENGINE_CLIENTS_H
#include "engine/metrics.h"
#include "hr_sink.h"
#include "hr_source.h"

typedef struct hr_client {
    const char *kind; /* static: "consumer", "producer" */
    const hr_connection *connection;
    void *object;
    void (*destroy)(void *object);
    /* Optional. Bytes that it holds for the thread, and their limit, of that budget. */
    void (*held)(const void *object, size_t *bytes, size_t *limit);
    hr_budget budget;
    struct hr_client *next;
} hr_client;

/* The slot for a client of the source's or sink's thread; object is NULL until somebody sets it
 * (and destroy, which the thread calls when it ends, last made first). NULL: out of memory. */
hr_client *hr_source_client(hr_source *source, const char *kind);
hr_client *hr_sink_client(hr_sink *sink, const char *kind);

/* What a client of this thread needs to know. */
typedef struct hr_client_env {
    int wake_fd;
    const char *group;      /* consumer group */
    const char *id;         /* client.id: topology and thread */
    size_t n_threads;       /* stream threads of the topology */
    int64_t prefetch_bytes; /* this thread's share for what is fetched and not processed */
    int64_t queue_bytes;    /* and for what is produced and not delivered */
} hr_client_env;

void hr_source_client_env(hr_source *source, hr_client_env *env);
void hr_sink_client_env(hr_sink *sink, hr_client_env *env);

#endif
