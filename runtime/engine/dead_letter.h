/* The headers that say why a record became a dead letter (RELIABILITY section 9; names of KIP-1034
 * where it has them). No payload in any of them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_DEAD_LETTER_H
#define HR_ENGINE_DEAD_LETTER_H
#include "hr_sink.h"

/* Fills *letter (but the token) for a failed row; headers live in the batch arena. HR_OK,
 * HR_ENOMEM. */
int hr_dead_letter(const hr_batch *batch, const hr_failure *failure, hr_letter *letter);

#endif
