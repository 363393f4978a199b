/* The runner's configuration: one options table and the connections.
 *
 * Paths in it start at the folder of the configuration file (overrides: at the working directory);
 * they need not lie beneath the files root, because whoever starts the runner writes it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/runner.h"
#include "config/connection.h"
#include "config/file.h"
#include "config/runner_set.h"

#include <stdlib.h>
#include <string.h>

/* What the file holds, as the table fills it. */
typedef struct runner_options {
    hr_runner runner;
    const hr_yaml_node *connections;
} runner_options;

#define AT(member) offsetof(runner_options, runner.member)
#define GROUP(member) (AT(group.member) - AT(group))

static const hr_option group_rows[] = {
    {.name = "instance_id",
     .kind = HR_OPT_TEXT,
     .offset = GROUP(instance_id),
     .help = "Static membership: the same name after a restart gets the same partitions.",
     .flags = HR_OPT_OPTIONAL | HR_OPT_NONEMPTY},
    {.name = "assignor",
     .kind = HR_OPT_ENUM,
     .offset = GROUP(assignor),
     .fallback = "cooperative-sticky",
     .choices = "cooperative-sticky|range",
     .help = "How partitions are divided among the instances."},
    {.name = "protocol",
     .kind = HR_OPT_ENUM,
     .offset = GROUP(protocol),
     .fallback = "classic",
     .choices = "classic|consumer",
     .help = "Rebalance protocol; `consumer` (KIP-848) needs Kafka 4."},
    {.name = "session_timeout",
     .kind = HR_OPT_DURATION_MS,
     .offset = GROUP(session_timeout_ms),
     .fallback = "45s",
     .min = 1000,
     .max = 1800000,
     .help = "An instance that is silent for so long loses its partitions."},
    {.name = "max_poll_interval",
     .kind = HR_OPT_DURATION_MS,
     .offset = GROUP(max_poll_interval_ms),
     .fallback = "5m",
     .min = 1000,
     .max = 86400000,
     .help = "An instance that does not get on for so long loses its partitions."},
    {0},
};

static const hr_option log_rows[] = {
    {.name = "level",
     .kind = HR_OPT_ENUM,
     .offset = AT(log_level) - AT(log_level),
     .fallback = "info",
     .choices = "error|warn|info|debug",
     .help = "The least important lines that are written."},
    {.name = "format",
     .kind = HR_OPT_ENUM,
     .offset = AT(log_format) - AT(log_level),
     .fallback = "text",
     .choices = "text|json",
     .help = "How a line looks."},
    {0},
};

const hr_option hr_runner_options[] = {
    {.name = "connections",
     .kind = HR_OPT_NODE,
     .offset = offsetof(runner_options, connections),
     .help = "Servers by name, as topologies name them.",
     .choices = "connections",
     .flags = HR_OPT_OPTIONAL},
    {.name = "threads",
     .kind = HR_OPT_INT,
     .offset = AT(threads),
     .fallback = "1",
     .min = 1,
     .max = 256,
     .help = "Stream threads of each topology."},
    {.name = "memory",
     .kind = HR_OPT_SIZE,
     .offset = AT(memory_bytes),
     .fallback = "256MiB",
     .min = 16 << 20,
     .max = 1099511627776.0,
     .help = "For what is under way: queues of clients, batches, mailboxes."},
    {.name = "profile",
     .kind = HR_OPT_ENUM,
     .offset = AT(profile),
     .fallback = "latency",
     .choices = "latency|throughput",
     .help = "Whether a record leaves at once, or waits a little for others."},
    {.name = "commit_interval",
     .kind = HR_OPT_DURATION_MS,
     .offset = AT(commit_interval_ms),
     .fallback = "1s",
     .min = 10,
     .max = 600000,
     .help = "How often offsets are committed."},
    {.name = "shutdown_timeout",
     .kind = HR_OPT_DURATION_MS,
     .offset = AT(shutdown_timeout_ms),
     .fallback = "30s",
     .min = 100,
     .max = 3600000,
     .help = "How long a stop may wait for what is under way."},
    {.name = "state_dir",
     .kind = HR_OPT_TEXT,
     .offset = AT(state_dir),
     .help = "Folder for state.",
     .flags = HR_OPT_OPTIONAL | HR_OPT_NONEMPTY},
    {.name = "files_root",
     .kind = HR_OPT_TEXT,
     .offset = AT(files_root),
     .help = "Folder beneath which the files lie that topologies name.",
     .flags = HR_OPT_OPTIONAL | HR_OPT_NONEMPTY},
    {.name = "log",
     .kind = HR_OPT_BLOCK,
     .offset = AT(log_level),
     .block = log_rows,
     .fallback = "{}",
     .help = "The log."},
    {.name = "group",
     .kind = HR_OPT_BLOCK,
     .offset = AT(group),
     .block = group_rows,
     .fallback = "{}",
     .help = "The consumer group."},
    {.name = "http",
     .kind = HR_OPT_BLOCK,
     .offset = AT(http),
     .block = hr_http_rows,
     .help = "The process's own server: metrics, health, the live page. `'off'`, or absent: none.",
     .flags = HR_OPT_OPTIONAL},
    {0},
};

