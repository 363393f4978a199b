/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/table_query.h"
#include "hr_test.h"

#include <stdatomic.h>
#include <stdlib.h>

#define ASKERS 4
#define QUESTIONS 2000

typedef struct asker {
    hr_table_queries *queries;
    hr_table_query questions[QUESTIONS];
    pthread_t thread;
    size_t refused;
} asker;

static atomic_size_t answered;

static void
on_answer(hr_table_query *query, int rc, hr_batch *batch, const hr_error *err)
{
    (void)query;
    (void)rc;
    (void)batch;
    (void)err;
    atomic_fetch_add(&answered, 1);
}

static void *
ask_all(void *arg)
{
    asker *a = arg;

    for (size_t i = 0; i < QUESTIONS; i++) {
        a->questions[i] = (hr_table_query){.answer = on_answer};
        a->refused += hr_table_queries_put(a->queries, &a->questions[i]) == HR_OK ? 0 : 1;
    }
    return NULL;
}

static void
every_question_is_handed_out_once_or_refused(void **unused)
{
    hr_table_queries queries;
    asker *askers = calloc(ASKERS, sizeof *askers);
    hr_table_query *query;
    size_t refused = 0, taken = 0;

    (void)unused;
    atomic_store(&answered, 0);
    hr_table_queries_init(&queries);
    for (int i = 0; i < ASKERS; i++) {
        askers[i].queries = &queries;
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_all, &askers[i]), 0);
    }
    for (int idle = 0; idle < 3;) {
        query = hr_table_queries_next(&queries, 50);
        idle = query != NULL ? 0 : idle + 1;
        if (query != NULL) {
            query->answer(query, HR_OK, NULL, NULL);
            taken++;
        }
    }
    for (int i = 0; i < ASKERS; i++) {
        pthread_join(askers[i].thread, NULL);
        refused += askers[i].refused;
    }
    while ((query = hr_table_queries_next(&queries, 0)) != NULL) {
        query->answer(query, HR_OK, NULL, NULL);
        taken++;
    }
    assert_int_equal(taken + refused, ASKERS * QUESTIONS);
    assert_int_equal(atomic_load(&answered), taken);
    hr_table_queries_finish(&queries);
    free(askers);
}

static void
so_many_wait_and_no_more(void **unused)
{
    static hr_table_query questions[HR_TABLE_QUERIES_MAX + 1];
    hr_table_queries queries;

    (void)unused;
    hr_table_queries_init(&queries);
    for (size_t i = 0; i < HR_TABLE_QUERIES_MAX; i++) {
        assert_int_equal(hr_table_queries_put(&queries, &questions[i]), HR_OK);
    }
    assert_int_equal(hr_table_queries_put(&queries, &questions[HR_TABLE_QUERIES_MAX]), HR_EAGAIN);
    assert_ptr_equal(hr_table_queries_next(&queries, 0), &questions[0]);
    assert_int_equal(hr_table_queries_put(&queries, &questions[0]), HR_OK);
    for (size_t i = 1; i < HR_TABLE_QUERIES_MAX; i++) {
        assert_ptr_equal(hr_table_queries_next(&queries, 0), &questions[i]);
    }
    assert_ptr_equal(hr_table_queries_next(&queries, 0), &questions[0]);
    assert_null(hr_table_queries_next(&queries, 0));
    hr_table_queries_finish(&queries);
}

static void
a_closed_queue_hands_out_what_it_holds_and_takes_nothing(void **unused)
{
    hr_table_queries queries;
    hr_table_query first = {.key = {NULL, 0}}, second = first;

    (void)unused;
    hr_table_queries_init(&queries);
    assert_int_equal(hr_table_queries_put(&queries, &first), HR_OK);
    hr_table_queries_close(&queries);
    assert_int_equal(hr_table_queries_put(&queries, &second), HR_EAGAIN);
    assert_ptr_equal(hr_table_queries_next(&queries, 1000), &first);
    hr_table_queries_wake(&queries);
    assert_null(hr_table_queries_next(&queries, 60000)); /* at once */
    hr_table_queries_finish(&queries);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_question_is_handed_out_once_or_refused),
        cmocka_unit_test(so_many_wait_and_no_more),
        cmocka_unit_test(a_closed_queue_hands_out_what_it_holds_and_takes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
