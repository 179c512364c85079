/* SPDX-License-Identifier: MIT
 *
 * One region file as a reader sees it: opened, checked, mapped, and followed while it grows.
 * Everything is read from the mapping under os_region's guard, which the caller holds with a list
 * of mappings that includes this view's. If a region was shortened, everything in it reads as zero,
 * and region_view_is_whole reports it after the read. Opening and following do not ask: the file may
 * be shortened right after them as well.
 */
#ifndef REGION_VIEW_H
#define REGION_VIEW_H

#include "os_region.h"
#include "region.h"
#include "region_refusal.h"

struct region_view {
    struct os_region_mapping mapping;
    uint64_t device, inode;
    uint64_t owner;
    uint64_t size_limit; /* most bytes to map; no limit at first */
    uint32_t process_id;
    uint64_t process_start, pid_namespace;
    enum region_refusal_reason refusal; /* the reason for ERROR_INVALID_DATA */
    bool is_local;                      /* the process id means the same process to this reader */
    uint32_t heap_segments, shard_segments; /* segments that are known and inside the mapping */
    uint64_t heap_offsets[REGION_HEAP_SEGMENTS];
    uint64_t shard_offsets[REGION_SHARD_SEGMENTS];
    /* The remaining visits of shards, a few for each possible shard. A read takes some; before a
       heap is read again, the visits of its last read are given back. So all heaps together
       cannot cost more time than that, whatever cycles their lists contain. */
    uint64_t shard_visits;
};

/**
 * Open a region and check it.
 *
 * @param view  zeroed, except for its place in the list of mappings
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: it has gone, or its owner is dead and it was removed
 *         (then *was_reaped is set); ERROR_NOT_READY: its owner has not finished making it;
 *         ERROR_INVALID_DATA: damaged, of another version, or not to be trusted;
 *         ERROR_NOT_ENOUGH_MEMORY: the system could not open or map it now
 */
DWORD region_view_open(struct region_view *view, const char *directory, const char *name,
                       bool *was_reaped);

void region_view_close(struct region_view *view);

/**
 * Read the header again and map what was added.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: the owner closed it; ERROR_INVALID_DATA;
 *         ERROR_NOT_ENOUGH_MEMORY: the added part could not be mapped; ERROR_FILE_TOO_LARGE: it
 *         would exceed view->size_limit. After the last two, the view is as before
 */
DWORD region_view_follow(struct region_view *view, const char *directory, const char *name);

/** Whether its owner lives, or the system could not say. The file of a dead owner is removed. */
bool region_view_is_live(struct region_view *view, const char *directory, const char *name,
                         bool *was_reaped);

/** Whether no page of it has been missing so far. */
static inline bool region_view_is_whole(const struct region_view *view)
{
    atomic_signal_fence(memory_order_seq_cst);
    return !view->mapping.is_cut;
}

static inline const struct region_header *region_view_header(const struct region_view *view)
{
    return (const struct region_header *)(const void *)view->mapping.memory;
}

/** Records that may be in use. */
uint32_t region_view_heap_count(const struct region_view *view);

/** Records that the header counts in addition to those, at most as many as the layout allows. */
uint32_t region_view_missing_heaps(const struct region_view *view);

/** A record by its index, which is below the count. */
const struct region_heap *region_view_heap(const struct region_view *view, uint32_t index);

/** A shard by its index. This is the region_shard_find of a view. */
const struct region_shard *region_view_shard(void *view, uint32_t index);

#endif /* REGION_VIEW_H */
