/* SPDX-License-Identifier: MIT
 *
 * A heap's totals, and how they are read from its record and shards. Readers use it on mapped
 * files, and the publisher uses it on its own memory.
 */
#ifndef HEAP_TOTALS_H
#define HEAP_TOTALS_H

#include "region.h"

/** What a heap's allocator reported of itself: struct region_figures as a reader has read it. */
struct heap_figures {
    uint32_t allocator;      /* enum region_allocator; ALLOCATOR_UNKNOWN: nothing is known */
    uint32_t known;          /* bits 1 << FIGURE_...; values of others are 0 */
    uint32_t computed;       /* those of the known ones that the allocator itself did not report */
    uint64_t time, duration; /* os_clock_ticks when it was asked, and ticks that it took */
    uint64_t live_bytes,
        event_count; /* of the heap at that time: how old the figures are in events */
    uint64_t values[FIGURE_COUNT];
    uint64_t tracker_bytes; /* of the tracker itself, in no heap */
};

/**
 * The totals and marks of one heap, as a reader has read them. Totals only grow while a heap lives,
 * modulo 2 to the 64; what is in use, the difference of two, is less than 2 to the 63. Of each shard
 * the newest event may be counted without its bytes.
 */
struct heap_totals {
    uint64_t allocation_count;   /* blocks handed out; a reallocation does not count */
    uint64_t free_count;         /* blocks given back, of those */
    uint64_t reallocation_count; /* blocks resized, moved or in place */
    uint64_t allocated_bytes;    /* requested, growth by reallocation included */
    uint64_t usable_bytes;       /* handed out, growth included: as large as the allocator made the
                                    blocks, where that is known; otherwise allocated_bytes */
    uint64_t in_use_bytes;       /* usable_bytes - freed_bytes, never negative */
    uint64_t freed_bytes;        /* usable bytes given back, shrinkage included */
    uint64_t requested_bytes;    /* sizes of allocations only */
    uint64_t reallocated_bytes;  /* new sizes of reallocations only */
    uint64_t peak_bytes;         /* largest bytes in use; never less than those in use now */
    uint64_t peak_blocks;        /* largest number of blocks in use; likewise */
    uint64_t largest_bytes;      /* largest single request */
    uint64_t failure_count;      /* requests that could not be satisfied */
    uint64_t reserved_bytes;     /* address space held; 0 when not reported */
    uint64_t committed_bytes;    /* backed by RAM or page file; 0 when not reported */
    uint64_t unmatched_count;    /* frees of unknown blocks, allocations at live addresses */
    uint64_t excess_free_count;  /* frees beyond the allocations; not in free_count */
    uint64_t lost_count;         /* events that could not be recorded */
    uint64_t open_time;          /* os_clock_ticks when the heap was opened */
    struct heap_figures figures; /* what its allocator reported */
};

/** A shard's totals as they were read. */
struct shard_totals {
    uint64_t totals[TOTAL_COUNT];
};

/** No figure of an honest allocator is larger: more than any machine has. */
#define HEAP_FIGURE_LIMIT (UINT64_C(1) << 44)

/** Read what the allocator of a heap reported. Figures that make no sense, or that are being written
    all the time, are unknown. */
void heap_totals_read_figures(const struct region_heap *heap, struct heap_figures *figures);

/** Compute what is in use. Blocks that were freed but never allocated do not make it negative: they
    are counted in excess_free_count. Peaks are at least what is in use. */
void heap_totals_settle(struct heap_totals *totals);

/**
 * Read a shard. No total is older than in an earlier read by this thread. What was freed is read
 * before what was allocated.
 */
void heap_totals_read_shard(const struct region_shard *shard, struct shard_totals *totals);

/** Read a shard as the totals of a heap that has no other shard. Members that no shard has stay
    unchanged. */
void heap_totals_of_shard(const struct region_shard *shard, struct heap_totals *statistics);

/**
 * Read all totals of a heap.
 *
 * @param record    of the heap, with its identity
 * @param find      finds the shards; it receives `context`
 * @param limit     shards to visit at most: no list is longer than all shards of its region
 * @return false if the record is not, or not any more, that of `identity`, or could not be read:
 *         *totals is not changed
 */
bool heap_totals_read(const struct region_heap *heap, uint64_t identity, region_shard_find *find,
                      void *context, uint32_t limit, struct heap_totals *statistics);

#endif /* HEAP_TOTALS_H */
