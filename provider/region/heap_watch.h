/* SPDX-License-Identifier: MIT
 *
 * Reads the heaps that a reader shows, and knows which of them need not be read again.
 *
 * A heap of one shard, the usual case, is watched: its totals are unchanged while the sum of its
 * shard's counts and its region's change count are unchanged. The shard's counts are read for each
 * heap. The region's count is read once in a refresh, which ends the watch if the count has
 * changed. All other heaps are always read.
 */
#ifndef HEAP_WATCH_H
#define HEAP_WATCH_H

#include "cached_region.h"

/**
 * What a check reads: two words for each heap, side by side, because there may be 100,000 heaps.
 */
struct heap_watch {
    /* of its shard; for a heap that is not watched: totals whose sum always differs */
    const _Atomic uint64_t *totals;
    uint64_t events; /* the sum of the counts in these totals when the heap was read */
};

/** Watches after those of the heaps, so that prefetching needs no check for the end. */
#define HEAP_WATCHES_AHEAD 48

/** Create watches for `count` heaps, none of them watched yet. NULL if there is no memory. */
struct heap_watch *heap_watches_new(size_t count);

/** End a watch: the heap, or each heap of a region, must be read again. */
void heap_watch_end(struct heap_watch *watch);
void heap_watches_end(struct heap_watch *watches, const struct cached_region *region);

/** See region_reader_changed; `count` is the number of heaps. */
size_t heap_watches_changed(const struct heap_watch *watches, struct cached_heap *const shown[],
                            size_t count, size_t *from, size_t indexes[], size_t capacity);

/**
 * Map what was added to a region since it was last examined. If the region moves, the watches of
 * its heaps end.
 *
 * @return as region_view_follow
 */
DWORD heap_watch_follow(struct cached_region *region, struct heap_watch *watches);

/**
 * Read a heap that is shown and whose region exists. Its `last` receives the totals. Call this
 * under the guard.
 *
 * @param watches  of all heaps
 * @return ERROR_SUCCESS; ERROR_NOT_FOUND
 */
DWORD heap_watch_read(struct cached_heap *heap, struct heap_watch *watches);

#endif /* HEAP_WATCH_H */
