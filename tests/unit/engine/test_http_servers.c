/* When the servers of an app say that a path is not there, and when only that it is not there yet.
 *
 * A source opens its route on its stream thread, behind the sinks: one that writes into a pipe
 * holds the thread up for as long as the test wants.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/http_servers.h"
#include "app_rig.h"
#include "hr_test.h"
#include "http_client.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char config[] = "connections: {web: {type: http, listen: '127.0.0.1:0'}}\n"
                             "commit_interval: 10ms\n";

static const char topology_text[] = "version: 1\n"
                                    "topology: asked\n"
                                    "sources:\n"
                                    "  in: {http: {connection: web, route: /do}, format: json}\n"
                                    "sinks:\n"
                                    "  out: {from: in, file: {path: pipe}}\n";

static const char question[] = "POST /do HTTP/1.1\nHost: @\nContent-Type: application/json\n"
                               "Content-Length: 2\n\n{}";

static struct {
    app_rig rig;
    char *pipe;
    int reader; /* of the pipe; -1: the thread is held up */
    unsigned looks;
    bool over;
    http_answer answer;
} world;

static int
ask(const char *text)
{
    const hr_run *run = hr_app_run(world.rig.app, 0);
    hr_http_server *server = hr_run_http(run, &run->runner->connections[0]);

    return http_client_ask(hr_http_server_address(server), text, &world.answer);
}

/* While the thread is held up. */
static void
expect_not_ready(void)
{
    assert_int_equal(ask(question), 503);
    assert_has_text(world.answer.body, "\"not-ready\"");
    assert_int_equal(ask("GET /none HTTP/1.1\nHost: @\n\n"), 503);
}

/* On the main loop, which tells the servers between two of these. */
static void
look(void *unused)
{
    (void)unused;
    if (!atomic_load(&hr_app_run(world.rig.app, 0)->started) || world.over) {
        return;
    }
    if (world.reader < 0) {
        expect_not_ready();
        kill(getpid(), SIGHUP); /* it looks at everything once more */
        if (++world.looks == 5) {
            world.reader = open(world.pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
            assert_true(world.reader >= 0);
        }
        return;
    }
    if (ask("GET /none HTTP/1.1\nHost: @\n\n") == 503) {
        assert_has_text(world.answer.body, "\"not-ready\"");
        return;
    }
    assert_int_equal(world.answer.status, 404);
    assert_int_equal(ask(question), 200);
    world.over = true;
    hr_app_stop(world.rig.app);
}

static void
rig_init(app_rig *rig)
{
    hr_diag *diag = hr_diag_create();
    hr_error err = {0};
    char *path;

    rig->files = driver_new();
    driver_file(rig->files, "config.yaml", config);
    path = driver_path(rig->files, "config.yaml");
    rig->runner = hr_runner_load(path, NULL, 0, diag);
    hr_diag_destroy(diag);
    free(path);
    assert_non_null(rig->runner);
    rig->app = hr_app_create(rig->runner, &err);
    assert_non_null(rig->app);
}

static void
a_path_is_not_missing_before_all_routes_are_there(void **state)
{
    (void)state;
    rig_init(&world.rig);
    world.pipe = driver_path(world.rig.files, "pipe");
    world.reader = -1;
    app_rig_add(&world.rig, topology_text, 1, false); /* takes no pipe for a file */
    assert_int_equal(mkfifo(world.pipe, 0600), 0);
    hr_app_on_tick(world.rig.app, 10, look, NULL);
    assert_int_equal(hr_app_loop(world.rig.app), 0);
    assert_true(world.over);
    app_rig_finish(&world.rig);
    close(world.reader);
    free(world.pipe);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_not_missing_before_all_routes_are_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
