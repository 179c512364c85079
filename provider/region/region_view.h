/* SPDX-License-Identifier: MIT
 *
 * One region file seen from outside: opened, checked, mapped, followed as it grows. Everything is
 * read from the mapping under os_region's guard, which the caller holds with a list of mappings in
 * which this view's is; a region that was cut short is noticed after the fact by
 * region_view_is_whole.
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
    uint64_t size_limit; /* bytes that may be mapped; without a limit at first */
    uint32_t process_id;
    uint64_t process_start, pid_namespace;
    enum region_refusal_reason refusal; /* why it is ERROR_INVALID_DATA, when it is */
    bool is_local; /* the process id means the same process to this reader */
    uint32_t heap_segments, shard_segments; /* known and inside the mapping */
    uint64_t heap_offsets[REGION_HEAP_SEGMENTS];
    uint64_t shard_offsets[REGION_SHARD_SEGMENTS];
    /* Visits of shards that are left, a few for each shard that there can be. A read takes some;
       who reads a heap again gives back first what its last read took. So all heaps together cannot
       cost more time than that, however their lists are knotted. */
    uint64_t shard_visits;
};

/**
 * Open a region and check it.
 *
 * @param view  zeroed, but for its place in the list of mappings
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: it went away, or its owner died and it was removed
 *         (then *was_reaped is set); ERROR_NOT_READY: its owner has not finished making it;
 *         ERROR_INVALID_DATA: damaged, of another version, or not to be trusted;
 *         ERROR_NOT_ENOUGH_MEMORY: the system could not open or map it now
 */
DWORD region_view_open(struct region_view *view, const char *directory, const char *name,
                       bool *was_reaped);

void region_view_close(struct region_view *view);

/**
 * Look at the header again: map what was added.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: the owner closed it; ERROR_INVALID_DATA;
 *         ERROR_NOT_ENOUGH_MEMORY: what was added could not be mapped; ERROR_FILE_TOO_LARGE: it
 *         would be more than view->size_limit. After both, the view is good as it was
 */
DWORD region_view_follow(struct region_view *view, const char *directory, const char *name);

/** Whether its owner lives, or the system could not say; a dead one's file is removed. */
bool region_view_is_live(struct region_view *view, const char *directory, const char *name,
                         bool *was_reaped);

/** Whether nothing of it was missing so far. */
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

/** A record by its index, which is below the count. */
const struct region_heap *region_view_heap(const struct region_view *view, uint32_t index);

/** The change count of a shard that was found. */
const _Atomic uint64_t *region_view_change_count(const struct region_view *view, uint32_t index);

/** A shard by its index: the region_shard_find of a view. */
const struct region_shard *region_view_shard(void *view, uint32_t index);

#endif /* REGION_VIEW_H */
