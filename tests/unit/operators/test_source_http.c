/* Requests through a whole app: a real server, thread and task, and a sink that the test plays.
 * What the sink does with a record stands in the record.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "engine/app.h"
#include "engine/clock.h"
#include "engine/http_servers.h"
#include "engine/thread.h"
#include "engine/topology_compile.h"
#include "hr_test.h"
#include "http_client.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { HELD_MAX = 64, TEXT_MAX = 400, START_MS = 20000 };

static const char schema_text[] = "{\"type\": \"record\", \"name\": \"q\", \"fields\": ["
                                  "{\"name\": \"id\", \"type\": \"string\"}, "
                                  "{\"name\": \"what\", \"type\": \"string\"}, "
                                  "{\"name\": \"n\", \"type\": \"int\"}]}";

static const char topology_text[] = "version: 1\n"
                                    "topology: asked\n"
                                    "sources:\n"
                                    "  asked:\n"
                                    "    http:\n"
                                    "      connection: web\n"
                                    "      route: /do\n"
                                    "      body: json_or_form\n"
                                    "      add: {id: uuid}\n"
                                    "      answer: {status: 201, body: {id: id, half: '100 / n'}}\n"
                                    "      timeout: %s\n"
                                    "      max_pending: 3\n"
                                    "    format: json\n"
                                    "    schema: q.avsc\n"
                                    "  query:\n"
                                    "    http: {connection: web, route: /do, method: GET}\n"
                                    "    format: json\n"
                                    "    schema: q.avsc\n"
                                    "steps:\n"
                                    "  kept: {from: asked, filter: 'what != \"drop\"'}\n"
                                    "sinks:\n"
                                    "  out: {from: kept, blackhole: {}, on_error: %s}\n"
                                    "  again: {from: query, blackhole: {}}\n"
                                    "errors: {on_error: skip, dead_letters: {blackhole: {}}}\n";

/* An output that the sink holds. */
typedef struct held {
    hr_token token;
    hr_kept *kept;
    hr_ack_status end;
    bool waits; /* until the test lets go */
} held;

static struct {
    driver *files;
    hr_app *app;
    hr_runner *runner;
    pthread_t thread;
    int status; /* of the app */
    pthread_mutex_t lock;
    char address[64];
    unsigned written, letters, retried;
    char last[TEXT_MAX]; /* the record that was written last */
    bool let_go;
    http_answer answer;
} rig = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- the sink ------------------------------------------------------------------------------ */

typedef struct sink_state {
    held held[HELD_MAX];
    size_t n;
} sink_state;

static int
sink_open(hr_sink *sink, void *state, hr_error *err)
{
    const hr_run *run = sink->thread->run;
    hr_http_server *server = hr_run_http(run, &run->runner->connections[0]);

    (void)state;
    (void)err;
    pthread_mutex_lock(&rig.lock);
    snprintf(rig.address, sizeof rig.address, "%s", hr_http_server_address(server));
    pthread_mutex_unlock(&rig.lock);
    return HR_OK;
}

static bool
says(const hr_record *record, const char *what)
{
    char word[64], text[TEXT_MAX];

    snprintf(word, sizeof word, "\"what\":\"%s\"", what);
    snprintf(text, sizeof text, "%.*s", (int)record->value.len, (const char *)record->value.data);
    return strstr(text, word) != NULL;
}

static held
sink_plan(const hr_record *record)
{
    held h = {.end = HR_ACK_OK};

    if (says(record, "refuse") || says(record, "refuse later")) {
        h.end = HR_ACK_REFUSED;
    } else if (says(record, "suspect")) {
        h.end = HR_ACK_SUSPECT;
    } else if (says(record, "again") && rig.retried++ < 2) {
        h.end = HR_ACK_RETRY;
    }
    h.waits = says(record, "hold");
    return h;
}

