/* SPDX-License-Identifier: MIT
 *
 * A heap's totals, and how they are read from its record and shards. Readers use this on mapped
 * files; the publisher uses it on its own memory.
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
 * modulo 2 to the 64. The amount in use, the difference of two totals, is less than 2 to the 63.
 * The bytes of the newest event of each shard may be seen without its count.
 */
struct heap_totals {
    uint64_t allocation_count;   /* blocks allocated, without reallocations */
    uint64_t free_count;         /* blocks freed, of those */
    uint64_t reallocation_count; /* blocks resized, moved or in place */
    uint64_t allocated_bytes;    /* requested bytes, growth by reallocation included */
    uint64_t usable_bytes;       /* bytes allocated, growth included: usable bytes if the allocator
                                    reports them, otherwise allocated_bytes */
    uint64_t in_use_bytes;       /* usable_bytes - freed_bytes, never negative */
    uint64_t freed_bytes;        /* usable bytes freed, shrinkage included */
    uint64_t requested_bytes;    /* sizes of allocations only */
    uint64_t reallocated_bytes;  /* new sizes of reallocations only */
    uint64_t peak_bytes;         /* most bytes in use; never less than those in use now */
    uint64_t peak_blocks;        /* most blocks in use; never less than those in use now */
    uint64_t largest_bytes;      /* largest single request */
    uint64_t failure_count;      /* requests that failed */
    uint64_t reserved_bytes;     /* address space held; 0 if not reported */
    uint64_t committed_bytes;    /* backed by RAM or page file; 0 if not reported */
    uint64_t unmatched_count;    /* frees of unknown blocks, allocations at live addresses */
    uint64_t excess_free_count;  /* frees beyond the number of allocations; not in free_count */
    uint64_t lost_count;         /* events that could not be recorded */
    uint64_t open_time;          /* os_clock_ticks when the heap was opened */
    struct heap_figures figures; /* what its allocator reported */
};

/** A shard's totals, as read. */
struct shard_totals {
    uint64_t totals[TOTAL_COUNT];
};

/** No figure of an honest allocator is larger: more than any machine has. */
#define HEAP_FIGURE_LIMIT (UINT64_C(1) << 44)

/** Read what the allocator of a heap reported. Figures of no known allocator, above HEAP_FIGURE_LIMIT, or
    changed during every try are unknown. */
void heap_totals_read_figures(const struct region_heap *heap, struct heap_figures *figures);

/**
 * Compute what is in use. Blocks that were freed without an allocation do not make it negative;
 * excess_free_count has them. Peaks are at least what is in use.
 */
void heap_totals_settle(struct heap_totals *totals);

/**
 * Read a shard. No total is older than in an earlier read by this thread. The freed totals are read
 * before the allocated ones.
 */
void heap_totals_read_shard(const struct region_shard *shard, struct shard_totals *totals);

/**
 * Read a shard as the totals of a heap that has no other shard. Members that are not in shards stay
 * unchanged.
 */
void heap_totals_of_shard(const struct region_shard *shard, struct heap_totals *statistics);

/**
 * Read all totals of a heap.
 *
 * @param heap      its record, which must have `identity`
 * @param find      finds the shards; it receives `context`
 * @param limit     most shards to visit: no list is longer than the number of shards in its region
 * @return false if the record does not belong to `identity` (any more), or could not be read; then
 *         *totals is unchanged
 */
bool heap_totals_read(const struct region_heap *heap, uint64_t identity, region_shard_find *find,
                      void *context, uint32_t limit, struct heap_totals *statistics);

#endif /* HEAP_TOTALS_H */
