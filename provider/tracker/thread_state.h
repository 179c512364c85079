/* SPDX-License-Identifier: MIT
 *
 * What the tracker keeps of a thread.
 */
#ifndef THREAD_STATE_H
#define THREAD_STATE_H

#include <stdatomic.h>
#include <stdint.h>

#include "address_layout.h"
#include "os_region.h"
#include "os_thread.h"
#include "profile.h"

struct shard;
struct shard_block;
struct tracked_heap;

/** Flags of a thread. If none is set, an event can begin at once. */
enum thread_flag {
    THREAD_IS_BUSY = 1,        /* an event is in progress */
    THREAD_IS_FORKING = 2,     /* holds all locks for a fork */
    THREAD_RELOCK = 4,         /* as THREAD_IS_FORKING, but interrupted by an event */
    THREAD_IS_ASKING = 16,     /* asks an allocator for its figures: see heap_figures.h */
    THREAD_IS_ALLOCATING = 32, /* inside the allocator, in malloc or free of malloc_event.h */
    /* the record of all threads that are ending, or for which there is no memory */
    THREAD_HAS_NO_SHARDS = 8,
};

struct thread {
    /* One cache line, for every event. The heap is that of the last event: most threads use one
       heap many times in a row. */
    _Atomic uint32_t flags;
    uint32_t last_number;
    void *last_handle;
    struct tracked_heap *last_heap;
    struct shard *last_shard;
    /* in the heap of malloc, if its events are usual ones; otherwise NULL */
    struct shard *malloc_shard;
    size_t malloc_size;   /* that malloc has been asked for, while the next malloc is called */
    uint64_t countdown;   /* bytes until the thread checks rare conditions */
    uint32_t slow_events; /* events that used event_end */

    uint32_t shard_count;  /* elements of `shards` */
    struct shard **shards; /* indexed by the heaps' slots */
    struct tracked_heap *malloc_heap;
    struct shard_block *blocks; /* own blocks with spare shards: see shard_block.h */

    uint64_t last_look;           /* os_clock_ticks of heap_figures_look */
    bool is_look_due;             /* heap_figures_look is due when the event ends */
    struct address_recent recent; /* recent chunks, of the maps of any heaps */
    struct thread *next, *previous;
    /* the last, because most of it is not touched without a sample */
    struct profile_thread profile;
};

/**
 * This thread if it has a shard in the heap of malloc whose events are usual ones (malloc_event.h),
 * otherwise NULL. In the thread's static block, so that reading it never allocates.
 */
extern _Thread_local struct thread *thread_of_malloc
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/** This thread, or NULL if it is not known or has no shards. */
static inline struct thread *thread_current(void)
{
    struct thread *thread = os_thread_value();

    return thread && !(atomic_load_explicit(&thread->flags, memory_order_relaxed) &
                       THREAD_HAS_NO_SHARDS)
               ? thread
               : NULL;
}

#endif /* THREAD_STATE_H */
