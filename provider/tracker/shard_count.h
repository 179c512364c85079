/* SPDX-License-Identifier: MIT
 *
 * Counting an event in a shard, in the caller's own code: this is half of what an event costs.
 * Between shard_begin and shard_end the caller changes the shard's totals.
 */
#ifndef SHARD_COUNT_H
#define SHARD_COUNT_H

#include "heap_state.h"

/** The base shard, locked until shard_end. */
struct shard *shard_begin_base(struct tracked_heap *heap);

/** Write the totals to the copy whose turn it is. */
static inline void shard_publish(struct shard *shard)
{
    uint64_t event = ++shard->events;
    struct region_copy *copy = &shard->shared->copies[event & 1];

    atomic_store_explicit(&copy->sequence, 2 * event - 1, memory_order_release);
    /* One by one: as a loop this would be a tenth of an event. */
#define PUBLISH(total)                                                                             \
    atomic_store_explicit(&copy->totals[total], shard->totals[total], memory_order_release)
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
static inline void shard_finish(struct tracked_heap *heap, struct shard *shard)
{
    if (__builtin_expect(shard->change_count != NULL, 1))
        atomic_store_explicit(shard->change_count, shard->events, memory_order_release);
    else /* it is the base shard */
        spin_lock_release(&heap->base_lock);
}

/**
 * Begin to count in a shard: the one given, or the base shard for NULL. The heap must be held open
 * by a locked chunk of its map.
 */
static inline struct shard *shard_begin(struct tracked_heap *heap, struct shard *shard)
{
    return shard ? shard : shard_begin_base(heap);
}

/* What this shard changed in use since it last reported, and the report when that is much. */
static inline void shard_report(struct tracked_heap *heap, struct shard *shard, int64_t *bytes,
                                int64_t *blocks)
{
    int64_t in_bytes =
        (int64_t)(shard->totals[TOTAL_ALLOCATED_BYTES] - shard->totals[TOTAL_FREED_BYTES]);
    int64_t in_blocks =
        (int64_t)(shard->totals[TOTAL_ALLOCATION_COUNT] - shard->totals[TOTAL_FREE_COUNT]);

    *bytes = in_bytes - shard->reported_bytes;
    *blocks = in_blocks - shard->reported_blocks;
    if (*bytes > SHARD_THRESHOLD_BYTES || *bytes < -SHARD_THRESHOLD_BYTES ||
        *blocks > SHARD_THRESHOLD_BLOCKS || *blocks < -SHARD_THRESHOLD_BLOCKS) {
        atomic_fetch_add_explicit(&heap->reported_bytes, *bytes, memory_order_relaxed);
        atomic_fetch_add_explicit(&heap->reported_blocks, *blocks, memory_order_relaxed);
        shard->reported_bytes = in_bytes;
        shard->reported_blocks = in_blocks;
        *bytes = *blocks = 0;
    }
}

static inline void shard_raise_marks(struct tracked_heap *heap, struct shard *shard, int64_t bytes,
                                     int64_t blocks, uint64_t request)
{
    bytes += atomic_load_explicit(&heap->reported_bytes, memory_order_relaxed);
    blocks += atomic_load_explicit(&heap->reported_blocks, memory_order_relaxed);
    if (bytes > shard->peak_bytes) {
        shard->peak_bytes = bytes;
        atomic_store_explicit(&shard->shared->peak_bytes, (uint64_t)bytes, memory_order_relaxed);
    }
    if (blocks > shard->peak_blocks) {
        shard->peak_blocks = blocks;
        atomic_store_explicit(&shard->shared->peak_blocks, (uint64_t)blocks, memory_order_relaxed);
    }
    if (request > shard->largest_bytes) {
        shard->largest_bytes = request;
        atomic_store_explicit(&shard->shared->largest_bytes, request, memory_order_relaxed);
    }
}

/** Publish what was counted, which made the heap smaller. */
__attribute__((always_inline)) static inline void shard_end_free(struct tracked_heap *heap,
                                                                 struct shard *shard)
{
    int64_t bytes, blocks;

    shard_publish(shard);
    shard_report(heap, shard, &bytes, &blocks);
    shard_finish(heap, shard);
}

/** Publish what was counted. `request` is the size that was asked for. */
__attribute__((always_inline)) static inline void shard_end(struct tracked_heap *heap,
                                                            struct shard *shard, uint64_t request)
{
    int64_t bytes, blocks;

    shard_publish(shard);
    shard_report(heap, shard, &bytes, &blocks);
    shard_raise_marks(heap, shard, bytes, blocks, request);
    shard_finish(heap, shard);
}

/** The two usual events, whole: an allocation of so many bytes, and the free of a block of them. */
__attribute__((always_inline)) static inline void
shard_count_allocation(struct tracked_heap *heap, struct shard *shard, size_t size)
{
    shard->totals[TOTAL_ALLOCATION_COUNT]++;
    shard->totals[TOTAL_ALLOCATED_BYTES] += size;
    shard->totals[TOTAL_REQUESTED_BYTES] += size;
    shard_end(heap, shard, size);
}

__attribute__((always_inline)) static inline void shard_count_free(struct tracked_heap *heap,
                                                                   struct shard *shard, size_t size)
{
    shard->totals[TOTAL_FREE_COUNT]++;
    shard->totals[TOTAL_FREED_BYTES] += size;
    shard_end_free(heap, shard);
}

#endif /* SHARD_COUNT_H */
