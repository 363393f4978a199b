/* One model, several threads: each with a scratch of its own, references taken and given up.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"

#include "model/model.h"

#include <pthread.h>

#define THREADS 3
#define ROUNDS 50
#define ROWS 100

static const char *const share_texts[] = {"AA", "EWR", "ATL", "EWR-ATL"};

typedef struct share_job {
    hr_model *model; /* a reference of its own */
    int64_t label_sum;
    int rc;
} share_job;

static void
share_columns(const hr_model *m, const double *reals, const hr_span texts[4][ROWS],
              hr_model_column *columns)
{
    size_t text = 0;

    for (size_t i = 0; i < hr_model_input_count(m); i++) {
        if (hr_model_input_at(m, i)->kind == HR_MODEL_STRING) {
            columns[i].kind = HR_MODEL_STRING;
            columns[i].of.string = texts[text++ % 4];
        } else {
            columns[i].kind = HR_MODEL_DOUBLE;
            columns[i].of.real = reals;
        }
    }
}

static void *
share_run(void *arg)
{
    share_job *job = arg;
    hr_model_scratch *scratch = hr_model_scratch_create(job->model);
    hr_model_column columns[16] = {0};
    double reals[ROWS];
    hr_span texts[4][ROWS];
    hr_model_result r;

    for (size_t i = 0; i < ROWS; i++) {
        reals[i] = (double)i;
        for (size_t t = 0; t < 4; t++) {
            texts[t][i] = hr_span_str(share_texts[t]);
        }
    }
    share_columns(job->model, reals, texts, columns);
    for (int round = 0; round < ROUNDS && job->rc == HR_OK; round++) {
        job->rc = hr_model_eval(job->model, scratch, columns, ROWS, &r);
        for (size_t i = 0; job->rc == HR_OK && i < ROWS; i++) {
            job->label_sum += r.label_int[i];
        }
    }
    hr_model_scratch_destroy(scratch);
    hr_model_unref(job->model);
    return NULL;
}

static void
threads_share_a_model_and_the_last_one_frees_it(void **state)
{
    pthread_t thread[THREADS];
    share_job job[THREADS] = {0};
    hr_model *m = NULL;
    hr_error err = {0};

    (void)state;
    if (hr_model_load(HR_SOURCE_DIR "/topologies/flight_delay/models/flight_delay.onnx", NULL, &m,
                      &err) != HR_OK) {
        fail_msg("%s", err.msg);
    }
    for (size_t i = 0; i < THREADS; i++) {
        job[i].model = hr_model_ref(m);
        assert_int_equal(pthread_create(&thread[i], NULL, share_run, &job[i]), 0);
    }
    hr_model_unref(m);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(job[i].rc, HR_OK);
        assert_int_equal(job[i].label_sum, job[0].label_sum);
        assert_int_not_equal(job[i].label_sum, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_a_model_and_the_last_one_frees_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
