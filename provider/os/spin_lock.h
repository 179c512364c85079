/* SPDX-License-Identifier: MIT
 *
 * The tracker's lock: one word, zero is unlocked, for sections of some nanoseconds that call no
 * foreign code. It never allocates and needs no set-up, so it works before main and inside malloc.
 * A thread that waits long lets others run.
 */
#ifndef SPIN_LOCK_H
#define SPIN_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "os_region.h"
#include "os_thread.h"

struct spin_lock {
    _Atomic uint32_t held;
};

/** Acquire a lock that another thread holds. */
void spin_lock_wait(struct spin_lock *lock);

/** Acquire the lock if it is free. */
static inline bool spin_lock_try(struct spin_lock *lock)
{
    /* A single thread never waits; an atomic exchange would be a third of the cost of an event. */
    if (__builtin_expect(*os_thread_is_single, 1)) {
        atomic_store_explicit(&lock->held, 1, memory_order_relaxed);
        return true;
    }
    return atomic_exchange_explicit(&lock->held, 1, memory_order_acquire) == 0;
}

static inline void spin_lock_acquire(struct spin_lock *lock)
{
    if (__builtin_expect(!spin_lock_try(lock), 0))
        spin_lock_wait(lock);
}

static inline void spin_lock_release(struct spin_lock *lock)
{
    atomic_store_explicit(&lock->held, 0, memory_order_release);
}

/* ---- fork ------------------------------------------------------------------------------- */

/**
 * The locks that a thread acquires for a fork, one after the other. The thread may hold some of them itself, if it
 * forks in a signal handler. Nothing says which, so a lock that stays held is left out.
 */
struct spin_lock_round {
    uint32_t patience_ms; /* how long it waits in all before locks are left out */
    uint32_t yields;      /* times that it has let other threads run; begins at 0 */
    uint64_t begin;       /* os_clock_ticks, if there were any */
    uint32_t left_out_count;
    const struct spin_lock *left_out[16]; /* chosen: a thread holds at most four at once */
};

/** Acquire the lock, or leave it out. If too many are left out already, wait for it. */
void spin_lock_acquire_for_fork(struct spin_lock *lock, struct spin_lock_round *round);

/** Release the lock, unless it was left out. */
void spin_lock_release_after_fork(struct spin_lock *lock, const struct spin_lock_round *round);

/**
 * From now on nothing waits for a lock. This is for a child of fork that goes on with what the fork interrupted: no
 * thread exists there that would release a lock.
 */
void spin_lock_begin_alone(void);

/** The end of it. Returns whether a lock was acquired that another thread of the parent held. */
bool spin_lock_end_alone(void);

#endif /* SPIN_LOCK_H */
