/* Categories are short: a string of at most 7 bytes is compared as a number, its length in the
 * upper byte, and one multiplication is its hash; longer ones are hashed by XXH3 and compared where
 * they are. A bucket is a cache line and is searched without a branch, since which of its entries
 * is the right one cannot be foreseen. Numbers have open addressing at half load.
 *
 * The seed comes from the file's own hash, so nobody can choose keys that collide without choosing
 * the file that they stand in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/lookup.h"

#include "config/error.h"

#include <math.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { LOOKUP_AHEAD = 16, LOOKUP_SHORT_MAX = 7, LOOKUP_LINE = 64 };
#define LOOKUP_LONG UINT64_C(0xff00000000000000) /* the upper byte of a hash */

int
hr_lookup_init_strings(hr_lookup *l, hr_arena *arena, size_t keys, uint64_t seed)
{
    size_t buckets = 1;
    uint8_t *block;

    while (2 * buckets < keys) {
        buckets *= 2;
    }
    *l = (hr_lookup){.mask = (uint32_t)(buckets - 1), .seed = seed};
    block = hr_arena_calloc(arena, buckets + 1, sizeof *l->bucket);
    l->string = hr_arena_calloc(arena, keys + 1, sizeof(*l->string));
    if (block == NULL || l->string == NULL) {
        return HR_ENOMEM;
    }
    block += (LOOKUP_LINE - (uintptr_t)block % LOOKUP_LINE) % LOOKUP_LINE;
    l->bucket = (hr_lookup_bucket *)(void *)block;
    return HR_OK;
}

int
hr_lookup_init_numbers(hr_lookup *l, hr_arena *arena, size_t keys, uint64_t seed)
{
    size_t slots = 4;

    while (slots < 2 * keys) {
        slots *= 2;
    }
    *l = (hr_lookup){.mask = (uint32_t)(slots - 1), .seed = seed};
    l->slot_1 = hr_arena_calloc(arena, slots, sizeof(*l->slot_1));
    l->number = hr_arena_calloc(arena, keys + 1, sizeof(*l->number));
    return l->slot_1 != NULL && l->number != NULL ? HR_OK : HR_ENOMEM;
}

/* At most 7 bytes as a number; of one length they are equal where their numbers are. */
static inline uint64_t
lookup_bytes(const uint8_t *at, size_t n)
{
    uint32_t first, last;

    if (n < 4) {
        return n == 0 ? 0 : (uint64_t)at[0] << 16 | (uint64_t)at[n / 2] << 8 | at[n - 1];
    }
    memcpy(&first, at, 4);
    memcpy(&last, at + n - 4, 4);
    return (uint64_t)last << 8 * (n - 4) | first;
}

/* What a bucket has of a string; never 0. */
static inline uint64_t
lookup_word(const hr_lookup *l, hr_span key)
{
    if (key.len > LOOKUP_SHORT_MAX) {
        return XXH3_64bits_withSeed(key.data, key.len, l->seed) | LOOKUP_LONG;
    }
    return (uint64_t)(key.len + 1) << 56 | lookup_bytes(key.data, key.len);
}

/* The bucket where a string's search starts: the halves of a product depend on all its bits. */
static inline uint32_t
lookup_home(const hr_lookup *l, uint64_t word)
{
    __extension__ unsigned __int128 product =
        (unsigned __int128)(word ^ l->seed) * UINT64_C(0x9e3779b97f4a7c15);

    return (uint32_t)((uint64_t)product ^ (uint64_t)(product >> 64)) & l->mask;
}

static uint32_t
lookup_long_in(const hr_lookup *l, const hr_lookup_bucket *bucket, hr_span key, uint64_t word)
{
    for (size_t k = 0; k < HR_LOOKUP_BUCKET; k++) {
        uint32_t index_1 = bucket->index_1[k];

        if (index_1 != 0 && bucket->word[k] == word && hr_span_eq(l->string[index_1 - 1], key)) {
            return index_1;
        }
    }
    return 0;
}

