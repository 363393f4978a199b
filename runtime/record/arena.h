/* A bump allocator: many small pieces, one end of life. The batch arena holds what operators derive
 * and is reset when the batch is done; the topology's holds what check and compile make.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_RECORD_ARENA_H
#define HR_RECORD_ARENA_H
#include "record/span.h"

typedef struct hr_arena hr_arena;

/* An arena whose blocks hold at least block_bytes and together at most bytes_max (0: no limit).
 * NULL when out of memory. Not for use by two threads at once. */
hr_arena *hr_arena_create(size_t block_bytes, size_t bytes_max);

/* Accepts NULL. */
void hr_arena_destroy(hr_arena *arena);

/* Forgets all pieces and keeps one block (or the size for one), so that a steady load allocates
 * nothing. */
void hr_arena_reset(hr_arena *arena);

/* Bytes handed out since the last reset. */
size_t hr_arena_used(const hr_arena *arena);

/* Bytes of the blocks that it holds. */
size_t hr_arena_held(const hr_arena *arena);

/* Uninitialised memory, aligned to 16; NULL past bytes_max or when out of memory. */
void *hr_arena_alloc(hr_arena *arena, size_t bytes);

/* As hr_arena_alloc(), zeroed; NULL also when count * bytes overflows. */
void *hr_arena_calloc(hr_arena *arena, size_t count, size_t bytes);

/* A zero-terminated copy; NULL as hr_arena_alloc(). */
char *hr_arena_strndup(hr_arena *arena, const char *text, size_t len);
char *hr_arena_strdup(hr_arena *arena, const char *text);

/* Formats into the arena; NULL as hr_arena_alloc(). */
char *hr_arena_printf(hr_arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
