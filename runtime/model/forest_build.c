/* From a checked table to the flat arrays of forest.h.
 *
 * A heap is chosen where padding costs little (depth up to 10 and at most four times the nodes);
 * else the linked form, whose size is linear in the file whatever shape the trees have. There each
 * parent owns a pair of places for its children: a child with two parents is written twice, but
 * what lies below it is not, so sharing in the file stays sharing here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/forest.h"

#include <math.h>
#include <stdlib.h>

#define HEAP_DEPTH_MAX 10u
#define HEAP_NODES_MAX (1u << (HEAP_DEPTH_MAX + 1))

/* A split in the one form that is walked. */
typedef struct forest_split {
    double t;
    uint32_t slot;
    uint32_t left, right; /* references */
    uint32_t set;         /* 1 + first word, 0: a comparison */
    uint32_t height;      /* splits on the longest path from here, this one included */
} forest_split;

typedef struct forest_builder {
    hr_build *b;
    const hr_node *node;
    const hr_tree_table *t;
    hr_forest *f;

    forest_split *splits; /* those of the table, then the second halves of EQ */
    size_t n_splits;
    uint32_t *second; /* by split of the table: its second half, or 0 */

    hr_forest_slot *slots;
    uint32_t *slot_of; /* by feature and kind: 1 + number */

    hr_lookup **members;     /* by feature; NULL if it has no MEMBER node */
    uint32_t *member_splits; /* numbers of the MEMBER splits, sorted by feature */
    size_t n_member_splits;
    uint64_t *set_bits;
    size_t set_words;

    hr_forest_tree *trees;
    size_t heap_nodes, link_nodes, weights, vote_firsts, votes;

    uint32_t *pair;       /* by split: place of its children's pair */
    uint32_t *leaf_local; /* by leaf: number in the tree being built */
    uint32_t *leaf_tree;  /* by leaf: 1 + tree for which leaf_local is good */
    uint32_t *leaves;     /* leaves of the tree being built, by that number */
    size_t n_leaves;
    uint32_t *seen; /* by target: the stamp of the leaf that voted for it last */
    uint32_t stamp;
    uint32_t *level; /* references, for heaps */
    uint8_t *heap, *link;
    uint32_t *leaf_of, *set_of;
    uint8_t *weight;
    uint32_t *vote_first;
    hr_tree_vote *vote;
} forest_builder;

static bool
forest_is_float(double v)
{
    return (double)(float)v == v;
}

/* Are doubles needed to keep every threshold, weight and feature as it is? */
static bool
forest_is_wide(const hr_tree_table *t, hr_model_kind columns)
{
    if (columns == HR_MODEL_DOUBLE) {
        return true;
    }
    for (size_t i = 0; i < t->n_splits; i++) {
        if (t->splits[i].mode != HR_TREE_MEMBER && !forest_is_float(t->splits[i].value)) {
            return true;
        }
    }
    for (size_t i = 0; i < t->vote_first[t->n_leaves]; i++) {
        if (!forest_is_float(t->votes[i].weight)) {
            return true;
        }
    }
    return false;
}

/* The next number below t in the type that is compared; NaN, which no number is below, for -inf. */
static double
forest_below(const hr_forest *f, double t)
{
    if (t == -INFINITY) {
        return (double)NAN;
    }
    return f->wide ? nextafter(t, -INFINITY) : (double)nextafterf((float)t, -INFINITY);
}

static uint32_t
forest_slot(forest_builder *fb, uint32_t feature, hr_forest_slot_kind kind)
{
    uint32_t *place = &fb->slot_of[(size_t)feature * HR_SLOT_KINDS + kind];

    if (*place == 0) {
        fb->slots[fb->f->n_slots] =
            (hr_forest_slot){kind, feature, fb->members != NULL ? fb->members[feature] : NULL};
        *place = (uint32_t)++fb->f->n_slots;
    }
    return (*place - 1) * HR_FOREST_LANES;
}

/* x <= t goes left, all other numbers right, NaN as asked. */
static void
forest_compare(forest_builder *fb, forest_split *s, uint32_t feature, double t, bool nan_left)
{
    if (nan_left && isnan(t)) { /* no number goes left, only NaN does */
        s->slot = forest_slot(fb, feature, HR_SLOT_IS_NAN);
        s->t = 0;
        return;
    }
    s->slot = forest_slot(fb, feature, nan_left ? HR_SLOT_NAN_LOW : HR_SLOT_PLAIN);
    s->t = t;
}

