/* What the tree operators share: from a checked table to a step.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MODEL_OP_TREE_H
#define HR_MODEL_OP_TREE_H
#include "model/forest.h"
#include "model/tree_table.h"
#include "model/vote.h"

/* aggregate_function in the order of TreeEnsemble 5. */
typedef struct hr_tree_options {
    hr_forest_aggregate aggregate;
    const double *base; /* per target, or NULL */
    hr_vote vote;
} hr_tree_options;

/* Compiles the table into a forest and appends its step and outputs. `in` has columns of FLOAT or
 * DOUBLE. */
int hr_tree_finish(hr_build *b, hr_node *node, const hr_value *in, hr_tree_table *table,
                   const hr_tree_options *options);

/* op_tree5.c */
int hr_tree5_compile(hr_build *b, hr_node *node);
extern const hr_attr_spec hr_tree5_attributes[];

#endif
