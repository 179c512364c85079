/* SPDX-License-Identifier: MIT
 *
 * Threads and their lanes. A thread has a lane in each heap that it uses; it alone writes there,
 * without locks and atomic additions. The lane's totals are kept here, in private memory, and
 * published as whole copies in the region: so nothing that happens to the region can harm them,
 * and a forked child can write a region of its own from them.
 *
 * When a thread ends its lanes are left to the heap for the next thread. A thread that can have
 * no lane (no memory, the thread is ending) uses the heap's base lane, under a lock.
 *
 * Peaks: a lane adds what its thread changed in bytes or blocks in use to the heap's shared sum
 * when that passes a threshold, and compares the sum, its own rest included, with its peak at every
 * growth. So the peak is exact while one lane changes, and is off by at most a threshold for each
 * further one.
 */
#ifndef LANE_H
#define LANE_H

#include "address_map.h"
#include "region.h"
#include "spin_lock.h"

struct tracked_heap;
struct thread;

/** What a lane keeps to itself at most, in either direction. */
#define LANE_THRESHOLD_BYTES 65536
#define LANE_THRESHOLD_BLOCKS 256

struct lane {
    uint64_t totals[TOTAL_COUNT];
    uint64_t events; /* numbers the copies */

    struct region_lane *shared;
    _Atomic uint64_t *pulse;                 /* of `shared`; NULL: the base lane has none */
    int64_t reported_bytes, reported_blocks; /* what of this lane is in the heap's sums */
    int64_t peak_bytes, peak_blocks;
    uint64_t largest_bytes;
    uint32_t heap_number;   /* the heap that it belongs to; 0: none */
    uint32_t index;         /* in the store */
    struct thread *owner;   /* NULL: nobody; under the heap's lane lock */
    struct lane *next;      /* of the heap, or of those that belong to none */
    struct lane *next_free; /* of the heap's without owner */
};

/** Flags of a thread; with none, an event can begin at once. */
enum thread_flag {
    THREAD_IS_BUSY = 1,    /* in the middle of an event */
    THREAD_IS_FORKING = 2, /* holds all locks for a fork */
    THREAD_RELOCK = 4,     /* as IS_FORKING, interrupted by an event */
    THREAD_HAS_NO_LANES = 8
};

struct thread {
    _Atomic uint32_t flags;
    uint32_t lane_count;       /* room in `lanes` */
    struct lane **lanes;       /* by the heaps' slots */
    struct lane_group *groups; /* its own that have lanes to give: see lane.c */

    /* The heap of its last event: most threads use one heap many times in a row. */
    void *last_handle;
    struct tracked_heap *last_heap;
    struct lane *last_lane;
    uint32_t last_number;

    struct address_recent recent; /* chunks of any heaps' maps */
    struct thread *next, *previous;
};

/** Prepare; again does nothing. */
DWORD lane_init(void);

/**
 * An event begins on this thread.
 *
 * @return NULL when the thread is in the middle of one already: the event is lost
 */
struct thread *thread_enter(void);

/** It begins: what comes in between is one too many. */
static inline void thread_set_busy(struct thread *thread)
{
    atomic_store_explicit(&thread->flags, THREAD_IS_BUSY, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

/** What is left to thread_leave when a fork waits for the event. */
void thread_leave_slowly(struct thread *thread);

/** It ends. */
static inline void thread_leave(struct thread *thread)
{
    atomic_signal_fence(memory_order_seq_cst);
    if (__builtin_expect(
            atomic_load_explicit(&thread->flags, memory_order_relaxed) == THREAD_IS_BUSY, 1))
        atomic_store_explicit(&thread->flags, 0, memory_order_relaxed);
    else
        thread_leave_slowly(thread);
}

/** The thread's lane for the heap of this number, or NULL: then it is the base lane. */
struct lane *lane_find(struct thread *thread, struct tracked_heap *heap, uint32_t number);

/** The base lane, locked until lane_end: see lane_count.h. */
struct lane *lane_begin_base(struct tracked_heap *heap);

/** The heap opens or closes: its base lane and lists start or end. Under the registry's lock. */
void lane_open_heap(struct tracked_heap *heap);
void lane_close_heap(struct tracked_heap *heap);

/** This thread as far as it is known; NULL. */
struct thread *thread_current(void);

/** This thread, made known if it was not; for a fork. */
struct thread *thread_ensure(void);

/** Around fork: locks of the thread list and the spare lanes. */
void lane_lock(void);
void lane_unlock(void);

/** In a forked child: the other threads are gone; their lanes are free. */
void lane_fork_threads(void);

/** In a forked child: write the heap's lanes anew into its region, and its peaks. */
void lane_fork_heap(struct tracked_heap *heap);

/** Forget all threads and lanes; this thread's value too. */
void lane_forget(void);

#endif /* LANE_H */
