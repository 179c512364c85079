/* SPDX-License-Identifier: MIT
 *
 * Most events are of the thread's last heap again, which needs nothing but counting, and change the
 * map in the usual way (see address_change.h). They go through here, in a third of the time; all
 * others, and what is begun here and cannot be done, through tracker.c.
 */
#ifndef USUAL_EVENT_H
#define USUAL_EVENT_H

#include "address_change.h"
#include "events.h"
#include "heap_slot.h"
#include "shard_count.h"
#include "thread_event.h"

/** Whether an event is of the thread's last heap again, still open; with no other event in
   progress, and not in a bare clone's child. `thread` may be NULL. */
static inline bool usual_event_is_of_last_heap(const struct thread *thread, heap_tracker handle)
{
    return thread && thread->last_handle == handle && thread->last_heap &&
           atomic_load_explicit(&thread->flags, memory_order_relaxed) == 0 &&
           atomic_load_explicit(&thread->last_heap->number, memory_order_acquire) ==
               thread->last_number &&
           heap_slot_is_alive();
}

/* Whether an event is a usual one, as far as one can say before it; then it has begun. */
static inline bool usual_event_begin(struct thread *thread, heap_tracker handle, uintptr_t address)
{
    if (!address || !usual_event_is_of_last_heap(thread, handle) ||
        (atomic_load_explicit(&thread->last_heap->flags, memory_order_relaxed) & HEAP_IS_UNUSUAL))
        return false;
    thread_set_busy(thread);
    return true;
}

/** Record an allocation; false: nothing was done. */
__attribute__((always_inline)) static inline bool
usual_event_allocate(heap_tracker handle, uintptr_t address, size_t size)
{
    struct thread *thread = os_thread_value();

    if (__builtin_expect(
            EVENTS_ARE_WANTED(allocate, NULL) || !usual_event_begin(thread, handle, address), 0))
        return false;
    struct tracked_heap *heap = thread->last_heap;
    struct address_chunk *chunk =
        address_map_try_insert(&thread->recent, thread->last_number, address, size);
    if (__builtin_expect(chunk != NULL, 1)) {
        shard_count_allocation(heap, thread->last_shard, size);
        address_map_unlock(chunk);
    }
    thread_leave(thread);
    return chunk != NULL;
}

/** Record a free, of a block of *size bytes; false: nothing was done. */
__attribute__((always_inline)) static inline bool usual_event_free(heap_tracker handle,
                                                                   uintptr_t address, size_t *size)
{
    struct thread *thread = os_thread_value();

    if (__builtin_expect(
            EVENTS_ARE_WANTED(free, NULL) || !usual_event_begin(thread, handle, address), 0))
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

#endif /* USUAL_EVENT_H */
