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

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/** The result of counting an allocation. */
enum malloc_event {
    MALLOC_EVENT_DONE,
    MALLOC_EVENT_NOT_DONE, /* nothing was counted */
    MALLOC_EVENT_MARK,     /* counted; malloc_event_mark must be called */
};

/** End what malloc_event_begin began. The flags were 0, and become 0 again, whatever a signal handler did. */
static inline void malloc_event_leave(struct thread *thread)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&thread->flags, 0, memory_order_relaxed);
}

/* `semaphore` is not 0 while there are listeners. The thread is marked before `is_usual` is read: if a signal
   handler forks before the mark, the child reads 0 here, and after it, the fork finds an event in progress. */
static inline struct thread *malloc_event_begin(uint32_t (*is_usual)(void), uint32_t semaphore)
{
    struct thread *thread = thread_of_malloc;

    if (__builtin_expect(!thread || (atomic_load_explicit(&thread->flags, memory_order_relaxed) |
                                     semaphore) != 0,
                         0))
        return NULL;
    atomic_store_explicit(&thread->flags, THREAD_IS_ALLOCATING, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (__builtin_expect(is_usual() != 0, 1))
        return thread;
    malloc_event_leave(thread);
    return NULL;
}

/**
 * If an event without listeners can be counted here, and the sizes of blocks are in their headers, mark this
 * thread as counting and inside the allocator, until malloc_event_leave, and return it; otherwise NULL. So the
 * allocator is never asked for its figures while the thread may hold one of its locks. An event of a signal
 * handler meanwhile is counted in the base shard.
 */
static inline struct thread *malloc_event_begin_usual(uint32_t semaphore)
{
    return malloc_event_begin(heap_slot_is_usual_malloc, semaphore);
}

/** The same if the allocator has to be asked for the sizes. */
static inline struct thread *malloc_event_begin_asked(uint32_t semaphore)
{
    return malloc_event_begin(heap_slot_is_asked_malloc, semaphore);
}

/* The same as shard_add. `shared` is the shard's, which is then read once for all totals of an event. */
static inline void malloc_event_add(struct shard *shard, struct region_shard *shared,
                                    enum region_total total, uint64_t change)
{
    const uint64_t sum = shard->totals[total] + change;

    shard->totals[total] = sum;
    atomic_store_explicit(&shared->totals[total], sum, memory_order_release);
}

#ifdef __SSE2__
/* Bytes, and after them the number of blocks. One load has both, and one store. Processors with AVX promise
   that a store is seen as a whole; it is on nearly all others. */
typedef uint64_t malloc_event_pair __attribute__((vector_size(16), may_alias));

static_assert(offsetof(struct shard, totals) % 16 == 0 &&
                  offsetof(struct shard, bytes_low) % 16 == 0 &&
                  offsetof(struct shard, blocks_low) == offsetof(struct shard, bytes_low) + 8 &&
                  offsetof(struct shard, bytes_span) == offsetof(struct shard, bytes_low) + 16 &&
                  offsetof(struct shard, blocks_span) == offsetof(struct shard, bytes_low) + 24 &&
                  offsetof(struct region_shard, totals) % 16 == 0,
              "pairs");

/* The pair that begins with this number. */
static inline malloc_event_pair *malloc_event_pair_at(const volatile void *bytes)
{
    return (malloc_event_pair *)(uintptr_t)bytes;
}

/* Count an event: its bytes, and the count, which is next to them. */
static inline void malloc_event_count(struct shard *shard, struct region_shard *shared,
                                      enum region_total total, uint64_t bytes)
{
    malloc_event_pair *own = malloc_event_pair_at(&shard->totals[total]);
    const malloc_event_pair change = (malloc_event_pair){ bytes, 0 } + (malloc_event_pair){ 0, 1 };
    const malloc_event_pair sum = *own + change;

    *own = sum;
    atomic_signal_fence(memory_order_seq_cst);
    *malloc_event_pair_at(&shared->totals[total]) = sum;
    atomic_signal_fence(memory_order_seq_cst);
}

/* The same as shard_is_outside: on each side of the limits, a difference is negative. */
static inline bool malloc_event_is_outside(const struct shard *shard)
{
    malloc_event_pair above = *malloc_event_pair_at(&shard->totals[TOTAL_USABLE_BYTES]) -
                              *malloc_event_pair_at(&shard->totals[TOTAL_FREED_BYTES]) -
                              *malloc_event_pair_at(&shard->bytes_low);

    __asm__(""
            /* otherwise gcc computes the difference once for each side */
            : "+x"(above));
    const malloc_event_pair below = *malloc_event_pair_at(&shard->bytes_span) - above;
    return _mm_movemask_pd((__m128d)(above | below)) != 0;
}
#else
static inline void malloc_event_count(struct shard *shard, struct region_shard *shared,
                                      enum region_total total, uint64_t bytes)
{
    malloc_event_add(shard, shared, total, bytes);
    malloc_event_add(shard, shared, (enum region_total)(total + 1), 1);
}

static inline bool malloc_event_is_outside(const struct shard *shard)
{
    return shard_is_outside(shard);
}
#endif

/** Record an allocation, which the thread has just made. Ends what malloc_event_begin_... began. */
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
    struct region_shard *shared = shard->shared;
    shard_request(shard, size);
    malloc_event_add(shard, shared, TOTAL_REQUESTED_BYTES, size);
    malloc_event_count(shard, shared, TOTAL_USABLE_BYTES, usable);
    malloc_event_leave(thread);
    return __builtin_expect(shard_is_due(shard), 0) ? MALLOC_EVENT_MARK : MALLOC_EVENT_DONE;
}

/**
 * Record a free after malloc_event_begin_... If the result is false, nothing was counted, and what that began has
 * ended: call malloc_event_mark first.
 */
__attribute__((always_inline)) static inline bool malloc_event_free(struct thread *thread,
                                                                    size_t usable)
{
    struct shard *shard = thread->malloc_shard;

    if (__builtin_expect(malloc_event_is_outside(shard), 0)) {
        malloc_event_leave(thread);
        return false;
    }
    malloc_event_count(shard, shard->shared, TOTAL_FREED_BYTES, usable);
    return true;
}

/** Raise the peaks: after MALLOC_EVENT_MARK, or before a free. */
void malloc_event_mark(bool is_free);

#endif /* MALLOC_EVENT_H */
