/* headrace run: topologies in this process until a signal, a failure or the end of their sources.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/run.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/live_line.h"
#include "cli/run_sinks.h"
#include "engine/topology_compile.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct run_args {
    hr_arg_list files, sets;
    const char *config, *sinks, *group, *threads, *http;
    char http_set[300];
    char *sinks_split; /* what the names of the sinks point into */
    bool until_end, dry, quiet, fail_fast;
} run_args;

hr_runner *
hr_cli_runner(const char *config, const char *const *sets, size_t n_sets)
{
    hr_diag *diag = hr_diag_create();
    hr_runner *runner = hr_runner_load(config, sets, n_sets, diag);

    hr_diag_print(diag, stderr, HR_DIAG_TEXT);
    hr_diag_destroy(diag);
    return runner;
}

hr_topology *
hr_cli_topology(const char *path, const hr_runner *runner, bool dry)
{
    hr_diag *diag = hr_diag_create();
    hr_topology *topology = hr_topology_load(path, runner->files_root.s, diag);

    if (topology != NULL) {
        topology->dry = dry;
        if (topology->fragment) {
            hr_diag_add(diag, topology->name.loc, hr_text_width(&topology->name), "fragment",
                        "name a topology that includes it",
                        "a fragment can be checked, but not run or described");
        }
        if (hr_topology_compile(topology, diag) != HR_OK) {
            hr_topology_destroy(topology);
            topology = NULL;
        } else {
            topology->diag = NULL;
        }
    }
    hr_diag_print(diag, stderr, HR_DIAG_TEXT);
    hr_diag_destroy(diag);
    return topology;
}

int
hr_cli_admin(hr_app *app, hr_admin **out, hr_error *err)
{
    hr_http_server *server = hr_app_http(app);

    *out = server != NULL ? hr_admin_create(app, server, err) : NULL;
    return server == NULL || *out != NULL ? HR_OK : err->code;
}

static void
run_print_error(const hr_error *err)
{
    if (err->loc.line > 0) {
        fprintf(stderr, "%s:%d:%d: ", err->loc.file, err->loc.line, err->loc.col);
    }
    fprintf(stderr, "error: %s\n", err->msg);
    if (err->hint[0] != '\0') {
        fprintf(stderr, "  %s\n", err->hint);
    }
}

/* Adds one topology, on its own consumer group. */
static int
run_add(hr_app *app, const hr_runner *runner, const char *file, const run_args *args,
        const hr_run_options *options, bool *used_sinks)
{
    hr_topology *topology = hr_cli_topology(file, runner, options->dry);
    hr_run_options own = *options;
    hr_error err = {0};

    if (topology == NULL) {
        return 1;
    }
    if (args->files.n > 1 && hr_run_sinks_choose(topology, options, used_sinks, &own) != HR_OK) {
        hr_topology_destroy(topology);
        fprintf(stderr, "error: out of memory\n");
        return 1;
    }
    if (hr_app_add(app, topology, &own, &err) != HR_OK) {
        run_print_error(&err);
        return 1;
    }
    return 0;
}

static int
run_add_all(hr_app *app, const hr_runner *runner, const run_args *args,
            const hr_run_options *options)
{
    bool used_sinks[HR_ARG_LIST_MAX] = {0};

    for (size_t i = 0; i < args->files.n; i++) {
        if (run_add(app, runner, args->files.v[i], args, options, used_sinks) != 0) {
            return 1;
        }
    }
    for (size_t i = 0; i < options->n_sinks && args->files.n > 1; i++) {
        if (!used_sinks[i]) {
            fprintf(stderr, "error: no topology has a sink '%s'\n", options->sinks[i]);
            return 1;
        }
    }
    return 0;
}

/* --http ADDRESS as the --set that it stands for: quoted, since [::1]:0 is a list in YAML. */
static bool
run_http(run_args *args)
{
    if (args->http == NULL) {
        return true;
    }
    if (strlen(args->http) > 256 || strchr(args->http, '\'') != NULL ||
        args->sets.n == HR_ARG_LIST_MAX) {
        fprintf(stderr, "headrace run: --http wants an address such as 127.0.0.1:8686, or off\n");
        return false;
    }
    snprintf(args->http_set, sizeof args->http_set, "http.listen='%s'", args->http);
    args->sets.v[args->sets.n++] = args->http_set;
    return true;
}