/* x == t goes to `equal`: x <= t, and then not x <= the number below. */
static void
forest_equal(forest_builder *fb, size_t i, uint32_t equal, uint32_t other, bool nan_equal)
{
    const hr_tree_split *in = &fb->t->splits[i];
    forest_split *first = &fb->splits[i];
    forest_split *second = &fb->splits[fb->n_splits];

    forest_compare(fb, first, in->feature, in->value, nan_equal);
    forest_compare(fb, second, in->feature, forest_below(fb->f, in->value), false);
    first->left = (uint32_t)fb->n_splits;
    first->right = other;
    second->left = other;
    second->right = equal;
    fb->second[i] = (uint32_t)fb->n_splits++;
}

static void
forest_canonical(forest_builder *fb, size_t i)
{
    const hr_tree_split *in = &fb->t->splits[i];
    forest_split *s = &fb->splits[i];
    bool swap = in->mode == HR_TREE_GT || in->mode == HR_TREE_GTE;
    bool below = in->mode == HR_TREE_LT || in->mode == HR_TREE_GTE;

    s->left = swap ? in->no : in->yes;
    s->right = swap ? in->yes : in->no;
    switch (in->mode) {
    case HR_TREE_EQ:
        forest_equal(fb, i, in->yes, in->no, in->nan_yes);
        break;
    case HR_TREE_NEQ:
        forest_equal(fb, i, in->no, in->yes, !in->nan_yes);
        break;
    case HR_TREE_MEMBER: /* the set comes later */
        s->slot = forest_slot(fb, in->feature, HR_SLOT_MEMBER);
        break;
    default:
        forest_compare(fb, s, in->feature, below ? forest_below(fb->f, in->value) : in->value,
                       swap ? !in->nan_yes : in->nan_yes);
    }
}

static int
forest_splits(forest_builder *fb)
{
    const hr_tree_table *t = fb->t;
    hr_arena *temp = fb->b->temp;
    size_t equals = 0, slots;

    for (size_t i = 0; i < t->n_splits; i++) {
        equals += t->splits[i].mode == HR_TREE_EQ || t->splits[i].mode == HR_TREE_NEQ;
    }
    fb->n_splits = t->n_splits;
    fb->splits = hr_arena_calloc(temp, t->n_splits + equals + 1, sizeof(*fb->splits));
    fb->second = hr_arena_calloc(temp, t->n_splits + 1, sizeof(*fb->second));
    fb->slot_of = hr_arena_calloc(temp, t->n_features * HR_SLOT_KINDS, sizeof(*fb->slot_of));
    slots = fb->n_splits + equals; /* one more each, and not more than there are */
    if (slots > t->n_features * (HR_SLOT_KINDS - 1)) {
        slots = t->n_features * (HR_SLOT_KINDS - 1);
    }
    fb->slots = hr_arena_calloc(fb->b->arena, slots + 1, sizeof(*fb->slots));
    if (fb->splits == NULL || fb->second == NULL || fb->slot_of == NULL || fb->slots == NULL) {
        return hr_build_oom(fb->b);
    }
    (void)forest_slot(fb, 0, HR_SLOT_ZERO);
    for (size_t i = 0; i < t->n_splits; i++) {
        forest_canonical(fb, i);
    }
    return HR_OK;
}

static int
forest_by_feature(const void *left, const void *right)
{
    const uint64_t *l = left, *r = right;

    return (*l > *r) - (*l < *r);
}

/* Lists the MEMBER splits by feature. */
static int
forest_member_list(forest_builder *fb)
{
    const hr_tree_table *t = fb->t;
    uint64_t *keys = hr_arena_calloc(fb->b->temp, t->n_sets + 1, sizeof(*keys));

    fb->member_splits = hr_arena_calloc(fb->b->temp, t->n_sets + 1, sizeof(uint32_t));
    fb->members = hr_arena_calloc(fb->b->temp, t->n_features, sizeof(hr_lookup *));
    if (keys == NULL || fb->member_splits == NULL || fb->members == NULL) {
        return hr_build_oom(fb->b);
    }
    for (size_t i = 0; i < t->n_splits; i++) {
        if (t->splits[i].mode == HR_TREE_MEMBER) {
            keys[fb->n_member_splits++] = (uint64_t)t->splits[i].feature << 32 | i;
        }
    }
    qsort(keys, fb->n_member_splits, sizeof(*keys), forest_by_feature);
    for (size_t i = 0; i < fb->n_member_splits; i++) {
        fb->member_splits[i] = (uint32_t)keys[i];
    }
    return HR_OK;
}