/* Paths of overrides start at the working directory. */
static const char *
runner_join(const hr_opt_env *env, const hr_text *path)
{
    bool override = path->loc.file != NULL && strcmp(path->loc.file, HR_RUNNER_SET_FILE) == 0;

    return hr_file_join(env->arena, override ? "." : env->base_dir, path->s);
}

static int
runner_files_root(const hr_opt_env *env, hr_text *path)
{
    const char *joined = path->s != NULL ? runner_join(env, path) : NULL;
    char *real = joined != NULL ? realpath(joined, NULL) : NULL;

    if (path->s == NULL) {
        return HR_OK;
    }
    if (real == NULL) {
        hr_diag_add(env->diag, path->loc, hr_text_width(path), "no-file", NULL,
                    "the folder of 'files_root' is not there");
        return HR_ECONFIG;
    }
    path->s = hr_arena_strdup(env->arena, real);
    path->len = strlen(real);
    free(real);
    return path->s != NULL ? HR_OK : HR_ENOMEM;
}

static int
runner_check_group(const hr_opt_env *env, const hr_runner *runner, const hr_yaml_node *root)
{
    const hr_yaml_node *group = hr_yaml_get(root, "group");
    const hr_yaml_node *at = hr_yaml_get(group, "max_poll_interval");

    if (runner->group.max_poll_interval_ms >= runner->group.session_timeout_ms) {
        return HR_OK;
    }
    at = at != NULL ? at : hr_yaml_get(group, "session_timeout");
    at = at != NULL ? at : root;
    hr_diag_add(env->diag, at->loc, at->width, "out-of-range", NULL,
                "'max_poll_interval' of group must not be shorter than 'session_timeout'");
    return HR_ECONFIG;
}

static int
runner_connections(const hr_opt_env *env, hr_runner *runner, const hr_yaml_node *node)
{
    int rc = HR_OK;

    if (node == NULL) {
        return HR_OK;
    }
    runner->connections = hr_arena_calloc(env->arena, node->n + 1, sizeof *runner->connections);
    if (runner->connections == NULL) {
        return HR_ENOMEM;
    }
    runner->n_connections = node->n;
    for (size_t i = 0; i < node->n; i++) {
        if (hr_connection_parse(env, &node->entries[i], &runner->connections[i]) != HR_OK) {
            rc = HR_ECONFIG;
        }
    }
    return rc;
}

/* The tree: the file's, or an empty map, with the overrides in it. NULL: diag got the reason. */
static hr_yaml_node *
runner_tree(hr_arena *arena, hr_diag *diag, const char *path, const char *const *sets, size_t n)
{
    hr_yaml_node *root;

    if (path != NULL) {
        root = hr_yaml_load(arena, diag, path);
    } else if ((root = hr_arena_calloc(arena, 1, sizeof *root)) != NULL) {
        root->kind = HR_YAML_MAP;
    }
    if (root == NULL ||
        (root->kind == HR_YAML_MAP && hr_runner_set(arena, diag, root, sets, n) != HR_OK)) {
        return NULL;
    }
    hr_yaml_expand(arena, diag, root);
    return root;
}

