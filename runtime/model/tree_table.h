/* Trees in one form, whatever version of the operator they came from, and the checks on them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_TREE_TABLE_H
#define HR_MODEL_TREE_TABLE_H
#include "model/build.h"

/* A reference to a split, or with this bit to a leaf. */
#define HR_TREE_LEAF 0x80000000u

/* In the order of TreeEnsemble 5. */
typedef enum hr_tree_mode {
    HR_TREE_LEQ,
    HR_TREE_LT,
    HR_TREE_GTE,
    HR_TREE_GT,
    HR_TREE_EQ,
    HR_TREE_NEQ,
    HR_TREE_MEMBER,
    HR_TREE_MODES,
} hr_tree_mode;

typedef struct hr_tree_split {
    double value; /* MEMBER: unused */
    uint32_t feature;
    uint32_t yes, no; /* references */
    uint32_t set;     /* MEMBER: number of the set */
    uint8_t mode;
    bool nan_yes; /* NaN goes where `yes` points */
} hr_tree_split;

typedef struct hr_tree_vote {
    uint32_t target;
    double weight;
} hr_tree_vote;

/* All arrays in b->temp. */
typedef struct hr_tree_table {
    hr_tree_split *splits;
    size_t n_splits;
    size_t n_leaves;
    uint32_t *vote_first; /* n_leaves + 1: votes of leaf l are vote_first[l] .. vote_first[l + 1] */
    hr_tree_vote *votes;
    uint32_t *roots; /* references */
    size_t n_trees;
    uint32_t *set_first; /* n_sets + 1 */
    double *set_values;
    size_t n_sets;
    size_t n_features, n_targets;

    /* Made by the check: splits of tree t, parents before children. */
    uint32_t *order;
    uint32_t *order_first; /* n_trees + 1 */
} hr_tree_table;

/* Checks features, targets, weights, values and that each tree is one: no cycle, nothing outside,
 * no deeper than the limit. A child with two parents is legal and kept. Fills order. Counts the
 * nodes against the limit of the file. HR_OK, HR_ECONFIG or HR_ENOMEM. */
int hr_tree_table_check(hr_build *b, const hr_node *node, hr_tree_table *t);

#endif
