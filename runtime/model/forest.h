/* Trees in flat arrays, ready to be walked.
 *
 * Every comparison has become one form, "x <= t goes left", whose step is arithmetic, not a branch:
 *   LT t is LEQ of the next number below t; GT and GTE are the same with children swapped; EQ is
 * two steps. NaN fails every comparison and so goes right; where it must go left the node reads a
 * copy of the feature in which NaN is -inf. Copies are `slots` of a small working row. Eight rows
 * (or, for fewer rows, eight trees) go down at once, so that eight loads are in flight.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_FOREST_H
#define HR_MODEL_FOREST_H
#include "model/tree_table.h"

#define HR_FOREST_LANES 8

typedef enum hr_forest_aggregate {
    HR_FOREST_AVERAGE,
    HR_FOREST_SUM,
    HR_FOREST_MIN,
    HR_FOREST_MAX,
    HR_FOREST_AGGREGATES,
} hr_forest_aggregate;

typedef enum hr_forest_slot_kind {
    HR_SLOT_ZERO,    /* 0: what leaves and padding compare */
    HR_SLOT_PLAIN,   /* the feature */
    HR_SLOT_NAN_LOW, /* the feature, NaN as -inf */
    HR_SLOT_IS_NAN,  /* 0 for NaN, else 1 */
    HR_SLOT_MEMBER,  /* number of the value among those of all sets of the feature, as bits */
    HR_SLOT_KINDS,
} hr_forest_slot_kind;

/* Codes of a MEMBER slot. */
enum { HR_MEMBER_NONE, HR_MEMBER_NAN, HR_MEMBER_FIRST };

typedef struct hr_forest_slot {
    hr_forest_slot_kind kind;
    uint32_t feature;
    const hr_lookup *members; /* MEMBER: by hr_lookup_real_key() */
} hr_forest_slot;

typedef struct hr_forest_node32 {
    float t;
    uint32_t slot; /* times HR_FOREST_LANES */
} hr_forest_node32;

typedef struct hr_forest_link32 {
    float t;
    uint32_t slot;
    uint32_t left; /* in the tree; the right child is the next one; a leaf points to itself */
} hr_forest_link32;

typedef struct hr_forest_node64 {
    double t;
    uint32_t slot;
    uint32_t left; /* unused in a heap */
} hr_forest_node64;

typedef hr_forest_node64 hr_forest_link64;

typedef enum hr_forest_layout {
    HR_LAYOUT_HEAP,   /* children of i at 2i + 1 and 2i + 2, short paths padded */
    HR_LAYOUT_LINKED, /* explicit left child: deep or uneven trees, and shared children */
    HR_LAYOUT_MEMBER, /* linked, and some nodes ask for membership */
} hr_forest_layout;

typedef enum hr_forest_votes {
    HR_VOTES_DENSE,  /* one weight per target and leaf */
    HR_VOTES_SCALAR, /* one weight per leaf, the target is the tree's */
    HR_VOTES_SPARSE, /* a list per leaf */
} hr_forest_votes;

typedef struct hr_forest_tree {
    uint8_t layout, votes;
    uint32_t depth;
    uint32_t target;   /* SCALAR */
    size_t node_first; /* in heap or link, by layout */
    size_t leaf_first; /* in weight, or SPARSE: in vote_first */
} hr_forest_tree;

typedef struct hr_forest {
    bool wide; /* doubles: a threshold, weight or feature is not a float */
    bool columns_are_double;
    hr_forest_aggregate aggregate;
    size_t n_trees, n_slots, n_targets;
    const hr_forest_tree *trees;
    const hr_forest_slot *slots;
    const void *heap;        /* hr_forest_node32 or 64 */
    const void *link;        /* hr_forest_link32 or 64 */
    const uint32_t *leaf_of; /* by link: leaf number in the tree, at leaves */
    const uint32_t *set_of;  /* by link: 1 + first word of the node's set, 0 for a comparison */
    const uint64_t *set_bits;
    const void *weight; /* float or double */
    const uint32_t *vote_first;
    const hr_tree_vote *vote;
    const double *base; /* per target, or NULL */
} hr_forest;

/* Compiles a checked table into b->arena. `columns` is the kind of the features: FLOAT or DOUBLE.
 */
int hr_forest_build(hr_build *b, const hr_node *node, const hr_tree_table *t,
                    hr_forest_aggregate aggregate, hr_model_kind columns, hr_forest *out);

/* Working memory of hr_forest_run(): per row of a tile, and beside. */
size_t hr_forest_row_bytes(const hr_forest *f);
size_t hr_forest_tile_bytes(const hr_forest *f);

/* Sums the votes of `rows` rows: *sums (in `work`, rows of n_targets) with base values, averaged if
 * so asked. `column` are the features' arrays. The order of additions is that of the trees for any
 * number of rows, so the bits do not depend on it. */
double *hr_forest_run(const hr_forest *f, const void *const *column, size_t rows, void *work);

#endif
