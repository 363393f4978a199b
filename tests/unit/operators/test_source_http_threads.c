/* Requests between the threads of a server, which the test plays, and a stream thread, which it
 * plays too: records end in any order, some fail, some are read again after a rewind, some are
 * given up, clients wait too short a time, and at some moment the source stops. Whatever happens:
 * every client is answered exactly once, and one that hears of success has its record carried out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "hr_test.h"
#include "source_http_requests.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { SERVERS = 4, CLIENTS = 1500, SEEDS = 12, HELD_MAX = 16, LATECOMERS = 10, STOP_AT = 1500 };
enum { SURE = 500 }; /* of so many records, some are refused */

typedef enum verdict { NONE, OK, REFUSED, GIVEN_UP, TIMEOUT, STOPPING, OVERLOADED, OTHER } verdict;

typedef struct sim_client {
    atomic_uint answers;
    atomic_int verdict;
    atomic_bool carried_out; /* its record has ended, or one may think so */
} sim_client;

static struct {
    sim_client clients[SERVERS][CLIENTS];
    hr_requests requests;
    atomic_uint servers; /* that go on */
    atomic_uint waiting; /* servers whose last clients come when the source has stopped */
    atomic_bool stops, stopped;
    /* the stream thread's */
    unsigned seed;
    hr_record held[HELD_MAX]; /* the batch under way */
    size_t n_held;
    int64_t open[CLIENTS * SERVERS]; /* offsets taken and not ended, ascending */
    size_t n_open;
    int64_t expected; /* the next offset */
    uint64_t taken, rewinds, late;
} sim;

static bool
body_has(hr_span body, const char *text)
{
    char copy[400] = "";

    assert_true(body.len < sizeof copy);
    memcpy(copy, body.data, body.len);
    return strstr(copy, text) != NULL;
}

static verdict
verdict_of(int status, hr_span body)
{
    if (status == 201) {
        return body_has(body, "\"fine\"") ? OK : OTHER;
    }
    if (status == 422) {
        return body_has(body, "\"lookup-miss\"") && body_has(body, "\"node\":\"distance\"")
                   ? REFUSED
                   : OTHER;
    }
    if (status != 503) {
        return OTHER;
    }
    return body_has(body, "\"code\":\"timeout\"")      ? TIMEOUT
           : body_has(body, "\"code\":\"stopping\"")   ? STOPPING
           : body_has(body, "\"code\":\"overloaded\"") ? OVERLOADED
           : body_has(body, "\"code\":\"down\"")       ? GIVEN_UP
                                                       : OTHER;
}

static void
sim_answer(void *client, int status, hr_span body, const char *const *extra)
{
    sim_client *c = client;
    verdict v = verdict_of(status, body);

    atomic_store(&c->verdict, (int)v);
    if ((v == OVERLOADED || v == STOPPING) &&
        (extra == NULL || strcmp(extra[0], "Retry-After") != 0)) {
        atomic_store(&c->verdict, OTHER);
    }
    atomic_fetch_add(&c->answers, 1);
}

static void
sim_pause(void)
{
    struct timespec pause = {0, 1000000};

    nanosleep(&pause, NULL);
}

/* However fast the stream thread is and however few it takes: some come too late. */
static void
sim_wait_for_stop(void)
{
    atomic_fetch_add(&sim.waiting, 1);
    while (!atomic_load(&sim.stopped)) {
        sim_pause();
    }
}

/* One of the server's threads. */
static void *
sim_server(void *arg)
{
    sim_client *clients = arg;
    unsigned seed = (unsigned)(uintptr_t)arg;

    for (size_t i = 0; i < CLIENTS; i++) {
        char record[64];
        int len = snprintf(record, sizeof record, "{\"n\":%zu,\"at\":\"%p\"}", i, arg);

        if (i == CLIENTS - LATECOMERS && atomic_load(&sim.stops)) {
            sim_wait_for_stop();
        }
        hr_requests_add(&sim.requests, &clients[i], (hr_span){(const uint8_t *)record, (size_t)len},
                        false);
        if (rand_r(&seed) % 40 == 0) {
            sim_pause();
        }
    }
    atomic_fetch_sub(&sim.servers, 1);
    return NULL;
}

/* ---- the stream thread --------------------------------------------------------------------- */

static unsigned
dice(unsigned n)
{
    return (unsigned)rand_r(&sim.seed) % n;
}

static void
sim_release(void)
{
    hr_requests_release(sim.held, sim.n_held);
    sim.n_held = 0;
}

static void
sim_fetch(void)
{
    size_t n = hr_requests_fetch(&sim.requests, sim.held, 1 + dice(HELD_MAX));

    for (size_t i = 0; i < n; i++) {
        hr_request *request = sim.held[i].origin;

        assert_true(sim.held[i].offset >= sim.expected);
        assert_int_equal(sim.held[i].value.data[0], '{');
        assert_int_equal(sim.held[i].value.data[sim.held[i].value.len - 1], '}');
        sim.expected = sim.held[i].offset + 1;
        sim.open[sim.n_open++] = sim.held[i].offset;
        request->answer.len = 0;
        assert_int_equal(hr_buf_append(&request->answer, "\"fine\"", 6), HR_OK);
    }
    sim.n_held = n;
    sim.taken += n;
}

static void
sim_fail(hr_request *request, int status, const char *code)
{
    request->problem.len = 0;
    request->problem_status = status;
    assert_int_equal(
        hr_requests_write_problem(&request->problem, code, "distance", "there is no such row"),
        HR_OK);
}

