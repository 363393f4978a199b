/* The clients of a stream thread (clients.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/thread.h"

#include <stdlib.h>
#include <string.h>

static hr_client *
thread_client(hr_thread *thread, const char *kind, const hr_connection *connection)
{
    hr_client *client;

    for (client = thread->clients; client != NULL; client = client->next) {
        if (client->connection == connection && strcmp(client->kind, kind) == 0) {
            return client;
        }
    }
    client = calloc(1, sizeof *client);
    if (client != NULL) {
        *client = (hr_client){.kind = kind, .connection = connection, .next = thread->clients};
        thread->clients = client;
    }
    return client;
}

hr_client *
hr_source_client(hr_source *source, const char *kind)
{
    return thread_client(source->thread, kind, source->connection);
}

hr_client *
hr_sink_client(hr_sink *sink, const char *kind)
{
    return thread_client(sink->thread, kind, sink->connection);
}

/* A quarter of the budget for what is fetched and not processed, a quarter for what is produced and
 * not delivered; batches and mailboxes share the rest. */
static void
thread_client_env(const hr_thread *thread, hr_client_env *env)
{
    int64_t quarter = thread->run->runner->memory_bytes / 4 / (int64_t)thread->run->n_threads;

    env->wake_fd = thread->wake_fd;
    env->group = thread->run->group;
    env->id = thread->client_id;
    env->n_threads = thread->run->n_threads;
    env->prefetch_bytes = quarter;
    env->queue_bytes = quarter;
}

void
hr_source_client_env(hr_source *source, hr_client_env *env)
{
    thread_client_env(source->thread, env);
}

void
hr_sink_client_env(hr_sink *sink, hr_client_env *env)
{
    thread_client_env(sink->thread, env);
}

void
hr_thread_clients_close(hr_thread *thread)
{
    while (thread->clients != NULL) {
        hr_client *client = thread->clients;

        thread->clients = client->next;
        if (client->object != NULL && client->destroy != NULL) {
            client->destroy(client->object);
        }
        free(client);
    }
}