static size_t
forest_set_size(const hr_tree_table *t, uint32_t set)
{
    return t->set_first[set + 1] - t->set_first[set];
}

/* All values of the sets of one feature get numbers. */
static int
forest_member_values(forest_builder *fb, size_t from, size_t to)
{
    const hr_tree_table *t = fb->t;
    hr_lookup *l = hr_arena_calloc(fb->b->arena, 1, sizeof(*l));
    size_t n = 0;

    for (size_t i = from; i < to; i++) {
        n += forest_set_size(t, t->splits[fb->member_splits[i]].set);
    }
    if (l == NULL || hr_lookup_init_numbers(l, fb->b->arena, n, fb->b->model->seed) != HR_OK) {
        return hr_build_oom(fb->b);
    }
    fb->members[t->splits[fb->member_splits[from]].feature] = l;
    for (size_t i = from; i < to; i++) {
        uint32_t set = t->splits[fb->member_splits[i]].set;

        for (size_t v = t->set_first[set]; v < t->set_first[set + 1]; v++) {
            hr_lookup_add_number(l, hr_lookup_real_key(t->set_values[v]));
        }
    }
    return HR_OK;
}

static size_t
forest_member_words(const hr_lookup *l)
{
    return (l->n + HR_MEMBER_FIRST + 63) / 64;
}

/* Numbers the values feature by feature and counts the words that the sets need. */
static int
forest_member_number(forest_builder *fb)
{
    const hr_tree_table *t = fb->t;

    for (size_t from = 0, to; from < fb->n_member_splits; from = to) {
        uint32_t feature = t->splits[fb->member_splits[from]].feature;
        int rc;

        to = from;
        while (to < fb->n_member_splits && t->splits[fb->member_splits[to]].feature == feature) {
            to++;
        }
        rc = forest_member_values(fb, from, to);
        if (rc != HR_OK) {
            return rc;
        }
        fb->set_words += (to - from) * forest_member_words(fb->members[feature]);
    }
    if (fb->set_words > fb->b->limits.set_bytes / sizeof(uint64_t)) {
        return hr_build_fail(fb->b, fb->node,
                             "the sets of MEMBER nodes need %zu bytes, the limit is %zu",
                             fb->set_words * sizeof(uint64_t), fb->b->limits.set_bytes);
    }
    return HR_OK;
}

static void
forest_set_bit(uint64_t *bits, uint32_t code)
{
    bits[code >> 6] |= UINT64_C(1) << (code & 63);
}

/* Writes the set of one split: a bit for each value, and one for NaN. */
static void
forest_set_write(forest_builder *fb, uint32_t split, size_t word)
{
    const hr_tree_table *t = fb->t;
    const hr_tree_split *in = &t->splits[split];
    const hr_lookup *l = fb->members[in->feature];
    uint64_t *bits = fb->set_bits + word;

    for (size_t v = t->set_first[in->set]; v < t->set_first[in->set + 1]; v++) {
        uint32_t i = hr_lookup_number(l, hr_lookup_real_key(t->set_values[v]));

        forest_set_bit(bits, i + HR_MEMBER_FIRST);
    }
    if (in->nan_yes) {
        forest_set_bit(bits, HR_MEMBER_NAN);
    }
    fb->splits[split].set = (uint32_t)word + 1;
}

static int
forest_members(forest_builder *fb)
{
    int rc;

    if (fb->t->n_sets == 0) {
        return HR_OK;
    }
    if ((rc = forest_member_list(fb)) != HR_OK || (rc = forest_member_number(fb)) != HR_OK) {
        return rc;
    }
    fb->set_bits = hr_arena_calloc(fb->b->arena, fb->set_words + 1, sizeof(*fb->set_bits));
    return fb->set_bits != NULL ? HR_OK : hr_build_oom(fb->b);
}

