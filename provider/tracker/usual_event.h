/* SPDX-License-Identifier: MIT
 *
 * Most events concern the thread's last heap again, need nothing but counting, and change the map
 * in the usual way (see address_change.h). They take this path, in a third of the time. All others,
 * and those that begin here and cannot be completed, go through tracker.c.
 */
#ifndef USUAL_EVENT_H
#define USUAL_EVENT_H

#include "address_change.h"
#include "events.h"
#include "heap_slot.h"
#include "shard_count.h"
#include "thread_event.h"

/**
 * Whether an event concerns the thread's last heap again, which is still open, with no other event
 * in progress. `thread` may be NULL.
 */
static inline bool usual_event_is_of_last_heap(const struct thread *thread, heap_tracker handle)
{
    return thread && thread->last_handle == handle && thread->last_heap &&
           atomic_load_explicit(&thread->flags, memory_order_relaxed) == 0 &&
           atomic_load_explicit(&thread->last_heap->number, memory_order_acquire) ==
               thread->last_number;
}

/* Mark the thread. Returns false in a child of a bare clone(), and in a child of fork that has no region yet. This is
   asked after the mark: if a signal handler forks before it, the child is found here, and after it, the fork finds an
   event in progress. */
static inline bool usual_event_mark(struct thread *thread)
{
    thread_set_busy(thread);
    if (__builtin_expect(heap_slot_is_alive(), 1))
        return true;
    thread_leave(thread);
    return false;
}

/* Begin an event if it is a usual one, as far as can be decided in advance. Returns whether it
   has begun. `table` is the required value of HEAP_HAS_NO_TABLE. */
static inline bool usual_event_begin(struct thread *thread, heap_tracker handle, uintptr_t address,
                                     uint32_t table)
{
    if (!address || !usual_event_is_of_last_heap(thread, handle) ||
        (atomic_load_explicit(&thread->last_heap->flags, memory_order_relaxed) &
         (HEAP_IS_UNUSUAL | HEAP_HAS_NO_TABLE)) != table)
        return false;
    return usual_event_mark(thread);
}

/** Record an allocation. Returns false if nothing was done. */
__attribute__((always_inline)) static inline bool
usual_event_allocate(heap_tracker handle, uintptr_t address, size_t size)
{
    struct thread *thread = os_thread_value();

    if (__builtin_expect(
            EVENTS_ARE_WANTED(allocate, NULL) || !usual_event_begin(thread, handle, address, 0), 0))
        return false;
    struct tracked_heap *heap = thread->last_heap;
    struct address_chunk *chunk =
        size < thread->countdown
            ? address_map_try_insert(&thread->recent, thread->last_number, address, size)
            : NULL;
    if (__builtin_expect(chunk != NULL, 1)) {
        thread->countdown -= size + 1;
        shard_count_allocation(heap, thread->last_shard, size, size);
        address_map_unlock(chunk);
    }
    thread_leave(thread);
    return chunk != NULL;
}

/** Record a free of a block of *size bytes. Returns false if nothing was done. */
__attribute__((always_inline)) static inline bool usual_event_free(heap_tracker handle,
                                                                   uintptr_t address, size_t *size)
{
    struct thread *thread = os_thread_value();

    if (__builtin_expect(EVENTS_ARE_WANTED(free, NULL) || profile_may_know(address) ||
                             !usual_event_begin(thread, handle, address, 0),
                         0))
        return false;
    struct tracked_heap *heap = thread->last_heap;
    uint32_t slot;
    struct address_chunk *chunk =
        address_map_try_find(&thread->recent, thread->last_number, address, &slot, size);
    if (__builtin_expect(chunk != NULL, 1)) {
        shard_count_free(heap, thread->last_shard, *size);
        table_remove(chunk, slot);
        address_map_unlock(chunk);
    }
    thread_leave(thread);
    return chunk != NULL;
}

/**
 * The same for a heap without a table whose allocator provided `usable` bytes. If the countdown of
 * the thread ends, the event is not a usual one.
 */
__attribute__((always_inline)) static inline bool
usual_event_allocate_sized(heap_tracker handle, uintptr_t address, size_t size, size_t usable)
{
    struct thread *thread = os_thread_value();

    if (__builtin_expect(EVENTS_ARE_WANTED(allocate, NULL) ||
                             !usual_event_begin(thread, handle, address, HEAP_HAS_NO_TABLE),
                         0))
        return false;
    bool is_counted = size < thread->countdown;
    if (__builtin_expect(is_counted, 1)) {
        thread->countdown -= size + 1;
        shard_count_allocation(thread->last_heap, thread->last_shard, size, usable);
    }
    thread_leave(thread);
    return is_counted;
}

__attribute__((always_inline)) static inline bool
usual_event_free_sized(heap_tracker handle, uintptr_t address, size_t usable)
{
    struct thread *thread = os_thread_value();

    if (__builtin_expect(EVENTS_ARE_WANTED(free, NULL) || profile_may_know(address) ||
                             !usual_event_begin(thread, handle, address, HEAP_HAS_NO_TABLE),
                         0))
        return false;
    shard_count_free(thread->last_heap, thread->last_shard, usable);
    thread_leave(thread);
    return true;
}

#endif /* USUAL_EVENT_H */
