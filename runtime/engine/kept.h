/* Copies of source records that outlive their batch (hr_kept, see hr_sink.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_KEPT_H
#define HR_ENGINE_KEPT_H
#include "hr_sink.h"

/* Copies a record into one block. NULL when out of memory. */
hr_kept *hr_kept_make(const hr_record *record, const char *topic, int32_t partition);

#endif
