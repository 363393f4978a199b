/* Questions that wait for the thread of a table whose rows are not held in memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TABLE_QUERY_H
#define HR_ENGINE_TABLE_QUERY_H
#include "hr_table.h"

#include <pthread.h>

#define HR_TABLE_QUERIES_MAX 256

typedef struct hr_table_queries {
    pthread_mutex_t lock; /* of all */
    pthread_cond_t changed;
    hr_table_query *first, *last;
    size_t n;
    bool closed, woken;
} hr_table_queries;

void hr_table_queries_init(hr_table_queries *queries);
void hr_table_queries_finish(hr_table_queries *queries); /* none waits any more */

/* HR_OK; HR_EAGAIN: too many wait, or it is closed. thread: any */
int hr_table_queries_put(hr_table_queries *queries, hr_table_query *query);

/* The next one; NULL when the time is over, or something happened that is worth a look. */
hr_table_query *hr_table_queries_next(hr_table_queries *queries, int64_t timeout_ms);

/* Ends the wait of hr_table_queries_next(). thread: any */
void hr_table_queries_wake(hr_table_queries *queries);

/* Takes no more. Those that wait are still handed out. thread: any */
void hr_table_queries_close(hr_table_queries *queries);

#endif
