/* SPDX-License-Identifier: MIT
 *
 * Counting an event in a shard, in the caller's own code: this is half of the cost of an event.
 * Between shard_begin and shard_end the caller changes the shard's totals.
 */
#ifndef SHARD_COUNT_H
#define SHARD_COUNT_H

#include "heap_state.h"

/** Lock the base shard until shard_end, and return it. */
struct shard *shard_begin_base(struct tracked_heap *heap);

/** Take the lock of a heap's base shard and release it, so that no event is in it. */
void shard_wait_base(struct tracked_heap *heap);

/**
 * Add what is due to the heap's sums, raise the peaks, and set new limits. In a heap of one shard, a peak is
 * what was in use before the next free, which is not counted yet, or what is in use now. So a reader that
 * learns of changes from the counts misses no peak.
 */
void shard_mark(struct tracked_heap *heap, struct shard *shard);

/**
 * Begin to count in a shard: the given one, or the base shard for NULL. A locked chunk of the
 * heap's map must keep the heap open.
 */
static inline struct shard *shard_begin(struct tracked_heap *heap, struct shard *shard)
{
    return shard ? shard : shard_begin_base(heap);
}

/** Add to a total, and store it for readers. An event adds to a count after everything else. */
static inline void shard_add(struct shard *shard, enum region_total total, uint64_t change)
{
    shard->totals[total] += change;
    atomic_store_explicit(&shard->shared->totals[total], shard->totals[total],
                          memory_order_release);
}

/** Store all totals for readers. */
static inline void shard_publish(struct shard *shard)
{
    for (int i = 0; i < TOTAL_COUNT; i++)
        shard_add(shard, (enum region_total)i, 0);
}

/* Bytes in use according to the shard's own events. It may be negative, because blocks of other
   shards may have been freed here. */
static inline int64_t shard_bytes(const struct shard *shard)
{
    return (int64_t)(shard->totals[TOTAL_USABLE_BYTES] - shard->totals[TOTAL_FREED_BYTES]);
}

static inline int64_t shard_blocks(const struct shard *shard)
{
    return (int64_t)(shard->totals[TOTAL_ALLOCATION_COUNT] - shard->totals[TOTAL_FREE_COUNT]);
}

/** The event is complete. */
static inline void shard_finish(struct tracked_heap *heap, struct shard *shard)
{
    if (__builtin_expect(shard == &heap->base, 0))
        spin_lock_release(&heap->base_lock);
}

/** Whether shard_mark has to be called before what is in use becomes less. */
static inline bool shard_is_outside(const struct shard *shard)
{
    return (uint64_t)(shard_bytes(shard) - shard->bytes_low) > shard->bytes_span ||
           (uint64_t)(shard_blocks(shard) - shard->blocks_low) > shard->blocks_span;
}

/** Call this before what is in use becomes less. */
__attribute__((always_inline)) static inline void shard_before_free(struct tracked_heap *heap,
                                                                    struct shard *shard)
{
    if (__builtin_expect(shard_is_outside(shard), 0))
        shard_mark(heap, shard);
}

/** Raise the largest request. Call this before the event is counted, so that a reader of the count sees it. */
__attribute__((always_inline)) static inline void shard_request(struct shard *shard, uint64_t size)
{
    if (__builtin_expect(size > shard->largest_bytes, 0)) {
        shard->largest_bytes = size;
        atomic_store_explicit(&shard->shared->largest_bytes, size, memory_order_relaxed);
    }
}

/** Whether shard_mark has to be called after an allocation. */
static inline bool shard_is_due(const struct shard *shard)
{
    return shard->totals[TOTAL_ALLOCATION_COUNT] % SHARD_THRESHOLD_BLOCKS == 0;
}

/** End an event that is not a free. The base shard has no countdown. */
__attribute__((always_inline)) static inline void shard_end(struct tracked_heap *heap,
                                                            struct shard *shard)
{
    if (__builtin_expect(shard_is_due(shard) || shard == &heap->base, 0))
        shard_mark(heap, shard);
    shard_finish(heap, shard);
}

/**
 * The two usual events, complete: an allocation of `size` bytes, for which the allocator made
 * `usable`, and the free of a block with that many usable bytes.
 */
__attribute__((always_inline)) static inline void
shard_count_allocation(struct tracked_heap *heap, struct shard *shard, size_t size, size_t usable)
{
    shard_request(shard, size);
    shard_add(shard, TOTAL_USABLE_BYTES, usable);
    shard_add(shard, TOTAL_REQUESTED_BYTES, size);
    shard_add(shard, TOTAL_ALLOCATION_COUNT, 1);
    shard_end(heap, shard);
}

__attribute__((always_inline)) static inline void
shard_count_free(struct tracked_heap *heap, struct shard *shard, size_t usable)
{
    shard_before_free(heap, shard);
    shard_add(shard, TOTAL_FREED_BYTES, usable);
    shard_add(shard, TOTAL_FREE_COUNT, 1);
    shard_finish(heap, shard);
}

/**
 * A reallocation to `size` bytes, for which the allocator made `usable`, of a block that had
 * `old_usable`.
 */
static inline void shard_count_reallocation(struct tracked_heap *heap, struct shard *shard,
                                            size_t size, size_t usable, size_t old_usable)
{
    shard_before_free(heap, shard);
    shard_request(shard, size);
    if (usable >= old_usable) {
        shard_add(shard, TOTAL_USABLE_BYTES, usable - old_usable);
        shard_add(shard, TOTAL_GROWN_BYTES, usable - old_usable);
    } else {
        shard_add(shard, TOTAL_FREED_BYTES, old_usable - usable);
    }
    shard_add(shard, TOTAL_REALLOCATED_BYTES, size);
    shard_add(shard, TOTAL_REALLOCATION_COUNT, 1);
    shard_end(heap, shard);
}

#endif /* SHARD_COUNT_H */