static hr_runner *
runner_load(hr_arena *arena, hr_diag *diag, const char *path, const char *const *sets, size_t n)
{
    size_t errors = hr_diag_errors(diag);
    hr_yaml_node *root = runner_tree(arena, diag, path, sets, n);
    runner_options *opt = hr_arena_calloc(arena, 1, sizeof *opt);
    hr_opt_env env = {.arena = arena, .diag = diag, .owner = "the configuration"};

    if (root == NULL || opt == NULL) {
        return NULL;
    }
    env.base_dir = path != NULL ? hr_file_dir(arena, path) : ".";
    opt->runner.arena = arena;
    if (hr_options_parse(&env, hr_runner_options, root, root->loc, opt) == HR_OK) {
        runner_check_group(&env, &opt->runner, root);
        runner_files_root(&env, &opt->runner.files_root);
        hr_http_conf_parsed(&env, &opt->runner.http);
    }
    if (runner_connections(&env, &opt->runner, opt->connections) == HR_ENOMEM) {
        hr_diag_add(diag, root->loc, 1, "memory", NULL, "out of memory");
    }
    return hr_diag_errors(diag) == errors ? &opt->runner : NULL;
}

hr_runner *
hr_runner_load(const char *path, const char *const *sets, size_t n_sets, hr_diag *diag)
{
    hr_arena *arena = hr_arena_create(16384, 64u << 20);
    hr_runner *runner = NULL;

    if (arena == NULL) {
        hr_diag_add(diag, HR_NO_LOC, 1, "memory", NULL, "out of memory");
        return NULL;
    }
    runner = runner_load(arena, diag, path, sets, n_sets);
    if (runner == NULL) {
        hr_arena_destroy(arena);
    }
    return runner;
}

void
hr_runner_destroy(hr_runner *runner)
{
    if (runner != NULL) {
        hr_arena_destroy(runner->arena);
    }
}

/* --- looking up --------------------------------------------------------------------------------
 */

static const char *const connection_types[] = {"kafka", "mongo", "http"};

static int
connection_unknown(const hr_runner *runner, const hr_text *name, hr_connection_type type,
                   hr_error *err)
{
    const char *names[64], *nearest;
    char list[160] = "";
    size_t n = 0, used = 0;

    for (size_t i = 0; i < runner->n_connections && n < 64; i++) {
        if (runner->connections[i].type == type) {
            names[n] = runner->connections[i].name.s;
            if (used < sizeof list) {
                used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", n > 0 ? ", " : "",
                                         names[n]);
            }
            n++;
        }
    }
    hr_fail_as(err, name->loc, "unknown-connection", "the configuration has no %s connection '%s'",
               connection_types[type], name->s);
    err->width = hr_text_width(name);
    nearest = hr_diag_nearest(name->s, names, n);
    if (nearest != NULL) {
        return hr_hint(err, "did you mean '%s'?", nearest);
    }
    return n > 0 ? hr_hint(err, "it has: %s", list)
                 : hr_hint(err, "add it under `connections:` of the configuration");
}

const hr_connection *
hr_runner_connection(const hr_runner *runner, const hr_text *name, hr_connection_type type,
                     hr_error *err)
{
    for (size_t i = 0; i < runner->n_connections; i++) {
        const hr_connection *c = &runner->connections[i];

        if (strcmp(c->name.s, name->s) == 0 && c->type == type) {
            return c;
        }
    }
    for (size_t i = 0; i < runner->n_connections; i++) {
        if (strcmp(runner->connections[i].name.s, name->s) == 0) {
            hr_fail_as(err, name->loc, "wrong-connection",
                       "the connection '%s' is of type %s, and this needs %s", name->s,
                       connection_types[runner->connections[i].type], connection_types[type]);
            err->width = hr_text_width(name);
            return NULL;
        }
    }
    connection_unknown(runner, name, type, err);
    return NULL;
}
