/* SPDX-License-Identifier: MIT
 *
 * The names of all heaps that a reader knows: no two are equal. Publishers choose names that are
 * unique among their own. A name can still be taken: in two containers a process may have the same
 * id, and a publisher may lie.
 */
#ifndef HEAP_NAME_SET_H
#define HEAP_NAME_SET_H

#include "cached_region.h"
#include "keyed_hash.h"

struct taken_name;

/**
 * Zeroed: empty. A name that was taken once is remembered with the suffix that comes next, so that
 * n equal names cost n steps. The hash has a secret of its own in each set: no publisher can choose
 * names that share a bucket.
 */
struct heap_name_set {
    struct cached_heap **buckets; /* a power of two */
    struct taken_name **taken;    /* as many buckets */
    size_t bucket_count, count;
    struct keyed_hash key;
    uint64_t steps; /* names that were compared so far: the cost */
};

/** Make room for one more, equal to another one or not; false: no memory. */
bool heap_name_set_reserve(struct heap_name_set *set);

/** Add a heap, after reserving; if its name is taken, a number is added to it. False: no memory. */
bool heap_name_set_add(struct heap_name_set *set, struct cached_heap *heap);

void heap_name_set_drop(struct heap_name_set *set, const struct cached_heap *heap);

/** Free the tables; all heaps were dropped. */
void heap_name_set_release(struct heap_name_set *set);

#endif /* HEAP_NAME_SET_H */
