/* SPDX-License-Identifier: MIT
 *
 * The names of all heaps that a reader knows: no two are equal. Publishers choose names that are
 * unique among their own; only what lies about its process id or is called like another program's
 * heap can meet an equal one.
 */
#ifndef HEAP_NAME_SET_H
#define HEAP_NAME_SET_H

#include "cached_region.h"

/** Zeroed: empty. */
struct heap_name_set {
    struct cached_heap **buckets; /* a power of two */
    size_t bucket_count, count;
};

/** Make room for one more; false: no memory. */
bool heap_name_set_reserve(struct heap_name_set *set);

/** Add a heap, after reserving; if its name is taken, it gets a number behind it. */
void heap_name_set_add(struct heap_name_set *set, struct cached_heap *heap);

void heap_name_set_drop(struct heap_name_set *set, const struct cached_heap *heap);

void heap_name_set_release(struct heap_name_set *set);

#endif /* HEAP_NAME_SET_H */
