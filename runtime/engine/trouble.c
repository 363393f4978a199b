/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/trouble.h"
#include "engine/clock.h"
#include "engine/log.h"

#include <stdio.h>
#include <string.h>

#define TROUBLE_AGAIN_MS 30000

void
hr_trouble_init(hr_trouble *trouble)
{
    memset(trouble, 0, sizeof *trouble);
    pthread_mutex_init(&trouble->lock, NULL);
}

void
hr_trouble_finish(hr_trouble *trouble)
{
    pthread_mutex_destroy(&trouble->lock);
}

static void
trouble_over(hr_trouble *trouble, const char *what, const hr_node *node, int64_t now)
{
    if (trouble->since_ms != 0) {
        hr_log(HR_LOG_INFO, "%s %s is back" HR_LOG_KV "after_ms=%lld", what, node->name.s,
               (long long)(now - trouble->since_ms));
    }
    trouble->since_ms = 0;
}

static void
trouble_goes_on(hr_trouble *trouble, const char *what, const hr_node *node, const char *text,
                int64_t now)
{
    bool begins = trouble->since_ms == 0;

    if (begins) {
        trouble->since_ms = now;
    }
    snprintf(trouble->text, sizeof trouble->text, "%s", text);
    if (begins || now - trouble->logged_ms >= TROUBLE_AGAIN_MS) {
        trouble->logged_ms = now;
        hr_log(HR_LOG_WARN, "%s %s waits and tries again" HR_LOG_KV "cause=%s", what, node->name.s,
               text);
    }
}

void
hr_trouble_note(hr_trouble *trouble, const char *what, const hr_node *node, const char *text)
{
    int64_t now = hr_clock_ms();

    pthread_mutex_lock(&trouble->lock);
    if (text == NULL) {
        trouble_over(trouble, what, node, now);
    } else {
        trouble_goes_on(trouble, what, node, text, now);
    }
    pthread_mutex_unlock(&trouble->lock);
}

int64_t
hr_trouble_get(hr_trouble *trouble, char *text, size_t size)
{
    int64_t since;

    pthread_mutex_lock(&trouble->lock);
    since = trouble->since_ms;
    if (since != 0) {
        snprintf(text, size, "%s", trouble->text);
    }
    pthread_mutex_unlock(&trouble->lock);
    return since != 0 ? hr_clock_ms() - since : -1;
}
