/* The walk, written once for float and double. Included by forest.c with these defined:
 *   REAL   the type compared       NODE, LINK   the node types       BITS   an integer of REAL's
 * size NAME(x)   the function's name for this type No guard: it is meant to be included twice.
 *
 * SPDX-License-Identifier: Apache-2.0 */

/* Where row `lane` of the group `x` goes from a node; NaN goes right. */
#define FOREST_RIGHT(n, x, lane) (!((x)[(n).slot + (lane)] <= (n).t))

/* Leaf numbers of eight rows in a heap. */
static inline void
NAME(heap_rows)(const NODE *nodes, uint32_t depth, const REAL *x, uint32_t leaf[HR_FOREST_LANES])
{
    uint32_t at[HR_FOREST_LANES] = {0};

    for (uint32_t d = 0; d < depth; d++) {
        FOREST_UNROLL
        for (uint32_t k = 0; k < HR_FOREST_LANES; k++) {
            at[k] = 2 * at[k] + 1 + FOREST_RIGHT(nodes[at[k]], x, k);
        }
    }
    for (uint32_t k = 0; k < HR_FOREST_LANES; k++) {
        leaf[k] = at[k] - ((1u << depth) - 1);
    }
}

/* The same for one row (lane `lane`) in eight heaps. A tree that is done reads on in the array,
 * which is padded, and stays where it is. */
static inline void
NAME(heap_trees)(const NODE *nodes, const hr_forest_tree *tree, uint32_t depth, const REAL *x,
                 uint32_t lane, uint32_t leaf[HR_FOREST_LANES])
{
    uint32_t at[HR_FOREST_LANES] = {0};

    for (uint32_t d = 0; d < depth; d++) {
        FOREST_UNROLL
        for (uint32_t k = 0; k < HR_FOREST_LANES; k++) {
            NODE n = nodes[tree[k].node_first + at[k]];
            uint32_t next = 2 * at[k] + 1 + FOREST_RIGHT(n, x, lane);

            at[k] = d < tree[k].depth ? next : at[k];
        }
    }
    for (uint32_t k = 0; k < HR_FOREST_LANES; k++) {
        leaf[k] = at[k] - ((1u << tree[k].depth) - 1);
    }
}

/* Linked nodes. Deep trees are uneven, so every eighth step looks whether all rows are at a leaf.
 */
static inline void
NAME(link_rows)(const LINK *nodes, const uint32_t *leaf_of, uint32_t depth, const REAL *x,
                uint32_t leaf[HR_FOREST_LANES])
{
    uint32_t at[HR_FOREST_LANES] = {0};

    for (uint32_t d = 0; d < depth; d++) {
        FOREST_UNROLL
        for (uint32_t k = 0; k < HR_FOREST_LANES; k++) {
            LINK n = nodes[at[k]];

            at[k] = n.left + FOREST_RIGHT(n, x, k);
        }
        if (d % 8 == 7) {
            uint32_t moving = 0;

            for (uint32_t k = 0; k < HR_FOREST_LANES; k++) {
                moving |= nodes[at[k]].left ^ at[k];
            }
            if (moving == 0) {
                break;
            }
        }
    }
    for (uint32_t k = 0; k < HR_FOREST_LANES; k++) {
        leaf[k] = leaf_of[at[k]];
    }
}

static inline void
NAME(link_trees)(const hr_forest *f, const hr_forest_tree *tree, uint32_t depth, const REAL *x,
                 uint32_t lane, uint32_t leaf[HR_FOREST_LANES])
{
    const LINK *nodes = f->link;
    uint32_t at[HR_FOREST_LANES] = {0};

    for (uint32_t d = 0; d < depth; d++) {
        uint32_t moving = 0;

        FOREST_UNROLL
        for (uint32_t k = 0; k < HR_FOREST_LANES; k++) {
            LINK n = nodes[tree[k].node_first + at[k]];
            uint32_t next = n.left + FOREST_RIGHT(n, x, lane);

            moving |= next ^ at[k];
            at[k] = next;
        }
        if (moving == 0) {
            break;
        }
    }
    for (uint32_t k = 0; k < HR_FOREST_LANES; k++) {
        leaf[k] = f->leaf_of[tree[k].node_first + at[k]];
    }
}

