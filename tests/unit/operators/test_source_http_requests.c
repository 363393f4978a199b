/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "hr_test.h"
#include "source_http_requests.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST = 7000, CLIENTS = 300 };

/* What a client heard. */
typedef struct heard {
    unsigned answers;
    int status;
    char body[300];
    char retry_after[8];
} heard;

static heard clients[CLIENTS];
static hr_requests requests;

static void
hear(void *client, int status, hr_span body, const char *const *extra)
{
    heard *h = client;

    h->answers++;
    h->status = status;
    snprintf(h->body, sizeof h->body, "%.*s", (int)body.len, (const char *)body.data);
    snprintf(h->retry_after, sizeof h->retry_after, "%s", extra != NULL ? extra[1] : "");
}

static void
begin(size_t max, size_t bytes_max)
{
    hr_requests_conf conf = {
        .answer = hear, .timeout_ms = 1000, .max = max, .bytes_max = bytes_max, .status = 200};

    memset(clients, 0, sizeof clients);
    hr_clock_set_us(50000000);
    assert_int_equal(hr_requests_init(&requests, &conf, FIRST), HR_OK);
}

static bool
add(size_t client)
{
    return hr_requests_add(&requests, &clients[client], HR_SPAN_LIT("{\"a\":1}"), false);
}

/* Fetches what there is and releases it; how many. */
static size_t
take(void)
{
    hr_record records[CLIENTS];
    size_t n;

    hr_requests_turn(&requests, hr_clock_ms());
    n = hr_requests_fetch(&requests, records, CLIENTS);
    for (size_t i = 0; i < n; i++) {
        hr_request *request = records[i].origin;

        request->answer.len = 0;
        hr_buf_append(&request->answer, "{\"fine\":true}", 13);
    }
    hr_requests_release(records, n);
    return n;
}

static void
expect_heard(size_t client, int status, const char *text)
{
    assert_int_equal(clients[client].answers, 1);
    assert_int_equal(clients[client].status, status);
    assert_has_text(clients[client].body, text);
}

static void
clients_are_answered_when_their_records_end(void **unused)
{
    (void)unused;
    begin(10, 1000);
    assert_true(add(0));
    assert_false(add(1)); /* whoever is to be woken was woken */
    assert_int_equal(take(), 2);
    assert_true(add(2));
    assert_int_equal(take(), 1);
    hr_requests_end(&requests, FIRST + 2);
    hr_requests_end(&requests, FIRST);
    expect_heard(0, 200, "{\"fine\":true}");
    assert_int_equal(clients[1].answers, 0);
    expect_heard(2, 200, "{\"fine\":true}");
    hr_requests_end(&requests, FIRST); /* not again */
    hr_requests_end(&requests, FIRST + 9);
    assert_int_equal(clients[0].answers, 1);
    hr_requests_finish(&requests);
    expect_heard(1, 503, "\"code\":\"stopping\"");
    assert_has_text(clients[1].body, "may still be carried out");
}

static void
a_problem_is_what_the_client_hears(void **unused)
{
    hr_request *request;

    (void)unused;
    begin(10, 1000);
    add(0);
    take();
    request = hr_requests_find(&requests, FIRST);
    request->problem_status = 422;
    hr_requests_write_problem(&request->problem, "lookup-miss", "distance", "no \"such\" row");
    hr_requests_end(&requests, FIRST);
    expect_heard(0, 422,
                 "{\"status\":\"ERROR\",\"code\":\"lookup-miss\",\"message\":\"no \\\"such\\\" "
                 "row\",\"node\":\"distance\"}");
    hr_requests_finish(&requests);
}

/* The record is read again, and this time it may pass. */
static void
a_rewind_forgets_problems_and_reads_what_has_not_ended(void **unused)
{
    hr_record records[8];
    hr_request *request;

    (void)unused;
    begin(10, 1000);
    for (size_t i = 0; i < 4; i++) {
        add(i);
    }
    assert_int_equal(take(), 4);
    request = hr_requests_find(&requests, FIRST);
    request->problem_status = 422;
    hr_requests_end(&requests, FIRST + 1);
    hr_requests_seek(&requests, FIRST);
    assert_int_equal(hr_requests_fetch(&requests, records, 2), 2);
    assert_int_equal(records[0].offset, FIRST);
    assert_int_equal(records[1].offset, FIRST + 2);
    assert_int_equal(hr_requests_fetch(&requests, records + 2, 6), 1);
    assert_int_equal(records[2].offset, FIRST + 3);
    hr_requests_end(&requests, FIRST);
    expect_heard(0, 200, "fine");
    hr_requests_release(records, 3); /* what has ended is held no more */
    hr_requests_finish(&requests);
}

