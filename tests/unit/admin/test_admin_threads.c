/* All routes at once while threads start, work and end, and clients that are still asking when the
 * server goes. Run under ThreadSanitizer too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin.h"
#include "app_rig.h"
#include "hr_test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ASKERS = 3, LOOKS_MIN = 400 };

static const char topology_text[] =
    "version: 1\n"
    "topology: numbers\n"
    "sources:\n"
    "  in: {generate: {count: 1000000, rate: 20000, fields: {N: 'n', T: 'string(n % 3)'}}, "
    "format: json}\n"
    "tables:\n"
    "  names: {file: {path: names.jsonl}, format: json, schema: name.avsc, key: [T]}\n"
    "steps:\n"
    "  share: {from: in, derive: {Share: '100 / (N % 100)'}}\n"
    "  named: {from: share, enrich: {table: names, match: {T: T}, add: [Name], on_miss: skip}}\n"
    "sinks:\n"
    "  out: {from: named, blackhole: {}, format: json}\n"
    "errors:\n"
    "  dead_letters: {blackhole: {}}\n";

static const char *const paths[] = {
    "/metrics",
    "/topology",
    "/healthz",
    "/readyz",
    "/tables/names/1",
    "/tap/share?limit=5&wait_ms=20",
    "/tap/named?limit=5&wait_ms=20&rate=1000",
    "/",
    "/tables/none/1",
    "/tap/none",
};

static struct {
    struct sockaddr_in address;
    hr_app *app;
    atomic_uint answers, good, wrong;
    atomic_bool over;
} world;

/* The status of the answer; 0: there was none. */
static int
ask(const char *path)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval limit = {.tv_sec = 10};
    char text[256], answer[64 * 1024];
    int status = 0;
    size_t len = 0;
    ssize_t n = 0;

    if (fd < 0 || connect(fd, (struct sockaddr *)&world.address, sizeof world.address) != 0) {
        close(fd);
        return 0;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    snprintf(text, sizeof text,
             "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n", path,
             ntohs(world.address.sin_port));
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text)) {
        while (len + 1 < sizeof answer &&
               (n = recv(fd, answer + len, sizeof answer - len - 1, 0)) > 0) {
            len += (size_t)n;
        }
        answer[len] = '\0';
        sscanf(answer, "HTTP/1.1 %d", &status);
    }
    close(fd);
    return status;
}

static bool
status_is_right(const char *path, int status)
{
    bool none = strstr(path, "none") != NULL;

    return status == 0 || status == 503 || status == (none ? 404 : 200);
}

static void *
asker(void *arg)
{
    size_t at = (size_t)(uintptr_t)arg;

    while (!atomic_load(&world.over)) {
        const char *path = paths[at++ % (sizeof paths / sizeof paths[0])];
        int status = ask(path);

        atomic_fetch_add(&world.answers, status != 0 ? 1 : 0);
        atomic_fetch_add(&world.good, status == 200 ? 1 : 0);
        if (!status_is_right(path, status)) {
            atomic_fetch_add(&world.wrong, 1);
            print_error("%s was answered with %d\n", path, status);
        }
    }
    return NULL;
}

static void
stop_when_seen(void *ctx)
{
    (void)ctx;
    if (atomic_load(&world.good) >= LOOKS_MIN) {
        hr_app_stop(world.app);
    }
}

static void
rig_init(app_rig *rig)
{
    const char *set = "http.listen='127.0.0.1:0'";
    hr_diag *diag = hr_diag_create();
    hr_error err = {0};

    rig->files = driver_new();
    driver_file(
        rig->files, "name.avsc",
        "{\"type\": \"record\", \"name\": \"name\", \"fields\": [{\"name\": \"T\", \"type\": "
        "\"string\"}, {\"name\": \"Name\", \"type\": \"string\"}]}");
    driver_file(rig->files, "names.jsonl",
                "{\"T\":\"0\",\"Name\":\"zero\"}\n{\"T\":\"1\",\"Name\":\"one\"}\n");
    rig->runner = hr_runner_load(NULL, &set, 1, diag);
    hr_diag_destroy(diag);
    assert_non_null(rig->runner);
    rig->runner->commit_interval_ms = 20;
    rig->app = hr_app_create(rig->runner, &err);
    assert_non_null(rig->app);
    world.app = rig->app;
    world.address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    world.address.sin_port = htons((uint16_t)strtoul(
        strrchr(hr_http_server_address(hr_app_http(rig->app)), ':') + 1, NULL, 10));
}

static void
all_routes_answer_while_threads_come_and_go(void **state)
{
    app_rig rig;
    pthread_t askers[ASKERS];
    hr_admin *admin;
    hr_error err = {0};

    (void)state;
    rig_init(&rig);
    app_rig_add(&rig, topology_text, 2, false);
    admin = hr_admin_create(rig.app, hr_app_http(rig.app), &err);
    assert_non_null(admin);
    for (size_t i = 0; i < ASKERS; i++) {
        assert_int_equal(pthread_create(&askers[i], NULL, asker, (void *)(uintptr_t)(3 * i)), 0);
    }
    hr_app_on_tick(rig.app, 10, stop_when_seen, NULL);
    assert_int_equal(hr_app_loop(rig.app), 0);
    hr_admin_destroy(admin);
    app_rig_finish(&rig);
    atomic_store(&world.over, true);
    for (size_t i = 0; i < ASKERS; i++) {
        pthread_join(askers[i], NULL);
    }
    assert_true(atomic_load(&world.good) >= LOOKS_MIN);
    assert_int_equal(atomic_load(&world.wrong), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_routes_answer_while_threads_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
