/* Trouble of a source or sink (a server that is away): logged when it begins and when it is over,
 * and now and then in between. Guards itself: writer threads report it too, and others look.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TROUBLE_H
#define HR_ENGINE_TROUBLE_H
#include "config/topology.h"

#include <pthread.h>

typedef struct hr_trouble {
    pthread_mutex_t lock;
    char text[400];
    int64_t since_ms, logged_ms; /* since_ms 0: there is none */
} hr_trouble;

void hr_trouble_init(hr_trouble *trouble);
void hr_trouble_finish(hr_trouble *trouble);

/* Notes trouble of that node ("source", "sink"), or its end (text NULL). thread: any */
void hr_trouble_note(hr_trouble *trouble, const char *what, const hr_node *node, const char *text);

/* Copies the text and says for how long there has been trouble; -1: there is none. thread: any */
int64_t hr_trouble_get(hr_trouble *trouble, char *text, size_t size);

#endif
