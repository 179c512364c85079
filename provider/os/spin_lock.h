/* SPDX-License-Identifier: MIT
 *
 * The tracker's lock: one word, zero is unlocked, for sections of some nanoseconds that call no
 * foreign code. It never allocates and needs no set-up, so it works before main and inside malloc.
 * A thread that waits long lets others run.
 */
#ifndef SPIN_LOCK_H
#define SPIN_LOCK_H

#include <stdatomic.h>
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

#endif /* SPIN_LOCK_H */
