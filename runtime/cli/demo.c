/* headrace demo: the flight-delay pipeline, the passenger's page and a player of real flights as
 * three topologies in this process, on an embedded broker; nothing else is needed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/demo_view.h"
#include "cli/run.h"
#include "config/options.h"
#include "engine/clock.h"
#include "engine/http_servers.h"

#include <stdio.h>
#include <unistd.h>

#define DEMO_TOPIC "flight_delay_classification_response"
#define DEMO_PAGE "/flights/delays/predict_kafka"

typedef struct demo {
    hr_app *app;
    hr_admin *admin;
    hr_demo_view *view;
    int64_t stop_at_ms; /* 0: runs until a signal */
} demo;

typedef struct demo_args {
    hr_arena *arena; /* of paths */
    const char *for_text, *dir, *config;
    int64_t for_ms;
} demo_args;

static void
demo_tick(void *ctx)
{
    demo *d = ctx;

    if (d->stop_at_ms != 0 && hr_clock_ms() >= d->stop_at_ms) {
        hr_app_stop(d->app);
    }
}

static void
demo_print_error(const hr_error *err)
{
    fprintf(stderr, "headrace demo: %s\n", err->msg);
}

/* A demo must not fail because another one runs: ports that are taken give way to free ones. */
static void
demo_let_ports_move(hr_runner *runner)
{
    runner->http.moves = true;
    for (size_t i = 0; i < runner->n_connections; i++) {
        if (runner->connections[i].type == HR_CONNECTION_HTTP) {
            runner->connections[i].u.http.moves = true;
        }
    }
}

/* A path beneath the demo's folder; lives as long as the arguments. */
static const char *
demo_path(const demo_args *args, const char *name)
{
    const char *path = hr_arena_printf(args->arena, "%s/%s", args->dir, name);

    return path != NULL ? path : name;
}

static int
demo_add(demo *d, const hr_runner *runner, const demo_args *args, const char *file,
         const char *const *sinks, size_t n_sinks)
{
    hr_run_options options = {.sinks = sinks, .n_sinks = n_sinks, .threads = 1};
    hr_topology *topology = hr_cli_topology(demo_path(args, file), runner, false);
    hr_error err = {0};

    if (topology == NULL) {
        return 1;
    }
    if (hr_app_add(d->app, topology, &options, &err) != HR_OK) {
        demo_print_error(&err);
        return 1;
    }
    return 0;
}

/* Where the passenger's page is; NULL: nowhere. */
static const char *
demo_page(const demo *d, const hr_runner *runner, const demo_args *args)
{
    const hr_text name = {.s = "web", .len = 3};
    hr_error err = {0};
    const hr_connection *web = hr_runner_connection(runner, &name, HR_CONNECTION_HTTP, &err);
    const hr_run *run;

    for (size_t i = 0; web != NULL && (run = hr_app_run(d->app, i)) != NULL; i++) {
        const hr_http_server *server = hr_run_http(run, web);

        if (server != NULL) {
            return hr_arena_printf(args->arena, "http://%s" DEMO_PAGE,
                                   hr_http_server_address(server));
        }
    }
    return NULL;
}

static int
demo_start_view(demo *d, const hr_runner *runner, const demo_args *args)
{
    const hr_text name = {.s = "kafka", .len = 5};
    const hr_http_server *own = hr_app_http(d->app);
    hr_error err = {0};
    hr_demo_view_conf conf = {
        .connection = hr_runner_connection(runner, &name, HR_CONNECTION_KAFKA, &err),
        .topic = DEMO_TOPIC,
        .requests_path = demo_path(args, "data/requests.jsonl"),
        .outcomes_path = demo_path(args, "data/outcomes.jsonl"),
        .model_path = demo_path(args, "models/flight_delay.onnx"),
        .table = isatty(STDOUT_FILENO),
        .page = demo_page(d, runner, args),
    };

    if (own != NULL) {
        conf.live = hr_arena_printf(args->arena, "http://%s/", hr_http_server_address(own));
    }
    if (conf.connection != NULL) {
        conf.bootstrap = conf.connection->u.kafka.bootstrap.s;
        d->view = hr_demo_view_start(&conf, &err);
    }
    if (d->view == NULL) {
        demo_print_error(&err);
        return 1;
    }
    return 0;
}

