/* SPDX-License-Identifier: MIT
 *
 * The two events of malloc and free, for the preload library, in its own code: this is most of what
 * a program pays for being tracked. The heap has no table and is never closed. So a thread that has
 * a shard in it counts there without further checks, unless an event is in progress on it, it
 * forks, or it is in a child of a bare clone(). In all other cases, sized_heap.h does the work.
 */
#ifndef MALLOC_EVENT_H
#define MALLOC_EVENT_H

#include "events.h"
#include "heap_slot.h"
#include "os_thread.h"
#include "shard_count.h"
#include "thread_event.h"

/** The result of an event. */
enum malloc_event {
    MALLOC_EVENT_DONE,
    MALLOC_EVENT_NOT_DONE, /* nothing was counted */
    MALLOC_EVENT_MARK,     /* counted; malloc_event_mark must be called */
};

/* Mark this thread's event as in progress and return the thread; NULL if no event has begun. */
static inline struct thread *malloc_event_begin(bool is_wanted)
{
    struct thread *thread = os_thread_value();

    if (__builtin_expect(is_wanted || !thread || !thread->malloc_shard ||
                             atomic_load_explicit(&thread->flags, memory_order_relaxed) != 0 ||
                             !heap_slot_is_alive(),
                         0))
        return NULL;
    thread_set_busy(thread);
    return thread;
}

/* The flags were 0 when the event began, so they become 0 again, whatever a signal handler did. */
static inline void malloc_event_end(struct thread *thread)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&thread->flags, 0, memory_order_relaxed);
}

/* The same as shard_add, but it reads nothing twice. */
static inline uint64_t malloc_event_add(struct shard *shard, struct region_shard *shared,
                                        enum region_total total, uint64_t change)
{
    const uint64_t sum = shard->totals[total] + change;

    shard->totals[total] = sum;
    atomic_store_explicit(&shared->totals[total], sum, memory_order_release);
    return sum;
}

/* The event is complete: readers must read the shard again. */
static inline void malloc_event_tell(struct shard *shard)
{
    const uint64_t event = shard->events + 1;

    shard->events = event;
    atomic_store_explicit(shard->change_count, event, memory_order_release);
}

/** Record an allocation. */
__attribute__((always_inline)) static inline enum malloc_event malloc_event_allocate(size_t size,
                                                                                     size_t usable)
{
    struct thread *thread = malloc_event_begin(EVENTS_ARE_WANTED(allocate, NULL));

    if (__builtin_expect(!thread, 0))
        return MALLOC_EVENT_NOT_DONE;
    if (__builtin_expect(size >= thread->countdown, 0)) {
        malloc_event_end(thread);
        return MALLOC_EVENT_NOT_DONE;
    }
    thread->countdown -= size + 1;
    struct shard *shard = thread->malloc_shard;
    struct region_shard *shared = shard->shared;
    const uint64_t free_count = shard->totals[TOTAL_FREE_COUNT];
    const uint64_t freed = shard->totals[TOTAL_FREED_BYTES];
    uint64_t count = malloc_event_add(shard, shared, TOTAL_ALLOCATION_COUNT, 1);
    uint64_t bytes = malloc_event_add(shard, shared, TOTAL_USABLE_BYTES, usable);
    malloc_event_add(shard, shared, TOTAL_REQUESTED_BYTES, size);
    malloc_event_tell(shard);
    malloc_event_end(thread);
    return __builtin_expect((int64_t)(bytes - freed) > shard->bytes_above ||
                                (int64_t)(count - free_count) > shard->blocks_above ||
                                size > shard->largest_bytes,
                            0)
               ? MALLOC_EVENT_MARK
               : MALLOC_EVENT_DONE;
}

/** Record a free. */
__attribute__((always_inline)) static inline enum malloc_event malloc_event_free(uintptr_t address,
                                                                                 size_t usable)
{
    struct thread *thread =
        malloc_event_begin(EVENTS_ARE_WANTED(free, NULL) || profile_may_know(address));

    if (__builtin_expect(!thread, 0))
        return MALLOC_EVENT_NOT_DONE;
    struct shard *shard = thread->malloc_shard;
    struct region_shard *shared = shard->shared;
    const uint64_t allocation_count = shard->totals[TOTAL_ALLOCATION_COUNT];
    const uint64_t allocated = shard->totals[TOTAL_USABLE_BYTES];
    uint64_t count = malloc_event_add(shard, shared, TOTAL_FREE_COUNT, 1);
    uint64_t bytes = malloc_event_add(shard, shared, TOTAL_FREED_BYTES, usable);
    malloc_event_tell(shard);
    malloc_event_end(thread);
    return __builtin_expect((int64_t)(allocated - bytes) < shard->bytes_below ||
                                (int64_t)(allocation_count - count) < shard->blocks_below,
                            0)
               ? MALLOC_EVENT_MARK
               : MALLOC_EVENT_DONE;
}

/**
 * Call this after MALLOC_EVENT_MARK to raise the marks. `size` is that of the allocation, 0 after a
 * free.
 */
void malloc_event_mark(size_t size);

#endif /* MALLOC_EVENT_H */