static inline uint32_t
lookup_short_in(const hr_lookup_bucket *bucket, uint64_t word)
{
    uint32_t index_1 = 0;

    for (size_t k = 0; k < HR_LOOKUP_BUCKET; k++) {
        index_1 |= bucket->index_1[k] & -(uint32_t)(bucket->word[k] == word);
    }
    return index_1;
}

/* 1 + the index of the string, or 0; a full bucket goes on in the next one. */
static inline uint32_t
lookup_string(const hr_lookup *l, hr_span key, uint64_t word, uint32_t at)
{
    for (;;) {
        const hr_lookup_bucket *bucket = &l->bucket[at];
        uint32_t index_1 = word < LOOKUP_LONG ? lookup_short_in(bucket, word)
                                              : lookup_long_in(l, bucket, key, word);

        if (index_1 != 0 || bucket->index_1[HR_LOOKUP_BUCKET - 1] == 0) {
            return index_1;
        }
        at = (at + 1) & l->mask;
    }
}

/* Enters a string that is not there. */
static void
lookup_enter(hr_lookup *l, uint64_t word, uint32_t index_1)
{
    uint32_t at = lookup_home(l, word);
    hr_lookup_bucket *bucket = &l->bucket[at];
    size_t k = 0;

    while (bucket->index_1[HR_LOOKUP_BUCKET - 1] != 0) {
        at = (at + 1) & l->mask;
        bucket = &l->bucket[at];
    }
    while (bucket->index_1[k] != 0) {
        k++;
    }
    bucket->word[k] = word;
    bucket->index_1[k] = index_1;
}

/* The slot of the key, or the empty one where it belongs. */
static uint32_t *
lookup_slot_number(const hr_lookup *l, int64_t key)
{
    uint64_t h = XXH3_64bits_withSeed(&key, sizeof(key), l->seed);
    uint32_t at = (uint32_t)(h ^ h >> 32) & l->mask;

    while (l->slot_1[at] != 0 && l->number[l->slot_1[at] - 1] != key) {
        at = (at + 1) & l->mask;
    }
    return &l->slot_1[at];
}

uint32_t
hr_lookup_add_string(hr_lookup *l, hr_span key)
{
    uint64_t word = lookup_word(l, key);
    uint32_t index_1 = lookup_string(l, key, word, lookup_home(l, word));

    if (index_1 == 0) {
        l->string[l->n] = key;
        index_1 = ++l->n;
        lookup_enter(l, word, index_1);
    }
    return index_1 - 1;
}

uint32_t
hr_lookup_add_number(hr_lookup *l, int64_t key)
{
    uint32_t *slot = lookup_slot_number(l, key);

    if (*slot == 0) {
        l->number[l->n] = key;
        *slot = ++l->n;
    }
    return *slot - 1;
}

uint32_t
hr_lookup_string(const hr_lookup *l, hr_span key)
{
    uint32_t index;

    hr_lookup_strings(l, &key, 1, &index);
    return index;
}

/* Some at a time, all homes before the first is looked at: so the cache's misses overlap. */
void
hr_lookup_strings(const hr_lookup *l, const hr_span *keys, size_t n, uint32_t *index)
{
    uint64_t word[LOOKUP_AHEAD];
    uint32_t home[LOOKUP_AHEAD];

    for (size_t first = 0; first < n; first += LOOKUP_AHEAD) {
        size_t some = n - first < LOOKUP_AHEAD ? n - first : LOOKUP_AHEAD;

        for (size_t i = 0; i < some; i++) {
            word[i] = lookup_word(l, keys[first + i]);
            home[i] = lookup_home(l, word[i]);
        }
        for (size_t i = 0; i < some; i++) {
            hr_span key = keys[first + i];

            /* 0 - 1 is HR_LOOKUP_NONE */
            index[first + i] =
                key.data != NULL ? lookup_string(l, key, word[i], home[i]) - 1 : HR_LOOKUP_NONE;
        }
    }
}

uint32_t
hr_lookup_number(const hr_lookup *l, int64_t key)
{
    return *lookup_slot_number(l, key) - 1;
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
