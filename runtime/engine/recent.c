/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/recent.h"
#include "config/error.h"

#include <stdlib.h>

#define RECENT_STEP_MS 1000

int
hr_recent_init(hr_recent *recent)
{
    recent->slots = calloc(HR_RECENT_SLOTS, sizeof *recent->slots);
    return recent->slots != NULL ? HR_OK : HR_ENOMEM;
}

void
hr_recent_finish(hr_recent *recent)
{
    free(recent->slots);
    recent->slots = NULL;
    recent->n = recent->next = 0;
}

static const hr_recent_slot *
recent_newest(const hr_recent *recent)
{
    return &recent->slots[(recent->next + HR_RECENT_SLOTS - 1) % HR_RECENT_SLOTS];
}

bool
hr_recent_due(const hr_recent *recent, int64_t now_ms)
{
    return recent->n == 0 || now_ms - recent_newest(recent)->at_ms >= RECENT_STEP_MS;
}

hr_recent_slot *
hr_recent_add(hr_recent *recent, int64_t now_ms)
{
    hr_recent_slot *slot = &recent->slots[recent->next];

    recent->next = (recent->next + 1) % HR_RECENT_SLOTS;
    recent->n += recent->n < HR_RECENT_SLOTS ? 1 : 0;
    slot->at_ms = now_ms;
    return slot;
}

/* The oldest one that is young enough. */
const hr_recent_slot *
hr_recent_from(const hr_recent *recent, int64_t now_ms)
{
    for (size_t i = recent->n; i > 0; i--) {
        const hr_recent_slot *slot =
            &recent->slots[(recent->next + HR_RECENT_SLOTS - i) % HR_RECENT_SLOTS];

        if (now_ms - slot->at_ms <= HR_RECENT_MS + RECENT_STEP_MS) {
            return slot;
        }
    }
    return recent->n > 0 ? recent_newest(recent) : NULL;
}
