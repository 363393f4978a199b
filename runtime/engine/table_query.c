/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/table_query.h"
#include "engine/clock.h"

#include <errno.h>
#include <time.h>

void
hr_table_queries_init(hr_table_queries *queries)
{
    pthread_condattr_t monotonic;

    *queries = (hr_table_queries){.n = 0};
    pthread_mutex_init(&queries->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&queries->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void
hr_table_queries_finish(hr_table_queries *queries)
{
    pthread_cond_destroy(&queries->changed);
    pthread_mutex_destroy(&queries->lock);
}

int
hr_table_queries_put(hr_table_queries *queries, hr_table_query *query)
{
    int rc = HR_EAGAIN;

    query->next = NULL;
    pthread_mutex_lock(&queries->lock);
    if (!queries->closed && queries->n < HR_TABLE_QUERIES_MAX) {
        if (queries->last != NULL) {
            queries->last->next = query;
        } else {
            queries->first = query;
        }
        queries->last = query;
        queries->n++;
        pthread_cond_signal(&queries->changed);
        rc = HR_OK;
    }
    pthread_mutex_unlock(&queries->lock);
    return rc;
}

hr_table_query *
hr_table_queries_next(hr_table_queries *queries, int64_t timeout_ms)
{
    struct timespec at = hr_clock_deadline(timeout_ms);
    hr_table_query *query;
    int rc = 0;

    pthread_mutex_lock(&queries->lock);
    while (queries->first == NULL && !queries->woken && timeout_ms > 0 && rc != ETIMEDOUT) {
        rc = pthread_cond_timedwait(&queries->changed, &queries->lock, &at);
    }
    queries->woken = false;
    query = queries->first;
    if (query != NULL) {
        queries->first = query->next;
        queries->last = queries->first != NULL ? queries->last : NULL;
        queries->n--;
    }
    pthread_mutex_unlock(&queries->lock);
    return query;
}

void
hr_table_queries_wake(hr_table_queries *queries)
{
    pthread_mutex_lock(&queries->lock);
    queries->woken = true;
    pthread_cond_signal(&queries->changed);
    pthread_mutex_unlock(&queries->lock);
}

void
hr_table_queries_close(hr_table_queries *queries)
{
    pthread_mutex_lock(&queries->lock);
    queries->closed = true;
    pthread_mutex_unlock(&queries->lock);
}