static int
sink_write(hr_sink *sink, void *state, hr_batch *batch, hr_rows rows, size_t *done, hr_error *err)
{
    sink_state *s = state;

    (void)err;
    pthread_mutex_lock(&rig.lock);
    for (*done = 0; *done < rows.n && s->n < HELD_MAX; (*done)++) {
        hr_row row = rows.row[*done];
        const hr_record *record = hr_batch_record(batch, row);

        if (says(record, "fail")) {
            hr_sink_fail(sink, row, "too-bad", "it cannot be written");
            continue;
        }
        s->held[s->n] = sink_plan(record);
        s->held[s->n].kept = says(record, "refuse later") ? hr_sink_keep(sink, batch, row) : NULL;
        s->held[s->n++].token = hr_sink_take(sink, batch, row);
        rig.written++;
        snprintf(rig.last, sizeof rig.last, "%.*s", (int)record->value.len,
                 (const char *)record->value.data);
    }
    pthread_mutex_unlock(&rig.lock);
    hr_thread_wake_at(sink->thread, hr_clock_ms() + 5);
    return *done == rows.n ? HR_OK : HR_EAGAIN;
}

static int
sink_letter(hr_sink *sink, void *state, const hr_letter *letter, hr_error *err)
{
    sink_state *s = state;

    (void)err;
    if (s->n == HELD_MAX) {
        return HR_EAGAIN;
    }
    s->held[s->n++] = (held){.token = letter->token};
    pthread_mutex_lock(&rig.lock);
    rig.letters++;
    pthread_mutex_unlock(&rig.lock);
    hr_thread_wake_at(sink->thread, hr_clock_ms() + 5);
    return HR_OK;
}

static void
sink_poll(hr_sink *sink, void *state)
{
    sink_state *s = state;
    size_t n = s->n, left = 0;
    held ending[HELD_MAX];
    bool let_go;

    pthread_mutex_lock(&rig.lock);
    let_go = rig.let_go;
    pthread_mutex_unlock(&rig.lock);
    memcpy(ending, s->held, sizeof ending);
    for (size_t i = 0; i < n; i++) {
        if (ending[i].waits && !let_go) {
            s->held[left++] = ending[i];
        }
    }
    s->n = left;
    for (size_t i = 0; i < n; i++) {
        hr_ack ack = {.token = ending[i].token, .status = ending[i].end, .kept = ending[i].kept};

        if (!ending[i].waits || let_go) {
            snprintf(ack.reason, sizeof ack.reason, "%s",
                     ack.status == HR_ACK_REFUSED ? "not with me" : "");
            hr_thread_ack(sink->thread, &ack);
        }
    }
    if (left > 0) {
        hr_thread_wake_at(sink->thread, hr_clock_ms() + 5);
    }
}

static const hr_sink_type played = {
    .flags = HR_SINK_ACKS_LATER,
    .name = "played",
    .summary = "-",
    .state_size = sizeof(sink_state),
    .open = sink_open,
    .write = sink_write,
    .write_letter = sink_letter,
    .poll = sink_poll,
};

/* ---- the app ------------------------------------------------------------------------------- */

static hr_topology *
load(const char *timeout, const char *on_error)
{
    char yaml[sizeof topology_text + 40];
    hr_diag *diag = hr_diag_create();
    hr_topology *topology;
    char *path;

    snprintf(yaml, sizeof yaml, topology_text, timeout, on_error);
    driver_file(rig.files, "q.avsc", schema_text);
    driver_file(rig.files, "asked.yaml", yaml);
    path = driver_path(rig.files, "asked.yaml");
    topology = hr_topology_load(path, NULL, diag);
    if (topology == NULL || hr_topology_compile(topology, diag) != HR_OK) {
        hr_diag_print(diag, stderr, HR_DIAG_TEXT);
        fail_msg("the topology has errors");
        return NULL;
    }
    topology->diag = NULL;
    hr_diag_destroy(diag);
    for (size_t i = 0; i < topology->n_sinks; i++) {
        topology->sinks[i].type = &played;
    }
    topology->dead_letters->type = &played;
    free(path);
    return topology;
}

static void *
app_main(void *unused)
{
    (void)unused;
    rig.status = hr_app_loop(rig.app);
    return NULL;
}

static bool
has_address(void)
{
    bool has;

    pthread_mutex_lock(&rig.lock);
    has = rig.address[0] != '\0';
    pthread_mutex_unlock(&rig.lock);
    return has;
}

static int
ask(const char *text)
{
    return http_client_ask(rig.address, text, &rig.answer);
}

