/* SPDX-License-Identifier: MIT
 *
 * Counting an event in a lane, in the caller's own code: this is half of what an event costs.
 * Between lane_begin and lane_end the caller changes the lane's totals.
 */
#ifndef LANE_COUNT_H
#define LANE_COUNT_H

#include "tracked_heap.h"

/** Write the totals to the copy whose turn it is. */
static inline void lane_publish(struct lane *lane)
{
    uint64_t event = ++lane->events;
    struct region_copy *copy = &lane->shared->copies[event & 1];

    atomic_store_explicit(&copy->sequence, 2 * event - 1, memory_order_release);
    /* One by one: as a loop this would be a tenth of an event. */
#define PUBLISH(total)                                                                             \
    atomic_store_explicit(&copy->totals[total], lane->totals[total], memory_order_release)
    PUBLISH(TOTAL_ALLOCATION_COUNT);
    PUBLISH(TOTAL_FREE_COUNT);
    PUBLISH(TOTAL_REALLOCATION_COUNT);
    PUBLISH(TOTAL_ALLOCATED_BYTES);
    PUBLISH(TOTAL_FREED_BYTES);
    PUBLISH(TOTAL_REQUESTED_BYTES);
    PUBLISH(TOTAL_REALLOCATED_BYTES);
    static_assert(TOTAL_COUNT == 7, "all are published");
#undef PUBLISH
    atomic_store_explicit(&copy->sequence, 2 * event, memory_order_release);
}

/** The copy and the marks are what they are after this event: readers need look only now. */
static inline void lane_finish(struct tracked_heap *heap, struct lane *lane)
{
    if (__builtin_expect(lane->pulse != NULL, 1))
        atomic_store_explicit(lane->pulse, lane->events, memory_order_release);
    else /* it is the base lane */
        spin_lock_release(&heap->base_lock);
}

/**
 * Begin to count in a lane: the one given, or the base lane for NULL. The heap must be held open by
 * a locked chunk of its map.
 */
static inline struct lane *lane_begin(struct tracked_heap *heap, struct lane *lane)
{
    return lane ? lane : lane_begin_base(heap);
}

/* What this lane changed in use since it last reported, and the report when that is much. */
static inline void lane_report(struct tracked_heap *heap, struct lane *lane, int64_t *bytes,
                               int64_t *blocks)
{
    int64_t in_bytes =
        (int64_t)(lane->totals[TOTAL_ALLOCATED_BYTES] - lane->totals[TOTAL_FREED_BYTES]);
    int64_t in_blocks =
        (int64_t)(lane->totals[TOTAL_ALLOCATION_COUNT] - lane->totals[TOTAL_FREE_COUNT]);

    *bytes = in_bytes - lane->reported_bytes;
    *blocks = in_blocks - lane->reported_blocks;
    if (*bytes > LANE_THRESHOLD_BYTES || *bytes < -LANE_THRESHOLD_BYTES ||
        *blocks > LANE_THRESHOLD_BLOCKS || *blocks < -LANE_THRESHOLD_BLOCKS) {
        atomic_fetch_add_explicit(&heap->reported_bytes, *bytes, memory_order_relaxed);
        atomic_fetch_add_explicit(&heap->reported_blocks, *blocks, memory_order_relaxed);
        lane->reported_bytes = in_bytes;
        lane->reported_blocks = in_blocks;
        *bytes = *blocks = 0;
    }
}

static inline void lane_raise_marks(struct tracked_heap *heap, struct lane *lane, int64_t bytes,
                                    int64_t blocks, uint64_t request)
{
    bytes += atomic_load_explicit(&heap->reported_bytes, memory_order_relaxed);
    blocks += atomic_load_explicit(&heap->reported_blocks, memory_order_relaxed);
    if (bytes > lane->peak_bytes) {
        lane->peak_bytes = bytes;
        atomic_store_explicit(&lane->shared->peak_bytes, (uint64_t)bytes, memory_order_relaxed);
    }
    if (blocks > lane->peak_blocks) {
        lane->peak_blocks = blocks;
        atomic_store_explicit(&lane->shared->peak_blocks, (uint64_t)blocks, memory_order_relaxed);
    }
    if (request > lane->largest_bytes) {
        lane->largest_bytes = request;
        atomic_store_explicit(&lane->shared->largest_bytes, request, memory_order_relaxed);
    }
}

/** Publish what was counted, which made the heap smaller. */
__attribute__((always_inline)) static inline void lane_end_free(struct tracked_heap *heap,
                                                                struct lane *lane)
{
    int64_t bytes, blocks;

    lane_publish(lane);
    lane_report(heap, lane, &bytes, &blocks);
    lane_finish(heap, lane);
}

/** Publish what was counted. `request` is the size that was asked for. */
__attribute__((always_inline)) static inline void lane_end(struct tracked_heap *heap,
                                                           struct lane *lane, uint64_t request)
{
    int64_t bytes, blocks;

    lane_publish(lane);
    lane_report(heap, lane, &bytes, &blocks);
    lane_raise_marks(heap, lane, bytes, blocks, request);
    lane_finish(heap, lane);
}

/** The two usual events, whole: an allocation of so many bytes, and the free of a block of them. */
__attribute__((always_inline)) static inline void
lane_count_allocation(struct tracked_heap *heap, struct lane *lane, size_t size)
{
    lane->totals[TOTAL_ALLOCATION_COUNT]++;
    lane->totals[TOTAL_ALLOCATED_BYTES] += size;
    lane->totals[TOTAL_REQUESTED_BYTES] += size;
    lane_end(heap, lane, size);
}

__attribute__((always_inline)) static inline void lane_count_free(struct tracked_heap *heap,
                                                                  struct lane *lane, size_t size)
{
    lane->totals[TOTAL_FREE_COUNT]++;
    lane->totals[TOTAL_FREED_BYTES] += size;
    lane_end_free(heap, lane);
}

#endif /* LANE_COUNT_H */
