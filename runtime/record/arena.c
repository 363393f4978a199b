/* Arena: a list of blocks, newest first. The newest block is filled from the front; a piece larger
 * than a block gets a block of its own. Where one round took several blocks the next one starts
 * with one block of their size, so a steady load allocates nothing (fresh memory costs more than
 * the work done in it: PERFORMANCE.md, trap 4).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "record/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_ALIGN 16u

typedef struct arena_block {
    struct arena_block *next;
    size_t size, used;
    _Alignas(ARENA_ALIGN) uint8_t bytes[];
} arena_block;

#define ARENA_KEPT_BLOCKS 16u /* a reset keeps at most so many times block_bytes */

struct hr_arena {
    arena_block *block;
    size_t block_bytes, bytes_max, total, used;
    size_t next_bytes; /* of the next block, from what the last round took */
};

hr_arena *
hr_arena_create(size_t block_bytes, size_t bytes_max)
{
    hr_arena *arena = calloc(1, sizeof *arena);

    if (arena != NULL) {
        arena->block_bytes = block_bytes;
        arena->bytes_max = bytes_max;
    }
    return arena;
}

static void
arena_free_blocks(hr_arena *arena, arena_block *block)
{
    while (block != NULL) {
        arena_block *next = block->next;

        arena->total -= block->size;
        free(block);
        block = next;
    }
}

void
hr_arena_destroy(hr_arena *arena)
{
    if (arena != NULL) {
        arena_free_blocks(arena, arena->block);
        free(arena);
    }
}

void
hr_arena_reset(hr_arena *arena)
{
    size_t total = arena->total;
    bool several = arena->block != NULL && arena->block->next != NULL;

    arena->used = 0;
    if (arena->block == NULL) {
        return;
    }
    if (!several && total <= ARENA_KEPT_BLOCKS * arena->block_bytes) {
        arena->block->used = 0;
        return;
    }
    /* One huge record must not hold its memory for ever: a size beyond the limit is forgotten. */
    arena_free_blocks(arena, arena->block);
    arena->block = NULL;
    arena->next_bytes = total <= ARENA_KEPT_BLOCKS * arena->block_bytes ? total : 0;
}

size_t
hr_arena_used(const hr_arena *arena)
{
    return arena->used;
}

size_t
hr_arena_held(const hr_arena *arena)
{
    return arena->total;
}

static bool
arena_fits(const hr_arena *arena, size_t size)
{
    return size <= SIZE_MAX / 2 &&
           (arena->bytes_max == 0 || arena->total + size <= arena->bytes_max);
}

static bool
arena_grow(hr_arena *arena, size_t bytes)
{
    size_t size = bytes > arena->block_bytes ? bytes : arena->block_bytes;
    arena_block *block;

    if (arena->next_bytes > size && arena_fits(arena, arena->next_bytes)) {
        size = arena->next_bytes;
    }
    arena->next_bytes = 0;
    if (!arena_fits(arena, size)) {
        return false;
    }
    block = malloc(sizeof *block + size);
    if (block == NULL) {
        return false;
    }
    block->next = arena->block;
    block->size = size;
    block->used = 0;
    arena->block = block;
    arena->total += size;
    return true;
}

void *
hr_arena_alloc(hr_arena *arena, size_t bytes)
{
    arena_block *block = arena->block;
    size_t need;
    void *piece;

    if (bytes > SIZE_MAX / 4) {
        return NULL;
    }
    need = (bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (need == 0) {
        need = ARENA_ALIGN;
    }
    if (block == NULL || block->size - block->used < need) {
        if (!arena_grow(arena, need)) {
            return NULL;
        }
        block = arena->block;
    }
    piece = block->bytes + block->used;
    block->used += need;
    arena->used += need;
    return piece;
}

void *
hr_arena_calloc(hr_arena *arena, size_t count, size_t bytes)
{
    void *piece;

    if (bytes != 0 && count > SIZE_MAX / 4 / bytes) {
        return NULL;
    }
    piece = hr_arena_alloc(arena, count * bytes);
    if (piece != NULL) {
        memset(piece, 0, count * bytes);
    }
    return piece;
}

char *
hr_arena_strndup(hr_arena *arena, const char *text, size_t len)
{
    char *copy = hr_arena_alloc(arena, len + 1);

    if (copy != NULL) {
        memcpy(copy, text, len);
        copy[len] = '\0';
    }
    return copy;
}

char *
hr_arena_strdup(hr_arena *arena, const char *text)
{
    return hr_arena_strndup(arena, text, strlen(text));
}

char *
hr_arena_printf(hr_arena *arena, const char *fmt, ...)
{
    va_list ap;
    char *text;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (len < 0 || (text = hr_arena_alloc(arena, (size_t)len + 1)) == NULL) {
        return NULL;
    }
    va_start(ap, fmt);
    vsnprintf(text, (size_t)len + 1, fmt, ap);
    va_end(ap);
    return text;
}
