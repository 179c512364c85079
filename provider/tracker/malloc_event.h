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

/** The result of counting an allocation. */
enum malloc_event {
    MALLOC_EVENT_DONE,
    MALLOC_EVENT_NOT_DONE, /* nothing was counted */
    MALLOC_EVENT_MARK,     /* counted; malloc_event_mark must be called */
};

/* This thread if an event without listeners can be counted here; otherwise NULL. */
static inline struct thread *malloc_event_usual(bool is_wanted)
{
    struct thread *thread = thread_of_malloc;

    return __builtin_expect(thread && !is_wanted && heap_slot_is_usual_malloc() &&
                                atomic_load_explicit(&thread->flags, memory_order_relaxed) == 0,
                            1)
               ? thread
               : NULL;
}

/**
 * Mark the thread as counting and inside the allocator, until malloc_event_leave. So the allocator is never
 * asked for its figures while the thread may hold one of its locks. An event of a signal handler meanwhile
 * is counted in the base shard. The flags were 0, so they become 0 again, whatever the handler did.
 */
static inline void malloc_event_enter(struct thread *thread)
{
    atomic_store_explicit(&thread->flags, THREAD_IS_ALLOCATING, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void malloc_event_leave(struct thread *thread)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&thread->flags, 0, memory_order_relaxed);
}

/* The same as shard_add. */
static inline void malloc_event_add(struct shard *shard, enum region_total total, uint64_t change)
{
    const uint64_t sum = shard->totals[total] + change;

    shard->totals[total] = sum;
    atomic_store_explicit(&shard->shared->totals[total], sum, memory_order_release);
}

/* Count an event, and its bytes, which are next to the count. */
#ifdef __SSE2__
/* One store has both. Processors with AVX promise that it is seen as a whole; it is on nearly all others. */
typedef uint64_t malloc_event_pair __attribute__((vector_size(16), may_alias));

static inline void malloc_event_count(struct shard *shard, enum region_total count, uint64_t bytes)
{
    malloc_event_pair *own = (malloc_event_pair *)(void *)&shard->totals[count];
    malloc_event_pair *shared = (malloc_event_pair *)(void *)&shard->shared->totals[count];
    const malloc_event_pair sum = *own + (malloc_event_pair){ 1, bytes };

    *own = sum;
    atomic_signal_fence(memory_order_seq_cst);
    *shared = sum;
    atomic_signal_fence(memory_order_seq_cst);
}
#else
static inline void malloc_event_count(struct shard *shard, enum region_total count, uint64_t bytes)
{
    malloc_event_add(shard, (enum region_total)(count + 1), bytes);
    malloc_event_add(shard, count, 1);
}
#endif

/** Record an allocation, which the thread has just made. Ends what malloc_event_enter began. */
__attribute__((always_inline)) static inline enum malloc_event
malloc_event_allocate(struct thread *thread, size_t size, size_t usable)
{
    uint64_t left;

    if (__builtin_expect(__builtin_sub_overflow(thread->countdown, (uint64_t)size + 1, &left), 0)) {
        malloc_event_leave(thread);
        return MALLOC_EVENT_NOT_DONE;
    }
    thread->countdown = left;
    struct shard *shard = thread->malloc_shard;
    shard_request(shard, size);
    malloc_event_add(shard, TOTAL_REQUESTED_BYTES, size);
    malloc_event_count(shard, TOTAL_ALLOCATION_COUNT, usable);
    malloc_event_leave(thread);
    return __builtin_expect(shard_is_due(shard), 0) ? MALLOC_EVENT_MARK : MALLOC_EVENT_DONE;
}

/**
 * Record a free. If the result is false, nothing was counted: call malloc_event_mark first. Otherwise the
 * thread is now marked as by malloc_event_enter.
 */
__attribute__((always_inline)) static inline bool malloc_event_free(struct thread *thread,
                                                                    size_t usable)
{
    struct shard *shard = thread->malloc_shard;

    if (__builtin_expect(shard_is_outside(shard), 0))
        return false;
    malloc_event_enter(thread);
    malloc_event_count(shard, TOTAL_FREE_COUNT, usable);
    return true;
}

/** Raise the peaks: after MALLOC_EVENT_MARK, or before a free. */
void malloc_event_mark(bool is_free);

#endif /* MALLOC_EVENT_H */