static void
forest_set_writes(forest_builder *fb)
{
    size_t word = 0;

    for (size_t i = 0; i < fb->n_member_splits; i++) {
        uint32_t split = fb->member_splits[i];

        forest_set_write(fb, split, word);
        word += forest_member_words(fb->members[fb->t->splits[split].feature]);
    }
}

static uint32_t
forest_height(const forest_builder *fb, uint32_t ref)
{
    return (ref & HR_TREE_LEAF) != 0 ? 0 : fb->splits[ref].height;
}

static void
forest_set_height(forest_builder *fb, uint32_t i)
{
    forest_split *s = &fb->splits[i];
    uint32_t l = forest_height(fb, s->left), r = forest_height(fb, s->right);

    s->height = 1 + (l > r ? l : r);
}

/* Children before parents. */
static void
forest_heights(forest_builder *fb, size_t tree)
{
    for (size_t k = fb->t->order_first[tree + 1]; k > fb->t->order_first[tree]; k--) {
        uint32_t i = fb->t->order[k - 1];

        if (fb->second[i] != 0) {
            forest_set_height(fb, fb->second[i]);
        }
        forest_set_height(fb, i);
    }
}

/* Splits of a tree, halves of EQ included. */
static size_t
forest_tree_splits(const forest_builder *fb, size_t tree, bool *member)
{
    size_t n = 0;

    *member = false;
    for (size_t k = fb->t->order_first[tree]; k < fb->t->order_first[tree + 1]; k++) {
        uint32_t i = fb->t->order[k];

        n += fb->second[i] != 0 ? 2 : 1;
        *member |= fb->t->splits[i].mode == HR_TREE_MEMBER;
    }
    return n;
}

static void
forest_leaf_add(forest_builder *fb, size_t tree, uint32_t ref)
{
    uint32_t leaf = ref & ~HR_TREE_LEAF;

    if ((ref & HR_TREE_LEAF) == 0 || fb->leaf_tree[leaf] == tree + 1) {
        return;
    }
    fb->leaf_tree[leaf] = (uint32_t)tree + 1;
    fb->leaf_local[leaf] = (uint32_t)fb->n_leaves;
    fb->leaves[fb->n_leaves++] = leaf;
}

/* Numbers the leaves of a tree. */
static void
forest_leaves(forest_builder *fb, size_t tree)
{
    fb->n_leaves = 0;
    forest_leaf_add(fb, tree, fb->t->roots[tree]);
    for (size_t k = fb->t->order_first[tree]; k < fb->t->order_first[tree + 1]; k++) {
        forest_leaf_add(fb, tree, fb->t->splits[fb->t->order[k]].yes);
        forest_leaf_add(fb, tree, fb->t->splits[fb->t->order[k]].no);
    }
}

/* Looks at the votes of one leaf: do all go to *target, and no two to the same? */
static size_t
forest_leaf_votes(forest_builder *fb, uint32_t leaf, uint32_t *target, bool *one_target,
                  bool *single)
{
    const hr_tree_table *t = fb->t;
    size_t from = t->vote_first[leaf], to = t->vote_first[leaf + 1];

    fb->stamp++;
    for (size_t v = from; v < to; v++) {
        uint32_t to_target = t->votes[v].target;

        *target = *target == UINT32_MAX ? to_target : *target;
        *one_target &= to_target == *target;
        *single &= fb->seen[to_target] != fb->stamp;
        fb->seen[to_target] = fb->stamp;
    }
    return to - from;
}

/* Dense, scalar or sparse? *n counts the votes. */
static hr_forest_votes
forest_votes_kind(forest_builder *fb, uint32_t *target, size_t *n)
{
    bool extreme = fb->f->aggregate >= HR_FOREST_MIN;
    bool one_target = true, single = true, all = true;

    *n = 0;
    *target = UINT32_MAX;
    for (size_t k = 0; k < fb->n_leaves; k++) {
        size_t votes = forest_leaf_votes(fb, fb->leaves[k], target, &one_target, &single);

        all &= votes > 0;
        *n += votes;
    }
    *target = *target == UINT32_MAX ? 0 : *target;
    if (single && one_target && (all || !extreme)) {
        return HR_VOTES_SCALAR;
    }
    if (single && !extreme &&
        (fb->t->n_targets <= 8 || *n >= fb->n_leaves * fb->t->n_targets / 2)) {
        return HR_VOTES_DENSE;
    }
    return HR_VOTES_SPARSE;
}