/* A request with this JSON. */
static int
post(const char *json)
{
    char text[1000];

    snprintf(
        text, sizeof text,
        "POST /do HTTP/1.1\nHost: @\nContent-Type: application/json\nContent-Length: %zu\n\n%s",
        strlen(json), json);
    return ask(text);
}

/* Starts the app and waits until its routes are there. timeout: of a client */
static void
start_with(const char *timeout, const char *on_error)
{
    static const char config[] =
        "connections: {web: {type: http, listen: '127.0.0.1:0'}}\ncommit_interval: 10ms\n";
    hr_diag *diag = hr_diag_create();
    hr_run_options options = {0};
    hr_error err = {0};
    int64_t end = hr_clock_ms() + START_MS;
    char *path;

    rig.files = driver_new();
    driver_file(rig.files, "config.yaml", config);
    path = driver_path(rig.files, "config.yaml");
    rig.runner = hr_runner_load(path, NULL, 0, diag);
    assert_non_null(rig.runner);
    hr_diag_destroy(diag);
    free(path);
    rig.address[0] = rig.last[0] = '\0';
    rig.written = rig.letters = rig.retried = 0;
    rig.let_go = false;
    rig.app = hr_app_create(rig.runner, &err);
    assert_non_null(rig.app);
    if (hr_app_add(rig.app, load(timeout, on_error), &options, &err) != HR_OK) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(pthread_create(&rig.thread, NULL, app_main, NULL), 0);
    while ((!has_address() || ask("GET /do HTTP/1.1\nHost: @\n\n") != 400) && hr_clock_ms() < end) {
        usleep(2000);
    }
}

/* No client's time is over, however slow the machine. */
static void
start(const char *on_error)
{
    start_with("60s", on_error);
}

/* What the app returned. */
static int
join(void)
{
    pthread_join(rig.thread, NULL);
    hr_app_destroy(rig.app);
    hr_runner_destroy(rig.runner);
    driver_free(rig.files);
    return rig.status;
}

static int
stop(void)
{
    kill(getpid(), SIGTERM);
    return join();
}

static unsigned
count(const unsigned *of)
{
    unsigned n;

    pthread_mutex_lock(&rig.lock);
    n = *of;
    pthread_mutex_unlock(&rig.lock);
    return n;
}

/* ---- tests --------------------------------------------------------------------------------- */

static void
a_client_is_answered_when_its_record_is_acknowledged(void **unused)
{
    (void)unused;
    start("skip");
    assert_int_equal(post("{\"what\":\"pass\",\"n\":50,\"id\":\"mine\"}"), 201);
    assert_int_equal(strncmp(rig.answer.body, "{\"id\":\"", 7), 0);
    assert_has_text(rig.answer.body, "\",\"half\":2}");
    assert_null(strstr(rig.answer.body, "mine"));
    assert_string_equal(http_answer_header(&rig.answer, "Content-Type"), "application/json");
    assert_int_equal(count(&rig.written), 1);
    assert_has_text(rig.last, "{\"what\":\"pass\",\"n\":50,\"id\":\"");
    assert_memory_equal(strstr(rig.last, "\"id\":\"") + 6, rig.answer.body + 7, 36);
    assert_int_equal(post("{\"what\":\"drop\",\"n\":50}"), 201);
    assert_int_equal(count(&rig.written), 1);
    assert_int_equal(ask("POST /do HTTP/1.1\nHost: @\nContent-Type: "
                         "application/x-www-form-urlencoded; charset=utf-8\nContent-Length: "
                         "16\n\nn=-5&what=%22%2B"),
                     201);
    assert_has_text(rig.answer.body, "\"half\":-20}");
    assert_has_text(rig.last, "{\"n\":-5,\"what\":\"\\\"+\",\"id\":\"");
    assert_int_equal(stop(), 0);
}

static void
parameters_of_a_query_are_fields(void **unused)
{
    (void)unused;
    start("skip");
    assert_int_equal(ask("GET /do?n=7&what=%C3%A4&id=x&more=1 HTTP/1.1\nHost: @\n\n"), 200);
    assert_string_equal(rig.answer.body, "{\"status\":\"OK\"}");
    assert_string_equal(rig.last, "{\"id\":\"x\",\"what\":\"\xc3\xa4\",\"n\":7}");
    assert_int_equal(ask("GET /do?n=7,5&what=a&id=x HTTP/1.1\nHost: @\n\n"), 400);
    assert_string_equal(
        rig.answer.body,
        "{\"status\":\"ERROR\",\"code\":\"decode\",\"message\":\"field 'n': expected "
        "int, got string\",\"node\":\"query\"}");
    assert_int_equal(stop(), 0);
}