static int
demo_add_all(demo *d, const hr_runner *runner, const demo_args *args)
{
    const char *const sink = "kafka_response";
    hr_error err = {0};
    int status = demo_add(d, runner, args, "topology.yaml", &sink, 1);

    if (status == 0) {
        status = demo_add(d, runner, args, "web.yaml", NULL, 0);
    }
    if (status == 0) {
        status = demo_add(d, runner, args, "replay.yaml", NULL, 0);
    }
    if (status == 0 && hr_cli_admin(d->app, &d->admin, &err) != HR_OK) {
        demo_print_error(&err);
        status = 1;
    }
    return status;
}

/* The flights begin once the view looks at the answers, so that the first one is seen. */
static int
demo_run(demo *d, const hr_runner *runner, const demo_args *args)
{
    int status = demo_add_all(d, runner, args);

    if (status == 0) {
        status = demo_start_view(d, runner, args);
    }
    if (status != 0) {
        return status;
    }
    while (!hr_demo_view_ready(d->view)) {
        usleep(1000);
    }
    if (args->for_ms > 0) {
        d->stop_at_ms = hr_clock_ms() + args->for_ms;
    }
    hr_app_on_tick(d->app, 50, demo_tick, d);
    return hr_app_loop(d->app);
}

static int
demo_main(const demo_args *args, hr_runner *runner)
{
    hr_error err = {0};
    demo d = {0};
    int status;

    demo_let_ports_move(runner);
    d.app = hr_app_create(runner, &err);
    if (d.app == NULL) {
        demo_print_error(&err);
        return 1;
    }
    status = demo_run(&d, runner, args);
    if (d.view != NULL && hr_demo_view_stop(d.view) == 0 && status == 0) {
        fprintf(stderr, "headrace demo: no answer was seen\n");
        status = 1;
    }
    hr_admin_destroy(d.admin);
    hr_app_destroy(d.app);
    return status;
}

int
hr_cmd_demo(int argc, char **argv)
{
    demo_args args = {.dir = "topologies/flight_delay", .config = "config/embedded.yaml"};
    hr_arg_list none = {0};
    const hr_arg table[] = {
        {"--for", HR_ARG_TEXT, &args.for_text, "10s", "Ends by itself after that time."},
        {"--dir", HR_ARG_TEXT, &args.dir, "DIR", "Folder of the flight-delay topology."},
        {"--config", HR_ARG_TEXT, &args.config, "FILE", "Runner's config with an embedded broker."},
        {0},
    };
    const hr_command command = {"demo",
                                "[--for 10s]",
                                "Predicts the delay of real flights on an embedded broker.",
                                table,
                                0,
                                0};
    int rc = hr_args_parse(&command, argc, argv, &none);
    hr_runner *runner;

    if (rc != 0) {
        return rc == 1 ? 0 : rc;
    }
    if (args.for_text != NULL && !hr_parse_duration_ms(args.for_text, &args.for_ms)) {
        fprintf(stderr, "headrace demo: --for wants a time such as 10s, not '%s'\n", args.for_text);
        return 2;
    }
    runner = hr_cli_runner(args.config, NULL, 0);
    if (runner == NULL) {
        return 1;
    }
    /* The table is the show: what a passenger is told anyway would only tear it. */
    hr_log_init(HR_LOG_ERROR, false);
    args.arena = hr_arena_create(4096, 65536);
    rc = args.arena != NULL ? demo_main(&args, runner) : 1;
    hr_arena_destroy(args.arena);
    hr_runner_destroy(runner);
    return rc;
}
