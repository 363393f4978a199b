/* Running a forest over a tile of rows. The tree is the outer loop: its nodes stay in the first
 * cache while the rows of the tile go through it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/forest.h"

#include <math.h>

#if defined(__clang__)
#define FOREST_UNROLL _Pragma("clang loop unroll(full)")
#else
#define FOREST_UNROLL _Pragma("GCC unroll 8")
#endif

static uint32_t
forest_member_code(const hr_forest_slot *slot, double v)
{
    uint32_t i;

    if (isnan(v)) {
        return HR_MEMBER_NAN;
    }
    i = hr_lookup_number(slot->members, hr_lookup_real_key(v));
    return i != HR_LOOKUP_NONE ? i + HR_MEMBER_FIRST : HR_MEMBER_NONE;
}

static void
forest_add_extreme(const hr_forest *f, uint32_t target, double weight, double *sum)
{
    if (f->aggregate == HR_FOREST_MIN ? weight < sum[target] : weight > sum[target]) {
        sum[target] = weight;
    }
}

static void
forest_add_sparse(const hr_forest *f, const hr_forest_tree *tree, uint32_t leaf, double *sum)
{
    const uint32_t *first = f->vote_first + tree->leaf_first + leaf;

    for (uint32_t v = first[0]; v < first[1]; v++) {
        if (f->aggregate >= HR_FOREST_MIN) {
            forest_add_extreme(f, f->vote[v].target, f->vote[v].weight, sum);
        } else {
            sum[f->vote[v].target] += f->vote[v].weight;
        }
    }
}

#define REAL float
#define NODE hr_forest_node32
#define LINK hr_forest_link32
#define BITS uint32_t
#define NAME(x) forest32_##x
#include "model/forest_walk.h"
#undef REAL
#undef NODE
#undef LINK
#undef BITS
#undef NAME

#define REAL double
#define NODE hr_forest_node64
#define LINK hr_forest_link64
#define BITS uint64_t
#define NAME(x) forest64_##x
#include "model/forest_walk.h"

/* Sums, then the working rows; both start at a cache line. */
size_t
hr_forest_row_bytes(const hr_forest *f)
{
    return f->n_targets * sizeof(double) + f->n_slots * (f->wide ? sizeof(double) : sizeof(float));
}

size_t
hr_forest_tile_bytes(const hr_forest *f)
{
    return 64 + HR_FOREST_LANES * hr_forest_row_bytes(f);
}

static double
forest_start(const hr_forest *f)
{
    return f->aggregate == HR_FOREST_MIN ? INFINITY : f->aggregate == HR_FOREST_MAX ? -INFINITY : 0;
}

/* From sums to results: a target without a vote is 0 for MIN and MAX too. */
static void
forest_finish(const hr_forest *f, double *sum, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (f->aggregate == HR_FOREST_AVERAGE) {
            sum[i] /= (double)f->n_trees;
        } else if (f->aggregate != HR_FOREST_SUM && isinf(sum[i])) {
            sum[i] = 0;
        }
        if (f->base != NULL) {
            sum[i] += f->base[i % f->n_targets];
        }
    }
}

double *
hr_forest_run(const hr_forest *f, const void *const *column, size_t rows, void *work)
{
    size_t n = rows * f->n_targets;
    double *sum = work;
    void *x = (uint8_t *)work + (n * sizeof(*sum) + 63) / 64 * 64;

    for (size_t i = 0; i < n; i++) {
        sum[i] = forest_start(f);
    }
    if (f->wide) {
        forest64_run(f, column, rows, x, sum);
    } else {
        forest32_run(f, column, rows, x, sum);
    }
    if (f->aggregate != HR_FOREST_SUM || f->base != NULL) {
        forest_finish(f, sum, n);
    }
    return sum;
}