static void
a_client_hears_why_its_record_failed(void **unused)
{
    (void)unused;
    start("dead_letter");
    assert_int_equal(post("{\"what\":\"pass\"}"), 400);
    assert_string_equal(rig.answer.body,
                        "{\"status\":\"ERROR\",\"code\":\"decode\",\"message\":\"field 'n' is "
                        "missing\",\"node\":\"asked\"}");
    assert_int_equal(post("{\"what\":\"pass\",\"n\":1.5}"), 400);
    assert_has_text(rig.answer.body, "field 'n': not an int at byte 19");
    assert_int_equal(post("{\"what\":"), 400);
    assert_has_text(rig.answer.body, "invalid JSON at byte 8");
    assert_int_equal(post("{\"what\":\"pass\",\"n\":0}"), 422);
    assert_has_text(rig.answer.body, "\"code\":\"expression\",\"message\":\"answer: half: division "
                                     "by zero\",\"node\":\"asked\"}");
    assert_int_equal(count(&rig.written), 0);
    assert_int_equal(count(&rig.letters), 0);
    assert_int_equal(post("{\"what\":\"fail\",\"n\":1}"), 422);
    assert_has_text(rig.answer.body, "\"code\":\"too-bad\",\"message\":\"it cannot be "
                                     "written\",\"node\":\"out\"}");
    assert_int_equal(count(&rig.letters), 1);
    assert_int_equal(post("{\"what\":\"refuse later\",\"n\":1}"), 422);
    assert_has_text(rig.answer.body, "\"code\":\"refused\",\"message\":\"not with me\"");
    assert_int_equal(post("{\"what\":\"refuse\",\"n\":1}"), 422);
    assert_has_text(rig.answer.body, "\"code\":\"refused\",\"message\":\"not with me\"");
    assert_int_equal(post("{\"what\":\"suspect\",\"n\":1}"), 422);
    assert_has_text(rig.answer.body, "\"code\":\"refused\",\"message\":\"the record was refused\"");
    assert_int_equal(count(&rig.letters), 4);
    assert_int_equal(stop(), 0);
}

static void
what_is_skipped_is_told_too(void **unused)
{
    (void)unused;
    start("skip");
    assert_int_equal(post("{\"what\":\"refuse\",\"n\":1}"), 422);
    assert_has_text(rig.answer.body, "not with me");
    assert_int_equal(post("{\"what\":\"fail\",\"n\":1}"), 422);
    assert_int_equal(count(&rig.letters), 0);
    assert_int_equal(stop(), 0);
}

static void
a_rewind_keeps_the_client_waiting(void **unused)
{
    (void)unused;
    start("skip");
    assert_int_equal(post("{\"what\":\"again\",\"n\":1}"), 201);
    assert_int_equal(count(&rig.retried), 3);
    assert_int_equal(count(&rig.written), 3);
    assert_int_equal(stop(), 0);
}

static void
what_is_no_form_and_no_json_is_refused(void **unused)
{
    (void)unused;
    start("skip");
    assert_int_equal(ask("POST /do HTTP/1.1\nHost: @\nContent-Length: 2\n\n{}"), 415);
    assert_int_equal(ask("POST /do HTTP/1.1\nHost: @\nContent-Type: "
                         "application/jsonp\nContent-Length: 2\n\n{}"),
                     415);
    assert_has_text(rig.answer.body, "\"code\":\"content-type\"");
    assert_int_equal(ask("POST /do HTTP/1.1\nHost: @\nContent-Type: "
                         "application/x-www-form-urlencoded\nContent-Length: 7\n\nn=1&n=1"),
                     400);
    assert_has_text(rig.answer.body, "field 'n' is there twice");
    assert_int_equal(count(&rig.written), 0);
    assert_int_equal(stop(), 0);
}

