/* The flight-delay model by hand: codes of categories, and a forest whose trees are padded heaps
 * that eight rows go down at once. Only what such a file from scikit-learn holds: LabelEncoder of
 * strings, and a TreeEnsembleClassifier of BRANCH_LEQ nodes with float inputs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_FOREST_H
#define BENCH_FOREST_H
#include "record/span.h"

#define BENCH_LANES 8

enum { BENCH_CLASSES_MAX = 8, BENCH_CATEGORIES_MAX = 8 };

/* The model's inputs in the order in which the forest numbers them. */
enum bench_feature {
    BENCH_DEP_DELAY,
    BENCH_DISTANCE,
    BENCH_DAY_OF_MONTH,
    BENCH_DAY_OF_WEEK,
    BENCH_DAY_OF_YEAR,
    BENCH_CARRIER,
    BENCH_ORIGIN,
    BENCH_DEST,
    BENCH_ROUTE,
    BENCH_FEATURES,
};

typedef struct bench_tree_node {
    float t;
    uint32_t slot; /* feature * BENCH_LANES */
} bench_tree_node;

typedef struct bench_tree {
    uint32_t depth;
    const bench_tree_node *nodes; /* children of i at 2i + 1 ("x <= t") and 2i + 2 */
    const float *leaves;          /* n_classes each */
} bench_tree;

/* Strings to the codes that the model was trained with. */
typedef struct bench_codes {
    size_t mask;
    struct {
        char text[16]; /* zero-terminated; empty: no entry */
        float code;
    } * v;
    float unseen;
} bench_codes;

typedef struct bench_forest {
    size_t n_trees, n_classes;
    bench_tree *trees;
    int64_t labels[BENCH_CLASSES_MAX];
    bench_codes codes[BENCH_FEATURES]; /* of CARRIER to ROUTE */
} bench_forest;

/* Fails for a file that is not of this kind. */
void bench_forest_load(bench_forest *forest, const char *path);

float bench_code(const bench_codes *codes, hr_span text);

/* Labels of `groups` groups of eight rows: x is [group][feature][lane], sums room for
 * [row][n_classes]. */
void bench_forest_run(const bench_forest *forest, const float *x, size_t groups, double *sums,
                      int64_t *labels);

#endif
