/* Requests that are kept and answered by other threads, while clients come and go.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "http_rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define REQUESTS 1000
#define CLIENTS 8
#define ANSWERERS 4

/* What was kept, for whoever answers. */
typedef struct queue {
    pthread_mutex_t lock;
    pthread_cond_t more;
    hr_http_request *v[REQUESTS * 2];
    size_t n, taken;
    bool closed;
} queue;

static void
queue_init(queue *q)
{
    memset(q, 0, sizeof *q);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->more, NULL);
}

static void
queue_close(queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->more);
    pthread_mutex_unlock(&q->lock);
}

static void
keep(void *ctx, hr_http_request *request)
{
    queue *q = ctx;

    pthread_mutex_lock(&q->lock);
    q->v[q->n++] = request;
    pthread_cond_broadcast(&q->more);
    pthread_mutex_unlock(&q->lock);
}

/* NULL: closed and empty. */
static hr_http_request *
queue_take(queue *q)
{
    hr_http_request *request;

    pthread_mutex_lock(&q->lock);
    while (q->taken == q->n && !q->closed) {
        pthread_cond_wait(&q->more, &q->lock);
    }
    request = q->taken < q->n ? q->v[q->taken++] : NULL;
    pthread_mutex_unlock(&q->lock);
    return request;
}

static void *
answer_all(void *arg)
{
    hr_http_request *request;

    while ((request = queue_take(arg)) != NULL) {
        const char *n = hr_http_path_param(request, "n");

        hr_http_answer(request, 200, "text/plain", hr_span_str(n), NULL);
    }
    return NULL;
}

typedef struct client {
    const char *address;
    int first, n, right, gone;
    bool leaves; /* every third time before the answer */
} client;

static void *
ask_all(void *arg)
{
    client *c = arg;
    http_answer *answer = malloc(sizeof *answer);

    for (int i = 0; i < c->n && answer != NULL; i++) {
        char text[128], number[16];
        int fd = http_client_connect(c->address);

        snprintf(number, sizeof number, "%d", c->first + i);
        snprintf(text, sizeof text, "GET /kept/%s HTTP/1.1\r\nHost: localhost\r\n\r\n", number);
        http_client_send(fd, text);
        if (c->leaves && i % 3 == 0) {
            c->gone++;
        } else {
            http_client_receive(fd, answer, false);
            c->right += answer->status == 200 && strcmp(answer->body, number) == 0 ? 1 : 0;
        }
        close(fd);
    }
    free(answer);
    return NULL;
}

/* Returns how many answers were right; *gone: how many clients did not wait. */
static int
run_clients(const char *address, bool leaves, int *gone)
{
    client clients[CLIENTS];
    pthread_t threads[CLIENTS];
    int right = 0;

    *gone = 0;
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (client){.address = address,
                              .first = i * (REQUESTS / CLIENTS),
                              .n = REQUESTS / CLIENTS,
                              .leaves = leaves};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_all, &clients[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        right += clients[i].right;
        *gone += clients[i].gone;
    }
    return right;
}

static void
run_and_answer(bool leaves)
{
    http_rig *rig = rig_create("127.0.0.1:0", NULL);
    pthread_t threads[ANSWERERS];
    static queue q;
    int gone, right;

    queue_init(&q);
    rig_route(rig, "GET", "/kept/{n}", keep, &q);
    rig_start(rig);
    for (int i = 0; i < ANSWERERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, answer_all, &q), 0);
    }
    right = run_clients(rig->address, leaves, &gone);
    assert_int_equal(right + gone, REQUESTS);
    assert_int_equal(gone > 0, leaves);
    hr_http_server_quiesce(rig->server);
    queue_close(&q);
    for (int i = 0; i < ANSWERERS; i++) {
        pthread_join(threads[i], NULL);
    }
    rig_destroy(rig);
}

static void
a_thousand_kept_requests_get_their_own_answers(void **state)
{
    (void)state;
    run_and_answer(false);
}

static void
clients_that_leave_before_the_answer_harm_nobody(void **state)
{
    (void)state;
    run_and_answer(true);
}

/* The server goes while requests are kept; they are answered at the same time and after. */
static void
a_server_may_go_while_others_answer(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        http_rig *rig = rig_create("127.0.0.1:0", NULL);
        pthread_t threads[2];
        static queue q;
        int fds[16];

        queue_init(&q);
        rig_route(rig, "GET", "/kept/{n}", keep, &q);
        rig_start(rig);
        for (int i = 0; i < 16; i++) {
            fds[i] = http_client_connect(rig->address);
            http_client_send(fds[i], "GET /kept/1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        }
        pthread_mutex_lock(&q.lock);
        while (q.n < 16) {
            pthread_cond_wait(&q.more, &q.lock);
        }
        pthread_mutex_unlock(&q.lock);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, answer_all, &q), 0);
        }
        hr_http_server_destroy(rig->server);
        rig->server = NULL;
        queue_close(&q);
        for (int i = 0; i < 2; i++) {
            pthread_join(threads[i], NULL);
        }
        for (int i = 0; i < 16; i++) {
            http_client_receive(fds[i], &rig->answer, false);
            assert_true(rig->answer.status == 200 || rig->answer.status == 503);
            close(fds[i]);
        }
        rig_destroy(rig);
    }
}

/* Routes come and go under load; after its removal a handler's ctx is not touched again. */
typedef struct counter {
    atomic_int calls;
    atomic_bool gone;
} counter;

static void
count(void *ctx, hr_http_request *request)
{
    counter *c = ctx;

    if (atomic_load(&c->gone)) {
        hr_http_answer(request, 500, NULL, (hr_span){NULL, 0}, NULL);
        return;
    }
    atomic_fetch_add(&c->calls, 1);
    hr_http_answer(request, 200, "text/plain", hr_span_str(hr_http_path_param(request, "n")), NULL);
}

static atomic_bool changed;

static void *
change_routes(void *arg)
{
    http_rig *rig = arg;

    for (int i = 0; i < 200; i++) {
        counter *c = calloc(1, sizeof *c);

        assert_non_null(c);
        rig_route(rig, "GET", "/kept/{n}", count, c);
        while (i < 20 && atomic_load(&c->calls) == 0) {
            sched_yield();
        }
        hr_http_route_remove(rig->server, c);
        atomic_store(&c->gone, true);
        free(c);
    }
    atomic_store(&changed, true);
    return NULL;
}

static void
routes_may_change_under_load(void **state)
{
    http_rig *rig = rig_create("127.0.0.1:0", NULL);
    pthread_t thread;
    int right = 0;
    int gone;

    (void)state;
    rig_start(rig);
    hr_http_server_ready(rig->server, true);
    assert_int_equal(pthread_create(&thread, NULL, change_routes, rig), 0);
    while (!atomic_load(&changed)) { /* a route waits for who asks, however late it comes */
        right += run_clients(rig->address, false, &gone);
    }
    pthread_join(thread, NULL);
    assert_true(right >= 20);
    assert_int_equal(rig_ask(rig, "GET /kept/1 HTTP/1.1\nHost: @\n\n"), 404);
    rig_destroy(rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_kept_requests_get_their_own_answers),
        cmocka_unit_test(clients_that_leave_before_the_answer_harm_nobody),
        cmocka_unit_test(a_server_may_go_while_others_answer),
        cmocka_unit_test(routes_may_change_under_load),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