/* A heap repeats the leaf of a short path, so a list of votes per leaf would be repeated too. */
static bool
forest_fits_heap(const hr_forest_tree *tree, size_t splits)
{
    return tree->votes != HR_VOTES_SPARSE && tree->depth <= HEAP_DEPTH_MAX &&
           ((size_t)1 << tree->depth) <= 4 * splits + 16;
}

/* Chooses the forms of a tree and reserves its places. */
static void
forest_measure(forest_builder *fb, size_t tree)
{
    hr_forest_tree *out = &fb->trees[tree];
    size_t splits, leaves, votes;
    bool member;

    forest_heights(fb, tree);
    forest_leaves(fb, tree);
    splits = forest_tree_splits(fb, tree, &member);
    out->depth = forest_height(fb, fb->t->roots[tree]);
    out->votes = (uint8_t)forest_votes_kind(fb, &out->target, &votes);
    out->layout = member ? HR_LAYOUT_MEMBER : HR_LAYOUT_LINKED;
    leaves = fb->n_leaves;
    if (!member && forest_fits_heap(out, splits)) {
        out->layout = HR_LAYOUT_HEAP;
        leaves = (size_t)1 << out->depth;
        out->node_first = fb->heap_nodes;
        fb->heap_nodes += leaves - 1;
    } else {
        out->node_first = fb->link_nodes;
        fb->link_nodes += 1 + 2 * splits;
    }
    if (out->votes == HR_VOTES_SPARSE) {
        out->leaf_first = fb->vote_firsts;
        fb->vote_firsts += leaves + 1;
        fb->votes += votes;
    } else {
        out->leaf_first = fb->weights;
        fb->weights += leaves * (out->votes == HR_VOTES_DENSE ? fb->t->n_targets : 1);
    }
}

static void
forest_put_heap(forest_builder *fb, size_t at, double t, uint32_t slot)
{
    if (fb->f->wide) {
        ((hr_forest_node64 *)fb->heap)[at] = (hr_forest_node64){t, slot, 0};
    } else {
        ((hr_forest_node32 *)fb->heap)[at] = (hr_forest_node32){(float)t, slot};
    }
}

static void
forest_put_link(forest_builder *fb, size_t at, double t, uint32_t slot, uint32_t left)
{
    if (fb->f->wide) {
        ((hr_forest_link64 *)fb->link)[at] = (hr_forest_link64){t, slot, left};
    } else {
        ((hr_forest_link32 *)fb->link)[at] = (hr_forest_link32){(float)t, slot, left};
    }
}

/* Weights of a leaf at the given number of the tree. */
static void
forest_put_weights(forest_builder *fb, const hr_forest_tree *tree, size_t number, uint32_t leaf)
{
    const hr_tree_table *t = fb->t;
    size_t width = tree->votes == HR_VOTES_DENSE ? t->n_targets : 1;

    for (size_t v = t->vote_first[leaf]; v < t->vote_first[leaf + 1]; v++) {
        size_t at = tree->leaf_first + number * width +
                    (tree->votes == HR_VOTES_DENSE ? t->votes[v].target : 0);

        if (fb->f->wide) {
            ((double *)fb->weight)[at] = t->votes[v].weight;
        } else {
            ((float *)fb->weight)[at] = (float)t->votes[v].weight;
        }
    }
}

/* Level by level; a leaf above the last level goes down on the left under nodes that always go
 * left. What stands on the right there is never reached. */
static void
forest_fill_heap(forest_builder *fb, size_t tree)
{
    const hr_forest_tree *out = &fb->trees[tree];
    uint32_t *level = fb->level, *next = fb->level + ((size_t)1 << HEAP_DEPTH_MAX);
    size_t at = out->node_first;

    level[0] = fb->t->roots[tree];
    for (uint32_t d = 0; d < out->depth; d++) {
        uint32_t *swap = next;

        for (size_t k = 0; k < (size_t)1 << d; k++) {
            bool leaf = (level[k] & HR_TREE_LEAF) != 0;
            const forest_split *s = leaf ? NULL : &fb->splits[level[k]];

            forest_put_heap(fb, at++, leaf ? INFINITY : s->t, leaf ? 0 : s->slot);
            next[2 * k] = leaf ? level[k] : s->left;
            next[2 * k + 1] = leaf ? level[k] : s->right;
        }
        next = level;
        level = swap;
    }
    for (size_t k = 0; k < (size_t)1 << out->depth; k++) {
        forest_put_weights(fb, out, k, level[k] & ~HR_TREE_LEAF);
    }
}

