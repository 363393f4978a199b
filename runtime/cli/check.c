/* headrace check: everything that is wrong with topology files, in one run, without a network.
 *
 * What it finds is its product, so it goes to standard output in every format. Each file has
 * diagnostics of its own: a schema that two topologies share is wrong in both.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/cli.h"
#include "engine/run.h"
#include "engine/topology_compile.h"
#include "kafka/kafka.h"
#include "mongo/client.h"

#include <stdio.h>
#include <string.h>

typedef struct check_args {
    hr_arg_list files, sets;
    const char *config;
    int format; /* hr_diag_format */
} check_args;

static void
check_connection(const hr_runner *runner, const hr_node *node, hr_diag *diag)
{
    hr_error err = {0};

    if (!node->broken && hr_run_check_connection(runner, node, &err) != HR_OK) {
        hr_diag_error(diag, &err);
    }
}

static void
check_connections(const hr_runner *runner, const hr_topology *topology, hr_diag *diag)
{
    const struct {
        const hr_node *v;
        size_t n;
    } groups[] = {
        {topology->sources, topology->n_sources},
        {topology->tables, topology->n_tables},
        {topology->sinks, topology->n_sinks},
        {topology->endpoints, topology->n_endpoints},
        {topology->dead_letters, topology->dead_letters != NULL ? 1 : 0},
    };

    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        for (size_t i = 0; i < groups[g].n; i++) {
            check_connection(runner, &groups[g].v[i], diag);
        }
    }
}

/* What is to be printed before the next count. */
static const char *
check_print_count(size_t n, const char *noun, const char *before)
{
    if (n > 0) {
        printf("%s%zu %s%s", before, n, noun, n == 1 ? "" : "s");
        return ", ";
    }
    return before;
}

static void
check_print_ok(const hr_topology *topology)
{
    const char *before = "";

    printf("%s: ok (", topology->file);
    before = check_print_count(topology->n_sources, "source", before);
    before = check_print_count(topology->n_tables, "table", before);
    before = check_print_count(topology->n_steps, "step", before);
    before = check_print_count(topology->n_sinks, "sink", before);
    check_print_count(topology->n_endpoints, "endpoint", before);
    if (topology->fragment) {
        fputs("; a fragment: what it needs from elsewhere is checked where it is included)\n",
              stdout);
    } else if (topology->n_sources == 0) {
        puts(")");
    } else {
        printf("; guarantee: %s)\n", topology->exactly_once ? "exactly-once" : "at-least-once");
    }
}

/* True when the file has no errors. */
static bool
check_file(const char *path, const hr_runner *runner, const check_args *args)
{
    hr_diag *diag = hr_diag_create();
    hr_topology *topology =
        diag != NULL ? hr_topology_load(path, runner != NULL ? runner->files_root.s : NULL, diag)
                     : NULL;
    bool ok = false;

    if (topology != NULL) {
        hr_topology_compile(topology, diag);
        if (runner != NULL && args->config != NULL) {
            check_connections(runner, topology, diag);
        }
        ok = hr_diag_errors(diag) == 0;
    }
    if (diag != NULL) {
        hr_diag_print(diag, stdout, (hr_diag_format)args->format);
    } else {
        fputs("headrace check: out of memory\n", stderr);
    }
    if (ok && args->format == HR_DIAG_TEXT) {
        check_print_ok(topology);
    }
    if (topology != NULL) {
        topology->diag = NULL;
    }
    hr_topology_destroy(topology);
    hr_diag_destroy(diag);
    return ok;
}

/* The libraries look at what the options tables cannot know: URIs, passed-through properties. */
static void
check_runner_clients(const hr_runner *runner, hr_diag *diag)
{
    for (size_t i = 0; i < runner->n_connections; i++) {
        const hr_connection *connection = &runner->connections[i];
        hr_error err = {0};
        int rc = HR_OK;

        if (connection->type == HR_CONNECTION_KAFKA) {
            rc = hr_kafka_connection_check(connection, &err);
        } else if (connection->type == HR_CONNECTION_MONGO) {
            rc = hr_mongo_connection_check(connection, &err);
        }
        if (rc != HR_OK) {
            if (err.loc.line == 0) {
                err.loc = connection->name.loc;
            }
            hr_diag_error(diag, &err);
        }
    }
}

/* *runner is NULL when there is no config, and when it has errors (false). */
static bool
check_runner(const check_args *args, hr_runner **runner)
{
    hr_diag *diag;
    bool ok;

    *runner = NULL;
    if (args->config == NULL && args->sets.n == 0) {
        return true;
    }
    diag = hr_diag_create();
    if (diag == NULL) {
        fputs("headrace check: out of memory\n", stderr);
        return false;
    }
    *runner = hr_runner_load(args->config, args->sets.v, args->sets.n, diag);
    if (*runner != NULL) {
        check_runner_clients(*runner, diag);
    }
    ok = *runner != NULL && hr_diag_errors(diag) == 0;
    hr_diag_print(diag, stdout, (hr_diag_format)args->format);
    hr_diag_destroy(diag);
    return ok;
}

static int
check_all(const check_args *args)
{
    hr_runner *runner;
    bool ok = check_runner(args, &runner);

    for (size_t i = 0; i < args->files.n; i++) {
        ok = check_file(args->files.v[i], runner, args) && ok;
    }
    hr_runner_destroy(runner);
    return ok ? 0 : 1;
}

int
hr_cmd_check(int argc, char **argv)
{
    check_args args = {.format = HR_DIAG_TEXT};
    const hr_arg table[] = {
        {"--config", HR_ARG_TEXT, &args.config, "FILE",
         "Runner's config; the connections that the topologies name must be in it."},
        {"--set", HR_ARG_LIST, &args.sets, "A.B=C", "Overrides a value of the config."},
        {"--format", HR_ARG_CHOICE, &args.format, "text|json|github",
         "JSON: one object a line; GitHub: workflow commands."},
        {0},
    };
    const hr_command command = {"check",
                                "FILE... [options]",
                                "Finds all mistakes in topology files; needs no network.",
                                table,
                                1,
                                HR_ARG_LIST_MAX};
    int rc = hr_args_parse(&command, argc, argv, &args.files);

    return rc == 1 ? 0 : rc != 0 ? rc : check_all(&args);
}
