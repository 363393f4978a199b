/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/trouble.h"
#include "engine/clock.h"
#include "engine/log.h"

#include <stdio.h>

#define TROUBLE_AGAIN_MS 30000

void
hr_trouble_note(hr_trouble *trouble, const char *what, const hr_node *node, const char *text)
{
    int64_t now = hr_clock_ms();

    if (text == NULL) {
        if (trouble->since_ms != 0) {
            hr_log(HR_LOG_INFO, "%s %s is back" HR_LOG_KV "after_ms=%lld", what, node->name.s,
                   (long long)(now - trouble->since_ms));
        }
        trouble->since_ms = 0;
        return;
    }
    if (trouble->since_ms == 0) {
        trouble->since_ms = now;
    } else if (now - trouble->logged_ms < TROUBLE_AGAIN_MS) {
        return;
    }
    trouble->logged_ms = now;
    snprintf(trouble->text, sizeof trouble->text, "%s", text);
    hr_log(HR_LOG_WARN, "%s %s waits and tries again" HR_LOG_KV "cause=%s", what, node->name.s,
           text);
}
