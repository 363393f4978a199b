/* A read-only hash table from keys to their place in a list: what LabelEncoder, OneHotEncoder and
 * the compiler's own table of names need.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_LOOKUP_H
#define HR_MODEL_LOOKUP_H
#include "record/arena.h"

#define HR_LOOKUP_NONE UINT32_MAX

#define HR_LOOKUP_BUCKET 5

/* Strings that have their place here, from the front on; a cache line. */
typedef struct hr_lookup_bucket {
    uint64_t word[HR_LOOKUP_BUCKET];    /* length and bytes where they fit, else a hash */
    uint32_t index_1[HR_LOOKUP_BUCKET]; /* 0: empty */
    uint32_t unused;
} hr_lookup_bucket;

typedef struct hr_lookup {
    hr_lookup_bucket *bucket; /* of strings */
    hr_span *string;
    uint32_t *slot_1; /* of numbers; 0: empty */
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

/* hr_lookup_string() of n keys. thread: any */
void hr_lookup_strings(const hr_lookup *l, const hr_span *keys, size_t n, uint32_t *index);

/* A float key as a number: -0.0 like 0.0, and one number for all NaNs. */
int64_t hr_lookup_real_key(double key);

#endif
