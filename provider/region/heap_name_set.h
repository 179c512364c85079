/* SPDX-License-Identifier: MIT
 *
 * The names of all heaps that a reader knows; no two are equal. Publishers choose names that are
 * unique among their own. Equal names still occur: processes in two containers may have the same
 * id, and a publisher may lie.
 */
#ifndef HEAP_NAME_SET_H
#define HEAP_NAME_SET_H

#include "cached_region.h"
#include "keyed_hash.h"

struct taken_name;

/**
 * A zeroed set is empty. For a name that occurs twice, the set keeps the next suffix, so that n
 * equal names cost n steps. The hash has a secret key for each set, so no publisher can choose
 * names that share a bucket.
 */
struct heap_name_set {
    struct cached_heap **buckets; /* a power of two */
    struct taken_name **taken;    /* with as many buckets */
    size_t bucket_count, count;
    struct keyed_hash key;
    uint64_t steps; /* names that were compared so far, a measure of the cost */
};

/**
 * Reserve memory for one more name, whether it is equal to another or not. Returns false if there
 * is no memory.
 */
bool heap_name_set_reserve(struct heap_name_set *set);

/**
 * Add a heap, after heap_name_set_reserve. If its name exists already, it gets a number. Returns
 * false if there is no memory.
 */
bool heap_name_set_add(struct heap_name_set *set, struct cached_heap *heap);

/** Remove a heap from the set. */
void heap_name_set_drop(struct heap_name_set *set, const struct cached_heap *heap);

/** Free the tables. All heaps have been removed before. */
void heap_name_set_release(struct heap_name_set *set);

#endif /* HEAP_NAME_SET_H */
