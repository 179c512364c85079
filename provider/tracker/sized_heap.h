/* SPDX-License-Identifier: MIT
 *
 * Events of heaps without a table of blocks, HEAP_TRACKER_SIZED, as the preload library reports
 * them: with the bytes that the program requested, and with those that the allocator provided (the
 * usable bytes). The usable bytes are read at both ends of a block's life, never computed from the
 * request, so that their sum is right. Results are those of heaptracker.h.
 */
#ifndef SIZED_HEAP_H
#define SIZED_HEAP_H

#include "usual_event.h"

/** Whether a heap has no table; false for a handle that is not valid. */
bool sized_heap_is(heap_tracker handle);

/** Allocations that this thread has counted in a heap, with or without a table. */
uint64_t sized_heap_own_allocations(heap_tracker handle);

/**
 * Record an allocation that is not a usual event. Address 0 is a failure. `site` is the return
 * address at which its call stack begins.
 */
uint32_t sized_heap_allocate_slowly(heap_tracker handle, uintptr_t address, size_t size,
                                    size_t usable, uintptr_t site);

/** Record a free that is not a usual event. */
uint32_t sized_heap_free_slowly(heap_tracker handle, uintptr_t address, size_t usable);

/** A block that is being resized. */
struct sized_resize {
    uintptr_t old_address;
    size_t old_usable;
    struct profile_sample sample;
};

/**
 * A reallocation begins: take out a sample of the block, because another thread may get the address
 * before this one has its new block.
 */
void sized_heap_take_sample(heap_tracker handle, struct sized_resize *resize);
static inline void sized_heap_resize_begin(heap_tracker handle, struct sized_resize *resize)
{
    resize->sample.rate = 0;
    if (profile_may_know(resize->old_address))
        sized_heap_take_sample(handle, resize);
}

/** A reallocation ends. With `address` 0 it has failed, and the old block is unchanged. */
uint32_t sized_heap_resize_end(heap_tracker handle, uintptr_t address, size_t size, size_t usable,
                               const struct sized_resize *resize, uintptr_t site);

/** All blocks were freed. */
uint32_t sized_heap_discard_all(heap_tracker handle);

/** Record an allocation. */
__attribute__((always_inline)) static inline uint32_t
sized_heap_allocate(heap_tracker handle, uintptr_t address, size_t size, size_t usable,
                    uintptr_t site)
{
    return usual_event_allocate_sized(handle, address, size, usable)
               ? ERROR_SUCCESS
               : sized_heap_allocate_slowly(handle, address, size, usable, site);
}

/** Record a free. Call this before the block is freed. */
__attribute__((always_inline)) static inline uint32_t
sized_heap_free(heap_tracker handle, uintptr_t address, size_t usable)
{
    return usual_event_free_sized(handle, address, usable)
               ? ERROR_SUCCESS
               : sized_heap_free_slowly(handle, address, usable);
}

#endif /* SIZED_HEAP_H */
