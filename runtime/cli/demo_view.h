/* What `headrace demo` shows: answers as they arrive beside what really happened.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CLI_DEMO_VIEW_H
#define HR_CLI_DEMO_VIEW_H
#include "config/runner.h"

typedef struct hr_demo_view hr_demo_view;

typedef struct hr_demo_view_conf {
    const hr_connection *connection;
    const char *topic;         /* of the answers */
    const char *requests_path; /* JSON lines: the flights that are asked about */
    const char *outcomes_path; /* JSON lines: UUID and Actual, what really happened */
    const char *model_path;    /* for the names of the classes */
    const char *bootstrap;
    const char *page, *live; /* URLs that are shown above; NULL: not */
    bool table;              /* a table that is drawn anew (a terminal), or plain lines */
} hr_demo_view_conf;

/* Loads flights and outcomes and starts the thread that reads the answers. NULL with *err. */
hr_demo_view *hr_demo_view_start(const hr_demo_view_conf *conf, hr_error *err);

/* True once the topic is being read: flights asked about from now on will be seen. thread: any */
bool hr_demo_view_ready(const hr_demo_view *view);

/* Ends the thread, prints the summary and frees; returns how many answers were shown. Accepts NULL.
 */
uint64_t hr_demo_view_stop(hr_demo_view *view);

#endif
