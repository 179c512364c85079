/* SPDX-License-Identifier: MIT
 *
 * Reading the heaps that a reader shows, and knowing which of them need not be read again.
 *
 * A heap of one shard, the usual one, is watched: its totals are unchanged as long as its shard's
 * change count and its region's change count are. The shard's count is read for each heap. The
 * region's count is read once in a refresh, which ends the watch if the count changed. All other
 * heaps are always read.
 */
#ifndef HEAP_WATCH_H
#define HEAP_WATCH_H

#include "cached_region.h"

/** What is looked at: two words for each heap, side by side, for there may be 100,000 of them. */
struct heap_watch {
    const _Atomic uint64_t
        *change_count; /* of a heap that is not watched: one that always changes */
    uint64_t event;
};

/** Watches that stand behind those of the heaps: looking ahead needs no end then. */
#define HEAP_WATCHES_AHEAD 48

/** Watches for `count` heaps, none of them watched yet; NULL: no memory. */
struct heap_watch *heap_watches_new(size_t count);

/** The heap is to be read again, or all of a region are. */
void heap_watch_end(struct heap_watch *watch);
void heap_watches_end(struct heap_watch *watches, const struct cached_region *region);

/** See region_reader_changed; `count` is the number of heaps. */
size_t heap_watches_changed(const struct heap_watch *watches, struct cached_heap *const shown[],
                            size_t count, size_t *from, size_t indexes[], size_t capacity);

/**
 * Map what a region has more since it was looked at; its heaps' watches end when it moves.
 *
 * @return as region_view_follow
 */
DWORD heap_watch_follow(struct cached_region *region, struct heap_watch *watches);

/**
 * Read a heap that is shown and whose region is there: its `last` is what was read then. Under the
 * guard.
 *
 * @param watches  of all heaps
 * @return ERROR_SUCCESS; ERROR_NOT_FOUND
 */
DWORD heap_watch_read(struct cached_heap *heap, struct heap_watch *watches);

#endif /* HEAP_WATCH_H */
