/* Open addressing at half load, XXH3 as hash. The seed comes from the file's own hash, so nobody
 * can choose keys that collide without choosing the file that they stand in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/lookup.h"

#include "config/error.h"

#include <math.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static int
lookup_init(hr_lookup *l, hr_arena *arena, size_t keys, uint64_t seed)
{
    size_t slots = 4;

    while (slots < 2 * keys) {
        slots *= 2;
    }
    *l = (hr_lookup){.mask = (uint32_t)(slots - 1), .seed = seed};
    l->slot = hr_arena_calloc(arena, slots, sizeof(*l->slot));
    return l->slot != NULL ? HR_OK : HR_ENOMEM;
}

int
hr_lookup_init_strings(hr_lookup *l, hr_arena *arena, size_t keys, uint64_t seed)
{
    int rc = lookup_init(l, arena, keys, seed);

    l->string = hr_arena_calloc(arena, keys + 1, sizeof(*l->string));
    return rc == HR_OK && l->string != NULL ? HR_OK : HR_ENOMEM;
}

int
hr_lookup_init_numbers(hr_lookup *l, hr_arena *arena, size_t keys, uint64_t seed)
{
    int rc = lookup_init(l, arena, keys, seed);

    l->number = hr_arena_calloc(arena, keys + 1, sizeof(*l->number));
    return rc == HR_OK && l->number != NULL ? HR_OK : HR_ENOMEM;
}

static uint32_t
lookup_hash_string(const hr_lookup *l, hr_span key)
{
    uint64_t h = XXH3_64bits_withSeed(key.data, key.len, l->seed);

    return (uint32_t)(h ^ h >> 32);
}

static uint32_t
lookup_hash_number(const hr_lookup *l, int64_t key)
{
    uint64_t h = XXH3_64bits_withSeed(&key, sizeof(key), l->seed);

    return (uint32_t)(h ^ h >> 32);
}

/* The slot of the key, or the empty one where it belongs. */
static hr_lookup_slot *
lookup_slot_string(const hr_lookup *l, hr_span key)
{
    uint32_t hash = lookup_hash_string(l, key);
    uint32_t at = hash & l->mask;

    while (l->slot[at].index_1 != 0 &&
           (l->slot[at].hash != hash || !hr_span_eq(l->string[l->slot[at].index_1 - 1], key))) {
        at = (at + 1) & l->mask;
    }
    return &l->slot[at];
}

static hr_lookup_slot *
lookup_slot_number(const hr_lookup *l, int64_t key)
{
    uint32_t at = lookup_hash_number(l, key) & l->mask;

    while (l->slot[at].index_1 != 0 && l->number[l->slot[at].index_1 - 1] != key) {
        at = (at + 1) & l->mask;
    }
    return &l->slot[at];
}

uint32_t
hr_lookup_add_string(hr_lookup *l, hr_span key)
{
    hr_lookup_slot *slot = lookup_slot_string(l, key);

    if (slot->index_1 == 0) {
        slot->hash = lookup_hash_string(l, key);
        l->string[l->n] = key;
        slot->index_1 = ++l->n;
    }
    return slot->index_1 - 1;
}

uint32_t
hr_lookup_add_number(hr_lookup *l, int64_t key)
{
    hr_lookup_slot *slot = lookup_slot_number(l, key);

    if (slot->index_1 == 0) {
        l->number[l->n] = key;
        slot->index_1 = ++l->n;
    }
    return slot->index_1 - 1;
}

uint32_t
hr_lookup_string(const hr_lookup *l, hr_span key)
{
    if (key.data == NULL) {
        return HR_LOOKUP_NONE;
    }
    return lookup_slot_string(l, key)->index_1 - 1; /* 0 - 1 is HR_LOOKUP_NONE */
}

uint32_t
hr_lookup_number(const hr_lookup *l, int64_t key)
{
    return lookup_slot_number(l, key)->index_1 - 1;
}

int64_t
hr_lookup_real_key(double key)
{
    int64_t bits;

    if (isnan(key)) {
        return INT64_C(0x7ff8000000000000);
    }
    key += 0.0; /* -0.0 becomes 0.0 */
    memcpy(&bits, &key, sizeof(bits));
    return bits;
}