static void
clients_wait_no_longer_than_their_time(void **unused)
{
    (void)unused;
    begin(10, 1000);
    add(0);
    assert_int_equal(hr_requests_turn(&requests, hr_clock_ms()), 50000 + 1000);
    hr_clock_set_us(50400000);
    add(1);
    take();
    hr_clock_set_us(51000000);
    assert_int_equal(hr_requests_turn(&requests, hr_clock_ms()), 50400 + 1000);
    expect_heard(0, 503,
                 "{\"status\":\"ERROR\",\"code\":\"timeout\",\"message\":\"the request was taken, "
                 "but not acknowledged within 1 s: it may still be carried out\"}");
    assert_int_equal(clients[1].answers, 0);
    hr_requests_end(&requests, FIRST); /* the record goes on, and nobody waits for it */
    assert_int_equal(clients[0].answers, 1);
    hr_requests_end(&requests, FIRST + 1);
    expect_heard(1, 200, "fine");
    assert_int_equal(hr_requests_turn(&requests, hr_clock_ms()), 0);
    hr_requests_finish(&requests);
}

static void
there_is_room_for_so_many(void **unused)
{
    (void)unused;
    begin(2, 1000);
    add(0);
    add(1);
    assert_false(add(2));
    expect_heard(2, 503, "\"code\":\"overloaded\"");
    assert_string_equal(clients[2].retry_after, "1");
    hr_clock_set_us(60000000);
    take();
    expect_heard(0, 503, "timeout");
    add(3); /* the records that came too late are still under way */
    expect_heard(3, 503, "overloaded");
    hr_requests_end(&requests, FIRST + 1);
    add(4);
    assert_int_equal(clients[4].answers, 0);
    hr_requests_finish(&requests);
    expect_heard(4, 503, "was not taken");
}

static void
there_is_room_for_so_many_bytes(void **unused)
{
    (void)unused;
    begin(100, 15);
    add(0);
    add(1);
    add(2);
    assert_int_equal(clients[1].answers, 0);
    expect_heard(2, 503, "overloaded");
    hr_requests_finish(&requests);
}

static void
a_stop_waits_for_what_is_under_way_only(void **unused)
{
    (void)unused;
    begin(10, 1000);
    add(0);
    take();
    add(1);
    hr_requests_turn(&requests, hr_clock_ms());
    add(2);
    hr_requests_stop(&requests);
    expect_heard(1, 503, "the server stops: the request was not taken");
    expect_heard(2, 503, "was not taken");
    assert_string_equal(clients[1].retry_after, "5");
    assert_false(add(3));
    expect_heard(3, 503, "stopping");
    assert_int_equal(take(), 0);
    assert_int_equal(clients[0].answers, 0);
    hr_requests_end(&requests, FIRST);
    expect_heard(0, 200, "fine");
    hr_requests_finish(&requests);
}

static void
many_may_be_behind_one_that_does_not_end(void **unused)
{
    (void)unused;
    begin(CLIENTS, 1u << 20);
    for (size_t i = 0; i < CLIENTS; i++) {
        add(i);
    }
    assert_int_equal(take(), CLIENTS);
    for (size_t i = 1; i < CLIENTS; i++) {
        hr_requests_end(&requests, FIRST + (int64_t)i);
        expect_heard(i, 200, "fine");
    }
    assert_int_equal(requests.tail - requests.head, CLIENTS);
    assert_int_equal(atomic_load(&requests.n), 1);
    hr_requests_end(&requests, FIRST);
    assert_int_equal(requests.head, requests.tail);
    assert_int_equal(atomic_load(&requests.bytes), 0);
    hr_requests_finish(&requests);
    hr_requests_finish(&requests); /* of nothing */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_are_answered_when_their_records_end),
        cmocka_unit_test(a_problem_is_what_the_client_hears),
        cmocka_unit_test(a_rewind_forgets_problems_and_reads_what_has_not_ended),
        cmocka_unit_test(clients_wait_no_longer_than_their_time),
        cmocka_unit_test(there_is_room_for_so_many),
        cmocka_unit_test(there_is_room_for_so_many_bytes),
        cmocka_unit_test(a_stop_waits_for_what_is_under_way_only),
        cmocka_unit_test(many_may_be_behind_one_that_does_not_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