/* One of those under way ends, or will not. */
static void
sim_end_one(void)
{
    size_t i = dice((unsigned)sim.n_open);
    hr_request *request = hr_requests_find(&sim.requests, sim.open[i]);

    assert_non_null(request);
    if (dice(10) == 0) {
        sim_fail(request, 422, "lookup-miss");
    } else if (dice(400) == 0) {
        sim_fail(request, 503, "down");
        hr_requests_give_up(&sim.requests, request);
        return;
    } else if (request->client != NULL && request->problem_status == 0) {
        atomic_store(&((sim_client *)request->client)->carried_out, true);
    }
    sim.late += request->client == NULL ? 1 : 0;
    hr_requests_end(&sim.requests, sim.open[i]);
    assert_null(hr_requests_find(&sim.requests, sim.open[i]));
    memmove(sim.open + i, sim.open + i + 1, (sim.n_open - i - 1) * sizeof *sim.open);
    sim.n_open--;
}

/* Back to the first that has not ended. */
static void
sim_rewind(void)
{
    int64_t offset = sim.n_open > 0 ? sim.open[0] : sim.expected;

    sim_release();
    hr_requests_seek(&sim.requests, offset);
    sim.expected = offset;
    sim.n_open = 0;
    sim.rewinds++;
}

static void
sim_turn(bool stopping)
{
    if (stopping) {
        hr_requests_stop(&sim.requests);
        atomic_store(&sim.stopped, true);
    }
    hr_requests_turn(&sim.requests, hr_clock_ms());
    if (sim.n_held == 0 && !stopping) {
        sim_fetch();
    }
    for (unsigned k = dice(19); k > 0 && sim.n_open > 0; k--) {
        sim_end_one();
    }
    if (dice(3) > 0) {
        sim_release();
    }
    if (sim.n_open > 0 && dice(25) == 0) {
        sim_rewind();
    }
}

/* ---- the runs ------------------------------------------------------------------------------ */

static void
sim_start(unsigned seed)
{
    hr_requests_conf conf = {.answer = sim_answer,
                             .timeout_ms = seed % 3 == 0 ? 1 : 10000,
                             .max = seed % 4 == 1 ? 50 : CLIENTS * SERVERS,
                             .bytes_max = seed % 4 == 2 ? 2000 : 1u << 30,
                             .status = 201};

    memset(&sim, 0, sizeof sim);
    sim.seed = seed;
    sim.expected = 1000 + seed;
    assert_int_equal(hr_requests_init(&sim.requests, &conf, sim.expected), HR_OK);
    atomic_store(&sim.servers, SERVERS);
}

static void
sim_check(unsigned seed, unsigned *counts)
{
    for (size_t k = 0; k < (size_t)SERVERS * CLIENTS; k++) {
        sim_client *c = &sim.clients[k / CLIENTS][k % CLIENTS];
        verdict v = (verdict)atomic_load(&c->verdict);

        if (atomic_load(&c->answers) != 1 || v == NONE || v == OTHER) {
            fail_msg("seed %u: client %zu has %u answers, the last is %d", seed, k,
                     atomic_load(&c->answers), (int)v);
        }
        if (v == OK && !atomic_load(&c->carried_out)) {
            fail_msg("seed %u: client %zu hears of a success that is none", seed, k);
        }
        counts[v]++;
    }
}

/* After so many records, or when all that came have ended and no more will come. Once it stops, it
 * stops. */
static bool
sim_is_to_stop(void)
{
    return atomic_load(&sim.stopped) ||
           (atomic_load(&sim.stops) &&
            (sim.taken >= STOP_AT ||
             (atomic_load(&sim.waiting) == SERVERS && atomic_load(&sim.requests.n) == 0)));
}

static void
sim_run(unsigned seed)
{
    unsigned counts[OTHER + 1] = {0};
    pthread_t servers[SERVERS];
    bool stops = seed % 2 == 1;

    sim_start(seed);
    atomic_store(&sim.stops, stops);
    for (size_t i = 0; i < SERVERS; i++) {
        assert_int_equal(pthread_create(&servers[i], NULL, sim_server, sim.clients[i]), 0);
    }
    while (atomic_load(&sim.servers) > 0 || (!stops && atomic_load(&sim.requests.n) > 0)) {
        sim_turn(sim_is_to_stop());
    }
    for (size_t i = 0; i < SERVERS; i++) {
        pthread_join(servers[i], NULL);
    }
    sim_turn(sim_is_to_stop()); /* what came in last */
    sim_release();
    hr_requests_finish(&sim.requests);
    sim_check(seed, counts);
    printf(
        "seed %2u: %llu taken, %llu rewinds: %u fine, %u refused, %u given up, %u too late (%llu "
        "carried out), %u stopped, %u no room\n",
        seed, (unsigned long long)sim.taken, (unsigned long long)sim.rewinds, counts[OK],
        counts[REFUSED], counts[GIVEN_UP], counts[TIMEOUT], (unsigned long long)sim.late,
        counts[STOPPING], counts[OVERLOADED]);
    assert_true(counts[OK] + counts[TIMEOUT] > 0);
    assert_true(counts[REFUSED] + counts[TIMEOUT] > 0 || sim.taken < SURE);
    assert_true((counts[STOPPING] > 0) == stops);
}

static void
every_client_is_answered_exactly_once(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        sim_run(seed);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_client_is_answered_exactly_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
