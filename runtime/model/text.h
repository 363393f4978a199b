/* Texts of a model file: check and copy. Labels go into JSON and metrics, so they must be UTF-8.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_TEXT_H
#define HR_MODEL_TEXT_H
#include "record/arena.h"

/* Well-formed by RFC 3629: shortest forms only, no surrogates, at most U+10FFFF. thread: any */
bool hr_text_valid(hr_span text);

/* A zero-terminated copy in the arena; data is NULL when out of memory, never for an empty text. */
hr_span hr_text_copy(hr_arena *arena, hr_span text);

#endif