static int
run_options(run_args *args, hr_arg_list *sinks, hr_run_options *options)
{
    char *end = NULL;

    if (args->group != NULL && args->files.n > 1) {
        fprintf(stderr,
                "headrace run: --group is for one topology: each needs a group of its own\n");
        return 2;
    }
    options->group = args->group;
    options->until_end = args->until_end;
    options->dry = args->dry;
    options->fail_fast = args->fail_fast;
    if (args->threads != NULL) {
        options->threads = strtol(args->threads, &end, 10);
        if (*end != '\0' || options->threads < 1 || options->threads > 256) {
            fprintf(stderr, "headrace run: --threads wants a whole number from 1 to 256\n");
            return 2;
        }
    }
    if (args->sinks != NULL) {
        args->sinks_split = strdup(args->sinks);
        if (args->sinks_split == NULL || !hr_args_split(args->sinks_split, sinks)) {
            fprintf(stderr, "headrace run: too many names in --sinks\n");
            return 2;
        }
        options->sinks = sinks->v;
        options->n_sinks = sinks->n;
    }
    return 0;
}

static int
run_app(const run_args *args, hr_runner *runner, const hr_run_options *options)
{
    hr_error err = {0};
    hr_app *app = hr_app_create(runner, &err);
    hr_admin *admin = NULL;
    int status;

    if (app == NULL) {
        run_print_error(&err);
        return 1;
    }
    status = run_add_all(app, runner, args, options);
    if (status == 0 && hr_cli_admin(app, &admin, &err) != HR_OK) {
        run_print_error(&err);
        status = 1;
    }
    if (status == 0) {
        if (!args->quiet && isatty(STDERR_FILENO)) {
            hr_live_line_start(app);
        }
        status = hr_app_loop(app);
        hr_live_line_stop();
    }
    hr_admin_destroy(admin);
    hr_app_destroy(app);
    return status;
}

int
hr_cmd_run(int argc, char **argv)
{
    run_args args = {0};
    hr_arg_list sinks = {0};
    hr_run_options options = {0};
    const hr_arg table[] = {
        {"--config", HR_ARG_TEXT, &args.config, "FILE", "Runner's config: connections and so on."},
        {"--set", HR_ARG_LIST, &args.sets, "A.B=C", "Overrides a value of the config."},
        {"--sinks", HR_ARG_TEXT, &args.sinks, "A,B",
         "Arms these sinks only; a topology with none of them keeps its own."},
        {"--group", HR_ARG_TEXT, &args.group, "NAME", "Consumer group; default: by the topology."},
        {"--http", HR_ARG_TEXT, &args.http, "ADDRESS|off",
         "Where metrics and the live page are served; port 0: a free one."},
        {"--threads", HR_ARG_TEXT, &args.threads, "N", "Stream threads per topology."},
        {"--until-end", HR_ARG_FLAG, &args.until_end, NULL,
         "Ends when the sources are read up to what they held at the start."},
        {"--dry", HR_ARG_FLAG, &args.dry, NULL,
         "Disarms the sinks and prints what would leave; commits nothing."},
        {"--fail-fast", HR_ARG_FLAG, &args.fail_fast, NULL,
         "Ends where it would wait for a server and try again."},
        {"--quiet", HR_ARG_FLAG, &args.quiet, NULL, "No live line on a terminal."},
        {0},
    };
    const hr_command command = {"run", "TOPOLOGY... [options]", "Runs topologies.", table,
                                1,     HR_ARG_LIST_MAX};
    int rc = hr_args_parse(&command, argc, argv, &args.files);
    hr_runner *runner;

    if (rc == 0 && !run_http(&args)) {
        rc = 2;
    }
    if (rc != 0 || (rc = run_options(&args, &sinks, &options)) != 0) {
        free(args.sinks_split);
        return rc == 1 ? 0 : rc;
    }
    rc = 1;
    runner = hr_cli_runner(args.config, args.sets.v, args.sets.n);
    if (runner != NULL) {
        hr_log_init((hr_log_level)runner->log_level, runner->log_format == 1);
        rc = run_app(&args, runner, &options);
        hr_runner_destroy(runner);
    }
    free(args.sinks_split);
    return rc;
}