/* One row in one linked tree, with or without MEMBER nodes. */
static inline uint32_t
NAME(link_one)(const hr_forest *f, const hr_forest_tree *tree, const REAL *x, uint32_t lane)
{
    const LINK *nodes = (const LINK *)f->link + tree->node_first;
    const uint32_t *set_of = tree->layout == HR_LAYOUT_MEMBER ? f->set_of + tree->node_first : NULL;
    uint32_t at = 0;

    for (;;) {
        LINK n = nodes[at];

        if (n.left == at) {
            return f->leaf_of[tree->node_first + at];
        }
        if (set_of != NULL && set_of[at] != 0) {
            BITS code;

            memcpy(&code, &x[n.slot + lane], sizeof(code));
            at =
                n.left + (uint32_t) !(f->set_bits[set_of[at] - 1 + (code >> 6)] >> (code & 63) & 1);
        } else {
            at = n.left + (uint32_t)FOREST_RIGHT(n, x, lane);
        }
    }
}

static inline uint32_t
NAME(heap_one)(const NODE *nodes, uint32_t depth, const REAL *x, uint32_t lane)
{
    uint32_t at = 0;

    for (uint32_t d = 0; d < depth; d++) {
        at = 2 * at + 1 + FOREST_RIGHT(nodes[at], x, lane);
    }
    return at - ((1u << depth) - 1);
}

/* Leaf numbers of the eight rows of a group in one tree. */
static inline void
NAME(walk_rows)(const hr_forest *f, const hr_forest_tree *tree, const REAL *x,
                uint32_t leaf[HR_FOREST_LANES])
{
    switch (tree->layout) {
    case HR_LAYOUT_HEAP:
        NAME(heap_rows)((const NODE *)f->heap + tree->node_first, tree->depth, x, leaf);
        break;
    case HR_LAYOUT_LINKED:
        NAME(link_rows)
        ((const LINK *)f->link + tree->node_first, f->leaf_of + tree->node_first, tree->depth, x,
         leaf);
        break;
    default:
        for (uint32_t k = 0; k < HR_FOREST_LANES; k++) {
            leaf[k] = NAME(link_one)(f, tree, x, k);
        }
    }
}

/* Leaf numbers of one row in eight trees (or the last `n`). */
static inline void
NAME(walk_trees)(const hr_forest *f, const hr_forest_tree *tree, size_t n, const REAL *x,
                 uint32_t lane, uint32_t leaf[HR_FOREST_LANES])
{
    uint32_t depth = 0, layouts = 0;

    for (size_t k = 0; k < n; k++) {
        depth = tree[k].depth > depth ? tree[k].depth : depth;
        layouts |= 1u << tree[k].layout;
    }
    if (n == HR_FOREST_LANES && layouts == 1u << HR_LAYOUT_HEAP) {
        NAME(heap_trees)(f->heap, tree, depth, x, lane, leaf);
        return;
    }
    if (n == HR_FOREST_LANES && layouts == 1u << HR_LAYOUT_LINKED) {
        NAME(link_trees)(f, tree, depth, x, lane, leaf);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        leaf[k] =
            tree[k].layout == HR_LAYOUT_HEAP
                ? NAME(heap_one)((const NODE *)f->heap + tree[k].node_first, tree[k].depth, x, lane)
                : NAME(link_one)(f, &tree[k], x, lane);
    }
}

/* Adds the votes of one leaf. `targets` is a constant where this is inlined with one. */
static inline void
NAME(add_dense)(const REAL *weight, double *sum, size_t targets)
{
    for (size_t c = 0; c < targets; c++) {
        sum[c] += (double)weight[c];
    }
}

static inline void
NAME(add_one)(const hr_forest *f, const hr_forest_tree *tree, uint32_t leaf, double *sum)
{
    const REAL *weight = f->weight;

    if (tree->votes == HR_VOTES_SPARSE) {
        forest_add_sparse(f, tree, leaf, sum);
    } else if (f->aggregate >= HR_FOREST_MIN) {
        forest_add_extreme(f, tree->target, (double)weight[tree->leaf_first + leaf], sum);
    } else if (tree->votes == HR_VOTES_SCALAR) {
        sum[tree->target] += (double)weight[tree->leaf_first + leaf];
    } else {
        NAME(add_dense)(weight + tree->leaf_first + leaf * f->n_targets, sum, f->n_targets);
    }
}

