/* A read-only hash table from keys to their place in a list: what LabelEncoder, OneHotEncoder and
 * the compiler's own table of names need.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_LOOKUP_H
#define HR_MODEL_LOOKUP_H
#include "record/arena.h"

#define HR_LOOKUP_NONE UINT32_MAX

typedef struct hr_lookup_slot {
    uint32_t hash;
    uint32_t index_1; /* 0: empty */
} hr_lookup_slot;

typedef struct hr_lookup {
    hr_lookup_slot *slot;
    hr_span *string; /* one of the two, by kind of key */
    int64_t *number;
    uint32_t mask, n;
    uint64_t seed;
} hr_lookup;

/* Room for `keys` keys of one kind, in `arena`. HR_OK or HR_ENOMEM. */
int hr_lookup_init_strings(hr_lookup *l, hr_arena *arena, size_t keys, uint64_t seed);
int hr_lookup_init_numbers(hr_lookup *l, hr_arena *arena, size_t keys, uint64_t seed);

/* Adds the next key and returns its index; an equal key that is there keeps its own index, which is
 * returned. The bytes of a string must outlive the table. At most as many keys as init() was told.
 */
uint32_t hr_lookup_add_string(hr_lookup *l, hr_span key);
uint32_t hr_lookup_add_number(hr_lookup *l, int64_t key);

/* Index of a key, or HR_LOOKUP_NONE. An absent span (data NULL) is no key. thread: any */
uint32_t hr_lookup_string(const hr_lookup *l, hr_span key);
uint32_t hr_lookup_number(const hr_lookup *l, int64_t key);

/* A float key as a number: -0.0 like 0.0, and one number for all NaNs. */
int64_t hr_lookup_real_key(double key);

#endif