/* One place of the linked form. */
static void
forest_fill_place(forest_builder *fb, const hr_forest_tree *tree, uint32_t place, uint32_t ref)
{
    size_t at = tree->node_first + place;

    if ((ref & HR_TREE_LEAF) != 0) {
        forest_put_link(fb, at, INFINITY, 0, place);
        fb->leaf_of[at] = fb->leaf_local[ref & ~HR_TREE_LEAF];
        return;
    }
    forest_put_link(fb, at, fb->splits[ref].t, fb->splits[ref].slot, fb->pair[ref]);
    if (tree->layout == HR_LAYOUT_MEMBER) {
        fb->set_of[at] = fb->splits[ref].set;
    }
}

static void
forest_fill_pair(forest_builder *fb, const hr_forest_tree *tree, uint32_t split)
{
    forest_fill_place(fb, tree, fb->pair[split], fb->splits[split].left);
    forest_fill_place(fb, tree, fb->pair[split] + 1, fb->splits[split].right);
}

static void
forest_fill_link(forest_builder *fb, size_t tree)
{
    const hr_forest_tree *out = &fb->trees[tree];
    const uint32_t *order = fb->t->order;
    size_t from = fb->t->order_first[tree], to = fb->t->order_first[tree + 1];
    uint32_t place = 1;

    for (size_t k = from; k < to; k++, place += 2) {
        fb->pair[order[k]] = place;
        if (fb->second[order[k]] != 0) {
            place += 2;
            fb->pair[fb->second[order[k]]] = place;
        }
    }
    forest_fill_place(fb, out, 0, fb->t->roots[tree]);
    for (size_t k = from; k < to; k++) {
        forest_fill_pair(fb, out, order[k]);
        if (fb->second[order[k]] != 0) {
            forest_fill_pair(fb, out, fb->second[order[k]]);
        }
    }
}

/* Votes of a linked tree: weights, or lists one behind the other. */
static void
forest_fill_leaves(forest_builder *fb, const hr_forest_tree *out)
{
    const hr_tree_table *t = fb->t;

    for (size_t k = 0; k < fb->n_leaves; k++) {
        uint32_t leaf = fb->leaves[k];
        size_t n = t->vote_first[leaf + 1] - t->vote_first[leaf];

        if (out->votes != HR_VOTES_SPARSE) {
            forest_put_weights(fb, out, k, leaf);
            continue;
        }
        fb->vote_first[out->leaf_first + k] = (uint32_t)fb->votes;
        memcpy(fb->vote + fb->votes, t->votes + t->vote_first[leaf], n * sizeof(*fb->vote));
        fb->votes += n;
        fb->vote_first[out->leaf_first + k + 1] = (uint32_t)fb->votes;
    }
}

static void
forest_fill(forest_builder *fb, size_t tree)
{
    forest_leaves(fb, tree);
    if (fb->trees[tree].layout == HR_LAYOUT_HEAP) {
        forest_fill_heap(fb, tree);
    } else {
        forest_fill_link(fb, tree);
        forest_fill_leaves(fb, &fb->trees[tree]);
    }
}

/* An array that starts at a cache line. */
static void *
forest_array(hr_arena *arena, size_t n, size_t size)
{
    uint8_t *p = hr_arena_calloc(arena, n + 64 / size + 2, size);

    return p != NULL ? p + (64 - (uintptr_t)p % 64) % 64 : NULL;
}

