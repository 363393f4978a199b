/* The headers that say why a record became a dead letter (RELIABILITY section 9; names of KIP-1034
 * where it has them). No payload in any of them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_DEAD_LETTER_H
#define HR_ENGINE_DEAD_LETTER_H
#include "hr_sink.h"

/* Gives *letter, which holds record, topic and partition, the headers for that failure (its row
 * does not count); they live in the arena. HR_OK, HR_ENOMEM. */
int hr_dead_letter(const hr_failure *failure, hr_arena *arena, hr_letter *letter);

#endif