/* Held by the sink for longer than the client's time; then there is no room for more. */
static void
a_client_waits_no_longer_than_its_time(void **unused)
{
    int64_t begun;

    (void)unused;
    start_with("500ms", "skip");
    begun = hr_clock_ms();
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(post("{\"what\":\"hold\",\"n\":1}"), 503);
        assert_has_text(rig.answer.body, "\"code\":\"timeout\"");
    }
    assert_in_range(hr_clock_ms() - begun, 1500, 3 * HTTP_CLIENT_WAIT_MS);
    assert_int_equal(post("{\"what\":\"pass\",\"n\":1}"), 503);
    assert_has_text(rig.answer.body, "\"code\":\"overloaded\"");
    assert_string_equal(http_answer_header(&rig.answer, "Retry-After"), "1");
    pthread_mutex_lock(&rig.lock);
    rig.let_go = true;
    pthread_mutex_unlock(&rig.lock);
    while (post("{\"what\":\"pass\",\"n\":1}") == 503) {
        usleep(2000);
    }
    assert_int_equal(rig.answer.status, 201);
    assert_int_equal(stop(), 0);
}

static void *
let_go_soon(void *unused)
{
    (void)unused;
    usleep(200000);
    pthread_mutex_lock(&rig.lock);
    rig.let_go = true;
    pthread_mutex_unlock(&rig.lock);
    return NULL;
}

static void
a_stop_waits_for_what_is_under_way(void **unused)
{
    static const char request[] = "POST /do HTTP/1.1\r\nHost: %s\r\nContent-Type: "
                                  "application/json\r\nContent-Length: 21\r\n\r\n"
                                  "{\"what\":\"hold\",\"n\":1}";
    pthread_t thread;
    char text[300];
    int fd;

    (void)unused;
    start("skip");
    fd = http_client_connect(rig.address);
    snprintf(text, sizeof text, request, rig.address);
    http_client_send(fd, text);
    while (count(&rig.written) == 0) {
        usleep(1000);
    }
    assert_int_equal(pthread_create(&thread, NULL, let_go_soon, NULL), 0);
    kill(getpid(), SIGTERM);
    http_client_receive(fd, &rig.answer, false);
    assert_int_equal(rig.answer.status, 201);
    close(fd);
    pthread_join(thread, NULL);
    assert_int_equal(join(), 0);
}

static void
a_record_that_must_not_fail_stops_the_run_and_is_told(void **unused)
{
    (void)unused;
    start("fail");
    assert_int_equal(post("{\"what\":\"refuse\",\"n\":1}"), 503);
    assert_has_text(rig.answer.body, "\"code\":\"refused\",\"message\":\"not with me\"");
    assert_int_equal(join(), 1);
}

static void
check_warns_where_a_client_could_stop_the_topology(void **unused)
{
    static const char yaml[] = "version: 1\n"
                               "topology: t\n"
                               "sources:\n"
                               "  asked: {http: {connection: web, route: /do}, format: json}\n"
                               "steps:\n"
                               "  kept: {from: asked, filter: 'n > 1'%s}\n"
                               "sinks:\n"
                               "  out: {from: kept, blackhole: {}}\n";
    driver *d = driver_new();
    char text[sizeof yaml + 40];

    (void)unused;
    snprintf(text, sizeof text, yaml, "");
    assert_true(driver_load(d, text));
    assert_has_text(driver_diag(d), "topology.yaml:4:11: warning[fails]: a request whose record "
                                    "fails at 'kept' stops the topology");
    snprintf(text, sizeof text, yaml, ", on_error: fail"); /* on purpose */
    assert_true(driver_load(d, text));
    assert_string_equal(driver_diag(d), "");
    driver_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_is_answered_when_its_record_is_acknowledged),
        cmocka_unit_test(parameters_of_a_query_are_fields),
        cmocka_unit_test(a_client_hears_why_its_record_failed),
        cmocka_unit_test(what_is_skipped_is_told_too),
        cmocka_unit_test(a_rewind_keeps_the_client_waiting),
        cmocka_unit_test(what_is_no_form_and_no_json_is_refused),
        cmocka_unit_test(a_client_waits_no_longer_than_its_time),
        cmocka_unit_test(a_stop_waits_for_what_is_under_way),
        cmocka_unit_test(a_record_that_must_not_fail_stops_the_run_and_is_told),
        cmocka_unit_test(check_warns_where_a_client_could_stop_the_topology),
    };

    hr_log_init(HR_LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