static int
forest_alloc_work(forest_builder *fb)
{
    hr_arena *temp = fb->b->temp;

    fb->trees = hr_arena_calloc(fb->b->arena, fb->t->n_trees, sizeof(*fb->trees));
    fb->leaf_local = hr_arena_calloc(temp, fb->t->n_leaves + 1, sizeof(uint32_t));
    fb->leaf_tree = hr_arena_calloc(temp, fb->t->n_leaves + 1, sizeof(uint32_t));
    fb->leaves = hr_arena_calloc(temp, fb->t->n_leaves + 1, sizeof(uint32_t));
    fb->pair = hr_arena_calloc(temp, fb->n_splits + 1, sizeof(uint32_t));
    fb->seen = hr_arena_calloc(temp, fb->t->n_targets, sizeof(uint32_t));
    fb->level = hr_arena_calloc(temp, (size_t)2 << HEAP_DEPTH_MAX, sizeof(uint32_t));
    return fb->trees != NULL && fb->leaf_local != NULL && fb->leaf_tree != NULL &&
                   fb->leaves != NULL && fb->pair != NULL && fb->seen != NULL && fb->level != NULL
               ? HR_OK
               : hr_build_oom(fb->b);
}

static int
forest_alloc(forest_builder *fb)
{
    hr_arena *arena = fb->b->arena;
    bool wide = fb->f->wide;

    if (fb->link_nodes > UINT32_MAX / 2 || fb->votes > UINT32_MAX / 2) {
        return hr_build_fail(fb->b, fb->node, "the trees are too big");
    }
    /* heap_trees() reads past the end of a shallow tree. */
    fb->heap = forest_array(arena, fb->heap_nodes + HEAP_NODES_MAX,
                            wide ? sizeof(hr_forest_node64) : sizeof(hr_forest_node32));
    fb->link = forest_array(arena, fb->link_nodes,
                            wide ? sizeof(hr_forest_link64) : sizeof(hr_forest_link32));
    fb->weight = forest_array(arena, fb->weights, wide ? sizeof(double) : sizeof(float));
    fb->leaf_of = hr_arena_calloc(arena, fb->link_nodes + 1, sizeof(uint32_t));
    fb->vote_first = hr_arena_calloc(arena, fb->vote_firsts + 1, sizeof(uint32_t));
    fb->vote = hr_arena_calloc(arena, fb->votes + 1, sizeof(*fb->vote));
    if (fb->set_bits != NULL) {
        fb->set_of = hr_arena_calloc(arena, fb->link_nodes + 1, sizeof(uint32_t));
    }
    fb->votes = 0;
    return fb->heap != NULL && fb->link != NULL && fb->weight != NULL && fb->leaf_of != NULL &&
                   fb->vote_first != NULL && fb->vote != NULL &&
                   (fb->set_bits == NULL || fb->set_of != NULL)
               ? HR_OK
               : hr_build_oom(fb->b);
}

static void
forest_publish(const forest_builder *fb)
{
    hr_forest *f = fb->f;

    f->trees = fb->trees;
    f->slots = fb->slots;
    f->heap = fb->heap;
    f->link = fb->link;
    f->leaf_of = fb->leaf_of;
    f->set_of = fb->set_of;
    f->set_bits = fb->set_bits;
    f->weight = fb->weight;
    f->vote_first = fb->vote_first;
    f->vote = fb->vote;
}

int
hr_forest_build(hr_build *b, const hr_node *node, const hr_tree_table *t,
                hr_forest_aggregate aggregate, hr_model_kind columns, hr_forest *out)
{
    forest_builder fb = {.b = b, .node = node, .t = t, .f = out};
    int rc;

    *out = (hr_forest){
        .wide = forest_is_wide(t, columns),
        .columns_are_double = columns == HR_MODEL_DOUBLE,
        .aggregate = aggregate,
        .n_trees = t->n_trees,
        .n_targets = t->n_targets,
    };
    if ((rc = forest_members(&fb)) != HR_OK || (rc = forest_splits(&fb)) != HR_OK ||
        (rc = forest_alloc_work(&fb)) != HR_OK) {
        return rc;
    }
    forest_set_writes(&fb);
    for (size_t tree = 0; tree < t->n_trees; tree++) {
        forest_measure(&fb, tree);
    }
    rc = forest_alloc(&fb);
    if (rc != HR_OK) {
        return rc;
    }
    memset(fb.leaf_tree, 0, t->n_leaves * sizeof(*fb.leaf_tree));
    for (size_t tree = 0; tree < t->n_trees; tree++) {
        forest_fill(&fb, tree);
    }
    forest_publish(&fb);
    return HR_OK;
}