/* Adds the votes of eight leaves to eight rows. */
static inline void
NAME(add_rows)(const hr_forest *f, const hr_forest_tree *tree, const uint32_t leaf[HR_FOREST_LANES],
               double *sum)
{
    const REAL *weight = (const REAL *)f->weight + tree->leaf_first;

    if (tree->votes == HR_VOTES_DENSE && f->n_targets == 4) {
        for (size_t k = 0; k < HR_FOREST_LANES; k++) {
            NAME(add_dense)(weight + leaf[k] * 4, sum + k * 4, 4);
        }
    } else if (tree->votes == HR_VOTES_DENSE && f->n_targets == 3) {
        for (size_t k = 0; k < HR_FOREST_LANES; k++) {
            NAME(add_dense)(weight + leaf[k] * 3, sum + k * 3, 3);
        }
    } else {
        for (size_t k = 0; k < HR_FOREST_LANES; k++) {
            NAME(add_one)(f, tree, leaf[k], sum + k * f->n_targets);
        }
    }
}

static inline REAL
NAME(slot_value)(const hr_forest_slot *slot, REAL v)
{
    BITS code;

    switch (slot->kind) {
    case HR_SLOT_PLAIN:
        return v;
    case HR_SLOT_NAN_LOW:
        return isnan(v) ? -(REAL)INFINITY : v;
    case HR_SLOT_IS_NAN:
        return (REAL)(isnan(v) ? 0 : 1);
    case HR_SLOT_MEMBER:
        code = (BITS)forest_member_code(slot, (double)v);
        memcpy(&v, &code, sizeof(v));
        return v;
    default:
        return 0;
    }
}

static inline REAL
NAME(feature_of)(const hr_forest *f, const void *in, size_t i)
{
    return f->columns_are_double ? (REAL)((const double *)in)[i] : (REAL)((const float *)in)[i];
}

/* A slot that is the feature itself, for whole groups: copies of eight at a time. */
static void
NAME(gather_plain)(const hr_forest *f, const void *in, size_t groups, REAL *x)
{
    size_t group = f->n_slots * HR_FOREST_LANES;

    for (size_t g = 0; g < groups; g++) {
        for (size_t k = 0; k < HR_FOREST_LANES; k++) {
            x[g * group + k] = NAME(feature_of)(f, in, g * HR_FOREST_LANES + k);
        }
    }
}

/* Fills the working rows: group by group of eight rows, slot by slot. */
static void
NAME(gather)(const hr_forest *f, const void *const *column, size_t rows, REAL *x)
{
    size_t group = f->n_slots * HR_FOREST_LANES;

    for (size_t s = 0; s < f->n_slots; s++) {
        const hr_forest_slot *slot = &f->slots[s];
        const void *in = column[slot->feature];
        REAL *to = x + s * HR_FOREST_LANES;
        size_t i = 0;

        if (slot->kind == HR_SLOT_PLAIN) {
            NAME(gather_plain)(f, in, rows / HR_FOREST_LANES, to);
            i = rows / HR_FOREST_LANES * HR_FOREST_LANES;
        }
        for (; i < rows; i++) {
            to[i / HR_FOREST_LANES * group + i % HR_FOREST_LANES] =
                NAME(slot_value)(slot, NAME(feature_of)(f, in, i));
        }
    }
}

static void
NAME(run)(const hr_forest *f, const void *const *column, size_t rows, REAL *x, double *sum)
{
    size_t group = f->n_slots * HR_FOREST_LANES;
    size_t whole = rows / HR_FOREST_LANES;
    uint32_t leaf[HR_FOREST_LANES];

    NAME(gather)(f, column, rows, x);
    for (size_t t = 0; t < f->n_trees && whole > 0; t++) {
        for (size_t g = 0; g < whole; g++) {
            NAME(walk_rows)(f, &f->trees[t], x + g * group, leaf);
            NAME(add_rows)(f, &f->trees[t], leaf, sum + g * HR_FOREST_LANES * f->n_targets);
        }
    }
    for (size_t i = whole * HR_FOREST_LANES; i < rows; i++) {
        for (size_t t = 0; t < f->n_trees; t += HR_FOREST_LANES) {
            size_t n = f->n_trees - t < HR_FOREST_LANES ? f->n_trees - t : HR_FOREST_LANES;

            NAME(walk_trees)
            (f, &f->trees[t], n, x + whole * group, (uint32_t)(i % HR_FOREST_LANES), leaf);
            for (size_t k = 0; k < n; k++) {
                NAME(add_one)(f, &f->trees[t + k], leaf[k], sum + i * f->n_targets);
            }
        }
    }
}
