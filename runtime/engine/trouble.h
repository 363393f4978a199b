/* Trouble of a source or sink (a server that is away): logged when it begins and when it is over,
 * and now and then in between.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TROUBLE_H
#define HR_ENGINE_TROUBLE_H
#include "config/topology.h"

typedef struct hr_trouble {
    char text[400];
    int64_t since_ms, logged_ms; /* since_ms 0: there is none */
} hr_trouble;

/* Notes trouble of that node ("source", "sink"), or its end (text NULL). */
void hr_trouble_note(hr_trouble *trouble, const char *what, const hr_node *node, const char *text);

#endif
